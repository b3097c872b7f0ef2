//! The thread that listens to the client while the guest runs on another.
//!
//! ```text
//!   client --bytes--> reader --Message--> inbox --> the guest's thread --bytes--> client
//!                        ^                                 |
//!                        +------------ Window -------------+
//! ```
//!
//! Only the guest's thread answers. How far the reader may be ahead of it is bounded, so a client that
//! asks and asks has to wait in the end.

use crate::options::Unheard;
use crate::wire::{Decoder, Incoming};
use std::io::{self, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;
use trapline_debugger::{Inbox, InboxSender};

/// So many messages may wait for the guest's thread.
const MOST_WAITING: usize = 16;

/// What the guest's thread is told.
#[derive(Debug)]
pub(crate) enum Message {
    /// Something has come in.
    Incoming(Incoming),
    /// The client is gone.
    Disconnected,
}

/// What the guest's thread receives.
pub(crate) struct Messages {
    pub(crate) inbox: Inbox<Message>,
    pub(crate) window: Window,
}

/// Counts the messages that wait.
#[derive(Clone, Default)]
pub(crate) struct Window(Arc<(Mutex<State>, Condvar)>);

#[derive(Default)]
struct State {
    waiting: usize,
    is_closed: bool,
}

impl Messages {
    /// Starts the thread, which ends when the client is gone or nothing is received any more.
    pub(crate) fn listen(
        reader: Box<dyn Read + Send>,
        unheard: Option<Unheard>,
    ) -> io::Result<Messages> {
        let (sender, inbox) = Inbox::new();
        let window = Window::default();
        let theirs = window.clone();
        thread::Builder::new()
            .name("gdb client".to_owned())
            .spawn(move || read(reader, &sender, &theirs, unheard.as_ref()))?;
        Ok(Messages { inbox, window })
    }
}

impl Drop for Messages {
    fn drop(&mut self) {
        self.window.state().is_closed = true;
        self.window.0.1.notify_all();
    }
}

impl Window {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A message was received.
    pub(crate) fn received(&self) {
        let mut state = self.state();
        state.waiting = state.waiting.saturating_sub(1);
        self.0.1.notify_all();
    }

    /// Waits until another message may be sent. Returns whether anybody wants it.
    fn reserve(&self) -> bool {
        let state = self.state();
        let full = |state: &mut State| state.waiting >= MOST_WAITING && !state.is_closed;
        let waited = self.0.1.wait_while(state, full);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        state.waiting += 1;
        !state.is_closed
    }

    /// Waits until all messages were received, or nobody wants them, but no longer than this.
    fn is_heard_in(&self, time: Duration) -> bool {
        let unheard = |state: &mut State| state.waiting > 0 && !state.is_closed;
        let waited = self.0.1.wait_timeout_while(self.state(), time, unheard);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !unheard(&mut state)
    }
}

fn read(
    mut reader: Box<dyn Read + Send>,
    sender: &InboxSender<Message>,
    window: &Window,
    unheard: Option<&Unheard>,
) {
    let watch = || {
        if let Some(unheard) = unheard.filter(|unheard| !window.is_heard_in(unheard.after)) {
            (unheard.then)();
        }
    };
    let mut decoder = Decoder::default();
    let mut is_let_go = false;
    let mut buffer = [0; 4096];
    loop {
        let bytes = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => &buffer[..length],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        for incoming in bytes.iter().filter_map(|byte| decoder.push(*byte)) {
            let is_kill = incoming.is_kill();
            is_let_go = incoming.is_detach();
            if !window.reserve() || !sender.send(Message::Incoming(incoming)) {
                return;
            }
            if is_kill {
                watch();
            }
        }
    }
    // What tells of the end waits for nothing.
    window.state().waiting += 1;
    if sender.send(Message::Disconnected) && !is_let_go {
        watch();
    }
}
