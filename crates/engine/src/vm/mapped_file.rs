//! Files mapped for reading.

use bytes::Bytes;
use rustix::mm::{MapFlags, ProtFlags};
use std::fs::File;
use std::io;
use std::ptr::{self, NonNull};

struct MappedFile {
    base: NonNull<u8>,
    len: usize,
}

// SAFETY: the pages are this value's own, and only read.
unsafe impl Send for MappedFile {}
// SAFETY: as above.
unsafe impl Sync for MappedFile {}

impl AsRef<[u8]> for MappedFile {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: `len` bytes from `base` are mapped for as long as this lives. That nobody changes
        // the file is what callers of `map` see to.
        unsafe { std::slice::from_raw_parts(self.base.as_ptr(), self.len) }
    }
}

impl Drop for MappedFile {
    fn drop(&mut self) {
        // SAFETY: the pages are our own. Should the kernel refuse they leak, which is safe.
        let _ = unsafe { rustix::mm::munmap(self.base.as_ptr().cast(), self.len) };
    }
}

/// Maps a file, which must not be changed while the result is in use; replacing it by another of
/// the same name is fine. Unlike reading it, this shares memory with others who do so.
pub(crate) fn map(file: &File) -> io::Result<Bytes> {
    let len = usize::try_from(file.metadata()?.len()).map_err(|_| io::ErrorKind::OutOfMemory)?;
    if len == 0 {
        return Ok(Bytes::new());
    }
    // SAFETY: without MAP_FIXED the kernel chooses an address where nothing is mapped.
    let base = unsafe {
        rustix::mm::mmap(
            ptr::null_mut(),
            len,
            ProtFlags::READ,
            MapFlags::PRIVATE,
            file,
            0,
        )?
    };
    let base = NonNull::new(base.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
    Ok(Bytes::from_owner(MappedFile { base, len }))
}
