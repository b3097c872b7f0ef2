//! Functions.

use super::caller::Caller;
use super::into_func::IntoFunc;
use super::store::{AsContext, AsContextMut};
use super::typed_func::TypedFunc;
use super::val::Val;
use crate::error::{BoxError, Error, Result};
use crate::vm::async_call;
use crate::vm::call::Waiting;
use crate::vm::func_ref::FuncPtr;
use crate::vm::host_func::HostFunc;
use crate::vm::store::{StoreId, StoreMut};
use crate::vm::untyped::{call_with_values, type_of};
use crate::vm::wasm_ty::{WasmParams, WasmResults, WasmRet, WasmTyList};
use std::pin::Pin;
use trapline_compile::types::FuncType;

/// A function of a store, be it a guest's or the host's.
///
/// # Panics
///
/// All methods panic if used with a store that the function, or a function among its arguments,
/// does not belong to. A panic in a function of the host unwinds the guest's frames and goes on in
/// the caller of the guest.
///
/// ```
/// use trapline::{Caller, Engine, Func, FuncType, Store, Val, ValType};
///
/// let mut store = Store::new(&Engine::default(), 10);
/// let add = Func::wrap(&mut store, |caller: Caller<'_, i32>, x: i32| caller.data() + x);
/// assert_eq!(add.typed::<i32, i32>(&store)?.call(&mut store, 32)?, 42);
///
/// // The same, with types that are known only as the program runs.
/// let ty = FuncType::new([ValType::I32], [ValType::I32]);
/// let add = Func::new(&mut store, ty, |caller: Caller<'_, i32>, params, results| {
///     results[0] = Val::I32(caller.data() + params[0].unwrap_i32());
///     Ok::<(), trapline::Error>(())
/// });
/// let mut results = [Val::I32(0)];
/// add.call(&mut store, &[Val::I32(32)], &mut results)?;
/// assert_eq!(results[0].unwrap_i32(), 42);
/// # Ok::<(), trapline::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Func {
    store: StoreId,
    pointer: FuncPtr,
}

/// The future of an asynchronous function of the host.
pub(crate) type BoxFuture<'a, R> = Box<dyn Future<Output = R> + Send + 'a>;

impl Func {
    pub(crate) fn from_pointer(store: StoreId, pointer: FuncPtr) -> Func {
        Func { store, pointer }
    }

    pub(crate) fn store_id(&self) -> StoreId {
        self.store
    }

    pub(crate) fn pointer(&self) -> FuncPtr {
        self.pointer
    }

