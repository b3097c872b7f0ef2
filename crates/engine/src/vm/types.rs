//! The types of what is in a store.

use super::instance::ExportedItem;
use super::store::StoreOpaque;
use crate::api::{Extern, ExternType, TagType};
use std::sync::Arc;
use trapline_compile::layout::WASM_PAGE_SIZE;
use trapline_compile::types::{FuncType, MemoryType, TableType};

/// The type with a number.
pub(crate) fn func_type(store: &StoreOpaque, number: u32) -> Arc<FuncType> {
    let ty = store.engine.signatures().get(number);
    ty.expect("functions of a store keep their signatures registered")
}

/// The type of an item of the store, with the size that it has now.
pub(crate) fn extern_type(store: &StoreOpaque, item: &Extern) -> ExternType {
    store.check(item.store_id());
    match item.item() {
        ExportedItem::Func(func) => {
            // SAFETY: the function is of this store.
            let number = unsafe { func.get() }.signature;
            ExternType::Func(FuncType::clone(&func_type(store, number)))
        }
        ExportedItem::Table(id) => {
            let table = store.table(id);
            let minimum = table.elements().size();
            ExternType::Table(TableType {
                minimum,
                ..*table.ty()
            })
        }
        ExportedItem::Memory(id) => {
            let memory = store.memory(id);
            let minimum = memory.bytes().byte_len() / WASM_PAGE_SIZE;
            ExternType::Memory(MemoryType {
                minimum,
                ..*memory.ty()
            })
        }
        ExportedItem::Global(id) => ExternType::Global(store.global(id).0),
        ExportedItem::Tag(tag) => ExternType::Tag(TagType::new(FuncType::clone(&tag.ty(store)))),
    }
}
