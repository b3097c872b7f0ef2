//! Tables: growable arrays of references.
//!
//! An element is 8 bytes: the address of a `VmFuncRef`, or the number of an externref; 0 is null
//! in both. The record that compiled code reads holds address and length and is the only place
//! where they stand.

use super::context::VmTable;
use std::alloc::{self, Layout};
use std::ptr::{self, NonNull};
use trapline_compile::types::TableType;

/// No table has more elements, whatever its type says: the limit that the web's engines share.
pub(crate) const MAX_ELEMENTS: u64 = 10_000_000;

/// A table that an instance or the embedder made.
pub(crate) struct TableItem {
    record: NonNull<VmTable>,
    capacity: usize,
    ty: TableType,
}

// SAFETY: the record and the elements are used only by those who have access to the store, which
// owns them.
unsafe impl Send for TableItem {}
// SAFETY: as above; through a shared reference they are only read.
unsafe impl Sync for TableItem {}

impl TableItem {
    /// A table of its minimal size, all elements null. `None` if there is no memory for it or it
    /// would exceed [`MAX_ELEMENTS`].
    ///
    /// # Safety
    ///
    /// The record can be written, and is for this table alone, for as long as the result lives.
    pub unsafe fn new(record: NonNull<VmTable>, ty: TableType) -> Option<TableItem> {
        if ty.minimum > MAX_ELEMENTS {
            return None;
        }
        let capacity = ty.minimum as usize;
        let base = if capacity == 0 {
            NonNull::dangling()
        } else {
            // SAFETY: the size is not zero.
            NonNull::new(unsafe { alloc::alloc_zeroed(array(capacity)) })?.cast()
        };
        // SAFETY: the caller promises that the record can be written.
        unsafe {
            record.write(VmTable {
                base: base.as_ptr(),
                length: capacity as u64,
            })
        };
        Some(TableItem {
            record,
            capacity,
            ty,
        })
    }

    /// Its type, with the size that it was made with.
    pub fn ty(&self) -> &TableType {
        &self.ty
    }

    /// The table, for its elements.
    pub fn elements(&self) -> TableRef {
        TableRef(self.record)
    }

    /// How large it may become.
    pub fn limit(&self) -> u64 {
        self.ty.maximum.unwrap_or(MAX_ELEMENTS).min(MAX_ELEMENTS)
    }

    /// Adds elements. `None`, and no change, if it would exceed its limit or there is no memory.
    pub fn grow(&mut self, delta: u64, value: u64) -> Option<u64> {
        let old = self.elements().size();
        let new = old.checked_add(delta).filter(|&new| new <= self.limit())?;
        if new as usize > self.capacity {
            self.reserve(new as usize)?;
        }
        // SAFETY: `new` elements fit the allocation, and no one else uses the store.
        unsafe {
            let record = &mut *self.record.as_ptr();
            for index in old..new {
                record.base.add(index as usize).write(value);
            }
            record.length = new;
        }
        Some(old)
    }

    fn reserve(&mut self, wanted: usize) -> Option<()> {
        let capacity = wanted.max(self.capacity * 2).min(MAX_ELEMENTS as usize);
        // SAFETY: the record was written by `new`; no one else uses the store.
        let record = unsafe { &mut *self.record.as_ptr() };
        let base = if self.capacity == 0 {
            // SAFETY: the size is not zero: `wanted` is larger than the capacity.
            unsafe { alloc::alloc(array(capacity)) }
        } else {
            let old = array(self.capacity);
            // SAFETY: the base was allocated with this layout, and the new size is not zero and,
            // at most 80 MB, no overflow.
            unsafe { alloc::realloc(record.base.cast(), old, array(capacity).size()) }
        };
        record.base = NonNull::new(base)?.as_ptr().cast();
        self.capacity = capacity;
        Some(())
    }
}

impl Drop for TableItem {
    fn drop(&mut self) {
        if self.capacity != 0 {
            // SAFETY: allocated with this layout; the record, which outlives this, holds the base.
            unsafe { alloc::dealloc((*self.record.as_ptr()).base.cast(), array(self.capacity)) };
        }
    }
}

fn array(elements: usize) -> Layout {
    Layout::array::<u64>(elements).expect("a table is at most 80 MB large")
}

