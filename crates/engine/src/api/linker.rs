//! Finding imports by name.

use super::caller::Caller;
use super::engine::Engine;
use super::extern_::Extern;
use super::func::{self, BoxFuture};
use super::instance::Instance;
use super::instance_pre::InstancePre;
use super::into_func::IntoFunc;
use super::module::Module;
use super::store::{AsContext, AsContextMut};
use super::types::{ExternType, ImportType};
use super::val::Val;
use crate::error::{BoxError, Error, LinkError, Result};
use crate::vm::host_func::HostFunc;
use crate::vm::linking::{Definition, Linked};
use crate::vm::store::StoreOpaque;
use crate::vm::wasm_ty::{WasmRet, WasmTyList};
use std::collections::HashMap;
use trapline_compile::types::FuncType;

/// Names under which modules find what they import.
///
/// Functions of the host that are defined here belong to no store and can be used with any of the
/// right type. Other items, such as memories, belong to the store that they were made in.
///
/// ```
/// use trapline::{Engine, Linker, Module, Store};
///
/// let engine = Engine::default();
/// let mut linker = Linker::new(&engine);
/// linker.func_wrap("math", "double", |x: i32| 2 * x)?;
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (import "math" "double" (func $double (param i32) (result i32)))
///         (func (export "quadruple") (param i32) (result i32)
///             (call $double (call $double (local.get 0)))))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// let instance = linker.instantiate(&mut store, &module)?;
/// let quadruple = instance.get_typed_func::<i32, i32>(&mut store, "quadruple")?;
/// assert_eq!(quadruple.call(&mut store, 3)?, 12);
/// # Ok::<(), trapline::Error>(())
/// ```
pub struct Linker<T: 'static> {
    engine: Engine,
    modules: HashMap<String, HashMap<String, Definition<T>>>,
    allow_shadowing: bool,
}

impl<T> Clone for Linker<T> {
    fn clone(&self) -> Self {
        Linker {
            engine: self.engine.clone(),
            modules: self.modules.clone(),
            allow_shadowing: self.allow_shadowing,
        }
    }
}

