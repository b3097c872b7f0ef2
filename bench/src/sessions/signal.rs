//! Bare signals: the least that an event can cost that interrupts a program where it stands.
//!
//! The processor meets `int3`, as it does at a breakpoint, or its flag for single steps is set; the
//! system calls a handler, as it calls an engine's; the handler returns.
#![allow(unsafe_code)]

use crate::clock::{Clock, Seconds};
use anyhow::{Result, ensure};
use std::arch::asm;
use std::io;
use std::mem::zeroed;

/// The flag that has the processor raise a signal after an instruction.
const TRAP_FLAG: i64 = 1 << 8;

type Handler = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);

/// Meets a breakpoint many times, and says how long that takes.
pub fn breakpoints(times: u64, clock: Clock) -> Result<Seconds> {
    // SAFETY: the handler does nothing.
    unsafe {
        with_handler(
            go_on,
            || {
                for _ in 0..times {
                    // SAFETY: the handler is installed, and the thread goes on behind the instruction.
                    asm!("int3");
                }
            },
            clock,
        )
    }
}

/// Makes a single step many times, and says how long that takes.
pub fn steps(times: u64, clock: Clock) -> Result<Seconds> {
    // SAFETY: the handler clears the flag, so that what it interrupts goes on as ever.
    unsafe {
        with_handler(
            stop_stepping,
            || {
                for _ in 0..times {
                    // SAFETY: the stack is as it was afterwards, and so are all flags but those that the
                    // compiler expects to be changed. The signal comes after the last instruction.
                    asm!("pushfq", "or qword ptr [rsp], {flag}", "popfq", "nop", flag = const TRAP_FLAG);
                }
            },
            clock,
        )
    }
}

extern "C" fn go_on(_: libc::c_int, _: *mut libc::siginfo_t, _: *mut libc::c_void) {}

extern "C" fn stop_stepping(_: libc::c_int, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the system gives a valid context, for as long as the handler runs.
    let context = unsafe { &mut *context.cast::<libc::ucontext_t>() };
    context.uc_mcontext.gregs[libc::REG_EFL as usize] &= !TRAP_FLAG;
}

/// Does work with a handler for the signal that breakpoints and single steps raise, and says how long
/// it takes.
///
/// # Safety
///
/// No other thread raises the signal meanwhile, and to return from the handler is sound wherever the
/// work raises it.
unsafe fn with_handler(handler: Handler, work: impl FnOnce(), clock: Clock) -> Result<Seconds> {
    // SAFETY: the handler has the signature that goes with `SA_SIGINFO`; the caller has seen to the
    // rest.
    let previous = unsafe {
        let mut action: libc::sigaction = zeroed();
        action.sa_sigaction = handler as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        swap(&action)?
    };
    let (elapsed, ()) = clock.time(work);
    // SAFETY: that action was in place before.
    unsafe { swap(&previous)? };
    Ok(elapsed)
}

/// Installs an action for the signal; returns the one before.
///
/// # Safety
///
/// The action is a valid one, and whatever the process does with the signal meanwhile is sound with
/// it.
unsafe fn swap(action: &libc::sigaction) -> Result<libc::sigaction> {
    // SAFETY: valid pointers; the rest is up to the caller.
    unsafe {
        let mut previous = zeroed();
        let status = libc::sigaction(libc::SIGTRAP, action, &mut previous);
        ensure!(status == 0, io::Error::last_os_error());
        Ok(previous)
    }
}
