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
use super::stack::StackBounds;
use crate::trap::{self, CallId, Stop, Unwound};
use crate::vm::debug_handler::HandleStop;
use crate::vm::store_context::StoreContext;
use corosensei::{Coroutine, CoroutineResult, Yielder};
use std::cell::Cell;
use std::io;
use std::marker::PhantomData;
use std::pin::Pin;
use std::process;
use std::ptr::{self, NonNull};
use std::task::{Context, Poll, Waker};
use std::thread::{self, ThreadId};

/// Said to code on a fiber that is being dropped: return as fast as you can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Teardown;

/// Why a fiber is resumed.
enum Resumption {
    /// To go on.
    Go {
        /// For those who wait.
        waker: Waker,
        /// For a guest that was stopped: what to unwind it with, if at all.
        answer: Option<Box<Unwound>>,
    },
    /// To be dropped.
    Teardown,
}

/// Why a fiber is suspended.
enum Suspension {
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

/// Who watches a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch {
    call: CallId,
    by: Watcher,
}

#[derive(Clone, Copy, Debug)]
enum Watcher {
    /// Whoever resumes the fiber.
    Session,
    /// The store's handler.
    Handler(HandleStop),
}

impl Watch {
    /// By whoever resumes the fiber.
    pub fn by_session() -> Watch {
        Watch {
            call: CallId::next(),
            by: Watcher::Session,
        }
    }

    /// By the handler of the store.
    pub fn by_handler(handle: HandleStop) -> Watch {
        Watch {
            call: CallId::next(),
            by: Watcher::Handler(handle),
        }
    }
}

type FiberCoroutine<R> = Coroutine<Resumption, Suspension, R, PooledStack>;
type FiberYielder = Yielder<Resumption, Suspension>;

/// A call that can be suspended: a body that runs on a guest stack.
pub(crate) struct Fiber<'a, R> {
    /// None once it was taken out to get at its stack.
    coroutine: Option<FiberCoroutine<R>>,
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
        let main = move |yielder: &FiberYielder, resumption| {
            let suspender = Suspender::new(yielder, store, bounds, watch);
            suspender.resumed(resumption);
            if watch.is_some() {
                replace_watching(&suspender);
            }
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

    /// As [`resume`](Fiber::resume), and stops when the guest is stopped. After that `answer` is
    /// what to unwind the guest with, if it is to be; it must be if that is why it was stopped.
    ///
    /// # Panics
    ///
    /// If the body is done, or the fiber is pinned to another thread.
    pub fn resume_watched(
        &mut self,
        context: &mut Context<'_>,
        answer: Option<Box<Unwound>>,
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
        let result = coroutine.resume(resumption);
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

thread_local! {
    /// The suspender of the watched fiber that runs on this thread, the innermost if there are
    /// several; null if none does.
    static WATCHING: Cell<*const Suspender> = const { Cell::new(ptr::null()) };
}

/// Not inlined, because callers run on fibers, which change threads.
#[inline(never)]
fn watching() -> *const Suspender {
    WATCHING.get()
}

/// As [`watching`], and puts another one in its place.
#[inline(never)]
fn replace_watching(suspender: *const Suspender) -> *const Suspender {
    WATCHING.replace(suspender)
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

/// Suspends the fiber it belongs to, in whose outermost frame it lies.
pub(crate) struct Suspender {
    yielder: NonNull<FiberYielder>,
    store: NonNull<StoreContext>,
    /// The fiber's stack.
    stack: StackBounds,
    watch: Option<Watch>,
    /// Of the last resumption.
    waker: Cell<Option<Waker>>,
    /// How often the fiber was resumed.
    resumptions: Cell<u64>,
    /// How many calls run on the fiber that may not wait.
    refusals: Cell<u32>,
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
    fn new(
        yielder: &FiberYielder,
        store: NonNull<StoreContext>,
        stack: StackBounds,
        watch: Option<Watch>,
    ) -> Suspender {
        Suspender {
            yielder: NonNull::from(yielder),
            store,
            stack,
            watch,
            waker: Cell::new(None),
            resumptions: Cell::new(0),
            refusals: Cell::new(0),
            tears_down: Cell::new(false),
            polling: Cell::new(None),
        }
    }

    /// Whether the fiber is being dropped.
    #[inline]
    pub fn tears_down(&self) -> bool {
        self.tears_down.get()
    }

    /// Whoever watches what runs on a stack, on this thread, if that is being watched.
    ///
    /// It lives for as long as the fiber runs.
    pub fn watching(stack: StackBounds) -> Option<NonNull<Suspender>> {
        let watching = NonNull::new(watching().cast_mut())?;
        // SAFETY: only a fiber that runs on this thread is noted as watched there.
        (unsafe { watching.as_ref() }.stack == stack).then_some(watching)
    }

    /// The number of the watched call.
    ///
    /// # Panics
    ///
    /// If the fiber is not watched.
    pub fn call(&self) -> CallId {
        self.watch.expect("the fiber is watched").call
    }

    /// Lets nothing wait until that many [`allow`](Suspender::allow) it again: a frame of the host
    /// lies on the stack that can hold what is bound to the thread.
    pub fn refuse(&self) {
        self.refusals.set(self.refusals.get() + 1);
    }

    /// Takes a [`refuse`](Suspender::refuse) back.
    pub fn allow(&self) {
        self.refusals.set(self.refusals.get() - 1);
    }

    /// Whether nothing on the fiber may wait.
    pub fn refuses(&self) -> bool {
        self.refusals.get() != 0
    }

    /// Suspends the fiber because the guest was stopped, or has the stop handled. Returns what the
    /// guest is to be unwound with, if it is; and [`Teardown`] if the fiber is being dropped.
    ///
    /// # Safety
    ///
    /// The caller runs on this fiber. Nothing on its stack is bound to a thread, unless waiting is
    /// refused. A guest of the store that the fiber runs in has been stopped, and nothing else
    /// uses the store.
    pub unsafe fn report(&self, stop: Stop) -> Result<Option<Box<Unwound>>, Teardown> {
        if let Some(Watch {
            by: Watcher::Handler(handle),
            call,
        }) = self.watch
        {
            // SAFETY: the caller's promises.
            return Ok(unsafe { handle(self.store, call, stop) });
        }
        let pinned = self.refuses();
        // SAFETY: the caller's promises; if there is something bound to the thread then the fiber
        // goes on nowhere else.
        let answer = unsafe { self.suspend(Suspension::Stopped { stop, pinned }) };
        if self.tears_down() {
            Err(Teardown)
        } else {
            Ok(answer)
        }
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
                Poll::Pending => unsafe {
                    self.suspend(Suspension::Pending);
                },
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

    /// Suspends the fiber. Returns what a stopped guest is to be unwound with.
    ///
    /// # Safety
    ///
    /// The caller runs on this fiber. Nothing on its stack is bound to a thread, unless this says
    /// that it may be.
    unsafe fn suspend(&self, suspension: Suspension) -> Option<Box<Unwound>> {
        // SAFETY: the yielder lies in the outermost frame of the fiber, which is running.
        let yielder = unsafe { self.yielder.as_ref() };
        self.resumed(yielder.suspend(suspension))
    }

    fn resumed(&self, resumption: Resumption) -> Option<Box<Unwound>> {
        match resumption {
            Resumption::Go { waker, answer } => {
                self.resumptions.set(self.resumptions.get() + 1);
                self.waker.set(Some(waker));
                answer
            }
            Resumption::Teardown => {
                self.tears_down.set(true);
                None
            }
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
