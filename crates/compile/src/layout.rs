//! The records that compiled code and the runtime share, by byte offset.
//!
//! Compiled code addresses everything through the *vmctx*, a block of memory that every instance
//! has one of. The runtime declares the same records as `#[repr(C)]` structs and checks them
//! against the constants here at compile time. All fields are little endian and naturally
//! aligned; pointers have 8 bytes.
//!
//! ```text
//! vmctx ->  +-----------------------------+
//!           | header                      |  magic, store context, builtins
//!           | signature identifiers       |  u32 per SignatureIndex: the engine's number for it
//!           | imported functions          |  FunctionImport per imported function
//!           | imported tables             |  pointer to a Table
//!           | imported memories           |  pointer to a Memory
//!           | imported globals            |  pointer to a Global
//!           | imported tags               |  pointer to a Tag
//!           | defined tables              |  Table
//!           | defined memories            |  Memory
//!           | defined globals             |  Global
//!           | defined tags                |  Tag
//!           | function references         |  FuncRef per FuncRefIndex
//!           | host callees                |  HostCallee per imported function
//!           +-----------------------------+
//! ```
//!
//! A function is called with the vmctx of its own instance as the first argument. For a
//! function of the host that vmctx is a [`host_callee`], which starts with the same header
//! fields, so that an exit trampoline finds the store context at one offset in both.

use crate::module::ModuleInfo;
use crate::types::*;
use cranelift_entity::EntityRef;

/// The header of a vmctx.
pub mod header {
    /// `u32`: [`MAGIC`], so that a wild pointer is noticed.
    pub const MAGIC_FIELD: u32 = 0;
    /// `*mut StoreContext`.
    pub const STORE_CONTEXT: u32 = 8;
    /// `*const [fn; n]`: the builtins, in the order of [`crate::builtins::Builtin`].
    pub const BUILTINS: u32 = 16;
    /// Size in bytes.
    pub const SIZE: u32 = 24;
    /// The header's first word in the vmctx of an instance.
    pub const MAGIC: u32 = u32::from_le_bytes(*b"inst");
}

/// What compiled code needs of a store.
pub mod store_context {
    /// `*mut Activation`: the innermost entry into the guest, null outside of any.
    pub const ACTIVATION: u32 = 0;
    /// `usize`: frame pointer of the guest frame that last left for the host.
    pub const EXIT_FP: u32 = 8;
    /// `usize`: the address that frame will be returned to.
    pub const EXIT_PC: u32 = 16;
    /// `usize`: the lowest stack pointer at which a function of the host may still be called.
    pub const HOST_STACK_LIMIT: u32 = 24;
    /// Size in bytes.
    pub const SIZE: u32 = 32;
}

/// How a module calls an imported function.
pub mod function_import {
    /// Code address, to be called in the guest's convention.
    pub const CODE: u32 = 0;
    /// The vmctx to pass.
    pub const VMCTX: u32 = 8;
    /// Size in bytes.
    pub const SIZE: u32 = 16;
}

/// What a non-null `funcref` points to.
pub mod func_ref {
    /// Code address, to be called in the guest's convention.
    pub const CODE: u32 = 0;
    /// The vmctx to pass.
    pub const VMCTX: u32 = 8;
    /// `u32`: the engine's number for its type. A null reference is told by the fault that
    /// reading this field raises.
    pub const SIGNATURE: u32 = 16;
    /// `u32`: the function's `FuncIndex` in its module, `u32::MAX` for one of the host.
    pub const FUNC_INDEX: u32 = 20;
    /// Entry trampoline for the type, or null until a module that has one joins the store.
    pub const ENTRY: u32 = 24;
    /// Size in bytes.
    pub const SIZE: u32 = 32;
}

/// A table: the elements are 8 bytes each, a pointer to a [`func_ref`] or the number of an
/// externref or exnref.
pub mod table {
    /// Address of the first element.
    pub const BASE: u32 = 0;
    /// `u64`: number of elements.
    pub const LENGTH: u32 = 8;
    /// Size in bytes.
    pub const SIZE: u32 = 16;
    /// Size of an element in bytes.
    pub const ELEMENT_SIZE: u32 = 8;
}

