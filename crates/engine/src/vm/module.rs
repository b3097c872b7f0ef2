//! Modules as the runtime keeps them: code, and what every instance of the module begins with.

use super::code_memory::CodeMemory;
use super::const_expr;
use super::context::{VmFuncRef, VmTag};
use super::memory_image::MemoryImage;
use super::signatures::Signatures;
use super::vmctx::Vmctx;
use crate::api::Engine;
use crate::error::Result;
use std::collections::HashMap;
use std::io;
use std::ptr::{self, NonNull};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use trapline_compile::CompiledModule;
use trapline_compile::layout::WASM_PAGE_SIZE;
use trapline_compile::module::{ConstExpr, ConstOp, EntityIndex, ModuleInfo, SegmentMode};
use trapline_compile::observe::FunctionStates;
use trapline_compile::types::{DefinedFuncIndex, FuncIndex, FuncRefIndex, SignatureIndex};

/// A module that can be instantiated.
pub struct RuntimeModule {
    engine: Engine,
    code: Arc<CodeMemory>,
    func_refs: Vec<FuncRefTemplate>,
    origin: Origin,
}

/// What does not depend on where the code is.
enum Origin {
    /// It is here.
    Own(Parts),
    /// It is in the module that this is a copy of.
    CopyOf(Arc<RuntimeModule>),
}

struct Parts {
    signatures: Signatures,
    exports: HashMap<Box<str>, EntityIndex>,
    images: OnceLock<Images>,
    states: Mutex<HashMap<DefinedFuncIndex, Arc<FunctionStates>>>,
}

/// A function reference without the vmctx, in the order of [`FuncRefIndex`].
#[derive(Clone, Copy)]
struct FuncRefTemplate {
    code: usize,
    entry: usize,
    signature: u32,
    func_index: u32,
}

/// The initial contents of the memories that a module defines, by their position among these.
enum Images {
    /// Some active data segment may not fit, or goes to an imported memory: all are copied, one
    /// after the other, so that what was written before one that traps can be seen.
    None,
    /// All active segments fit. Those of memories that have an image are in there.
    Some(Box<[Option<MemoryImage>]>),
}

impl RuntimeModule {
    /// Prepares a module for instantiation.
    pub(crate) fn new(engine: &Engine, code: Arc<CodeMemory>) -> RuntimeModule {
        let info = code.compiled().info();
        let signatures = engine.signatures().register(info.signatures.values());
        let exports = info
            .exports
            .iter()
            .map(|export| (export.name.as_str().into(), export.entity));
        let exports = exports.collect();
        let parts = Parts {
            signatures,
            exports,
            images: OnceLock::new(),
            states: Mutex::default(),
        };
        RuntimeModule::with_code(engine, code, Origin::Own(parts))
    }

    /// The same module, with code in another place that can have breakpoints.
    pub(crate) fn private_copy(original: &Arc<RuntimeModule>) -> io::Result<RuntimeModule> {
        let code = original.code.private_copy()?;
        let origin = Origin::CopyOf(Arc::clone(original));
        Ok(RuntimeModule::with_code(&original.engine, code, origin))
    }

    fn with_code(engine: &Engine, code: Arc<CodeMemory>, origin: Origin) -> RuntimeModule {
        let mut module = RuntimeModule {
            engine: engine.clone(),
            code,
            func_refs: Vec::new(),
            origin,
        };
        module.func_refs = module.func_ref_templates();
        module
    }

    /// The module that this is a copy of, or else itself: the one that the embedder knows.
    pub(crate) fn original(self: &Arc<Self>) -> &Arc<RuntimeModule> {
        match &self.origin {
            Origin::Own(_) => self,
            Origin::CopyOf(original) => original,
        }
    }

    fn parts(&self) -> &Parts {
        match &self.origin {
            Origin::Own(parts) => parts,
            Origin::CopyOf(original) => original.parts(),
        }
    }

    fn func_ref_templates(&self) -> Vec<FuncRefTemplate> {
        let info = self.info();
        let empty = FuncRefTemplate {
            code: 0,
            entry: 0,
            signature: 0,
            func_index: 0,
        };
        let mut templates = vec![empty; info.num_func_refs as usize];
        for (func, function) in info.functions.iter() {
            let Some(index) = function.func_ref.expand() else {
                continue;
            };
            templates[index.as_u32() as usize] = FuncRefTemplate {
                code: info
                    .defined_function(func)
                    .map_or(0, |func| self.function(func).addr()),
                entry: self.entry_trampoline(function.signature).addr(),
                signature: self.signature_number(function.signature),
                func_index: func.as_u32(),
            };
        }
        templates
    }

    /// The engine that compiled it.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Its code.
    pub(crate) fn code(&self) -> &Arc<CodeMemory> {
        &self.code
    }

    /// The compiler's output.
    pub(crate) fn compiled(&self) -> &CompiledModule {
        self.code.compiled()
    }

    /// What it declares.
    pub(crate) fn info(&self) -> &ModuleInfo {
        self.compiled().info()
    }

    /// What can be read of a function's frames. It takes a translation to find out, which is done
    /// once.
    pub(crate) fn states(&self, func: DefinedFuncIndex) -> Result<Arc<FunctionStates>> {
        let mut states = self
            .parts()
            .states
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(states) = states.get(&func) {
            return Ok(Arc::clone(states));
        }
        let found = self.engine.compiler().states(self.compiled(), func)?;
        let found = Arc::new(found);
        states.insert(func, Arc::clone(&found));
        Ok(found)
    }

    /// What it exports under a name.
    pub(crate) fn export(&self, name: &str) -> Option<EntityIndex> {
        self.parts().exports.get(name).copied()
    }

