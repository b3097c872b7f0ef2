//! Tags.

use super::store::{AsContext, AsContextMut};
use super::types::TagType;
use crate::error::Result;
use crate::vm::access;
use crate::vm::exceptions::TagPtr;
use crate::vm::store::StoreId;

/// A tag of a store: what kind of exception an [`ExnRef`](crate::ExnRef) is.
///
/// Two tags are equal if they are one and the same; having the same type makes them no more equal
/// than two functions.
///
/// # Panics
///
/// All methods panic if used with a store that the tag does not belong to.
///
/// ```
/// use trapline::{Engine, FuncType, Instance, Module, Store, Tag, TagType, ValType};
///
/// let engine = Engine::default();
/// let mut store = Store::new(&engine, ());
/// let ty = TagType::new(FuncType::new([ValType::I32], []));
/// let tag = Tag::new(&mut store, &ty)?;
/// let module = Module::new(
///     &engine,
///     r#"(module (import "host" "error" (tag $error (param i32))) (export "error" (tag $error)))"#,
/// )?;
/// let instance = Instance::new(&mut store, &module, &[tag.into()])?;
/// assert_eq!(instance.get_tag(&mut store, "error"), Some(tag));
/// assert_eq!(tag.ty(&store), ty);
/// # Ok::<(), trapline::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tag {
    store: StoreId,
    pointer: TagPtr,
}

impl Tag {
    /// A new tag.
    ///
    /// # Errors
    ///
    /// If the type has results: exceptions carry parameters only.
    pub fn new(mut store: impl AsContextMut, ty: &TagType) -> Result<Tag> {
        let mut store = store.as_context_mut().into_inner();
        let mut store = store.opaque();
        let pointer = access::new_tag(&mut store, ty.ty())?;
        let store = store.id;
        Ok(Tag { store, pointer })
    }

    pub(crate) fn from_pointer(store: StoreId, pointer: TagPtr) -> Tag {
        Tag { store, pointer }
    }

    pub(crate) fn store_id(&self) -> StoreId {
        self.store
    }

    pub(crate) fn pointer(&self) -> TagPtr {
        self.pointer
    }

    /// The type.
    pub fn ty(&self, store: impl AsContext) -> TagType {
        let store = store.as_context().into_inner().opaque();
        store.check(self.store);
        TagType::new((*self.pointer.ty(store)).clone())
    }

    /// What the module that defines the tag calls it: by its name section, or else by the name of
    /// an export.
    pub fn name(&self, store: impl AsContext) -> Option<String> {
        let store = store.as_context().into_inner().opaque();
        store.check(self.store);
        access::tag_name(store, self.pointer)
    }
}
