//! Stores, and borrowing them.

use super::engine::Engine;
use super::exn_ref::ExnRef;
use super::limits::ResourceLimiter;
use crate::error::ThrownException;
use crate::vm::store::{StoreBox, StoreMut, StoreRef};
use std::fmt;

/// Owns instances and all that belongs to them, and a value of the embedder's that functions of
/// the host can get at.
///
/// What is made in a store lives as long as the store. Handles such as [`Func`](crate::Func) or
/// [`Memory`](crate::Memory) say *which* item they mean, and using one needs the store.
///
/// # Panics
///
/// Using a handle with a store that it does not belong to panics. Nothing else does.
///
/// ```
/// use trapline::{Caller, Engine, Linker, Module, Store};
///
/// let engine = Engine::default();
/// let mut linker = Linker::new(&engine);
/// linker.func_wrap("host", "count", |mut caller: Caller<'_, u32>| *caller.data_mut() += 1)?;
/// let module = Module::new(
///     &engine,
///     r#"(module (import "host" "count" (func $count)) (start $count))"#,
/// )?;
/// let mut store = Store::new(&engine, 0);
/// linker.instantiate(&mut store, &module)?;
/// linker.instantiate(&mut store, &module)?;
/// assert_eq!(*store.data(), 2);
/// # Ok::<(), trapline::Error>(())
/// ```
pub struct Store<T: 'static>(StoreBox<T>);

impl<T: 'static> Store<T> {
    /// An empty store.
    pub fn new(engine: &Engine, data: T) -> Store<T> {
        Store(StoreBox::new(engine, data))
    }

    /// The embedder's value.
    pub fn data(&self) -> &T {
        self.0.get().data()
    }

    /// The embedder's value.
    pub fn data_mut(&mut self) -> &mut T {
        self.0.get_mut().into_data_mut()
    }

    /// Gives the embedder's value back and drops all else.
    pub fn into_data(self) -> T {
        self.0.into_data()
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.0.get().opaque().engine
    }

    /// Limits what guests may use from now on, see [`ResourceLimiter`]. The function finds the
    /// limiter in the embedder's value.
    pub fn limiter(
        &mut self,
        limiter: impl (FnMut(&mut T) -> &mut dyn ResourceLimiter) + Send + Sync + 'static,
    ) {
        self.0.get_mut().set_limiter(Box::new(limiter));
    }

    /// Drops the values behind [`ExternRef`](crate::ExternRef)s, and the exceptions behind
    /// [`ExnRef`](crate::ExnRef)s, that guests and the embedder cannot reach any more. This also happens by itself every now and then, when a call begins.
    pub fn gc(&mut self) {
        self.0.get_mut().opaque().collect();
    }
}

impl<T: fmt::Debug + 'static> fmt::Debug for Store<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("data", self.data())
            .finish_non_exhaustive()
    }
}

/// A shared borrow of a store.
///
/// ```
/// use trapline::{AsContext, Engine, Store};
///
/// fn name(store: impl AsContext<Data = String>) -> usize {
///     store.as_context().data().len()
/// }
/// let store = Store::new(&Engine::default(), String::from("trap"));
/// assert_eq!(name(&store), 4);
/// ```
pub struct StoreContext<'a, T: 'static>(StoreRef<'a, T>);

impl<T> Clone for StoreContext<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for StoreContext<'_, T> {}

impl<'a, T: 'static> StoreContext<'a, T> {
    pub(crate) fn new(store: StoreRef<'a, T>) -> StoreContext<'a, T> {
        StoreContext(store)
    }

    pub(crate) fn into_inner(self) -> StoreRef<'a, T> {
        self.0
    }

    /// The embedder's value.
    pub fn data(&self) -> &'a T {
        self.0.data()
    }

    /// The engine.
    pub fn engine(&self) -> &'a Engine {
        &self.0.opaque().engine
    }
}

