//! Sessions.

use super::breakpoints::BreakpointEditor;
use super::frame::{Frame, Frames};
use super::interrupt::InterruptHandle;
use super::step::DebugStepResult;
use super::values::private::Sealed;
use crate::api::{Func, StoreContext, StoreContextMut, Val};
use crate::error::{Error, Result};
use crate::vm::live_frames::Version;
use crate::vm::stepping::Stepping;
use crate::vm::store::{StoreId, StoreOpaque};
use crate::vm::watched_call::{Event, WatchedCall};
use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll};

/// A call of a guest that stops at each event, and can be examined there.
///
/// The session borrows the store for as long as it lives. While the guest is stopped, the store can
/// be read and written through it, but no guest of it be called.
///
/// # Events
///
/// A trap is seen at its instruction, with all frames in place: [`DebugStepResult::Trap`]. So is
/// the error of a function of the host, at the call that it answers:
/// [`DebugStepResult::HostError`]. Going on unwinds the frames, out to the innermost function of the
/// host that has called the guest, which may make of it what it likes. In the end comes
/// [`DebugStepResult::Finished`].
///
/// What the guest does by way of the host is part of the session as long as it happens on the
/// session's own stack: in functions of the host that call it again, synchronously or not. If one
/// hands the store to another thread, or polls a call on a stack of its own making, then the
/// guest's events there are errors only.
///
/// # Writes
///
/// The store can be written to while the guest is stopped, and what the guest reads from then on is
/// what was written. What its innermost frame has read already, and not yet used up, must not be
/// changed ([`Error::LateWrite`]): operands that it has loaded, for instance. Between one instruction
/// that stores or calls and the next the session goes through the code without running it, so that
/// such an operand is read again when the guest goes on.
///
/// # Dropping
///
/// A session can be dropped at any time. The guest's frames are unwound, and functions of the host
/// among them see their calls fail with [`Error::Dropped`], whatever they were waiting for. The
/// store can be used afterwards.
///
/// # Threads
///
/// A session can be moved between threads, if the store can. There is one exception: if a
/// synchronous function of the host has called the guest that is stopped, then its frame, too, is
/// in the middle of the guest's, and may hold what belongs to its thread. The session can then go on
/// in no other thread: [`DebugStepResult::Refused`]. If it is dropped on another, its stack is
/// leaked, and the store refuses calls from then on.
///
/// ```
/// use trapline::{DebugSession, DebugStepResult, Engine, Instance, Module, Store, Trap};
/// # use std::{future::Future, pin::pin, task::{Context, Poll, Waker}};
/// # fn block_on<F: Future>(future: F) -> F::Output {
/// #     match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
/// #         Poll::Ready(output) => output,
/// #         Poll::Pending => unreachable!("nothing waits"),
/// #     }
/// # }
///
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (global $depth (mut i32) (i32.const 0))
///         (func $inner (global.set $depth (i32.const 2)) unreachable)
///         (func $outer (export "run") (call $inner)))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let run = instance.get_func(&mut store, "run").unwrap();
///
/// let mut session = DebugSession::call(&mut store, run, &[])?;
/// let step = block_on(session.next());
/// assert!(matches!(step, Some(DebugStepResult::Trap(info))
///     if info.trap == Trap::UnreachableCodeReached));
/// let names: Vec<_> = session.frames().map(|frame| frame.function_name()).collect();
/// assert_eq!(names[0].as_ref().unwrap().as_deref(), Some("inner"));
/// assert_eq!(names[1].as_ref().unwrap().as_deref(), Some("outer"));
/// // A global that is not exported.
/// let depth = instance.debug_global(session.store()?, 0).unwrap();
/// assert_eq!(depth.get(session.store_mut()?).unwrap_i32(), 2);
///
/// let step = block_on(session.next());
/// assert!(matches!(step, Some(DebugStepResult::Finished(Err(error))) if error.trap().is_some()));
/// assert!(block_on(session.next()).is_none());
/// # Ok::<(), trapline::Error>(())
/// ```
pub struct DebugSession<'a, T: 'static> {
    pub(super) call: WatchedCall<'a, T>,
    store: StoreId,
    observes: bool,
}

