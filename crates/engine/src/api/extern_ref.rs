//! Values of the host that a guest can hold.

use std::any::Any;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A value of the host that a guest can hold and hand around, but not look into.
///
/// Clones refer to the same value. It belongs to no store; a store keeps it alive while a guest
/// may hold it, see [`Store::gc`](crate::Store::gc).
///
/// ```
/// use trapline::{Engine, ExternRef, Instance, Module, Store};
///
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module (func (export "same") (param externref) (result externref) (local.get 0)))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let same = instance.get_typed_func::<Option<ExternRef>, Option<ExternRef>>(&mut store, "same")?;
///
/// let name = ExternRef::new(String::from("trap"));
/// let back = same.call(&mut store, Some(name.clone()))?.unwrap();
/// assert_eq!(back, name);
/// assert_ne!(back, ExternRef::new(String::from("trap")));
/// assert_eq!(back.data().downcast_ref::<String>().unwrap(), "trap");
/// # Ok::<(), trapline::Error>(())
/// ```
#[derive(Clone)]
pub struct ExternRef(Arc<dyn Any + Send + Sync>);

impl ExternRef {
    /// Makes a value available to guests.
    pub fn new(value: impl Any + Send + Sync) -> ExternRef {
        ExternRef(Arc::new(value))
    }

    /// The value.
    pub fn data(&self) -> &(dyn Any + Send + Sync) {
        &*self.0
    }

    /// Whether both refer to the same value.
    pub fn ptr_eq(&self, other: &ExternRef) -> bool {
        self.address() == other.address()
    }

    /// What tells values apart: where the value lies.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }
}

/// Equal are references to the same value, whatever the value is.
impl PartialEq for ExternRef {
    fn eq(&self, other: &ExternRef) -> bool {
        self.ptr_eq(other)
    }
}

impl Eq for ExternRef {}

impl Hash for ExternRef {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.address().hash(state);
    }
}

impl fmt::Debug for ExternRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExternRef({:#x})", self.address())
    }
}
