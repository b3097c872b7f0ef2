//! Placing breakpoints.

use crate::api::{Module, Store, StoreContextMut};
use crate::error::Result;
use crate::vm::store::OpaqueMut;

/// Places and removes the breakpoints of a store. Found in
/// [`DebugSession::edit_breakpoints`](crate::DebugSession::edit_breakpoints) and
/// [`Store::edit_breakpoints`].
///
/// A breakpoint belongs to one store, and is met by whatever instance of the module runs there,
/// now or later. Only calls that are watched stop at it: those of sessions, and those for which the
/// store has a debug handler. Others go on.
pub struct BreakpointEditor<'s> {
    store: OpaqueMut<'s>,
}

impl<'s> BreakpointEditor<'s> {
    pub(super) fn new(store: OpaqueMut<'s>) -> BreakpointEditor<'s> {
        BreakpointEditor { store }
    }

    /// Places a breakpoint at an offset in the module file, or if no instruction begins there that
    /// control can reach, at the next one in the function. Returns where it is. It does no harm if
    /// there is one already. A guest that is stopped there already comes to it the next time.
    ///
    /// An engine that observes stacks only ([`Observe::Stacks`](crate::Observe)) can stop guests at
    /// some instructions, and breakpoints slip to the next of these: functions, loops and the arms of
    /// conditions begin with one, and there is one behind everything that stores or calls.
    ///
    /// # Errors
    ///
    /// [`Error::NotObserved`](crate::Error::NotObserved) if the engine does not observe;
    /// [`Error::NoPoint`](crate::Error::NoPoint) if there is no such place; if there is no memory.
    pub fn add(&mut self, module: &Module, wasm_pc: u32) -> Result<u32> {
        self.store.add_breakpoint(module.runtime(), wasm_pc)
    }

    /// Removes the breakpoint that is at an offset in the module file. Returns whether there was
    /// one.
    ///
    /// # Errors
    ///
    /// [`Error::NotObserved`](crate::Error::NotObserved) if the engine does not observe.
    pub fn remove(&mut self, module: &Module, wasm_pc: u32) -> Result<bool> {
        self.store.remove_breakpoint(module.runtime(), wasm_pc)
    }

    /// Removes all breakpoints of the store.
    ///
    /// # Errors
    ///
    /// None that can be foreseen: what was changed once can be changed again.
    pub fn clear(&mut self) -> Result<()> {
        self.store.clear_breakpoints()
    }

    /// Where the breakpoints of a module are, in ascending order.
    pub fn of_module(&self, module: &Module) -> Vec<u32> {
        self.store.breakpoints(module.runtime())
    }
}

/// # For debuggers
impl<T: 'static> Store<T> {
    /// Places and removes breakpoints. An example is at [`BreakpointHit`](crate::BreakpointHit).
    ///
    /// # Errors
    ///
    /// What `edit` returns.
    pub fn edit_breakpoints<R>(
        &mut self,
        edit: impl FnOnce(&mut BreakpointEditor<'_>) -> Result<R>,
    ) -> Result<R> {
        StoreContextMut::from(self).edit_breakpoints(edit)
    }
}

/// # For debuggers
impl<T: 'static> StoreContextMut<'_, T> {
    /// As [`Store::edit_breakpoints`].
    ///
    /// # Errors
    ///
    /// What `edit` returns.
    pub fn edit_breakpoints<R>(
        self,
        edit: impl FnOnce(&mut BreakpointEditor<'_>) -> Result<R>,
    ) -> Result<R> {
        let mut store = self.into_inner();
        edit(&mut BreakpointEditor::new(store.opaque()))
    }
}
