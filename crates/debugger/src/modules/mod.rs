//! The modules that are debugged.

mod disassembly;
pub(crate) mod layout;
mod machine_code;
mod symbols;

pub use disassembly::{Disassembly, Instruction};
pub use machine_code::MachineInstruction;
pub use symbols::ModuleSymbols;

use crate::files::Files;
use crate::statements::function_code;
use crate::stepping::FunctionCode;
use bytes::Bytes;
use layout::{Call, Layout};
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;
use trapline::Module;
use trapline_symbols::{Symbols, demangle};

/// The number of a module, in the order in which they became known. It stays the same when a program
/// is started again. The default is the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleId(pub(crate) u32);

impl ModuleId {
    /// As a number, counted from 0.
    pub fn index(self) -> u32 {
        self.0
    }
}

impl From<u32> for ModuleId {
    fn from(index: u32) -> ModuleId {
        ModuleId(index)
    }
}

/// The modules that a [`Debugger`](crate::Debugger) knows.
pub struct Modules {
    list: Vec<DebugModule>,
    files: Arc<dyn Files>,
}

/// A module that is debugged.
pub struct DebugModule {
    id: ModuleId,
    module: Module,
    path: Option<PathBuf>,
    name: Option<String>,
    modified: Option<SystemTime>,
    files: Arc<dyn Files>,
    symbols: OnceLock<ModuleSymbols>,
    /// What stands for them in expressions, if there are none.
    no_symbols: OnceLock<Option<Arc<Symbols>>>,
    layout: OnceLock<Layout>,
    /// The functions that steps have been made in, by where their bodies begin.
    functions: Mutex<HashMap<u32, Function>>,
}

/// What steps look at in a function. To have it again costs little.
#[derive(Clone)]
pub(crate) struct Function {
    /// Its first instruction.
    pub(crate) entry: u32,
    /// Its source, empty if nothing is known of that.
    pub(crate) code: Arc<FunctionCode>,
    /// The calls that it makes, in the order of its code.
    pub(crate) calls: Arc<[Call]>,
}

/// A module as the owner of its bytes, so that they need not be copied.
struct Wasm(Module);

impl AsRef<[u8]> for Wasm {
    fn as_ref(&self) -> &[u8] {
        self.0.wasm()
    }
}

impl Modules {
    pub(crate) fn new(files: Arc<dyn Files>) -> Modules {
        Modules {
            list: Vec::new(),
            files,
        }
    }

    /// All modules.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &DebugModule> {
        self.list.iter()
    }

    /// The module with a number.
    pub fn get(&self, id: ModuleId) -> Option<&DebugModule> {
        self.list.get(id.0 as usize)
    }

    /// The number of a module: of one that is the same, or has the same bytes.
    pub fn find(&self, module: &Module) -> Option<ModuleId> {
        let same = self.list.iter().find(|known| known.module.same(module));
        let equal = || self.list.iter().find(|known| known.wasm() == module.wasm());
        same.or_else(equal).map(|known| known.id)
    }

    /// Makes a module known. Returns its number, and whether it is new.
    pub(crate) fn add(&mut self, module: &Module, path: Option<&Path>) -> (ModuleId, bool) {
        if let Some(id) = self.find(module) {
            let known = &mut self.list[id.0 as usize];
            if known.path.is_none() && path.is_some() && known.symbols.get().is_none() {
                known.modified = path.and_then(|path| self.files.modified(path));
                known.path = path.map(Path::to_path_buf);
            }
            return (id, false);
        }
        let id = ModuleId(self.list.len() as u32);
        self.list.push(DebugModule {
            id,
            module: module.clone(),
            path: path.map(Path::to_path_buf),
            name: module.name().map(str::to_owned),
            modified: path.and_then(|path| self.files.modified(path)),
            files: Arc::clone(&self.files),
            symbols: OnceLock::new(),
            no_symbols: OnceLock::new(),
            layout: OnceLock::new(),
            functions: Mutex::default(),
        });
        (id, true)
    }
}

impl fmt::Debug for Modules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.list).finish()
    }
}

impl DebugModule {
    /// Its number.
    pub fn id(&self) -> ModuleId {
        self.id
    }

    /// What to call it: its file's name, or that in its name section, or its number.
    pub fn name(&self) -> String {
        let file = self.path.as_ref().and_then(|path| path.file_name());
        let file = file.map(|name| name.to_string_lossy().into_owned());
        file.or_else(|| self.name.clone())
            .unwrap_or_else(|| format!("module {}", self.id.0))
    }

