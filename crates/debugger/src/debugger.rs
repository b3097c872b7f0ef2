//! What outlives a run of the program.

use crate::breakpoints::{
    BreakpointId, BreakpointKind, BreakpointPlace, BreakpointSettings, Breakpoints, places_of,
};
use crate::error::DebuggerError;
use crate::exceptions::ExceptionFilters;
use crate::files::{Files, SystemFiles};
use crate::modules::{DebugModule, ModuleId, Modules};
use crate::sources::{SourceError, SourceText, Sources};
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use trapline::{Error, Module};
use trapline_symbols::SourceLocation;

/// How the guest is debugged.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// Which exceptions it stops at.
    pub exceptions: ExceptionFilters,
    /// Whether it stops where it finds an error in itself, at its source: panics of Rust and Zig,
    /// `std::terminate` of C++, failed assertions, `abort`.
    pub stop_at_panics: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            exceptions: ExceptionFilters::default(),
            stop_at_panics: true,
        }
    }
}

/// What a log point has written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogEntry {
    /// The breakpoint.
    pub id: BreakpointId,
    /// The message, with values in the place of expressions.
    pub text: String,
    /// Where in the source.
    pub location: Option<SourceLocation>,
}

/// A debugger without a program: breakpoints, settings, and what is known of modules. A program is
/// run by a [`Debuggee`](crate::Debuggee), and when it is started again by another one.
pub struct Debugger {
    pub(crate) modules: Modules,
    pub(crate) breakpoints: Breakpoints,
    pub(crate) settings: Settings,
    pub(crate) sources: Sources,
    pub(crate) log: Option<LogSink>,
    pub(crate) is_exit: Option<ExitCheck>,
}

pub(crate) type LogSink = Box<dyn FnMut(LogEntry) + Send>;
type ExitCheck = Box<dyn Fn(&Error) -> bool + Send>;

impl Default for Debugger {
    fn default() -> Debugger {
        Debugger::new()
    }
}

impl Debugger {
    /// A debugger that reads files of the system.
    pub fn new() -> Debugger {
        Debugger::with_files(Arc::new(SystemFiles))
    }

    /// A debugger that reads files from elsewhere.
    pub fn with_files(files: Arc<dyn Files>) -> Debugger {
        Debugger {
            modules: Modules::new(Arc::clone(&files)),
            breakpoints: Breakpoints::default(),
            settings: Settings::default(),
            sources: Sources::new(files),
            log: None,
            is_exit: None,
        }
    }

    /// Tells which errors of functions of the host are how programs end, and no failures. The guest does
    /// not stop at them.
    pub fn set_exit_check(&mut self, is_exit: impl Fn(&Error) -> bool + Send + 'static) {
        self.is_exit = Some(Box::new(is_exit));
    }

    /// Tells where messages of log points go. Without this they are dropped.
    pub fn set_log(&mut self, log: impl FnMut(LogEntry) + Send + 'static) {
        self.log = Some(Box::new(log));
    }

    /// How guests are debugged.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How guests are debugged, to be changed. It takes effect when the guest goes on.
    pub fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }

    /// How source files are found.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// How source files are found, to be changed.
    pub fn sources_mut(&mut self) -> &mut Sources {
        &mut self.sources
    }

    /// The text of a source file of a module, as the compiler named it: what is found here, or else what
    /// the debug information has of it.
    ///
    /// # Errors
    ///
    /// If there is neither, or the file cannot be read.
    pub fn source_text(
        &self,
        file: &str,
        module: Option<ModuleId>,
    ) -> Result<Arc<SourceText>, SourceError> {
        let module = module.and_then(|id| self.modules.get(id));
        let path = module.and_then(DebugModule::path);
        self.sources.text(file, path).or_else(|error| {
            let symbols = module
                .and_then(DebugModule::symbols)
                .ok_or_else(|| error.clone())?;
            let text = symbols.source_text(file).ok().flatten().ok_or(error)?;
            Ok(Arc::new(SourceText::embedded(file, &text)))
        })
    }

    /// Whether there is a text of a source file of a module.
    pub(crate) fn has_source(&self, file: &str, module: &DebugModule) -> bool {
        let embedded = || module.symbols()?.source_text(file).ok()?;
        self.sources.find(file, module.path()).is_some() || embedded().is_some()
    }

    /// The modules that are known, in the order in which they became so.
    pub fn modules(&self) -> &Modules {
        &self.modules
    }

    /// The module with a number.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn module(&self, id: ModuleId) -> Result<&DebugModule, DebuggerError> {
        self.modules
            .get(id)
            .ok_or(DebuggerError::NoModule(id.index()))
    }

    /// Makes a module known, whose file is at `path`, if it has one. Breakpoints find their places in
    /// it. Modules that are not made known are when the guest stops, by what the store has instances
    /// of; so a module that a function of the host instantiates must be made known before for
    /// breakpoints in it to be met from the beginning.
    pub fn add_module(&mut self, module: &Module, path: Option<&Path>) -> ModuleId {
        let (id, is_new) = self.modules.add(module, path);
        if is_new && let Some(module) = self.modules.get(id) {
            self.breakpoints.resolve_in(module);
        }
        id
    }

    /// The breakpoints.
    pub fn breakpoints(&self) -> &Breakpoints {
        &self.breakpoints
    }

    /// The breakpoints, to be changed. It takes effect when the guest goes on.
    pub fn breakpoints_mut(&mut self) -> &mut Breakpoints {
        &mut self.breakpoints
    }

    /// Makes a breakpoint, and looks for its places in the modules that are known.
    pub fn add_breakpoint(&mut self, kind: BreakpointKind) -> BreakpointId {
        self.add_breakpoint_with(kind, BreakpointSettings::default())
    }

    /// Makes a breakpoint with settings.
    pub fn add_breakpoint_with(
        &mut self,
        kind: BreakpointKind,
        settings: BreakpointSettings,
    ) -> BreakpointId {
        self.breakpoints.add(kind, settings, &self.modules)
    }

    /// The places in code that are meant by something that there could be a breakpoint at.
    ///
    /// # Errors
    ///
    /// If there is no such place in any module that is known.
    pub fn places(&self, kind: &BreakpointKind) -> Result<Vec<BreakpointPlace>, DebuggerError> {
        places_of(kind, &self.modules).map_err(DebuggerError::NoPlace)
    }
}

impl fmt::Debug for Debugger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Debugger")
            .field("modules", &self.modules)
            .field("breakpoints", &self.breakpoints)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
