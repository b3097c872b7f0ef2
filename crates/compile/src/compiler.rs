//! The compiler: a module's bytes in, an image out.

use crate::builtins::Builtin;
use crate::codegen::{FunctionCode, FunctionCompiler};
use crate::image::{CompiledModule, Parts, link};
use crate::isa::{self, OptLevel, Registers};
use crate::layout::VmctxLayout;
use crate::module::ModuleInfo;
use crate::observe::FunctionStates;
use crate::parse::{ParsedModule, parse};
use crate::translate::{Environment, Translator};
use crate::types::{DefinedFuncIndex, SignatureIndex};
use crate::{CompileError, Observe, artifact, validate};
use bytes::Bytes;
use cranelift_codegen::isa::{OwnedTargetIsa, TargetIsa};
use cranelift_entity::EntityRef;
use rayon::prelude::*;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// How to compile.
#[derive(Clone, Debug)]
pub struct CompilerOptions {
    /// How much work goes into the generated code.
    pub opt_level: OptLevel,
    /// Whether functions are compiled on all threads of `rayon`'s pool.
    pub parallel: bool,
    /// What the code offers to those who stop it.
    pub observe: Observe,
    /// Whether code that is observed in all its state stores every local and operand as well, as
    /// soon as it is there, and has a point at each operator: to be compared with what is read in
    /// the usual way. For tests; it is slow.
    pub reference: bool,
}

impl Default for CompilerOptions {
    fn default() -> CompilerOptions {
        CompilerOptions {
            opt_level: OptLevel::default(),
            parallel: true,
            observe: Observe::None,
            reference: false,
        }
    }
}

/// How far a compilation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of function bodies compiled.
    pub done_bytes: u64,
    /// Bytes of function bodies in the module.
    pub total_bytes: u64,
}

/// Compiles modules for the machine that the process runs on.
///
/// ```
/// use trapline_compile::{Compiler, CompilerOptions};
/// let compiler = Compiler::new(&CompilerOptions::default())?;
/// let wasm = wat::parse_str("(module (func))")?;
/// let compiled = compiler.compile(wasm.into(), None)?;
/// assert!(!compiled.text().is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Compiler {
    isa: OwnedTargetIsa,
    crowded_isa: OwnedTargetIsa,
    parallel: bool,
    observe: Observe,
    reference: bool,
    fingerprint: [u8; 32],
}

impl Compiler {
    /// A compiler for this machine.
    ///
    /// # Errors
    ///
    /// [`CompileError::Machine`] if the machine is not supported.
    pub fn new(options: &CompilerOptions) -> Result<Compiler, CompileError> {
        let isa = isa::host(options.opt_level, Registers::WholeFunction)?;
        let crowded_isa = isa::host(options.opt_level, Registers::OnePass)?;
        let fingerprint = fingerprint(&*isa, options);
        Ok(Compiler {
            isa,
            crowded_isa,
            parallel: options.parallel,
            observe: options.observe,
            reference: options.reference,
            fingerprint,
        })
    }

