//! Calls whose types are known only as they run.

use super::call::{Waiting, call};
use super::raw_val::RawVal;
use super::store::{StoreMut, StoreOpaque};
use super::types::func_type;
use super::values::{load_val, store_val};
use crate::api::{Func, Val};
use crate::error::{Error, Result};
use std::sync::Arc;
use trapline_compile::types::FuncType;

/// The type of a function of the store.
pub(crate) fn type_of(store: &StoreOpaque, func: Func) -> Arc<FuncType> {
    store.check(func.store_id());
    // SAFETY: the function is of this store.
    func_type(store, unsafe { func.pointer().get() }.signature)
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
