//! Asking a watched call to stop, from any thread.
//!
//! The request is a flag; if the call is running, its thread is sent a signal too, so that it looks.
//! How it then stops is told in `trap::step`.

use crate::trap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What the thread that runs a call shares with those that may interrupt it.
#[derive(Debug, Default)]
pub(crate) struct Interrupt {
    requested: AtomicBool,
    /// The thread that runs the call at this moment.
    thread: Mutex<Option<trap::ThreadHandle>>,
}

impl Interrupt {
    /// Asks the call to stop.
    pub fn request(&self) {
        self.requested.store(true, Ordering::SeqCst);
        // The thread does not leave the call, and so does not end, while this is locked.
        if let Some(thread) = *self.thread() {
            thread.notify();
        }
    }

    /// Whether the call was asked to stop, and has not yet.
    pub fn is_requested(&self) -> bool {
        self.requested.load(Ordering::SeqCst)
    }

    /// Notes that the call has stopped.
    pub fn done(&self) {
        self.requested.store(false, Ordering::SeqCst);
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
