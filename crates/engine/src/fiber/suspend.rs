//! Calls that can be suspended.
//!
//! A [`Fiber`] runs an asynchronous call on a stack of its own. Functions of the host that it calls
//! run on that stack too, the guest's frames below them, and wait for futures through the
//! [`Suspender`]: while a future is pending all of it stands still.
//!
//! ```text
//!    executor's stack                       fiber's stack
//!   | poll            |                    | body                          |
//!   |   Fiber::resume | -- switch ---->    |   enter -> guest -> host      |
//!   |                 |                    |     Suspender::block_on       |
//!   |                 |  <---- switch --   |       future is pending       |
//!   | Poll::Pending   |                    | (stands still)                |
//!   |                 |                    |                               |
//!   | poll again, perhaps on another thread                                |
//!   |   Fiber::resume | -- switch ---->    |       future is polled again  |
//! ```
//!
//! # What moves with a fiber
//!
//! What runs now is noted in two places: in the store's context, and in the thread's variable for
//! the innermost activation. Both are put aside when a fiber is suspended and put back when it is
//! resumed. So in between, the thread is free for anything else, and the store looks idle: if the
//! fiber is leaked rather than dropped, nothing refers to its stack any more. The thread that
//! resumes it is prepared each time, because it can be another one.
//!
//! # Entering again
//!
//! A function of the host that waits for a call of its own into the guest runs that call on the
//! fiber it is on. The call is a future to its surroundings, but it never says that it is
//! pending: in its `poll` it suspends the whole fiber. So a poll can begin under one resumption
//! and end under another, and the waker that it was given at the beginning may be out of date.
//! `block_on` notices, and polls again with the current one before it waits.
//!
//! # Stopping
//!
//! A call can be *watched*. When the guest meets a breakpoint, or is about to be unwound, the fiber
//! is suspended right there, on top of the guest's frames, and whoever resumes it is handed a
//! [`Stop`]:
//!
//! ```text
//!    who watches                            fiber's stack
//!   | next            |                    | body                          |
//!   |   resume_watched| -- switch ---->    |   enter -> guest              |
//!   |                 |                    |     event stub -> report      |
//!   | Stopped(stop)   |  <---- switch --   |       (stands still)          |
//!   | looks at frames |                    |                               |
//!   | next            | -- switch ---->    |     goes on, or is unwound    |
//! ```
//!
//! A stop can happen where nothing may wait: under a synchronous function of the host that has
//! called the guest again, and whose frame can hold what is bound to the thread. The fiber is then
//! *pinned*: until it is resumed it belongs to that thread. Elsewhere it is neither resumed nor torn
//! down; if it is dropped there it is leaked, stack and all.
//!
//! Which watched fiber runs on a thread is noted in a thread-local variable, innermost last, in the
//! same manner as the innermost activation; so an unwatched call has nothing to do for it.
//!
//! # Dropping
//!
//! The frames of a suspended fiber hold values that must be dropped, but an unwinder cannot get
//! past those of the guest. So they are asked to leave: the fiber is resumed once more, in teardown,
//! where whatever waits gets [`Teardown`] at once, and the guest is not entered any more. The
//! host function fails with it, its guest frames are unwound as for any failure, and so on
//! outwards, until the body returns. (Whoever calls functions of the host sees to it that they
//! fail: [`StoreContext::tears_down`].) Should it suspend again nevertheless the process is aborted:
//! neither can the frames be dropped, nor their stack be given to others.

use super::pool::PooledStack;
use super::shadow_stack::ShadowStack;
use super::suspender::{Suspender, Watch, replace_watching};
use crate::trap::{self, Stop, StopReason};
use crate::vm::store_context::StoreContext;
use corosensei::{Coroutine, CoroutineResult, Yielder};
use std::io;
use std::marker::PhantomData;
use std::process;
use std::ptr::{self, NonNull};
use std::task::{Context, Poll, Waker};
use std::thread::{self, ThreadId};

/// Said to code on a fiber that is being dropped: return as fast as you can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Teardown;

/// Why a fiber is resumed.
pub(super) enum Resumption {
    /// To go on.
    Go {
        /// For those who wait.
        waker: Waker,
        /// For a guest that was stopped: the reason, changed if it is to go on otherwise.
        answer: Option<StopReason>,
    },
    /// To be dropped.
    Teardown,
}

