//! Functions of the host: how the guest gets to them, and how they fail.
//!
//! The guest calls a function of the host through an exit trampoline, which calls `entry` of the
//! [`HostCallee`] that it was given for a vmctx. `entry` is compiled for each Rust closure: it
//! finds the closure through the callee, takes the arguments from the slots and leaves the
//! results there. Nothing unwinds into the trampoline: an error or a panic is parked, and the
//! trampoline told to trap, see [`crate::trap`].

use super::async_call::wait;
use super::context::{HOST_FUNCTION, HOST_MAGIC, HostCallee, HostEntry, VmFuncRef, VmHeader};
use super::exceptions::thrown_by_host;
use super::func_ref::FuncPtr;
use super::raw_val::RawVal;
use super::signatures::{SignatureRegistry, Signatures};
use super::store::{OpaqueMut, StoreMut, StoreOpaque};
use super::store_context::StoreContext;
use super::values::{load_val, store_val};
use super::vmctx::Vmctx;
use super::wasm_ty::{WasmRet, WasmTyList};
use crate::api::Val;
use crate::error::{Error, Result};
use crate::trap::{self, HostFailure};
use std::any::Any;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use trapline_compile::types::FuncType;

/// A function of the host, not yet in any store, for stores whose data has type `T`.
pub struct HostFunc<T> {
    erased: ErasedHostFunc,
    data: PhantomData<fn(&mut T)>,
}

/// A [`HostFunc`] whose `T` is forgotten.
#[derive(Clone)]
pub(crate) struct ErasedHostFunc(Arc<dyn Erased>);

/// The part that does not depend on the closure.
pub(crate) struct HostFuncHead {
    pub entry: HostEntry,
    /// Does what `entry` does, but returns the failure.
    pub run: unsafe fn(*mut HostCallee, *mut RawVal) -> Result<(), HostFailure>,
    pub ty: FuncType,
    signature: Signatures,
}

#[repr(C)]
struct Object<F> {
    head: HostFuncHead,
    function: F,
}

trait Erased: Send + Sync {
    fn head(&self) -> &HostFuncHead;
}

impl<F: Send + Sync> Erased for Object<F> {
    fn head(&self) -> &HostFuncHead {
        &self.head
    }
}

/// What a closure is turned into.
trait HostFunction<T>: Send + Sync + 'static {
    /// # Safety
    ///
    /// The slots are those of a call with the function's type. The caller is the instance that
    /// imported the function, if one did.
    unsafe fn call(
        &self,
        store: StoreMut<'_, T>,
        caller: Option<Vmctx>,
        slots: *mut RawVal,
    ) -> Result<(), HostFailure>;
}

/// A panic of the embedder's code, on its way to the embedder.
pub(crate) fn panic_failure(payload: Box<dyn Any + Send>) -> HostFailure {
    HostFailure::Panic(payload)
}

/// An error of the embedder's code, on its way to the embedder. That a call was dropped is
/// nobody's error: it goes on as what it is.
pub(crate) fn error_failure(error: Error) -> HostFailure {
    match error {
        Error::Dropped => HostFailure::Teardown,
        error => HostFailure::Error(Box::new(error)),
    }
}

/// # Safety
///
/// The callee was made by [`HostFunc::callee`] for a function with this closure, in a store with
/// this type of data, which nobody else uses now; see [`HostFunction::call`] for the rest.
unsafe fn run<T: 'static, F: HostFunction<T>>(
    callee: *mut HostCallee,
    slots: *mut RawVal,
) -> Result<(), HostFailure> {
    // SAFETY: a callee lives as long as its store, and what `data` points to is kept alive by that.
    // It points to the head of an object with this closure.
    let (callee, object) = unsafe { (*callee, &*(*callee).data.cast::<Object<F>>()) };
    let result = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: as the caller says.
        unsafe {
            let context = NonNull::new_unchecked(callee.store_context);
            let store = StoreMut::from_context(context);
            let caller = (!callee.caller.is_null()).then(|| Vmctx::from_raw(callee.caller));
            object.function.call(store, caller, slots)
        }
    }));
    result.unwrap_or_else(|payload| Err(panic_failure(payload)))
}

