//! Calls whose types are known only as they run.

use super::call::{Waiting, call};
use super::raw_val::RawVal;
use super::store::{StoreMut, StoreOpaque};
use super::typed::is_subtype;
use super::types::func_type;
use super::values::{load_val, store_val};
use crate::api::{Func, Val};
use crate::error::{Error, Result};
use std::sync::Arc;
use trapline_compile::types::{FuncType, ValType};

/// The type of a function of the store.
pub(crate) fn type_of(store: &StoreOpaque, func: Func) -> Arc<FuncType> {
    store.check(func.store_id());
    // SAFETY: the function is of this store.
    func_type(store, unsafe { func.pointer().get() }.signature)
}

/// Checks the arguments of a call to come. Returns how many results it will have.
pub(crate) fn check_params(store: &StoreOpaque, func: Func, params: &[Val]) -> Result<usize> {
    let ty = type_of(store, func);
    check_count("parameters", ty.params().len(), params.len())?;
    for (&expected, param) in ty.params().iter().zip(params) {
        let found = param.ty();
        if !is_subtype(found, expected) && !is_null_of(expected, param) {
            return Err(Error::Value { expected, found });
        }
    }
    Ok(ty.results().len())
}

/// Whether a value is a null reference, which is one of every nullable type of its kind.
fn is_null_of(expected: ValType, value: &Val) -> bool {
    match (expected, value.ty()) {
        (ValType::Ref(expected), ValType::Ref(found)) => {
            expected.nullable && expected.heap == found.heap
        }
        _ => false,
    }
}

/// Calls a function with as many arguments, and room for as many results, as it has.
pub(crate) fn call_with_values<T>(
    mut store: StoreMut<'_, T>,
    func: Func,
    params: &[Val],
    results: &mut [Val],
    waiting: Waiting,
) -> Result<()> {
    let mut opaque = store.opaque();
    let ty = type_of(&opaque, func);
    check_count("parameters", ty.params().len(), params.len())?;
    check_count("results", ty.results().len(), results.len())?;
    opaque.collect_if_due();
    let mut few = [RawVal::ZERO; 8];
    let mut many;
    let count = params.len().max(results.len());
    let slots = match few.get_mut(..count) {
        Some(slots) => slots,
        None => {
            many = vec![RawVal::ZERO; count];
            &mut many[..]
        }
    };
    for ((slot, param), &ty) in slots.iter_mut().zip(params).zip(ty.params()) {
        *slot = store_val(&mut opaque, ty, param)?;
    }
    // SAFETY: there are as many slots as the function needs, and the arguments are of its
    // parameters' types.
    unsafe {
        call(
            opaque.reborrow(),
            func.pointer(),
            slots.as_mut_ptr(),
            waiting,
        )
        .map_err(|error| *error)?
    };
    for ((slot, result), &ty) in slots.iter().zip(results).zip(ty.results()) {
        // SAFETY: the call left results of these types.
        *result = unsafe { load_val(&opaque, ty, *slot) };
    }
    Ok(())
}

fn check_count(what: &str, expected: usize, given: usize) -> Result<()> {
    if expected != given {
        return Err(Error::signature(format_args!(
            "the function has {expected} {what}, but {given} were given"
        )));
    }
    Ok(())
}
