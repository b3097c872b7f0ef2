//! Entries into the guest.
//!
//! An [`Activation`] lies in the frame of [`enter`] for as long as the entry lasts. Activations
//! are linked in two ways:
//!
//! - through their store's context, from each to the one whose guest called the host that entered
//!   again. Walks over the guest's frames follow these.
//! - through a thread-local variable, from each to the one, of whichever store, that was the
//!   innermost on this thread. The signal handler looks there.
//!
//! Both are stacks: an entry ends before anything that was below it goes on. A fiber that is
//! suspended takes its part of both with it (see `fiber::suspend`).
//!
//! The thread-local variable is touched only in functions that are not inlined. [`enter`] can
//! begin on one thread and end on another, if it runs on a fiber, and the compiler, which does
//! not know that, would take the variable's address once for both.

use super::arch::{self, EntryState};
use super::backtrace::{self, RawBacktrace, Start};
use super::{HostFailure, Unwound, os};
use crate::fiber::{GuestStack, StackBounds};
use crate::vm::raw_val::RawVal;
use crate::vm::store_context::StoreContext;
use std::cell::Cell;
use std::io;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr::{self, NonNull};
use trapline_compile::trap::TrapKind;

/// One entry into the guest.
#[repr(C)]
pub(crate) struct Activation {
    /// The host's registers.
    pub(super) entry: EntryState,
    /// The stack that the guest runs on.
    pub(super) stack: StackBounds,
    /// What the store's context was before.
    pub(super) outer: StoreContext,
    /// What the signal handler has recorded.
    pub(super) fault: Option<Fault>,
    /// Whether the stack's yellow zone is open.
    pub(super) yellow_zone_open: bool,
    /// Why a function of the host failed.
    pub(super) failure: Option<HostFailure>,
    /// The outcome if this is unwound.
    pub(super) unwound: Option<Box<Unwound>>,
    /// What the guest goes on with after a stop; written at each of these and not before.
    pub(super) resumption: MaybeUninit<Resumption>,
}

/// The registers of a stopped guest that the event stub does not hold.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(super) struct Resumption {
    /// The register that the stub's argument came in, written by the handler.
    pub argument: usize,
    /// Where to go on. This and what follows is for [`arch::resume`], which takes the guest back
    /// where the stub cannot.
    pub pc: usize,
    pub sp: usize,
    pub flags: usize,
}

/// Why the guest was interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// It trapped. It cannot go on.
    Trap(TrapKind),
    /// It met a breakpoint. It can go on.
    Breakpoint,
}

/// An interruption as the machine sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fault {
    pub cause: Cause,
    /// The interrupted instruction.
    pub pc: usize,
    pub sp: usize,
    pub fp: usize,
    /// What was accessed, if that is why it trapped.
    pub address: Option<usize>,
}

thread_local! {
    /// The innermost activation of this thread, null if there is none.
    static CURRENT: Cell<*mut Activation> = const { Cell::new(ptr::null_mut()) };
}

/// The innermost activation of this thread, null if there is none. May be called in a signal
/// handler.
#[inline(never)]
pub(super) fn current() -> *mut Activation {
    CURRENT.get()
}

/// Makes another activation the innermost of this thread. Returns what was.
#[inline(never)]
pub(crate) fn replace_current(activation: *mut Activation) -> *mut Activation {
    CURRENT.replace(activation)
}

/// Makes an activation the innermost of this thread, if the thread is prepared. Returns what was.
#[inline(never)]
fn begin(activation: *mut Activation) -> Option<*mut Activation> {
    os::is_prepared().then(|| CURRENT.replace(activation))
}

/// [`begin`] on a thread that is not prepared yet.
#[cold]
fn prepare_and_begin(activation: *mut Activation) -> io::Result<*mut Activation> {
    os::prepare_thread()?;
    Ok(replace_current(activation))
}

