//! Making instances.

use super::builtins;
use super::context::{HOST_MAGIC, HostCallee, INSTANCE_MAGIC, InstanceHeader, VmFunctionImport};
use super::exceptions::TagPtr;
use super::func_ref::FuncPtr;
use super::host_func::ErasedHostFunc;
use super::instance::{DroppedSegments, ImportedItems, InstanceItem};
use super::items::ItemId;
use super::memory::MemoryItem;
use super::module::{RuntimeModule, to_usize};
use super::segments;
use super::store::OpaqueMut;
use super::table::{MAX_ELEMENTS, TableItem};
use super::vmctx::Vmctx;
use super::{const_expr, limits};
use crate::api::Trap;
use crate::error::{Error, Result};
use std::sync::Arc;
use trapline_compile::module::{EntityIndex, SegmentMode};
use trapline_compile::types::FuncIndex;

/// What a module gets for an import. It is of the import's type and belongs to the store.
#[derive(Clone)]
pub(crate) enum Import {
    Func(FuncPtr),
    /// A function of the host that need not be in the store yet; somebody keeps it alive.
    Host(ErasedHostFunc),
    Table(ItemId),
    Memory(ItemId),
    Global(ItemId),
    Tag(TagPtr),
}

/// Makes an instance, all but for running the start function, and returns its index.
///
/// # Safety
///
/// The imports are as many as the module's, each is of its type and of this store; functions of
/// the host are made for this store's type of data and are kept alive by it.
pub(crate) unsafe fn instantiate(
    mut store: OpaqueMut<'_>,
    module: &Arc<RuntimeModule>,
    imports: &[Import],
) -> Result<u32> {
    reserve(&mut store, module)?;
    let index = u32::try_from(store.instances.len())
        .map_err(|_| Error::Limit("the store has 2^32 instances".to_owned()))?;
    // SAFETY: the layout belongs to the module, which the instance keeps alive.
    let vmctx = unsafe { Vmctx::allocate(module.compiled().layout(), index) };
    let vmctx = vmctx.ok_or_else(|| out_of_memory("an instance"))?;
    let mut instance = InstanceItem {
        module: module.clone(),
        vmctx,
        memories: Vec::new(),
        tables: Vec::new(),
        imported: ImportedItems::default(),
        dropped_elements: DroppedSegments::default(),
        dropped_data: DroppedSegments::default(),
    };
    let header = InstanceHeader {
        magic: INSTANCE_MAGIC,
        store_context: store.context().as_ptr(),
        builtins: builtins::table(),
    };
    // SAFETY: the vmctx is fresh, and begins with a header.
    unsafe {
        vmctx.as_ptr().write(header);
        module.fill_vmctx(vmctx);
        import(&mut store, &mut instance, imports);
    }
    make_tables(&mut instance)?;
    init_globals(&instance);
    fill_tables(&instance);
    let use_images = elements_fit(&instance);
    make_memories(&mut instance, use_images)?;
    store.fill_code(module);
    store.count(instance.memories.len(), instance.tables.len());
    store.instances.push(instance);
    init_elements(&mut store, index)?;
    init_data(&mut store, index, use_images)?;
    Ok(index)
}

fn out_of_memory(what: &str) -> Error {
    Error::Limit(format!("there is no memory for {what}"))
}

/// Asks the limiter for all that the module needs.
fn reserve(store: &mut OpaqueMut<'_>, module: &RuntimeModule) -> Result<()> {
    let info = module.info();
    let memories = info.memories.values().skip(info.num_imported_memories);
    let tables = info.tables.values().skip(info.num_imported_tables);
    store.check_count(1, memories.len(), tables.len())?;
    for ty in memories {
        limits::new_memory(store, ty)?;
    }
    for ty in tables {
        limits::new_table(store, ty)?;
    }
    Ok(())
}

