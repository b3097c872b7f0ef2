//! Instances.

use super::context::VmFuncRef;
use super::exceptions::TagPtr;
use super::func_ref::FuncPtr;
use super::items::ItemId;
use super::memory::MemoryItem;
use super::module::RuntimeModule;
use super::table::TableItem;
use super::vmctx::Vmctx;
use std::sync::Arc;
use trapline_compile::module::EntityIndex;
use trapline_compile::types::{DataIndex, ElemIndex, FuncIndex, TagIndex};

/// An instance, as its store owns it.
pub(crate) struct InstanceItem {
    pub module: Arc<RuntimeModule>,
    pub vmctx: Vmctx,
    /// The memories that it made.
    pub memories: Vec<MemoryItem>,
    /// The tables that it made.
    pub tables: Vec<TableItem>,
    /// Where what it imports comes from.
    pub imported: ImportedItems,
    pub dropped_elements: DroppedSegments,
    pub dropped_data: DroppedSegments,
}

/// The items that an instance imports, in the order of each index space.
#[derive(Default)]
pub(crate) struct ImportedItems {
    pub tables: Vec<ItemId>,
    pub memories: Vec<ItemId>,
    pub globals: Vec<ItemId>,
}

impl Drop for InstanceItem {
    fn drop(&mut self) {
        // Tables look at their records, which lie in the vmctx.
        self.tables.clear();
        self.memories.clear();
        // SAFETY: an instance goes with its store, or before it was seen by anyone.
        unsafe { self.vmctx.free() };
    }
}

/// What an instance exports under a name.
pub(crate) enum ExportedItem {
    Func(FuncPtr),
    Table(ItemId),
    Memory(ItemId),
    Global(ItemId),
    Tag(TagPtr),
}

impl InstanceItem {
    /// An item by its index in the module.
    pub fn item(&self, entity: EntityIndex) -> ExportedItem {
        fn id(own: u32, imported: &[ItemId], index: u32) -> ItemId {
            match index.checked_sub(imported.len() as u32) {
                Some(defined) => ItemId::of_instance(own, defined),
                None => imported[index as usize],
            }
        }
        let own = self.vmctx.instance();
        match entity {
            EntityIndex::Function(func) => ExportedItem::Func(self.func_ref(func)),
            EntityIndex::Table(index) => {
                ExportedItem::Table(id(own, &self.imported.tables, index.as_u32()))
            }
            EntityIndex::Memory(index) => {
                ExportedItem::Memory(id(own, &self.imported.memories, index.as_u32()))
            }
            EntityIndex::Global(index) => {
                ExportedItem::Global(id(own, &self.imported.globals, index.as_u32()))
            }
            EntityIndex::Tag(index) => ExportedItem::Tag(self.vmctx.tag(index)),
        }
    }

    /// A memory, table or global by its index in the module, if there is one.
    pub fn checked_item(&self, entity: EntityIndex) -> Option<ExportedItem> {
        let info = self.module.info();
        let is_there = match entity {
            EntityIndex::Table(index) => info.tables.is_valid(index),
            EntityIndex::Memory(index) => info.memories.is_valid(index),
            EntityIndex::Global(index) => info.globals.is_valid(index),
            EntityIndex::Tag(index) => info.tags.is_valid(index),
            EntityIndex::Function(_) => false,
        };
        is_there.then(|| self.item(entity))
    }

    /// A tag of the module, if it has one with this index.
    pub fn tag(&self, index: TagIndex) -> Option<TagPtr> {
        let exists = self.module.info().tags.is_valid(index);
        exists.then(|| self.vmctx.tag(index))
    }

    /// The reference to a function that one can be made to.
    pub fn func_ref(&self, func: FuncIndex) -> FuncPtr {
        func_ref(&self.module, self.vmctx, func)
    }

    /// A way to call any function, whether or not a reference to it can be made.
    pub fn callee(&self, func: FuncIndex) -> VmFuncRef {
        let info = self.module.info();
        let signature = info.functions[func].signature;
        let (code, vmctx) = match info.defined_function(func) {
            Some(defined) => (self.module.function(defined), self.vmctx.as_ptr().cast()),
            None => {
                // SAFETY: the imports were written when the instance was made, and stay.
                let import = unsafe { self.vmctx.function_import(func).read() };
                (import.code, import.vmctx)
            }
        };
        VmFuncRef {
            code,
            vmctx,
            signature: self.module.signature_number(signature),
            func_index: func.as_u32(),
            entry: self.module.entry_trampoline(signature),
        }
    }
}

/// The reference to a function that one can be made to.
pub(crate) fn func_ref(module: &RuntimeModule, vmctx: Vmctx, func: FuncIndex) -> FuncPtr {
    let index = module.info().functions[func].func_ref.expand();
    let index = index.expect("what is exported or referred to has a function reference");
    // SAFETY: references live in the vmctx, as long as the store.
    unsafe { FuncPtr::new(vmctx.func_ref(index)) }
}

/// Which passive segments were dropped. Takes no memory until one is.
#[derive(Default)]
pub(crate) struct DroppedSegments(Vec<u64>);

impl DroppedSegments {
    fn set(&mut self, index: u32) {
        let word = index as usize / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (index % 64);
    }

    fn contains(&self, index: u32) -> bool {
        self.0
            .get(index as usize / 64)
            .is_some_and(|word| word & (1 << (index % 64)) != 0)
    }

    pub fn drop_elements(&mut self, index: ElemIndex) {
        self.set(index.as_u32());
    }

    pub fn has_elements(&self, index: ElemIndex) -> bool {
        self.contains(index.as_u32())
    }

    pub fn drop_data(&mut self, index: DataIndex) {
        self.set(index.as_u32());
    }

    pub fn has_data(&self, index: DataIndex) -> bool {
        self.contains(index.as_u32())
    }
}
