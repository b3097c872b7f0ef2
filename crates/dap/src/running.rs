//! What runs for the requests of a client besides the program itself: calls of its functions, for expressions.
//! They hold up all requests, so that whatever is to end one is noted here as it is heard, before its turn.

use std::collections::HashSet;
use trapline::InterruptHandle;

/// So many requests that are cancelled are remembered.
const MOST_CANCELLED: usize = 1024;

/// Whether a request is to end what runs for another one.
pub(crate) fn is_urgent(command: &str) -> bool {
    matches!(command, "pause" | "terminate" | "disconnect")
}

/// What runs for requests, and what is to end it.
#[derive(Default)]
pub(crate) struct Running {
    /// Whether a guest is run for the client.
    pub(crate) has_guest: bool,
    /// The requests that the client does not want any more.
    cancelled: HashSet<i64>,
    /// So many requests wait that are to end what runs for others.
    urgent: usize,
    /// The call of a guest's function that a request has led to, with that.
    call: Option<(i64, InterruptHandle)>,
    /// Whether that was interrupted since its request was cancelled.
    is_cancelled: bool,
}

impl Running {
    /// A request was heard that is to end whatever runs, or the client is gone.
    pub(crate) fn await_urgent(&mut self) {
        self.urgent += 1;
        self.interrupt();
    }

    /// A request is not wanted any more.
    pub(crate) fn cancel(&mut self, id: i64) {
        match &self.call {
            Some((seq, handle)) if *seq == id => {
                handle.interrupt();
                self.is_cancelled = true;
            }
            _ => {
                // What was answered long ago cannot be cancelled any more.
                if self.cancelled.len() == MOST_CANCELLED {
                    self.cancelled.clear();
                }
                self.cancelled.insert(id);
            }
        }
    }

    /// The turn of a request has come. Returns whether it is not wanted any more.
    pub(crate) fn begin(&mut self, seq: i64, command: &str) -> bool {
        if is_urgent(command) {
            self.urgent = self.urgent.saturating_sub(1);
        }
        self.cancelled.remove(&seq)
    }

    /// A request has come to a call.
    pub(crate) fn begin_call(&mut self, seq: i64, handle: InterruptHandle) {
        self.is_cancelled = self.cancelled.remove(&seq);
        self.call = Some((seq, handle));
        if self.is_cancelled || self.urgent > 0 {
            self.interrupt();
        }
    }

    /// Nothing is called for a request any more. Returns whether that was cancelled meanwhile.
    pub(crate) fn end_call(&mut self) -> bool {
        self.call = None;
        std::mem::take(&mut self.is_cancelled)
    }

    fn interrupt(&self) {
        if let Some((_, handle)) = &self.call {
            handle.interrupt();
        }
    }
}
