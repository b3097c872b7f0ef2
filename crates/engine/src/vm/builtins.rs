//! The functions that compiled code calls for what it does not do by itself.
//!
//! `trapline_compile::builtins` says what each is given and returns. The vmctx is that of the
//! instance whose code calls. Compiled code only passes indices that validation has checked;
//! addresses and lengths are the guest's and are checked here.

use super::context::InstanceHeader;
use super::host_func::panic_failure;
use super::instance::{ExportedItem, InstanceItem};
use super::limits;
use super::module::to_usize;
use super::segments;
use super::store::OpaqueMut;
use super::vmctx::Vmctx;
use crate::error::Result;
use crate::trap::{self, HostFailure};
use std::panic::{AssertUnwindSafe, catch_unwind};
use trapline_compile::builtins::{Builtin, FAILED};
use trapline_compile::module::{EntityIndex, SegmentMode};
use trapline_compile::types::{DataIndex, ElemIndex, MemoryIndex, TableIndex};

const COUNT: usize = Builtin::ALL.len();

/// The addresses of the builtins, in the order of [`Builtin::ALL`].
#[repr(transparent)]
pub(crate) struct BuiltinTable([*const (); COUNT]);

// SAFETY: addresses of functions.
unsafe impl Sync for BuiltinTable {}

static TABLE: BuiltinTable = BuiltinTable({
    let mut table = [std::ptr::null(); COUNT];
    let mut index = 0;
    while index < COUNT {
        table[index] = address(Builtin::ALL[index]);
        index += 1;
    }
    table
});

/// The table of builtins.
pub(crate) fn table() -> *const BuiltinTable {
    &raw const TABLE
}

const fn address(builtin: Builtin) -> *const () {
    match builtin {
        Builtin::MemoryGrow => memory_grow as *const (),
        Builtin::MemoryCopy => memory_copy as *const (),
        Builtin::MemoryFill => memory_fill as *const (),
        Builtin::MemoryInit => memory_init as *const (),
        Builtin::DataDrop => data_drop as *const (),
        Builtin::TableGrow => table_grow as *const (),
        Builtin::TableFill => table_fill as *const (),
        Builtin::TableCopy => table_copy as *const (),
        Builtin::TableInit => table_init as *const (),
        Builtin::ElemDrop => elem_drop as *const (),
        Builtin::Throw => trap::throw_stub as *const (),
        Builtin::ThrowRef => trap::throw_ref_stub as *const (),
    }
}

/// What every builtin does last: the guest may have been interrupted meanwhile.
///
/// # Safety
///
/// Called from a builtin that guest code called with this vmctx.
#[inline]
unsafe fn back_to_guest<R>(vmctx: *mut InstanceHeader, result: R) -> R {
    // SAFETY: the guest waits for the builtin, and its store lives.
    if unsafe { (*(*vmctx).store_context).wants_attention() } {
        trap::step_into_guest();
    }
    result
}

/// How a builtin says whether it could do what it was asked.
fn flag(done: Option<()>) -> u32 {
    u32::from(done.is_some())
}

/// Runs a part of a builtin that may call the embedder's code. What goes wrong there is parked.
///
/// # Safety
///
/// Called from a builtin that guest code called with this vmctx.
unsafe fn guarded(
    vmctx: *mut InstanceHeader,
    body: impl FnOnce(&mut OpaqueMut<'_>, Vmctx) -> Result<Option<u64>>,
) -> i64 {
    // SAFETY: the caller says so.
    let vmctx = unsafe { Vmctx::from_raw(vmctx) };
    let context = vmctx.store_context();
    let result = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the guest waits for the builtin: nothing else uses the store.
        let mut store = unsafe { OpaqueMut::from_context(context) };
        body(&mut store, vmctx)
    }));
    let failure = match result {
        Ok(Ok(old)) => {
            let old = old.map_or(-1, |old| old as i64);
            // SAFETY: as the caller says.
            return unsafe { back_to_guest(vmctx.as_ptr(), old) };
        }
        Ok(Err(error)) => HostFailure::Error(Box::new(error)),
        Err(panic) => panic_failure(panic),
    };
    // SAFETY: called from a builtin that guest code of this store called.
    unsafe { trap::park(context, failure) };
    FAILED
}

/// Looks something up in the calling instance.
///
/// # Safety
///
/// Called from a builtin that guest code called with this vmctx.
unsafe fn with_instance<R>(vmctx: Vmctx, body: impl FnOnce(&mut InstanceItem) -> R) -> R {
    // SAFETY: the guest waits for the builtin: nothing else uses the store.
    let mut store = unsafe { OpaqueMut::from_context(vmctx.store_context()) };
    let result = body(&mut store.instances[vmctx.instance() as usize]);
    // SAFETY: this is the last thing that those builtins do which come here.
    unsafe { back_to_guest(vmctx.as_ptr(), result) }
}

// SAFETY of all functions below: guest code calls them with its own vmctx, and waits for them; so
// nothing else uses the store, and in particular no memory or table of it.

unsafe extern "C" fn memory_grow(vmctx: *mut InstanceHeader, memory: u32, pages: u64) -> i64 {
    // SAFETY: see above.
    unsafe {
        guarded(vmctx, |store, vmctx| {
            let entity = EntityIndex::Memory(MemoryIndex::from_u32(memory));
            match store.instances[vmctx.instance() as usize].item(entity) {
                ExportedItem::Memory(id) => limits::grow_memory(store, id, pages),
                _ => Ok(None),
            }
        })
    }
}

