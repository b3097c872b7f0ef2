//! How programs are made for clients that launch one.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Write;
use trapline::{Error, Func, Store, Val};
use trapline_debugger::Debugger;

/// What a launch request asks for. Attributes that are not known are ignored: editors add their own.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LaunchOptions {
    /// The module, binary or text.
    pub program: String,
    /// The program's arguments, or with `invoke` those of the function.
    #[serde(default)]
    pub args: Vec<String>,
    /// Variables of its environment; one without a value is as it is here.
    #[serde(default)]
    pub env: BTreeMap<String, Option<String>>,
    /// Folders that it may use, each as `HOST` or `HOST::GUEST`.
    #[serde(default)]
    pub dirs: Vec<String>,
    /// The folder that relative paths begin in; that of the adapter if it is not said.
    pub cwd: Option<String>,
    /// The name that the program is told it has.
    pub argv0: Option<String>,
    /// The exported function to call, instead of `_start`.
    pub invoke: Option<String>,
    /// The file that is its standard input; else that is empty.
    pub stdin: Option<String>,
    /// Whether to stop before the first instruction.
    #[serde(default)]
    pub stop_on_entry: bool,
    /// Folders in the debug information, and where they are here.
    #[serde(default)]
    pub source_map: BTreeMap<String, String>,
    /// How much of the program can be seen.
    #[serde(default)]
    pub observe: ObserveLevel,
    /// Whether to accept a module that was compiled ahead of time.
    #[serde(default)]
    pub allow_precompiled: bool,
    /// Where compiled modules are kept; nowhere if it is `false`.
    pub cache: Option<CacheOption>,
    /// Whether to run it without stopping anywhere.
    #[serde(default)]
    pub no_debug: bool,
    /// What a client must know to launch anything, if the adapter listens on a port.
    pub token: Option<String>,
}

/// How much of a program can be seen.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum ObserveLevel {
    /// Everything.
    #[default]
    State,
    /// Calls only: no variables, breakpoints or steps, and nothing that makes it slower.
    Stacks,
}

/// Where compiled modules are kept.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(untagged)]
pub enum CacheOption {
    /// In the usual place, or nowhere.
    Usual(bool),
    /// In a folder.
    Folder(String),
}

/// Makes programs for clients.
pub trait Launcher: Send + Sync {
    /// The data in the stores of its programs.
    type Data: 'static;

    /// Loads and compiles a program.
    ///
    /// # Errors
    ///
    /// Why that is not possible, a sentence without its full stop.
    fn load(&self, options: &LaunchOptions)
    -> Result<Box<dyn LaunchedProgram<Self::Data>>, String>;
}

/// A program that can be started, and started again.
pub trait LaunchedProgram<T: 'static> {
    /// What to call it.
    fn name(&self) -> String;

    /// Makes its module known to a debugger, and how it may end.
    fn introduce(&self, debugger: &mut Debugger);

    /// Makes it anew, with these for its standard output and standard error.
    ///
    /// # Errors
    ///
    /// Why that is not possible, a sentence without its full stop.
    fn start(
        &self,
        output: Box<dyn Write + Send>,
        errors: Box<dyn Write + Send>,
    ) -> Result<StartedProgram<T>, String>;

    /// What a call has returned, as it is to be told.
    fn returned(&self, values: &[Val]) -> String;

    /// The exit code that an error of the call stands for, and what is to be told of it, if anything.
    fn ended(&self, error: &Error) -> (i64, Option<String>);
}

/// A program that has been made, and what is to be called.
pub struct StartedProgram<T: 'static> {
    /// Its store.
    pub store: Store<T>,
    /// What is to be called.
    pub function: Func,
    /// With what.
    pub arguments: Vec<Val>,
}
