//! Linear memories as an instance or the embedder owns them, and the one door through which the
//! host reads and writes what is in them.

use super::context::VmMemory;
use super::linear_memory::LinearMemory;
use super::memory_image::MemoryImage;
use std::io;
use std::ptr::{self, NonNull};
use trapline_compile::layout::WASM_PAGE_SIZE;
use trapline_compile::types::MemoryType;

/// A memory that an instance or the embedder made.
pub(crate) struct MemoryItem {
    record: NonNull<VmMemory>,
    memory: LinearMemory,
    ty: MemoryType,
}

// SAFETY: the record is used only by those who have access to the store, which owns it.
unsafe impl Send for MemoryItem {}
// SAFETY: as above; through a shared reference it is only read.
unsafe impl Sync for MemoryItem {}

impl MemoryItem {
    /// A memory of its minimal size.
    ///
    /// # Safety
    ///
    /// The record can be written, and is for this memory alone, for as long as the result lives.
    pub unsafe fn new(
        record: NonNull<VmMemory>,
        ty: MemoryType,
        image: Option<&MemoryImage>,
    ) -> io::Result<MemoryItem> {
        let memory = LinearMemory::new(&ty, image)?;
        // SAFETY: the caller promises that the record can be written.
        unsafe {
            record.write(VmMemory {
                base: memory.base(),
                length: memory.byte_len(),
            })
        };
        Ok(MemoryItem { record, memory, ty })
    }

    /// Its type, with the size that it was made with.
    pub fn ty(&self) -> &MemoryType {
        &self.ty
    }

    /// The memory, for its bytes.
    pub fn bytes(&self) -> MemoryRef {
        MemoryRef(self.record)
    }

    /// How many pages it may have.
    pub fn limit(&self) -> u64 {
        let absolute = if self.ty.index64 { 1 << 47 } else { 1 << 16 };
        self.ty.maximum.unwrap_or(absolute).min(absolute)
    }

    /// Grows to a number of pages that is not beyond its limit.
    pub fn grow(&mut self, pages: u64) -> io::Result<()> {
        debug_assert!(pages <= self.limit());
        self.memory.grow(pages * WASM_PAGE_SIZE)?;
        // SAFETY: the record lives as long as this, and no one else uses the store.
        unsafe { (*self.record.as_ptr()).length = self.memory.byte_len() };
        Ok(())
    }

    /// The guest's address for a host address in this memory or the guard zone after it.
    pub fn contains_fault(&self, address: usize) -> Option<u64> {
        self.memory.contains_fault(address)
    }
}

/// A memory of some store, by its record. Every value of this type points to a record that lives
/// as long as its store; the holder must see to it that it is only used by who has access to that.
///
/// All writes of the host to a guest's memory begin here.
#[derive(Clone, Copy)]
pub(crate) struct MemoryRef(NonNull<VmMemory>);

impl MemoryRef {
    /// # Safety
    ///
    /// It points to the record of a memory, which lives as long as its store.
    pub unsafe fn new(record: NonNull<VmMemory>) -> MemoryRef {
        MemoryRef(record)
    }

    /// The record.
    pub fn record(self) -> NonNull<VmMemory> {
        self.0
    }

    fn fields(self) -> VmMemory {
        // SAFETY: the record lives, and only who has access to the store is here.
        unsafe { *self.0.as_ptr() }
    }

    /// Size in bytes.
    pub fn byte_len(self) -> u64 {
        self.fields().length
    }

    /// The bytes.
    ///
    /// # Safety
    ///
    /// Nothing writes to the memory, or grows it, while the result is used.
    pub unsafe fn as_slice<'a>(self) -> &'a [u8] {
        let VmMemory { base, length } = self.fields();
        // SAFETY: `length` bytes from `base` are readable and initialized (fresh pages are zero).
        unsafe { std::slice::from_raw_parts(base, length as usize) }
    }

    /// The bytes, to be written.
    ///
    /// # Safety
    ///
    /// Nothing else uses the memory while the result is used.
    pub unsafe fn as_mut_slice<'a>(self) -> &'a mut [u8] {
        let VmMemory { base, length } = self.fields();
        // SAFETY: as above, and writable.
        unsafe { std::slice::from_raw_parts_mut(base, length as usize) }
    }

    /// The address of some bytes, if they are all there.
    #[inline]
    fn range(self, start: u64, length: u64) -> Option<*mut u8> {
        let VmMemory { base, length: size } = self.fields();
        if start.checked_add(length)? > size {
            return None;
        }
        // SAFETY: the range lies in the memory.
        Some(unsafe { base.add(start as usize) })
    }

    /// Copies bytes, possibly within one memory. `None`, and no change, if they are not all there.
    ///
    /// # Safety
    ///
    /// Nothing else uses the memories.
    #[inline]
    pub unsafe fn copy(self, from: MemoryRef, to: u64, start: u64, length: u64) -> Option<()> {
        let source = from.range(start, length)?;
        let target = self.range(to, length)?;
        // SAFETY: `range` checked that all are there; `copy` allows for an overlap.
        unsafe { ptr::copy(source, target, length as usize) };
        Some(())
    }

    /// Sets bytes. `None`, and no change, if they are not all there.
    ///
    /// # Safety
    ///
    /// Nothing else uses the memory.
    #[inline]
    pub unsafe fn fill(self, start: u64, byte: u8, length: u64) -> Option<()> {
        let target = self.range(start, length)?;
        // SAFETY: `range` checked that all are there.
        unsafe { ptr::write_bytes(target, byte, length as usize) };
        Some(())
    }

    /// Copies bytes in. `None`, and no change, if the place is not all there.
    ///
    /// # Safety
    ///
    /// Nothing else uses the memory.
    pub unsafe fn write(self, start: u64, bytes: &[u8]) -> Option<()> {
        let target = self.range(start, bytes.len() as u64)?;
        // SAFETY: `range` checked that all are there, and `bytes` is not in a guest's memory.
        unsafe { ptr::copy(bytes.as_ptr(), target, bytes.len()) };
        Some(())
    }
}