/// What exit trampolines call.
///
/// # Safety
///
/// As for [`run`]; the caller is the guest.
unsafe extern "C" fn entry<T: 'static, F: HostFunction<T>>(
    callee: *mut HostCallee,
    slots: *mut RawVal,
) -> u32 {
    // SAFETY: as the caller says.
    let failure = match unsafe { run::<T, F>(callee, slots) } {
        // It may have called the guest, and made nothing of it that the call was torn down.
        // SAFETY: the context of a callee is that of its store, which is live.
        Ok(()) if !unsafe { (*(*callee).store_context).wants_attention() } => return 0,
        // SAFETY: as above.
        Ok(()) if !unsafe { (*(*callee).store_context).tears_down() } => {
            trap::step_into_guest();
            return 0;
        }
        Ok(()) => HostFailure::Teardown,
        Err(failure) => failure,
    };
    // SAFETY: this is a function of the host that guest code of the store called.
    unsafe { park(callee, failure) };
    1
}

/// # Safety
///
/// Guest code of the callee's store called it.
#[cold]
#[inline(never)]
unsafe fn park(callee: *mut HostCallee, failure: HostFailure) {
    // SAFETY: as the caller says; while the guest waits nothing else uses the store.
    unsafe {
        let context = NonNull::new_unchecked((*callee).store_context);
        let failure = thrown_by_host(&mut OpaqueMut::from_context(context), failure);
        trap::park(context, failure);
    }
}

impl<T> Clone for HostFunc<T> {
    fn clone(&self) -> Self {
        HostFunc {
            erased: self.erased.clone(),
            data: PhantomData,
        }
    }
}

impl<T: 'static> HostFunc<T> {
    fn make<F: HostFunction<T>>(
        signatures: &Arc<SignatureRegistry>,
        ty: FuncType,
        function: F,
    ) -> HostFunc<T> {
        let signature = signatures.register([&ty]);
        let head = HostFuncHead {
            entry: entry::<T, F>,
            run: run::<T, F>,
            ty,
            signature,
        };
        let erased = ErasedHostFunc(Arc::new(Object { head, function }));
        HostFunc {
            erased,
            data: PhantomData,
        }
    }

    /// A function whose types follow from the closure's.
    pub(crate) fn typed<P, R, F>(signatures: &Arc<SignatureRegistry>, function: F) -> HostFunc<T>
    where
        P: WasmTyList,
        R: WasmRet,
        F: Fn(StoreMut<'_, T>, Option<Vmctx>, P) -> R + Send + Sync + 'static,
    {
        let ty = FuncType::new(P::types(), R::Results::types());
        let function = Typed {
            function,
            types: PhantomData::<fn(P) -> R>,
        };
        HostFunc::make(signatures, ty, function)
    }

    /// As [`typed`](Self::typed), for a closure that returns a future.
    pub(crate) fn typed_async<P, R, F>(
        signatures: &Arc<SignatureRegistry>,
        function: F,
    ) -> HostFunc<T>
    where
        P: WasmTyList,
        R: WasmRet,
        F: for<'a> Fn(StoreMut<'a, T>, Option<Vmctx>, P) -> HostFuture<'a, R>
            + Send
            + Sync
            + 'static,
    {
        let ty = FuncType::new(P::types(), R::Results::types());
        let function = TypedAsync {
            function,
            types: PhantomData::<fn(P) -> R>,
        };
        HostFunc::make(signatures, ty, function)
    }

    /// A function of any type.
    pub(crate) fn dynamic<F>(
        signatures: &Arc<SignatureRegistry>,
        ty: FuncType,
        function: F,
    ) -> HostFunc<T>
    where
        F: Fn(StoreMut<'_, T>, Option<Vmctx>, &[Val], &mut [Val]) -> Result<()>
            + Send
            + Sync
            + 'static,
    {
        HostFunc::make(signatures, ty.clone(), Dynamic { function, ty })
    }

    /// As [`dynamic`](Self::dynamic), for a closure that returns a future.
    pub(crate) fn dynamic_async<F>(
        signatures: &Arc<SignatureRegistry>,
        ty: FuncType,
        function: F,
    ) -> HostFunc<T>
    where
        F: for<'a> Fn(
                StoreMut<'a, T>,
                Option<Vmctx>,
                &'a [Val],
                &'a mut [Val],
            ) -> HostFuture<'a, Result<()>>
            + Send
            + Sync
            + 'static,
    {
        HostFunc::make(signatures, ty.clone(), DynamicAsync { function, ty })
    }

    /// Its type.
    pub(crate) fn ty(&self) -> &FuncType {
        &self.erased.0.head().ty
    }

    /// The same function without `T`.
    pub(crate) fn erased(&self) -> &ErasedHostFunc {
        &self.erased
    }
}

