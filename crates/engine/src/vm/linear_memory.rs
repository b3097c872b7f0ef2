//! Linear memories.
//!
//! All the address space that a memory could ever use is reserved when it is made, so that its
//! base never moves and growing it only gives access to more of the reservation:
//!
//! ```text
//!   base             base + byte_len          base + reserved                        end
//!   |  readable, writable  |  no access: may be grown into  |  no access: guard zone  |
//!   |  [ image, copied     |                                                          |
//!   |    when written ]    |                                                          |
//! ```
//!
//! For 32-bit memories the reservation covers every address that a guest can form, and the guard
//! zone the rest (`trapline_compile::layout` says how far), so that compiled code checks nothing
//! and an access out of bounds is a fault. Addresses of 64-bit memories are checked by compiled
//! code.
//!
//! The bytes are reached through raw pointers alone: the guest's accesses, and those of host
//! functions, happen behind the compiler's back. This type never makes a reference to them.

use super::memory_image::MemoryImage;
use super::mmap::{Access, Mapping};
use std::io;
use trapline_compile::layout::{MEMORY_GUARD, MEMORY_RESERVATION, WASM_PAGE_SIZE};
use trapline_compile::types::MemoryType;

/// The largest size that a 64-bit memory can have, in bytes. The standard lets an engine set such
/// a limit; this one is far beyond what fits in most machines' memory, and far below what fits
/// in an address space of 47 bits.
pub(crate) const MAX_MEMORY64: u64 = 64 << 30;

/// A linear memory.
pub(crate) struct LinearMemory {
    mapping: Mapping,
    byte_len: usize,
    /// The size that it can grow to.
    reserved: usize,
}

impl LinearMemory {
    /// A memory of the type's minimal size, zero but for the image, which must have been made for
    /// a memory no larger than that.
    ///
    /// Fails with [`io::ErrorKind::OutOfMemory`] if the minimal size is beyond what can be
    /// reserved, or if the system has no more address space or memory.
    pub fn new(ty: &MemoryType, image: Option<&MemoryImage>) -> io::Result<LinearMemory> {
        let byte_len = ty
            .minimum
            .checked_mul(WASM_PAGE_SIZE)
            .ok_or_else(out_of_memory)?;
        let reserved = reservation(ty);
        if byte_len > reserved {
            return Err(out_of_memory());
        }
        let mapping = Mapping::reserve((reserved + MEMORY_GUARD) as usize)?;
        let memory = LinearMemory {
            mapping,
            byte_len: byte_len as usize,
            reserved: reserved as usize,
        };
        memory.make_accessible(image)?;
        Ok(memory)
    }

    fn make_accessible(&self, image: Option<&MemoryImage>) -> io::Result<()> {
        let image_range = image.map_or(0..0, MemoryImage::range);
        assert!(
            image_range.end <= self.byte_len,
            "the image is larger than the memory"
        );
        // What the image covers need not be made accessible first: that is one system call less
        // when it covers the beginning, as it mostly does.
        let before = 0..image_range.start;
        let after = image_range.end..self.byte_len;
        // SAFETY: the mapping is fresh and nobody knows its address. The image's file is sealed.
        unsafe {
            self.mapping.protect(before, Access::ReadWrite)?;
            self.mapping.protect(after, Access::ReadWrite)?;
            if let Some(image) = image {
                self.mapping.map_copy_on_write(image_range, image.file())?;
            }
        }
        Ok(())
    }

    /// Address of the first byte; it never changes.
    pub fn base(&self) -> *mut u8 {
        self.mapping.base()
    }

    /// Size in bytes.
    pub fn byte_len(&self) -> u64 {
        self.byte_len as u64
    }

    /// Grows to a size in bytes, a multiple of the wasm page size. The new bytes are zero.
    ///
    /// The caller checks the type's maximum; this fails with [`io::ErrorKind::OutOfMemory`] if
    /// the size is beyond the reservation or if the system has no more memory. The memory is as
    /// it was then.
    ///
    /// # Panics
    ///
    /// If the size is smaller than the current one.
    pub fn grow(&mut self, new_byte_len: u64) -> io::Result<()> {
        if new_byte_len > self.reserved as u64 {
            return Err(out_of_memory());
        }
        let new_byte_len = new_byte_len as usize;
        assert!(new_byte_len >= self.byte_len, "memories do not shrink");
        // SAFETY: more access is given to pages that had none, so that nobody refers to them.
        unsafe {
            self.mapping
                .protect(self.byte_len..new_byte_len, Access::ReadWrite)?
        };
        self.byte_len = new_byte_len;
        Ok(())
    }

    /// The guest's address for a host address that lies in this memory or the reservation and
    /// guard zone after it.
    pub fn contains_fault(&self, address: usize) -> Option<u64> {
        let offset = address.checked_sub(self.base() as usize)?;
        (offset < self.mapping.len()).then_some(offset as u64)
    }
}