/// Writes the imports into the vmctx.
///
/// # Safety
///
/// As for [`instantiate`]; the vmctx is not used yet.
unsafe fn import(store: &mut OpaqueMut<'_>, instance: &mut InstanceItem, imports: &[Import]) {
    let vmctx = instance.vmctx;
    let layout = vmctx.layout();
    let module = instance.module.clone();
    for (declared, given) in module.info().imports.iter().zip(imports) {
        match (declared.entity, given) {
            (EntityIndex::Function(func), Import::Func(given)) => {
                // SAFETY: the function is of this store, in which nothing runs.
                let given = unsafe { given.get() };
                // SAFETY: a function of the host has a vmctx that begins with the magic.
                let host = unsafe { (*given.vmctx).magic } == HOST_MAGIC;
                if host {
                    // SAFETY: and that is a host callee.
                    let callee = unsafe { *given.vmctx.cast::<HostCallee>() };
                    // SAFETY: the caller says that types match and nothing uses the vmctx.
                    unsafe { import_host(&module, vmctx, func, callee) };
                } else {
                    let import = VmFunctionImport {
                        code: given.code,
                        vmctx: given.vmctx,
                    };
                    // SAFETY: the vmctx has room for the record of each imported function.
                    unsafe { vmctx.function_import(func).write(import) };
                }
            }
            (EntityIndex::Function(func), Import::Host(given)) => {
                let callee = given.callee(store.context());
                // SAFETY: as above.
                unsafe { import_host(&module, vmctx, func, callee) };
            }
            (EntityIndex::Table(table), Import::Table(id)) => {
                let record = store.table(*id).elements().record();
                // SAFETY: the vmctx has room for the pointer to each imported record.
                unsafe { write_slot(vmctx.import_slot(layout.table(table)), record) };
                instance.imported.tables.push(*id);
            }
            (EntityIndex::Memory(memory), Import::Memory(id)) => {
                let record = store.memory(*id).bytes().record();
                // SAFETY: as above.
                unsafe { write_slot(vmctx.import_slot(layout.memory(memory)), record) };
                instance.imported.memories.push(*id);
            }
            (EntityIndex::Global(global), Import::Global(id)) => {
                let record = store.global(*id).1.record();
                // SAFETY: as above.
                unsafe { write_slot(vmctx.import_slot(layout.global(global)), record) };
                instance.imported.globals.push(*id);
            }
            (EntityIndex::Tag(tag), Import::Tag(given)) => {
                // SAFETY: as above.
                unsafe { write_slot(vmctx.import_slot(layout.tag(tag)), given.record()) };
            }
            _ => unreachable!("imports were checked against their types"),
        }
    }
    for (func, func_ref) in module.imported_func_refs() {
        // SAFETY: both lie in the vmctx, and the import was just written.
        unsafe {
            let import = vmctx.function_import(func).read();
            let func_ref = vmctx.func_ref(func_ref).as_mut();
            func_ref.code = import.code;
            func_ref.vmctx = import.vmctx;
        }
    }
}

/// # Safety
///
/// The slot can be written.
unsafe fn write_slot<R>(
    slot: Option<std::ptr::NonNull<std::ptr::NonNull<R>>>,
    record: std::ptr::NonNull<R>,
) {
    if let Some(slot) = slot {
        // SAFETY: the caller says so.
        unsafe { slot.write(record) };
    }
}

/// Lets an instance call a function of the host, as the caller that the function will see.
///
/// # Safety
///
/// The vmctx is not used yet, and the function is of the import's type.
unsafe fn import_host(module: &RuntimeModule, vmctx: Vmctx, func: FuncIndex, callee: HostCallee) {
    let own = vmctx.host_callee(func);
    let signature = module.info().functions[func].signature;
    // SAFETY: the vmctx has room for both records of each imported function.
    unsafe {
        own.write(HostCallee {
            caller: vmctx.as_ptr(),
            ..callee
        });
        vmctx.function_import(func).write(VmFunctionImport {
            code: module.exit_trampoline(signature),
            vmctx: own.as_ptr().cast(),
        });
    }
}

fn make_tables(instance: &mut InstanceItem) -> Result<()> {
    let (module, vmctx) = (instance.module.clone(), instance.vmctx);
    let info = module.info();
    for (index, ty) in info.tables.iter().skip(info.num_imported_tables) {
        let record = vmctx.table(index).record();
        // SAFETY: the record is that of this table in a vmctx that the instance keeps.
        let table = unsafe { TableItem::new(record, *ty) };
        instance.tables.push(table.ok_or_else(|| {
            Error::Limit(format!(
                "cannot make a table of {} elements; {MAX_ELEMENTS} are the most there can be",
                ty.minimum
            ))
        })?);
    }
    Ok(())
}

