//! Calls whose types the compiler knows.

use super::call::{Waiting, call};
use super::func_ref::FuncPtr;
use super::raw_val::RawVal;
use super::store::{StoreId, StoreMut, StoreOpaque};
use super::types::func_type;
use super::wasm_ty::WasmTyList;
use crate::api::Func;
use crate::error::{Error, Result};
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use trapline_compile::types::{FuncType, HeapType, RefType, ValType};

/// A function that is known to take `P` and return `R`.
pub struct TypedCallee<P, R> {
    store: StoreId,
    pointer: FuncPtr,
    types: PhantomData<fn(P) -> R>,
}

impl<P, R> Clone for TypedCallee<P, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P, R> Copy for TypedCallee<P, R> {}

/// Room for parameters, and later for results.
#[repr(C)]
union Slots<P: Copy, R: Copy> {
    _params: P,
    _results: R,
    _one: RawVal,
}

impl<P: WasmTyList, R: WasmTyList> TypedCallee<P, R> {
    /// Checks the function's type.
    pub(crate) fn new(store: &StoreOpaque, func: Func) -> Result<TypedCallee<P, R>> {
        store.check(func.store_id());
        let pointer = func.pointer();
        // SAFETY: the function is of this store.
        let ty = func_type(store, unsafe { pointer.get() }.signature);
        if !fits(&P::types(), ty.params()) || !fits(ty.results(), &R::types()) {
            let wanted = FuncType::new(P::types(), R::types());
            return Err(Error::signature(format_args!(
                "the function has type {ty}, which cannot be called as {wanted}"
            )));
        }
        Ok(TypedCallee {
            store: store.id,
            pointer,
            types: PhantomData,
        })
    }

    pub(crate) fn func(&self) -> Func {
        Func::from_pointer(self.store, self.pointer)
    }

    /// Calls the function.
    #[inline]
    pub(crate) fn call<T>(
        &self,
        mut store: StoreMut<'_, T>,
        params: P,
        waiting: Waiting,
    ) -> Result<R> {
        let mut opaque = store.opaque();
        opaque.check(self.store);
        opaque.collect_if_due();
        let mut slots = MaybeUninit::<Slots<P::Slots, R::Slots>>::uninit();
        let slots = slots.as_mut_ptr().cast::<RawVal>();
        // SAFETY: there are slots enough for parameters and for results, and `new` checked that
        // the function's types are these, or such that the values are of both.
        unsafe {
            params.store(&mut opaque, slots)?;
            call(opaque.reborrow(), self.pointer, slots, waiting).map_err(|error| *error)?;
            Ok(R::load(&opaque, slots))
        }
    }
}

/// Whether values of some types can be used where others are expected.
fn fits(given: &[ValType], expected: &[ValType]) -> bool {
    given.len() == expected.len()
        && given
            .iter()
            .zip(expected)
            .all(|(&given, &expected)| is_subtype(given, expected))
}

/// Whether every value of one type is one of another.
pub(crate) fn is_subtype(given: ValType, expected: ValType) -> bool {
    match (given, expected) {
        (ValType::Ref(given), ValType::Ref(expected)) => is_ref_subtype(given, expected),
        _ => given == expected,
    }
}

/// Whether every reference of one type is one of another.
pub(crate) fn is_ref_subtype(given: RefType, expected: RefType) -> bool {
    let heap = given.heap == expected.heap
        || (given.heap, expected.heap) == (HeapType::NoExn, HeapType::Exn);
    heap && (expected.nullable || !given.nullable)
}
