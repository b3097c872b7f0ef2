//! A compiled module: one run of machine code and what it takes to read it.
//!
//! The code is position independent and needs no relocation: calls inside it are relative, and
//! everything else is reached through the vmctx. So one image serves any number of stores, and
//! can be mapped from a file as it is.

use crate::codegen::{CallTarget, FunctionCode, Relocation};
use crate::handlers::{CallHandlers, find_handlers};
use crate::layout::VmctxLayout;
use crate::module::ModuleInfo;
use crate::names::Names;
use crate::parse::parse;
use crate::tables::{Point, TrapSite, find_call, find_point, find_trap, may_be_point, points};
use crate::types::{DefinedFuncIndex, FuncIndex, SignatureIndex, TagIndex};
use crate::{CompileError, artifact};
use bytes::Bytes;
use cranelift_entity::{EntityRef, PrimaryMap};
use serde::{Deserialize, Serialize};
use std::io;
use std::ops::Range;
use std::sync::OnceLock;
use wasmparser::{BinaryReader, FuncToValidate, FunctionBody, ValidatorResources, WasmFeatures};

/// What a piece of machine code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// A function of the module.
    Function(DefinedFuncIndex),
    /// The way from the host into functions of a type.
    EntryTrampoline,
    /// The way out to functions of the host of a type.
    ExitTrampoline,
    /// The way out to a builtin.
    BuiltinTrampoline,
}

/// Where a function's code and tables lie.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct CodeEntry {
    /// First byte in the text.
    start: u32,
    /// Bytes of code.
    len: u32,
    /// First byte of its tables: the trap sites, the call sites, the handlers, the points.
    tables: u32,
    /// Bytes of trap sites.
    traps_len: u32,
    /// Bytes of call sites.
    calls_len: u32,
    /// Bytes of handlers.
    handlers_len: u32,
    /// Bytes of points.
    points_len: u32,
    /// How far below the frame pointer the area lies that can be read; 0 if there is none.
    area: u32,
}

/// Everything of an image that is stored as values rather than as bytes.
#[derive(Serialize, Deserialize)]
pub(crate) struct Metadata {
    info: ModuleInfo,
    functions: PrimaryMap<DefinedFuncIndex, CodeEntry>,
    entry_trampolines: PrimaryMap<SignatureIndex, CodeEntry>,
    exit_trampolines: PrimaryMap<SignatureIndex, CodeEntry>,
    builtin_trampolines: Vec<CodeEntry>,
}

/// The byte runs of an image.
pub(crate) struct Sections {
    /// Machine code.
    pub text: Bytes,
    /// Tables of traps, calls and handlers.
    pub tables: Bytes,
    /// The module file.
    pub wasm: Bytes,
}

/// A compiled module.
///
/// ```
/// use trapline_compile::{Compiler, CompilerOptions};
/// let wasm = wat::parse_str("(module (func (export \"f\") (result i32) i32.const 7))")?;
/// let compiled = Compiler::new(&CompilerOptions::default())?.compile(wasm.into(), None)?;
/// assert_eq!(compiled.info().exports[0].name, "f");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct CompiledModule {
    metadata: Metadata,
    layout: VmctxLayout,
    sections: Sections,
    text_artifact_offset: Option<usize>,
    fingerprint: [u8; 32],
    names: OnceLock<Names>,
    validators: OnceLock<Result<Box<[FunctionValidator]>, CompileError>>,
}

/// What it takes to validate a function again.
struct FunctionValidator {
    resources: ValidatorResources,
    index: u32,
    ty: u32,
    features: WasmFeatures,
}

impl CompiledModule {
    pub(crate) fn from_parts(
        metadata: Metadata,
        sections: Sections,
        text_artifact_offset: Option<usize>,
        fingerprint: [u8; 32],
    ) -> Result<CompiledModule, CompileError> {
        let layout = VmctxLayout::new(&metadata.info)
            .ok_or_else(|| CompileError::TooLarge("it declares too many items".to_owned()))?;
        let names = OnceLock::new();
        Ok(CompiledModule {
            metadata,
            layout,
            sections,
            text_artifact_offset,
            fingerprint,
            names,
            validators: OnceLock::new(),
        })
    }

    /// What the module declares.
    pub fn info(&self) -> &ModuleInfo {
        &self.metadata.info
    }

