//! Changing bytes of code that is mapped.
//!
//! Code is never writable where it is executed. So what is to be changed is copied into a file in
//! memory, which is mapped twice: over the old place, to be executed, and elsewhere, to be written.
//!
//! ```text
//!            the code's own place                     the alias
//!            +-----------+-----------+---------       +-----------+-----------+------
//!            | chunk 0   | chunk 1   | ...            |           | chunk 1   |
//!            +-----------+-----------+---------       +-----------+-----------+------
//!             read, execute    |                       read, write     |
//!                 |            +------------+   +----------------------+
//!                 v                         v   v
//!            the module's pages          this store's own file
//! ```
//!
//! A chunk is copied when the first byte in it is changed: two system calls. From then on a
//! change costs what a store does. The bytes are the same before and after the copy, so that
//! code in the chunk may be in the middle of being run, by a guest that stands still.

use super::mmap::{Mapping, page_size};
use rustix::fs::MemfdFlags;
use std::collections::HashMap;
use std::fs::File;
use std::io;

/// How much is copied at once, in bytes; a multiple of the page size.
const CHUNK: usize = 64 << 10;

/// The changed parts of some code.
#[derive(Debug)]
pub(super) struct Patches {
    file: File,
    alias: Mapping,
    copied: Vec<bool>,
    /// Where breakpoints are: the wasm pc by the offset.
    pub placed: HashMap<u32, u32>,
}

impl Patches {
    /// No changes yet, in code of this many bytes.
    pub fn new(code: &Mapping) -> io::Result<Patches> {
        debug_assert!(CHUNK.is_multiple_of(page_size()));
        let file = rustix::fs::memfd_create("wasm-patched-code", MemfdFlags::CLOEXEC)?;
        rustix::fs::ftruncate(&file, code.len() as u64)?;
        let file = File::from(file);
        let alias = Mapping::shared(&file, code.len())?;
        let copied = vec![false; code.len().div_ceil(CHUNK)];
        Ok(Patches {
            file,
            alias,
            copied,
            placed: HashMap::new(),
        })
    }

    /// Sets a byte of the code. `text` is what it was at first.
    ///
    /// # Safety
    ///
    /// The mapping is the code that this is for, and the text has been in it, in whole. Running
    /// the code with that byte is sound.
    pub unsafe fn set(
        &mut self,
        code: &Mapping,
        text: &[u8],
        offset: usize,
        byte: u8,
    ) -> io::Result<()> {
        assert!(offset < text.len(), "outside of the code");
        let chunk = offset / CHUNK;
        if !self.copied[chunk] {
            // SAFETY: as the caller says.
            unsafe { self.copy(code, text, chunk)? };
        }
        // SAFETY: within the alias, which nobody has references to. The byte is written at once,
        // so that whoever executes it sees the one or the other.
        unsafe { self.alias.base().add(offset).write_volatile(byte) };
        Ok(())
    }

    /// # Safety
    ///
    /// As for [`Patches::set`].
    unsafe fn copy(&mut self, code: &Mapping, text: &[u8], chunk: usize) -> io::Result<()> {
        let start = chunk * CHUNK;
        let bytes = &text[start..text.len().min(start + CHUNK)];
        let end = code.len().min(start + CHUNK);
        // SAFETY: within the alias, as the text is within the code; and the new pages have the
        // contents of the old.
        unsafe {
            let target = self.alias.base().add(start);
            target.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            code.map_code(start..end, &self.file, start as u64)?;
        }
        self.copied[chunk] = true;
        Ok(())
    }
}
