//! The records that compiled code reads and writes, as Rust sees them.
//!
//! `trapline_compile::layout` says where every field lies; the assertions at the end of this file
//! hold these structs to it. All pointers in them are null or point to memory that lives, and
//! stays where it is, for as long as the store does.

use super::raw_val::RawVal;
pub(crate) use super::store_context::StoreContext;

/// The fields that every vmctx begins with, be it of an instance or of a function of the host.
#[repr(C)]
pub(crate) struct VmHeader {
    /// Which of the two it is.
    pub magic: u32,
    /// The store.
    pub store_context: *mut StoreContext,
}

/// The header of an instance's vmctx.
#[repr(C)]
pub(crate) struct InstanceHeader {
    /// [`INSTANCE_MAGIC`].
    pub magic: u32,
    /// The store.
    pub store_context: *mut StoreContext,
    /// The table of builtins.
    pub builtins: *const super::builtins::BuiltinTable,
}

/// The first word of an instance's vmctx.
pub(crate) const INSTANCE_MAGIC: u32 = trapline_compile::layout::header::MAGIC;

/// The first word of the vmctx of a function of the host.
pub(crate) const HOST_MAGIC: u32 = trapline_compile::layout::host_callee::MAGIC;

/// How an instance calls an imported function.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct VmFunctionImport {
    /// Code address, to be called in the guest's convention.
    pub code: *const u8,
    /// The vmctx to pass.
    pub vmctx: *mut VmHeader,
}

/// What a non-null `funcref` points to.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct VmFuncRef {
    /// Code address, to be called in the guest's convention. Null for a function of the host
    /// until a module that has its signature joins the store.
    pub code: *const u8,
    /// The vmctx to pass.
    pub vmctx: *mut VmHeader,
    /// The engine's number for its type.
    pub signature: u32,
    /// Its index in its module, or [`HOST_FUNCTION`].
    pub func_index: u32,
    /// Entry trampoline for its type. Null for a function of the host.
    pub entry: *const u8,
}

/// The `func_index` of a function of the host.
pub(crate) const HOST_FUNCTION: u32 = u32::MAX;

/// A table.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct VmTable {
    /// Address of the first element.
    pub base: *mut u64,
    /// Number of elements.
    pub length: u64,
}

/// A linear memory.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct VmMemory {
    /// Address of its first byte.
    pub base: *mut u8,
    /// Size in bytes.
    pub length: u64,
}

/// A global: its value stands in the first bytes.
#[repr(C, align(16))]
#[derive(Clone, Copy)]
pub(crate) struct VmGlobal {
    /// The value.
    pub value: RawVal,
}

/// A tag, told from others by where it lies.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct VmTag {
    /// The engine's number for its type.
    pub signature: u32,
    /// Zero.
    pub _reserved: u32,
}

/// How an exit trampoline calls a function of the host. Returns 0 if all went well.
pub(crate) type HostEntry = unsafe extern "C" fn(*mut HostCallee, *mut RawVal) -> u32;

/// The vmctx of a function of the host.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct HostCallee {
    /// [`HOST_MAGIC`].
    pub magic: u32,
    /// The store.
    pub store_context: *mut StoreContext,
    /// What runs it.
    pub entry: HostEntry,
    /// The function that is called.
    pub data: *const super::host_func::HostFuncHead,
    /// The vmctx of the instance that imported it, null if none did.
    pub caller: *mut InstanceHeader,
}

const _: () = {
    use std::mem::{align_of, offset_of, size_of};
    use trapline_compile::layout;

    assert!(offset_of!(VmHeader, magic) == layout::header::MAGIC_FIELD as usize);
    assert!(offset_of!(VmHeader, store_context) == layout::header::STORE_CONTEXT as usize);
    assert!(offset_of!(InstanceHeader, magic) == layout::header::MAGIC_FIELD as usize);
    assert!(offset_of!(InstanceHeader, store_context) == layout::header::STORE_CONTEXT as usize);
    assert!(offset_of!(InstanceHeader, builtins) == layout::header::BUILTINS as usize);
    assert!(size_of::<InstanceHeader>() == layout::header::SIZE as usize);

    assert!(offset_of!(VmFunctionImport, code) == layout::function_import::CODE as usize);
    assert!(offset_of!(VmFunctionImport, vmctx) == layout::function_import::VMCTX as usize);
    assert!(size_of::<VmFunctionImport>() == layout::function_import::SIZE as usize);

    assert!(offset_of!(VmFuncRef, code) == layout::func_ref::CODE as usize);
    assert!(offset_of!(VmFuncRef, vmctx) == layout::func_ref::VMCTX as usize);
    assert!(offset_of!(VmFuncRef, signature) == layout::func_ref::SIGNATURE as usize);
    assert!(offset_of!(VmFuncRef, func_index) == layout::func_ref::FUNC_INDEX as usize);
    assert!(offset_of!(VmFuncRef, entry) == layout::func_ref::ENTRY as usize);
    assert!(size_of::<VmFuncRef>() == layout::func_ref::SIZE as usize);

    assert!(offset_of!(VmTable, base) == layout::table::BASE as usize);
    assert!(offset_of!(VmTable, length) == layout::table::LENGTH as usize);
    assert!(size_of::<VmTable>() == layout::table::SIZE as usize);

    assert!(offset_of!(VmMemory, base) == layout::memory::BASE as usize);
    assert!(offset_of!(VmMemory, length) == layout::memory::LENGTH as usize);
    assert!(size_of::<VmMemory>() == layout::memory::SIZE as usize);

    assert!(size_of::<VmGlobal>() == layout::global::SIZE as usize);
    assert!(align_of::<VmGlobal>() == layout::global::SIZE as usize);

    assert!(offset_of!(VmTag, signature) == layout::tag::SIGNATURE as usize);
    assert!(size_of::<VmTag>() == layout::tag::SIZE as usize);

    assert!(offset_of!(HostCallee, magic) == layout::host_callee::MAGIC_FIELD as usize);
    assert!(offset_of!(HostCallee, store_context) == layout::host_callee::STORE_CONTEXT as usize);
    assert!(offset_of!(HostCallee, entry) == layout::host_callee::ENTRY as usize);
    assert!(offset_of!(HostCallee, data) == layout::host_callee::DATA as usize);
    assert!(offset_of!(HostCallee, caller) == layout::host_callee::CALLER as usize);
    assert!(size_of::<HostCallee>() == layout::host_callee::SIZE as usize);

    assert!(size_of::<RawVal>() == layout::RAW_VALUE_SIZE as usize);
    assert!(align_of::<RawVal>() == 16);
};
