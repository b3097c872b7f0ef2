//! Collecting references to values of the host that no guest can reach any more.

use super::extern_refs::ExternRefs;
use super::store::{OpaqueMut, StoreOpaque};
use super::table::TableItem;
use super::vmctx::Vmctx;
use crate::api::ExternRef;
use trapline_compile::module::ModuleInfo;
use trapline_compile::types::{HeapType, RefType, ValType};

impl OpaqueMut<'_> {
    /// Collects if many values have come in since the last time. To be called before the
    /// arguments of a call are given their numbers.
    #[inline]
    pub(crate) fn collect_if_due(&mut self) {
        if self.extern_refs.wants_collection() {
            self.collect();
        }
    }

    /// Collects, unless a guest is running, whose frames might hold references.
    #[cold]
    #[inline(never)]
    pub(crate) fn collect(&mut self) {
        let runs = !self.context.activation.is_null() || self.context.is_barred();
        if runs || self.waiting_guests != 0 {
            return;
        }
        // The values are dropped when the store is not borrowed any more.
        drop(find_dead(self));
    }
}

fn find_dead(store: &mut StoreOpaque) -> Vec<ExternRef> {
    let StoreOpaque {
        extern_refs,
        instances,
        host_items,
        ..
    } = store;
    for instance in instances.iter() {
        mark_globals(extern_refs, instance.module.info(), instance.vmctx);
        instance
            .tables
            .iter()
            .for_each(|table| mark_table(extern_refs, table));
    }
    host_items
        .tables()
        .for_each(|table| mark_table(extern_refs, table));
    for (ty, global) in host_items.globals() {
        if is_extern(ty.content) {
            extern_refs.mark(global.get().as_u64());
        }
    }
    extern_refs.sweep()
}

fn is_extern(ty: ValType) -> bool {
    matches!(
        ty,
        ValType::Ref(RefType {
            heap: HeapType::Extern,
            ..
        })
    )
}

fn mark_globals(extern_refs: &mut ExternRefs, info: &ModuleInfo, vmctx: Vmctx) {
    for (index, ty) in info.globals.iter().skip(info.num_imported_globals) {
        if is_extern(ty.content) {
            extern_refs.mark(vmctx.global(index).get().as_u64());
        }
    }
}

fn mark_table(extern_refs: &mut ExternRefs, table: &TableItem) {
    if table.ty().element.heap == HeapType::Extern {
        let elements = table.elements();
        (0..elements.size())
            .filter_map(|index| elements.get(index))
            .for_each(|number| {
                extern_refs.mark(number);
            });
    }
}
