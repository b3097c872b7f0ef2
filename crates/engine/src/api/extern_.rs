//! What can be imported and exported.

use super::func::Func;
use super::global::Global;
use super::memory::Memory;
use super::store::AsContext;
use super::table::Table;
use super::tag::Tag;
use super::types::ExternType;
use crate::vm::instance::ExportedItem;
use crate::vm::store::StoreId;
use crate::vm::types::extern_type;

/// An item that can be imported, and that instances export.
///
/// ```
/// use trapline::{Engine, Extern, Func, Instance, Module, Store};
///
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module (import "host" "hello" (func)) (memory (export "memory") 1))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// let hello = Func::wrap(&mut store, || println!("hello"));
/// let instance = Instance::new(&mut store, &module, &[Extern::from(hello)])?;
/// let memory = instance.get_export(&mut store, "memory").and_then(Extern::into_memory);
/// assert_eq!(memory.unwrap().size(&store), 1);
/// # Ok::<(), trapline::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Extern {
    /// A function.
    Func(Func),
    /// A table.
    Table(Table),
    /// A linear memory.
    Memory(Memory),
    /// A global.
    Global(Global),
    /// A tag.
    Tag(Tag),
}

impl Extern {
    /// The function, if it is one.
    pub fn into_func(self) -> Option<Func> {
        match self {
            Extern::Func(func) => Some(func),
            _ => None,
        }
    }

    /// The table, if it is one.
    pub fn into_table(self) -> Option<Table> {
        match self {
            Extern::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The memory, if it is one.
    pub fn into_memory(self) -> Option<Memory> {
        match self {
            Extern::Memory(memory) => Some(memory),
            _ => None,
        }
    }

    /// The global, if it is one.
    pub fn into_global(self) -> Option<Global> {
        match self {
            Extern::Global(global) => Some(global),
            _ => None,
        }
    }

    /// The tag, if it is one.
    pub fn into_tag(self) -> Option<Tag> {
        match self {
            Extern::Tag(tag) => Some(tag),
            _ => None,
        }
    }

    /// The type, with the present size of a table or memory as its minimum.
    pub fn ty(&self, store: impl AsContext) -> ExternType {
        extern_type(store.as_context().into_inner().opaque(), self)
    }

    pub(crate) fn store_id(&self) -> StoreId {
        match self {
            Extern::Func(func) => func.store_id(),
            Extern::Table(table) => table.store_id(),
            Extern::Memory(memory) => memory.store_id(),
            Extern::Global(global) => global.store_id(),
            Extern::Tag(tag) => tag.store_id(),
        }
    }

    pub(crate) fn item(&self) -> ExportedItem {
        match self {
            Extern::Func(func) => ExportedItem::Func(func.pointer()),
            Extern::Table(table) => ExportedItem::Table(table.id()),
            Extern::Memory(memory) => ExportedItem::Memory(memory.id()),
            Extern::Global(global) => ExportedItem::Global(global.id()),
            Extern::Tag(tag) => ExportedItem::Tag(tag.pointer()),
        }
    }

    pub(crate) fn from_item(store: StoreId, item: ExportedItem) -> Extern {
        match item {
            ExportedItem::Func(pointer) => Extern::Func(Func::from_pointer(store, pointer)),
            ExportedItem::Table(id) => Extern::Table(Table::from_id(store, id)),
            ExportedItem::Memory(id) => Extern::Memory(Memory::from_id(store, id)),
            ExportedItem::Global(id) => Extern::Global(Global::from_id(store, id)),
            ExportedItem::Tag(pointer) => Extern::Tag(Tag::from_pointer(store, pointer)),
        }
    }
}

impl From<Func> for Extern {
    fn from(func: Func) -> Extern {
        Extern::Func(func)
    }
}

impl From<Table> for Extern {
    fn from(table: Table) -> Extern {
        Extern::Table(table)
    }
}

impl From<Memory> for Extern {
    fn from(memory: Memory) -> Extern {
        Extern::Memory(memory)
    }
}

impl From<Global> for Extern {
    fn from(global: Global) -> Extern {
        Extern::Global(global)
    }
}

impl From<Tag> for Extern {
    fn from(tag: Tag) -> Extern {
        Extern::Tag(tag)
    }
}

/// An item with the name that an instance exports it under. Returned by
/// [`Instance::exports`](crate::Instance::exports), where an example is.
#[derive(Clone, Copy, Debug)]
pub struct Export<'instance> {
    name: &'instance str,
    item: Extern,
}

impl<'instance> Export<'instance> {
    pub(crate) fn new(name: &'instance str, item: Extern) -> Export<'instance> {
        Export { name, item }
    }

    /// The name.
    pub fn name(&self) -> &'instance str {
        self.name
    }

    /// The item.
    pub fn into_extern(self) -> Extern {
        self.item
    }
}
