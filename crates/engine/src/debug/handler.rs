//! Handlers, for those who do not make the calls themselves.

use super::breakpoints::BreakpointEditor;
use super::frame::Frames;
use super::step::DebugStepResult;
use super::values::private::Sealed;
use crate::api::{Store, StoreContext, StoreContextMut};
use crate::error::{BoxError, Error, Result};
use crate::vm::debug_handler::{self, HandlerFuture};
use crate::vm::live_frames::Version;
use crate::vm::store::StoreOpaque;
use crate::vm::watched_call::Event;
use std::fmt;
use std::sync::Arc;

/// A guest that is stopped while the store's debug handler runs. An example is at
/// [`Store::set_debug_handler`].
///
/// What can be done is what can be with a [`DebugSession`](crate::DebugSession) that is stopped.
pub struct StoppedGuest<'a, T: 'static>(pub(super) debug_handler::StoppedGuest<'a, T>);

impl<T: 'static> StoppedGuest<'_, T> {
    /// The frames of the guest, innermost first, with a mark for the host between one activation
    /// and the next.
    pub fn frames(&self) -> Frames<'_> {
        Frames::new(self.0.frames(), self.0.store().opaque().id)
    }

    /// The error that a function of the host has failed with, if that is what the guest is stopped
    /// for; or the one that an exception was [taken](StoppedGuest::take_exception) with.
    pub fn error(&self) -> Option<&Error> {
        self.0.error()
    }

    /// The store. No guest of it can be called.
    pub fn store(&self) -> StoreContext<'_, T> {
        StoreContext::new(self.0.store())
    }

    /// The store, to be changed.
    pub fn store_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut::new(self.0.store_mut())
    }

    /// Places and removes breakpoints in the store.
    ///
    /// # Errors
    ///
    /// What `edit` returns.
    pub fn edit_breakpoints<R>(
        &mut self,
        edit: impl FnOnce(&mut BreakpointEditor<'_>) -> Result<R>,
    ) -> Result<R> {
        edit(&mut BreakpointEditor::new(self.0.breakpoints()))
    }
}

impl<T: 'static> Sealed for StoppedGuest<'_, T> {
    fn stopped(&self) -> Result<(&StoreOpaque, &Version)> {
        Ok(self.0.stopped_in())
    }
}

impl<T> fmt::Debug for StoppedGuest<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoppedGuest").finish_non_exhaustive()
    }
}

/// # For debuggers
impl<T: Send + 'static> Store<T> {
    /// Has a function called at each event of the asynchronous calls that begin from now on, but
    /// for those of [`DebugSession`](crate::DebugSession)s. The events are the same, without the
    /// last.
    ///
    /// The function is called as if the guest had called it where it was stopped. When its future is
    /// done the guest goes on, or is unwound; with the function's error, if it returns one. Below
    /// a synchronous function of the host the future must be ready at once, or the call fails
    /// with [`Error::NeedsAsync`]. If it writes to the store what the guest cannot go on with, as told
    /// at [`DebugSession`](crate::DebugSession), the call fails with [`Error::LateWrite`].
    ///
    /// ```
    /// use trapline::{Engine, Instance, Module, Store};
    /// # use std::{future::Future, pin::pin, task::{Context, Poll, Waker}};
    /// # fn block_on<F: Future>(future: F) -> F::Output {
    /// #     match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
    /// #         Poll::Ready(output) => output,
    /// #         Poll::Pending => unreachable!("nothing waits"),
    /// #     }
    /// # }
    ///
    /// let engine = Engine::default();
    /// let module = Module::new(&engine, r#"(module (func (export "run") unreachable))"#)?;
    /// let mut store = Store::new(&engine, Vec::new());
    /// store.set_debug_handler(|mut guest, event| {
    ///     Box::new(async move {
    ///         let frames = guest.frames().count();
    ///         guest.store_mut().data_mut().push(format!("{event:?} in {frames} frame"));
    ///         Ok::<(), trapline::Error>(())
    ///     })
    /// });
    /// let instance = Instance::new(&mut store, &module, &[])?;
    /// let run = instance.get_typed_func::<(), ()>(&mut store, "run")?;
    /// assert!(block_on(run.call_async(&mut store, ())).is_err());
    /// assert!(store.data()[0].starts_with("Trap(") && store.data()[0].ends_with("in 1 frame"));
    /// # Ok::<(), trapline::Error>(())
    /// ```
    pub fn set_debug_handler<E>(
        &mut self,
        handler: impl for<'a> Fn(
            StoppedGuest<'a, T>,
            DebugStepResult,
        ) -> Box<dyn Future<Output = Result<(), E>> + Send + 'a>
        + Send
        + Sync
        + 'static,
    ) where
        E: Into<BoxError> + 'static,
    {
        let handler = for_any_stop::<T, _>(move |guest, event| {
            let guest = StoppedGuest(guest);
            let event = DebugStepResult::of(event, guest.error(), || guest.frames());
            call_handler(&handler, guest, event)
        });
        let mut store = StoreContextMut::from(self).into_inner();
        store.set_debug_handler(Some(Arc::new(handler)));
    }

    /// Takes the handler away, for calls that begin from now on.
    pub fn clear_debug_handler(&mut self) {
        let mut store = StoreContextMut::from(self).into_inner();
        store.set_debug_handler(None);
    }
}

/// Tells the compiler that a closure is for stops of any lifetime, which it does not find by itself.
fn for_any_stop<T, F>(handler: F) -> F
where
    F: for<'a> Fn(debug_handler::StoppedGuest<'a, T>, Event) -> HandlerFuture<'a>,
{
    handler
}

fn call_handler<'a, T, E: Into<BoxError> + 'static>(
    handler: &impl Fn(
        StoppedGuest<'a, T>,
        DebugStepResult,
    ) -> Box<dyn Future<Output = Result<(), E>> + Send + 'a>,
    guest: StoppedGuest<'a, T>,
    event: DebugStepResult,
) -> HandlerFuture<'a> {
    let future = Box::into_pin(handler(guest, event));
    Box::pin(async move { future.await.map_err(Error::host) })
}