    fn add<T: 'static>(mut store: StoreMut<'_, T>, func: &HostFunc<T>) -> Func {
        let pointer = store.add_host_func(func);
        Func {
            store: store.opaque().id,
            pointer,
        }
    }

    /// Makes a function of a Rust closure whose types say those of the function: parameters and
    /// results are numbers, vectors and references ([`WasmTy`](crate::WasmTy)), several results
    /// are a tuple, and instead of results there may be a `Result` with any error. The closure
    /// may take a [`Caller`] first.
    pub fn wrap<T: 'static, P, R>(
        mut store: impl AsContextMut<Data = T>,
        func: impl IntoFunc<T, P, R>,
    ) -> Func {
        let mut store = store.as_context_mut().into_inner();
        let func = func.into_host_func(store.opaque().engine.signatures());
        Func::add(store, &func)
    }

    /// As [`Func::wrap`], for a closure that takes a [`Caller`] and a tuple of parameters, and
    /// returns a boxed future. Unless the future is ready at once the guest has to be called by
    /// one of the `_async` functions.
    pub fn wrap_async<T, P, R>(
        mut store: impl AsContextMut<Data = T>,
        func: impl for<'a> Fn(Caller<'a, T>, P) -> BoxFuture<'a, R> + Send + Sync + 'static,
    ) -> Func
    where
        T: Send + 'static,
        P: WasmTyList,
        R: WasmRet,
    {
        let mut store = store.as_context_mut().into_inner();
        let func = wrap_async(store.opaque().engine.clone().signatures(), func);
        Func::add(store, &func)
    }

    /// Makes a function of any type. The closure is given the arguments, and as many results,
    /// which are zero or null at first, as the type says; it is an error if it leaves results of
    /// other types.
    pub fn new<T: 'static, E: Into<BoxError>>(
        mut store: impl AsContextMut<Data = T>,
        ty: FuncType,
        func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), E> + Send + Sync + 'static,
    ) -> Func {
        let mut store = store.as_context_mut().into_inner();
        let func = new(store.opaque().engine.clone().signatures(), ty, func);
        Func::add(store, &func)
    }

    /// As [`Func::new`], for a closure that returns a boxed future.
    pub fn new_async<T, E>(
        mut store: impl AsContextMut<Data = T>,
        ty: FuncType,
        func: impl for<'a> Fn(Caller<'a, T>, &'a [Val], &'a mut [Val]) -> BoxFuture<'a, Result<(), E>>
        + Send
        + Sync
        + 'static,
    ) -> Func
    where
        T: Send + 'static,
        E: Into<BoxError> + 'static,
    {
        let mut store = store.as_context_mut().into_inner();
        let func = new_async(store.opaque().engine.clone().signatures(), ty, func);
        Func::add(store, &func)
    }

    /// The type.
    pub fn ty(&self, store: impl AsContext) -> FuncType {
        let store = store.as_context().into_inner().opaque();
        FuncType::clone(&type_of(store, *self))
    }

    /// The function, to be called with Rust types.
    ///
    /// # Errors
    ///
    /// If it does not have these types.
    pub fn typed<P, R>(&self, store: impl AsContext) -> Result<TypedFunc<P, R>>
    where
        P: WasmParams,
        R: WasmResults,
    {
        TypedFunc::new(store.as_context().into_inner().opaque(), *self)
    }

    /// Calls the function.
    ///
    /// # Errors
    ///
    /// If the function traps, or a function of the host that it calls fails; or if arguments and
    /// results are not as many, or the arguments not of the types, as it has.
    pub fn call(
        &self,
        mut store: impl AsContextMut,
        params: &[Val],
        results: &mut [Val],
    ) -> Result<()> {
        let store = store.as_context_mut().into_inner();
        call_with_values(store, *self, params, results, Waiting::Refused)
    }

    /// Calls the function on a stack of its own, so that it can wait for asynchronous functions of
    /// the host.
    ///
    /// Dropping the future ends the call where it is: the futures of the host's functions are
    /// dropped, and then the guest's frames. The store can be used afterwards; what the guest
    /// has left in memories, tables and globals stays as it is.
    ///
    /// An asynchronous function of the host that calls the guest again in this way, and is polled
    /// by nothing else, shares the stack of the outer call: the outer call as a whole waits.
    ///
    /// # Errors
    ///
    /// As for [`Func::call`].
    pub async fn call_async<T: Send + 'static>(
        &self,
        mut store: impl AsContextMut<Data = T>,
        params: &[Val],
        results: &mut [Val],
    ) -> Result<()> {
        let store = store.as_context_mut().into_inner();
        let func = *self;
        let call = move |store: StoreMut<'_, T>, waiting| {
            call_with_values(store, func, params, results, waiting)
        };
        async_call::run(store, call).await
    }
}

type Signatures = std::sync::Arc<crate::vm::signatures::SignatureRegistry>;

pub(crate) fn wrap_async<T, P, R>(
    signatures: &Signatures,
    func: impl for<'a> Fn(Caller<'a, T>, P) -> BoxFuture<'a, R> + Send + Sync + 'static,
) -> HostFunc<T>
where
    T: 'static,
    P: WasmTyList,
    R: WasmRet,
{
    HostFunc::typed_async(signatures, move |store, instance, params: P| {
        Pin::from(func(Caller::new(store, instance), params))
    })
}

pub(crate) fn new<T: 'static, E: Into<BoxError>>(
    signatures: &Signatures,
    ty: FuncType,
    func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), E> + Send + Sync + 'static,
) -> HostFunc<T> {
    HostFunc::dynamic(signatures, ty, move |store, instance, params, results| {
        func(Caller::new(store, instance), params, results).map_err(Error::host)
    })
}

pub(crate) fn new_async<T, E>(
    signatures: &Signatures,
    ty: FuncType,
    func: impl for<'a> Fn(Caller<'a, T>, &'a [Val], &'a mut [Val]) -> BoxFuture<'a, Result<(), E>>
    + Send
    + Sync
    + 'static,
) -> HostFunc<T>
where
    T: 'static,
    E: Into<BoxError> + 'static,
{
    HostFunc::dynamic_async(signatures, ty, move |store, instance, params, results| {
        let future = Pin::from(func(Caller::new(store, instance), params, results));
        Box::pin(async move { future.await.map_err(Error::host) })
    })
}
