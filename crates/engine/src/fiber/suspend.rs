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
use crate::trap;
use crate::vm::store_context::StoreContext;
use corosensei::{Coroutine, CoroutineResult, Yielder};
use std::cell::Cell;
use std::io;
use std::marker::PhantomData;
use std::pin::Pin;
use std::process;
use std::ptr::{self, NonNull};
use std::task::{Context, Poll, Waker};

/// Said to code on a fiber that is being dropped: return as fast as you can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Teardown;

/// Why a fiber is resumed.
enum Resumption {
    /// To go on, with a waker for those who wait.
    Poll(Waker),
    /// To be dropped.
    Teardown,
}

/// A call that can be suspended: a body that runs on a guest stack.
pub(crate) struct Fiber<'a, R> {
    /// None once it was taken out to get at its stack.
    coroutine: Option<Coroutine<Resumption, (), R, PooledStack>>,
    store: NonNull<StoreContext>,
    /// What the store's context is while this runs. It is kept here while it does not.
    context: StoreContext,
    /// The innermost activation on the fiber, while it does not run.
    activation: *mut trap::Activation,
    /// The body may refer to things that live so long.
    body: PhantomData<&'a mut &'a ()>,
}

// SAFETY: whoever makes a fiber promises that all that is on its stack can be sent. What is bound
// to a thread is put aside while the fiber does not run.
unsafe impl<R: Send> Send for Fiber<'_, R> {}

impl<'a, R> Fiber<'a, R> {
    /// A fiber that will run `body`, from the first [`resume`](Fiber::resume) on. While it runs
    /// [`StoreContext::suspender`] leads to its suspender, and [`StoreContext::runs_here`] holds.
    ///
    /// # Safety
    ///
    /// - The store context outlives the fiber, and whenever the fiber runs nothing else runs in
    ///   the store.
    /// - Whatever the body, and the functions of the host that are called from it, have on the
    ///   stack when the fiber is suspended can be sent to other threads.
    /// - No panic crosses frames of the guest.
    pub unsafe fn new(
        stack: PooledStack,
        store: NonNull<StoreContext>,
        body: impl FnOnce() -> R + Send + 'a,
    ) -> Fiber<'a, R> {
        let mut context = StoreContext::new();
        context.run_on(&stack);
        let main = move |yielder: &Yielder<Resumption, ()>, resumption| {
            let suspender = Suspender::new(yielder);
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
            store,
            context,
            activation: ptr::null_mut(),
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
    /// If the body is done.
    pub fn resume(&mut self, context: &mut Context<'_>) -> io::Result<Poll<R>> {
        trap::prepare_thread()?;
        Ok(
            match self.switch(Resumption::Poll(context.waker().clone())) {
                CoroutineResult::Yield(()) => Poll::Pending,
                CoroutineResult::Return(result) => Poll::Ready(result),
            },
        )
    }

    /// Whether the body is done.
    #[cfg(test)]
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
        if let CoroutineResult::Yield(()) = self.switch(Resumption::Teardown) {
            process::abort();
        }
    }

    fn switch(&mut self, resumption: Resumption) -> CoroutineResult<(), R> {
        let running = Running::new(self.store, &mut self.context, &mut self.activation);
        let coroutine = self.coroutine.as_mut();
        let coroutine = coroutine.expect("only a fiber that is done loses its coroutine");
        let result = coroutine.resume(resumption);
        // The same happens if the body panics.
        drop(running);
        result
    }
}

impl<R> Drop for Fiber<'_, R> {
    fn drop(&mut self) {
        let unfinished =
            |coroutine: &Coroutine<_, _, _, _>| coroutine.started() && !coroutine.done();
        // If it was never begun, then the coroutine drops the body.
        if self.coroutine.as_ref().is_some_and(unfinished) {
            self.tear_down();
        }
    }
}

/// Makes what a fiber has put aside current, until dropped.
struct Running<'f> {
    store: NonNull<StoreContext>,
    context: &'f mut StoreContext,
    activation: &'f mut *mut trap::Activation,
}

impl<'f> Running<'f> {
    fn new(
        store: NonNull<StoreContext>,
        context: &'f mut StoreContext,
        activation: &'f mut *mut trap::Activation,
    ) -> Running<'f> {
        let mut running = Running {
            store,
            context,
            activation,
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
    }
}

