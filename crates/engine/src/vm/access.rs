//! What the embedder does with memories, tables, globals and tags.

use super::exceptions::TagPtr;
use super::items::ItemId;
use super::limits;
use super::memory::MemoryItem;
use super::raw_val::RawVal;
use super::store::{OpaqueMut, StoreMut, StoreOpaque, StoreRef};
use super::table::{MAX_ELEMENTS, TableItem};
use super::typed::is_ref_subtype;
use super::values::{load_ref, load_val, store_ref, store_val};
use crate::api::{MemoryAccessError, Ref, Val};
use crate::error::{Error, Result};
use trapline_compile::module::EntityIndex;
use trapline_compile::types::{FuncType, GlobalType, MemoryType, TableType, ValType};

/// Makes a memory.
pub(crate) fn new_memory(store: &mut OpaqueMut<'_>, ty: MemoryType) -> Result<ItemId> {
    store.check_count(0, 1, 0)?;
    limits::new_memory(store, &ty)?;
    // SAFETY: the record is made for this memory, and kept with it.
    let make = |record| unsafe { MemoryItem::new(record, ty, None) };
    let memory = store.host_items.add_memory(make);
    let memory = memory.map_err(|error| limits::no_memory(ty.minimum, &error))?;
    store.count(1, 0);
    Ok(memory)
}

/// The bytes of a memory of this store.
pub(crate) fn bytes<T>(store: StoreRef<'_, T>, id: ItemId) -> &[u8] {
    // SAFETY: the store is borrowed for as long as the result: no guest runs, and no one has
    // exclusive access.
    unsafe { store.opaque().memory(id).bytes().as_slice() }
}

/// The bytes of a memory of this store, and the embedder's data.
pub(crate) fn bytes_and_data<T>(store: StoreMut<'_, T>, id: ItemId) -> (&mut [u8], &mut T) {
    let (opaque, data) = store.split();
    // SAFETY: the store is borrowed exclusively for as long as the results, which do not overlap:
    // the embedder's data is not in a guest's memory.
    (unsafe { opaque.memory(id).bytes().as_mut_slice() }, data)
}

/// Writes to a memory of this store.
pub(crate) fn write(
    store: &mut OpaqueMut<'_>,
    id: ItemId,
    offset: usize,
    bytes: &[u8],
) -> Result<(), MemoryAccessError> {
    let memory = store.memory(id).bytes();
    // SAFETY: the store is borrowed exclusively, so no guest runs.
    let done = unsafe { memory.write(offset as u64, bytes) };
    done.ok_or(MemoryAccessError {
        offset,
        length: bytes.len(),
        size: memory.byte_len() as usize,
    })
}

/// Makes a table with all elements the same.
pub(crate) fn new_table(store: &mut OpaqueMut<'_>, ty: TableType, initial: &Ref) -> Result<ItemId> {
    let raw = store_ref(store, ty.element, initial)?;
    store.check_count(0, 0, 1)?;
    limits::new_table(store, &ty)?;
    let no_memory = || {
        Error::Limit(format!(
            "cannot make a table of {} elements; {MAX_ELEMENTS} are the most there can be",
            ty.minimum
        ))
    };
    // SAFETY: the record is made for this table, and kept with it.
    let make = |record| unsafe { TableItem::new(record, ty) }.ok_or_else(no_memory);
    let id = store.host_items.add_table(make)?;
    store.count(0, 1);
    let elements = store.table(id).elements();
    // SAFETY: `store_ref` made sure of the value's type and store.
    unsafe { elements.fill(0, raw, ty.minimum) };
    Ok(id)
}

/// An element of a table of this store.
pub(crate) fn table_get(store: &StoreOpaque, id: ItemId, index: u64) -> Option<Ref> {
    let table = store.table(id);
    let raw = table.elements().get(index)?;
    // SAFETY: the elements are of the table's type.
    Some(unsafe { load_ref(store, table.ty().element, raw) })
}

