//! Calls that somebody watches: the door through which debug sessions reach fibers and frames.
//!
//! ```text
//!             +--------- begin                        drop: torn down, or leaked (pinned elsewhere)
//!             v
//!   Ready --resume--> Waiting --+--> Stopped --resume--> Waiting ...
//!                      |   ^    |    frames and store can be looked at, steps be begun (`stepping`)
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
use super::standing::{Arrival, Standing};
use super::stepping::{Step, ends_here};
use super::store::{OpaqueMut, StoreMut, StoreOpaque, StoreRef};
use super::store_context::StoreContext;
use super::untyped::{call_with_values, check_params};
use super::{async_call, call};
use crate::api::{ExnRef, Func, TrapInfo, Val};
use crate::error::{Error, Result};
use crate::fiber::{Fiber, Interrupt, Progress, Requester, Watch};
use crate::trap::{self, HostFailure, Stop, StopReason, Unwound};
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A call of a function that somebody watches.
pub(crate) struct WatchedCall<'a, T> {
    /// None once the call is done.
    fiber: Option<Fiber<'a, Outcome>>,
    pub(super) store: StoreMut<'a, T>,
    pub(super) state: State,
    pub(super) version: Version,
    pub(super) interrupt: Arc<Interrupt>,
    /// The step that the machine is making.
    pub(super) step: Option<Step>,
    /// Whether a guest of the store stands still outside of this, so that it stays barred afterwards.
    is_nested: bool,
}

type Outcome = Result<Vec<Val>>;

pub(super) enum State {
    /// Nothing has happened yet.
    Ready,
    /// Something is pending.
    Waiting,
    /// The guest stands still.
    Stopped(Standing),
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
    /// The step that was begun is done.
    Step,
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
    pub fn new(store: StoreMut<'a, T>, func: Func, params: &[Val]) -> Result<Self> {
        let opaque = store.shared().opaque();
        if !opaque.context.is_idle() {
            return Err(match call::check_entry(opaque) {
                Err(error) => error,
                Ok(()) => Error::NestedSession,
            });
        }
        Self::make(store, func, params, false)
    }

    /// A call that has not begun, in the store of another one whose guest stands still meanwhile.
    pub fn nested(outer: &'a mut WatchedCall<'_, T>, func: Func, params: &[Val]) -> Result<Self> {
        // What it does may change what the guest has computed.
        if let Some((standing, store, version)) = outer.standing() {
            standing.note_computed(store, version);
        }
        let is_over = matches!(outer.state, State::Done);
        if !outer.is_usable() {
            return Err(Error::BusySession);
        }
        Self::make(outer.store.reborrow(), func, params, !is_over)
    }

    fn make(
        mut store: StoreMut<'a, T>,
        func: Func,
        params: &[Val],
        is_nested: bool,
    ) -> Result<Self> {
        let mut opaque = store.opaque();
        if opaque.is_poisoned {
            return Err(Error::PoisonedStore);
        }
        let results = check_params(&opaque, func, params)?;
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
        // The frames of the guest that stands still hold references.
        store.opaque().waiting_guests += usize::from(is_nested);
        Ok(WatchedCall {
            fiber: Some(fiber),
            store,
            state: State::Ready,
            version: Version::new(),
            interrupt,
            step: None,
            is_nested,
        })
    }

    /// Goes on to the next event. `None` if the call is over.
    pub fn resume(&mut self, context: &mut Context<'_>) -> Poll<Option<Event>> {
        let event = match self.go_ahead() {
            Ok(Some(event)) => Some(event),
            Ok(None) => match self.run(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(event) => event,
            },
            Err(error) => Some(Event::Refused(error)),
        };
        self.end_step();
        Poll::Ready(event)
    }

