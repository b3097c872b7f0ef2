//! Collecting what guests had references to and cannot reach any more: values of the host, and
//! exceptions.

use super::exceptions;
use super::store::{OpaqueMut, StoreOpaque};
use super::table::TableItem;
use super::vmctx::Vmctx;
use crate::api::ExternRef;
use crate::trap;
use trapline_compile::module::ModuleInfo;
use trapline_compile::types::{HeapType, ValType};

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

    /// Collects exceptions, if many have come in since the last time, for the embedder or for a
    /// function of the host that a guest has called.
    pub(crate) fn collect_exceptions_if_due(&mut self) {
        /// # Safety
        ///
        /// `store` is the exclusive access to a store.
        unsafe extern "sysv64" fn collect(store: *mut u8, frame: usize) {
            // SAFETY: as the caller says. The registers are saved above the frame.
            unsafe { (*store.cast::<OpaqueMut<'_>>()).collect_exceptions(frame) };
        }
        if !self.exceptions.wants_collection() {
            return;
        }
        if self.context.activation.is_null() {
            self.collect();
        } else if self.context.runs_here() {
            // SAFETY: this is the exclusive access, which nobody uses meanwhile.
            unsafe { trap::with_saved_registers((&raw mut *self).cast(), collect) };
        }
    }

    /// Collects exceptions while a guest runs that has called the host, where a function has a frame
    /// at this address. Nothing is collected if some of the guest's frames cannot be found.
    ///
    /// # Safety
    ///
    /// The frame is on the guest's stack, and registers that the guest may have values in are
    /// saved above it.
    #[cold]
    #[inline(never)]
    pub(crate) unsafe fn collect_exceptions(&mut self, frame: usize) {
        if self.waiting_guests != 0 {
            return;
        }
        let mut roots = Roots {
            running: true,
            ..Roots::default()
        };
        // SAFETY: the guest waits for the host.
        let complete = unsafe {
            trap::scan_stack(&self.context, frame, |word| {
                if exceptions::is_number(word) {
                    roots.exceptions.push(word);
                }
            })
        };
        if complete {
            mark_exceptions(self, &mut roots);
            self.exceptions.sweep();
        }
    }
}

fn find_dead(store: &mut StoreOpaque) -> Vec<ExternRef> {
    let mut roots = Roots::default();
    mark_exceptions(store, &mut roots);
    store.exceptions.sweep();
    for number in roots.externs {
        store.extern_refs.mark(number);
    }
    store.extern_refs.sweep()
}

/// Finds all references but those in frames, and marks the exceptions that they and those already
/// found lead to.
fn mark_exceptions(store: &mut StoreOpaque, roots: &mut Roots) {
    for instance in &store.instances {
        roots.globals(instance.module.info(), instance.vmctx);
        instance.tables.iter().for_each(|table| roots.table(table));
    }
    store
        .host_items
        .tables()
        .for_each(|table| roots.table(table));
    for (ty, global) in store.host_items.globals() {
        roots.value(ty.content, global.get().as_u64());
    }
    roots.exceptions.extend(store.exceptions.held());
    // Exceptions lead to others, in chains as long as a guest likes.
    while let Some(number) = roots.exceptions.pop() {
        if store.exceptions.mark(number) {
            let (externs, exceptions) = store.exception_references(number);
            roots.externs.extend(externs);
            roots.exceptions.extend(exceptions);
        }
    }
}

/// The references that guests can reach, by their numbers.
#[derive(Default)]
struct Roots {
    externs: Vec<u64>,
    exceptions: Vec<u64>,
    /// Whether a guest is running. Its frames are not searched for references to values of the
    /// host, so that these are of no interest.
    running: bool,
}

impl Roots {
    fn of(&mut self, heap: HeapType) -> Option<&mut Vec<u64>> {
        match heap {
            HeapType::Exn => Some(&mut self.exceptions),
            HeapType::Extern if !self.running => Some(&mut self.externs),
            _ => None,
        }
    }

    fn value(&mut self, ty: ValType, raw: u64) {
        if let ValType::Ref(ty) = ty
            && raw != 0
            && let Some(roots) = self.of(ty.heap)
        {
            roots.push(raw);
        }
    }

    fn globals(&mut self, info: &ModuleInfo, vmctx: Vmctx) {
        for (index, ty) in info.globals.iter().skip(info.num_imported_globals) {
            self.value(ty.content, vmctx.global(index).get().as_u64());
        }
    }

    fn table(&mut self, table: &TableItem) {
        if let Some(roots) = self.of(table.ty().element.heap) {
            let elements = table.elements();
            let numbers = (0..elements.size()).filter_map(|index| elements.get(index));
            roots.extend(numbers.filter(|&number| number != 0));
        }
    }
}
