//! Exceptions.

use super::store::{AsContext, AsContextMut};
use super::tag::Tag;
use super::val::Val;
use crate::error::Result;
use crate::vm::exceptions::{self, Handle};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// An exception: a [`Tag`] that says what kind it is, and the values that it carries.
///
/// Clones refer to the same exception, which lives in a store for as long as one of them does or
/// a guest may hold it. A function of the host throws by returning one as its error, see
/// [`ThrownException`](crate::ThrownException); and one that was thrown and not caught is the
/// error of the call, [`Error::exception`](crate::Error::exception).
///
/// # Panics
///
/// All methods panic if used with a store that the exception does not belong to.
///
/// ```
/// use trapline::{AsContextMut, Caller, Engine, Error, ExnRef, FuncType, Linker, Module, Store};
/// use trapline::{Tag, TagType, Val, ValType};
///
/// let engine = Engine::default();
/// let mut store = Store::new(&engine, ());
/// let ty = TagType::new(FuncType::new([ValType::I32], []));
/// let error = Tag::new(&mut store, &ty)?;
///
/// // A function of the host throws ...
/// let mut linker = Linker::new(&engine);
/// linker.define(&store, "host", "error", error)?;
/// linker.func_wrap("host", "open", move |mut caller: Caller<'_, ()>, path: i32| {
///     let exception = ExnRef::new(&mut caller, &error, &[Val::I32(100 + path)])?;
///     Ok::<(), Error>(caller.throw(exception)?)
/// })?;
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (import "host" "error" (tag $error (param i32)))
///         (import "host" "open" (func $open (param i32)))
///         ;; ... which the guest catches ...
///         (func (export "catch") (result i32)
///             (block $caught (result i32)
///                 (try_table (catch $error $caught) (call $open (i32.const 1)))
///                 (i32.const 0)))
///         ;; ... or does not.
///         (func (export "pass") (call $open (i32.const 2))))"#,
/// )?;
/// let instance = linker.instantiate(&mut store, &module)?;
/// let catch = instance.get_typed_func::<(), i32>(&mut store, "catch")?;
/// assert_eq!(catch.call(&mut store, ())?, 101);
///
/// let pass = instance.get_typed_func::<(), ()>(&mut store, "pass")?;
/// let failure = pass.call(&mut store, ()).unwrap_err();
/// let exception = failure.exception().unwrap().exn();
/// assert_eq!(exception.tag(&store), error);
/// assert_eq!(exception.field(&store, 0).unwrap().unwrap_i32(), 102);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct ExnRef(Arc<Handle>);

impl ExnRef {
    /// A new exception with fields of the types that the tag says.
    ///
    /// # Errors
    ///
    /// If the fields are not of these types, or there are too many exceptions.
    pub fn new(mut store: impl AsContextMut, tag: &Tag, fields: &[Val]) -> Result<ExnRef> {
        let mut store = store.as_context_mut().into_inner();
        let mut store = store.opaque();
        store.check(tag.store_id());
        exceptions::new_exception(&mut store, tag.pointer(), fields)
    }

    pub(crate) fn from_handle(handle: Arc<Handle>) -> ExnRef {
        ExnRef(handle)
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.0
    }

    /// The tag.
    pub fn tag(&self, store: impl AsContext) -> Tag {
        let store = store.as_context().into_inner().opaque();
        Tag::from_pointer(self.0.store, store.exception_tag(&self.0))
    }

    /// One of the values that it carries, `None` if there are not so many.
    pub fn field(&self, store: impl AsContext, index: usize) -> Option<Val> {
        let store = store.as_context().into_inner().opaque();
        store.exception_field(&self.0, index)
    }

    /// The values that it carries.
    pub fn fields(&self, store: impl AsContext) -> Vec<Val> {
        let store = store.as_context();
        (0..).map_while(|index| self.field(store, index)).collect()
    }

    /// Whether both refer to the same exception.
    pub fn ptr_eq(&self, other: &ExnRef) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Equal are references to the same exception.
impl PartialEq for ExnRef {
    fn eq(&self, other: &ExnRef) -> bool {
        self.ptr_eq(other)
    }
}

impl Eq for ExnRef {}

impl Hash for ExnRef {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.number.hash(state);
    }
}

impl fmt::Debug for ExnRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExnRef({})", self.0.number)
    }
}
