//! What the guest has stopped for.

use crate::breakpoints::BreakpointId;
use crate::error::DebuggerError;
use crate::panics::PanicKind;
use trapline::{Error, ExnRef, TrapInfo, Val};

/// A stop of the guest.
#[derive(Debug)]
#[non_exhaustive]
pub struct Stop {
    /// Why it has stopped.
    pub reason: StopReason,
    /// The level of the frame that the user wants to look at first: the innermost, but for a crash
    /// in a library the innermost whose source is the user's.
    pub level: usize,
}

/// Why the guest has stopped.
#[derive(Debug)]
#[non_exhaustive]
pub enum StopReason {
    /// It has come to these breakpoints.
    Breakpoint {
        /// Their numbers.
        ids: Vec<BreakpointId>,
        /// What went wrong with conditions of breakpoints here, which is why the guest has stopped.
        problems: Vec<ConditionProblem>,
    },
    /// It has gone on as far as it was asked to.
    Step,
    /// It has come to the place that it was to run to.
    Reached,
    /// Another thread has asked it to stop.
    Interrupted,
    /// It has trapped. Going on unwinds it.
    Trap {
        /// How.
        info: TrapInfo,
        /// What is likely wrong with the program, if that is plain: a sentence without its full stop.
        hint: Option<String>,
    },
    /// An exception was thrown, and no handler has been entered yet.
    Exception {
        /// The exception.
        exception: ExnRef,
        /// The name of its tag, if it has one.
        tag: Option<String>,
        /// The name of the function that will catch it; `None` if nothing in the guest does.
        catcher: Option<String>,
    },
    /// A function of the host has failed with this error. Going on unwinds the guest.
    HostError(String),
    /// The program has found an error in itself.
    Panic {
        /// How it says so.
        kind: PanicKind,
        /// What it says, if that is known.
        message: Option<String>,
    },
    /// The call is over: what it has returned, or failed with.
    Finished(Result<Vec<Val>, Error>),
    /// The call was over before.
    Over,
    /// The guest could not go on as it was asked to, and is where it was.
    Refused(DebuggerError),
}

/// What [`Debuggee::resume_or_receive`](crate::Debuggee::resume_or_receive) has come to.
#[derive(Debug)]
pub enum Arrival<M> {
    /// The guest has stopped.
    Stop(Stop),
    /// There is a message.
    Message(M),
}

/// A condition that could not be evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConditionProblem {
    /// The breakpoint.
    pub id: BreakpointId,
    /// What is wrong, with the condition and a mark below it.
    pub message: String,
}

impl Stop {
    pub(crate) fn new(reason: StopReason) -> Stop {
        Stop { reason, level: 0 }
    }
}
