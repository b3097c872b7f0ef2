//! The block of memory through which an instance's code reaches everything.
//!
//! ```text
//!           +---------------------+
//!           | Prefix              |  for the runtime: which instance this is
//! vmctx ->  +---------------------+
//!           | as laid out by      |
//!           | VmctxLayout         |
//!           +---------------------+
//! ```

use super::context::{
    HostCallee, InstanceHeader, StoreContext, VmFuncRef, VmFunctionImport, VmTag,
};
use super::exceptions::TagPtr;
use super::global::GlobalRef;
use super::memory::MemoryRef;
use super::table::TableRef;
use std::alloc::{self, Layout};
use std::ptr::NonNull;
use trapline_compile::layout::{Place, VmctxLayout};
use trapline_compile::types::{
    FuncIndex, FuncRefIndex, GlobalIndex, MemoryIndex, TableIndex, TagIndex,
};

/// What the runtime keeps in front of a vmctx.
#[repr(C, align(16))]
struct Prefix {
    /// The layout, which the instance's module owns.
    layout: *const VmctxLayout,
    /// Index of the instance in its store.
    instance: u32,
}

/// The vmctx of an instance. Every value of this type points to one that lives: it is freed only
/// with its store.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Vmctx(NonNull<InstanceHeader>);

// SAFETY: this is an address. What lies there is only used by those who have access to the store.
unsafe impl Send for Vmctx {}
// SAFETY: as above.
unsafe impl Sync for Vmctx {}

impl Vmctx {
    fn allocation(layout: &VmctxLayout) -> Layout {
        let size = size_of::<Prefix>() + layout.size() as usize;
        // The size is at most 2^31 + 16, and 16 is a power of two.
        Layout::from_size_align(size, align_of::<Prefix>()).expect("a vmctx fits the address space")
    }

    /// A vmctx with all bytes zero, for an instance of the module that owns the layout. `None` if
    /// there is no memory for it.
    ///
    /// # Safety
    ///
    /// The layout outlives the result.
    pub unsafe fn allocate(layout: &VmctxLayout, instance: u32) -> Option<Vmctx> {
        // SAFETY: the size is not zero, since the prefix has some.
        let start = NonNull::new(unsafe { alloc::alloc_zeroed(Self::allocation(layout)) })?;
        let prefix = start.cast::<Prefix>();
        // SAFETY: the prefix lies at the start of the allocation, which is aligned for it, and the
        // vmctx after it.
        unsafe {
            prefix.write(Prefix { layout, instance });
            Some(Vmctx(prefix.add(1).cast()))
        }
    }

    /// Frees it.
    ///
    /// # Safety
    ///
    /// Nothing uses it afterwards.
    pub unsafe fn free(self) {
        let allocation = Self::allocation(self.layout());
        // SAFETY: the prefix is where the allocation begins, and its size follows from the layout.
        unsafe { alloc::dealloc(self.prefix().as_ptr().cast(), allocation) };
    }

    /// The vmctx at an address.
    ///
    /// # Safety
    ///
    /// There is one, and it lives.
    pub unsafe fn from_raw(address: *mut InstanceHeader) -> Vmctx {
        // SAFETY: no vmctx lies at null.
        Vmctx(unsafe { NonNull::new_unchecked(address) })
    }

    /// Its address.
    pub fn as_ptr(self) -> *mut InstanceHeader {
        self.0.as_ptr()
    }

    fn prefix(self) -> NonNull<Prefix> {
        // SAFETY: a prefix lies in front of each vmctx, in the same allocation.
        unsafe { self.0.cast::<Prefix>().sub(1) }
    }

    /// How it is laid out.
    pub fn layout<'a>(self) -> &'a VmctxLayout {
        // SAFETY: the layout outlives the vmctx, and so all uses of it by who promised that.
        unsafe { &*(*self.prefix().as_ptr()).layout }
    }

    /// Index of the instance in its store.
    pub fn instance(self) -> u32 {
        // SAFETY: the prefix was written when the vmctx was allocated.
        unsafe { (*self.prefix().as_ptr()).instance }
    }

    /// The store.
    pub fn store_context(self) -> NonNull<StoreContext> {
        // SAFETY: the header is written before a vmctx is used, with a context that is not null.
        unsafe { NonNull::new_unchecked((*self.0.as_ptr()).store_context) }
    }

    fn at<R>(self, offset: u32) -> NonNull<R> {
        // SAFETY: callers take the offset from the layout: it is within the allocation.
        unsafe { self.0.cast::<u8>().add(offset as usize).cast() }
    }

    fn place<R>(self, place: Place) -> NonNull<R> {
        match place {
            Place::Own(offset) => self.at(offset),
            // SAFETY: the pointers to imported records are written before a vmctx is used, and
            // point to records of the same store.
            Place::Imported(offset) => unsafe { *self.at::<NonNull<R>>(offset).as_ptr() },
        }
    }

    /// Where the pointer to an imported record is to be written. `None` if the instance itself
    /// defines the item.
    pub fn import_slot<R>(self, place: Place) -> Option<NonNull<NonNull<R>>> {
        match place {
            Place::Own(_) => None,
            Place::Imported(offset) => Some(self.at(offset)),
        }
    }

    /// A table.
    pub fn table(self, index: TableIndex) -> TableRef {
        // SAFETY: all records that a vmctx leads to live as long as the store.
        unsafe { TableRef::new(self.place(self.layout().table(index))) }
    }

    /// A memory.
    pub fn memory(self, index: MemoryIndex) -> MemoryRef {
        // SAFETY: as for a table.
        unsafe { MemoryRef::new(self.place(self.layout().memory(index))) }
    }

    /// A global.
    pub fn global(self, index: GlobalIndex) -> GlobalRef {
        // SAFETY: as for a table.
        unsafe { GlobalRef::new(self.place(self.layout().global(index))) }
    }

    /// A tag.
    pub fn tag(self, index: TagIndex) -> TagPtr {
        // SAFETY: as for a table.
        unsafe { TagPtr::new(self.place(self.layout().tag(index))) }
    }

    /// Where the record of a tag is to be written. `None` if it is imported.
    pub fn tag_record(self, index: TagIndex) -> Option<NonNull<VmTag>> {
        match self.layout().tag(index) {
            Place::Own(offset) => Some(self.at(offset)),
            Place::Imported(_) => None,
        }
    }

    /// A function reference.
    pub fn func_ref(self, index: FuncRefIndex) -> NonNull<VmFuncRef> {
        self.at(self.layout().func_ref(index))
    }

    /// How an imported function is called.
    pub fn function_import(self, index: FuncIndex) -> NonNull<VmFunctionImport> {
        self.at(self.layout().imported_function(index))
    }

    /// The vmctx of an imported function, if the host provides it.
    pub fn host_callee(self, index: FuncIndex) -> NonNull<HostCallee> {
        self.at(self.layout().host_callee(index))
    }

    /// Where the engine's numbers for the module's signatures begin.
    pub fn signatures(self) -> NonNull<u32> {
        self.at(self
            .layout()
            .signature(trapline_compile::types::SignatureIndex::from_u32(0)))
    }

    /// Where the function references begin.
    pub fn func_refs(self) -> NonNull<VmFuncRef> {
        self.func_ref(FuncRefIndex::from_u32(0))
    }
}
