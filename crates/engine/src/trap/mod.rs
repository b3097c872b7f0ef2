//! Entering the guest, and how it is left when something goes wrong.
//!
//! There is one way out of the guest besides returning, and it begins with a hardware trap:
//!
//! ```text
//!   guest           faults: an access to a guard page, `ud2`, a division. An error of a
//!     |             function of the host is a `ud2` too, in the trampoline that called it
//!   os/             the signal handler; asks `handler` whether the pc is a trap site of the
//!     |             guest, or the address in the stack's guard zone. If not: not ours
//!   handler         records pc, sp, fp in the innermost activation; returns changed registers
//!     |
//!   arch/           the injection stub, on the guest's stack, out of the handler:
//!     |
//!   event           `trapped` walks the frames (`backtrace`) and leaves an `Unwound`; before
//!     |             that, whoever watches the call may look at all of it
//!   arch/           `unwind_to_entry` drops the guest's frames
//!     |
//!   activation      `enter` returns the `Unwound`
//! ```
//!
//! An exception that the guest itself catches is the exception to this: it goes on at the handler
//! (`exceptions`), from the builtin that throws, or from the stub if a function of the host did.
//!
//! Host frames are never dropped like that. If the host was called by the guest and has entered
//! it again, then the entry is an activation of its own. Its failure is a result that the host
//! function sees, and may pass on by failing in its turn: it parks the failure with [`park`] and
//! returns that it failed. Panics are caught before they reach a frame of the guest, and parked.
//!
//! A breakpoint takes the same way as far as to a stub of its own, which saves all registers and
//! calls `event::stopped`; from there the guest goes on.
//!
//! Only `arch` and `os` know the machine and the system.
#![allow(unsafe_code)]

mod activation;
mod arch;
mod backtrace;
mod event;
mod exceptions;
mod handler;
mod os;
mod step;

#[cfg(test)]
mod stop_tests;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub(crate) use activation::{Activation, backtrace, enter, enter_idle, park, replace_current};
pub(crate) use arch::{
    BREAKPOINT, serialize, stack_pointer, throw_ref_stub, throw_stub, with_saved_registers,
};
pub(crate) use backtrace::{LiveFrame, RawBacktrace, Step, Walk};
pub(crate) use event::{Stop, StopReason, note_told, thrown};
pub(crate) use exceptions::{CatchSite, Resumption, find_handler, scan_stack};
pub(crate) use os::{ThreadHandle, install_handlers, install_interrupts, prepare_thread};
pub(crate) use step::step_into_guest;

use std::any::Any;
use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use trapline_compile::trap::TrapKind;

/// Why a function of the host failed.
#[derive(Debug)]
pub(crate) enum HostFailure {
    /// It returned an error.
    Error(Box<dyn Error + Send + Sync>),
    /// It panicked; to be resumed by the outermost caller.
    Panic(Box<dyn Any + Send>),
    /// The fiber that it runs on is being torn down.
    Teardown,
    /// It threw an exception that its caller catches: no failure after all, the guest goes on.
    Caught(Resumption),
}

/// How the guest was left other than by returning.
#[derive(Debug)]
pub(crate) enum Unwound {
    /// It trapped.
    Trap(TrapReport),
    /// A function of the host failed.
    Host {
        /// Why.
        failure: HostFailure,
        /// The guest's frames at that time; empty but for errors.
        backtrace: RawBacktrace,
        /// As in [`TrapReport`].
        seen_by: Option<CallId>,
    },
}

impl Unwound {
    /// What the host's failure unwinds a guest with when nobody asks for its frames.
    pub fn failed(failure: HostFailure) -> Unwound {
        Unwound::Host {
            failure,
            backtrace: RawBacktrace::default(),
            seen_by: None,
        }
    }

    /// What a fiber that is being torn down unwinds its guests with.
    pub fn torn_down() -> Unwound {
        Unwound::failed(HostFailure::Teardown)
    }

    /// Who has been shown it.
    pub(crate) fn seen_by(&mut self) -> &mut Option<CallId> {
        match self {
            Unwound::Trap(report) => &mut report.seen_by,
            Unwound::Host { seen_by, .. } => seen_by,
        }
    }
}

/// Tells watched calls apart; never given out twice in a process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CallId(u64);

impl CallId {
    /// Another one.
    pub(crate) fn next() -> CallId {
        static LAST: AtomicU64 = AtomicU64::new(0);
        CallId(LAST.fetch_add(1, Ordering::Relaxed))
    }
}

/// What is known of a trap.
#[derive(Debug)]
pub(crate) struct TrapReport {
    /// Why.
    pub kind: TrapKind,
    /// Offset in the module file of the wasm instruction that trapped, if known.
    pub wasm_pc: Option<u32>,
    /// The address whose access faulted, if the trap is [`TrapKind::MemoryOutOfBounds`] and
    /// was found by a fault rather than by a check.
    pub fault_address: Option<usize>,
    /// The guest's frames.
    pub backtrace: RawBacktrace,
    /// The watched call whose watcher has been shown it, so that it is not shown again as the error
    /// of a function of the host that passes it on.
    pub seen_by: Option<CallId>,
}
