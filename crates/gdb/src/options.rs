//! What a host tells the server.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use trapline::{Error, Val};

/// The exit code of a program that has trapped or thrown, as shells tell it of one that has aborted.
const CRASHED: u8 = 134;

/// What is done when the guest does not hear that it is to end.
#[derive(Clone)]
pub(crate) struct Unheard {
    pub(crate) after: Duration,
    pub(crate) then: Arc<dyn Fn() + Send + Sync>,
}

type ExitCode = Box<dyn Fn(&Result<Vec<Val>, Error>) -> u8>;

/// How a guest is served.
///
/// ```
/// use trapline_gdb::Options;
///
/// let options = Options::new().exit_code(|outcome| if outcome.is_ok() { 0 } else { 3 });
/// # drop(options);
/// ```
pub struct Options {
    pub(crate) exit_code: ExitCode,
    pub(crate) once: bool,
    pub(crate) unheard: Option<Unheard>,
}

impl Options {
    /// The defaults.
    pub fn new() -> Options {
        Options {
            exit_code: Box::new(|outcome| match outcome {
                Ok(_) => 0,
                Err(_) => CRASHED,
            }),
            once: false,
            unheard: None,
        }
    }

    /// Tells which exit code the call's outcome is to the client. Without this it is 0 for a call that has
    /// returned, and 134 for one that has failed.
    #[must_use]
    pub fn exit_code(
        mut self,
        exit_code: impl Fn(&Result<Vec<Val>, Error>) -> u8 + 'static,
    ) -> Options {
        self.exit_code = Box::new(exit_code);
        self
    }

    /// Calls `then` on another thread if the client wants the guest to end, or is gone, and the thread of the
    /// guest has not heard of it after this time, since a function of the host blocks it. Nothing but the end
    /// of the process ends such a guest.
    #[must_use]
    pub fn when_unheard(
        mut self,
        after: Duration,
        then: impl Fn() + Send + Sync + 'static,
    ) -> Options {
        let then = Arc::new(then);
        self.unheard = Some(Unheard { after, then });
        self
    }

    /// The guest ends with the connection of its first client, unless that detaches from it.
    #[must_use]
    pub fn once(mut self) -> Options {
        self.once = true;
        self
    }
}

impl Default for Options {
    fn default() -> Options {
        Options::new()
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").finish_non_exhaustive()
    }
}
