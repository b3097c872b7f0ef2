//! What is done about an interruption of the guest, out of the signal handler.
//!
//! ```text
//!   stub (arch/)          here                                    fiber/
//!     trapped ----------> what happened, as an `Unwound`
//!                         is the call watched? ---- report ---->  suspended with a `Stop`
//!                                                                  ... frames can be examined ...
//!                         the `Unwound`, or another  <---------   resumed
//!     unwind_to_entry <--
//!
//!     stopped ----------> a breakpoint ------------ report ---->  suspended with a `Stop`
//!                                                                  ...
//!     back to the guest <--------------------------------------   resumed
//! ```
//!
//! Both run on the guest's stack, in the place of the instruction that was interrupted. They may
//! allocate and lock: no other Rust code of this thread is interrupted. They may be suspended, and
//! go on in another thread: so they keep nothing that belongs to one. A panic in here ends the
//! process, because it cannot cross the guest's frames.

use super::activation::{Activation, Cause, Fault};
use super::arch::{BREAKPOINT, SavedRegisters};
use super::backtrace::{self, Start, Walk};
use super::exceptions::Resumption;
use super::{CallId, HostFailure, RawBacktrace, TrapReport, Unwound};
use crate::error::Error;
use crate::fiber::{Suspender, Teardown};
use trapline_compile::trap::TrapKind;

/// A guest that stands still at one of its instructions.
#[derive(Debug)]
pub(crate) struct Stop {
    /// Why.
    pub reason: StopReason,
    /// Where.
    pub place: StopPlace,
}

/// Why a guest was stopped.
#[derive(Debug)]
pub(crate) enum StopReason {
    /// It is about to be unwound with this.
    Unwinding(Box<Unwound>),
    /// It met a breakpoint.
    Breakpoint,
}

// SAFETY: the one thing in it that cannot be shared is the payload of a panic, and a panic stops
// no guest (see `is_news`).
unsafe impl Sync for Stop {}

impl Stop {
    /// The error that the guest is about to be unwound with, if whoever named the stop has made it
    /// an [`Error`].
    pub fn error(&self) -> Option<&Error> {
        let StopReason::Unwinding(unwound) = &self.reason else {
            return None;
        };
        match &**unwound {
            Unwound::Host {
                failure: HostFailure::Error(error),
                ..
            } => error.downcast_ref(),
            _ => None,
        }
    }
}

/// Where a guest was stopped.
#[derive(Debug)]
pub(crate) struct StopPlace {
    activation: *const Activation,
    start: Start,
}

// SAFETY: the pointer is used only by those who may walk over the frames.
unsafe impl Send for StopPlace {}
// SAFETY: as above.
unsafe impl Sync for StopPlace {}

impl StopPlace {
    /// The frames, innermost first.
    ///
    /// # Safety
    ///
    /// For as long as the result is used the guest stands still in this place.
    pub unsafe fn frames(&self) -> Walk {
        // SAFETY: the activation lives and the guest is where it was, as the caller says.
        unsafe { Walk::new(self.activation, self.start) }
    }
}

/// Reports the trap that the handler has recorded; called from the injection stub.
///
/// Returns 0 if the activation is to be unwound, 1 if the guest goes on as the resumption says.
///
/// # Safety
///
/// The activation is the innermost of this thread, and a fault is recorded in it. The resumption
/// can be written.
pub(super) unsafe extern "sysv64" fn trapped(
    activation: *mut Activation,
    resumption: *mut Resumption,
) -> u32 {
    // SAFETY: `enter` has given the activation away while it waits for the guest, which is
    // interrupted, and the handler is done.
    unsafe {
        let fault = take_fault(activation);
        if let Some(HostFailure::Caught(caught)) = (*activation).failure {
            debug_assert!(
                !(*activation).yellow_zone_open,
                "functions of the host are called where there is room"
            );
            (*activation).failure = None;
            resumption.write(caught);
            return 1;
        }
        let unwound = Box::new(describe(&mut *activation, fault));
        (*activation).unwound = Some(announce(activation, fault, unwound));
        0
    }
}

/// Reports the breakpoint that the handler has recorded; called from the event stub. Returns where
/// the guest goes on; zero if it does not.
///
/// # Safety
///
/// The activation is the innermost of this thread, and a fault is recorded in it. The registers
/// are those of the guest that it has entered.
pub(super) unsafe extern "sysv64" fn stopped(
    activation: *mut Activation,
    registers: *mut SavedRegisters,
) -> usize {
    // SAFETY: as in `trapped`; the registers lie in the stub's frame.
    unsafe {
        let fault = take_fault(activation);
        let pc = fault.pc + BREAKPOINT.len();
        let unwound = match watcher(activation) {
            Some(watcher) => report(watcher, activation, fault, StopReason::Breakpoint),
            None => None,
        };
        if unwound.is_some() {
            (*activation).unwound = unwound;
            return 0;
        }
        let resumption = (*activation).resumption.assume_init_mut();
        resumption.pc = pc;
        resumption.flags = (*registers).flags;
        pc
    }
}

