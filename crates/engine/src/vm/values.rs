//! Values between the embedder's form and that of slots, globals and tables.

use super::func_ref::FuncPtr;
use super::raw_val::RawVal;
use super::store::{OpaqueMut, StoreOpaque};
use crate::api::{ExnRef, ExternRef, Func, Ref, Val};
use crate::error::{Error, Result};
use trapline_compile::types::{HeapType, RefType, ValType};

/// The raw form of a value that is to be of a type.
pub(crate) fn store_val(store: &mut OpaqueMut<'_>, ty: ValType, value: &Val) -> Result<RawVal> {
    Ok(match (ty, value) {
        (ValType::I32, Val::I32(value)) => RawVal::from_u32(*value as u32),
        (ValType::I64, Val::I64(value)) => RawVal::from_u64(*value as u64),
        (ValType::F32, Val::F32(bits)) => RawVal::from_u32(*bits),
        (ValType::F64, Val::F64(bits)) => RawVal::from_u64(*bits),
        (ValType::V128, Val::V128(vector)) => RawVal::from_u128(vector.as_u128()),
        (ValType::Ref(ty), _) => {
            let reference = value.clone().into_ref();
            let reference = reference.ok_or_else(|| mismatch(ValType::Ref(ty), value.ty()))?;
            RawVal::from_u64(store_ref(store, ty, &reference)?)
        }
        _ => return Err(mismatch(ty, value.ty())),
    })
}

fn mismatch(expected: ValType, found: ValType) -> Error {
    Error::Value { expected, found }
}

/// The raw form of a reference that is to be of a type.
pub(crate) fn store_ref(store: &mut OpaqueMut<'_>, ty: RefType, value: &Ref) -> Result<u64> {
    let raw = match (ty.heap, value) {
        (HeapType::Func, Ref::Func(func)) => func.as_ref().map(|func| Ok(store_func(store, func))),
        (HeapType::Extern, Ref::Extern(value)) => {
            value.as_ref().map(|value| store_extern(store, value))
        }
        (HeapType::Exn, Ref::Exn(value)) => value
            .as_ref()
            .map(|value| Ok(store_exception(store, value))),
        (HeapType::NoExn, Ref::Exn(None)) => None,
        _ => return Err(mismatch(ValType::Ref(ty), ValType::Ref(value.ty()))),
    };
    match raw {
        Some(raw) => raw,
        None if ty.nullable => Ok(0),
        None => Err(mismatch(ValType::Ref(ty), ValType::Ref(value.ty()))),
    }
}

/// The raw form of a function, which must be one of the store.
pub(crate) fn store_func(store: &mut OpaqueMut<'_>, func: &Func) -> u64 {
    store.check(func.store_id());
    store.raw_func(func.pointer())
}

/// The raw form of a value of the host.
pub(crate) fn store_extern(store: &mut StoreOpaque, value: &ExternRef) -> Result<u64> {
    store.extern_refs.intern(value).ok_or_else(|| {
        Error::Limit("the guest holds too many references to values of the host".to_owned())
    })
}

/// The raw form of an exception, which must be one of the store.
pub(crate) fn store_exception(store: &mut StoreOpaque, value: &ExnRef) -> u64 {
    store.check(value.handle().store);
    value.handle().number
}

/// The value with a raw form.
///
/// # Safety
///
/// It is the raw form of a value of the type, in this store.
pub(crate) unsafe fn load_val(store: &StoreOpaque, ty: ValType, raw: RawVal) -> Val {
    match ty {
        ValType::I32 => Val::I32(raw.as_u32() as i32),
        ValType::I64 => Val::I64(raw.as_u64() as i64),
        ValType::F32 => Val::F32(raw.as_u32()),
        ValType::F64 => Val::F64(raw.as_u64()),
        ValType::V128 => Val::V128(raw.as_u128().into()),
        // SAFETY: as the caller says.
        ValType::Ref(ty) => unsafe { load_ref(store, ty, raw.as_u64()) }.into(),
    }
}

/// The reference with a raw form.
///
/// # Safety
///
/// It is the raw form of a reference of the type, in this store.
pub(crate) unsafe fn load_ref(store: &StoreOpaque, ty: RefType, raw: u64) -> Ref {
    match ty.heap {
        // SAFETY: as the caller says.
        HeapType::Func => Ref::Func(unsafe { load_func(store, raw) }),
        HeapType::Extern => Ref::Extern(store.extern_refs.get(raw).cloned()),
        HeapType::Exn | HeapType::NoExn => Ref::Exn(store.exceptions.handle(store.id, raw)),
    }
}

/// The function with a raw form, `None` for null.
///
/// # Safety
///
/// It is the raw form of a `funcref` in this store.
pub(crate) unsafe fn load_func(store: &StoreOpaque, raw: u64) -> Option<Func> {
    // SAFETY: as the caller says.
    let pointer = unsafe { FuncPtr::from_raw(raw) }?;
    Some(Func::from_pointer(store.id, pointer))
}