/// Why a fiber is suspended.
pub(super) enum Suspension {
    /// Something that it waits for is pending.
    Pending,
    /// The guest was stopped.
    Stopped {
        stop: Stop,
        /// Whether there may be something on the stack that is bound to the thread.
        pinned: bool,
    },
}

/// How far a fiber has come that was resumed.
pub(crate) enum Progress<R> {
    /// It waits for something that is pending.
    Pending,
    /// The guest was stopped. Resuming goes on.
    Stopped(Stop),
    /// The body has returned.
    Done(R),
}

type FiberCoroutine<R> = Coroutine<Resumption, Suspension, R, PooledStack>;
pub(super) type FiberYielder = Yielder<Resumption, Suspension>;

/// A call that can be suspended: a body that runs on a guest stack.
pub(crate) struct Fiber<'a, R> {
    /// None once it was taken out to get at its stack.
    coroutine: Option<FiberCoroutine<R>>,
    shadow: ShadowStack,
    store: NonNull<StoreContext>,
    /// What the store's context is while this runs. It is kept here while it does not.
    context: StoreContext,
    /// The innermost activation on the fiber, while it does not run.
    activation: *mut trap::Activation,
    watch: Option<Watch>,
    /// The only thread that this may go on in.
    pinned: Option<ThreadId>,
    /// The body may refer to things that live so long.
    body: PhantomData<&'a mut &'a ()>,
}

// SAFETY: whoever makes a fiber promises that all that is on its stack can be sent, but where it is
// pinned, which is looked at. What belongs to a thread is put aside while the fiber does not run.
unsafe impl<R: Send> Send for Fiber<'_, R> {}

