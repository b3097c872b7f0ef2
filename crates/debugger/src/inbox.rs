//! Messages for the thread that a guest runs on.
//!
//! A front end hears its client on one thread and runs the guest on another. The guest runs inside of a
//! poll, so that a message that has come meanwhile would wait until it stops; therefore whoever sends one
//! has the guest interrupted, and the thread that waits for the host woken:
//!
//! ```text
//!   client's thread                    guest's thread
//!   send ------ message ------> queue
//!      |                          ^
//!      +-- interrupt, wake ----> receive_or { poll the guest }
//! ```

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use trapline::InterruptHandle;

/// Where the thread that a guest runs on receives messages.
///
/// ```
/// use trapline_debugger::Inbox;
///
/// let (sender, mut inbox) = Inbox::new();
/// assert!(sender.send("pause"));
/// assert_eq!(inbox.try_receive(), Some("pause"));
/// assert_eq!(inbox.try_receive(), None);
/// drop(inbox);
/// assert!(!sender.send("too late"));
/// ```
#[derive(Debug)]
pub struct Inbox<M>(Arc<Shared<M>>);

/// Sends messages to an [`Inbox`]; copies send to the same.
#[derive(Debug)]
pub struct InboxSender<M>(Arc<Shared<M>>);

#[derive(Debug)]
struct Shared<M>(Mutex<State<M>>);

#[derive(Debug)]
struct State<M> {
    messages: VecDeque<M>,
    senders: usize,
    is_open: bool,
    /// Stops the guest, while it runs.
    running: Option<InterruptHandle>,
    waker: Option<Waker>,
}

impl<M> Shared<M> {
    fn state(&self) -> MutexGuard<'_, State<M>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M> Inbox<M> {
    /// An inbox, and what sends to it.
    pub fn new() -> (InboxSender<M>, Inbox<M>) {
        let shared = Arc::new(Shared(Mutex::new(State {
            messages: VecDeque::new(),
            senders: 1,
            is_open: true,
            running: None,
            waker: None,
        })));
        (InboxSender(Arc::clone(&shared)), Inbox(shared))
    }

    /// The next message, if there is one.
    pub fn try_receive(&mut self) -> Option<M> {
        self.0.state().messages.pop_front()
    }

    /// Waits for the next message; `None` if there is none and nothing is left that could send one.
    pub async fn receive(&mut self) -> Option<M> {
        poll_fn(|context| {
            let mut state = self.0.state();
            match state.messages.pop_front() {
                Some(message) => Poll::Ready(Some(message)),
                None if state.senders == 0 => Poll::Ready(None),
                None => {
                    state.waker = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }

    /// Waits for what runs a guest, which `handle` interrupts. `None` as soon as there is a message and
    /// the guest's future is waiting; if it is not, then what has become of the interrupt is its output.
    pub async fn receive_or<F: Future>(
        &mut self,
        handle: &InterruptHandle,
        future: F,
    ) -> Option<F::Output> {
        let mut future = pin!(future);
        poll_fn(|context| {
            self.begin(handle, context);
            // Put back too if the poll panics.
            let running = Running(&self.0);
            let polled = future.as_mut().poll(context);
            drop(running);
            match polled {
                Poll::Ready(output) => Poll::Ready(Some(output)),
                Poll::Pending if !self.0.state().messages.is_empty() => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }

    /// The guest is about to run.
    fn begin(&mut self, handle: &InterruptHandle, context: &Context<'_>) {
        let mut state = self.0.state();
        state.waker = Some(context.waker().clone());
        state.running = Some(handle.clone());
        if !state.messages.is_empty() {
            handle.interrupt();
        }
    }
}

/// The guest runs as long as this is there.
struct Running<'i, M>(&'i Arc<Shared<M>>);

impl<M> Drop for Running<'_, M> {
    fn drop(&mut self) {
        self.0.state().running = None;
    }
}

impl<M> Drop for Inbox<M> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.is_open = false;
        state.messages.clear();
    }
}

impl<M> InboxSender<M> {
    /// Sends a message. Returns whether the inbox is still there.
    pub fn send(&self, message: M) -> bool {
        let mut state = self.0.state();
        if !state.is_open {
            return false;
        }
        state.messages.push_back(message);
        self.notify(state);
        true
    }

    /// Whether the inbox is still there.
    pub fn is_open(&self) -> bool {
        self.0.state().is_open
    }

    fn notify(&self, mut state: MutexGuard<'_, State<M>>) {
        if let Some(handle) = &state.running {
            handle.interrupt();
        }
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<M> Clone for InboxSender<M> {
    fn clone(&self) -> InboxSender<M> {
        self.0.state().senders += 1;
        InboxSender(Arc::clone(&self.0))
    }
}

impl<M> Drop for InboxSender<M> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.senders -= 1;
        let waker = match state.senders {
            0 => state.waker.take(),
            _ => None,
        };
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