    /// The code of a function.
    pub(crate) fn function(&self, func: DefinedFuncIndex) -> *const u8 {
        self.code_pointer(self.compiled().function_code(func).start)
    }

    /// How the host calls functions of a signature.
    pub(crate) fn entry_trampoline(&self, signature: SignatureIndex) -> *const u8 {
        self.code_pointer(self.compiled().entry_trampoline(signature))
    }

    /// How functions of the host of a signature are called.
    pub(crate) fn exit_trampoline(&self, signature: SignatureIndex) -> *const u8 {
        self.code_pointer(self.compiled().exit_trampoline(signature))
    }

    fn code_pointer(&self, text_offset: u32) -> *const u8 {
        ptr::with_exposed_provenance(self.code.address(text_offset))
    }

    /// The engine's number for a signature.
    pub(crate) fn signature_number(&self, signature: SignatureIndex) -> u32 {
        self.parts().signatures.numbers()[signature.as_u32() as usize]
    }

    /// The engine's numbers for all signatures.
    pub(crate) fn signature_numbers(&self) -> impl Iterator<Item = (SignatureIndex, &u32)> {
        let numbers = self.parts().signatures.numbers().iter().enumerate();
        numbers.map(|(index, number)| (SignatureIndex::from_u32(index as u32), number))
    }

    /// The signature with a number, if the module has it.
    pub(crate) fn signature_with_number(&self, wanted: u32) -> Option<SignatureIndex> {
        self.signature_numbers()
            .find(|&(_, &number)| number == wanted)
            .map(|(index, _)| index)
    }

    /// Writes what all instances have in common: signature numbers, tags and function references. For
    /// imported functions the latter still lack code and vmctx.
    ///
    /// # Safety
    ///
    /// The vmctx is one for this module that nothing uses yet.
    pub(crate) unsafe fn fill_vmctx(&self, vmctx: Vmctx) {
        let numbers = self.parts().signatures.numbers();
        let func_refs = vmctx.func_refs();
        // SAFETY: the layout has room for as many signature numbers, function references and tags
        // as the module has.
        unsafe {
            vmctx
                .signatures()
                .copy_from_nonoverlapping(NonNull::from(numbers).cast(), numbers.len());
            for (index, template) in self.func_refs.iter().enumerate() {
                func_refs.add(index).write(VmFuncRef {
                    code: ptr::with_exposed_provenance(template.code),
                    vmctx: vmctx.as_ptr().cast(),
                    signature: template.signature,
                    func_index: template.func_index,
                    entry: ptr::with_exposed_provenance(template.entry),
                });
            }
            for (index, &signature) in self.info().tags.iter() {
                if let Some(record) = vmctx.tag_record(index) {
                    record.write(VmTag {
                        signature: self.signature_number(signature),
                        _reserved: 0,
                    });
                }
            }
        }
    }

    /// The function references to imported functions.
    pub(crate) fn imported_func_refs(&self) -> impl Iterator<Item = (FuncIndex, FuncRefIndex)> {
        let functions = self
            .info()
            .functions
            .iter()
            .take(self.info().num_imported_functions);
        functions.filter_map(|(func, function)| Some((func, function.func_ref.expand()?)))
    }

    /// The initial contents of a memory, by its position among those that the module defines; and
    /// whether all active data segments are known to fit.
    pub(crate) fn image(&self, memory: u32) -> Option<&MemoryImage> {
        match self.parts().images.get_or_init(|| self.build_images()) {
            Images::None => None,
            Images::Some(images) => images[memory as usize].as_ref(),
        }
    }

    fn build_images(&self) -> Images {
        let info = self.info();
        let defined = info.memories.len() - info.num_imported_memories;
        let mut pieces: Vec<Vec<(u64, &[u8])>> = vec![Vec::new(); defined];
        for segment in info.data.values() {
            let SegmentMode::Active { target, offset } = &segment.mode else {
                continue;
            };
            let bytes = &self.compiled().wasm()[to_usize(&segment.bytes)];
            let memory = &info.memories[*target];
            let size = memory.minimum.saturating_mul(WASM_PAGE_SIZE);
            let fits = |start: u64| {
                start
                    .checked_add(bytes.len() as u64)
                    .is_some_and(|end| end <= size)
            };
            match (info.defined_memory(*target), constant(offset)) {
                (Some(index), Some(start)) if fits(start) => {
                    pieces[index as usize].push((start, bytes));
                }
                _ => return Images::None,
            }
        }
        let first = info.num_imported_memories;
        let images = pieces.iter().zip(info.memories.values().skip(first));
        let images = images.map(|(pieces, memory)| match pieces.is_empty() {
            true => None,
            // A failure (no more files or memory) is not the module's fault: copying needs none.
            false => MemoryImage::new(memory.minimum * WASM_PAGE_SIZE, pieces).unwrap_or(None),
        });
        Images::Some(images.collect())
    }

    /// Evaluates an offset of an active segment.
    pub(crate) fn offset(&self, vmctx: Vmctx, offset: &ConstExpr, index64: bool) -> u64 {
        let value = const_expr::evaluate(self, vmctx, offset);
        if index64 {
            value.as_u64()
        } else {
            u64::from(value.as_u32())
        }
    }
}

/// The value of an offset that is the same in all instances.
fn constant(offset: &ConstExpr) -> Option<u64> {
    match offset.ops[..] {
        [ConstOp::I32Const(start)] => Some(u64::from(start as u32)),
        [ConstOp::I64Const(start)] => Some(start as u64),
        _ => None,
    }
}

pub(crate) fn to_usize(range: &std::ops::Range<u32>) -> std::ops::Range<usize> {
    range.start as usize..range.end as usize
}
