//! What is done about an interruption of the guest, out of the signal handler.
//!
//! ```text
//!   stub (arch/)          here                                    fiber/
//!     trapped ----------> what happened, as an `Unwound`
//!                         is the call watched? ---- report ---->  suspended with a `Stop`
//!                                                                  ... frames can be examined ...
//!                         the `Unwound`, or another  <---------   resumed with the reason
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
use super::exceptions::{CatchSite, Resumption};
use super::step::step_into_guest;
use super::{CallId, HostFailure, RawBacktrace, TrapReport, Unwound};
use crate::api::ExnRef;
use crate::error::Error;
use crate::fiber::{Requester, Suspender, Teardown};
use crate::vm::code_registry;
use crate::vm::store_context::StoreContext;
use std::ptr::NonNull;
use trapline_compile::trap::TrapKind;

/// A guest that stands still at one of its instructions.
#[derive(Debug)]
pub(crate) struct Stop {
    /// Why.
    pub reason: StopReason,
    /// Where.
    pub place: StopPlace,
}

/// Why a guest was stopped. Whoever has been told hands it back, changed or not, for the guest to go on
/// with.
#[derive(Debug)]
pub(crate) enum StopReason {
    /// It is about to be unwound with this.
    Unwinding(Box<Unwound>),
    /// It came to a point at which something is planted: breakpoints of the region that begins
    /// there, or the end of a step.
    Breakpoint,
    /// It was interrupted, at a point. If something is planted there that has not stopped it.
    Interrupted(Requester),
    /// It, or a function of the host that it called, has thrown.
    Thrown {
        /// The exception; or, handed back, the one that is thrown in its place.
        exception: ExnRef,
        /// Where it will be caught; `None` if not by this entry into the guest.
        site: Option<CatchSite>,
    },
}

impl StopReason {
    /// What the guest is to be unwound with, if it is.
    pub fn into_unwound(self) -> Option<Box<Unwound>> {
        match self {
            StopReason::Unwinding(unwound) => Some(unwound),
            StopReason::Breakpoint | StopReason::Interrupted(_) | StopReason::Thrown { .. } => None,
        }
    }
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

    /// Has another exception be thrown in the place of the one that the guest was stopped for.
    pub fn replace_exception(&mut self, other: ExnRef) -> Result<(), Error> {
        let StopReason::Thrown { exception, .. } = &mut self.reason else {
            return Err(Error::NoException);
        };
        *exception = other;
        Ok(())
    }

    /// Has the guest be unwound with a failure instead of throwing the exception that it was stopped
    /// for, and returns that.
    pub fn take_exception(&mut self, failure: HostFailure) -> Result<ExnRef, Error> {
        let StopReason::Thrown { exception, .. } = &self.reason else {
            return Err(Error::NoException);
        };
        let exception = exception.clone();
        self.reason = StopReason::Unwinding(Box::new(Unwound::failed(failure)));
        Ok(exception)
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
            if watcher(activation).is_some_and(Suspender::wants_attention) {
                step_into_guest();
            }
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
        let mut fault = take_fault(activation);
        let pc = loop {
            let unwound = report_point(activation, fault);
            if unwound.is_some() {
                (*activation).unwound = unwound;
                return 0;
            }
            let pc = fault.pc + BREAKPOINT.len();
            // It may have been interrupted while it stood still, or when it came to a breakpoint.
            if !watcher(activation).is_some_and(Suspender::is_interrupted) {
                break pc;
            }
            if !is_stopping_place(pc) {
                (*registers).step();
                break pc;
            }
            // The processor makes its first step before anybody looks where it is.
            fault.cause = Cause::Interrupt;
            fault.pc = pc;
        };
        let resumption = (*activation).resumption.assume_init_mut();
        resumption.pc = pc;
        resumption.flags = (*registers).flags();
        pc
    }
}