    /// The layout of its instances' vmctx.
    pub fn layout(&self) -> &VmctxLayout {
        &self.layout
    }

    /// The module file.
    pub fn wasm(&self) -> &Bytes {
        &self.sections.wasm
    }

    /// The machine code of all functions and trampolines.
    pub fn text(&self) -> &Bytes {
        &self.sections.text
    }

    /// Where the text lies in the artifact that the image was loaded from, a multiple of 4096;
    /// `None` if it was compiled in this process.
    pub fn text_artifact_offset(&self) -> Option<usize> {
        self.text_artifact_offset
    }

    /// The code of a function, as offsets in the text.
    pub fn function_code(&self, func: DefinedFuncIndex) -> Range<u32> {
        let entry = &self.metadata.functions[func];
        entry.start..entry.start + entry.len
    }

    /// Offset in the text of the entry trampoline for a function type.
    pub fn entry_trampoline(&self, signature: SignatureIndex) -> u32 {
        self.metadata.entry_trampolines[signature].start
    }

    /// Offset in the text of the exit trampoline for a function type.
    pub fn exit_trampoline(&self, signature: SignatureIndex) -> u32 {
        self.metadata.exit_trampolines[signature].start
    }

    /// What the code at an offset in the text belongs to; `None` for padding and beyond the end.
    pub fn find(&self, text_offset: u32) -> Option<Code> {
        self.locate(text_offset).map(|(code, _)| code)
    }

    /// The trap site at an offset in the text. Allocates nothing and takes no lock, so that a
    /// signal handler may ask.
    pub fn trap_at(&self, text_offset: u32) -> Option<TrapSite> {
        let (code, entry) = self.locate(text_offset)?;
        let [table, _, _, _] = self.tables(entry);
        let (wasm_pc, kind) = find_trap(table, text_offset - entry.start)?;
        let in_function = matches!(code, Code::Function(_));
        Some(TrapSite {
            kind,
            wasm_pc: in_function.then_some(wasm_pc),
        })
    }

    /// The wasm pc of the call in a function of the module that returns to an offset in the text.
    /// Allocates nothing and takes no lock.
    pub fn call_site_at(&self, return_offset: u32) -> Option<u32> {
        // A call that ends a function returns, on paper, to the first byte after it.
        let (code, entry) = self.locate(return_offset.checked_sub(1)?)?;
        if !matches!(code, Code::Function(_)) {
            return None;
        }
        let [_, table, _, _] = self.tables(entry);
        find_call(table, return_offset - entry.start)
    }

    /// How far below the frame pointer the area of a frame begins that
    /// [`FrameMap`](crate::observe::FrameMap) describes, in bytes. `None` unless the module was
    /// compiled for its state to be read.
    pub fn frame_area(&self, func: DefinedFuncIndex) -> Option<u32> {
        Some(self.metadata.functions[func].area).filter(|&distance| distance != 0)
    }

    /// The points of a function, in the order of its code; none unless the module was compiled to
    /// be stopped.
    pub fn points(&self, func: DefinedFuncIndex) -> impl Iterator<Item = Point> {
        let entry = &self.metadata.functions[func];
        let [_, _, _, table] = self.tables(entry);
        points(table, entry.start)
    }

    /// Where the instruction at an offset begins, if the prefixes that are points do not count: for a
    /// processor they do. Allocates nothing and takes no lock.
    pub fn behind_points(&self, text_offset: u32) -> u32 {
        let mut offset = text_offset;
        let may_be = |offset| {
            let byte: Option<&u8> = self.text().get(offset as usize);
            byte.is_some_and(|&byte| may_be_point(byte))
        };
        while may_be(offset) && self.point_at(offset).is_some() {
            offset += 1;
        }
        offset
    }

    /// The point at an offset in the text. Allocates nothing and takes no lock, so that a signal
    /// handler may ask.
    pub fn point_at(&self, text_offset: u32) -> Option<Point> {
        let (Code::Function(_), entry) = self.locate(text_offset)? else {
            return None;
        };
        let [_, _, _, table] = self.tables(entry);
        find_point(table, entry.start, text_offset - entry.start)
    }

