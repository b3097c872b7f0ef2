//! Handlers that are called at each event of calls which nobody else watches.
//!
//! A handler is called as if the guest had called a function of the host in the place of the
//! instruction that it was stopped at: on the guest's stack, where it may wait as other
//! asynchronous functions of the host may; or on another one, if the guest has left too little of its
//! own, and then both stand still while it waits. While it runs the store's context is barred, as in a
//! session.

use super::async_call::{take_stack, wait};
use super::host_func::{error_failure, panic_failure};
use super::live_frames::{LiveFrames, Version};
use super::standing::Standing;
use super::store::{OpaqueMut, StoreMut, StoreOpaque, StoreRef};
use super::store_context::StoreContext;
use super::watched_call::{Event, describe};
use crate::api::ExnRef;
use crate::error::{Error, Result};
use crate::fiber::StackBounds;
use crate::trap::{self, CallId, HostFailure, Stop, StopReason, Unwound};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::Arc;

/// Handles an event of a guest in the store with this context. Returns what the guest goes on with:
/// the reason for the stop, or another.
///
/// # Safety
///
/// The function is that of the store, [`StoreMut::set_debug_handler`] has noted it there. It is
/// called on the fiber that the store runs on, in the place of an instruction of the guest, and
/// nothing else uses the store.
pub(crate) type HandleStop = unsafe fn(NonNull<StoreContext>, CallId, Stop) -> StopReason;

/// A store's handler.
pub(crate) type DebugHandler<T> =
    Arc<dyn for<'a> Fn(StoppedGuest<'a, T>, Event) -> HandlerFuture<'a> + Send + Sync>;

/// What it returns.
pub(crate) type HandlerFuture<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// A guest that is stopped while a handler runs.
pub(crate) struct StoppedGuest<'a, T> {
    store: StoreMut<'a, T>,
    standing: &'a mut Standing,
    version: &'a Version,
}

impl<T: 'static> StoppedGuest<'_, T> {
    /// The store.
    pub fn store(&self) -> StoreRef<'_, T> {
        self.store.shared()
    }

    /// The store, to be changed.
    pub fn store_mut(&mut self) -> StoreMut<'_, T> {
        let store = self.store.shared().opaque();
        self.standing.note_computed(store, self.version);
        self.store.reborrow()
    }

    /// The store, to change what has nothing to do with what guests compute.
    pub fn breakpoints(&mut self) -> OpaqueMut<'_> {
        self.store.opaque()
    }

    /// The guest's frames.
    pub fn frames(&self) -> LiveFrames<'_> {
        let store = self.store.shared().opaque();
        self.standing.frames(store, self.version)
    }

    /// What the values in frames are read from, and what the frames are known by.
    pub fn stopped_in(&self) -> (&StoreOpaque, &Version) {
        (self.store.shared().opaque(), self.version)
    }

    /// The error that the guest is about to be unwound with.
    pub fn error(&self) -> Option<&Error> {
        self.standing.error()
    }

    /// Has another exception be thrown in the place of the one that the guest is stopped for.
    pub fn replace_exception(&mut self, exception: ExnRef) -> Result<()> {
        self.store.opaque().check(exception.handle().store);
        self.standing.replace_exception(exception)
    }

    /// Has the guest be unwound with an error instead of throwing the exception that it is stopped
    /// for.
    pub fn take_exception(&mut self, error: Error) -> Result<ExnRef> {
        self.standing.take_exception(error_failure(error))
    }
}

/// Bars a context until dropped.
struct Barred {
    context: NonNull<StoreContext>,
    stack: StackBounds,
}

impl Drop for Barred {
    fn drop(&mut self) {
        // SAFETY: the store lives, and is used by nobody but the handler, which is done.
        unsafe { (*self.context.as_ptr()).stack = self.stack };
    }
}