    /// Identifies what two modules must have in common to be exchanged in compiled form: the
    /// build of the compiler, the machine, and the settings.
    pub fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }

    /// Checks that `wasm` is a valid module of the supported WebAssembly.
    ///
    /// # Errors
    ///
    /// [`CompileError::Invalid`] or [`CompileError::Unsupported`], with the offset of the first
    /// offence in the file.
    pub fn validate(&self, wasm: &[u8]) -> Result<(), CompileError> {
        validate::validate(wasm)
    }

    /// Compiles a module given in the binary format. `progress` is told, from any thread, each
    /// time a function is done.
    ///
    /// # Errors
    ///
    /// As [`Compiler::validate`]; and [`CompileError::TooLarge`] and [`CompileError::Codegen`] for
    /// valid modules beyond what the implementation or the code generator can hold.
    pub fn compile(
        &self,
        wasm: Bytes,
        progress: Option<&(dyn Fn(Progress) + Sync)>,
    ) -> Result<CompiledModule, CompileError> {
        self.compile_valid(&wasm, progress)
            .map_err(|error| match error {
                // Bodies fail in any order; tell what comes first in the file.
                CompileError::Invalid { .. } | CompileError::Unsupported { .. } => {
                    validate::validate(&wasm).err().unwrap_or(error)
                }
                other => other,
            })
    }

    /// Loads a compiled module from the bytes of its artifact, which it goes on to borrow.
    ///
    /// # Errors
    ///
    /// [`CompileError::Artifact`] if it is damaged, or was made by another build, for another CPU
    /// or with other settings.
    pub fn load(&self, artifact: Bytes) -> Result<CompiledModule, CompileError> {
        artifact::read(artifact, &self.fingerprint)
    }

    /// What can be read of a function's frames, wherever it is stopped, in a module that this
    /// compiler has compiled or loaded. The function is translated again for that.
    ///
    /// # Errors
    ///
    /// [`CompileError::NotObserved`] unless the compiler's level is [`Observe::State`]; what the
    /// module's own file is refused for, if it is not what was compiled.
    ///
    /// # Panics
    ///
    /// If the module has no such function.
    pub fn states(
        &self,
        module: &CompiledModule,
        func: DefinedFuncIndex,
    ) -> Result<FunctionStates, CompileError> {
        if !self.observe.has_state() {
            return Err(CompileError::NotObserved);
        }
        let (body, validate) = module.body(func)?;
        let env = self.environment(module.info(), module.layout());
        let mut validator = validate.into_validator(Default::default());
        Translator::new().states(&env, func, body, &mut validator)
    }

    fn environment<'a>(&'a self, info: &'a ModuleInfo, layout: &'a VmctxLayout) -> Environment<'a> {
        Environment {
            info,
            layout,
            isa: &*self.isa,
            crowded_isa: &*self.crowded_isa,
            observe: self.observe,
            reference: self.reference && self.observe.has_state(),
        }
    }

    fn compile_valid(
        &self,
        wasm: &Bytes,
        progress: Option<&(dyn Fn(Progress) + Sync)>,
    ) -> Result<CompiledModule, CompileError> {
        let ParsedModule { info, bodies } = parse(wasm)?;
        let layout = VmctxLayout::new(&info)
            .ok_or_else(|| CompileError::TooLarge("it declares too many items".to_owned()))?;
        let env = self.environment(&info, &layout);
        let workers = Workers::default();
        let meter = Meter::new(&bodies, progress);

        let functions = self.map(bodies, |index, (body, validate)| {
            let len = body_len(&body);
            let code = workers.with(|worker| {
                worker.function(&env, DefinedFuncIndex::new(index), body, validate)
            })?;
            meter.advance(len);
            Ok(code)
        })?;
        let signatures: Vec<SignatureIndex> = info.signatures.keys().collect();
        let entry_trampolines = self.map(signatures.clone(), |_, signature| {
            workers.with(|worker| worker.entry_trampoline(&env, signature))
        })?;
        let exit_trampolines = self.map(signatures, |_, signature| {
            workers.with(|worker| worker.exit_trampoline(&env, signature))
        })?;
        let builtin_trampolines = self.map(Builtin::ALL.to_vec(), |_, builtin| {
            workers.with(|worker| worker.builtin_trampoline(env.isa, builtin))
        })?;
        let parts = Parts {
            functions,
            entry_trampolines,
            exit_trampolines,
            builtin_trampolines,
        };
        link(info, parts, wasm.clone(), self.fingerprint)
    }

    /// Applies `compile` to all items, on many threads if so configured.
    fn map<T: Send>(
        &self,
        items: Vec<T>,
        compile: impl Fn(usize, T) -> Result<FunctionCode, CompileError> + Sync,
    ) -> Result<Vec<FunctionCode>, CompileError> {
        if self.parallel {
            items
                .into_par_iter()
                .enumerate()
                .map(|(i, item)| compile(i, item))
                .collect()
        } else {
            items
                .into_iter()
                .enumerate()
                .map(|(i, item)| compile(i, item))
                .collect()
        }
    }
}

/// Function compilers that are not at work, to be taken up by any thread.
#[derive(Default)]
struct Workers(Mutex<Vec<FunctionCompiler>>);

impl Workers {
    fn with<R>(&self, work: impl FnOnce(&mut FunctionCompiler) -> R) -> R {
        let idle = self
            .0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .pop();
        let mut worker = idle.unwrap_or_else(FunctionCompiler::new);
        let result = work(&mut worker);
        self.0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .push(worker);
        result
    }
}

/// Counts compiled bytes and tells whoever wants to know.
struct Meter<'a> {
    done: AtomicU64,
    total: u64,
    progress: Option<&'a (dyn Fn(Progress) + Sync)>,
}

impl<'a> Meter<'a> {
    fn new<V>(
        bodies: &[(wasmparser::FunctionBody<'_>, V)],
        progress: Option<&'a (dyn Fn(Progress) + Sync)>,
    ) -> Meter<'a> {
        let total = bodies.iter().map(|(body, _)| body_len(body)).sum();
        Meter {
            done: AtomicU64::new(0),
            total,
            progress,
        }
    }

    fn advance(&self, bytes: u64) {
        if let Some(progress) = self.progress {
            let done_bytes = self.done.fetch_add(bytes, Ordering::Relaxed) + bytes;
            progress(Progress {
                done_bytes,
                total_bytes: self.total,
            });
        }
    }
}

fn body_len(body: &wasmparser::FunctionBody<'_>) -> u64 {
    let range = body.range();
    range.end - range.start
}

fn fingerprint(isa: &dyn TargetIsa, options: &CompilerOptions) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    let mut add = |text: &str| {
        hasher.update(text.as_bytes());
        hasher.update(&[0]);
    };
    add(env!("CARGO_PKG_VERSION"));
    add(env!("TRAPLINE_SOURCE_HASH"));
    add(cranelift_codegen::VERSION);
    add(&format!("{:?} {}", options.observe, options.reference));
    add(&isa.triple().to_string());
    isa.flags().iter().for_each(|flag| add(&flag.to_string()));
    isa.isa_flags()
        .iter()
        .for_each(|flag| add(&flag.to_string()));
    *hasher.finalize().as_bytes()
}