impl ErasedHostFunc {
    /// The vmctx for calls of it from a store that keeps it alive.
    pub fn callee(&self, store: NonNull<StoreContext>) -> HostCallee {
        let data = Arc::as_ptr(&self.0).cast::<HostFuncHead>();
        HostCallee {
            magic: HOST_MAGIC,
            store_context: store.as_ptr(),
            entry: self.0.head().entry,
            data,
            caller: ptr::null_mut(),
        }
    }
}

/// What an asynchronous function of the host returns.
pub(crate) type HostFuture<'a, R> = Pin<Box<dyn Future<Output = R> + Send + 'a>>;

struct Typed<F, S> {
    function: F,
    types: PhantomData<S>,
}

impl<T, P, R, F> HostFunction<T> for Typed<F, fn(P) -> R>
where
    P: WasmTyList,
    R: WasmRet,
    F: Fn(StoreMut<'_, T>, Option<Vmctx>, P) -> R + Send + Sync + 'static,
{
    unsafe fn call(
        &self,
        mut store: StoreMut<'_, T>,
        caller: Option<Vmctx>,
        slots: *mut RawVal,
    ) -> Result<(), HostFailure> {
        // SAFETY: the slots hold values of the parameters' types.
        let params = unsafe { P::load(&store.opaque(), slots) };
        let results = (self.function)(store.reborrow(), caller, params).into_result();
        let results = results.map_err(error_failure)?;
        // SAFETY: there are slots for the results.
        unsafe { results.store(&mut store.opaque(), slots) }.map_err(error_failure)
    }
}

struct TypedAsync<F, S> {
    function: F,
    types: PhantomData<S>,
}

impl<T, P, R, F> HostFunction<T> for TypedAsync<F, fn(P) -> R>
where
    P: WasmTyList,
    R: WasmRet,
    F: for<'a> Fn(StoreMut<'a, T>, Option<Vmctx>, P) -> HostFuture<'a, R> + Send + Sync + 'static,
{
    unsafe fn call(
        &self,
        mut store: StoreMut<'_, T>,
        caller: Option<Vmctx>,
        slots: *mut RawVal,
    ) -> Result<(), HostFailure> {
        let context = store.opaque().context();
        // SAFETY: the slots hold values of the parameters' types.
        let params = unsafe { P::load(&store.opaque(), slots) };
        let mut future = (self.function)(store.reborrow(), caller, params);
        // SAFETY: this is the asynchronous function of the host that runs now. On the stack above
        // the innermost entry into the guest there is nothing but what is here.
        let results = unsafe { wait(context, future.as_mut()) }?;
        drop(future);
        let results = results.into_result().map_err(error_failure)?;
        // SAFETY: there are slots for the results.
        unsafe { results.store(&mut store.opaque(), slots) }.map_err(error_failure)
    }
}

struct Dynamic<F> {
    function: F,
    ty: FuncType,
}

impl<T, F> HostFunction<T> for Dynamic<F>
where
    F: Fn(StoreMut<'_, T>, Option<Vmctx>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
{
    unsafe fn call(
        &self,
        mut store: StoreMut<'_, T>,
        caller: Option<Vmctx>,
        slots: *mut RawVal,
    ) -> Result<(), HostFailure> {
        // SAFETY: the slots are those of a call with this type.
        let (params, mut results) = unsafe { load_all(&store.opaque(), &self.ty, slots) };
        (self.function)(store.reborrow(), caller, &params, &mut results).map_err(error_failure)?;
        // SAFETY: as above.
        unsafe { store_all(&mut store.opaque(), &self.ty, &results, slots) }.map_err(error_failure)
    }
}

struct DynamicAsync<F> {
    function: F,
    ty: FuncType,
}

impl<T, F> HostFunction<T> for DynamicAsync<F>
where
    F: for<'a> Fn(
            StoreMut<'a, T>,
            Option<Vmctx>,
            &'a [Val],
            &'a mut [Val],
        ) -> HostFuture<'a, Result<()>>
        + Send
        + Sync
        + 'static,
{
    unsafe fn call(
        &self,
        mut store: StoreMut<'_, T>,
        caller: Option<Vmctx>,
        slots: *mut RawVal,
    ) -> Result<(), HostFailure> {
        let context = store.opaque().context();
        // SAFETY: the slots are those of a call with this type.
        let (params, mut results) = unsafe { load_all(&store.opaque(), &self.ty, slots) };
        let mut future = (self.function)(store.reborrow(), caller, &params, &mut results);
        // SAFETY: this is the asynchronous function of the host that runs now. The values, and
        // what is above the innermost entry into the guest besides, can be sent.
        unsafe { wait(context, future.as_mut()) }?.map_err(error_failure)?;
        drop(future);
        // SAFETY: as above.
        unsafe { store_all(&mut store.opaque(), &self.ty, &results, slots) }.map_err(error_failure)
    }
}