/// A table of some store, by its record. Every value of this type points to a record that lives
/// as long as its store; the holder must see to it that it is only used by who has access to that.
#[derive(Clone, Copy)]
pub(crate) struct TableRef(NonNull<VmTable>);

impl TableRef {
    /// # Safety
    ///
    /// It points to the record of a table, which lives as long as its store.
    pub unsafe fn new(record: NonNull<VmTable>) -> TableRef {
        TableRef(record)
    }

    /// The record.
    pub fn record(self) -> NonNull<VmTable> {
        self.0
    }

    /// The number of elements.
    pub fn size(self) -> u64 {
        // SAFETY: the record lives, and only who has access to the store is here.
        unsafe { (*self.0.as_ptr()).length }
    }

    /// The elements `start..start + length`, or `None` if they are not all there.
    fn range(self, start: u64, length: u64) -> Option<NonNull<[u64]>> {
        // SAFETY: as in `size`.
        let VmTable { base, length: size } = unsafe { *self.0.as_ptr() };
        if start.checked_add(length)? > size {
            return None;
        }
        // SAFETY: the base is that of `size` elements and not null; the range lies in them.
        let start = unsafe { NonNull::new_unchecked(base.add(start as usize)) };
        Some(NonNull::slice_from_raw_parts(start, length as usize))
    }

    /// An element.
    pub fn get(self, index: u64) -> Option<u64> {
        let element = self.range(index, 1)?;
        // SAFETY: `range` checked that it is there.
        Some(unsafe { element.cast::<u64>().read() })
    }

    /// Writes some elements. `None`, and no change, if they are not all there.
    ///
    /// # Safety
    ///
    /// The value is null or of the table's type, and belongs to the same store.
    pub unsafe fn fill(self, start: u64, value: u64, length: u64) -> Option<()> {
        // SAFETY: the caller says so.
        unsafe { self.init(start, length, |elements| elements.fill(value)) }
    }

    /// Copies elements, possibly within one table. `None`, and no change, if they are not all
    /// there.
    ///
    /// # Safety
    ///
    /// Both tables belong to one store, and the source's elements are of this table's type.
    pub unsafe fn copy(self, from: TableRef, to: u64, start: u64, length: u64) -> Option<()> {
        let source = from.range(start, length)?.cast::<u64>();
        let target = self.range(to, length)?.cast::<u64>();
        // SAFETY: `range` checked that all are there; `copy` allows for an overlap.
        unsafe { ptr::copy(source.as_ptr(), target.as_ptr(), length as usize) };
        Some(())
    }

    /// Lets `write` fill in some elements. `None` if they are not all there.
    ///
    /// # Safety
    ///
    /// What it writes is null or of the table's type, and belongs to the same store; it does not
    /// use the table in another way.
    pub unsafe fn init(
        self,
        start: u64,
        length: u64,
        write: impl FnOnce(&mut [u64]),
    ) -> Option<()> {
        let elements = self.range(start, length)?;
        // SAFETY: `range` checked that they are there; no one else uses the store.
        write(unsafe { &mut *elements.as_ptr() });
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trapline_compile::types::RefType;

    #[test]
    fn elements_survive_growth_and_ranges_are_checked_without_overflow() {
        let mut record = VmTable {
            base: ptr::null_mut(),
            length: 0,
        };
        let ty = TableType {
            element: RefType::EXTERNREF,
            minimum: 2,
            maximum: Some(5),
            index64: false,
        };
        let pointer = NonNull::from(&mut record);
        // SAFETY: the record outlives the table; the numbers are not looked up anywhere.
        let mut table = unsafe { TableItem::new(pointer, ty) }.unwrap();
        let elements = table.elements();
        // SAFETY: as above.
        unsafe {
            assert_eq!(elements.fill(0, 7, 2), Some(()));
            assert_eq!(elements.fill(1, 9, 2), None);
            assert_eq!(elements.fill(1, 9, u64::MAX), None);
            assert_eq!(table.grow(3, 8), Some(2));
            assert_eq!(table.grow(1, 8), None);
            assert_eq!(elements.copy(elements, 0, 1, 4), Some(()));
            assert_eq!(elements.copy(elements, 0, 2, 4), None);
        }
        let elements: Vec<_> = (0..6).map(|index| elements.get(index)).collect();
        assert_eq!(
            elements,
            [Some(7), Some(8), Some(8), Some(8), Some(8), None]
        );
    }
}