impl<T: 'static> Linker<T> {
    /// A linker without any names.
    pub fn new(engine: &Engine) -> Linker<T> {
        Linker {
            engine: engine.clone(),
            modules: HashMap::new(),
            allow_shadowing: false,
        }
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Whether a name may be defined again, the last definition counting. False if not set.
    pub fn allow_shadowing(&mut self, allow: bool) -> &mut Self {
        self.allow_shadowing = allow;
        self
    }

    fn insert(&mut self, module: &str, name: &str, definition: Definition<T>) -> Result<&mut Self> {
        let names = match self.modules.get_mut(module) {
            Some(names) => names,
            None => self.modules.entry(module.to_owned()).or_default(),
        };
        if !self.allow_shadowing && names.contains_key(name) {
            let (module, name) = (module.to_owned(), name.to_owned());
            return Err(LinkError::DefinedTwice { module, name }.into());
        }
        names.insert(name.to_owned(), definition);
        Ok(self)
    }

    fn insert_host(&mut self, module: &str, name: &str, func: HostFunc<T>) -> Result<&mut Self> {
        self.insert(module, name, Definition::Host(func))
    }

    /// Defines an item.
    ///
    /// # Errors
    ///
    /// If the name is taken, see [`Linker::allow_shadowing`]. So it is with all that define names.
    pub fn define(
        &mut self,
        store: impl AsContext<Data = T>,
        module: &str,
        name: &str,
        item: impl Into<Extern>,
    ) -> Result<&mut Self> {
        let store = store.as_context().into_inner().opaque();
        self.insert(module, name, Definition::item(store, item.into()))
    }

    /// Defines a function of the host, as [`Func::wrap`](crate::Func::wrap).
    pub fn func_wrap<P, R>(
        &mut self,
        module: &str,
        name: &str,
        func: impl IntoFunc<T, P, R>,
    ) -> Result<&mut Self> {
        let func = func.into_host_func(self.engine.signatures());
        self.insert_host(module, name, func)
    }

    /// Defines an asynchronous function of the host, as
    /// [`Func::wrap_async`](crate::Func::wrap_async).
    pub fn func_wrap_async<P, R>(
        &mut self,
        module: &str,
        name: &str,
        func: impl for<'a> Fn(Caller<'a, T>, P) -> BoxFuture<'a, R> + Send + Sync + 'static,
    ) -> Result<&mut Self>
    where
        T: Send,
        P: WasmTyList,
        R: WasmRet,
    {
        let func = func::wrap_async(self.engine.signatures(), func);
        self.insert_host(module, name, func)
    }

    /// Defines a function of the host of any type, as [`Func::new`](crate::Func::new).
    pub fn func_new<E: Into<BoxError>>(
        &mut self,
        module: &str,
        name: &str,
        ty: FuncType,
        func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), E> + Send + Sync + 'static,
    ) -> Result<&mut Self> {
        let func = func::new(self.engine.signatures(), ty, func);
        self.insert_host(module, name, func)
    }

    /// Defines an asynchronous function of the host of any type, as
    /// [`Func::new_async`](crate::Func::new_async).
    pub fn func_new_async<E: Into<BoxError> + 'static>(
        &mut self,
        module: &str,
        name: &str,
        ty: FuncType,
        func: impl for<'a> Fn(Caller<'a, T>, &'a [Val], &'a mut [Val]) -> BoxFuture<'a, Result<(), E>>
        + Send
        + Sync
        + 'static,
    ) -> Result<&mut Self>
    where
        T: Send,
    {
        let func = func::new_async(self.engine.signatures(), ty, func);
        self.insert_host(module, name, func)
    }

    /// Defines all exports of an instance under its name.
    pub fn instance(
        &mut self,
        store: impl AsContext<Data = T>,
        module: &str,
        instance: Instance,
    ) -> Result<&mut Self> {
        let store = store.as_context();
        for export in instance.exports(store) {
            self.define(store, module, export.name(), export.into_extern())?;
        }
        Ok(self)
    }

    /// Instantiates a module and defines what it exports under a name.
    ///
    /// A WASI *reactor* is instantiated now, and its `_initialize` function called. A WASI
    /// *command*, which is a module that exports a function `_start`, is instantiated anew each
    /// time that one of its functions is called; only functions are defined for it.
    ///
    /// # Errors
    ///
    /// If a name is taken, or as for [`Linker::instantiate`].
    pub fn module(
        &mut self,
        mut store: impl AsContextMut<Data = T>,
        module_name: &str,
        module: &Module,
    ) -> Result<&mut Self> {
        if matches!(module.get_export("_start"), Some(ExternType::Func(_))) {
            return self.command(module_name, module);
        }
        let instance = self.instantiate(&mut store, module)?;
        if let Some(initialize) = instance.get_func(&store, "_initialize") {
            initialize.typed::<(), ()>(&store)?.call(&mut store, ())?;
        }
        self.instance(store, module_name, instance)
    }

    fn command(&mut self, module_name: &str, module: &Module) -> Result<&mut Self> {
        let prepared = self.instantiate_pre(module)?;
        for export in module.exports() {
            let ExternType::Func(ty) = export.ty() else {
                continue;
            };
            let (prepared, name) = (prepared.clone(), export.name().to_owned());
            self.func_new(
                module_name,
                export.name(),
                ty,
                move |mut caller, params, results| {
                    let instance = prepared.instantiate(&mut caller)?;
                    let func = instance.get_func(&caller, &name);
                    let func = func.ok_or_else(|| Error::NoExport(name.clone()))?;
                    func.call(&mut caller, params, results)
                },
            )?;
        }
        Ok(self)
    }

    fn find(&self, module: &str, name: &str) -> Option<&Definition<T>> {
        self.modules.get(module)?.get(name)
    }

    /// What is defined under a name. A function of the host is put into the store.
    pub fn get(
        &self,
        mut store: impl AsContextMut<Data = T>,
        module: &str,
        name: &str,
    ) -> Option<Extern> {
        let mut store = store.as_context_mut().into_inner();
        Some(self.find(module, name)?.in_store(&mut store))
    }

    /// What is defined for an import. A function of the host is put into the store.
    pub fn get_by_import(
        &self,
        store: impl AsContextMut<Data = T>,
        import: &ImportType<'_>,
    ) -> Option<Extern> {
        self.get(store, import.module(), import.name())
    }

    /// Defines what a module imports and is not defined yet: functions that fail when they are
    /// called, saying which they are.
    ///
    /// # Errors
    ///
    /// If something else than a function is missing.
    pub fn define_unknown_imports_as_traps(&mut self, module: &Module) -> Result<()> {
        for import in module.imports() {
            if self.find(import.module(), import.name()).is_some() {
                continue;
            }
            let ExternType::Func(ty) = import.ty() else {
                return Err(unknown(&import));
            };
            let message = format!(
                "`{}::{}` was called, but is not defined",
                import.module(),
                import.name()
            );
            self.func_new(import.module(), import.name(), ty, move |_, _, _| {
                Err::<(), _>(message.clone())
            })?;
        }
        Ok(())
    }

    /// Makes an instance of a module with what is defined here, and runs its start function if it
    /// has one.
    ///
    /// # Errors
    ///
    /// If an import is not defined, or as for [`Instance::new`].
    ///
    /// # Panics
    ///
    /// If an item that the module imports belongs to another store.
    pub fn instantiate(
        &self,
        store: impl AsContextMut<Data = T>,
        module: &Module,
    ) -> Result<Instance> {
        self.link(module, Some(store.as_context().into_inner().opaque()))?
            .instantiate(store)
    }

    /// As [`Linker::instantiate`], and the start function may call asynchronous functions of the
    /// host that wait.
    pub async fn instantiate_async(
        &self,
        store: impl AsContextMut<Data = T>,
        module: &Module,
    ) -> Result<Instance>
    where
        T: Send,
    {
        let linked = self.link(module, Some(store.as_context().into_inner().opaque()))?;
        linked.instantiate_async(store).await
    }

    /// Finds and checks what a module imports, so that it can be instantiated often.
    ///
    /// # Errors
    ///
    /// If an import is not defined, or is not what the module wants. A memory or table counts with
    /// the size that it had when it was defined here.
    pub fn instantiate_pre(&self, module: &Module) -> Result<InstancePre<T>> {
        self.link(module, None)
    }

    /// Finds and checks what a module imports: as it is in a store, or else as it was when it was
    /// defined.
    fn link(&self, module: &Module, store: Option<&StoreOpaque>) -> Result<InstancePre<T>> {
        let definitions = module.imports().map(|import| {
            let definition = self.find(import.module(), import.name());
            let definition = definition.cloned().ok_or_else(|| unknown(&import))?;
            Ok(match store {
                Some(store) => definition.refreshed(store),
                None => definition,
            })
        });
        let linked = Linked::new(module, &definitions.collect::<Result<Vec<_>>>()?)?;
        Ok(InstancePre::new(linked))
    }
}

fn unknown(import: &ImportType<'_>) -> Error {
    let (module, name) = (import.module().to_owned(), import.name().to_owned());
    LinkError::UnknownImport {
        module,
        name,
        ty: import.ty(),
    }
    .into()
}
