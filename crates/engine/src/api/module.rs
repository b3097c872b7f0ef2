//! Modules.

use super::cache::load_artifact;
use super::engine::Engine;
use super::types::{ExportType, ExternType, ImportType};
use crate::error::{Error, Result};
use crate::vm::code_memory::CodeMemory;
use crate::vm::module::RuntimeModule;
use bytes::Bytes;
use std::borrow::Cow;
use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use trapline_compile::Progress;
use trapline_compile::types::FuncIndex;

/// A compiled module. Clones are the same module.
///
/// ```
/// use trapline::{Engine, Module};
///
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module $calculator
///         (func (export "add") (param i32 i32) (result i32)
///             (i32.add (local.get 0) (local.get 1))))"#,
/// )?;
/// assert_eq!(module.name(), Some("calculator"));
/// let export = module.exports().next().unwrap();
/// assert_eq!(export.name(), "add");
/// assert_eq!(export.ty().to_string(), "func (i32, i32) -> i32");
/// # Ok::<(), trapline::Error>(())
/// ```
#[derive(Clone)]
pub struct Module(Arc<RuntimeModule>);

impl Module {
    /// Compiles a module, given in the binary format or, with the feature `wat`, in the text
    /// format.
    ///
    /// # Errors
    ///
    /// If the bytes are not a valid module, with the place of the first offence in
    /// them.
    pub fn new(engine: &Engine, bytes: impl AsRef<[u8]>) -> Result<Module> {
        Module::compile(engine, &to_binary(bytes.as_ref())?, None)
    }

    /// As [`Module::new`], and tells how far compilation has come: from any thread, each time a
    /// function is done. A module that comes out of the cache is never reported.
    pub fn new_with_progress(
        engine: &Engine,
        bytes: impl AsRef<[u8]>,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Module> {
        Module::compile(engine, &to_binary(bytes.as_ref())?, Some(progress))
    }

    /// Compiles a module given in the binary format.
    ///
    /// # Errors
    ///
    /// As for [`Module::new`].
    pub fn from_binary(engine: &Engine, wasm: &[u8]) -> Result<Module> {
        Module::compile(engine, wasm, None)
    }

    /// Reads a file and compiles what is in it, as [`Module::new`].
    ///
    /// # Errors
    ///
    /// As for [`Module::new`], or if the file cannot be read.
    pub fn from_file(engine: &Engine, path: impl AsRef<Path>) -> Result<Module> {
        let path = path.as_ref();
        let bytes = fs::read(path).map_err(|source| Error::File {
            path: path.to_owned(),
            source,
        })?;
        Module::new(engine, bytes)
    }

    /// Checks whether the bytes are a valid module in the binary format.
    ///
    /// # Errors
    ///
    /// If they are not, with the place of the first offence.
    pub fn validate(engine: &Engine, wasm: &[u8]) -> Result<()> {
        Ok(engine.compiler().validate(wasm)?)
    }

    fn compile(
        engine: &Engine,
        wasm: &[u8],
        progress: Option<&(dyn Fn(Progress) + Sync)>,
    ) -> Result<Module> {
        let compiler = engine.compiler();
        if let Some(code) = engine.cache().and_then(|cache| cache.load(compiler, wasm)) {
            return Ok(Module::from_code(engine, code));
        }
        let compiled = compiler.compile(Bytes::copy_from_slice(wasm), progress)?;
        if let Some(cache) = engine.cache() {
            cache.store(compiler, &compiled);
        }
        let code = match engine.observes() {
            true => CodeMemory::new_observed(compiled),
            false => CodeMemory::new(compiled),
        };
        let code = code.map_err(|error| Error::Limit(format!("no memory for code: {error}")))?;
        Ok(Module::from_code(engine, code))
    }

    /// The compiled form, which [`Module::deserialize_file`] reads.
    ///
    /// # Errors
    ///
    /// Writing to memory does not fail; the result leaves room for formats where it does.
    pub fn serialize(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let written = self.0.compiled().write_artifact(&mut bytes);
        written.map_err(Error::host)?;
        Ok(bytes)
    }

    /// Loads a module from a file that holds what [`Module::serialize`] returned, without
    /// compiling it. The file is mapped into memory: it must not be changed while the module is in
    /// use, but may be replaced by another or removed.
    ///
    /// # Trust
    ///
    /// The file holds machine code that will be run. Damage to it is found, as is that it was
    /// made by another version of the engine, with other settings or for another machine; but
    /// not that someone made it to do harm. Load only files that nobody but you can write.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, is damaged, or was made elsewhere.
    ///
    /// ```
    /// use trapline::{Engine, Module};
    ///
    /// let engine = Engine::default();
    /// let module = Module::new(&engine, "(module)")?;
    /// let path = std::env::temp_dir().join(format!("example-{}.trapline", std::process::id()));
    /// std::fs::write(&path, module.serialize()?).unwrap();
    /// let again = Module::deserialize_file(&engine, &path)?;
    /// assert_eq!(again.wasm(), module.wasm());
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), trapline::Error>(())
    /// ```
    pub fn deserialize_file(engine: &Engine, path: impl AsRef<Path>) -> Result<Module> {
        let code = load_artifact(engine.compiler(), path.as_ref())?;
        Ok(Module::from_code(engine, code))
    }