/// How many bytes to reserve for a memory, apart from the guard zone.
fn reservation(ty: &MemoryType) -> u64 {
    if ty.index64 {
        let maximum = ty
            .maximum
            .and_then(|pages| pages.checked_mul(WASM_PAGE_SIZE));
        maximum.unwrap_or(MAX_MEMORY64).min(MAX_MEMORY64)
    } else {
        MEMORY_RESERVATION
    }
}

fn out_of_memory() -> io::Error {
    io::ErrorKind::OutOfMemory.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: usize = WASM_PAGE_SIZE as usize;

    fn memory32(minimum: u64) -> MemoryType {
        MemoryType {
            minimum,
            maximum: None,
            index64: false,
        }
    }

    fn read(memory: &LinearMemory, at: usize) -> u8 {
        assert!(at < memory.byte_len);
        // SAFETY: within the memory, which nobody else uses.
        unsafe { memory.base().add(at).read() }
    }

    fn write(memory: &LinearMemory, at: usize, value: u8) {
        assert!(at < memory.byte_len);
        // SAFETY: as in `read`.
        unsafe { memory.base().add(at).write(value) }
    }

    #[test]
    fn a_memory_is_zero_and_keeps_its_base_when_it_grows() {
        let mut memory = LinearMemory::new(&memory32(1), None).unwrap();
        let base = memory.base();
        assert_eq!(read(&memory, PAGE - 1), 0);
        write(&memory, PAGE - 1, 7);
        memory.grow(3 * PAGE as u64).unwrap();
        assert_eq!(memory.base(), base);
        assert_eq!(memory.byte_len(), 3 * PAGE as u64);
        assert_eq!(
            (read(&memory, PAGE - 1), read(&memory, 3 * PAGE - 1)),
            (7, 0)
        );
    }

    #[test]
    fn a_32_bit_memory_can_have_4_gib_and_no_more() {
        let mut memory = LinearMemory::new(&memory32(0), None).unwrap();
        memory.grow(1 << 32).unwrap();
        write(&memory, (1 << 32) - 1, 1);
        assert!(memory.grow((1 << 32) + WASM_PAGE_SIZE).is_err());
        assert_eq!(memory.byte_len(), 1 << 32);
        assert!(LinearMemory::new(&memory32(65536), None).is_ok());
        assert!(LinearMemory::new(&memory32(65537), None).is_err());
    }

    #[test]
    fn a_64_bit_memory_reserves_up_to_its_maximum() {
        let ty = |minimum, maximum| MemoryType {
            minimum,
            maximum,
            index64: true,
        };
        let mut memory = LinearMemory::new(&ty(1, Some(2)), None).unwrap();
        memory.grow(2 * WASM_PAGE_SIZE).unwrap();
        assert!(memory.grow(3 * WASM_PAGE_SIZE).is_err());
        let mut memory = LinearMemory::new(&ty(0, None), None).unwrap();
        memory.grow(5 << 30).unwrap();
        write(&memory, (5 << 30) - 1, 1);
        assert!(LinearMemory::new(&ty(1 << 40, None), None).is_err());
        assert!(LinearMemory::new(&ty(u64::MAX, Some(u64::MAX)), None).is_err());
    }

    #[test]
    fn an_image_is_the_initial_contents_and_stays_unchanged() {
        let pieces: [(u64, &[u8]); 2] = [(5000, &[1; 9000]), (2 * PAGE as u64 - 1, &[9])];
        let image = MemoryImage::of_pieces(&pieces).unwrap();
        for _ in 0..2 {
            let mut memory = LinearMemory::new(&memory32(2), Some(&image)).unwrap();
            assert_eq!((read(&memory, 0), read(&memory, 4999)), (0, 0));
            assert_eq!((read(&memory, 5000), read(&memory, 13999)), (1, 1));
            assert_eq!((read(&memory, 14000), read(&memory, 2 * PAGE - 1)), (0, 9));
            write(&memory, 0, 3);
            write(&memory, 5000, 3);
            write(&memory, 2 * PAGE - 1, 3);
            memory.grow(3 * PAGE as u64).unwrap();
            assert_eq!((read(&memory, 5000), read(&memory, 2 * PAGE)), (3, 0));
        }
    }

    #[test]
    fn faults_are_told_from_others_by_their_address() {
        let memory = LinearMemory::new(&memory32(1), None).unwrap();
        let base = memory.base() as usize;
        assert_eq!(memory.contains_fault(base + 70000), Some(70000));
        assert_eq!(
            memory.contains_fault(base + (1 << 32) + 8),
            Some((1 << 32) + 8)
        );
        assert_eq!(memory.contains_fault(base - 1), None);
        let end = base + (MEMORY_RESERVATION + MEMORY_GUARD) as usize;
        assert_eq!(memory.contains_fault(end), None);
    }
}