/// An exclusive borrow of a store.
///
/// ```
/// use trapline::{AsContextMut, Engine, Store};
///
/// fn reset(mut store: impl AsContextMut<Data = String>) {
///     store.as_context_mut().data_mut().clear();
/// }
/// let mut store = Store::new(&Engine::default(), String::from("trap"));
/// reset(&mut store);
/// assert!(store.data().is_empty());
/// ```
pub struct StoreContextMut<'a, T: 'static>(StoreMut<'a, T>);

impl<'a, T: 'static> StoreContextMut<'a, T> {
    pub(crate) fn new(store: StoreMut<'a, T>) -> StoreContextMut<'a, T> {
        StoreContextMut(store)
    }

    pub(crate) fn into_inner(self) -> StoreMut<'a, T> {
        self.0
    }

    /// The embedder's value.
    pub fn data(&self) -> &T {
        self.0.shared().data()
    }

    /// The embedder's value.
    pub fn data_mut(&mut self) -> &mut T {
        self.0.data_mut()
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.0.shared().opaque().engine
    }

    /// As [`Store::gc`].
    pub fn gc(&mut self) {
        self.0.opaque().collect();
    }
}

/// What a store can be borrowed from: a [`Store`], a [`Caller`](crate::Caller), or a borrow
/// itself.
///
/// ```
/// use trapline::{AsContext, Engine, Store};
///
/// let store = Store::new(&Engine::default(), 7);
/// assert_eq!(*store.as_context().data(), 7);
/// ```
pub trait AsContext {
    /// The type of the embedder's value.
    type Data: 'static;

    /// Borrows the store.
    fn as_context(&self) -> StoreContext<'_, Self::Data>;
}

/// What a store can be borrowed from exclusively.
///
/// ```
/// use trapline::{AsContextMut, Engine, Store};
///
/// let mut store = Store::new(&Engine::default(), 7);
/// *store.as_context_mut().data_mut() += 1;
/// assert_eq!(*store.data(), 8);
/// ```
pub trait AsContextMut: AsContext {
    /// Borrows the store.
    fn as_context_mut(&mut self) -> StoreContextMut<'_, Self::Data>;

    /// What a function of the host returns to throw an exception in the guest that called it: an
    /// error, in place of any result. It does nothing else, and has no effect until it is
    /// returned.
    ///
    /// # Panics
    ///
    /// If the exception belongs to another store.
    fn throw<R>(&mut self, exception: ExnRef) -> Result<R, ThrownException>
    where
        Self: Sized,
    {
        let store = self.as_context_mut();
        let id = exception.handle().store;
        store.0.shared().opaque().check(id);
        Err(ThrownException::new(exception))
    }
}

impl<T: 'static> AsContext for Store<T> {
    type Data = T;

    fn as_context(&self) -> StoreContext<'_, T> {
        StoreContext(self.0.get())
    }
}

impl<T: 'static> AsContextMut for Store<T> {
    #[inline]
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut(self.0.get_mut())
    }
}

impl<T: 'static> AsContext for StoreContext<'_, T> {
    type Data = T;

    fn as_context(&self) -> StoreContext<'_, T> {
        *self
    }
}

impl<T: 'static> AsContext for StoreContextMut<'_, T> {
    type Data = T;

    fn as_context(&self) -> StoreContext<'_, T> {
        StoreContext(self.0.shared())
    }
}

impl<T: 'static> AsContextMut for StoreContextMut<'_, T> {
    #[inline]
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut(self.0.reborrow())
    }
}

impl<C: AsContext> AsContext for &C {
    type Data = C::Data;

    fn as_context(&self) -> StoreContext<'_, C::Data> {
        C::as_context(self)
    }
}

impl<C: AsContext> AsContext for &mut C {
    type Data = C::Data;

    fn as_context(&self) -> StoreContext<'_, C::Data> {
        C::as_context(self)
    }
}

impl<C: AsContextMut> AsContextMut for &mut C {
    #[inline]
    fn as_context_mut(&mut self) -> StoreContextMut<'_, C::Data> {
        C::as_context_mut(self)
    }
}

impl<'a, C: AsContext> From<&'a C> for StoreContext<'a, C::Data> {
    fn from(store: &'a C) -> Self {
        store.as_context()
    }
}

impl<'a, C: AsContext> From<&'a mut C> for StoreContext<'a, C::Data> {
    fn from(store: &'a mut C) -> Self {
        C::as_context(store)
    }
}

impl<'a, C: AsContextMut> From<&'a mut C> for StoreContextMut<'a, C::Data> {
    fn from(store: &'a mut C) -> Self {
        store.as_context_mut()
    }
}

impl<'a, T: 'static> From<StoreContextMut<'a, T>> for StoreContext<'a, T> {
    fn from(store: StoreContextMut<'a, T>) -> Self {
        StoreContext(store.0.into_shared())
    }
}
