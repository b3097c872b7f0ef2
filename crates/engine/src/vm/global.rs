//! Globals.

use super::context::VmGlobal;
use super::raw_val::RawVal;
use std::ptr::NonNull;

/// A global of some store, by its record. Every value of this type points to a record that lives
/// as long as its store; the holder must see to it that it is only used by who has access to that.
#[derive(Clone, Copy)]
pub(crate) struct GlobalRef(NonNull<VmGlobal>);

impl GlobalRef {
    /// # Safety
    ///
    /// It points to the record of a global, which lives as long as its store.
    pub unsafe fn new(record: NonNull<VmGlobal>) -> GlobalRef {
        GlobalRef(record)
    }

    /// The record.
    pub fn record(self) -> NonNull<VmGlobal> {
        self.0
    }

    /// The value.
    pub fn get(self) -> RawVal {
        // SAFETY: the record lives, and only who has access to the store is here.
        unsafe { (*self.0.as_ptr()).value }
    }

    /// Writes the value.
    ///
    /// # Safety
    ///
    /// It is of the global's type, and belongs to the same store.
    pub unsafe fn set(self, value: RawVal) {
        // SAFETY: as in `get`.
        unsafe { (*self.0.as_ptr()).value = value };
    }
}
