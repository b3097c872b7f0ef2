//! Calls that somebody watches: the door through which debug sessions reach fibers and frames.
//!
//! ```text
//!             +--------- begin                        drop: torn down, or leaked (pinned elsewhere)
//!             v
//!   Ready --resume--> Waiting --+--> Stopped --resume--> Waiting ...
//!                      |   ^    |    frames and store can be looked at
//!                      |   +----+    something the host does is pending: neither can
//!                      v
//!                     Done
//! ```
//!
//! The call borrows the store, and runs on a fiber. While the fiber is suspended the store's context
//! is *barred*: it does not look idle, and every way into the guest refuses. While the fiber runs,
//! it is the fiber's context that is in place, so functions of the host can call the guest as ever.
//!
//! # Why the store can be used while the guest is stopped
//!
//! A guest is stopped in its own code, and what lies below on the fiber is guests, and functions of
//! the host that have called guests. Each of these has lent the store to the call that it waits for.
//! So nobody holds a reference into the store, exactly as when a guest calls a function of the
//! host. That is not so while a function of the host waits for something: it may keep the store
//! borrowed. Hence the difference between Stopped and Waiting.

use super::host_func::error_failure;
use super::live_frames::{LiveFrames, Version};
use super::live_values::LiveValues;
use super::store::{OpaqueMut, StoreMut, StoreOpaque, StoreRef};
use super::store_context::StoreContext;
use super::untyped::{call_with_values, check_params};
use super::{async_call, call};
use crate::api::{ExnRef, Func, TrapInfo, Val};
use crate::error::{Error, Result};
use crate::fiber::{Fiber, Interrupt, Progress, Watch};
use crate::trap::{self, HostFailure, Stop, StopReason, Unwound};
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A call of a function that somebody watches.
pub(crate) struct WatchedCall<'a, T> {
    /// None once the call is done.
    fiber: Option<Fiber<'a, Outcome>>,
    store: StoreMut<'a, T>,
    state: State,
    version: Version,
    interrupt: Arc<Interrupt>,
    /// Where the innermost frame is on paper, if not where the machine is.
    position: Option<u32>,
}

type Outcome = Result<Vec<Val>>;

enum State {
    /// Nothing has happened yet.
    Ready,
    /// Something is pending.
    Waiting,
    /// The guest stands still.
    Stopped(Stop),
    /// The call is over.
    Done,
}

/// What a call has come to.
pub(crate) enum Event {
    /// The guest is about to be unwound by a trap.
    Trap(TrapInfo),
    /// The guest is about to be unwound by an error of the host.
    HostError,
    /// The guest met a breakpoint.
    Breakpoint,
    /// The guest was interrupted.
    Interrupted,
    /// An exception was thrown. If this entry into the guest catches it, then the frame with this
    /// frame pointer does.
    Exception(ExnRef, Option<usize>),
    /// The call has returned, or failed.
    Finished(Outcome),
    /// The call was not resumed, and is as it was.
    Refused(Error),
}

// SAFETY: through a shared reference nothing is run or changed. What can be seen, the store, the
// stack of a guest that stands still, and the error of a host, can be shared.
unsafe impl<T: Sync> Sync for WatchedCall<'_, T> {}

/// Carries what a fiber's body needs to the fiber.
struct Carried<T>(T);

// SAFETY: the call that owns the fiber can be sent only if the embedder's data can, because it
// also holds the store itself. Arguments can be sent anyhow.
unsafe impl<T> Send for Carried<T> {}

impl<T> Carried<T> {
    fn take(self) -> T {
        self.0
    }
}

