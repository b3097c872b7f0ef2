//! What can be done about an exception while the guest is stopped at it.

use super::{DebugSession, StoppedGuest};
use crate::api::ExnRef;
use crate::error::{BoxError, Error, Result};

impl<T: 'static> DebugSession<'_, T> {
    /// Has another exception be thrown in the place of the one that the session is stopped at
    /// ([`DebugStepResult::Exception`](crate::DebugStepResult::Exception)), when the guest goes on.
    ///
    /// Handlers are searched for as if the guest had thrown this one itself, and may be others than
    /// the event says. It is not reported again, unless nothing catches it here and a function of the
    /// host passes it on: as ever, each entry into the guest that it gets to reports it. If called
    /// several times the last exception counts.
    ///
    /// # Errors
    ///
    /// [`Error::NoException`] if the session is not stopped at an exception, or that was
    /// [taken](DebugSession::take_exception).
    ///
    /// # Panics
    ///
    /// If the exception belongs to another store.
    ///
    /// ```
    /// use trapline::{DebugSession, DebugStepResult, Engine, ExnRef, Instance, Module, Store, Val};
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
    ///         (tag $code (param i32))
    ///         (func (export "run") (result i32)
    ///             (block $caught (result i32)
    ///                 (try_table (catch $code $caught) (throw $code (i32.const 1)))
    ///                 unreachable)))"#,
    /// )?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = Instance::new(&mut store, &module, &[])?;
    /// let run = instance.get_func(&mut store, "run").unwrap();
    ///
    /// let mut session = DebugSession::call(&mut store, run, &[])?;
    /// let Some(DebugStepResult::Exception(thrown)) = block_on(session.next()) else { panic!() };
    /// let tag = thrown.exception.tag(session.store()?);
    /// let other = ExnRef::new(session.store_mut()?, &tag, &[Val::I32(2)])?;
    /// session.replace_exception(other)?;
    /// match block_on(session.next()) {
    ///     Some(DebugStepResult::Finished(Ok(results))) => assert_eq!(results[0].unwrap_i32(), 2),
    ///     step => panic!("{step:?}"),
    /// }
    /// # Ok::<(), trapline::Error>(())
    /// ```
    pub fn replace_exception(&mut self, exception: ExnRef) -> Result<()> {
        self.call.replace_exception(exception)
    }

    /// Takes the exception that the session is stopped at, so that the guest does not throw it;
    /// returns it, or what it was [replaced](DebugSession::replace_exception) by.
    ///
    /// When the guest goes on, its frames are unwound as they are when a function of the host fails
    /// with this error, whether the guest would have caught the exception or not: as far as to the
    /// innermost function of the host that has called it, which sees the error and may make of it
    /// what it likes, or to the end of the call. The error is not reported as an event, but one
    /// that is itself an exception is thrown, and reported, wherever a function of the host passes
    /// it on. Until then it is [`DebugSession::error`].
    ///
    /// # Errors
    ///
    /// [`Error::NoException`] if the session is not stopped at an exception, or that was taken
    /// already.
    ///
    /// ```
    /// use trapline::{DebugSession, DebugStepResult, Engine, Instance, Module, Store};
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
    ///         (tag $code (param i32))
    ///         (func (export "run")
    ///             (block (try_table (catch_all 0) (throw $code (i32.const 7))))))"#,
    /// )?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = Instance::new(&mut store, &module, &[])?;
    /// let run = instance.get_func(&mut store, "run").unwrap();
    ///
    /// let mut session = DebugSession::call(&mut store, run, &[])?;
    /// assert!(matches!(block_on(session.next()), Some(DebugStepResult::Exception(_))));
    /// let taken = session.take_exception("no exceptions here")?;
    /// assert_eq!(taken.field(session.store()?, 0).unwrap().unwrap_i32(), 7);
    /// match block_on(session.next()) {
    ///     Some(DebugStepResult::Finished(Err(error))) => {
    ///         assert_eq!(error.to_string(), "no exceptions here");
    ///     }
    ///     step => panic!("{step:?}"),
    /// }
    /// # Ok::<(), trapline::Error>(())
    /// ```
    pub fn take_exception<E: Into<BoxError>>(&mut self, error: E) -> Result<ExnRef> {
        self.call.take_exception(Error::host(error))
    }
}

impl<T: 'static> StoppedGuest<'_, T> {
    /// As [`DebugSession::replace_exception`]. It has no effect if the handler fails.
    ///
    /// # Errors
    ///
    /// [`Error::NoException`] if the guest is not stopped at an exception, or that was taken.
    ///
    /// # Panics
    ///
    /// If the exception belongs to another store.
    pub fn replace_exception(&mut self, exception: ExnRef) -> Result<()> {
        self.0.replace_exception(exception)
    }

    /// As [`DebugSession::take_exception`]. If the handler fails, then it is with the handler's
    /// error that the guest is unwound.
    ///
    /// # Errors
    ///
    /// [`Error::NoException`] if the guest is not stopped at an exception, or that was taken already.
    pub fn take_exception<E: Into<BoxError>>(&mut self, error: E) -> Result<ExnRef> {
        self.0.take_exception(Error::host(error))
    }
}