/// Writes elements of a table of this store.
pub(crate) fn table_fill(
    store: &mut OpaqueMut<'_>,
    id: ItemId,
    start: u64,
    value: &Ref,
    length: u64,
) -> Result<()> {
    let element = store.table(id).ty().element;
    let raw = store_ref(store, element, value)?;
    let elements = store.table(id).elements();
    // SAFETY: `store_ref` made sure of the value's type and store.
    let done = unsafe { elements.fill(start, raw, length) };
    done.ok_or_else(|| beyond_end(start, length, elements.size()))
}

fn beyond_end(start: u64, length: u64, size: u64) -> Error {
    // The first index of the range that is not in bounds; an empty range may lie out of bounds.
    let index = if length == 0 { start } else { start.max(size) };
    Error::TableAccess { index, size }
}

/// Copies elements between tables of this store.
pub(crate) fn table_copy(
    store: &mut OpaqueMut<'_>,
    to: (ItemId, u64),
    from: (ItemId, u64),
    length: u64,
) -> Result<()> {
    let (target, source) = (store.table(to.0), store.table(from.0));
    let (expected, found) = (target.ty().element, source.ty().element);
    if !is_ref_subtype(found, expected) {
        return Err(Error::Value {
            expected: ValType::Ref(expected),
            found: ValType::Ref(found),
        });
    }
    let (target, source) = (target.elements(), source.elements());
    // SAFETY: both are tables of this store, and the types were just checked.
    let done = unsafe { target.copy(source, to.1, from.1, length) };
    done.ok_or_else(|| match from.1.checked_add(length) {
        Some(end) if end <= source.size() => beyond_end(to.1, length, target.size()),
        _ => beyond_end(from.1, length, source.size()),
    })
}

/// Grows a table of this store.
pub(crate) fn table_grow(
    store: &mut OpaqueMut<'_>,
    id: ItemId,
    delta: u64,
    value: &Ref,
) -> Result<u64> {
    let element = store.table(id).ty().element;
    let raw = store_ref(store, element, value)?;
    // SAFETY: `store_ref` made sure of the value's type and store.
    let grown = unsafe { limits::grow_table(store, id, delta, raw)? };
    grown.ok_or_else(|| Error::Limit(format!("a table cannot grow by {delta} elements")))
}

/// Makes a global.
pub(crate) fn new_global(store: &mut OpaqueMut<'_>, ty: GlobalType, value: &Val) -> Result<ItemId> {
    let raw = store_val(store, ty.content, value)?;
    Ok(store.host_items.add_global(ty, raw))
}

/// The value of a global of this store.
pub(crate) fn global_get(store: &StoreOpaque, id: ItemId) -> Val {
    let (ty, global) = store.global(id);
    // SAFETY: the value is of the global's type.
    unsafe { load_val(store, ty.content, global.get()) }
}

/// Writes a global of this store.
pub(crate) fn global_set(store: &mut OpaqueMut<'_>, id: ItemId, value: &Val) -> Result<()> {
    let (ty, global) = store.global(id);
    if !ty.mutable {
        return Err(Error::Immutable);
    }
    let raw: RawVal = store_val(store, ty.content, value)?;
    // SAFETY: `store_val` made sure of the value's type and store.
    unsafe { global.set(raw) };
    Ok(())
}

/// Makes a tag.
pub(crate) fn new_tag(store: &mut OpaqueMut<'_>, ty: &FuncType) -> Result<TagPtr> {
    if !ty.results().is_empty() {
        return Err(Error::signature(format_args!(
            "a tag's type has no results, but {ty} has"
        )));
    }
    let signature = store.engine.signatures().register([ty]);
    Ok(store.host_items.add_tag(signature))
}

/// What the module that defines a tag of this store calls it.
pub(crate) fn tag_name(store: &StoreOpaque, tag: TagPtr) -> Option<String> {
    store.instances.iter().find_map(|instance| {
        let info = instance.module.info();
        let mut defined = info.tags.keys().skip(info.num_imported_tags);
        let index = defined.find(|&index| instance.tag(index) == Some(tag))?;
        let named = instance.module.compiled().tag_name(index);
        let mut exports = info.exports.iter();
        let name = named.or_else(|| {
            let export = exports.find(|export| export.entity == EntityIndex::Tag(index))?;
            Some(&export.name)
        });
        name.map(str::to_owned)
    })
}