    /// Goes on to the next breakpoint or end of a step on paper, if the guest comes to one without the
    /// machine.
    fn go_ahead(&mut self) -> Result<Option<Event>> {
        let State::Stopped(standing) = &mut self.state else {
            return Ok(None);
        };
        let (store, version) = (self.store.shared().opaque(), &self.version);
        standing.check_computed(store, version)?;
        let before = standing.position();
        let ends = ends_here(self.step.as_ref(), standing, store, version);
        let Some(arrival) = standing.come_ahead(store, version, false, &ends)? else {
            return Ok(None);
        };
        let event = event_at(arrival);
        Ok(Some(match standing.position() == before {
            true => event,
            false => self.arrived_on_paper(event),
        }))
    }

    /// Names what there is to report where the guest has come to on paper: `otherwise`, unless
    /// there is a breakpoint, or somebody has asked it to stop.
    pub(super) fn arrived_on_paper(&mut self, otherwise: Event) -> Event {
        let is_interrupted = self.interrupt.cancel(Requester::User);
        let Some((standing, store, version)) = self.standing() else {
            return otherwise;
        };
        let is_breakpoint = standing.is_at_breakpoint(store, version, is_interrupted);
        match (is_interrupted, is_breakpoint) {
            (true, _) => Event::Interrupted,
            (false, true) => Event::Breakpoint,
            (false, false) => otherwise,
        }
    }

    /// Has the machine run to the next event.
    fn run(&mut self, context: &mut Context<'_>) -> Poll<Option<Event>> {
        loop {
            let Some(fiber) = self.fiber.as_mut().filter(|fiber| !fiber.is_done()) else {
                self.end();
                return Poll::Ready(None);
            };
            if !fiber.may_run_here() {
                return Poll::Ready(Some(Event::Refused(Error::PinnedSession)));
            }
            if self.store.shared().opaque().is_poisoned {
                // By a call within this one.
                return Poll::Ready(Some(Event::Refused(Error::PoisonedStore)));
            }
            if let Err(error) = trap::prepare_thread() {
                let message = format!("cannot give the thread a stack for signals: {error}");
                return Poll::Ready(Some(Event::Refused(Error::Limit(message))));
            }
            self.version.advance();
            let answer = match std::mem::replace(&mut self.state, State::Waiting) {
                State::Stopped(standing) => Some(standing.into_answer()),
                _ => None,
            };
            let running = self.interrupt.run();
            let progress = fiber.resume_watched(context, answer);
            drop(running);
            match progress.expect("the thread is prepared") {
                Progress::Pending => return Poll::Pending,
                Progress::Done(outcome) => {
                    self.end();
                    return Poll::Ready(Some(Event::Finished(outcome)));
                }
                Progress::Stopped(stop) => {
                    // SAFETY: the fiber is not resumed before the state is another.
                    self.state = State::Stopped(unsafe { Standing::new(stop) });
                }
            }
            match self.arrived() {
                Ok(None) => {}
                Ok(Some(event)) => return Poll::Ready(Some(event)),
                Err(error) => return Poll::Ready(Some(Event::Refused(error))),
            }
        }
    }

    /// Names what there is to report where the machine has stopped the guest, if there is anything.
    fn arrived(&mut self) -> Result<Option<Event>> {
        let State::Stopped(standing) = &mut self.state else {
            return Ok(None);
        };
        let (store, version) = (self.store.shared().opaque(), &self.version);
        Ok(match standing.reason() {
            StopReason::Interrupted(Requester::User) => {
                standing.is_at_breakpoint(store, version, true);
                Some(Event::Interrupted)
            }
            // What was asked for may have been taken back meanwhile.
            StopReason::Interrupted(_) if self.step.is_some() => {
                let is_breakpoint = standing.is_at_breakpoint(store, version, false);
                Some(if is_breakpoint {
                    Event::Breakpoint
                } else {
                    Event::Step
                })
            }
            StopReason::Breakpoint | StopReason::Interrupted(_) => {
                let ends = ends_here(self.step.as_ref(), standing, store, version);
                let arrival = standing.come_ahead(store, version, true, &ends)?;
                arrival.map(event_at)
            }
            StopReason::Unwinding(_) | StopReason::Thrown { .. } => {
                standing.find_trapped(store, version);
                let State::Stopped(standing) = &mut self.state else {
                    return Ok(None);
                };
                Some(describe(&self.store.opaque(), standing.stop_mut()))
            }
        })
    }

