//! Stopping the program by Ctrl-C.

use anyhow::anyhow;
use std::sync::{Arc, Mutex, PoisonError};
use trapline::InterruptHandle;

/// The program that runs at the moment, to be interrupted.
#[derive(Clone, Default)]
pub(super) struct Running(Arc<Mutex<Option<InterruptHandle>>>);

impl Running {
    pub(super) fn set(&self, handle: Option<InterruptHandle>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = handle;
    }

    /// Interrupts the program, if one runs.
    fn interrupt(&self) {
        if let Some(handle) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            handle.interrupt();
        }
    }

    /// Has Ctrl-C stop the program. If it does not stop, since it waits for the host, then the next one
    /// ends the debugger.
    pub(super) fn catch_interrupts(&self) -> anyhow::Result<()> {
        let running = self.clone();
        let mut ignored = 0;
        ctrlc::set_handler(move || {
            let is_running = running
                .0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .is_some();
            ignored = if is_running { ignored + 1 } else { 0 };
            match ignored {
                0 => {}
                1 => running.interrupt(),
                2 => {
                    running.interrupt();
                    crate::print_error(
                        "The program waits for the host, and stops when it comes back; Ctrl-C \
                         again leaves the debugger.\n",
                    );
                }
                _ => std::process::exit(130),
            }
        })
        .map_err(|error| anyhow!("cannot catch Ctrl-C: {error}"))
    }
}