unsafe extern "C" fn memory_copy(
    vmctx: *mut InstanceHeader,
    to_memory: u32,
    from_memory: u32,
    to: u64,
    from: u64,
    length: u64,
) -> u32 {
    // SAFETY: see above.
    unsafe {
        let vmctx = Vmctx::from_raw(vmctx);
        let target = vmctx.memory(MemoryIndex::from_u32(to_memory));
        let source = vmctx.memory(MemoryIndex::from_u32(from_memory));
        back_to_guest(vmctx.as_ptr(), flag(target.copy(source, to, from, length)))
    }
}

unsafe extern "C" fn memory_fill(
    vmctx: *mut InstanceHeader,
    memory: u32,
    to: u64,
    byte: u32,
    length: u64,
) -> u32 {
    // SAFETY: see above.
    unsafe {
        let memory = Vmctx::from_raw(vmctx).memory(MemoryIndex::from_u32(memory));
        back_to_guest(vmctx, flag(memory.fill(to, byte as u8, length)))
    }
}

unsafe extern "C" fn memory_init(
    vmctx: *mut InstanceHeader,
    memory: u32,
    segment: u32,
    to: u64,
    from: u32,
    length: u32,
) -> u32 {
    // SAFETY: see above.
    unsafe {
        let vmctx = Vmctx::from_raw(vmctx);
        with_instance(vmctx, |instance| {
            let index = DataIndex::from_u32(segment);
            let bytes = data_segment(instance, index);
            let end = u64::from(from) + u64::from(length);
            let done = bytes
                .get(from as usize..end as usize)
                .and_then(|bytes| vmctx.memory(MemoryIndex::from_u32(memory)).write(to, bytes));
            flag(done)
        })
    }
}

/// The bytes of a segment; none if it was dropped, as active ones are after instantiation.
fn data_segment(instance: &InstanceItem, index: DataIndex) -> &[u8] {
    let segment = &instance.module.info().data[index];
    match segment.mode {
        SegmentMode::Passive if !instance.dropped_data.has_data(index) => {
            &instance.module.compiled().wasm()[to_usize(&segment.bytes)]
        }
        _ => &[],
    }
}

unsafe extern "C" fn data_drop(vmctx: *mut InstanceHeader, segment: u32) {
    // SAFETY: see above.
    unsafe {
        with_instance(Vmctx::from_raw(vmctx), |instance| {
            instance
                .dropped_data
                .drop_data(DataIndex::from_u32(segment));
        });
    }
}

unsafe extern "C" fn table_grow(
    vmctx: *mut InstanceHeader,
    table: u32,
    value: u64,
    delta: u64,
) -> i64 {
    // SAFETY: see above. The value is of the table's type, as validation saw to.
    unsafe {
        guarded(vmctx, |store, vmctx| {
            let entity = EntityIndex::Table(TableIndex::from_u32(table));
            match store.instances[vmctx.instance() as usize].item(entity) {
                ExportedItem::Table(id) => limits::grow_table(store, id, delta, value),
                _ => Ok(None),
            }
        })
    }
}

unsafe extern "C" fn table_fill(
    vmctx: *mut InstanceHeader,
    table: u32,
    to: u64,
    value: u64,
    length: u64,
) -> u32 {
    // SAFETY: see above. The value is of the table's type, as validation saw to.
    unsafe {
        let table = Vmctx::from_raw(vmctx).table(TableIndex::from_u32(table));
        back_to_guest(vmctx, flag(table.fill(to, value, length)))
    }
}

unsafe extern "C" fn table_copy(
    vmctx: *mut InstanceHeader,
    to_table: u32,
    from_table: u32,
    to: u64,
    from: u64,
    length: u64,
) -> u32 {
    // SAFETY: see above. The types agree, as validation saw to.
    unsafe {
        let vmctx = Vmctx::from_raw(vmctx);
        let target = vmctx.table(TableIndex::from_u32(to_table));
        let source = vmctx.table(TableIndex::from_u32(from_table));
        back_to_guest(vmctx.as_ptr(), flag(target.copy(source, to, from, length)))
    }
}

unsafe extern "C" fn table_init(
    vmctx: *mut InstanceHeader,
    table: u32,
    segment: u32,
    to: u64,
    from: u32,
    length: u32,
) -> u32 {
    // SAFETY: see above. The segment is of the table's type, as validation saw to.
    unsafe {
        let vmctx = Vmctx::from_raw(vmctx);
        with_instance(vmctx, |instance| {
            let index = ElemIndex::from_u32(segment);
            let segment = &instance.module.info().elements[index];
            let dropped = !matches!(segment.mode, SegmentMode::Passive)
                || instance.dropped_elements.has_elements(index);
            let table = TableIndex::from_u32(table);
            let done = if dropped {
                // An empty copy is allowed from an empty segment, if its place is in bounds.
                let empty = from == 0 && length == 0;
                empty
                    .then(|| vmctx.table(table).init(to, 0, |_| ()))
                    .flatten()
            } else {
                let items = &segment.items;
                segments::init_table(&instance.module, vmctx, table, items, to, from, length)
            };
            flag(done)
        })
    }
}

unsafe extern "C" fn elem_drop(vmctx: *mut InstanceHeader, segment: u32) {
    // SAFETY: see above.
    unsafe {
        with_instance(Vmctx::from_raw(vmctx), |instance| {
            instance
                .dropped_elements
                .drop_elements(ElemIndex::from_u32(segment));
        });
    }
}
