//! Memories, tables and globals: where a handle leads, and those that the embedder made.

use super::context::{VmGlobal, VmMemory, VmTable, VmTag};
use super::exceptions::TagPtr;
use super::global::GlobalRef;
use super::memory::MemoryItem;
use super::raw_val::RawVal;
use super::signatures::Signatures;
use super::store::StoreOpaque;
use super::table::TableItem;
use std::ptr::{self, NonNull};
use trapline_compile::types::{GlobalIndex, GlobalType};

/// A memory, table or global of some store: who made it, and which of its maker's it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ItemId {
    owner: u32,
    index: u32,
}

/// The owner of what the embedder made.
const HOST: u32 = u32::MAX;

impl ItemId {
    /// The item that an instance made, counted among those of its kind that it made itself.
    pub(crate) fn of_instance(instance: u32, index: u32) -> ItemId {
        ItemId {
            owner: instance,
            index,
        }
    }

    fn of_host(index: usize) -> ItemId {
        ItemId {
            owner: HOST,
            index: index as u32,
        }
    }
}

/// A record that is not part of a vmctx. It stays where it is.
pub(crate) struct Record<R>(NonNull<R>);

// SAFETY: owns what it points to, as a Box would; the records' own pointers are used only by those
// who have access to the store.
unsafe impl<R> Send for Record<R> {}
// SAFETY: as above.
unsafe impl<R> Sync for Record<R> {}

impl<R> Record<R> {
    /// Where it is.
    pub fn address(&self) -> NonNull<R> {
        self.0
    }

    /// Puts a record in a place of its own.
    pub fn new(record: R) -> Record<R> {
        // SAFETY: a Box is not null.
        Record(unsafe { NonNull::new_unchecked(Box::into_raw(Box::new(record))) })
    }
}

impl<R> Drop for Record<R> {
    fn drop(&mut self) {
        // SAFETY: the pointer came from a Box.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// What the embedder made in a store. In each pair the item goes before its record.
#[derive(Default)]
pub(crate) struct HostItems {
    memories: Vec<(MemoryItem, Record<VmMemory>)>,
    tables: Vec<(TableItem, Record<VmTable>)>,
    globals: Vec<(GlobalType, Record<VmGlobal>)>,
    /// The signatures keep the types' numbers.
    tags: Vec<(Signatures, Record<VmTag>)>,
}

impl HostItems {
    /// Adds a memory that `make` makes with its record.
    pub fn add_memory<E>(
        &mut self,
        make: impl FnOnce(NonNull<VmMemory>) -> Result<MemoryItem, E>,
    ) -> Result<ItemId, E> {
        let record = Record::new(VmMemory {
            base: ptr::null_mut(),
            length: 0,
        });
        self.memories.push((make(record.0)?, record));
        Ok(ItemId::of_host(self.memories.len() - 1))
    }

    /// Adds a table that `make` makes with its record.
    pub fn add_table<E>(
        &mut self,
        make: impl FnOnce(NonNull<VmTable>) -> Result<TableItem, E>,
    ) -> Result<ItemId, E> {
        let record = Record::new(VmTable {
            base: ptr::null_mut(),
            length: 0,
        });
        self.tables.push((make(record.0)?, record));
        Ok(ItemId::of_host(self.tables.len() - 1))
    }

    /// Adds a global with a value of its type.
    pub fn add_global(&mut self, ty: GlobalType, value: RawVal) -> ItemId {
        self.globals.push((ty, Record::new(VmGlobal { value })));
        ItemId::of_host(self.globals.len() - 1)
    }

    /// Adds a tag with a type that is registered.
    pub fn add_tag(&mut self, signature: Signatures) -> TagPtr {
        let record = Record::new(VmTag {
            signature: signature.numbers()[0],
            _reserved: 0,
        });
        // SAFETY: the record lives as long as the store.
        let tag = unsafe { TagPtr::new(record.0) };
        self.tags.push((signature, record));
        tag
    }

    /// The tables.
    pub fn tables(&self) -> impl Iterator<Item = &TableItem> {
        self.tables.iter().map(|(table, _)| table)
    }

    fn global(&self, index: u32) -> (GlobalType, GlobalRef) {
        let (ty, record) = &self.globals[index as usize];
        // SAFETY: the record lives as long as the store.
        (*ty, unsafe { GlobalRef::new(record.0) })
    }

    /// The globals.
    pub fn globals(&self) -> impl Iterator<Item = (GlobalType, GlobalRef)> {
        (0..self.globals.len() as u32).map(|index| self.global(index))
    }
}

impl StoreOpaque {
    /// The memory behind a handle.
    pub(crate) fn memory(&self, id: ItemId) -> &MemoryItem {
        match id.owner {
            HOST => &self.host_items.memories[id.index as usize].0,
            owner => &self.instances[owner as usize].memories[id.index as usize],
        }
    }

    /// The memory behind a handle, to grow it.
    pub(crate) fn memory_mut(&mut self, id: ItemId) -> &mut MemoryItem {
        match id.owner {
            HOST => &mut self.host_items.memories[id.index as usize].0,
            owner => &mut self.instances[owner as usize].memories[id.index as usize],
        }
    }

    /// The table behind a handle.
    pub(crate) fn table(&self, id: ItemId) -> &TableItem {
        match id.owner {
            HOST => &self.host_items.tables[id.index as usize].0,
            owner => &self.instances[owner as usize].tables[id.index as usize],
        }
    }

    /// The table behind a handle, to grow it.
    pub(crate) fn table_mut(&mut self, id: ItemId) -> &mut TableItem {
        match id.owner {
            HOST => &mut self.host_items.tables[id.index as usize].0,
            owner => &mut self.instances[owner as usize].tables[id.index as usize],
        }
    }

    /// The global behind a handle.
    pub(crate) fn global(&self, id: ItemId) -> (GlobalType, GlobalRef) {
        match id.owner {
            HOST => self.host_items.global(id.index),
            owner => {
                let instance = &self.instances[owner as usize];
                let info = instance.module.info();
                let index = info.num_imported_globals as u32 + id.index;
                let index = GlobalIndex::from_u32(index);
                (info.globals[index], instance.vmctx.global(index))
            }
        }
    }
}