/// The arguments, and default values for the results.
///
/// # Safety
///
/// The slots are those of a call with this type.
unsafe fn load_all(
    store: &StoreOpaque,
    ty: &FuncType,
    slots: *const RawVal,
) -> (Vec<Val>, Vec<Val>) {
    let params = ty.params().iter().enumerate();
    // SAFETY: there is a slot for each parameter, with a value of its type.
    let params = params.map(|(index, &ty)| unsafe { load_val(store, ty, *slots.add(index)) });
    (
        params.collect(),
        ty.results()
            .iter()
            .map(|&ty| Val::default_for(ty))
            .collect(),
    )
}

/// Leaves the results, if they are of the right types.
///
/// # Safety
///
/// The slots are those of a call with this type.
unsafe fn store_all(
    store: &mut OpaqueMut<'_>,
    ty: &FuncType,
    results: &[Val],
    slots: *mut RawVal,
) -> Result<()> {
    for (index, (&ty, result)) in ty.results().iter().zip(results).enumerate() {
        let raw = store_val(store, ty, result)?;
        // SAFETY: there is a slot for each result.
        unsafe { slots.add(index).write(raw) };
    }
    Ok(())
}

/// A function of the host in a store, for the embedder and for references from the guest.
pub(crate) struct HostFuncItem {
    /// Keeps alive what the callee refers to.
    _func: ErasedHostFunc,
    records: NonNull<HostFuncRecords>,
}

struct HostFuncRecords {
    callee: HostCallee,
    func_ref: VmFuncRef,
}

// SAFETY: owns what it points to, as a Box would; the records are used only by those who have
// access to the store.
unsafe impl Send for HostFuncItem {}
// SAFETY: as above.
unsafe impl Sync for HostFuncItem {}

impl Drop for HostFuncItem {
    fn drop(&mut self) {
        // SAFETY: the pointer came from a Box, and the store is going.
        drop(unsafe { Box::from_raw(self.records.as_ptr()) });
    }
}

impl<T: 'static> StoreMut<'_, T> {
    /// Puts a function of the host into the store.
    pub(crate) fn add_host_func(&mut self, func: &HostFunc<T>) -> FuncPtr {
        self.opaque().add_host_func(func.erased.clone())
    }
}

impl OpaqueMut<'_> {
    fn add_host_func(&mut self, func: ErasedHostFunc) -> FuncPtr {
        let func_ref = VmFuncRef {
            code: ptr::null(),
            vmctx: ptr::null_mut(),
            signature: func.0.head().signature.numbers()[0],
            func_index: HOST_FUNCTION,
            entry: ptr::null(),
        };
        let callee = func.callee(self.context());
        let records = Box::into_raw(Box::new(HostFuncRecords { callee, func_ref }));
        // SAFETY: the records were just made.
        unsafe {
            (*records).func_ref.vmctx = (&raw mut (*records).callee).cast::<VmHeader>();
            let pointer = NonNull::new_unchecked(&raw mut (*records).func_ref);
            let records = NonNull::new_unchecked(records);
            self.host_funcs.push(HostFuncItem {
                _func: func,
                records,
            });
            FuncPtr::new(pointer)
        }
    }

    /// A function as the guest refers to it. One of the host gets a trampoline now, or as soon as
    /// a module has one: before that no guest can call it, since whoever can has its signature.
    pub(crate) fn raw_func(&mut self, func: FuncPtr) -> u64 {
        // SAFETY: the function is of this store, as all callers check.
        let func_ref = unsafe { &mut *func.as_ptr() };
        if func_ref.code.is_null() {
            let number = func_ref.signature;
            let code = self.instances.iter().find_map(|instance| {
                let signature = instance.module.signature_with_number(number)?;
                Some(instance.module.exit_trampoline(signature))
            });
            match code {
                Some(code) => func_ref.code = code,
                None => {
                    let waiting = self.without_code.entry(number).or_default();
                    if !waiting.contains(&func) {
                        waiting.push(func);
                    }
                }
            }
        }
        func.to_raw()
    }
}
