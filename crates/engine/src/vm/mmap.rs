//! A mapping of memory that unmaps itself.
//!
//! The invariant that the `unsafe` blocks here, and in the files that use a [`Mapping`], rest
//! on: the pages from `base` to `base + len` belong to this value alone. Whatever it does with
//! them cannot be seen by anyone who was not given an address inside.

use rustix::mm::{MapFlags, MprotectFlags, ProtFlags};
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::AsFd;
use std::ptr::{self, NonNull};

/// What may be done with pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Reading and writing.
    ReadWrite,
    /// Reading and executing.
    ReadExecute,
}

impl Access {
    fn protection(self) -> MprotectFlags {
        match self {
            Access::ReadWrite => MprotectFlags::READ | MprotectFlags::WRITE,
            Access::ReadExecute => MprotectFlags::READ | MprotectFlags::EXEC,
        }
    }
}

/// Pages of memory, unmapped on drop.
#[derive(Debug)]
pub(crate) struct Mapping {
    base: NonNull<u8>,
    len: usize,
}

// SAFETY: the pages are this value's own and tied to no thread; nothing here reads or writes
// them through a shared reference.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// No pages.
    pub fn empty() -> Mapping {
        Mapping {
            base: NonNull::dangling(),
            len: 0,
        }
    }

    /// Inaccessible pages that cost address space only, until access to them is given.
    pub fn reserve(len: usize) -> io::Result<Mapping> {
        Mapping::anonymous(len, ProtFlags::empty(), MapFlags::NORESERVE)
    }

    /// Pages for a stack, inaccessible at first.
    pub fn reserve_stack(len: usize) -> io::Result<Mapping> {
        Mapping::anonymous(
            len,
            ProtFlags::empty(),
            MapFlags::NORESERVE | MapFlags::STACK,
        )
    }

    /// Zeroed pages that can be read and written.
    pub fn zeroed(len: usize) -> io::Result<Mapping> {
        Mapping::anonymous(len, ProtFlags::READ | ProtFlags::WRITE, MapFlags::empty())
    }

    fn anonymous(len: usize, protection: ProtFlags, flags: MapFlags) -> io::Result<Mapping> {
        let len = round_up_to_page(len)?;
        if len == 0 {
            return Ok(Mapping::empty());
        }
        // SAFETY: without MAP_FIXED the kernel chooses an address where nothing is mapped.
        let base = unsafe {
            rustix::mm::mmap_anonymous(ptr::null_mut(), len, protection, flags | MapFlags::PRIVATE)?
        };
        Ok(Mapping {
            base: base_of(base),
            len,
        })
    }

    /// Code out of a file, to be read and executed. `offset` is a multiple of the page size.
    pub fn of_code(file: &File, offset: u64, len: usize) -> io::Result<Mapping> {
        let len = round_up_to_page(len)?;
        if len == 0 {
            return Ok(Mapping::empty());
        }
        let protection = ProtFlags::READ | ProtFlags::EXEC;
        // SAFETY: as in `anonymous`.
        let base = unsafe {
            rustix::mm::mmap(
                ptr::null_mut(),
                len,
                protection,
                MapFlags::PRIVATE,
                file,
                offset,
            )?
        };
        Ok(Mapping {
            base: base_of(base),
            len,
        })
    }

    /// The beginning of a file, to be read and written. What is written goes to the file.
    pub fn shared(file: &File, len: usize) -> io::Result<Mapping> {
        let len = round_up_to_page(len)?;
        if len == 0 {
            return Ok(Mapping::empty());
        }
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: as in `anonymous`.
        let base = unsafe {
            rustix::mm::mmap(ptr::null_mut(), len, protection, MapFlags::SHARED, file, 0)?
        };
        Ok(Mapping {
            base: base_of(base),
            len,
        })
    }

    /// Replaces the pages of `range` by those of a file, to be read and executed; what is written
    /// to the file can be seen there. `offset` is a multiple of the page size.
    ///
    /// # Safety
    ///
    /// Whoever reads or executes these pages can live with what is in the file, now and later.
    pub unsafe fn map_code(&self, range: Range<usize>, file: &File, offset: u64) -> io::Result<()> {
        let pages = self.pages(&range);
        let protection = ProtFlags::READ | ProtFlags::EXEC;
        let flags = MapFlags::SHARED | MapFlags::FIXED;
        // SAFETY: what is replaced are pages of our own; the caller vouches for who uses them.
        unsafe { rustix::mm::mmap(pages.cast(), range.len(), protection, flags, file, offset)? };
        Ok(())
    }

    /// Address of the first byte.
    pub fn base(&self) -> *mut u8 {
        self.base.as_ptr()
    }

    /// Size in bytes, a multiple of the page size.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Changes what may be done with the pages of `range`, which is in bytes from the base and
    /// lies on page boundaries.
    ///
    /// # Safety
    ///
    /// Nobody holds a reference to these pages that the new access would break.
    pub unsafe fn protect(&self, range: Range<usize>, access: Access) -> io::Result<()> {
        if range.is_empty() {
            return Ok(());
        }
        let pages = self.pages(&range);
        // SAFETY: the pages are our own, and the caller vouches for those who use them.
        unsafe { rustix::mm::mprotect(pages.cast(), range.len(), access.protection())? };
        Ok(())
    }

    /// Replaces the pages of `range` by those at the beginning of a file, copied when written.
    ///
    /// # Safety
    ///
    /// Nobody holds a reference to these pages, and the file never changes.
    pub unsafe fn map_copy_on_write(&self, range: Range<usize>, file: impl AsFd) -> io::Result<()> {
        let pages = self.pages(&range);
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        let flags = MapFlags::PRIVATE | MapFlags::FIXED | MapFlags::NORESERVE;
        // SAFETY: what is replaced are pages of our own, which nobody refers to.
        unsafe { rustix::mm::mmap(pages.cast(), range.len(), protection, flags, file, 0)? };
        Ok(())
    }

    /// Address of the first page of `range`.
    fn pages(&self, range: &Range<usize>) -> *mut u8 {
        let page = page_size();
        assert!(
            range.start <= range.end && range.end <= self.len,
            "range outside of the mapping"
        );
        assert!(
            range.start.is_multiple_of(page) && range.end.is_multiple_of(page),
            "range not on page boundaries"
        );
        self.base.as_ptr().wrapping_add(range.start)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        if self.len == 0 {
            return;
        }
        // SAFETY: the pages are our own, and nobody may use them after us. Should the kernel
        // refuse (it may have to split a mapping and be out of slots), they leak, which is safe.
        let _ = unsafe { rustix::mm::munmap(self.base.as_ptr().cast(), self.len) };
    }
}