impl<'a, T: 'static> WatchedCall<'a, T> {
    /// A call that has not begun.
    pub fn new(mut store: StoreMut<'a, T>, func: Func, params: &[Val]) -> Result<Self> {
        let mut opaque = store.opaque();
        let results = check_params(&opaque, func, params)?;
        if !opaque.context.is_idle() {
            return Err(match call::check_entry(&opaque) {
                Err(error) => error,
                Ok(()) => Error::NestedSession,
            });
        }
        let stack = async_call::take_fiber_stack(&mut opaque)?;
        let context = opaque.context();
        let params = params.to_vec();
        // SAFETY: the context is this store's. The fiber's body has the access to the store while
        // it runs, and this call when it does not.
        let inner = Carried(unsafe { StoreMut::<'a, T>::from_context(context) });
        let body = move || {
            let store = inner.take();
            let mut results = vec![Val::I32(0); results];
            let waiting = call::Waiting::Allowed;
            call_with_values(store, func, &params, &mut results, waiting)?;
            Ok(results)
        };
        // SAFETY: the store is borrowed for as long as the fiber lives, and while that runs nothing
        // else uses it. What is on its stack can be sent, as `async_call` argues, unless the
        // embedder's data cannot, and then the fiber stays with this call on its thread. Functions
        // of the host catch their panics.
        let interrupt = Arc::<Interrupt>::default();
        let watch = Watch::by_session(Arc::clone(&interrupt));
        // SAFETY: see above.
        let fiber = unsafe { Fiber::new(stack, context, Some(watch), body) };
        // SAFETY: this is the exclusive access, and nothing runs in the store.
        unsafe { context.as_ptr().write(StoreContext::barred()) };
        Ok(WatchedCall {
            fiber: Some(fiber),
            store,
            state: State::Ready,
            version: Version::new(),
            interrupt,
            position: None,
        })
    }

    /// Runs on to the next event. `None` if the call is over.
    pub fn resume(&mut self, context: &mut Context<'_>) -> Poll<Option<Event>> {
        let Some(fiber) = self.fiber.as_mut().filter(|fiber| !fiber.is_done()) else {
            self.end();
            return Poll::Ready(None);
        };
        if !fiber.may_run_here() {
            return Poll::Ready(Some(Event::Refused(Error::PinnedSession)));
        }
        if let Err(error) = trap::prepare_thread() {
            let message = format!("cannot give the thread a stack for signals: {error}");
            return Poll::Ready(Some(Event::Refused(Error::Limit(message))));
        }
        self.version.advance();
        self.position = None;
        let stopped = std::mem::replace(&mut self.state, State::Waiting);
        let answer = match stopped {
            State::Stopped(stop) => Some(stop.reason),
            _ => None,
        };
        let running = self.interrupt.run();
        let progress = fiber.resume_watched(context, answer);
        drop(running);
        Poll::Ready(Some(match progress.expect("the thread is prepared") {
            Progress::Pending => return Poll::Pending,
            Progress::Stopped(stop) => self.stopped(stop),
            Progress::Done(outcome) => {
                self.end();
                Event::Finished(outcome)
            }
        }))
    }

    fn stopped(&mut self, stop: Stop) -> Event {
        self.state = State::Stopped(stop);
        self.position = self.trapping();
        let State::Stopped(stop) = &mut self.state else {
            unreachable!("it has just been stopped");
        };
        if let Some(wasm_pc) = self.position
            && let StopReason::Unwinding(unwound) = &mut stop.reason
            && let Unwound::Trap(report) = &mut **unwound
        {
            report.wasm_pc = Some(wasm_pc);
            if let Some(frame) = report.backtrace.frames.first_mut() {
                frame.wasm_pc = Some(wasm_pc);
            }
        }
        describe(&self.store.opaque(), stop)
    }

    /// The operator that has trapped, if it is another one than the machine says: one whose work
    /// an operator after it does in the same instruction.
    fn trapping(&self) -> Option<u32> {
        let State::Stopped(Stop {
            reason: StopReason::Unwinding(unwound),
            ..
        }) = &self.state
        else {
            return None;
        };
        let Unwound::Trap(_) = &**unwound else {
            return None;
        };
        let (store, version) = self.stopped_in()?;
        let frame = self.frames().next()?;
        let said = frame.guest().ok()?.live.wasm_pc;
        let values = LiveValues::new(&frame, store, version).ok()?;
        let found = values.reader().ok()?.wasm_pc();
        found.filter(|_| found != said)
    }

    /// Notes that the call is over, and gives the store back.
    fn end(&mut self) {
        let Some(fiber) = self.fiber.take() else {
            return;
        };
        self.state = State::Done;
        let mut opaque = self.store.opaque();
        opaque.fiber_stack = Some(fiber.into_stack());
        opaque.context.set_idle();
    }

    /// The store, if it can be used.
    pub fn store(&self) -> Option<StoreRef<'_, T>> {
        self.is_usable().then(|| self.store.shared())
    }

    /// The store, if it can be used.
    pub fn store_mut(&mut self) -> Option<StoreMut<'_, T>> {
        self.is_usable().then(|| self.store.reborrow())
    }

    fn is_usable(&self) -> bool {
        // A call that has panicked is waiting on paper, but done.
        let over = self.fiber.as_ref().is_none_or(Fiber::is_done);
        over || !matches!(self.state, State::Waiting)
    }

    /// The frames of the guest, and between them the host's; none unless the guest stands still.
    pub fn frames(&self) -> LiveFrames<'_> {
        let walk = match &self.state {
            // SAFETY: the result borrows this, so that the call is not resumed while it is used.
            State::Stopped(stop) => Some(unsafe { stop.place.frames() }),
            _ => None,
        };
        LiveFrames::new(walk, self.store.shared().opaque(), &self.version).at(self.position)
    }

    /// Has the innermost frame go past an operator without running it, where that comes to the
    /// same. Returns whether it did; frames that were found before are stale then.
    pub fn step_on_paper(&mut self) -> Result<bool> {
        let Some((store, version)) = self.stopped_in() else {
            return Ok(false);
        };
        let Some(frame) = self.frames().next() else {
            return Ok(false);
        };
        let following = match LiveValues::new(&frame, store, version) {
            Ok(values) => values.following()?,
            // There are points but no values, or nothing to read yet.
            Err(Error::NotObserved | Error::NoFrameYet | Error::HostFrame) => None,
            Err(error) => return Err(error),
        };
        if following.is_some() {
            self.position = following;
            self.version.advance();
        }
        Ok(following.is_some())
    }

    /// The error of the host that the guest is about to be unwound with.
    pub fn error(&self) -> Option<&Error> {
        match &self.state {
            State::Stopped(stop) => stop.error(),
            _ => None,
        }
    }

    /// Has another exception be thrown in the place of the one that the guest is stopped for.
    pub fn replace_exception(&mut self, exception: ExnRef) -> Result<()> {
        self.store.opaque().check(exception.handle().store);
        self.stop_mut()?.replace_exception(exception)
    }

    /// Has the guest be unwound with an error instead of throwing the exception that it is stopped
    /// for.
    pub fn take_exception(&mut self, error: Error) -> Result<ExnRef> {
        let stop = self.stop_mut()?;
        stop.take_exception(error_failure(error))
    }

    /// Where the guest stands still, for what can be done about an exception only.
    fn stop_mut(&mut self) -> Result<&mut Stop> {
        match &mut self.state {
            State::Stopped(stop) => Ok(stop),
            _ => Err(Error::NoException),
        }
    }

    /// What asks the guest to stop, from any thread.
    pub fn interrupt(&self) -> &Arc<Interrupt> {
        &self.interrupt
    }

    /// What the values in frames are read from, and what the frames are known by, while the guest
    /// stands still.
    pub fn stopped_in(&self) -> Option<(&StoreOpaque, &Version)> {
        match &self.state {
            State::Stopped(_) => Some((self.store.shared().opaque(), &self.version)),
            _ => None,
        }
    }
}

