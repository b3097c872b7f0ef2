//! Asynchronous calls: running the guest on a fiber, and waiting on it.
//!
//! ```text
//!  the embedder's task              the fiber
//!  +------------------+  resume   +----------------------------------------+
//!  | OnFiber::poll    | --------> | body -> guest -> async host function   |
//!  |                  | <-------- |                    wait: poll a future |
//!  +------------------+  suspend  +----------------------------------------+
//! ```
//!
//! A future that calls into the guest is polled in one of three situations:
//!
//! 1. Nothing of the store runs on the current stack: the call gets a fiber of its own. Whatever
//!    waits in it suspends that fiber, and the future is pending.
//! 2. The future is being polled by an asynchronous function of the host that runs on a fiber: the
//!    call runs right there, on the same fiber, and whatever waits in it suspends *all* of the
//!    fiber, with the host function in the middle of its poll. Its future never is pending.
//! 3. The future is being polled by something else on the fiber, such as an executor that a
//!    function of the host runs: the call runs right there, but must not wait.
//!
//! # Why suspending is sound
//!
//! A suspended fiber may go on in another thread, so nothing on its stack may be bound to the one
//! it was on. What is there is frames of the guest, of this runtime, and of polls of the futures
//! that asynchronous functions of the host return. These are `Send`, which says all about what they
//! keep *between* polls; case 2 stops in the middle of one. Futures that the compiler makes of
//! `async` blocks keep everything that is alive across an `await` inside of the future: in the
//! middle of the poll of an inner future nothing but that is alive. Case 2 is told from case 3 by
//! two things: the innermost activation is the one whose guest called the asynchronous
//! function that is being polled, so no synchronous function of the host lies in between; and the
//! waker handed to the inner poll is the one that the function's poll was given, so no executor
//! and no combinator that keeps its own books does.

use super::call::{Waiting, check_entry, mask};
use super::store::{OpaqueMut, StoreMut};
use super::store_context::StoreContext;
use crate::api::Engine;
use crate::error::{Error, Result};
use crate::fiber::{Fiber, PooledStack, Suspender, Teardown, Watch};
use crate::trap::HostFailure;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll, Waker};

/// Waits for the future of an asynchronous function of the host. Without a fiber it has one poll to
/// be ready in.
///
/// # Safety
///
/// The context is that of the store in which the function was called, on the current stack. If the
/// context has a suspender then nothing on the stack is bound to a thread.
pub(crate) unsafe fn wait<F: Future + ?Sized>(
    context: NonNull<StoreContext>,
    mut future: Pin<&mut F>,
) -> Result<F::Output, HostFailure> {
    // SAFETY: the store is live. The suspender of a store that runs is live, and was given by the
    // fiber that this runs on.
    let suspender = unsafe { (*context.as_ptr()).suspender.as_ref() };
    if suspender.is_some_and(Suspender::tears_down) {
        return Err(HostFailure::Teardown);
    }
    let Some(suspender) = suspender.filter(|suspender| !suspender.refuses()) else {
        let mut polled = Context::from_waker(Waker::noop());
        return match future.poll(&mut polled) {
            Poll::Ready(output) => Ok(output),
            Poll::Pending => Err(HostFailure::Error(Box::new(Error::NeedsAsync))),
        };
    };
    let noted = poll_fn(|polled| {
        // SAFETY: the store is live, and its innermost activation the one whose guest called the
        // function. The waker outlives the poll.
        let _noted = unsafe { suspender.note_poll((*context.as_ptr()).activation, polled.waker()) };
        future.as_mut().poll(polled)
    });
    // SAFETY: as the caller says.
    let output = unsafe { suspender.block_on(std::pin::pin!(noted)) };
    match output {
        Ok(_) if suspender.tears_down() => Err(HostFailure::Teardown),
        Ok(output) => Ok(output),
        Err(Teardown) => Err(HostFailure::Teardown),
    }
}

/// Where a future that calls into the guest finds itself.
enum Situation {
    /// Nothing of the store runs here.
    Outside,
    /// On the store's stack.
    Inside(Waiting),
}

fn situation<T>(store: &mut StoreMut<'_, T>, waker: &Waker) -> Situation {
    // SAFETY: the context is the store's, to which this is the exclusive access.
    let context = unsafe { store.opaque().context().as_ref() };
    if !context.runs_here() {
        return Situation::Outside;
    }
    // SAFETY: the suspender of a store that runs is live.
    let suspender = unsafe { context.suspender.as_ref() };
    let may_wait = |suspender: &Suspender| {
        !suspender.refuses() && suspender.is_polled(context.activation, waker)
    };
    if suspender.is_some_and(may_wait) {
        Situation::Inside(Waiting::Allowed)
    } else {
        Situation::Inside(Waiting::Refused)
    }
}

