//! What compiled code and the trap machinery need of a store.

use crate::fiber::{GuestStack, StackBounds, Suspender};
use crate::trap::{Activation, stack_pointer};
use std::mem::offset_of;
use std::ptr;
use trapline_compile::layout::store_context;

/// One for each store, at an address that does not change during its life. The first four fields
/// are those that compiled code knows (`trapline_compile::layout::store_context`).
///
/// All fields describe what runs *now*: when a fiber is suspended they are put aside with it, so
/// that a store whose fiber is suspended, or was leaked, looks like one in which nothing runs.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct StoreContext {
    /// The innermost entry into the guest, null outside of any.
    pub activation: *mut Activation,
    /// Frame pointer of the guest frame that last left for the host.
    pub exit_fp: usize,
    /// The address that frame will be returned to.
    pub exit_pc: usize,
    /// The lowest stack pointer at which a function of the host may still be called.
    pub host_stack_limit: usize,
    /// The stack that the guest runs on.
    pub stack: StackBounds,
    /// Suspends the fiber that this store runs on; null in a synchronous call.
    pub suspender: *const Suspender,
}

impl StoreContext {
    /// The context of a store in which nothing runs.
    pub const fn new() -> StoreContext {
        StoreContext {
            activation: ptr::null_mut(),
            exit_fp: 0,
            exit_pc: 0,
            host_stack_limit: 0,
            stack: StackBounds::NONE,
            suspender: ptr::null(),
        }
    }

    /// The context of a store whose guests must not be called: a guest of its own is stopped, on a
    /// fiber that is suspended. It does not look idle, so that the quickest way into a guest need
    /// not ask.
    pub const fn barred() -> StoreContext {
        StoreContext {
            stack: StackBounds::BARRED,
            ..StoreContext::new()
        }
    }

    /// Whether this is [`barred`](StoreContext::barred).
    #[inline]
    pub fn is_barred(&self) -> bool {
        self.stack.base == StackBounds::BARRED.base
    }

    /// Whether nothing runs in the store, nor is about to on a fiber.
    #[inline]
    pub fn is_idle(&self) -> bool {
        self.activation.is_null() && self.stack.base == 0
    }

    /// Notes that nothing runs in the store any more. The exit and the limit stay behind: they
    /// mean nothing without an activation.
    #[inline]
    pub fn set_idle(&mut self) {
        self.activation = ptr::null_mut();
        self.stack = StackBounds::NONE;
    }

    /// Has the guest run on a stack, without a fiber.
    #[inline]
    pub fn run_on(&mut self, stack: &GuestStack) {
        self.stack = stack.bounds();
        self.host_stack_limit = stack.host_limit();
        self.suspender = ptr::null();
    }

    /// Whether the store runs on a fiber that is being torn down. A function of the host that
    /// returns to the guest then must fail, whatever it meant to return: otherwise the guest
    /// would go on.
    ///
    /// # Safety
    ///
    /// This is the context of a live store at this moment, not a copy.
    #[inline]
    pub unsafe fn tears_down(&self) -> bool {
        // SAFETY: the suspender lives while its fiber runs, and is noted here only while it does.
        unsafe { self.suspender.as_ref() }.is_some_and(Suspender::tears_down)
    }

    /// Whether the caller runs on the stack that the store's guest runs on: then it was called,
    /// in the end, by that guest, and enters it again on the same stack. If not it is an outside
    /// caller, or was passed the store across threads by a function of the host that is waiting.
    #[inline]
    pub fn runs_here(&self) -> bool {
        self.stack.contains(stack_pointer())
    }
}

const _: () = {
    assert!(offset_of!(StoreContext, activation) == store_context::ACTIVATION as usize);
    assert!(offset_of!(StoreContext, exit_fp) == store_context::EXIT_FP as usize);
    assert!(offset_of!(StoreContext, exit_pc) == store_context::EXIT_PC as usize);
    assert!(offset_of!(StoreContext, host_stack_limit) == store_context::HOST_STACK_LIMIT as usize);
    assert!(size_of::<StoreContext>() >= store_context::SIZE as usize);
};
