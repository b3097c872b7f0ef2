//! What to do about a fault, whatever the system calls it.
//!
//! All of this runs in a signal handler: it takes no lock and allocates nothing.

use super::activation::{self, Activation, Cause, Fault, Resumption};
use super::arch::{self, Injection};
use crate::fiber::{StackBounds, Suspender, YELLOW_ZONE};
use crate::vm::code_memory::CodeMemory;
use crate::vm::code_registry;
use std::mem::MaybeUninit;
use trapline_compile::trap::TrapKind;

/// An interrupted thread.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interrupted {
    /// The instruction that raised the signal.
    pub pc: usize,
    pub sp: usize,
    pub fp: usize,
    /// The register that [`Injection::argument`] is for.
    pub argument: usize,
    pub flags: usize,
    pub raised: Raised,
}

/// How an instruction raised a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Raised {
    /// It could not access an address.
    Access(usize),
    /// It could not be executed.
    Execution,
    /// It is a breakpoint.
    Breakpoint,
    /// It was another thread's doing, or the processor's after a single step.
    Asked,
}

/// So many bytes of stack are wanted for reporting an event.
const REPORT_STACK: usize = YELLOW_ZONE / 2;

/// The registers with which a thread has to go on that was interrupted: if it was by a trap or a
/// breakpoint of the guest. `None` if it was by anything else.
///
/// # Safety
///
/// Called on the interrupted thread, in the handler of a signal that its own instruction has
/// raised.
pub(super) unsafe fn on_fault(interrupted: Interrupted) -> Option<Injection> {
    let current = activation::current();
    // SAFETY: the innermost activation of a thread is live. If the pc turns out to be in guest
    // code, or in the stub's end, then nobody else uses it.
    let stack = unsafe { current.as_ref()? }.stack;
    if interrupted.pc == arch::resume_instruction() {
        // SAFETY: only the event stub gets there, for the innermost activation.
        return Some(unsafe { resume(current) });
    }
    let sp = interrupted.sp;
    if !stack.contains(sp) && !stack.overflowed_at(sp) {
        return None;
    }
    // Whoever has entered this code keeps it alive, so that this is not its last owner.
    let code = code_registry::find(interrupted.pc)?;
    let mut interrupted = interrupted;
    if interrupted.raised != Raised::Breakpoint {
        // The tables know the instruction without the point that may be its prefix.
        let offset = code.offset_of(interrupted.pc)?;
        interrupted.pc = code.address(code.compiled().behind_points(offset));
    }
    let cause = cause(&interrupted, &code, stack)?;
    // SAFETY: the pc is in guest code that the activation has entered.
    unsafe { stop(interrupted, cause) }
}

/// The registers with which a thread goes on that is stopped in guest code. `None` if it cannot be.
///
/// # Safety
///
/// As for [`on_fault`], and the pc is in guest code that the innermost activation has entered.
pub(super) unsafe fn stop(interrupted: Interrupted, cause: Cause) -> Option<Injection> {
    let current = activation::current();
    let Interrupted { pc, sp, .. } = interrupted;
    // SAFETY: the innermost activation of a thread is live; nobody else uses it.
    let stack = unsafe { current.as_ref()? }.stack;
    // The report needs room, which an event of any kind may find wanting.
    let yellow_zone_open = sp < stack.limit + REPORT_STACK;
    if yellow_zone_open {
        // SAFETY: the stack is live; nothing lies in a zone that could not be accessed.
        unsafe { stack.open_yellow_zone(true).ok()? };
    }
    let address = match (cause, interrupted.raised) {
        (Cause::Trap(TrapKind::MemoryOutOfBounds), Raised::Access(address)) => Some(address),
        _ => None,
    };
    // SAFETY: the pc is in guest code, see above.
    unsafe {
        (*current).fault = Some(Fault {
            cause,
            pc,
            sp,
            fp: interrupted.fp,
            address,
        });
        (*current).yellow_zone_open |= yellow_zone_open;
        (*current).resumption = MaybeUninit::new(Resumption {
            argument: interrupted.argument,
            pc,
            sp,
            flags: 0,
        });
    }
    Some(match cause {
        // Whatever lies below the limit was never written.
        Cause::Trap(_) => arch::inject_trap(current, sp.max(stack.limit)),
        Cause::Breakpoint | Cause::Interrupt => arch::inject_event(current, sp, interrupted.flags),
    })
}

/// What the guest met; `None` if the signal is none of its doing.
fn cause(interrupted: &Interrupted, code: &CodeMemory, stack: StackBounds) -> Option<Cause> {
    let offset = code.offset_of(interrupted.pc)?;
    match interrupted.raised {
        Raised::Breakpoint => code.is_planted(offset).then_some(Cause::Breakpoint),
        Raised::Access(address) if stack.overflowed_at(address) => {
            Some(Cause::Trap(TrapKind::StackOverflow))
        }
        _ => Some(Cause::Trap(code.compiled().trap_at(offset)?.kind)),
    }
}

/// Takes a guest back from the event stub that has run on the yellow zone of its stack: that can
/// be closed only here, on another stack.
///
/// # Safety
///
/// The activation is the innermost of the thread, and the guest that it has entered is stopped.
unsafe fn resume(activation: *mut Activation) -> Injection {
    // SAFETY: as the caller says: nobody else uses the activation. The handler has begun the
    // resumption, and the event completed it. What is in the zone is the stub's, which is done.
    // Should the kernel refuse, the zone stays open and is closed when the guest is left.
    unsafe {
        let activation = &mut *activation;
        activation.yellow_zone_open = activation.stack.open_yellow_zone(false).is_err();
        let mut resumption = activation.resumption.assume_init();
        // It may have been interrupted since that was written.
        if Suspender::watching(activation.stack)
            .is_some_and(|watcher| watcher.as_ref().is_interrupted())
        {
            resumption.flags = arch::stepping(resumption.flags, true);
        }
        arch::resume(resumption)
    }
}