/// Runs something that calls into the guest where that may wait, if it can be arranged.
pub(crate) async fn run<T, R>(
    mut store: StoreMut<'_, T>,
    body: impl FnOnce(StoreMut<'_, T>, Waiting) -> Result<R> + Send,
) -> Result<R>
where
    T: Send,
    R: Send,
{
    let situation = poll_fn(|polled| Poll::Ready(situation(&mut store, polled.waker()))).await;
    match situation {
        Situation::Inside(Waiting::Allowed) => body(store, Waiting::Allowed),
        Situation::Inside(Waiting::Refused) => {
            let context = store.opaque().context();
            // SAFETY: this is the exclusive access to the store.
            let _masked = unsafe { mask(context, Waiting::Refused) };
            body(store.reborrow(), Waiting::Refused)
        }
        Situation::Outside => on_fiber(store, body).await,
    }
}

async fn on_fiber<T, R>(
    store: StoreMut<'_, T>,
    body: impl FnOnce(StoreMut<'_, T>, Waiting) -> Result<R> + Send,
) -> Result<R>
where
    T: Send,
    R: Send,
{
    let mut fiber = make_fiber(store, body)?;
    let (mut store, result) = poll_fn(|polled| fiber.resume(polled)?.map(Ok))
        .await
        .map_err(no_stack)?;
    store.opaque().fiber_stack = Some(fiber.into_stack());
    result
}

fn no_stack(error: io::Error) -> Error {
    Error::Limit(format!("cannot make a stack for the guest: {error}"))
}

/// A stack for a fiber.
pub(crate) fn take_fiber_stack(store: &mut OpaqueMut<'_>) -> Result<PooledStack> {
    match store.fiber_stack.take() {
        Some(stack) => Ok(stack),
        None => take_stack(&store.engine),
    }
}

/// A stack that nobody uses.
pub(crate) fn take_stack(engine: &Engine) -> Result<PooledStack> {
    engine.stacks().take().map_err(no_stack)
}

fn make_fiber<'a, T, R>(
    mut store: StoreMut<'a, T>,
    body: impl FnOnce(StoreMut<'_, T>, Waiting) -> Result<R> + Send + 'a,
) -> Result<Fiber<'a, (StoreMut<'a, T>, Result<R>)>>
where
    T: Send,
    R: Send,
{
    let mut opaque = store.opaque();
    let context = opaque.context();
    // SAFETY: the context is the store's, to which this is the exclusive access; the suspender of
    // a store that runs is live.
    let (suspender, activation) = unsafe {
        let context = context.as_ref();
        (context.suspender.as_ref(), context.activation)
    };
    if suspender.is_some_and(|suspender| suspender.tears_down()) {
        return Err(Error::Dropped);
    }
    check_entry(&opaque)?;
    // A guest may be waiting for a function of the host that polls this on another stack.
    let waiting_guests = usize::from(!activation.is_null());
    let stack = take_fiber_stack(&mut opaque)?;
    let watch = opaque.debug_handler.map(Watch::by_handler);
    let body = move || {
        let guard = WaitingGuests::new(&mut store, waiting_guests);
        let result = body(guard.store.reborrow(), Waiting::Allowed);
        drop(guard);
        (store, result)
    };
    // SAFETY: the body borrows the store for as long as the fiber, so nothing else uses it while
    // the fiber runs, unless the body gave it away. What is on the fiber's stack when it is
    // suspended can be sent, see above; in particular the body can, and calls the guest at once.
    // Functions of the host catch their panics.
    Ok(unsafe { Fiber::new(stack, context, watch, body) })
}

/// Notes that guests wait on a stack which the store's context does not tell of, until dropped.
struct WaitingGuests<'s, 'a, T> {
    store: &'s mut StoreMut<'a, T>,
    count: usize,
}

impl<'s, 'a, T> WaitingGuests<'s, 'a, T> {
    fn new(store: &'s mut StoreMut<'a, T>, count: usize) -> Self {
        store.opaque().waiting_guests += count;
        WaitingGuests { store, count }
    }
}

impl<T> Drop for WaitingGuests<'_, '_, T> {
    fn drop(&mut self) {
        self.store.opaque().waiting_guests -= self.count;
    }
}
