//! Modules whose imports are found.

use super::instance::Instance;
use super::module::Module;
use super::store::AsContextMut;
use crate::error::Result;
use crate::vm::call::Waiting;
use crate::vm::linking::Linked;
use std::sync::Arc;

/// A module together with what it imports, checked once and for all, to be instantiated often.
/// Made by [`Linker::instantiate_pre`](crate::Linker::instantiate_pre). Clones share everything.
///
/// ```
/// use trapline::{Engine, Linker, Module, Store};
///
/// let engine = Engine::default();
/// let mut linker = Linker::<u32>::new(&engine);
/// linker.func_wrap("host", "two", || 2)?;
/// let module = Module::new(
///     &engine,
///     r#"(module (import "host" "two" (func $two (result i32))) (export "two" (func $two)))"#,
/// )?;
/// let prepared = linker.instantiate_pre(&module)?;
/// for number in 0..3 {
///     let mut store = Store::new(&engine, number);
///     let instance = prepared.instantiate(&mut store)?;
///     assert!(instance.get_func(&mut store, "two").is_some());
/// }
/// # Ok::<(), trapline::Error>(())
/// ```
pub struct InstancePre<T: 'static>(Arc<Linked<T>>);

impl<T> Clone for InstancePre<T> {
    fn clone(&self) -> Self {
        InstancePre(self.0.clone())
    }
}

impl<T: 'static> InstancePre<T> {
    pub(crate) fn new(linked: Linked<T>) -> InstancePre<T> {
        InstancePre(Arc::new(linked))
    }

    /// The module.
    pub fn module(&self) -> &Module {
        self.0.module()
    }

    /// Makes an instance and runs the module's start function if it has one.
    ///
    /// # Errors
    ///
    /// As for [`Instance::new`], but for the imports.
    ///
    /// # Panics
    ///
    /// If some of the imports belong to another store.
    pub fn instantiate(&self, mut store: impl AsContextMut<Data = T>) -> Result<Instance> {
        Instance::from_linked(
            store.as_context_mut().into_inner(),
            &self.0,
            Waiting::Refused,
        )
    }

    /// As [`InstancePre::instantiate`], and the start function may call asynchronous functions of
    /// the host that wait.
    pub async fn instantiate_async(
        &self,
        mut store: impl AsContextMut<Data = T>,
    ) -> Result<Instance>
    where
        T: Send,
    {
        Instance::from_linked_async(store.as_context_mut().into_inner(), &self.0).await
    }
}
