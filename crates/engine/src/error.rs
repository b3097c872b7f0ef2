//! What can go wrong between an embedder and a guest.

use crate::api::{ExnRef, ExternType, MemoryAccessError, Trap, TrapInfo, WasmBacktrace};
use crate::trap::CallId;
use std::error::Error as StdError;
use std::fmt;
use std::path::PathBuf;
use trapline_compile::CompileError;
use trapline_compile::types::ValType;

/// A result whose error is an [`Error`] unless said otherwise.
pub type Result<T, E = Error> = std::result::Result<T, E>;

pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

/// Any failure of the engine, of a guest, or of a function of the host that a guest called.
///
/// ```
/// use trapline::{Engine, Error, Linker, Module, Store};
///
/// let engine = Engine::default();
/// let mut linker = Linker::new(&engine);
/// linker.func_wrap("host", "read", || Err::<i32, _>(std::io::Error::other("disk on fire")))?;
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (import "host" "read" (func $read (result i32)))
///         (func (export "run") (drop (call $read))))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// let instance = linker.instantiate(&mut store, &module)?;
/// let run = instance.get_typed_func::<(), ()>(&mut store, "run")?;
///
/// let error = run.call(&mut store, ()).unwrap_err();
/// assert_eq!(error.to_string(), "disk on fire");
/// assert!(error.downcast_ref::<std::io::Error>().is_some());
/// assert!(error.trap().is_none());
/// assert_eq!(error.backtrace().unwrap().frames().len(), 1);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A module could not be compiled, or a compiled one not be loaded.
    #[error(transparent)]
    Compile(Box<CompileError>),
    /// A module in the text format could not be parsed.
    #[error("{0}")]
    Text(String),
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// The imports of a module are not met.
    #[error(transparent)]
    Link(Box<LinkError>),
    /// The guest trapped.
    #[error("{}", .0.info)]
    Trap(Box<TrapError>),
    /// An exception was thrown and not caught; or a function of the host throws this one.
    #[error(transparent)]
    Exception(Box<ThrownException>),
    /// A function of the host, or another piece of the embedder's code, failed.
    #[error("{}", .0.source)]
    Host(Box<HostError>),
    /// A function was called, or is to be called, with types that are not its own.
    #[error("{0}")]
    Signature(String),
    /// A value does not have the type of the place it is to be put in.
    #[error("type mismatch: expected {expected}, found {found}")]
    Value {
        /// The type of the place.
        expected: ValType,
        /// The type of the value.
        found: ValType,
    },
    /// There is no export of this name.
    #[error("there is no export named `{0}`")]
    NoExport(String),
    /// The export is of another kind.
    #[error("the export `{name}` is not a {expected}")]
    ExportKind {
        /// The name of the export.
        name: String,
        /// What it was taken for.
        expected: &'static str,
    },
    /// A global that is not mutable was to be written.
    #[error("the global is immutable")]
    Immutable,
    /// The host reached beyond the end of a memory.
    #[error(transparent)]
    MemoryAccess(MemoryAccessError),
    /// The host reached beyond the end of a table.
    #[error("element {index} is beyond the end of the table, which has {size}")]
    TableAccess {
        /// The first element out of bounds.
        index: u64,
        /// The size of the table.
        size: u64,
    },
    /// A limit of the store or of the implementation, or the end of the system's memory.
    #[error("{0}")]
    Limit(String),
    /// An asynchronous function of the host must wait, which it can only if the guest was
    /// entered with one of the `_async` functions, and with no other in between.
    #[error(
        "an asynchronous host function must wait: enter the guest with call_async or \
         instantiate_async"
    )]
    NeedsAsync,
    /// A guest of the store is stopped in a debug session (or one that was leaked): no guest of it
    /// can be called, nor another session begun, before that goes on or ends.
    #[error("a guest of the store is stopped in a debug session: none can be called meanwhile")]
    PausedStore,
    /// A debug session was dropped on another thread than the one that it was bound to, so that
    /// its frames could not be unwound. No guest of the store can be called any more.
    #[error(
        "the store cannot be entered: a debug session in it was dropped on a thread other than          that of a synchronous host function in the middle of its call"
    )]
    PoisonedStore,
    /// A debug session was to begin where a call is running in the store already.
    #[error("a debug session cannot begin inside of another call in its store")]
    NestedSession,
    /// A debug session is bound to the thread of a synchronous function of the host, which has
    /// called the guest that is stopped, and cannot go on in another.
    #[error(
        "the debug session is stopped under a synchronous host function, and can go on only in          the thread that it was stopped in"
    )]
    PinnedSession,
    /// The store of a debug session was asked for while a function of the host is waiting, which
    /// may be using it.
    #[error("the debug session waits for an asynchronous host function, which may use the store")]
    BusySession,
    /// An exception was to be taken or replaced where the guest is not stopped at one.
    #[error("the guest is not stopped at an exception")]
    NoException,
    /// A breakpoint, or locals or operands, were asked for in a module whose engine does not offer
    /// them ([`Config::observe`](crate::Config::observe)).
    #[error("the engine does not observe its guests far enough (see `Config::observe`)")]
    NotObserved,
    /// There is no instruction to stop at in a function at or after this wasm pc.
    #[error("there is no instruction at or after {0:#x} in its function, or no function")]
    NoPoint(u32),
    /// A frame was asked about after its guest has gone on.
    #[error("the frame is gone: its guest has been resumed since")]
    StaleFrame,
    /// A frame of the host was asked for what only guests have.
    #[error("the frame is of the host")]
    HostFrame,
    /// Locals or operands were asked for, of a function that has not set up its frame, because the
    /// stack has overflowed.
    #[error("the function has not begun, so it has no locals and operands")]
    NoFrameYet,
    /// Locals or operands of a frame cannot be read.
    #[error("the frame cannot be read: {0}")]
    UnreadableFrame(String),
    /// While a guest was stopped, something was written to its store that its innermost frame had
    /// read before, and it cannot go on with both. It can if the write is undone.
    #[error(
        "what was written to the store while the guest was stopped changes {0}, which the guest has \
         computed already: it can go on if that is undone"
    )]
    LateWrite(String),
    /// The call was dropped before it was done, and its frames are being unwound: the guest
    /// can neither be entered nor wait.
    #[error("the call was dropped before it finished")]
    Dropped,
}

