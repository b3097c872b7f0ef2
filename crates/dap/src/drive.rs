//! Running a guest for a client: what it says is heard whether the guest runs or stands still.
//!
//! ```text
//!             a message that changes nothing: as before
//!                 +------------+
//!                 v            |
//!   resume ---> runs ----------+---- a stop, or a pause ---> stands still
//!                 ^                                              |
//!                 +------- continue, next, stepIn, ... ----------+
//! ```

use crate::connection::Incoming;
use crate::context::Then;
use crate::launcher::LaunchOptions;
use crate::report::Report;
use crate::session::Session;
use trapline::{Error, Val};
use trapline_debugger::{Arrival, Debuggee, Inbox, Resume};

/// Why a guest is not run any more for a client.
pub(crate) enum Ended {
    /// The call is over.
    Finished(Result<Vec<Val>, Error>),
    /// The client wants the program to end.
    Terminated,
    /// It wants another one.
    Restart(Option<Box<LaunchOptions>>),
    /// It is gone, and has said whether the program is to end.
    Gone { terminate: Option<bool> },
}

/// Where a guest is for its client.
pub(crate) enum State {
    Runs(Resume),
    Stands,
}

impl Session {
    /// What becomes of a guest with what has happened.
    pub(crate) fn arrived<T: 'static>(
        &mut self,
        debuggee: &mut Debuggee<'_, '_, T>,
        arrival: Arrival<Incoming>,
    ) -> Result<State, Ended> {
        let incoming = match arrival {
            Arrival::Stop(stop) => {
                return match self.report(debuggee, stop) {
                    Report::Stopped => Ok(State::Stands),
                    Report::Passed => Ok(State::Runs(Resume::AsBefore)),
                    Report::Continue => Ok(State::Runs(Resume::Continue)),
                    Report::Over(outcome) => Err(Ended::Finished(outcome)),
                };
            }
            Arrival::Message(incoming) => incoming,
        };
        let as_it_was = match self.stopped {
            Some(_) => State::Stands,
            None => State::Runs(Resume::AsBefore),
        };
        match self.hear(debuggee, incoming.what) {
            Then::Nothing | Then::Configured => Ok(as_it_was),
            Then::Resume(how) => {
                self.resumed();
                Ok(State::Runs(how))
            }
            Then::Pause if debuggee.is_waiting() => {
                // It stops when the host is done, and cannot be seen before.
                self.is_pausing = debuggee.interrupt().is_ok();
                Ok(as_it_was)
            }
            Then::Pause => {
                self.report_pause();
                Ok(State::Stands)
            }
            Then::Terminate => Err(Ended::Terminated),
            Then::Restart(options) => Err(Ended::Restart(options)),
            Then::Disconnect { terminate } => Err(Ended::Gone { terminate }),
        }
    }
}

/// Runs a guest for the one client that there is.
pub(crate) async fn drive<T: 'static>(
    session: &mut Session,
    inbox: &mut Inbox<Incoming>,
    debuggee: &mut Debuggee<'_, '_, T>,
    first: Resume,
) -> Ended {
    let mut state = State::Runs(first);
    loop {
        let arrival = match state {
            State::Runs(how) => debuggee.resume_or_receive(how, inbox).await,
            State::Stands => match inbox.receive().await {
                Some(message) => Arrival::Message(message),
                None => return Ended::Gone { terminate: None },
            },
        };
        state = match session.arrived(debuggee, arrival) {
            Ok(state) => state,
            Err(ended) => return ended,
        };
    }
}