/// # Safety
///
/// The activation is live and waits for its guest.
unsafe fn take_fault(activation: *mut Activation) -> Fault {
    // SAFETY: as the caller says.
    let fault = unsafe { (*activation).fault.take() };
    fault.expect("the stub is reached only with a fault")
}

/// What a trap unwinds the activation with.
///
/// # Safety
///
/// The activation is linked, and the fault was in guest code that it has entered.
unsafe fn describe(activation: &mut Activation, fault: Fault) -> Unwound {
    // SAFETY: the caller's promise.
    let backtrace = |activation: &_| unsafe { backtrace::walk(activation, Start::Fault(fault)) };
    let kind = match fault.cause {
        Cause::Trap(kind) => kind,
        Cause::Breakpoint => unreachable!("breakpoints have another stub"),
    };
    if kind != TrapKind::HostError {
        let backtrace = backtrace(activation);
        return Unwound::Trap(TrapReport {
            kind,
            wasm_pc: backtrace.frames.first().and_then(|frame| frame.wasm_pc),
            fault_address: fault.address,
            backtrace,
            seen_by: None,
        });
    }
    // Panics and teardowns go on as they came, and nobody asks where from.
    let backtrace = match activation.failure {
        Some(HostFailure::Error(_)) | None => backtrace(activation),
        Some(_) => RawBacktrace::default(),
    };
    let failure = activation.failure.take();
    let failure = failure
        .unwrap_or_else(|| HostFailure::Error("a function of the host failed silently".into()));
    Unwound::Host {
        failure,
        backtrace,
        seen_by: None,
    }
}

/// Lets whoever watches the call know that it is about to be unwound. Returns what with, in the
/// end.
///
/// # Safety
///
/// As for [`report`].
unsafe fn announce(
    activation: *mut Activation,
    fault: Fault,
    mut unwound: Box<Unwound>,
) -> Box<Unwound> {
    // SAFETY: as the caller says.
    let Some(watcher) = (unsafe { watcher(activation) }) else {
        return unwound;
    };
    if watcher.tears_down() || !is_news(&unwound, watcher.call()) {
        return unwound;
    }
    *unwound.seen_by() = Some(watcher.call());
    // SAFETY: as the caller says.
    let replaced = unsafe { report(watcher, activation, fault, StopReason::Unwinding(unwound)) };
    replaced.expect("what is to be unwound is unwound with something")
}

/// Whether the watcher of a call has not been shown this yet. Panics are for the embedder's own
/// debugger.
fn is_news(unwound: &Unwound, call: CallId) -> bool {
    match unwound {
        Unwound::Trap(_) => true,
        Unwound::Host { failure, .. } => match failure {
            HostFailure::Error(error) => {
                let passed_on = error.downcast_ref::<Error>().and_then(Error::seen_by);
                passed_on != Some(call)
            }
            HostFailure::Panic(_) | HostFailure::Teardown | HostFailure::Caught(_) => false,
        },
    }
}

/// # Safety
///
/// The activation is the innermost of this thread.
unsafe fn watcher<'a>(activation: *mut Activation) -> Option<&'a Suspender> {
    // SAFETY: the activation is live; and whoever watches it lies in the outermost frame of the
    // fiber that this runs on.
    unsafe { Suspender::watching((*activation).stack).map(|watcher| watcher.as_ref()) }
}

/// Reports a stop; returns when the guest is to go on, or to be unwound with something.
///
/// # Safety
///
/// The activation is the innermost of this thread and of the fiber that is watched, and its guest
/// was interrupted by the fault. Nothing refers to the activation.
unsafe fn report(
    watcher: &Suspender,
    activation: *mut Activation,
    fault: Fault,
    reason: StopReason,
) -> Option<Box<Unwound>> {
    let place = StopPlace {
        activation,
        start: Start::Fault(fault),
    };
    // SAFETY: the caller runs on the fiber, and has nothing on the stack that is bound to a
    // thread; whether the host has, the suspender knows.
    let mut answer = match unsafe { watcher.report(Stop { reason, place }) } {
        Ok(unwound) => unwound,
        Err(Teardown) => Some(Box::new(Unwound::torn_down())),
    };
    // An error that was raised here has no frames yet.
    if let Some(unwound) = &mut answer
        && let Unwound::Host {
            failure: HostFailure::Error(_),
            backtrace,
            ..
        } = &mut **unwound
        && backtrace.frames.is_empty()
    {
        // SAFETY: the guest still is where it was.
        *backtrace = unsafe { backtrace::walk(&*activation, Start::Fault(fault)) };
    }
    answer
}
