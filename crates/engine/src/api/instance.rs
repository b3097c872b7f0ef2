//! Instances.

use super::extern_::{Export, Extern};
use super::func::Func;
use super::global::Global;
use super::memory::Memory;
use super::module::Module;
use super::store::{AsContext, AsContextMut, StoreContext};
use super::table::Table;
use super::tag::Tag;
use super::typed_func::TypedFunc;
use crate::error::{Error, Result};
use crate::vm::async_call;
use crate::vm::call::Waiting;
use crate::vm::linking::{Definition, Linked};
use crate::vm::store::{StoreId, StoreMut, StoreOpaque};
use crate::vm::wasm_ty::{WasmParams, WasmResults};

/// An instance of a module, in a store.
///
/// # Panics
///
/// All methods panic if used with a store that the instance does not belong to.
///
/// ```
/// use trapline::{Engine, Instance, Module, Store};
///
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (memory (export "memory") 1)
///         (func (export "answer") (result i32) (i32.const 42)))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let answer = instance.get_typed_func::<(), i32>(&mut store, "answer")?;
/// assert_eq!(answer.call(&mut store, ())?, 42);
/// let names: Vec<_> = instance.exports(&store).map(|export| export.name()).collect();
/// assert_eq!(names, ["memory", "answer"]);
/// # Ok::<(), trapline::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Instance {
    store: StoreId,
    index: u32,
}

impl Instance {
    /// Makes an instance with the given imports, in the order of [`Module::imports`], and runs the
    /// module's start function if it has one.
    ///
    /// # Errors
    ///
    /// If the imports are not what the module wants, the store's limiter refuses what it needs, an
    /// active segment has no place, or the start function fails.
    pub fn new(
        mut store: impl AsContextMut,
        module: &Module,
        imports: &[Extern],
    ) -> Result<Instance> {
        let mut store = store.as_context_mut().into_inner();
        let linked = link(&mut store, module, imports)?;
        Instance::from_linked(store, &linked, Waiting::Refused)
    }

    /// As [`Instance::new`], and the start function may call asynchronous functions of the host
    /// that wait.
    pub async fn new_async<T: Send + 'static>(
        mut store: impl AsContextMut<Data = T>,
        module: &Module,
        imports: &[Extern],
    ) -> Result<Instance> {
        let mut store = store.as_context_mut().into_inner();
        let linked = link(&mut store, module, imports)?;
        Instance::from_linked_async(store, &linked).await
    }

    pub(crate) fn from_linked<T: 'static>(
        mut store: StoreMut<'_, T>,
        linked: &Linked<T>,
        waiting: Waiting,
    ) -> Result<Instance> {
        let id = store.opaque().id;
        let index = linked.instantiate(store, waiting)?;
        Ok(Instance { store: id, index })
    }

    pub(crate) async fn from_linked_async<T: Send + 'static>(
        store: StoreMut<'_, T>,
        linked: &Linked<T>,
    ) -> Result<Instance> {
        if !linked.has_start() {
            return Instance::from_linked(store, linked, Waiting::Refused);
        }
        async_call::run(store, |store, waiting| {
            Instance::from_linked(store, linked, waiting)
        })
        .await
    }

    pub(crate) fn from_index(store: StoreId, index: u32) -> Instance {
        Instance { store, index }
    }

    pub(crate) fn store_id(&self) -> StoreId {
        self.store
    }

    /// Its number in the store.
    pub(crate) fn index(&self) -> u32 {
        self.index
    }

    /// The module.
    pub fn module(&self, store: impl AsContext) -> Module {
        let store = store.as_context().into_inner().opaque();
        store.check(self.store);
        Module::from_runtime(store.instances[self.index as usize].module.clone())
    }

    /// What the instance exports, in the order of the module.
    pub fn exports<'a, T: 'static>(
        &self,
        store: impl Into<StoreContext<'a, T>>,
    ) -> impl ExactSizeIterator<Item = Export<'a>> {
        let store = store.into().into_inner().opaque();
        store.check(self.store);
        let instance = &store.instances[self.index as usize];
        instance.module.info().exports.iter().map(|export| {
            let item = Extern::from_item(store.id, instance.item(export.entity));
            Export::new(&export.name, item)
        })
    }

    /// The export with a name.
    pub fn get_export(&self, store: impl AsContext, name: &str) -> Option<Extern> {
        self.find_export(store.as_context().into_inner().opaque(), name)
    }

    pub(crate) fn find_export(&self, store: &StoreOpaque, name: &str) -> Option<Extern> {
        store.check(self.store);
        let instance = &store.instances[self.index as usize];
        let entity = instance.module.export(name)?;
        Some(Extern::from_item(store.id, instance.item(entity)))
    }

    /// The function that is exported under a name.
    pub fn get_func(&self, store: impl AsContext, name: &str) -> Option<Func> {
        self.get_export(store, name)?.into_func()
    }

    /// The function that is exported under a name, to be called with Rust types.
    ///
    /// # Errors
    ///
    /// If there is none, or it does not have these types.
    pub fn get_typed_func<P, R>(&self, store: impl AsContext, name: &str) -> Result<TypedFunc<P, R>>
    where
        P: WasmParams,
        R: WasmResults,
    {
        let export = self.get_export(&store, name);
        let export = export.ok_or_else(|| Error::NoExport(name.to_owned()))?;
        let func = export.into_func().ok_or_else(|| Error::ExportKind {
            name: name.to_owned(),
            expected: "function",
        })?;
        func.typed(store)
    }

    /// The table that is exported under a name.
    pub fn get_table(&self, store: impl AsContext, name: &str) -> Option<Table> {
        self.get_export(store, name)?.into_table()
    }

    /// The memory that is exported under a name.
    pub fn get_memory(&self, store: impl AsContext, name: &str) -> Option<Memory> {
        self.get_export(store, name)?.into_memory()
    }

    /// The global that is exported under a name.
    pub fn get_global(&self, store: impl AsContext, name: &str) -> Option<Global> {
        self.get_export(store, name)?.into_global()
    }

    /// The tag that is exported under a name.
    pub fn get_tag(&self, store: impl AsContext, name: &str) -> Option<Tag> {
        self.get_export(store, name)?.into_tag()
    }
}

fn link<T: 'static>(
    store: &mut StoreMut<'_, T>,
    module: &Module,
    imports: &[Extern],
) -> Result<Linked<T>> {
    let opaque = store.opaque();
    let definitions = imports.iter().map(|item| Definition::item(&opaque, *item));
    Linked::new(module, &definitions.collect::<Vec<_>>())
}
