//! Pointers to function references.

use super::context::VmFuncRef;
use super::items::Record;
use super::store::{OpaqueMut, StoreOpaque};
use std::ptr::{self, NonNull};
use trapline_compile::Code;
use trapline_compile::types::FuncIndex;

/// A function of some store. Every value of this type points to a `VmFuncRef` that lives as long
/// as its store; the holder must see to it that it is only used with that store.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FuncPtr(NonNull<VmFuncRef>);

// SAFETY: this is an address. What lies there is only used by those who have access to the store.
unsafe impl Send for FuncPtr {}
// SAFETY: as above.
unsafe impl Sync for FuncPtr {}

impl FuncPtr {
    /// # Safety
    ///
    /// It points to a `VmFuncRef` that lives as long as its store.
    pub(crate) unsafe fn new(pointer: NonNull<VmFuncRef>) -> FuncPtr {
        FuncPtr(pointer)
    }

    /// A function from its form in a table, a global or a slot; `None` if it is null.
    ///
    /// # Safety
    ///
    /// `raw` was made by [`to_raw`](Self::to_raw) or by compiled code for a `funcref`.
    pub(crate) unsafe fn from_raw(raw: u64) -> Option<FuncPtr> {
        NonNull::new(ptr::with_exposed_provenance_mut(raw as usize)).map(FuncPtr)
    }

    /// Its form in a table, a global or a slot.
    pub(crate) fn to_raw(self) -> u64 {
        self.0.as_ptr().expose_provenance() as u64
    }

    pub(crate) fn as_ptr(self) -> *mut VmFuncRef {
        self.0.as_ptr()
    }

    /// The record.
    ///
    /// # Safety
    ///
    /// The store lives, and nothing fills in the record's code address for as long as the result
    /// is used.
    #[inline]
    pub(crate) unsafe fn get<'a>(self) -> &'a VmFuncRef {
        // SAFETY: by the type's invariant.
        unsafe { self.0.as_ref() }
    }
}

impl OpaqueMut<'_> {
    /// Any function of an instance, whether or not the module has a reference to it. `None` if it
    /// has no such function.
    pub(crate) fn any_function(&mut self, instance: u32, func: FuncIndex) -> Option<FuncPtr> {
        let item = &self.instances[instance as usize];
        let function = item.module.info().functions.get(func)?;
        if function.func_ref.is_some() {
            return Some(item.func_ref(func));
        }
        let callee = item.callee(func);
        let made = self.made_func_refs.entry((instance, func));
        let record = made.or_insert_with(|| Record::new(callee));
        Some(FuncPtr(record.address()))
    }
}

impl StoreOpaque {
    /// The instance that defines a function, and the function's index in its module. `None` if it is
    /// the host's. The function is of this store.
    pub(crate) fn definition(&self, func: FuncPtr) -> Option<(u32, FuncIndex)> {
        // SAFETY: the store is borrowed, so it lives, and nothing is filled in meanwhile.
        self.callee_definition(unsafe { func.get() })
    }

    /// The same of what a call calls.
    pub(crate) fn callee_definition(&self, callee: &VmFuncRef) -> Option<(u32, FuncIndex)> {
        let vmctx = callee.vmctx.addr();
        let mut instances = self.instances.iter();
        // Its own record or that of another instance, which imports it: both have its vmctx and code.
        let index = instances.position(|instance| instance.vmctx.as_ptr().addr() == vmctx)?;
        let module = &self.instances[index].module;
        let offset = module.code().offset_of(callee.code.addr())?;
        match module.compiled().find(offset)? {
            Code::Function(function) => {
                Some((index as u32, module.info().function_index(function)))
            }
            _ => None,
        }
    }
}