    /// What catches exceptions that come out of the call in a function of the module that returns
    /// to an offset in the text. Allocates nothing and takes no lock.
    pub fn handlers_at(&self, return_offset: u32) -> Option<CallHandlers<'_>> {
        let (_, entry) = self.locate(return_offset.checked_sub(1)?)?;
        if entry.handlers_len == 0 {
            return None;
        }
        let [_, _, table, _] = self.tables(entry);
        find_handlers(table, return_offset - entry.start, (entry.start, entry.len))
    }

    /// The function's name in the name section, which is read at the first call.
    pub fn function_name(&self, func: FuncIndex) -> Option<&str> {
        self.names()
            .functions
            .get(&func.as_u32())
            .map(String::as_str)
    }

    /// A tag's name in the name section, which is read at the first call.
    pub fn tag_name(&self, tag: TagIndex) -> Option<&str> {
        self.names().tags.get(&tag.as_u32()).map(String::as_str)
    }

    /// The module's name in the name section, which is read at the first call.
    pub fn module_name(&self) -> Option<&str> {
        self.names().module.as_deref()
    }

    /// A function's body, and what validates it again. The first call reads the module's sections.
    pub(crate) fn body(
        &self,
        func: DefinedFuncIndex,
    ) -> Result<(FunctionBody<'_>, FuncToValidate<ValidatorResources>), CompileError> {
        let validators = self.validators.get_or_init(|| {
            let parsed = parse(&self.sections.wasm)?;
            let validators = parsed.bodies.into_iter();
            Ok(validators
                .map(|(_, validate)| FunctionValidator {
                    resources: validate.resources,
                    index: validate.index,
                    ty: validate.ty,
                    features: validate.features,
                })
                .collect())
        });
        let validators = validators.as_ref().map_err(Clone::clone)?;
        let range = self.metadata.info.bodies[func].clone();
        let (Some(validator), Some(bytes)) = (
            validators.get(func.index()),
            self.sections
                .wasm
                .get(range.start as usize..range.end as usize),
        ) else {
            let message = "its functions are not those of its module file";
            return Err(CompileError::Artifact(message.to_owned()));
        };
        let start = u64::from(range.start);
        let reader = BinaryReader::new_features(bytes, start, validator.features);
        let validate = FuncToValidate {
            resources: validator.resources.clone(),
            index: validator.index,
            ty: validator.ty,
            features: validator.features,
        };
        Ok((FunctionBody::new(reader), validate))
    }

    /// Writes the image in a form that [`crate::Compiler::load`] reads back.
    pub fn write_artifact(&self, out: &mut dyn io::Write) -> io::Result<()> {
        artifact::write(out, &self.metadata, &self.sections, &self.fingerprint)
    }

    fn names(&self) -> &Names {
        self.names
            .get_or_init(|| Names::read(&self.metadata.info, &self.sections.wasm))
    }

    /// The tables of a function: trap sites, call sites, handlers and points. What lies outside of
    /// the section is empty.
    fn tables(&self, entry: &CodeEntry) -> [&[u8]; 4] {
        let mut start = entry.tables as usize;
        [
            entry.traps_len,
            entry.calls_len,
            entry.handlers_len,
            entry.points_len,
        ]
        .map(|len| {
            let end = start.saturating_add(len as usize);
            let table = self.sections.tables.get(start..end).unwrap_or_default();
            start = end;
            table
        })
    }

    fn locate(&self, offset: u32) -> Option<(Code, &CodeEntry)> {
        let metadata = &self.metadata;
        let within = |entries: &[CodeEntry]| {
            let index = entries
                .partition_point(|entry| entry.start <= offset)
                .checked_sub(1)?;
            (offset - entries[index].start < entries[index].len).then_some(index)
        };
        let trampolines = [
            (
                Code::EntryTrampoline,
                metadata.entry_trampolines.as_values_slice(),
            ),
            (
                Code::ExitTrampoline,
                metadata.exit_trampolines.as_values_slice(),
            ),
            (Code::BuiltinTrampoline, &metadata.builtin_trampolines),
        ];
        let functions = metadata.functions.as_values_slice();
        if let Some(index) = within(functions) {
            return Some((
                Code::Function(DefinedFuncIndex::new(index)),
                &functions[index],
            ));
        }
        trampolines
            .into_iter()
            .find_map(|(code, entries)| Some((code, &entries[within(entries)?])))
    }
}

impl std::fmt::Debug for CompiledModule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CompiledModule")
            .field("functions", &self.metadata.functions.len())
            .field("text", &self.sections.text.len())
            .finish_non_exhaustive()
    }
}

