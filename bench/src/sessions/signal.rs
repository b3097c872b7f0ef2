//! A bare signal: the least that an event can cost that interrupts a program where it stands.
//!
//! The processor meets `int3`, as it does at a breakpoint; the system calls a handler, as it calls an
//! engine's; the handler returns.
#![allow(unsafe_code)]

use crate::clock::{Clock, Seconds};
use anyhow::{Result, ensure};
use std::arch::asm;
use std::io;
use std::mem::zeroed;

/// Raises the signal many times, and says how long that takes.
pub fn raise(times: u64, clock: Clock) -> Result<Seconds> {
    // SAFETY: the handler has the signature that goes with `SA_SIGINFO`, and does nothing. No other
    // thread of the bench raises this signal meanwhile.
    let previous = unsafe {
        let mut action: libc::sigaction = zeroed();
        action.sa_sigaction = handle as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        swap(&action)?
    };
    let (elapsed, ()) = clock.time(|| {
        for _ in 0..times {
            // SAFETY: the handler is installed, and the thread goes on behind the instruction.
            unsafe { asm!("int3") };
        }
    });
    // SAFETY: that action was in place before.
    unsafe { swap(&previous)? };
    Ok(elapsed)
}

extern "C" fn handle(_: libc::c_int, _: *mut libc::siginfo_t, _: *mut libc::c_void) {}

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