/// # Safety
///
/// As for [`HandleStop`]; the store's data is of this type.
unsafe fn handle_stop<T: Send + 'static>(
    context: NonNull<StoreContext>,
    call: CallId,
    stop: Stop,
) -> StopReason {
    // SAFETY: as the caller says.
    let mut store = unsafe { StoreMut::<T>::from_context(context) };
    let engine = store.opaque().engine.clone();
    let version = Version::new();
    // SAFETY: the guest goes on, or is unwound, when this has returned.
    let mut standing = unsafe { Standing::new(stop) };
    let handle = AssertUnwindSafe(|| {
        // SAFETY: as the caller says.
        unsafe { handle_events(context, store.reborrow(), &mut standing, &version) }
    });
    let handle = || catch_unwind(handle);
    // SAFETY: the store lives, and nobody writes to its context meanwhile.
    let result = match trap::stack_pointer() < unsafe { (*context.as_ptr()).host_stack_limit } {
        false => handle(),
        // The guest has left too little of its stack for what the embedder may do.
        true => match take_stack(&engine) {
            Ok(stack) => stack.run(handle),
            Err(error) => Ok(Err(error_failure(error))),
        },
    };
    version.advance();
    let failure = match result {
        Ok(Ok(())) => return standing.into_answer(),
        Ok(Err(failure)) => failure,
        Err(panic) => panic_failure(panic),
    };
    let mut unwound = match failure {
        HostFailure::Teardown => Unwound::torn_down(),
        failure => Unwound::failed(failure),
    };
    *unwound.seen_by() = Some(call);
    StopReason::Unwinding(Box::new(unwound))
}

/// Calls the handler at each event that the stop of a guest comes to: none, or several, if it is at
/// breakpoints of a region.
///
/// # Safety
///
/// As for [`handle_stop`].
unsafe fn handle_events<T: Send + 'static>(
    context: NonNull<StoreContext>,
    mut store: StoreMut<'_, T>,
    standing: &mut Standing,
    version: &Version,
) -> Result<(), HostFailure> {
    if !standing.is_at_point() {
        standing.find_trapped(store.shared().opaque(), version);
        let event = describe(&store.opaque(), standing.stop_mut());
        // SAFETY: as the caller says.
        return unsafe { handle_event(context, store, standing, version, event) };
    }
    loop {
        let opaque = store.shared().opaque();
        standing
            .check_computed(opaque, version)
            .map_err(error_failure)?;
        let arrival = standing.come_ahead(opaque, version, false, &[]);
        if arrival.map_err(error_failure)?.is_none() {
            return Ok(());
        }
        let event = Event::Breakpoint;
        // SAFETY: as the caller says.
        unsafe { handle_event(context, store.reborrow(), standing, version, event)? };
    }
}

/// Calls the handler at an event.
///
/// # Safety
///
/// As for [`handle_stop`].
unsafe fn handle_event<T: Send + 'static>(
    context: NonNull<StoreContext>,
    mut store: StoreMut<'_, T>,
    standing: &mut Standing,
    version: &Version,
    event: Event,
) -> Result<(), HostFailure> {
    let Some(handler) = store.debug_handler() else {
        return Ok(());
    };
    // SAFETY: as the caller says; what was there is put back.
    let barred = unsafe {
        let stack = (*context.as_ptr()).stack;
        (*context.as_ptr()).stack = StackBounds::BARRED;
        Barred { context, stack }
    };
    let guest = StoppedGuest {
        store: store.reborrow(),
        standing,
        version,
    };
    let mut future = handler(guest, event);
    // SAFETY: this runs on the store's fiber, as if it were an asynchronous function of the
    // host. What is on the stack here can be sent.
    let result = unsafe { wait(context, future.as_mut()) };
    drop(future);
    drop(barred);
    result?.map_err(error_failure)
}

impl<T: Send + 'static> StoreMut<'_, T> {
    /// Sets the handler for events of asynchronous calls to come, or takes it away.
    pub(crate) fn set_debug_handler(&mut self, handler: Option<DebugHandler<T>>) {
        let handle: Option<HandleStop> = handler.is_some().then_some(handle_stop::<T>);
        self.opaque().debug_handler = handle;
        self.put_debug_handler(handler);
    }
}