/// A trap with the place where it happened. Found in an [`Error`], where an example is.
#[derive(Debug)]
pub struct TrapError {
    pub(crate) info: TrapInfo,
    pub(crate) backtrace: WasmBacktrace,
    /// The watched call whose watcher has been shown it.
    pub(crate) seen_by: Option<CallId>,
}

impl TrapError {
    /// What is known of the trap.
    pub fn info(&self) -> &TrapInfo {
        &self.info
    }

    /// The guest's frames at the trap.
    pub fn backtrace(&self) -> &WasmBacktrace {
        &self.backtrace
    }
}

/// An exception on its way to whoever catches it.
///
/// A function of the host that returns this as its error, or an [`Error`] made from an [`ExnRef`],
/// throws the exception in the guest that called it. A call out of which an exception came fails
/// with it, and the backtrace of the place where it was thrown: who looks at the exception and does
/// not return it has caught it. The example is at [`ExnRef`].
#[derive(Debug, thiserror::Error)]
#[error("an exception was thrown and not caught")]
pub struct ThrownException {
    exn: ExnRef,
    backtrace: Option<WasmBacktrace>,
}

impl ThrownException {
    /// To be returned by a function of the host that throws the exception.
    pub fn new(exn: ExnRef) -> ThrownException {
        let backtrace = None;
        ThrownException { exn, backtrace }
    }

    /// The exception.
    pub fn exn(&self) -> &ExnRef {
        &self.exn
    }

    /// The exception.
    pub fn into_exn(self) -> ExnRef {
        self.exn
    }

    /// The guest's frames when it was thrown, if there were any.
    pub fn backtrace(&self) -> Option<&WasmBacktrace> {
        self.backtrace.as_ref()
    }
}

/// An error of the embedder's own code, with the guest's frames that it went through. Found in
/// an [`Error`], where an example is.
#[derive(Debug)]
pub struct HostError {
    pub(crate) source: BoxError,
    pub(crate) backtrace: Option<WasmBacktrace>,
    /// The watched call whose watcher has been shown it.
    pub(crate) seen_by: Option<CallId>,
}

impl HostError {
    /// The error as the embedder's code returned it.
    pub fn error(&self) -> &(dyn StdError + Send + Sync + 'static) {
        &*self.source
    }

    /// The guest's frames at the call of the host, if there were any.
    pub fn backtrace(&self) -> Option<&WasmBacktrace> {
        self.backtrace.as_ref()
    }
}

/// Why the imports of a module are not met.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// Nothing was defined under the two names of an import.
    #[error("unknown import: `{module}::{name}` has not been defined")]
    UnknownImport {
        /// The first name.
        module: String,
        /// The second name.
        name: String,
        /// What the module wants.
        ty: ExternType,
    },
    /// What was defined is not what the module wants.
    #[error("incompatible import type for `{module}::{name}`: expected {expected}, found {found}")]
    IncompatibleImport {
        /// The first name.
        module: String,
        /// The second name.
        name: String,
        /// What the module wants.
        expected: ExternType,
        /// What there is.
        found: ExternType,
    },
    /// The number of items given is not the number of the module's imports.
    #[error("the module has {expected} imports, but {given} were given")]
    ImportCount {
        /// The number of the module's imports.
        expected: usize,
        /// The number of items given.
        given: usize,
    },
    /// The names are taken.
    #[error("`{module}::{name}` is defined twice")]
    DefinedTwice {
        /// The first name.
        module: String,
        /// The second name.
        name: String,
    },
}