impl<'a, T: 'static> DebugSession<'a, T> {
    /// Prepares a call. It begins with the first [`next`](DebugSession::next).
    ///
    /// # Errors
    ///
    /// If the arguments are not those that the function takes; if another call is running in the
    /// store, or another session stopped ([`Error::NestedSession`], [`Error::PausedStore`]); or if
    /// there is no memory for a stack.
    ///
    /// # Panics
    ///
    /// If the function is not of this store.
    pub fn call(
        store: impl Into<StoreContextMut<'a, T>>,
        func: Func,
        params: &[Val],
    ) -> Result<DebugSession<'a, T>> {
        let store = store.into();
        let observes = store.engine().observes();
        Ok(DebugSession {
            call: WatchedCall::new(store.into_inner(), func, params)?,
            store: func.store_id(),
            observes,
        })
    }

    /// Prepares another call in the store of this session, whose guest stands still meanwhile: the way in
    /// which debuggers call functions of a guest. It is a session like any other, on a stack of its own;
    /// when it is over, or dropped, this one goes on.
    ///
    /// What it writes has the same bounds as what the embedder does: what this session's innermost frame
    /// has read already must not be changed ([`Error::LateWrite`]).
    ///
    /// ```
    /// use trapline::{Config, DebugSession, DebugStepResult, Engine, Instance, Module, Observe, Store};
    /// # fn block_on<F: Future>(future: F) -> F::Output {
    /// #     let mut future = std::pin::pin!(future);
    /// #     let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    /// #     loop {
    /// #         if let std::task::Poll::Ready(done) = future.as_mut().poll(&mut context) {
    /// #             return done;
    /// #         }
    /// #     }
    /// # }
    /// let engine = Engine::new(Config::new().observe(Observe::State))?;
    /// let module = Module::new(
    ///     &engine,
    ///     r#"(module
    ///         (func (export "square") (param i32) (result i32)
    ///             (i32.mul (local.get 0) (local.get 0)))
    ///         (func (export "run") (result i32) (i32.const 1)))"#,
    /// )?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = Instance::new(&mut store, &module, &[])?;
    /// let run = instance.get_func(&mut store, "run").unwrap();
    /// let square = instance.get_func(&mut store, "square").unwrap();
    /// let mut session = DebugSession::call(&mut store, run, &[])?;
    /// block_on(session.step());
    /// let mut nested = session.nested(square, &[7.into()])?;
    /// let done = block_on(nested.next());
    /// assert!(matches!(done, Some(DebugStepResult::Finished(Ok(values))) if values[0].unwrap_i32() == 49));
    /// drop(nested);
    /// assert!(matches!(block_on(session.next()), Some(DebugStepResult::Finished(Ok(_)))));
    /// # Ok::<(), trapline::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`DebugSession::call`] and [`DebugSession::store`].
    ///
    /// # Panics
    ///
    /// If the function is not of this store.
    pub fn nested(&mut self, func: Func, params: &[Val]) -> Result<DebugSession<'_, T>> {
        Ok(DebugSession {
            call: WatchedCall::nested(&mut self.call, func, params)?,
            store: self.store,
            observes: self.observes,
        })
    }

    /// Runs the guest to the next event. `None` when there will be none any more.
    ///
    /// Waits while a function of the host does. Dropping the future changes nothing: another one
    /// goes on from there.
    ///
    /// # Panics
    ///
    /// If a function of the host panics, and none further out catches it: the panic goes on here.
    pub async fn next(&mut self) -> Option<DebugStepResult> {
        poll_fn(|context| self.poll_next(context)).await
    }

    /// Has the guest go on by one WebAssembly instruction: into the function that a call calls,
    /// through whatever a function of the host does, to the handler of an exception. The frames are
    /// those ahead of the next instruction then ([`DebugStepResult::Step`]), unless there is another
    /// event first, or a breakpoint there. An interrupt from another thread ends the step, too, and
    /// is reported as what it is.
    ///
    /// An engine that observes stacks only ([`Observe::Stacks`](crate::Observe)) goes on to the next
    /// place where there can be a breakpoint, which can be some instructions further.
    ///
    /// If the future is dropped before it is ready, then the session stops after that instruction all
    /// the same when it is run on, by whatever method.
    ///
    /// ```
    /// use trapline::{Config, DebugSession, DebugStepResult, Engine, Instance, Module, Observe};
    /// use trapline::{Store, Val};
    /// # fn block_on<F: Future>(future: F) -> F::Output {
    /// #     let mut future = std::pin::pin!(future);
    /// #     let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    /// #     loop {
    /// #         if let std::task::Poll::Ready(done) = future.as_mut().poll(&mut context) {
    /// #             return done;
    /// #         }
    /// #     }
    /// # }
    /// let engine = Engine::new(Config::new().observe(Observe::State))?;
    /// let module = Module::new(
    ///     &engine,
    ///     r#"(module (func (export "add") (param i32) (result i32)
    ///         (i32.add (local.get 0) (i32.const 1))))"#,
    /// )?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = Instance::new(&mut store, &module, &[])?;
    /// let add = instance.get_func(&mut store, "add").unwrap();
    /// let mut session = DebugSession::call(&mut store, add, &[Val::I32(6)])?;
    /// let mut operands = Vec::new();
    /// while let Some(DebugStepResult::Step) = block_on(session.step()) {
    ///     let frame = session.frames().next().unwrap();
    ///     operands.push(frame.operands(&session)?.len());
    /// }
    /// // Ahead of `local.get`, `i32.const`, `i32.add`, and the end of the function.
    /// assert_eq!(operands, [0, 1, 2, 1]);
    /// # Ok::<(), trapline::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// As for [`DebugSession::next`].
    pub async fn step(&mut self) -> Option<DebugStepResult> {
        self.make_step(Stepping::Into).await
    }

    /// As [`step`](DebugSession::step), but a call is one step: the guest goes on until it has
    /// returned to this frame. The frames that it makes meanwhile run at full speed, unless they are
    /// of the function that is stopped: those stop for a moment behind each call there.
    ///
    /// The end of the function leads to its caller, and so does a tail call when it has returned. As
    /// in all steps whatever happens on the way ends the step: a breakpoint, an interrupt, a trap, an
    /// exception, an error of the host.
    ///
    /// ```
    /// use trapline::{Config, DebugSession, DebugStepResult, Engine, Instance, Module, Observe, Store};
    /// # fn block_on<F: Future>(future: F) -> F::Output {
    /// #     let mut future = std::pin::pin!(future);
    /// #     let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    /// #     loop {
    /// #         if let std::task::Poll::Ready(done) = future.as_mut().poll(&mut context) {
    /// #             return done;
    /// #         }
    /// #     }
    /// # }
    /// let engine = Engine::new(Config::new().observe(Observe::State))?;
    /// let module = Module::new(
    ///     &engine,
    ///     r#"(module
    ///         (func $answer (result i32) (i32.const 42))
    ///         (func (export "run") (drop (call $answer))))"#,
    /// )?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = Instance::new(&mut store, &module, &[])?;
    /// let run = instance.get_func(&mut store, "run").unwrap();
    /// let mut session = DebugSession::call(&mut store, run, &[])?;
    /// block_on(session.step()); // Ahead of the call.
    /// assert!(matches!(block_on(session.step_over()), Some(DebugStepResult::Step)));
    /// let frame = session.frames().next().unwrap();
    /// assert_eq!(frame.operands(&session)?[0].val().unwrap_i32(), 42);
    /// # Ok::<(), trapline::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// As for [`DebugSession::next`].
    pub async fn step_over(&mut self) -> Option<DebugStepResult> {
        self.make_step(Stepping::Over).await
    }

    /// Has the guest go on until the innermost frame has returned to the one that called it, or if
    /// the host did, until that has returned to the guest. Without any such frame the guest goes on
    /// to the end of the call. Whatever happens on the way ends the step, as in
    /// [`step_over`](DebugSession::step_over).
    ///
    /// While an asynchronous function of the host is waiting there is no innermost frame, and a step
    /// cannot be begun ([`Error::BusySession`]); one that was begun before goes on.
    ///
    /// ```
    /// use trapline::{Config, DebugSession, DebugStepResult, Engine, Instance, Module, Observe, Store};
    /// # fn block_on<F: Future>(future: F) -> F::Output {
    /// #     let mut future = std::pin::pin!(future);
    /// #     let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    /// #     loop {
    /// #         if let std::task::Poll::Ready(done) = future.as_mut().poll(&mut context) {
    /// #             return done;
    /// #         }
    /// #     }
    /// # }
    /// let engine = Engine::new(Config::new().observe(Observe::State))?;
    /// let module = Module::new(
    ///     &engine,
    ///     r#"(module
    ///         (func $inner nop nop nop)
    ///         (func (export "run") (call $inner)))"#,
    /// )?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = Instance::new(&mut store, &module, &[])?;
    /// let run = instance.get_func(&mut store, "run").unwrap();
    /// let mut session = DebugSession::call(&mut store, run, &[])?;
    /// block_on(session.step()); // At the beginning of `run`, which is the call.
    /// block_on(session.step()); // In `inner`.
    /// assert_eq!(session.frames().count(), 2);
    /// assert!(matches!(block_on(session.step_out()), Some(DebugStepResult::Step)));
    /// assert_eq!(session.frames().count(), 1);
    /// assert!(matches!(block_on(session.step_out()), Some(DebugStepResult::Finished(Ok(_)))));
    /// # Ok::<(), trapline::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// As for [`DebugSession::next`].
    pub async fn step_out(&mut self) -> Option<DebugStepResult> {
        self.make_step(Stepping::Out).await
    }

    /// Has the guest go on until a frame is at one of some places, or has returned: the session is then
    /// stopped there ([`DebugStepResult::Step`]), or behind the call in the next frame of the guest
    /// further out. The places are given as wasm pcs of the frame's function, each of which stands for
    /// the first instruction at or after it where breakpoints can be. They are those of this very
    /// frame, and not of others of the same function that it calls. Where the guest stands now counts
    /// when it comes there again. With no places this is what debuggers call *finish*.
    ///
    /// Everything runs at full speed but what comes by the places. Whatever happens on the way ends the
    /// step, as in [`step_over`](DebugSession::step_over); so an exception is an event even if the frame
    /// catches it.
    ///
    /// ```
    /// use trapline::{Config, DebugSession, DebugStepResult, Engine, Instance, Module, Observe, Store};
    /// # fn block_on<F: Future>(future: F) -> F::Output {
    /// #     let mut future = std::pin::pin!(future);
    /// #     let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    /// #     loop {
    /// #         if let std::task::Poll::Ready(done) = future.as_mut().poll(&mut context) {
    /// #             return done;
    /// #         }
    /// #     }
    /// # }
    /// let engine = Engine::new(Config::new().observe(Observe::State))?;
    /// let module = Module::new(
    ///     &engine,
    ///     r#"(module
    ///         (func $down (export "down") (param i32)
    ///             (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1)))))
    ///             nop))"#,
    /// )?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = Instance::new(&mut store, &module, &[])?;
    /// let down = instance.get_func(&mut store, "down").unwrap();
    /// let mut session = DebugSession::call(&mut store, down, &[3.into()])?;
    /// block_on(session.step()); // At the beginning.
    /// // The `nop`, which the frames that are called come to first.
    /// let places = module.debug_places();
    /// let nop = places[places.len() - 2];
    /// let frame = session.frames().next().unwrap();
    /// block_on(session.run_to(&frame, &[nop]));
    /// let frame = session.frames().next().unwrap();
    /// assert_eq!(frame.locals(&session)?[0].val().unwrap_i32(), 3);
    /// # Ok::<(), trapline::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`DebugStepResult::Refused`] if the frame is stale or stands for the host, if there are no more
    /// instructions in the function at or after a place ([`Error::NoPoint`]), or if an asynchronous
    /// function of the host is waiting ([`Error::BusySession`]), unless this step was begun before.
    ///
    /// # Panics
    ///
    /// As for [`DebugSession::next`].
    pub async fn run_to(&mut self, frame: &Frame, places: &[u32]) -> Option<DebugStepResult> {
        let begun = self
            .interrupt_handle()
            .and_then(|_| self.call.begin_run_to(frame.frame_ref(), places));
        match begun {
            Ok(()) => self.next().await,
            Err(error) => Some(DebugStepResult::Refused(error)),
        }
    }

    async fn make_step(&mut self, stepping: Stepping) -> Option<DebugStepResult> {
        // Has the system tell of single steps, and refuses where there are none.
        let begun = self
            .interrupt_handle()
            .and_then(|_| self.call.begin_step(stepping));
        match begun {
            Ok(Some(event)) => Some(self.describe(event)),
            Ok(None) => self.next().await,
            Err(error) => Some(DebugStepResult::Refused(error)),
        }
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<DebugStepResult>> {
        self.call
            .resume(context)
            .map(|event| Some(self.describe(event?)))
    }

    fn describe(&self, event: Event) -> DebugStepResult {
        DebugStepResult::of(event, self.error(), || self.frames())
    }

    /// The frames of the guest, innermost first, with a mark for the host between one activation
    /// and the next. None unless the guest is stopped.
    pub fn frames(&self) -> Frames<'_> {
        Frames::new(self.call.frames(), self.store)
    }

    /// The error that a function of the host has failed with, if that is what the session is
    /// stopped for; or the one that an exception was [taken](DebugSession::take_exception) with.
    pub fn error(&self) -> Option<&Error> {
        self.call.error()
    }

    /// Places and removes breakpoints in the store.
    ///
    /// # Errors
    ///
    /// As for [`DebugSession::store`], and what `edit` returns.
    pub fn edit_breakpoints<R>(
        &mut self,
        edit: impl FnOnce(&mut BreakpointEditor<'_>) -> Result<R>,
    ) -> Result<R> {
        let store = self.call.breakpoints().ok_or(Error::BusySession)?;
        edit(&mut BreakpointEditor::new(store))
    }

    /// What stops the guest from another thread.
    ///
    /// # Errors
    ///
    /// [`Error::NotObserved`] if the engine does not observe; [`Error::Limit`] if the system refuses
    /// a signal handler.
    pub fn interrupt_handle(&self) -> Result<InterruptHandle> {
        match self.observes {
            true => InterruptHandle::new(self.call.interrupt()),
            false => Err(Error::NotObserved),
        }
    }

    /// The store.
    ///
    /// # Errors
    ///
    /// [`Error::BusySession`] if the last [`next`](DebugSession::next) was not waited for until it
    /// was ready: a function of the host may be using the store.
    pub fn store(&self) -> Result<StoreContext<'_, T>> {
        self.call
            .store()
            .map(StoreContext::new)
            .ok_or(Error::BusySession)
    }

    /// The store, to be changed.
    ///
    /// # Errors
    ///
    /// As for [`DebugSession::store`].
    pub fn store_mut(&mut self) -> Result<StoreContextMut<'_, T>> {
        self.call
            .store_mut()
            .map(StoreContextMut::new)
            .ok_or(Error::BusySession)
    }
}

impl<T: 'static> Sealed for DebugSession<'_, T> {
    fn stopped(&self) -> Result<(&StoreOpaque, &Version)> {
        self.call.stopped_in().ok_or(Error::StaleFrame)
    }
}

impl<T> fmt::Debug for DebugSession<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DebugSession").finish_non_exhaustive()
    }
}
