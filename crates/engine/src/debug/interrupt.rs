//! Interrupting a guest from outside.

use crate::error::{Error, Result};
use crate::fiber::{Interrupt, Requester};
use crate::trap;
use std::fmt;
use std::sync::Arc;

/// Stops the guest of a [`DebugSession`](crate::DebugSession), from any thread.
///
/// A guest that runs for ever can be stopped by this too, and one that nobody interrupts does
/// nothing for it. The thread that runs the guest is sent `SIGURG`, which other handlers in the
/// program must be able to ignore, and which must not be blocked on that thread.
///
/// ```
/// use trapline::{Config, DebugSession, DebugStepResult, Engine, Instance, Module, Observe, Store};
/// # use std::{future::Future, pin::pin, task::{Context, Poll, Waker}};
/// # fn block_on<F: Future>(future: F) -> F::Output {
/// #     match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
/// #         Poll::Ready(output) => output,
/// #         Poll::Pending => unreachable!("nothing waits"),
/// #     }
/// # }
///
/// let engine = Engine::new(Config::new().observe(Observe::Stacks))?;
/// let module = Module::new(&engine, r#"(module (func (export "run") (loop (br 0))))"#)?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let run = instance.get_func(&mut store, "run").unwrap();
/// let mut session = DebugSession::call(&mut store, run, &[])?;
/// let handle = session.interrupt_handle()?;
/// let other = std::thread::spawn(move || handle.interrupt());
/// assert!(matches!(block_on(session.next()), Some(DebugStepResult::Interrupted)));
/// assert_eq!(session.frames().count(), 1);
/// # other.join().unwrap();
/// # Ok::<(), trapline::Error>(())
/// ```
#[derive(Clone)]
pub struct InterruptHandle(Arc<Interrupt>);

impl InterruptHandle {
    pub(super) fn new(interrupt: &Arc<Interrupt>) -> Result<InterruptHandle> {
        trap::install_interrupts()
            .map_err(|error| Error::Limit(format!("cannot install a signal handler: {error}")))?;
        Ok(InterruptHandle(Arc::clone(interrupt)))
    }

    /// Has the session stop with [`DebugStepResult::Interrupted`](crate::DebugStepResult::Interrupted)
    /// at the next place in the guest where the machine can be stopped, or at the breakpoint or the
    /// end of the step that it comes to before. If a function of the host is running that is after
    /// its return, and if the session is stopped already after it has begun to go on. Several
    /// interrupts before that count as one. Nothing happens if the call is over before.
    ///
    /// If there is a breakpoint where the guest is interrupted, and it has not been removed when
    /// the session goes on, then that is what the session reports next, at the same place.
    pub fn interrupt(&self) {
        self.0.request(Requester::User);
    }
}

impl fmt::Debug for InterruptHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InterruptHandle").finish_non_exhaustive()
    }
}
