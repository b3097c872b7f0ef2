//! Stopping a guest from outside, without anything in its code that asks.
//!
//! ```text
//!   another thread                       the thread of the call
//!     request: a flag, and a signal -->  on_interrupt
//!                                          in the guest?  the processor's single-step flag is set
//!                                          in the host?   so too, for a little while only
//!                                        on_step, after each instruction
//!                                          at a point of the guest: stopped there
//!                                          otherwise: on to the next
//! ```
//!
//! Points are where breakpoints can be, and every loop and function has one at its head. So it is
//! only a stretch of straight code that is stepped through, and an interrupt stops the guest
//! where a breakpoint would have, with the same means.
//!
//! # In the host
//!
//! The signal can find the thread anywhere: in a function of the host that takes its time, or in
//! those few instructions in which the runtime is on its way to the guest, or stops it, or takes it
//! back. The first is left alone: stepping is given up after a number of instructions, and begun
//! again at all the places where the host goes to the guest: an entry, the return of a function of
//! the host or of a builtin, the end of a stop. There it is asked whether something wants
//! [attention](Suspender::wants_attention), in one question with the teardown of the fiber. Stepping
//! for a while covers the second: the thread is past the question, and so will soon be in the guest.
//!
//! A third thing may be found: the handler of another signal, which has interrupted the guest and will go
//! back to it by a system call. What it goes back to lies on the stack, and there the flag is set.
//!
//! The host may block the signal that tells of a step, and the system ends a process that steps
//! then. It takes a system call to do that, so stepping is given up before any.
//!
//! The instructions that restore the flags of a stopped guest would end the stepping. They are
//! looked out for, and the flag is put where they find it.

use super::activation::{self, Cause};
use super::arch::{self, Injection};
use super::handler::{self, Interrupted};
use crate::fiber::{StackBounds, Suspender};
use crate::vm::code_memory::CodeMemory;
use crate::vm::code_registry;
use std::sync::Arc;

/// So many instructions of the host are stepped through on the way to the guest.
const HOST_STEPS: u32 = 2000;

/// What a thread was found doing that was interrupted.
enum Found {
    /// Running the guest that is watched.
    Guest(Arc<CodeMemory>, u32),
    /// About to take it back.
    Returning,
    /// Anything else.
    Host,
}

/// What becomes of a thread that was interrupted, or has made a step.
pub(super) enum Next {
    /// It goes on, in single steps or not.
    Step(bool),
    /// It is stopped.
    Stop(Injection),
}

/// What to do about the signal that says that somebody wants to interrupt a call; `None` if nobody
/// does.
///
/// # Safety
///
/// Called in the handler of the signal, on the interrupted thread.
pub(super) unsafe fn on_interrupt(interrupted: Interrupted) -> Option<Next> {
    let watcher = Suspender::innermost()?;
    // SAFETY: it lives while its fiber runs on this thread.
    let watcher = unsafe { watcher.as_ref() };
    if !watcher.notice_interrupt() {
        return None;
    }
    watcher.set_steps(HOST_STEPS);
    // SAFETY: as the caller says.
    Some(unsafe { next(watcher, interrupted) })
}

/// What to do after a single step.
///
/// # Safety
///
/// Called in the handler of the signal that the processor raises after a step, on that thread.
pub(super) unsafe fn on_step(interrupted: Interrupted) -> Next {
    let Some(watcher) = Suspender::innermost() else {
        // The call was left, or this is another thread that has inherited the flag.
        return Next::Step(false);
    };
    // SAFETY: as in `on_interrupt`.
    unsafe { next(watcher.as_ref(), interrupted) }
}

/// # Safety
///
/// As for [`on_step`].
unsafe fn next(watcher: &Suspender, interrupted: Interrupted) -> Next {
    // SAFETY: as the caller says.
    match unsafe { find(watcher, interrupted) } {
        Found::Guest(code, offset) => {
            // From here on it need not be the host's way to the guest.
            watcher.set_steps(0);
            if !code.is_stopping_place(offset) {
                return Next::Step(true);
            }
            // SAFETY: the pc is in guest code that the innermost activation has entered.
            match unsafe { handler::stop(interrupted, Cause::Interrupt) } {
                Some(injection) => Next::Stop(injection),
                None => Next::Step(true),
            }
        }
        Found::Returning => {
            // SAFETY: the thread is at that instruction.
            unsafe { arch::step_after_return(interrupted.pc, interrupted.sp) };
            Next::Step(false)
        }
        // SAFETY: the thread is about to execute what is at the pc.
        Found::Host if unsafe { arch::is_system_call(interrupted.pc) } => Next::Step(false),
        Found::Host => Next::Step(watcher.take_step()),
    }
}

/// # Safety
///
/// As for [`on_step`].
unsafe fn find(watcher: &Suspender, interrupted: Interrupted) -> Found {
    if arch::is_return(interrupted.pc) {
        return Found::Returning;
    }
    let current = activation::current();
    // SAFETY: the innermost activation of a thread is live.
    let runs = unsafe { current.as_ref() }.is_some_and(|current| watcher.runs_on(current.stack));
    if !runs {
        return Found::Host;
    }
    // Whoever has entered this code keeps it alive, so that this is not its last owner.
    let Some(code) = code_registry::find(interrupted.pc) else {
        return Found::Host;
    };
    match code.offset_of(interrupted.pc) {
        Some(offset) => Found::Guest(code, offset),
        None => Found::Host,
    }
}

/// The stack of the guest that is being watched on this thread. For signal handlers.
pub(super) fn watched_stack() -> Option<StackBounds> {
    let watcher = Suspender::innermost()?;
    // SAFETY: it lives while its fiber runs on this thread.
    Some(unsafe { watcher.as_ref() }.stack())
}

/// Whether a pc of this thread is in the code of the guest that is being watched. For signal handlers.
pub(super) fn is_watched_guest(pc: usize) -> bool {
    let current = activation::current();
    // SAFETY: the innermost activation of a thread is live.
    let runs = unsafe { current.as_ref() }.map(|current| current.stack);
    runs.is_some() && runs == watched_stack() && code_registry::find(pc).is_some()
}

/// Begins to step, on the way to the guest of a call that was interrupted.
#[cold]
#[inline(never)]
pub(crate) fn step_into_guest() {
    if let Some(watcher) = Suspender::innermost() {
        // SAFETY: it lives while its fiber runs on this thread.
        unsafe { watcher.as_ref() }.set_steps(HOST_STEPS);
        arch::begin_steps();
    }
}
