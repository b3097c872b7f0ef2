//! Asking a watched call to stop, from any thread.
//!
//! The request is a flag; if the call is running, its thread is sent a signal too, so that it looks.
//! How it then stops is told in `trap::step`. A session that makes a step asks in the same way, with
//! flags of its own, so that neither is taken for the other.

use crate::trap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Who has asked a call to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Requester {
    /// Somebody outside.
    User,
    /// The session, to end a step at the next point.
    Step,
    /// The session, to end a step at the first point after the host has gone to the guest: until then
    /// the guest is left alone.
    Arrival,
}

impl Requester {
    fn flag(self) -> u8 {
        match self {
            Requester::User => 1,
            Requester::Step => 2,
            Requester::Arrival => 4,
        }
    }
}

/// What the thread that runs a call shares with those that may interrupt it.
#[derive(Debug, Default)]
pub(crate) struct Interrupt {
    /// The flags of those who have asked.
    requested: AtomicU8,
    /// The thread that runs the call at this moment.
    thread: Mutex<Option<trap::ThreadHandle>>,
}

impl Interrupt {
    /// Asks the call to stop.
    pub fn request(&self, requester: Requester) {
        self.requested.fetch_or(requester.flag(), Ordering::SeqCst);
        // The thread does not leave the call, and so does not end, while this is locked.
        if let Some(thread) = *self.thread() {
            thread.notify();
        }
    }

    /// Whether the call was asked to stop wherever it is, and has not yet.
    pub fn is_requested(&self) -> bool {
        self.is_requested_by(Requester::User) || self.is_requested_by(Requester::Step)
    }

    /// Whether one of those has asked it to stop.
    pub fn is_requested_by(&self, requester: Requester) -> bool {
        self.requested.load(Ordering::SeqCst) & requester.flag() != 0
    }

    /// Notes that the call has stopped. Returns who has asked for it, the user if several have.
    pub fn take(&self) -> Option<Requester> {
        let requested = self.requested.swap(0, Ordering::SeqCst);
        let asked = |requester: &Requester| requested & requester.flag() != 0;
        [Requester::User, Requester::Step, Requester::Arrival]
            .into_iter()
            .find(asked)
    }

    /// Takes a request back. Returns whether there was one.
    pub fn cancel(&self, requester: Requester) -> bool {
        let flag = requester.flag();
        self.requested.fetch_and(!flag, Ordering::SeqCst) & flag != 0
    }

    /// Notes that the current thread runs the call, until the result is dropped.
    pub fn run(&self) -> Running<'_> {
        *self.thread() = Some(trap::ThreadHandle::current());
        Running(self)
    }

    fn thread(&self) -> MutexGuard<'_, Option<trap::ThreadHandle>> {
        // Nothing in here panics.
        self.thread.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A thread runs the call while this lives.
pub(crate) struct Running<'a>(&'a Interrupt);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        *self.0.thread() = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_of_the_user_is_not_lost_in_that_of_a_step() {
        let interrupt = Interrupt::default();
        assert_eq!(interrupt.take(), None);
        for step_first in [true, false] {
            let mut both = [Requester::User, Requester::Step];
            if step_first {
                both.reverse();
            }
            both.iter()
                .for_each(|&requester| interrupt.request(requester));
            assert_eq!(interrupt.take(), Some(Requester::User));
            assert!(!interrupt.is_requested());
            both.iter()
                .for_each(|&requester| interrupt.request(requester));
            assert!(interrupt.cancel(Requester::Step));
            assert!(!interrupt.cancel(Requester::Step));
            assert_eq!(interrupt.take(), Some(Requester::User));
        }
        interrupt.request(Requester::Step);
        assert_eq!(interrupt.take(), Some(Requester::Step));
    }

    #[test]
    fn who_waits_for_the_host_asks_for_nothing_before() {
        let interrupt = Interrupt::default();
        interrupt.request(Requester::Arrival);
        assert!(!interrupt.is_requested());
        assert!(interrupt.is_requested_by(Requester::Arrival));
        assert_eq!(interrupt.take(), Some(Requester::Arrival));
        assert!(!interrupt.is_requested_by(Requester::Arrival));
    }
}