/// Suspends the fiber it belongs to, in whose outermost frame it lies.
pub(crate) struct Suspender {
    yielder: NonNull<Yielder<Resumption, ()>>,
    /// Of the last resumption.
    waker: Cell<Option<Waker>>,
    /// How often the fiber was resumed.
    resumptions: Cell<u64>,
    tears_down: Cell<bool>,
    /// The innermost poll that is going on and may suspend the fiber.
    polling: Cell<Option<Polling>>,
}

/// A poll of the future of a function of the host.
#[derive(Clone, Copy)]
struct Polling {
    /// The entry whose guest called the function; null if the host did.
    activation: *const trap::Activation,
    waker: *const Waker,
}

/// A poll that was noted, until dropped.
pub(crate) struct NotedPoll<'s> {
    suspender: &'s Suspender,
    outer: Option<Polling>,
}

impl Drop for NotedPoll<'_> {
    fn drop(&mut self) {
        self.suspender.polling.set(self.outer);
    }
}

impl Suspender {
    fn new(yielder: &Yielder<Resumption, ()>) -> Suspender {
        Suspender {
            yielder: NonNull::from(yielder),
            waker: Cell::new(None),
            resumptions: Cell::new(0),
            tears_down: Cell::new(false),
            polling: Cell::new(None),
        }
    }

    /// Whether the fiber is being dropped.
    #[inline]
    pub fn tears_down(&self) -> bool {
        self.tears_down.get()
    }

    /// Polls a future until it is ready; while it is pending the fiber is suspended.
    ///
    /// Returns [`Teardown`] if the fiber is being dropped. The caller then drops the future and
    /// returns as fast as it can.
    ///
    /// # Safety
    ///
    /// The caller runs on this fiber, and nothing on its stack is bound to a thread.
    pub unsafe fn block_on<F>(&self, mut future: Pin<&mut F>) -> Result<F::Output, Teardown>
    where
        F: Future + ?Sized,
    {
        while !self.tears_down() {
            let resumptions = self.resumptions.get();
            let waker = self.waker();
            match future.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(output) => return Ok(output),
                // In its poll it has suspended the fiber: that waker is out of date.
                Poll::Pending if self.resumptions.get() != resumptions => {}
                // SAFETY: the caller's promise.
                Poll::Pending => unsafe { self.suspend() },
            }
        }
        Err(Teardown)
    }

    /// Notes that the future of a function of the host is being polled, for
    /// [`Suspender::is_polled`]. The activation is the innermost one.
    ///
    /// # Safety
    ///
    /// The waker outlives the result, which is dropped.
    pub unsafe fn note_poll(
        &self,
        activation: *const trap::Activation,
        waker: &Waker,
    ) -> NotedPoll<'_> {
        let outer = self.polling.replace(Some(Polling { activation, waker }));
        NotedPoll {
            suspender: self,
            outer,
        }
    }

    /// Whether the poll that was noted last is that of a function which the guest of this
    /// activation called, and uses this waker: then what is being polled with it is part of the
    /// function's future, with nothing in between but polls that hand their waker on.
    pub fn is_polled(&self, activation: *const trap::Activation, waker: &Waker) -> bool {
        self.polling.get().is_some_and(|polling| {
            // SAFETY: whoever has noted the poll keeps the waker until it is over.
            ptr::eq(polling.activation, activation) && unsafe { &*polling.waker }.will_wake(waker)
        })
    }

    /// # Safety
    ///
    /// As for [`Suspender::block_on`].
    unsafe fn suspend(&self) {
        // SAFETY: the yielder lies in the outermost frame of the fiber, which is running.
        let yielder = unsafe { self.yielder.as_ref() };
        self.resumed(yielder.suspend(()));
    }

    fn resumed(&self, resumption: Resumption) {
        match resumption {
            Resumption::Poll(waker) => {
                self.resumptions.set(self.resumptions.get() + 1);
                self.waker.set(Some(waker));
            }
            Resumption::Teardown => self.tears_down.set(true),
        }
    }

    fn waker(&self) -> Waker {
        let waker = self
            .waker
            .take()
            .expect("a fiber that runs was given a waker");
        self.waker.set(Some(waker.clone()));
        waker
    }
}