/// Reports that the guest has come to a point, if anybody watches. Returns what it is to be unwound
/// with, if it is.
///
/// # Safety
///
/// As for [`stopped`]; the fault is at the point.
unsafe fn report_point(activation: *mut Activation, fault: Fault) -> Option<Box<Unwound>> {
    // SAFETY: as the caller says.
    let watcher = unsafe { watcher(activation) }?;
    let reason = match fault.cause {
        Cause::Interrupt => watcher.interrupted().map_or(
            // It was taken back. If there is a breakpoint the guest has met it.
            StopReason::Breakpoint,
            StopReason::Interrupted,
        ),
        Cause::Breakpoint | Cause::Trap(_) => StopReason::Breakpoint,
    };
    // SAFETY: as the caller says; nobody refers to the activation.
    let answer = unsafe { report(watcher, activation, Start::Fault(fault), reason) };
    answer.and_then(StopReason::into_unwound)
}

/// Whether a pc of the guest is at a point.
fn is_stopping_place(pc: usize) -> bool {
    code_registry::find(pc).is_some_and(|code| {
        let offset = code.offset_of(pc);
        offset.is_some_and(|offset| code.is_stopping_place(offset))
    })
}

/// Lets whoever watches the call know of an exception, before anything is decided. Returns what to do
/// instead of throwing it, if that is wanted: throw another, or unwind the guest.
///
/// # Safety
///
/// The guest of the store was left by a builtin or a function of the host, which calls this, and
/// nothing else uses the store.
pub(crate) unsafe fn thrown(
    store: NonNull<StoreContext>,
    site: Option<CatchSite>,
    exception: impl FnOnce() -> ExnRef,
) -> Option<StopReason> {
    // SAFETY: the store is live, and its context tells where its guest was left.
    let context = unsafe { *store.as_ptr() };
    // SAFETY: the activation is the innermost of this thread, because its guest was left last.
    let watcher = unsafe { watcher(context.activation) }?;
    if watcher.tears_down() {
        return None;
    }
    let start = Start::Return {
        pc: context.exit_pc,
        fp: context.exit_fp,
    };
    let exception = exception();
    let reason = StopReason::Thrown { exception, site };
    // SAFETY: as above.
    unsafe { report(watcher, context.activation, start, reason) }
}

/// Notes that whoever watches the call knows already why the guest is about to be unwound.
///
/// # Safety
///
/// As for [`thrown`].
pub(crate) unsafe fn note_told(store: NonNull<StoreContext>) {
    // SAFETY: as in `thrown`.
    if let Some(watcher) = unsafe { watcher((*store.as_ptr()).activation) } {
        watcher.set_told();
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
        Cause::Breakpoint | Cause::Interrupt => unreachable!("breakpoints have another stub"),
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
    let told = watcher.take_told();
    if watcher.tears_down() || !is_news(&unwound, watcher.call()) {
        return unwound;
    }
    *unwound.seen_by() = Some(watcher.call());
    if told {
        return unwound;
    }
    // SAFETY: as the caller says.
    let answer = unsafe {
        let reason = StopReason::Unwinding(unwound);
        report(watcher, activation, Start::Fault(fault), reason)
    };
    let unwound = answer.and_then(StopReason::into_unwound);
    unwound.expect("what is to be unwound is unwound with something")
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

/// Reports a stop. Returns when the guest is to go on, or to be unwound: with its reason, perhaps
/// changed.
///
/// # Safety
///
/// The activation is the innermost of this thread and of the fiber that is watched, and its guest
/// was left at `start`. Nothing refers to the activation.
unsafe fn report(
    watcher: &Suspender,
    activation: *mut Activation,
    start: Start,
    reason: StopReason,
) -> Option<StopReason> {
    let place = StopPlace { activation, start };
    // SAFETY: the caller runs on the fiber, and has nothing on the stack that is bound to a
    // thread; whether the host has, the suspender knows.
    let mut answer = match unsafe { watcher.report(Stop { reason, place }) } {
        Ok(answer) => answer,
        Err(Teardown) => Some(StopReason::Unwinding(Box::new(Unwound::torn_down()))),
    };
    // An error that was raised here has no frames yet.
    if let Some(StopReason::Unwinding(unwound)) = &mut answer
        && let Unwound::Host {
            failure: HostFailure::Error(_),
            backtrace,
            ..
        } = &mut **unwound
        && backtrace.frames.is_empty()
    {
        // SAFETY: the guest still is where it was.
        *backtrace = unsafe { backtrace::walk(&*activation, start) };
    }
    answer
}
