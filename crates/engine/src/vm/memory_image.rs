//! The initial contents of a memory, ready to be mapped copy on write.
//!
//! Copying a program's data segments into each new instance costs time in proportion to their
//! size, and memory for every page of them. Instead the segments are laid out once a module in
//! an anonymous file, which instances map privately: pages that are only read are shared, and
//! only those that are written are copied, when they are.

use super::mmap::{page_size, round_up_to_page};
use rustix::fs::{MemfdFlags, SealFlags};
use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// The largest extent that is mapped however little of it holds data. Untouched pages of the file
/// cost nothing, but page tables and what the kernel maps around a fault do.
const DENSE_ENOUGH: u64 = 1 << 20;

/// Larger extents are mapped if at least one byte in so many holds data.
const SPARSE: u64 = 16;

/// The initial contents of a memory.
#[derive(Debug)]
pub(crate) struct MemoryImage {
    /// An anonymous file that holds what belongs at `range`, and that is sealed against change.
    file: OwnedFd,
    /// Where it belongs in the memory; on page boundaries.
    range: Range<usize>,
}

impl MemoryImage {
    /// The image of a memory of `memory_len` bytes from pieces `(offset, bytes)`, of which later
    /// ones overwrite earlier ones.
    ///
    /// `None` if copying the pieces is the better way: because they are far apart, or because one
    /// lies beyond the memory, so that instantiation will trap halfway. (Few bytes are no reason:
    /// the page faults that copying them raises take longer than to map them.) If making
    /// the image fails, copying is the way out as well.
    pub fn new(memory_len: u64, pieces: &[(u64, &[u8])]) -> io::Result<Option<MemoryImage>> {
        let Some(extent) = extent(pieces) else {
            return Ok(None);
        };
        let bytes: u64 = pieces.iter().map(|(_, bytes)| bytes.len() as u64).sum();
        let extent_len = extent.end - extent.start;
        let dense = extent_len <= DENSE_ENOUGH.max(bytes.saturating_mul(SPARSE));
        if extent.end > memory_len || !dense {
            return Ok(None);
        }
        MemoryImage::of_pieces(pieces).map(Some)
    }

    /// The image of pieces whose offsets and lengths are those of a memory that can exist.
    pub(super) fn of_pieces(pieces: &[(u64, &[u8])]) -> io::Result<MemoryImage> {
        let extent = extent(pieces).unwrap_or(0..0);
        let start = extent.start as usize / page_size() * page_size();
        let end = round_up_to_page(extent.end as usize)?;
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let file = rustix::fs::memfd_create("wasm-memory-image", flags)?;
        rustix::fs::ftruncate(&file, (end - start) as u64)?;
        // Empty pieces do not count towards the extent, and may lie outside of it.
        for (offset, bytes) in pieces.iter().filter(|(_, bytes)| !bytes.is_empty()) {
            write_all_at(&file, bytes, offset - start as u64)?;
        }
        // What is mapped into running programs cannot be changed by anyone any more.
        let seals = SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
        rustix::fs::fcntl_add_seals(&file, seals)?;
        Ok(MemoryImage {
            file,
            range: start..end,
        })
    }

    /// Where the image belongs in the memory, in bytes; on page boundaries.
    pub(super) fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// The file whose first byte belongs at the start of the range.
    pub(super) fn file(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// From the first byte of any piece to past the last one; `None` if there are no bytes, or some
/// beyond all addresses.
fn extent(pieces: &[(u64, &[u8])]) -> Option<Range<u64>> {
    let mut extent: Option<Range<u64>> = None;
    for (offset, bytes) in pieces.iter().filter(|(_, bytes)| !bytes.is_empty()) {
        let end = offset.checked_add(bytes.len() as u64)?;
        let so_far = extent.unwrap_or(*offset..end);
        extent = Some(so_far.start.min(*offset)..so_far.end.max(end));
    }
    extent
}

fn write_all_at(file: &OwnedFd, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::pwrite(file, bytes, offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                bytes = &bytes[written..];
                offset += written as u64;
            }
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scattered_data_is_copied_instead() {
        let image = |len, pieces: &[(u64, &[u8])]| MemoryImage::new(len, pieces).unwrap();
        let large = vec![1; 5000];
        assert!(image(1 << 20, &[]).is_none());
        assert!(image(1 << 20, &[(9, &[])]).is_none());
        assert!(image(1 << 20, &[(9, &[1; 100])]).is_some());
        assert!(image(1 << 20, &[(9, &large)]).is_some());
        assert!(image(1 << 30, &[(0, &large), (1 << 29, &large)]).is_none());
    }

    #[test]
    fn an_empty_piece_may_lie_anywhere() {
        let large = vec![1; 5000];
        let pieces: &[(u64, &[u8])] = &[(0, &[]), (70_000, &large), (200_000, &[])];
        let image = MemoryImage::new(1 << 20, pieces).unwrap().unwrap();
        assert_eq!(image.range(), 69_632..77_824);
    }

    #[test]
    fn data_beyond_the_memory_makes_no_image() {
        let large = vec![1; 5000];
        assert!(
            MemoryImage::new(65536, &[(65536 - 4999, &large)])
                .unwrap()
                .is_none()
        );
        assert!(
            MemoryImage::new(u64::MAX, &[(u64::MAX - 5, &large)])
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn the_range_lies_on_page_boundaries() {
        let image = MemoryImage::of_pieces(&[(9000, &[1; 10]), (5000, &[2; 10])]).unwrap();
        assert_eq!(image.range(), 4096..12288);
    }

    #[test]
    fn an_image_cannot_be_changed() {
        let image = MemoryImage::of_pieces(&[(0, &[1; 10])]).unwrap();
        assert!(rustix::io::pwrite(&image.file, &[0], 0).is_err());
        assert!(rustix::fs::ftruncate(&image.file, 0).is_err());
    }
}
