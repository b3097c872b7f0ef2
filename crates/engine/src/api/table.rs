//! Tables.

use super::store::{AsContext, AsContextMut};
use super::val::Ref;
use crate::error::Result;
use crate::vm::access;
use crate::vm::items::ItemId;
use crate::vm::store::StoreId;
use trapline_compile::types::TableType;

/// A table of a store: a growable array of references. Two are equal if they are one and the same.
///
/// A table has at most 10 million elements, whatever its type allows.
///
/// # Panics
///
/// All methods panic if used with a store that the table, or a function that is given to it, does
/// not belong to.
///
/// ```
/// use trapline::{Engine, ExternRef, Ref, RefType, Store, Table, TableType};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let ty = TableType::new(RefType::EXTERNREF, 2, None);
/// let table = Table::new(&mut store, ty, Ref::null(RefType::EXTERNREF))?;
/// table.set(&mut store, 1, ExternRef::new(7).into())?;
/// assert_eq!(table.grow(&mut store, 1, Ref::null(RefType::EXTERNREF))?, 2);
/// assert!(table.get(&mut store, 0).unwrap().is_null());
/// assert!(!table.get(&mut store, 1).unwrap().is_null());
/// assert!(table.get(&mut store, 3).is_none());
/// # Ok::<(), trapline::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Table {
    store: StoreId,
    id: ItemId,
}

impl Table {
    /// A new table of its type's minimal size, with all elements `initial`.
    ///
    /// # Errors
    ///
    /// If `initial` is not of the table's type, the store's limiter refuses the table, or there is
    /// not so much memory.
    pub fn new(mut store: impl AsContextMut, ty: TableType, initial: Ref) -> Result<Table> {
        let mut store = store.as_context_mut().into_inner();
        let id = access::new_table(&mut store.opaque(), ty, &initial)?;
        let store = store.opaque().id;
        Ok(Table { store, id })
    }

    pub(crate) fn from_id(store: StoreId, id: ItemId) -> Table {
        Table { store, id }
    }

    pub(crate) fn store_id(&self) -> StoreId {
        self.store
    }

    pub(crate) fn id(&self) -> ItemId {
        self.id
    }

    /// The type. Its minimum is the size that the table was made with.
    pub fn ty(&self, store: impl AsContext) -> TableType {
        let store = store.as_context().into_inner().opaque();
        store.check(self.store);
        *store.table(self.id).ty()
    }

    /// An element; `None` if the table does not reach so far.
    pub fn get(&self, store: impl AsContext, index: u64) -> Option<Ref> {
        let store = store.as_context().into_inner().opaque();
        store.check(self.store);
        access::table_get(store, self.id, index)
    }

    /// Writes an element.
    ///
    /// # Errors
    ///
    /// If the table does not reach so far, or the value is not of its type.
    pub fn set(&self, store: impl AsContextMut, index: u64, value: Ref) -> Result<()> {
        self.fill(store, index, value, 1)
    }

    /// The number of elements.
    pub fn size(&self, store: impl AsContext) -> u64 {
        let store = store.as_context().into_inner().opaque();
        store.check(self.store);
        store.table(self.id).elements().size()
    }

    /// Adds elements, all `value`, and returns the number of elements before.
    ///
    /// # Errors
    ///
    /// If the value is not of the table's type, or the table's type, the store's limiter or the
    /// system does not let it grow so far.
    pub fn grow(&self, mut store: impl AsContextMut, delta: u64, value: Ref) -> Result<u64> {
        let mut store = store.as_context_mut().into_inner();
        let mut store = store.opaque();
        store.check(self.store);
        access::table_grow(&mut store, self.id, delta, &value)
    }

    /// Writes some elements.
    ///
    /// # Errors
    ///
    /// If the table does not reach so far, or the value is not of its type; it is left alone then.
    pub fn fill(
        &self,
        mut store: impl AsContextMut,
        start: u64,
        value: Ref,
        length: u64,
    ) -> Result<()> {
        let mut store = store.as_context_mut().into_inner();
        let mut store = store.opaque();
        store.check(self.store);
        access::table_fill(&mut store, self.id, start, &value, length)
    }

    /// Copies elements from one table to another, or within one.
    ///
    /// # Errors
    ///
    /// If one of the tables does not reach so far, or their types differ; both are left alone
    /// then.
    pub fn copy(
        mut store: impl AsContextMut,
        to_table: &Table,
        to: u64,
        from_table: &Table,
        from: u64,
        length: u64,
    ) -> Result<()> {
        let mut store = store.as_context_mut().into_inner();
        let mut store = store.opaque();
        store.check(to_table.store);
        store.check(from_table.store);
        access::table_copy(&mut store, (to_table.id, to), (from_table.id, from), length)
    }
}
