//! What a session stops for.

use crate::api::{Module, TrapInfo, Val};
use crate::error::{Error, Result};

/// Why a [`DebugSession`](crate::DebugSession) stands still. An example is there.
#[derive(Debug)]
#[non_exhaustive]
pub enum DebugStepResult {
    /// The guest has trapped, or a function of the host has answered it with a trap. Its frames are
    /// all there; the next step unwinds them.
    Trap(TrapInfo),
    /// A function of the host has failed, with an error of this text; the error itself is
    /// [`DebugSession::error`](crate::DebugSession::error). The frames of the guest that called it
    /// are all there; the next step unwinds them. An error that has been reported is not reported
    /// again if functions of the host further out pass it on as it is. (Those that the engine
    /// makes by itself, such as [`Error::NeedsAsync`], are.)
    HostError(String),
    /// The guest has come to a breakpoint, and goes on from there with the next step.
    Breakpoint(BreakpointHit),
    /// The call is over, with these results or this error.
    Finished(Result<Vec<Val>>),
    /// The session could not be resumed here, and is as it was before: [`Error::PinnedSession`]
    /// on another thread than it is bound to, [`Error::Limit`] if the system has no memory left.
    Refused(Error),
}

/// Which breakpoint a guest has come to. Found in a [`DebugStepResult`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BreakpointHit {
    /// The module.
    pub module: Module,
    /// The offset in the module file of the instruction that comes next, in bytes.
    pub wasm_pc: u32,
}