    fn from_code(engine: &Engine, code: Arc<CodeMemory>) -> Module {
        Module(Arc::new(RuntimeModule::new(engine, code)))
    }

    /// The engine that compiled it.
    pub fn engine(&self) -> &Engine {
        self.0.engine()
    }

    /// What the module imports, in order.
    pub fn imports(&self) -> impl ExactSizeIterator<Item = ImportType<'_>> {
        let info = self.0.info();
        info.imports.iter().map(|import| {
            let ty = ExternType::of_entity(info, import.entity);
            ImportType::new(&import.module, &import.name, ty)
        })
    }

    /// What the module exports, in order.
    pub fn exports(&self) -> impl ExactSizeIterator<Item = ExportType<'_>> {
        let info = self.0.info();
        info.exports.iter().map(|export| {
            let ty = ExternType::of_entity(info, export.entity);
            ExportType::new(&export.name, ty)
        })
    }

    /// The type of the export with a name.
    pub fn get_export(&self, name: &str) -> Option<ExternType> {
        self.0
            .export(name)
            .map(|entity| ExternType::of_entity(self.0.info(), entity))
    }

    /// The module's name, if its name section gives it one.
    pub fn name(&self) -> Option<&str> {
        self.0.compiled().module_name()
    }

    /// The name of a function, counted with the imported ones, if the name section gives it one.
    pub fn function_name(&self, function: u32) -> Option<&str> {
        let count = self.0.info().functions.len();
        let known = (function as usize) < count;
        known
            .then(|| {
                self.0
                    .compiled()
                    .function_name(FuncIndex::from_u32(function))
            })
            .flatten()
    }

    /// The module in the binary format.
    pub fn wasm(&self) -> &[u8] {
        self.0.compiled().wasm()
    }

    /// Where the contents of the code section begin in [`Module::wasm`], in bytes: DWARF
    /// addresses count from there. 0 if there is no code section.
    pub fn code_section_offset(&self) -> u32 {
        self.0.info().code_section
    }

    pub(crate) fn runtime(&self) -> &Arc<RuntimeModule> {
        &self.0
    }

    pub(crate) fn from_runtime(runtime: Arc<RuntimeModule>) -> Module {
        Module(RuntimeModule::original(&runtime).clone())
    }

    /// Whether both are the same module: clones of one.
    pub fn same(&self, other: &Module) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module")
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}

fn to_binary(bytes: &[u8]) -> Result<Cow<'_, [u8]>> {
    #[cfg(feature = "wat")]
    if !bytes.starts_with(b"\0asm") {
        return wat::parse_bytes(bytes).map_err(|error| Error::Text(error.to_string()));
    }
    Ok(Cow::Borrowed(bytes))
}