fn base_of(address: *mut std::ffi::c_void) -> NonNull<u8> {
    NonNull::new(address.cast()).expect("the kernel does not map address zero by itself")
}

/// The size of a page in bytes.
pub(crate) fn page_size() -> usize {
    rustix::param::page_size()
}

/// The next multiple of the page size; an error if there is none.
pub(crate) fn round_up_to_page(len: usize) -> io::Result<usize> {
    len.checked_next_multiple_of(page_size())
        .filter(|&len| isize::try_from(len).is_ok())
        .ok_or_else(|| io::Error::from(io::ErrorKind::OutOfMemory))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeroed_pages_can_be_written() {
        let mapping = Mapping::zeroed(1).unwrap();
        assert_eq!(mapping.len(), page_size());
        // SAFETY: a fresh mapping of at least one byte, used by nobody else.
        unsafe {
            assert_eq!(*mapping.base(), 0);
            *mapping.base() = 1;
            assert_eq!(*mapping.base(), 1);
        }
    }

    #[test]
    fn empty_mappings_cost_nothing() {
        assert_eq!(Mapping::reserve(0).unwrap().len(), 0);
    }

    #[test]
    fn absurd_sizes_are_errors() {
        assert!(Mapping::reserve(usize::MAX).is_err());
        assert!(Mapping::reserve(1 << 62).is_err());
    }

    #[test]
    #[should_panic(expected = "range outside of the mapping")]
    fn ranges_outside_are_refused() {
        let mapping = Mapping::reserve(page_size()).unwrap();
        // SAFETY: refused before anything is done.
        let _ = unsafe { mapping.protect(0..2 * page_size(), Access::ReadWrite) };
    }
}