/// A linear memory.
pub mod memory {
    /// Address of its first byte; it never changes during the life of a store.
    pub const BASE: u32 = 0;
    /// `u64`: size in bytes.
    pub const LENGTH: u32 = 8;
    /// Size in bytes.
    pub const SIZE: u32 = 16;
}

/// A global: its value, little endian, in the first bytes.
pub mod global {
    /// Size in bytes, also its alignment.
    pub const SIZE: u32 = 16;
}

/// A tag. Its address is what tells it from other tags.
pub mod tag {
    /// `u32`: the engine's number for its type.
    pub const SIGNATURE: u32 = 0;
    /// Size in bytes.
    pub const SIZE: u32 = 8;
}

/// The vmctx of a function of the host.
pub mod host_callee {
    /// `u32`: [`MAGIC`].
    pub const MAGIC_FIELD: u32 = 0;
    /// `*mut StoreContext`, at the same place as in an instance's vmctx.
    pub const STORE_CONTEXT: u32 = super::header::STORE_CONTEXT;
    /// `unsafe extern "C" fn(*mut HostCallee, *mut RawVal) -> u32`: takes the arguments from the
    /// slots and leaves the results there; other than 0 means that it failed, and that the
    /// activation holds the error.
    pub const ENTRY: u32 = 16;
    /// The host's own data for the call.
    pub const DATA: u32 = 24;
    /// The vmctx of the instance that imported the function, null if none did.
    pub const CALLER: u32 = 32;
    /// Size in bytes.
    pub const SIZE: u32 = 40;
    /// The first word.
    pub const MAGIC: u32 = u32::from_le_bytes(*b"host");
}

/// Size in bytes of a slot through which a value crosses between the host and a trampoline.
pub const RAW_VALUE_SIZE: u32 = 16;

/// Size in bytes of a wasm page.
pub const WASM_PAGE_SIZE: u64 = 65536;

/// How 32-bit memories are laid out: so many bytes of address space are reserved from their
/// first byte, which covers any 32-bit address, ...
pub const MEMORY_RESERVATION: u64 = 1 << 32;

/// ... and so many more that are never accessible follow, which covers a constant offset and the
/// size of an access. Larger offsets are checked.
pub const MEMORY_GUARD: u64 = 32 << 20;

/// Addresses below this are never mapped, so that reading a field of a null record faults.
pub const NULL_PAGE: u64 = 4096;

/// Where the records of one module's vmctx lie, in bytes from its start.
#[derive(Clone, Debug)]
pub struct VmctxLayout {
    signatures: u32,
    imported_functions: u32,
    imported_tables: u32,
    imported_memories: u32,
    imported_globals: u32,
    imported_tags: u32,
    defined_tables: u32,
    defined_memories: u32,
    defined_globals: u32,
    defined_tags: u32,
    func_refs: u32,
    host_callees: u32,
    size: u32,
    num_imported_tables: u32,
    num_imported_memories: u32,
    num_imported_globals: u32,
    num_imported_tags: u32,
}