    /// Notes that the call is over, and gives the store back.
    fn end(&mut self) {
        self.end_step();
        let Some(fiber) = self.fiber.take() else {
            return;
        };
        self.state = State::Done;
        let mut opaque = self.store.opaque();
        opaque.fiber_stack = Some(fiber.into_stack());
        match self.is_nested {
            true => opaque.waiting_guests -= 1,
            false => opaque.context.set_idle(),
        }
    }

    /// The store, if it can be used.
    pub fn store(&self) -> Option<StoreRef<'_, T>> {
        self.is_usable().then(|| self.store.shared())
    }

    /// The store, to be changed, if it can be used.
    pub fn store_mut(&mut self) -> Option<StoreMut<'_, T>> {
        if let Some((standing, store, version)) = self.standing() {
            standing.note_computed(store, version);
        }
        self.is_usable().then(|| self.store.reborrow())
    }

    /// The store, if it can be used, to change what has nothing to do with what guests compute.
    pub fn breakpoints(&mut self) -> Option<OpaqueMut<'_>> {
        self.is_usable().then(|| self.store.opaque())
    }

    /// The guest, if it stands still, and what its frames are read from and known by.
    pub(super) fn standing(&mut self) -> Option<(&mut Standing, &StoreOpaque, &Version)> {
        match &mut self.state {
            State::Stopped(standing) => {
                Some((standing, self.store.shared().opaque(), &self.version))
            }
            _ => None,
        }
    }

    fn is_usable(&self) -> bool {
        // A call that has panicked is waiting on paper, but done.
        let over = self.fiber.as_ref().is_none_or(Fiber::is_done);
        over || !matches!(self.state, State::Waiting)
    }

    /// The frames of the guest, and between them the host's; none unless the guest stands still.
    pub fn frames(&self) -> LiveFrames<'_> {
        let store = self.store.shared().opaque();
        match &self.state {
            State::Stopped(standing) => standing.frames(store, &self.version),
            _ => LiveFrames::new(None, store, &self.version),
        }
    }

    /// The error of the host that the guest is about to be unwound with.
    pub fn error(&self) -> Option<&Error> {
        match &self.state {
            State::Stopped(standing) => standing.error(),
            _ => None,
        }
    }

    /// Has another exception be thrown in the place of the one that the guest is stopped for.
    pub fn replace_exception(&mut self, exception: ExnRef) -> Result<()> {
        self.store.opaque().check(exception.handle().store);
        let (standing, ..) = self.standing().ok_or(Error::NoException)?;
        standing.replace_exception(exception)
    }

    /// Has the guest be unwound with an error instead of throwing the exception that it is stopped
    /// for.
    pub fn take_exception(&mut self, error: Error) -> Result<ExnRef> {
        let (standing, ..) = self.standing().ok_or(Error::NoException)?;
        standing.take_exception(error_failure(error))
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

fn event_at(arrival: Arrival) -> Event {
    match arrival {
        Arrival::Breakpoint => Event::Breakpoint,
        Arrival::StepEnd => Event::Step,
    }
}

/// Names a stop. An error of the host becomes an [`Error`].
pub(crate) fn describe(store: &OpaqueMut<'_>, stop: &mut Stop) -> Event {
    match &mut stop.reason {
        StopReason::Breakpoint => Event::Breakpoint,
        StopReason::Interrupted(_) => Event::Interrupted,
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
        self.end_step();
        self.version.advance();
        self.state = State::Done;
        let Some(fiber) = self.fiber.take() else {
            return;
        };
        let mut opaque = self.store.opaque();
        opaque.waiting_guests -= usize::from(self.is_nested);
        if fiber.is_done() || fiber.may_run_here() {
            // A function of the host may panic as its frame is dropped.
            let _bar = (!self.is_nested).then(|| Bar(opaque.context()));
            drop(fiber);
        } else {
            // Leaked, with all that is on it: what the guest was doing is never finished.
            opaque.is_poisoned = true;
            drop(fiber);
        }
    }
}
