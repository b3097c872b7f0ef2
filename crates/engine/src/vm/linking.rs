//! Matching what there is with what a module imports.

use super::call::{Waiting, call_guest};
use super::host_func::{ErasedHostFunc, HostFunc};
use super::instance::ExportedItem;
use super::instantiate::{Import, instantiate};
use super::raw_val::RawVal;
use super::store::{StoreId, StoreMut, StoreOpaque};
use super::typed::{is_ref_subtype, is_subtype};
use super::types::extern_type;
use crate::api::{Extern, ExternType, Module};
use crate::error::{Error, LinkError, Result};
use std::marker::PhantomData;
use std::sync::Arc;
use trapline_compile::types::{GlobalType, MemoryType, TableType};

/// Something that can be imported.
pub(crate) enum Definition<T> {
    /// An item of a store, with its type when it was defined.
    Item(Extern, ExternType),
    /// A function of the host for any store.
    Host(HostFunc<T>),
}

impl<T> Clone for Definition<T> {
    fn clone(&self) -> Self {
        match self {
            Definition::Item(item, ty) => Definition::Item(*item, ty.clone()),
            Definition::Host(func) => Definition::Host(func.clone()),
        }
    }
}

impl<T: 'static> Definition<T> {
    /// An item as it is now.
    pub fn item(store: &StoreOpaque, item: Extern) -> Definition<T> {
        let ty = extern_type(store, &item);
        Definition::Item(item, ty)
    }

    /// The same with its type as it is now: what has grown is fit for more imports.
    pub fn refreshed(self, store: &StoreOpaque) -> Definition<T> {
        match self {
            Definition::Item(item, _) => Definition::item(store, item),
            host => host,
        }
    }

    /// The type.
    pub fn ty(&self) -> ExternType {
        match self {
            Definition::Item(_, ty) => ty.clone(),
            Definition::Host(func) => ExternType::Func(func.ty().clone()),
        }
    }

    /// The item in a store, which a function of the host becomes now.
    pub fn in_store(&self, store: &mut StoreMut<'_, T>) -> Extern {
        match self {
            Definition::Item(item, _) => {
                store.opaque().check(item.store_id());
                *item
            }
            Definition::Host(func) => {
                let pointer = store.add_host_func(func);
                let id = store.opaque().id;
                Extern::from_item(id, ExportedItem::Func(pointer))
            }
        }
    }
}

/// A module with all that it imports.
pub(crate) struct Linked<T> {
    module: Module,
    imports: Vec<Import>,
    /// The store that some of the imports belong to.
    store: Option<StoreId>,
    host_funcs: Arc<[ErasedHostFunc]>,
    data: PhantomData<fn(&mut T)>,
}

impl<T: 'static> Linked<T> {
    /// Checks that the definitions, in the order of the module's imports, have the types that it
    /// wants, and that they are of one store.
    pub fn new(module: &Module, definitions: &[Definition<T>]) -> Result<Linked<T>> {
        let (expected, given) = (module.imports().len(), definitions.len());
        if expected != given {
            return Err(LinkError::ImportCount { expected, given }.into());
        }
        for (import, definition) in module.imports().zip(definitions) {
            let (expected, found) = (import.ty(), definition.ty());
            if !matches(&expected, &found) {
                let (module, name) = (import.module().to_owned(), import.name().to_owned());
                let error = LinkError::IncompatibleImport {
                    module,
                    name,
                    expected,
                    found,
                };
                return Err(error.into());
            }
        }
        let mut store = None;
        let mut imports = Vec::with_capacity(given);
        let mut host_funcs = Vec::new();
        for definition in definitions {
            imports.push(match definition {
                Definition::Item(item, _) => {
                    let id = item.store_id();
                    assert!(
                        *store.get_or_insert(id) == id,
                        "imports of one instance belong to different stores"
                    );
                    match item.item() {
                        ExportedItem::Func(func) => Import::Func(func),
                        ExportedItem::Table(id) => Import::Table(id),
                        ExportedItem::Memory(id) => Import::Memory(id),
                        ExportedItem::Global(id) => Import::Global(id),
                        ExportedItem::Tag(tag) => Import::Tag(tag),
                    }
                }
                Definition::Host(func) => {
                    host_funcs.push(func.erased().clone());
                    Import::Host(func.erased().clone())
                }
            });
        }
        let (module, host_funcs) = (module.clone(), host_funcs.into());
        Ok(Linked {
            module,
            imports,
            store,
            host_funcs,
            data: PhantomData,
        })
    }

    /// The module.
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// Makes an instance and runs the module's start function.
    pub fn instantiate(&self, mut store: StoreMut<'_, T>, waiting: Waiting) -> Result<u32> {
        let mut opaque = store.opaque();
        if let Some(id) = self.store {
            opaque.check(id);
        }
        let module = self.module.runtime();
        if !opaque.engine.same(module.engine()) {
            let message = "the module was compiled by another engine than the store's";
            return Err(Error::signature(message));
        }
        let module = &opaque.own_module(module)?;
        opaque.keep(&self.host_funcs);
        // SAFETY: `new` checked the types, and that what belongs to a store belongs to this one.
        // Functions of the host are made for `T`, and kept.
        let index = unsafe { instantiate(opaque.reborrow(), module, &self.imports)? };
        if let Some(start) = module.info().start {
            let callee = opaque.instances[index as usize].callee(start);
            let mut slots = [RawVal::ZERO; 1];
            // SAFETY: the start function neither takes nor returns anything.
            unsafe { call_guest(opaque, &callee, slots.as_mut_ptr(), waiting) }
                .map_err(|error| *error)?;
        }
        Ok(index)
    }

    /// Whether instantiation runs code of the guest.
    pub fn has_start(&self) -> bool {
        self.module.runtime().info().start.is_some()
    }
}

/// Whether an item can be imported where one type is expected
/// ([import matching](https://webassembly.github.io/spec/core/exec/modules.html#external-typing)).
fn matches(expected: &ExternType, found: &ExternType) -> bool {
    match (expected, found) {
        (ExternType::Func(expected), ExternType::Func(found)) => expected == found,
        (ExternType::Table(expected), ExternType::Table(found)) => table(expected, found),
        (ExternType::Memory(expected), ExternType::Memory(found)) => memory(expected, found),
        (ExternType::Global(expected), ExternType::Global(found)) => global(expected, found),
        (ExternType::Tag(expected), ExternType::Tag(found)) => expected == found,
        _ => false,
    }
}

fn limits(expected: (u64, Option<u64>), found: (u64, Option<u64>)) -> bool {
    let maximum = match (expected.1, found.1) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(expected), Some(found)) => found <= expected,
    };
    found.0 >= expected.0 && maximum
}

fn table(expected: &TableType, found: &TableType) -> bool {
    expected.index64 == found.index64
        && is_ref_subtype(expected.element, found.element)
        && is_ref_subtype(found.element, expected.element)
        && limits(
            (expected.minimum, expected.maximum),
            (found.minimum, found.maximum),
        )
}

fn memory(expected: &MemoryType, found: &MemoryType) -> bool {
    expected.index64 == found.index64
        && limits(
            (expected.minimum, expected.maximum),
            (found.minimum, found.maximum),
        )
}

fn global(expected: &GlobalType, found: &GlobalType) -> bool {
    expected.mutable == found.mutable
        && is_subtype(found.content, expected.content)
        && (!expected.mutable || is_subtype(expected.content, found.content))
}
