//! What to do about a fault, whatever the system calls it.
//!
//! All of this runs in a signal handler: it takes no lock and allocates nothing.

use super::activation::{self, Fault};
use super::arch::{self, Injection};
use crate::fiber::YELLOW_ZONE;
use crate::vm::code_registry;
use trapline_compile::trap::TrapKind;

/// An interrupted thread.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interrupted {
    pub pc: usize,
    pub sp: usize,
    pub fp: usize,
    /// The address whose access faulted, if that is why.
    pub address: Option<usize>,
}

/// So many bytes of stack are wanted for reporting a trap.
const REPORT_STACK: usize = YELLOW_ZONE / 2;

/// The registers with which a thread has to go on that was interrupted by a fault: if it was a
/// trap of the guest. `None` if it was anything else.
///
/// # Safety
///
/// Called on the interrupted thread, in the handler of a signal that its own instruction has
/// raised.
pub(super) unsafe fn on_fault(interrupted: Interrupted) -> Option<Injection> {
    let Interrupted {
        pc,
        sp,
        fp,
        address,
    } = interrupted;
    let current = activation::current();
    // SAFETY: the innermost activation of a thread is live. If the pc turns out to be in guest
    // code, then `enter` is waiting and nobody else uses it.
    let stack = unsafe { current.as_ref()? }.stack;
    if !stack.contains(sp) && !stack.overflowed_at(sp) {
        return None;
    }
    // Whoever has entered this code keeps it alive, so that this is not its last owner.
    let code = code_registry::find(pc)?;
    let overflow = address.is_some_and(|address| stack.overflowed_at(address));
    let kind = if overflow {
        TrapKind::StackOverflow
    } else {
        code.compiled().trap_at(code.offset_of(pc)?)?.kind
    };
    // The report needs room, which a trap of any kind may find wanting.
    let yellow_zone_open = sp < stack.limit + REPORT_STACK;
    if yellow_zone_open {
        // SAFETY: the stack is live; nothing lies in a zone that could not be accessed.
        unsafe { stack.open_yellow_zone(true).ok()? };
    }
    let address = address.filter(|_| kind == TrapKind::MemoryOutOfBounds);
    // SAFETY: the pc is in guest code, see above.
    unsafe {
        (*current).fault = Some(Fault {
            kind,
            pc,
            sp,
            fp,
            address,
        });
        (*current).yellow_zone_open = yellow_zone_open;
    }
    // Whatever lies below the limit was never written.
    Some(arch::inject(current, sp.max(stack.limit)))
}
