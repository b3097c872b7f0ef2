//! What a session stops for.

use super::frame::Frames;
use crate::api::{ExnRef, FrameInfo, Module, TrapInfo, Val};
use crate::error::{Error, Result};
use crate::vm::watched_call::Event;

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
    /// An exception was thrown, by the guest or by a function of the host that it called, and no
    /// handler has been entered yet. Each entry into the guest that it gets to reports it. The host
    /// may have another be thrown instead
    /// ([`replace_exception`](crate::DebugSession::replace_exception)) or none at all
    /// ([`take_exception`](crate::DebugSession::take_exception)).
    Exception(ExceptionEvent),
    /// The guest has come to a breakpoint, and goes on from there with the next step. What comes to
    /// a breakpoint is this, be it the end of a step.
    Breakpoint(BreakpointHit),
    /// The guest has gone on as far as [`DebugSession::step`](crate::DebugSession::step),
    /// [`step_over`](crate::DebugSession::step_over) or
    /// [`step_out`](crate::DebugSession::step_out) was asked to, and is ahead of the next
    /// instruction.
    Step,
    /// Another thread has asked the guest to stop, by an
    /// [`InterruptHandle`](crate::InterruptHandle). It goes on from there with the next step.
    Interrupted,
    /// The call is over, with these results or this error.
    Finished(Result<Vec<Val>>),
    /// The session could not be resumed here, and is as it was before: [`Error::PinnedSession`]
    /// on another thread than it is bound to, [`Error::LateWrite`] if what was written to the store
    /// has to be undone first, [`Error::Limit`] if the system has no memory left.
    Refused(Error),
}

impl DebugStepResult {
    /// The step that an event is, given the error of the host and the frames at it.
    pub(super) fn of<'s>(
        event: Event,
        error: Option<&Error>,
        frames: impl FnOnce() -> Frames<'s>,
    ) -> DebugStepResult {
        match event {
            Event::Trap(info) => DebugStepResult::Trap(info),
            Event::HostError => {
                DebugStepResult::HostError(error.map(Error::to_string).unwrap_or_default())
            }
            Event::Breakpoint => match hit(frames()) {
                Ok(hit) => DebugStepResult::Breakpoint(hit),
                Err(error) => DebugStepResult::Refused(error),
            },
            Event::Interrupted => DebugStepResult::Interrupted,
            Event::Step => DebugStepResult::Step,
            Event::Exception(exception, fp) => {
                let mut frames = fp.map(|fp| (fp, frames()));
                let catcher = frames.as_mut().and_then(|(fp, frames)| {
                    frames.find_map(|frame| frame.has_pointer(*fp).then(|| frame.info().ok())?)
                });
                DebugStepResult::Exception(ExceptionEvent { exception, catcher })
            }
            Event::Finished(outcome) => DebugStepResult::Finished(outcome),
            Event::Refused(error) => DebugStepResult::Refused(error),
        }
    }
}

/// The breakpoint that the innermost frame is at.
fn hit(mut frames: Frames<'_>) -> Result<BreakpointHit> {
    let frame = frames.next().ok_or(Error::StaleFrame)?;
    Ok(BreakpointHit {
        module: frame.module()?,
        wasm_pc: frame.wasm_pc()?.ok_or(Error::StaleFrame)?,
    })
}

/// An exception that was thrown. Found in a [`DebugStepResult`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExceptionEvent {
    /// The exception.
    pub exception: ExnRef,
    /// The frame that will catch it, at the call or throw that it comes out of there. `None` if no
    /// frame does of those that were entered last: then functions of the host decide, or the
    /// whole call fails.
    pub catcher: Option<FrameInfo>,
}

/// Which breakpoint a guest has come to. Found in a [`DebugStepResult`].
///
/// ```
/// use trapline::{Config, DebugSession, DebugStepResult, Engine, Instance, Module, Observe, Store};
/// # use std::{future::Future, pin::pin, task::{Context, Poll, Waker}};
/// # fn block_on<F: Future>(future: F) -> F::Output {
/// #     match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
/// #         Poll::Ready(output) => output,
/// #         Poll::Pending => unreachable!("nothing waits"),
/// #     }
/// # }
///
/// let engine = Engine::new(Config::new().observe(Observe::Stacks))?;
/// let module = Module::new(
///     &engine,
///     r#"(module (memory 1) (func (export "run")
///         (i32.store (i32.const 0) (i32.const 1))
///         (i32.store (i32.const 4) (i32.const 2))))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let run = instance.get_func(&mut store, "run").unwrap();
/// let memory = instance.debug_memory(&store, 0).unwrap();
///
/// let mut session = DebugSession::call(&mut store, run, &[])?;
/// // The first place to stop at in or after the code section's first byte.
/// let start = module.code_section_offset();
/// let at = session.edit_breakpoints(|breakpoints| breakpoints.add(&module, start))?;
/// let Some(DebugStepResult::Breakpoint(hit)) = block_on(session.next()) else { panic!() };
/// assert_eq!(hit.wasm_pc, at);
/// assert_eq!(memory.data(session.store()?)[0], 0);
/// assert!(matches!(block_on(session.next()), Some(DebugStepResult::Finished(Ok(_)))));
/// assert_eq!(memory.data(session.store()?)[0], 1);
/// # Ok::<(), trapline::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BreakpointHit {
    /// The module.
    pub module: Module,
    /// The offset in the module file of the instruction that comes next, in bytes.
    pub wasm_pc: u32,
}
