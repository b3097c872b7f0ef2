//! What runs on a fiber, and what watches it, know the fiber by its [`Suspender`].

use super::interrupt::{Interrupt, Requester};
use super::stack::StackBounds;
use super::suspend::{FiberYielder, Resumption, Suspension, Teardown};
use crate::trap::{self, CallId, Stop, StopReason};
use crate::vm::debug_handler::HandleStop;
use crate::vm::store_context::StoreContext;
use std::cell::Cell;
use std::pin::Pin;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};

/// Who watches a call.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    call: CallId,
    by: Watcher,
}

#[derive(Clone, Debug)]
enum Watcher {
    /// Whoever resumes the fiber, and may interrupt it.
    Session(Arc<Interrupt>),
    /// The store's handler.
    Handler(HandleStop),
}

impl Watch {
    /// By whoever resumes the fiber, and may interrupt it.
    pub fn by_session(interrupt: Arc<Interrupt>) -> Watch {
        Watch {
            call: CallId::next(),
            by: Watcher::Session(interrupt),
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
pub(super) fn replace_watching(suspender: *const Suspender) -> *const Suspender {
    WATCHING.replace(suspender)
}

/// The fiber is being dropped.
const TEARDOWN: u8 = 1;

/// The guest is to be interrupted.
const INTERRUPT: u8 = 2;

/// The guest is to be interrupted where the host goes to it.
const ARRIVAL: u8 = 4;

/// Suspends the fiber it belongs to, in whose outermost frame it lies.
pub(crate) struct Suspender {
    yielder: NonNull<FiberYielder>,
    store: NonNull<StoreContext>,
    /// The fiber's stack.
    stack: StackBounds,
    pub(super) watch: Option<Watch>,
    /// Of the last resumption.
    waker: Cell<Option<Waker>>,
    /// How often the fiber was resumed.
    resumptions: Cell<u64>,
    /// How many calls run on the fiber that may not wait.
    refusals: Cell<u32>,
    /// [`TEARDOWN`], [`INTERRUPT`] and [`ARRIVAL`]. A signal handler sets the second.
    attention: AtomicU8,
    /// How many instructions of the host are stepped through on the way to the guest.
    steps: AtomicU32,
    /// Whether the watcher knows why the guest is about to be unwound.
    told: Cell<bool>,
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
    pub(super) fn new(
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
            attention: AtomicU8::new(0),
            steps: AtomicU32::new(0),
            told: Cell::new(false),
            polling: Cell::new(None),
        }
    }

    /// Whether the fiber is being dropped.
    #[inline]
    pub fn tears_down(&self) -> bool {
        self.attention.load(Ordering::Relaxed) & TEARDOWN != 0
    }

    /// Whether, on the way to the guest, there is something to be done first: the fiber is being
    /// dropped, or the guest to be interrupted.
    #[inline]
    pub fn wants_attention(&self) -> bool {
        self.attention.load(Ordering::Relaxed) != 0
    }

    /// Looks whether the guest is to be interrupted. May be called from a signal handler.
    pub fn notice_interrupt(&self) -> bool {
        let requested = self.interrupt().is_some_and(Interrupt::is_requested);
        if requested {
            self.attention.fetch_or(INTERRUPT, Ordering::Relaxed);
        }
        requested
    }

    /// What whoever resumes the fiber asks it to stop with.
    fn interrupt(&self) -> Option<&Interrupt> {
        match &self.watch.as_ref()?.by {
            Watcher::Session(interrupt) => Some(interrupt),
            Watcher::Handler(_) => None,
        }
    }

    /// Whether the guest is to be interrupted.
    pub fn is_interrupted(&self) -> bool {
        self.attention.load(Ordering::Relaxed) & INTERRUPT != 0
    }

    /// Notes that the guest was interrupted. Returns who has asked for it, if anybody still does.
    pub fn interrupted(&self) -> Option<Requester> {
        self.attention
            .fetch_and(!(INTERRUPT | ARRIVAL), Ordering::Relaxed);
        self.interrupt()?.take()
    }

    /// Notes that the watcher knows why the guest is about to be unwound.
    pub fn set_told(&self) {
        self.told.set(true);
    }

    /// Whether it does. It will not the next time.
    pub fn take_told(&self) -> bool {
        self.told.take()
    }

    /// Sets how many instructions of the host will be stepped through.
    pub fn set_steps(&self, steps: u32) {
        self.steps.store(steps, Ordering::Relaxed);
    }

    /// Counts one of these. Returns whether there is one.
    pub fn take_step(&self) -> bool {
        let left = self.steps.load(Ordering::Relaxed);
        self.steps.store(left.saturating_sub(1), Ordering::Relaxed);
        left != 0
    }

    /// The fiber's stack.
    pub fn stack(&self) -> StackBounds {
        self.stack
    }

    /// Whether a stack is this fiber's.
    pub fn runs_on(&self, stack: StackBounds) -> bool {
        self.stack == stack
    }

    /// Whoever watches the innermost watched fiber of this thread. May be called from a signal
    /// handler. It lives for as long as the fiber runs.
    pub fn innermost() -> Option<NonNull<Suspender>> {
        NonNull::new(watching().cast_mut())
    }

    /// Whoever watches what runs on a stack, on this thread, if that is being watched.
    ///
    /// It lives for as long as the fiber runs.
    pub fn watching(stack: StackBounds) -> Option<NonNull<Suspender>> {
        let watching = Suspender::innermost()?;
        // SAFETY: only a fiber that runs on this thread is noted as watched there.
        unsafe { watching.as_ref() }
            .runs_on(stack)
            .then_some(watching)
    }

    /// The number of the watched call.
    ///
    /// # Panics
    ///
    /// If the fiber is not watched.
    pub fn call(&self) -> CallId {
        self.watch.as_ref().expect("the fiber is watched").call
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

    /// Suspends the fiber because the guest was stopped, or has the stop handled. Returns the stop's
    /// reason as it was handed back; and [`Teardown`] if the fiber is being dropped.
    ///
    /// # Safety
    ///
    /// The caller runs on this fiber. Nothing on its stack is bound to a thread, unless waiting is
    /// refused. A guest of the store that the fiber runs in has been stopped, and nothing else
    /// uses the store.
    pub unsafe fn report(&self, stop: Stop) -> Result<Option<StopReason>, Teardown> {
        if let Some(Watch {
            by: Watcher::Handler(handle),
            call,
        }) = self.watch
        {
            // SAFETY: the caller's promises.
            return Ok(Some(unsafe { handle(self.store, call, stop) }));
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

    /// Suspends the fiber. Returns what a stopped guest goes on with.
    ///
    /// # Safety
    ///
    /// The caller runs on this fiber. Nothing on its stack is bound to a thread, unless this says
    /// that it may be.
    unsafe fn suspend(&self, suspension: Suspension) -> Option<StopReason> {
        // SAFETY: the yielder lies in the outermost frame of the fiber, which is running.
        let yielder = unsafe { self.yielder.as_ref() };
        self.resumed(yielder.suspend(suspension))
    }

    pub(super) fn resumed(&self, resumption: Resumption) -> Option<StopReason> {
        match resumption {
            Resumption::Go { waker, answer } => {
                self.resumptions.set(self.resumptions.get() + 1);
                self.waker.set(Some(waker));
                // One that was taken back; and one that was requested before the signal's handler
                // could find this. A signal between the two finds what is requested then.
                self.attention
                    .fetch_and(!(INTERRUPT | ARRIVAL), Ordering::Relaxed);
                self.notice_interrupt();
                let arrival = |interrupt: &Interrupt| interrupt.is_requested_by(Requester::Arrival);
                if self.interrupt().is_some_and(arrival) {
                    self.attention.fetch_or(ARRIVAL, Ordering::Relaxed);
                }
                answer
            }
            Resumption::Teardown => {
                self.attention.fetch_or(TEARDOWN, Ordering::Relaxed);
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