/// Names a stop. An error of the host becomes an [`Error`].
pub(crate) fn describe(store: &OpaqueMut<'_>, stop: &mut Stop) -> Event {
    match &mut stop.reason {
        StopReason::Breakpoint => Event::Breakpoint,
        StopReason::Interrupted => Event::Interrupted,
        StopReason::Thrown { exception, site } => {
            Event::Exception(exception.clone(), site.map(|site| site.fp))
        }
        StopReason::Unwinding(unwound) => unwinding(store, unwound),
    }
}

/// Names an event before the guest is unwound. An error of the host becomes an [`Error`].
fn unwinding(store: &OpaqueMut<'_>, unwound: &mut Unwound) -> Event {
    match unwound {
        Unwound::Trap(report) => match call::trap_info(store, report) {
            Some(info) => Event::Trap(info),
            None => Event::HostError,
        },
        Unwound::Host {
            failure, backtrace, ..
        } => {
            let HostFailure::Error(source) = failure else {
                return Event::HostError;
            };
            let source = std::mem::replace(source, "".into());
            let error = Error::host(source);
            let info = error.trap_info().copied();
            *failure = HostFailure::Error(Box::new(error));
            match info {
                None => Event::HostError,
                Some(mut info) => {
                    let call = backtrace.frames.first().and_then(|frame| frame.wasm_pc);
                    info.wasm_pc = info.wasm_pc.or(call);
                    Event::Trap(info)
                }
            }
        }
    }
}

/// Makes the store idle again, until when it is dropped.
struct Bar(NonNull<StoreContext>);

impl Drop for Bar {
    fn drop(&mut self) {
        // SAFETY: the store is borrowed by the call that is being dropped, and nothing runs in it.
        unsafe { (*self.0.as_ptr()).set_idle() };
    }
}

impl<T> Drop for WatchedCall<'_, T> {
    fn drop(&mut self) {
        self.version.advance();
        let Some(fiber) = self.fiber.take() else {
            return;
        };
        let mut opaque = self.store.opaque();
        if fiber.is_done() || fiber.may_run_here() {
            // A function of the host may panic as its frame is dropped.
            let _bar = Bar(opaque.context());
            drop(fiber);
        } else {
            // Leaked, with all that is on it: what the guest was doing is never finished.
            opaque.is_poisoned = true;
            drop(fiber);
        }
    }
}