impl<'a, R> Fiber<'a, R> {
    /// A fiber that will run `body`, from the first [`resume`](Fiber::resume) on. While it runs
    /// [`StoreContext::suspender`] leads to its suspender, and [`StoreContext::runs_here`] holds.
    /// If it is to be watched it gets the number that its stops are known by.
    ///
    /// # Safety
    ///
    /// - The store context outlives the fiber, and whenever the fiber runs nothing else runs in
    ///   the store.
    /// - Whatever the body, and the functions of the host that are called from it, have on the
    ///   stack when the fiber is suspended can be sent to other threads, unless waiting is
    ///   [refused](Suspender::refuse) at the time.
    /// - No panic crosses frames of the guest.
    pub unsafe fn new(
        stack: PooledStack,
        store: NonNull<StoreContext>,
        watch: Option<Watch>,
        body: impl FnOnce() -> R + Send + 'a,
    ) -> Fiber<'a, R> {
        let mut context = StoreContext::new();
        context.run_on(&stack);
        let bounds = stack.bounds();
        let suspender_watch = watch.clone();
        let main = move |yielder: &FiberYielder, resumption| {
            let suspender = Suspender::new(yielder, store, bounds, suspender_watch);
            if suspender.watch.is_some() {
                replace_watching(&suspender);
            }
            suspender.resumed(resumption);
            // SAFETY: the store outlives the fiber, and is the fiber's while it runs.
            unsafe { (*store.as_ptr()).suspender = &suspender };
            body()
        };
        // SAFETY: the lifetime of this type keeps alive what the body refers to. A fiber that is
        // leaked never runs again.
        let coroutine = unsafe { Coroutine::with_stack_unchecked(stack, main) };
        Fiber {
            coroutine: Some(coroutine),
            shadow: ShadowStack::new(),
            store,
            context,
            activation: ptr::null_mut(),
            watch,
            pinned: None,
            body: PhantomData,
        }
    }

    /// Runs the body until it is done or waits for something that is pending; then it arranges
    /// for `context` to be woken. A panic of the body is passed on.
    ///
    /// An error means that the thread could not be prepared for running guests. The fiber is as
    /// it was.
    ///
    /// # Panics
    ///
    /// If the body is done, or the fiber is watched.
    pub fn resume(&mut self, context: &mut Context<'_>) -> io::Result<Poll<R>> {
        match self.resume_watched(context, None)? {
            Progress::Pending => Ok(Poll::Pending),
            Progress::Done(result) => Ok(Poll::Ready(result)),
            Progress::Stopped(_) => unreachable!("nobody watches"),
        }
    }

    /// As [`resume`](Fiber::resume), and stops when the guest is stopped. After that `answer` is the
    /// reason for the stop, or what is to be done instead: a guest that is to be unwound is, if with
    /// something else.
    ///
    /// # Panics
    ///
    /// If the body is done, or the fiber is pinned to another thread.
    pub fn resume_watched(
        &mut self,
        context: &mut Context<'_>,
        answer: Option<StopReason>,
    ) -> io::Result<Progress<R>> {
        assert!(self.may_run_here(), "the fiber is pinned to another thread");
        trap::prepare_thread()?;
        let waker = context.waker().clone();
        Ok(match self.switch(Resumption::Go { waker, answer }) {
            CoroutineResult::Yield(Suspension::Pending) => Progress::Pending,
            CoroutineResult::Yield(Suspension::Stopped { stop, pinned }) => {
                self.pinned = pinned.then(|| thread::current().id());
                Progress::Stopped(stop)
            }
            CoroutineResult::Return(result) => Progress::Done(result),
        })
    }

    /// Whether this may be resumed, or torn down, on the current thread.
    pub fn may_run_here(&self) -> bool {
        self.pinned
            .is_none_or(|pinned| pinned == thread::current().id())
    }

    /// Whether the body is done.
    pub fn is_done(&self) -> bool {
        self.coroutine.as_ref().is_none_or(Coroutine::done)
    }

    /// Gives back the stack of a fiber whose body is done, for the next one.
    ///
    /// # Panics
    ///
    /// If the body is not done.
    pub fn into_stack(mut self) -> PooledStack {
        let coroutine = self.coroutine.take().filter(Coroutine::done);
        coroutine.expect("the body is done").into_stack()
    }

    #[cold]
    fn tear_down(&mut self) {
        // The guest is left through a trap, and not entered any more: what an unprepared thread
        // is short of, a stack for signals when the guest's own has overflowed, is not needed.
        let _ = trap::prepare_thread();
        if let CoroutineResult::Yield(_) = self.switch(Resumption::Teardown) {
            process::abort();
        }
    }

    fn switch(&mut self, resumption: Resumption) -> CoroutineResult<Suspension, R> {
        self.pinned = None;
        let running = Running::new(
            self.store,
            &mut self.context,
            &mut self.activation,
            self.watch.is_some(),
        );
        let coroutine = self.coroutine.as_mut();
        let coroutine = coroutine.expect("only a fiber that is done loses its coroutine");
        let result = self.shadow.run(|| coroutine.resume(resumption));
        // The same happens if the body panics.
        drop(running);
        result
    }
}

impl<R> Drop for Fiber<'_, R> {
    fn drop(&mut self) {
        let unfinished = |coroutine: &FiberCoroutine<R>| coroutine.started() && !coroutine.done();
        // If it was never begun, then the coroutine drops the body.
        if !self.coroutine.as_ref().is_some_and(unfinished) {
            return;
        }
        if self.may_run_here() {
            self.tear_down();
        } else {
            // What is on the stack cannot be dropped here, nor the stack be given to others.
            std::mem::forget(self.coroutine.take());
        }
    }
}

/// Makes what a fiber has put aside current, until dropped.
struct Running<'f> {
    store: NonNull<StoreContext>,
    context: &'f mut StoreContext,
    activation: &'f mut *mut trap::Activation,
    /// What was watched on the thread before, if the fiber is watched.
    watching: Option<*const Suspender>,
}

impl<'f> Running<'f> {
    fn new(
        store: NonNull<StoreContext>,
        context: &'f mut StoreContext,
        activation: &'f mut *mut trap::Activation,
        watched: bool,
    ) -> Running<'f> {
        // Null when the fiber has not begun.
        let watching = watched.then(|| replace_watching(context.suspender));
        let mut running = Running {
            store,
            context,
            activation,
            watching,
        };
        running.exchange();
        running
    }

    fn exchange(&mut self) {
        // SAFETY: the store outlives the fiber, and nothing else uses its context now.
        unsafe { ptr::swap(self.store.as_ptr(), self.context) };
        *self.activation = trap::replace_current(*self.activation);
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.exchange();
        if let Some(watching) = self.watching {
            replace_watching(watching);
        }
    }
}
