//! Tells ThreadSanitizer which stack runs.
//!
//! It keeps a shadow of each thread's stack, which it finds only by the calls and returns that it
//! sees. For a fiber it keeps another, if it is told when the thread goes there and comes back.
//! What is given to the compiler by `--cfg thread_sanitizer` decides whether it is, since what is
//! called here exists in programs with the sanitizer only.

#[cfg(not(thread_sanitizer))]
mod imp {
    pub struct ShadowStack;

    impl ShadowStack {
        pub fn new() -> ShadowStack {
            ShadowStack
        }

        #[inline(always)]
        pub fn run<R>(&self, switch: impl FnOnce() -> R) -> R {
            switch()
        }
    }
}

#[cfg(thread_sanitizer)]
mod imp {
    use std::ffi::{c_uint, c_void};
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

    unsafe extern "C" {
        fn __tsan_get_current_fiber() -> *mut c_void;
        fn __tsan_create_fiber(flags: c_uint) -> *mut c_void;
        fn __tsan_destroy_fiber(fiber: *mut c_void);
        fn __tsan_switch_to_fiber(fiber: *mut c_void, flags: c_uint);
    }

    /// As if going to a fiber were to take a lock that the fiber holds: so it is with ours.
    const SYNCHRONIZES: c_uint = 0;

    pub struct ShadowStack(*mut c_void);

    // SAFETY: the sanitizer lets any thread use it, one at a time.
    unsafe impl Send for ShadowStack {}

    impl ShadowStack {
        pub fn new() -> ShadowStack {
            // SAFETY: always possible.
            ShadowStack(unsafe { __tsan_create_fiber(0) })
        }

        // In one function, for which the shadows have an entry each, or one too few would be there.
        pub fn run<R>(&self, switch: impl FnOnce() -> R) -> R {
            // SAFETY: the fiber lives, and runs in no other thread, since `switch` can go there.
            unsafe {
                let outside = __tsan_get_current_fiber();
                __tsan_switch_to_fiber(self.0, SYNCHRONIZES);
                let result = catch_unwind(AssertUnwindSafe(switch));
                __tsan_switch_to_fiber(outside, SYNCHRONIZES);
                result.unwrap_or_else(|panic| resume_unwind(panic))
            }
        }
    }

    impl Drop for ShadowStack {
        fn drop(&mut self) {
            // SAFETY: a fiber is not dropped while it runs.
            unsafe { __tsan_destroy_fiber(self.0) };
        }
    }
}

/// The shadow of a fiber's stack.
pub(super) struct ShadowStack(imp::ShadowStack);

impl ShadowStack {
    /// The shadow of a stack that nothing has run on.
    pub fn new() -> ShadowStack {
        ShadowStack(imp::ShadowStack::new())
    }

    /// Calls `switch`, which goes to the fiber and comes back.
    #[inline(always)]
    pub fn run<R>(&self, switch: impl FnOnce() -> R) -> R {
        self.0.run(switch)
    }
}