impl Error {
    /// Wraps an error of the embedder's own. One that is an [`Error`], a [`Trap`] or a
    /// [`ThrownException`] in a box is taken out of it, so that it is found again as what it was.
    pub fn host(error: impl Into<BoxError>) -> Error {
        let error = match error.into().downcast::<Error>() {
            Ok(ours) => return *ours,
            Err(error) => error,
        };
        let error = match error.downcast::<ThrownException>() {
            Ok(thrown) => return Error::Exception(thrown),
            Err(error) => error,
        };
        match error.downcast::<Trap>() {
            Ok(trap) => Error::from(*trap),
            Err(source) => Error::Host(Box::new(HostError {
                source,
                backtrace: None,
                seen_by: None,
            })),
        }
    }

    /// Why the guest trapped, if it did.
    pub fn trap(&self) -> Option<Trap> {
        self.trap_info().map(|info| info.trap)
    }

    /// What is known of the trap, if the guest trapped.
    pub fn trap_info(&self) -> Option<&TrapInfo> {
        match self {
            Error::Trap(trap) => Some(&trap.info),
            _ => None,
        }
    }

    /// The exception that was thrown and not caught, if that is what went wrong.
    pub fn exception(&self) -> Option<&ThrownException> {
        match self {
            Error::Exception(thrown) => Some(thrown),
            _ => None,
        }
    }

    /// The guest's frames at the trap, at the throw of an exception, or at the call of the host
    /// function that failed.
    pub fn backtrace(&self) -> Option<&WasmBacktrace> {
        match self {
            Error::Trap(trap) => Some(&trap.backtrace),
            Error::Host(host) => host.backtrace.as_ref(),
            Error::Exception(thrown) => thrown.backtrace.as_ref(),
            _ => None,
        }
    }

    /// The error of type `E` that the embedder's code returned, if it is that.
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        match self {
            Error::Host(host) => host.source.downcast_ref(),
            Error::Trap(trap) => (&trap.info.trap as &dyn StdError).downcast_ref(),
            Error::Exception(thrown) => (&**thrown as &dyn StdError).downcast_ref(),
            _ => None,
        }
    }

    /// The error of type `E` that the embedder's code returned, or this error unchanged.
    pub fn downcast<E: StdError + 'static>(self) -> Result<E, Error> {
        match self {
            Error::Host(host) => {
                let HostError {
                    source,
                    backtrace,
                    seen_by,
                } = *host;
                source.downcast().map(|found| *found).map_err(|source| {
                    Error::Host(Box::new(HostError {
                        source,
                        backtrace,
                        seen_by,
                    }))
                })
            }
            other => Err(other),
        }
    }

    /// Adds what is known only where the guest was left: the frames and the call. An error that
    /// came through an inner guest keeps what was noted there.
    pub(crate) fn at(self, frames: impl FnOnce() -> WasmBacktrace) -> Error {
        match self {
            Error::Trap(mut trap) => {
                if trap.backtrace.frames().is_empty() {
                    trap.backtrace = frames();
                    let innermost = trap.backtrace.frames().first();
                    trap.info.wasm_pc = innermost.and_then(|frame| frame.wasm_pc());
                }
                Error::Trap(trap)
            }
            Error::Host(mut host) => {
                host.backtrace.get_or_insert_with(frames);
                Error::Host(host)
            }
            Error::Exception(mut thrown) => {
                thrown.backtrace.get_or_insert_with(frames);
                Error::Exception(thrown)
            }
            other => other,
        }
    }

    /// The watched call whose watcher has been shown this error, where it came from.
    pub(crate) fn seen_by(&self) -> Option<CallId> {
        match self {
            Error::Trap(trap) => trap.seen_by,
            Error::Host(host) => host.seen_by,
            _ => None,
        }
    }

    /// Notes who has been shown it.
    pub(crate) fn mark_seen(mut self, call: Option<CallId>) -> Error {
        match &mut self {
            Error::Trap(trap) => trap.seen_by = trap.seen_by.or(call),
            Error::Host(host) => host.seen_by = host.seen_by.or(call),
            _ => {}
        }
        self
    }

    pub(crate) fn signature(message: impl fmt::Display) -> Error {
        Error::Signature(message.to_string())
    }
}

impl From<Trap> for Error {
    fn from(trap: Trap) -> Error {
        let info = TrapInfo {
            trap,
            wasm_pc: None,
            fault: None,
        };
        Error::Trap(Box::new(TrapError {
            info,
            backtrace: WasmBacktrace::empty(),
            seen_by: None,
        }))
    }
}

impl From<ThrownException> for Error {
    fn from(thrown: ThrownException) -> Error {
        Error::Exception(Box::new(thrown))
    }
}

impl From<ExnRef> for Error {
    fn from(exn: ExnRef) -> Error {
        ThrownException::new(exn).into()
    }
}

impl From<CompileError> for Error {
    fn from(error: CompileError) -> Error {
        Error::Compile(Box::new(error))
    }
}

impl From<LinkError> for Error {
    fn from(error: LinkError) -> Error {
        Error::Link(Box::new(error))
    }
}

impl From<MemoryAccessError> for Error {
    fn from(error: MemoryAccessError) -> Error {
        Error::MemoryAccess(error)
    }
}