/// Calls guest code through an entry trampoline.
///
/// With a stack the call runs on that one, from its top, and no fiber can be suspended in it:
/// this is how a synchronous call from outside begins. Without one it runs on the current stack,
/// which must be the one that the store runs on ([`StoreContext::runs_here`]): this is how a
/// fiber's body begins, and how functions of the host call the guest again.
///
/// Refused with [`HostFailure::Teardown`] if the fiber that the store runs on is being torn down.
///
/// # Safety
///
/// - `trampoline` is the entry trampoline for the type of `code`, `vmctx` is what `code` expects,
///   `slots` has room for its parameters and results and holds the parameters, and all the code
///   involved stays registered.
/// - The handlers are installed.
/// - Nothing runs on `stack`.
/// - Nothing else runs in the store; or the caller is, in the end, a function of the host that the
///   store's innermost activation has called.
#[inline]
pub(crate) unsafe fn enter(
    store: NonNull<StoreContext>,
    stack: Option<&GuestStack>,
    trampoline: usize,
    code: usize,
    vmctx: *mut u8,
    slots: *mut RawVal,
) -> Result<(), Box<Unwound>> {
    let context = store.as_ptr();
    // SAFETY: the store is live, and its context is changed by those alone who run in it: at this
    // moment us.
    let outer = unsafe { *context };
    // SAFETY: as above.
    if unsafe { (*context).tears_down() } {
        return Err(refused());
    }
    let bounds = stack.map_or(outer.stack, |stack| stack.bounds());
    // Only an entry that was unwound has anything to drop.
    let mut activation = ManuallyDrop::new(Activation {
        entry: EntryState::EMPTY,
        stack: bounds,
        outer,
        fault: None,
        yellow_zone_open: false,
        failure: None,
        unwound: None,
        resumption: MaybeUninit::uninit(),
    });
    let activation: *mut Activation = &raw mut *activation;
    let outer_current = match begin(activation) {
        Some(current) => current,
        None => match prepare_and_begin(activation) {
            Ok(current) => current,
            Err(error) => return Err(unprepared(error)),
        },
    };
    // SAFETY: as above. What the context says is undone when the entry ends.
    unsafe {
        (*context).activation = activation;
        match stack {
            Some(stack) => (*context).run_on(stack),
            None => debug_assert!(
                (*context).runs_here(),
                "entered on a stack that is not the store's"
            ),
        }
    }
    // SAFETY: the activation has just been made the innermost of both kinds; the caller vouches
    // for the rest.
    let unwound = unsafe {
        match stack {
            Some(_) => {
                arch::enter_guest_on(code, vmctx, slots, trampoline, activation, bounds.base)
            }
            None => arch::enter_guest(code, vmctx, slots, trampoline, activation),
        }
    } != 0;
    replace_current(outer_current);
    // SAFETY: as above.
    unsafe { *context = outer };
    if unwound {
        // SAFETY: the entry has ended, so that nobody else knows the activation any more; it is
        // read this once.
        return Err(outcome(unsafe { activation.read() }));
    }
    Ok(())
}