    /// Where its file is, if that is known.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// When its file was written, if that is known.
    pub fn modified(&self) -> Option<SystemTime> {
        self.modified
    }

    /// Its bytes.
    pub fn wasm(&self) -> &[u8] {
        self.module.wasm()
    }

    /// Whether its debug information has been opened already.
    pub fn is_opened(&self) -> bool {
        self.symbols.get().is_some()
    }

    /// Its debug information. It is opened when it is first asked for.
    pub fn module_symbols(&self) -> &ModuleSymbols {
        self.symbols.get_or_init(|| {
            let wasm = Bytes::from_owner(Wasm(self.module.clone()));
            symbols::open(wasm, self.path(), &*self.files)
        })
    }

    /// Its debug information, if there is any.
    pub fn symbols(&self) -> Option<&Arc<Symbols>> {
        self.module_symbols().symbols.as_ref()
    }

    /// Its debug information, or what stands for it where there is none: the machine's own is there in any
    /// case.
    pub(crate) fn symbols_for_expressions(&self) -> Option<&Arc<Symbols>> {
        let none = || {
            let symbols = Symbols::without_debug_info(self.wasm());
            symbols.ok().map(Arc::new)
        };
        self.symbols()
            .or_else(|| self.no_symbols.get_or_init(none).as_ref())
    }

    /// A function's name by the module's name section, readable, or a name for one without.
    pub fn function_name(&self, function: u32) -> String {
        match self.module.function_name(function) {
            Some(name) => demangle(name).into_owned(),
            None => format!("function {function}"),
        }
    }

    /// A function's name, readable: by the debug information for a place in it, or the name section.
    pub fn readable_name(&self, function: u32, wasm_pc: Option<u32>) -> String {
        let frames = wasm_pc
            .zip(self.symbols())
            .and_then(|(pc, symbols)| symbols.frames(pc).ok());
        let outermost = frames.and_then(|mut frames| frames.pop());
        let name = outermost.and_then(|frame| frame.function);
        name.unwrap_or_else(|| self.function_name(function))
    }

    /// Where the call at an offset in the module file returns to: the offset of the instruction behind it.
    /// `None` if there is no call, or it replaces the frame that makes it.
    pub fn return_address(&self, wasm_pc: u32) -> Option<u32> {
        let (_, body) = self.layout().function_at(wasm_pc)?;
        let calls = layout::calls(self.wasm(), &body);
        let call = calls.iter().find(|call| call.wasm_pc == wasm_pc);
        call?.behind
    }

    /// Where the function at an offset in the module file begins: the offset of its body, which is that of
    /// the declarations of its locals, and the offset of its first instruction.
    pub fn beginning(&self, wasm_pc: u32) -> Option<(u32, u32)> {
        let (_, body) = self.layout().function_at(wasm_pc)?;
        let first = layout::first_operator(self.wasm(), &body)?;
        Some((body.start, first))
    }

    /// The names of the functions by the module's name section, as the linker knows them, with their
    /// indices.
    pub(crate) fn linker_names(&self) -> impl Iterator<Item = (u32, &str)> {
        let layout = self.layout();
        let functions = 0..layout.imported + layout.bodies.len() as u32;
        functions.filter_map(|index| Some((index, self.module.function_name(index)?)))
    }

    pub(crate) fn layout(&self) -> &Layout {
        self.layout.get_or_init(|| Layout::read(self.wasm()))
    }

    /// The function at a place.
    pub(crate) fn function(&self, wasm_pc: u32) -> Option<Function> {
        let (_, body) = self.layout().function_at(wasm_pc)?;
        let mut kept = self
            .functions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(function) = kept.get(&body.start) {
            return Some(function.clone());
        }
        let entry = layout::first_operator(self.wasm(), &body)?;
        let statements = self
            .symbols()
            .and_then(|symbols| symbols.statements(entry).ok().flatten());
        let code = statements.map(|statements| {
            let mut code = function_code(&statements);
            code.align(&layout::offsets(self.wasm(), &body));
            code
        });
        let function = Function {
            entry,
            code: Arc::new(code.unwrap_or_default()),
            calls: layout::calls(self.wasm(), &body).into(),
        };
        kept.insert(body.start, function.clone());
        Some(function)
    }
}

impl fmt::Debug for DebugModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DebugModule")
            .field("id", &self.id)
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}
