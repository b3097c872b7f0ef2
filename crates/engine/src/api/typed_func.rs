//! Functions that are called with Rust types.

use super::func::Func;
use super::store::AsContextMut;
use crate::error::Result;
use crate::vm::async_call;
use crate::vm::call::Waiting;
use crate::vm::store::{StoreMut, StoreOpaque};
use crate::vm::typed::TypedCallee;
use crate::vm::wasm_ty::{WasmParams, WasmResults};
use std::fmt;

/// A function that is known to have some types: calling it checks nothing. Made by
/// [`Func::typed`] and [`Instance::get_typed_func`](crate::Instance::get_typed_func).
///
/// # Panics
///
/// All methods panic if used with a store that the function, or a function among its arguments,
/// does not belong to.
///
/// ```
/// use trapline::{Engine, Instance, Module, Store};
///
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (func (export "swap") (param i32 f64) (result f64 i32)
///             (local.get 1) (local.get 0)))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let swap = instance.get_typed_func::<(i32, f64), (f64, i32)>(&mut store, "swap")?;
/// assert_eq!(swap.call(&mut store, (1, 2.5))?, (2.5, 1));
/// # Ok::<(), trapline::Error>(())
/// ```
pub struct TypedFunc<P, R>(TypedCallee<P, R>);

impl<P, R> Clone for TypedFunc<P, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P, R> Copy for TypedFunc<P, R> {}

impl<P: WasmParams, R: WasmResults> TypedFunc<P, R> {
    pub(crate) fn new(store: &StoreOpaque, func: Func) -> Result<TypedFunc<P, R>> {
        TypedCallee::new(store, func).map(TypedFunc)
    }

    /// The function.
    pub fn func(&self) -> Func {
        self.0.func()
    }

    /// Calls the function.
    ///
    /// # Errors
    ///
    /// If the function traps, or a function of the host that it calls fails.
    #[inline]
    pub fn call(&self, mut store: impl AsContextMut, params: P) -> Result<R> {
        self.0.call(
            store.as_context_mut().into_inner(),
            params,
            Waiting::Refused,
        )
    }

    /// Calls the function on a stack of its own, so that it can wait for asynchronous functions of
    /// the host. [`Func::call_async`] says more.
    ///
    /// # Errors
    ///
    /// As for [`TypedFunc::call`].
    pub async fn call_async<T: Send + 'static>(
        &self,
        mut store: impl AsContextMut<Data = T>,
        params: P,
    ) -> Result<R> {
        let store = store.as_context_mut().into_inner();
        let callee = self.0;
        let call = move |store: StoreMut<'_, T>, waiting| callee.call(store, params, waiting);
        async_call::run(store, call).await
    }
}

impl<P, R> fmt::Debug for TypedFunc<P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedFunc").finish_non_exhaustive()
    }
}
