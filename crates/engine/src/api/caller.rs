//! What a function of the host is given of who called it.

use super::engine::Engine;
use super::extern_::Extern;
use super::instance::Instance;
use super::store::{AsContext, AsContextMut, StoreContext, StoreContextMut};
use crate::vm::store::StoreMut;
use crate::vm::vmctx::Vmctx;

/// The store, as a function of the host gets it, and the instance that imported the function.
///
/// ```
/// use trapline::{Caller, Engine, Error, Extern, Linker, Module, Store};
///
/// let engine = Engine::default();
/// let mut linker = Linker::new(&engine);
/// // Reads a string out of the caller's memory.
/// linker.func_wrap("host", "log", |mut caller: Caller<'_, String>, at: u32, length: u32| {
///     let memory = caller.get_export("memory").and_then(Extern::into_memory);
///     let memory = memory.ok_or("the caller exports no memory")?;
///     let (bytes, log) = memory.data_and_store_mut(&mut caller);
///     let bytes = bytes.get(at as usize..).and_then(|bytes| bytes.get(..length as usize));
///     log.push_str(std::str::from_utf8(bytes.ok_or("out of bounds")?)?);
///     Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// })?;
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (import "host" "log" (func $log (param i32 i32)))
///         (memory (export "memory") 1)
///         (data (i32.const 8) "hello")
///         (func (export "run") (call $log (i32.const 8) (i32.const 5))))"#,
/// )?;
/// let mut store = Store::new(&engine, String::new());
/// let instance = linker.instantiate(&mut store, &module)?;
/// instance.get_typed_func::<(), ()>(&mut store, "run")?.call(&mut store, ())?;
/// assert_eq!(store.data(), "hello");
/// # Ok::<(), Error>(())
/// ```
pub struct Caller<'a, T: 'static> {
    store: StoreMut<'a, T>,
    instance: Option<Vmctx>,
}

impl<'a, T: 'static> Caller<'a, T> {
    pub(crate) fn new(store: StoreMut<'a, T>, instance: Option<Vmctx>) -> Caller<'a, T> {
        Caller { store, instance }
    }

    /// The embedder's value.
    pub fn data(&self) -> &T {
        self.store.shared().data()
    }

    /// The embedder's value.
    pub fn data_mut(&mut self) -> &mut T {
        self.store.data_mut()
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.store.shared().opaque().engine
    }

    /// The instance that imported the function. `None` if the host called it directly, or a guest
    /// by a reference that the host made.
    pub fn instance(&self) -> Option<Instance> {
        let id = self.store.shared().opaque().id;
        self.instance
            .map(|vmctx| Instance::from_index(id, vmctx.instance()))
    }

    /// What the instance that imported the function exports under a name.
    pub fn get_export(&mut self, name: &str) -> Option<Extern> {
        self.instance()?.get_export(self, name)
    }

    /// As [`Store::gc`](crate::Store::gc): with a guest waiting for this function nothing can be
    /// collected, and nothing is.
    pub fn gc(&mut self) {
        self.store.opaque().collect();
    }
}

impl<T: 'static> AsContext for Caller<'_, T> {
    type Data = T;

    fn as_context(&self) -> StoreContext<'_, T> {
        StoreContext::new(self.store.shared())
    }
}

impl<T: 'static> AsContextMut for Caller<'_, T> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut::new(self.store.reborrow())
    }
}
