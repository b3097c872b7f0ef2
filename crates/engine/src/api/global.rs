//! Globals.

use super::store::{AsContext, AsContextMut};
use super::val::Val;
use crate::error::Result;
use crate::vm::access;
use crate::vm::items::ItemId;
use crate::vm::store::StoreId;
use trapline_compile::types::GlobalType;

/// A global of a store. Two are equal if they are one and the same.
///
/// # Panics
///
/// All methods panic if used with a store that the global, or a function that is given to it, does
/// not belong to.
///
/// ```
/// use trapline::{Engine, Global, GlobalType, Mutability, Store, Val, ValType};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let ty = GlobalType::new(ValType::I32, Mutability::Var);
/// let global = Global::new(&mut store, ty, Val::I32(1))?;
/// global.set(&mut store, Val::I32(2))?;
/// assert_eq!(global.get(&mut store).unwrap_i32(), 2);
/// assert!(global.set(&mut store, Val::I64(3)).is_err());
/// # Ok::<(), trapline::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Global {
    store: StoreId,
    id: ItemId,
}

impl Global {
    /// A new global with a value.
    ///
    /// # Errors
    ///
    /// If the value is not of the type.
    pub fn new(mut store: impl AsContextMut, ty: GlobalType, value: Val) -> Result<Global> {
        let mut store = store.as_context_mut().into_inner();
        let id = access::new_global(&mut store.opaque(), ty, &value)?;
        let store = store.opaque().id;
        Ok(Global { store, id })
    }

    pub(crate) fn from_id(store: StoreId, id: ItemId) -> Global {
        Global { store, id }
    }

    pub(crate) fn store_id(&self) -> StoreId {
        self.store
    }

    pub(crate) fn id(&self) -> ItemId {
        self.id
    }

    /// The type.
    pub fn ty(&self, store: impl AsContext) -> GlobalType {
        let store = store.as_context().into_inner().opaque();
        store.check(self.store);
        store.global(self.id).0
    }

    /// The value.
    pub fn get(&self, store: impl AsContext) -> Val {
        let store = store.as_context().into_inner().opaque();
        store.check(self.store);
        access::global_get(store, self.id)
    }

    /// Writes the value.
    ///
    /// # Errors
    ///
    /// If the global is not mutable, or the value is not of its type.
    pub fn set(&self, mut store: impl AsContextMut, value: Val) -> Result<()> {
        let mut store = store.as_context_mut().into_inner();
        let mut store = store.opaque();
        store.check(self.store);
        access::global_set(&mut store, self.id, &value)
    }
}
