//! The stack that signal handlers run on.
//!
//! A guest that has overflowed its stack leaves none for a handler: so every thread that enters
//! guests has a stack for signals alone. The standard library gives its threads one, but small;
//! threads made otherwise have none. The system's part of it, the frame with the interrupted
//! registers, can take several KiB on processors with large vector registers.

use crate::vm::mmap::{Access, Mapping, page_size};
use std::cell::{Cell, OnceCell};
use std::io;
use std::mem::MaybeUninit;
use std::ptr;

/// What handlers need at the least, besides the system's own frame.
const LEAST: usize = 64 << 10;

thread_local! {
    /// Whether this thread's signal stack has been seen to be large enough.
    static PREPARED: Cell<bool> = const { Cell::new(false) };

    /// The signal stack that this thread got from us.
    static STACK: OnceCell<SignalStack> = const { OnceCell::new() };
}

/// Sees to it that the current thread has a signal stack that is large enough, for the rest of
/// its life. Costs next to nothing if it has.
///
/// Not inlined, because callers may run on fibers, which change threads.
#[inline(never)]
pub(crate) fn prepare_thread() -> io::Result<()> {
    if is_prepared() { Ok(()) } else { prepare() }
}

/// Whether [`prepare_thread`] has done its work on this thread. For functions that are not
/// inlined themselves.
#[inline]
pub(in crate::trap) fn is_prepared() -> bool {
    PREPARED.get()
}

#[cold]
fn prepare() -> io::Result<()> {
    let current = current()?;
    if current.ss_flags & libc::SS_DISABLE != 0 || current.ss_size < needed() {
        let stack = SignalStack::install(current)?;
        // A thread that is ending has no variables to keep the stack in. It must not be freed
        // while it may be in use, and nobody can tell when that ends.
        let mut stack = Some(stack);
        let _ = STACK.try_with(|cell| cell.set(stack.take().expect("called once")));
        std::mem::forget(stack);
    }
    PREPARED.set(true);
    Ok(())
}

/// A signal stack in use. On drop, which the end of the thread is, it is taken out of use.
struct SignalStack {
    mapping: Mapping,
    /// What was used before.
    previous: libc::stack_t,
}

impl SignalStack {
    fn install(previous: libc::stack_t) -> io::Result<SignalStack> {
        let guard = page_size();
        let mapping = Mapping::reserve(guard + needed())?;
        // SAFETY: the mapping is fresh.
        unsafe { mapping.protect(guard..mapping.len(), Access::ReadWrite)? };
        let stack = SignalStack { mapping, previous };
        let description = libc::stack_t {
            ss_sp: stack.bottom().cast(),
            ss_flags: 0,
            ss_size: stack.mapping.len() - guard,
        };
        // SAFETY: memory that is the signal stack's alone until it is taken out of use.
        match unsafe { libc::sigaltstack(&description, ptr::null_mut()) } {
            0 => Ok(stack),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// The lowest address that is used.
    fn bottom(&self) -> *mut u8 {
        self.mapping.base().wrapping_add(page_size())
    }
}

impl Drop for SignalStack {
    fn drop(&mut self) {
        let Ok(current) = current() else {
            return std::mem::forget(std::mem::replace(&mut self.mapping, Mapping::empty()));
        };
        if current.ss_sp == self.bottom().cast() && current.ss_flags & libc::SS_DISABLE == 0 {
            // SAFETY: it was in use before us, by somebody who has not changed it since.
            unsafe { libc::sigaltstack(&self.previous, ptr::null_mut()) };
        }
        // Another entry into the guest, from another variable's destructor, starts anew.
        PREPARED.set(false);
    }
}

/// The signal stack of this thread.
pub(super) fn current() -> io::Result<libc::stack_t> {
    let mut stack = MaybeUninit::uninit();
    // SAFETY: only asks.
    match unsafe { libc::sigaltstack(ptr::null(), stack.as_mut_ptr()) } {
        // SAFETY: filled in by the call.
        0 => Ok(unsafe { stack.assume_init() }),
        _ => Err(io::Error::last_os_error()),
    }
}

/// How large a signal stack must be.
fn needed() -> usize {
    // SAFETY: only asks. Zero on systems that do not say.
    let frame = unsafe { libc::getauxval(libc::AT_MINSIGSTKSZ) } as usize;
    (LEAST + frame).next_multiple_of(page_size())
}