fn init_globals(instance: &InstanceItem) {
    let (module, vmctx) = (&*instance.module, instance.vmctx);
    let info = module.info();
    let defined = info.globals.keys().skip(info.num_imported_globals);
    for (index, initial) in defined.zip(&info.global_initial) {
        let value = const_expr::evaluate(module, vmctx, initial);
        // SAFETY: a validated initial value is of the global's type.
        unsafe { vmctx.global(index).set(value) };
    }
}

/// Gives tables their elements' initial value, where that is not null.
fn fill_tables(instance: &InstanceItem) {
    let info = instance.module.info();
    for (table, initial) in instance.tables.iter().zip(&info.table_initial) {
        let Some(initial) = initial else { continue };
        let value = const_expr::evaluate(&instance.module, instance.vmctx, initial).as_u64();
        // SAFETY: a validated initial value is of the table's type.
        let filled = unsafe { table.elements().fill(0, value, table.elements().size()) };
        debug_assert!(filled.is_some(), "a table has as many elements as it has");
    }
}

/// Whether no active element segment will trap. If one does, the data segments after it must
/// not be seen.
fn elements_fit(instance: &InstanceItem) -> bool {
    let (module, vmctx) = (&*instance.module, instance.vmctx);
    let info = module.info();
    info.elements.values().all(|segment| {
        let SegmentMode::Active { target, offset } = &segment.mode else {
            return true;
        };
        let start = module.offset(vmctx, offset, info.tables[*target].index64);
        let end = start.checked_add(segment.items.len() as u64);
        end.is_some_and(|end| end <= vmctx.table(*target).size())
    })
}

fn make_memories(instance: &mut InstanceItem, use_images: bool) -> Result<()> {
    let (module, vmctx) = (instance.module.clone(), instance.vmctx);
    let info = module.info();
    for (index, ty) in info.memories.iter().skip(info.num_imported_memories) {
        let position = instance.memories.len() as u32;
        let image = if use_images {
            module.image(position)
        } else {
            None
        };
        let record = vmctx.memory(index).record();
        // SAFETY: the record is that of this memory in a vmctx that the instance keeps.
        let memory = unsafe { MemoryItem::new(record, *ty, image) };
        instance
            .memories
            .push(memory.map_err(|error| limits::no_memory(ty.minimum, &error))?);
    }
    Ok(())
}

/// Copies the active element segments.
fn init_elements(store: &mut OpaqueMut<'_>, instance: u32) -> Result<()> {
    let instance = &store.instances[instance as usize];
    let (module, vmctx) = (&*instance.module, instance.vmctx);
    let info = module.info();
    for segment in info.elements.values() {
        let SegmentMode::Active { target, offset } = &segment.mode else {
            continue;
        };
        let start = module.offset(vmctx, offset, info.tables[*target].index64);
        let items = &segment.items;
        // SAFETY: a validated segment is of its table's type; imported tables are of this store.
        let done = unsafe {
            segments::init_table(module, vmctx, *target, items, start, 0, items.len() as u32)
        };
        done.ok_or(Trap::TableOutOfBounds)?;
    }
    Ok(())
}

/// Copies the active data segments that are not in a memory's image.
fn init_data(store: &mut OpaqueMut<'_>, instance: u32, use_images: bool) -> Result<()> {
    let instance = &store.instances[instance as usize];
    let (module, vmctx) = (&*instance.module, instance.vmctx);
    let info = module.info();
    for segment in info.data.values() {
        let SegmentMode::Active { target, offset } = &segment.mode else {
            continue;
        };
        let defined = info.defined_memory(*target);
        if use_images && defined.is_some_and(|memory| module.image(memory).is_some()) {
            continue;
        }
        let start = module.offset(vmctx, offset, info.memories[*target].index64);
        let bytes = &module.compiled().wasm()[to_usize(&segment.bytes)];
        // SAFETY: nothing runs in the store, which is borrowed.
        let done = unsafe { vmctx.memory(*target).write(start, bytes) };
        done.ok_or(Trap::MemoryOutOfBounds)?;
    }
    Ok(())
}
