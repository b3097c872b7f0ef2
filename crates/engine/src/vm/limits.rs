//! Asking the store's limiter, and growing what it grants.

use super::items::ItemId;
use super::store::OpaqueMut;
use super::table::MAX_ELEMENTS;
use crate::error::{Error, Result};
use std::fmt;
use trapline_compile::layout::WASM_PAGE_SIZE;
use trapline_compile::types::{MemoryType, TableType};

fn bytes(pages: u64) -> usize {
    pages
        .saturating_mul(WASM_PAGE_SIZE)
        .try_into()
        .unwrap_or(usize::MAX)
}

fn clamp(elements: u64) -> usize {
    elements.try_into().unwrap_or(usize::MAX)
}

/// The error for a memory that the system has no room for.
pub(crate) fn no_memory(pages: u64, error: &dyn fmt::Display) -> Error {
    Error::Limit(format!("cannot make a memory of {pages} pages: {error}"))
}

/// Asks whether a memory may be made.
pub(crate) fn new_memory(store: &mut OpaqueMut<'_>, ty: &MemoryType) -> Result<()> {
    let (minimum, maximum) = (bytes(ty.minimum), ty.maximum.map(bytes));
    let granted = store.limiter(|limiter| limiter.memory_growing(0, minimum, maximum));
    match granted.transpose()? {
        None | Some(true) => Ok(()),
        Some(false) => Err(Error::Limit(format!(
            "the store's limiter refuses a memory of {} pages",
            ty.minimum
        ))),
    }
}

/// Asks whether a table may be made.
pub(crate) fn new_table(store: &mut OpaqueMut<'_>, ty: &TableType) -> Result<()> {
    let (minimum, maximum) = (clamp(ty.minimum), ty.maximum.map(clamp));
    let granted = store.limiter(|limiter| limiter.table_growing(0, minimum, maximum));
    match granted.transpose()? {
        None | Some(true) => Ok(()),
        Some(false) => Err(Error::Limit(format!(
            "the store's limiter refuses a table of {} elements",
            ty.minimum
        ))),
    }
}

/// Grows a memory. `None` if it cannot grow so far; an error if the limiter says so.
pub(crate) fn grow_memory(
    store: &mut OpaqueMut<'_>,
    id: ItemId,
    delta: u64,
) -> Result<Option<u64>> {
    let memory = store.memory(id);
    let (limit, maximum) = (memory.limit(), memory.ty().maximum.map(bytes));
    let old = memory.bytes().byte_len() / WASM_PAGE_SIZE;
    if delta == 0 {
        return Ok(Some(old));
    }
    let new = old.saturating_add(delta);
    let granted = store.limiter(|limiter| limiter.memory_growing(bytes(old), bytes(new), maximum));
    if granted.transpose()? == Some(false) {
        return Ok(None);
    }
    let failure = if new > limit {
        format!("a memory that may have {limit} pages cannot grow to {new}")
    } else {
        match store.memory_mut(id).grow(new) {
            Ok(()) => return Ok(Some(old)),
            Err(error) => format!("cannot grow a memory to {new} pages: {error}"),
        }
    };
    let failure = Error::Limit(failure);
    store
        .limiter(|limiter| limiter.memory_grow_failed(failure))
        .transpose()?;
    Ok(None)
}

/// Grows a table. `None` if it cannot grow so far; an error if the limiter says so.
///
/// # Safety
///
/// The value is null or of the table's type, and belongs to the same store.
pub(crate) unsafe fn grow_table(
    store: &mut OpaqueMut<'_>,
    id: ItemId,
    delta: u64,
    value: u64,
) -> Result<Option<u64>> {
    let table = store.table(id);
    let (old, maximum) = (table.elements().size(), table.ty().maximum.map(clamp));
    if delta == 0 {
        return Ok(Some(old));
    }
    let new = old.saturating_add(delta);
    let granted = store.limiter(|limiter| limiter.table_growing(clamp(old), clamp(new), maximum));
    if granted.transpose()? == Some(false) {
        return Ok(None);
    }
    let grown = store.table_mut(id).grow(delta, value);
    if grown.is_none() {
        let failure = Error::Limit(format!(
            "cannot grow a table to {new} elements; {MAX_ELEMENTS} are the most there can be"
        ));
        store
            .limiter(|limiter| limiter.table_grow_failed(failure))
            .transpose()?;
    }
    Ok(grown)
}