impl VmctxLayout {
    /// The layout for a module. `None` if it would not fit in 31 bits, which `wasmparser`'s
    /// limits on the number of items exclude, or if the numbers of items contradict each other:
    /// neither is true of a module that was compiled, but both may be of a forged one.
    pub fn new(info: &ModuleInfo) -> Option<VmctxLayout> {
        const TOO_LARGE: u64 = 1 << 31;
        let defined_tables = info.tables.len().checked_sub(info.num_imported_tables)?;
        let defined_memories = info
            .memories
            .len()
            .checked_sub(info.num_imported_memories)?;
        let defined_globals = info.globals.len().checked_sub(info.num_imported_globals)?;
        let defined_tags = info.tags.len().checked_sub(info.num_imported_tags)?;
        let mut end = u64::from(header::SIZE);
        let mut place = |count: usize, size: u32, align: u64| {
            let start = end.next_multiple_of(align);
            end = start.saturating_add((count as u64).saturating_mul(size.into()));
            end = end.min(TOO_LARGE);
            start as u32
        };
        let signatures = place(info.signatures.len(), 4, 4);
        let imported_functions = place(info.num_imported_functions, function_import::SIZE, 8);
        let imported_tables = place(info.num_imported_tables, 8, 8);
        let imported_memories = place(info.num_imported_memories, 8, 8);
        let imported_globals = place(info.num_imported_globals, 8, 8);
        let imported_tags = place(info.num_imported_tags, 8, 8);
        let defined_tables = place(defined_tables, table::SIZE, 8);
        let defined_memories = place(defined_memories, memory::SIZE, 8);
        let defined_globals = place(defined_globals, global::SIZE, 16);
        let defined_tags = place(defined_tags, tag::SIZE, 8);
        let func_refs = place(info.num_func_refs as usize, func_ref::SIZE, 8);
        let host_callees = place(info.num_imported_functions, host_callee::SIZE, 8);
        let size = place(0, 0, 16);
        (end < TOO_LARGE).then_some(VmctxLayout {
            signatures,
            imported_functions,
            imported_tables,
            imported_memories,
            imported_globals,
            imported_tags,
            defined_tables,
            defined_memories,
            defined_globals,
            defined_tags,
            func_refs,
            host_callees,
            size,
            num_imported_tables: info.num_imported_tables as u32,
            num_imported_memories: info.num_imported_memories as u32,
            num_imported_globals: info.num_imported_globals as u32,
            num_imported_tags: info.num_imported_tags as u32,
        })
    }

    /// Size of the vmctx in bytes; it is aligned to 16.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// Offset of the `u32` with the engine's number for a signature.
    pub fn signature(&self, index: SignatureIndex) -> u32 {
        self.signatures + index.as_u32() * 4
    }

    /// Offset of the [`function_import`] of an imported function.
    pub fn imported_function(&self, index: FuncIndex) -> u32 {
        self.imported_functions + index.as_u32() * function_import::SIZE
    }

    /// Offset of the [`host_callee`] that serves an imported function if the host provides it.
    pub fn host_callee(&self, index: FuncIndex) -> u32 {
        self.host_callees + index.as_u32() * host_callee::SIZE
    }

    /// Offset of a [`func_ref`].
    pub fn func_ref(&self, index: FuncRefIndex) -> u32 {
        self.func_refs + index.as_u32() * func_ref::SIZE
    }

    /// Where a [`table`] is found.
    pub fn table(&self, index: TableIndex) -> Place {
        place_of(
            index.index() as u32,
            self.num_imported_tables,
            self.imported_tables,
            self.defined_tables,
            table::SIZE,
        )
    }

    /// Where a [`memory`] is found.
    pub fn memory(&self, index: MemoryIndex) -> Place {
        place_of(
            index.index() as u32,
            self.num_imported_memories,
            self.imported_memories,
            self.defined_memories,
            memory::SIZE,
        )
    }

    /// Where a [`global`] is found.
    pub fn global(&self, index: GlobalIndex) -> Place {
        place_of(
            index.index() as u32,
            self.num_imported_globals,
            self.imported_globals,
            self.defined_globals,
            global::SIZE,
        )
    }

    /// Where a [`tag`] is found.
    pub fn tag(&self, index: TagIndex) -> Place {
        place_of(
            index.index() as u32,
            self.num_imported_tags,
            self.imported_tags,
            self.defined_tags,
            tag::SIZE,
        )
    }
}

/// Where a record is found, from the start of the vmctx.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The record itself lies at this offset.
    Own(u32),
    /// A pointer to the record lies at this offset.
    Imported(u32),
}

fn place_of(index: u32, imported: u32, pointers: u32, records: u32, size: u32) -> Place {
    match index.checked_sub(imported) {
        Some(defined) => Place::Own(records + defined * size),
        None => Place::Imported(pointers + index * 8),
    }
}