/// [`enter`] from outside, on a stack, into a store in which nothing runs: the way in that most
/// calls take.
///
/// No fiber is suspended in it, so that it ends on the thread that it begins on. That holds for
/// this function alone, not for what it could be inlined into. Its arguments come in the order in
/// which they are handed on, so that they stay in their registers.
///
/// # Safety
///
/// As for [`enter`]; and the store's context is [idle](StoreContext::is_idle).
#[inline(never)]
pub(crate) unsafe fn enter_idle(
    code: usize,
    vmctx: *mut u8,
    slots: *mut RawVal,
    trampoline: usize,
    store: NonNull<StoreContext>,
    stack: &GuestStack,
) -> Result<(), Box<Unwound>> {
    if !os::is_prepared() {
        // SAFETY: the caller's promises.
        return unsafe { prepare_and_enter(code, vmctx, slots, trampoline, store, stack) };
    }
    let context = store.as_ptr();
    let bounds = stack.bounds();
    // Only an entry that was unwound has anything to drop.
    let mut activation = ManuallyDrop::new(Activation {
        entry: EntryState::EMPTY,
        stack: bounds,
        outer: StoreContext::new(),
        fault: None,
        yellow_zone_open: false,
        failure: None,
        unwound: None,
        resumption: MaybeUninit::uninit(),
    });
    let activation: *mut Activation = &raw mut *activation;
    let outer_current = CURRENT.replace(activation);
    // SAFETY: the store is live, and nothing else runs in it. What the context says is undone when
    // the entry ends.
    unsafe {
        (*context).activation = activation;
        (*context).run_on(stack);
    }
    // SAFETY: the activation has just been made the innermost of both kinds; the caller vouches
    // for the rest.
    let unwound =
        unsafe { arch::enter_guest_on(code, vmctx, slots, trampoline, activation, bounds.base) }
            != 0;
    CURRENT.set(outer_current);
    // SAFETY: as above.
    unsafe { (*context).set_idle() };
    if unwound {
        // SAFETY: the entry has ended, so that nobody else knows the activation any more; it is
        // read this once.
        return Err(outcome(unsafe { activation.read() }));
    }
    Ok(())
}

/// [`enter_idle`] on a thread that is not prepared yet.
///
/// # Safety
///
/// As for [`enter_idle`].
#[cold]
#[inline(never)]
unsafe fn prepare_and_enter(
    code: usize,
    vmctx: *mut u8,
    slots: *mut RawVal,
    trampoline: usize,
    store: NonNull<StoreContext>,
    stack: &GuestStack,
) -> Result<(), Box<Unwound>> {
    os::prepare_thread().map_err(unprepared)?;
    // SAFETY: the caller's promises.
    unsafe { enter_idle(code, vmctx, slots, trampoline, store, stack) }
}

#[cold]
fn refused() -> Box<Unwound> {
    Box::new(Unwound::torn_down())
}

#[cold]
fn unprepared(error: io::Error) -> Box<Unwound> {
    let message = format!("cannot give the thread a stack for signals: {error}");
    Box::new(Unwound::failed(HostFailure::Error(message.into())))
}

/// What `event` has left.
#[cold]
fn outcome(activation: Activation) -> Box<Unwound> {
    if activation.yellow_zone_open {
        // SAFETY: the guest has been left, and with it everything in the zone. Should the kernel
        // refuse, the next overflow meets the guard zone instead, which is as good.
        let _ = unsafe { activation.stack.open_yellow_zone(false) };
    }
    activation
        .unwound
        .expect("an activation is unwound with a reason")
}

/// Leaves the reason why a function of the host is about to return that it failed.
///
/// # Safety
///
/// Called from a function of the host (or a builtin) that the store's innermost activation has
/// called.
pub(crate) unsafe fn park(store: NonNull<StoreContext>, failure: HostFailure) {
    // SAFETY: the store is live; its innermost activation is, and is in the hands of the host.
    unsafe { (*(*store.as_ptr()).activation).failure = Some(failure) };
}

/// The guest's frames as seen from a function of the host; none outside of any.
///
/// # Safety
///
/// The store is live, and runs no guest code at this moment.
pub(crate) unsafe fn backtrace(store: NonNull<StoreContext>) -> RawBacktrace {
    // SAFETY: the caller vouches for it.
    let context = unsafe { *store.as_ptr() };
    // SAFETY: activations in a store's context are live and properly linked.
    match unsafe { context.activation.as_ref() } {
        Some(activation) => {
            let start = Start::Return {
                pc: context.exit_pc,
                fp: context.exit_fp,
            };
            // SAFETY: as above; the host was called from the frame that the context names.
            unsafe { backtrace::walk(activation, start) }
        }
        None => RawBacktrace::default(),
    }
}