/// The compiled parts of a module, in the order of their index spaces.
pub(crate) struct Parts {
    pub functions: Vec<FunctionCode>,
    pub entry_trampolines: Vec<FunctionCode>,
    pub exit_trampolines: Vec<FunctionCode>,
    /// In the order of [`Builtin::ALL`].
    pub builtin_trampolines: Vec<FunctionCode>,
}

/// Lays the parts out one after another and fills in the calls between them.
pub(crate) fn link(
    info: ModuleInfo,
    parts: Parts,
    wasm: Bytes,
    fingerprint: [u8; 32],
) -> Result<CompiledModule, CompileError> {
    let mut linker = ImageLinker::default();
    let functions: PrimaryMap<DefinedFuncIndex, _> = linker.append_all(parts.functions)?;
    let entry_trampolines = linker.append_all(parts.entry_trampolines)?;
    let exit_trampolines = linker.append_all(parts.exit_trampolines)?;
    let builtins: PrimaryMap<FuncIndex, CodeEntry> =
        linker.append_all(parts.builtin_trampolines)?;
    let builtin_trampolines = builtins
        .into_iter()
        .map(|(_, entry)| entry)
        .collect::<Vec<_>>();
    linker.relocate(|target| match target {
        CallTarget::Function(index) => functions[index].start,
        CallTarget::Builtin(builtin) => builtin_trampolines[builtin as usize].start,
    });
    let metadata = Metadata {
        info,
        functions,
        entry_trampolines,
        exit_trampolines,
        builtin_trampolines,
    };
    let sections = Sections {
        text: linker.text.into(),
        tables: linker.tables.into(),
        wasm,
    };
    CompiledModule::from_parts(metadata, sections, None, fingerprint)
}

/// The filler between functions: a byte that traps.
const PADDING: u8 = 0xcc;

/// What functions are aligned to at the least. Unaligned, the loop of a small function or the whole
/// of it can straddle one fetch or cache line more than it needs; more than this costs more
/// bytes than it brings speed.
const ALIGNMENT: u32 = 16;

#[derive(Default)]
struct ImageLinker {
    text: Vec<u8>,
    tables: Vec<u8>,
    /// Calls to fill in: where the calling function starts, and the call in it.
    pending: Vec<(u32, Box<[Relocation]>)>,
}

impl ImageLinker {
    fn append_all<I: EntityRef>(
        &mut self,
        parts: Vec<FunctionCode>,
    ) -> Result<PrimaryMap<I, CodeEntry>, CompileError> {
        self.text
            .reserve(parts.iter().map(|part| part.code.len() + 16).sum());
        parts.into_iter().map(|part| self.append(part)).collect()
    }

    fn append(&mut self, part: FunctionCode) -> Result<CodeEntry, CompileError> {
        let alignment = part.alignment.max(ALIGNMENT);
        let start = self.text.len().next_multiple_of(alignment as usize);
        let tables = self.tables.len();
        self.text.resize(start, PADDING);
        self.text.extend_from_slice(&part.code);
        self.tables.extend_from_slice(&part.traps);
        self.tables.extend_from_slice(&part.calls);
        self.tables.extend_from_slice(&part.handlers);
        self.tables.extend_from_slice(&part.points);
        // Relative calls reach 2 GiB.
        if self.text.len() > i32::MAX as usize || self.tables.len() > u32::MAX as usize {
            return Err(CompileError::TooLarge("its code exceeds 2 GiB".to_owned()));
        }
        if !part.relocations.is_empty() {
            self.pending.push((start as u32, part.relocations));
        }
        Ok(CodeEntry {
            start: start as u32,
            len: part.code.len() as u32,
            tables: tables as u32,
            traps_len: part.traps.len() as u32,
            calls_len: part.calls.len() as u32,
            handlers_len: part.handlers.len() as u32,
            points_len: part.points.len() as u32,
            area: part.area,
        })
    }

    fn relocate(&mut self, address: impl Fn(CallTarget) -> u32) {
        for (start, relocations) in std::mem::take(&mut self.pending) {
            for relocation in relocations {
                let site = start + relocation.offset;
                let target = address(relocation.target) as i32;
                let displacement = target - site as i32 + relocation.addend;
                let site = site as usize;
                self.text[site..site + 4].copy_from_slice(&displacement.to_le_bytes());
            }
        }
    }
}
