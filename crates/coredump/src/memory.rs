//! Memories: their limits, and what is in them where it is not zero.

use bytes::Bytes;
use std::fmt;

/// The type and size of a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryType {
    /// The size in pages.
    pub pages: u64,
    /// How many pages it can have, if that is limited.
    pub maximum: Option<u64>,
    /// Whether its addresses are 64-bit.
    pub index64: bool,
    /// Whether threads share it.
    pub shared: bool,
    /// The binary logarithm of the size of a page in bytes.
    pub page_size_log2: u32,
}

/// The binary logarithm of the usual size of a page.
pub(crate) const PAGE_SIZE_LOG2: u32 = 16;

impl MemoryType {
    /// A memory with 32-bit addresses and pages of 64 KiB, which threads do not share.
    pub fn wasm32(pages: u64, maximum: Option<u64>) -> MemoryType {
        MemoryType {
            pages,
            maximum,
            index64: false,
            shared: false,
            page_size_log2: PAGE_SIZE_LOG2,
        }
    }

    /// The size in bytes; `None` if it is no number of 64 bits.
    pub fn byte_len(&self) -> Option<u64> {
        1u64.checked_shl(self.page_size_log2)?
            .checked_mul(self.pages)
    }
}

/// A memory, of which only what is not zero takes space.
///
/// ```
/// use trapline_coredump::{Memory, MemoryType};
///
/// let mut contents = vec![0; 2 << 16];
/// contents[100_000..100_004].copy_from_slice(b"trap");
/// let memory = Memory::sparse(MemoryType::wasm32(2, None), &contents);
/// assert_eq!(memory.segments().count(), 1);
/// let mut word = [1; 6];
/// memory.read(99_999, &mut word)?;
/// assert_eq!(&word, b"\0trap\0");
/// assert!(memory.read((2 << 16) - 1, &mut word).is_err());
/// # Ok::<(), trapline_coredump::OutOfBounds>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Memory<'a> {
    ty: MemoryType,
    /// In ascending order, without overlaps, none of them empty, all within the memory.
    segments: Vec<Segment<'a>>,
}

/// Bytes of a memory. Found by [`Memory::segments`]; an example is at [`Memory`].
#[derive(Clone)]
pub struct Segment<'a> {
    address: u64,
    data: Data<'a>,
}

#[derive(Clone)]
enum Data<'a> {
    Borrowed(&'a [u8]),
    Shared(Bytes),
}

/// An access beyond the end of a memory. Returned by [`Memory::read`], where an example is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{length} bytes at {address:#x} are not in a memory of {size:#x}")]
pub struct OutOfBounds {
    /// The first address.
    pub address: u64,
    /// How many bytes were wanted.
    pub length: usize,
    /// The size of the memory in bytes.
    pub size: u64,
}

/// Bytes that have no place in a memory. Returned by [`Memory::new`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{address:#x} and on is not part of the memory, or given twice")]
pub struct MisplacedBytes {
    /// The address of the segment that does not fit.
    pub address: u64,
}

/// What is zero is found in units of so many bytes.
const UNIT: usize = 4096;
/// No segment is longer, so that several fit a section.
const LONGEST_SEGMENT: usize = 128 << 20;
/// There are not more runs in a memory: validators of modules accept 100,000 segments in all.
const MOST_RUNS: usize = 1 << 16;

impl<'a> Memory<'a> {
    /// A memory with these contents, which are not copied. Runs of zeroes are left out.
    ///
    /// If there are more bytes than `ty` says, only so many are looked at; if there are fewer, the
    /// rest is zero.
    pub fn sparse(ty: MemoryType, contents: &'a [u8]) -> Memory<'a> {
        let size = ty.byte_len().and_then(|size| usize::try_from(size).ok());
        let contents = &contents[..contents.len().min(size.unwrap_or(usize::MAX))];
        let mut segments = Vec::new();
        for (start, end) in runs(contents, MOST_RUNS) {
            for piece in contents[start..end].chunks(LONGEST_SEGMENT).enumerate() {
                let (number, bytes) = piece;
                segments.push(Segment {
                    address: (start + number * LONGEST_SEGMENT) as u64,
                    data: Data::Borrowed(bytes),
                });
            }
        }
        Memory { ty, segments }
    }

    /// A memory with these bytes at these addresses, and zeroes elsewhere.
    ///
    /// # Errors
    ///
    /// If some of the bytes lie beyond the end, or two at the same address.
    pub fn new(
        ty: MemoryType,
        segments: impl IntoIterator<Item = (u64, Bytes)>,
    ) -> Result<Memory<'a>, MisplacedBytes> {
        let mut sorted: Vec<(u64, Bytes)> = segments
            .into_iter()
            .filter(|(_, bytes)| !bytes.is_empty())
            .collect();
        sorted.sort_by_key(|(address, _)| *address);
        let mut free = 0;
        for (address, bytes) in &sorted {
            let end = address.checked_add(bytes.len() as u64);
            match end {
                Some(end) if *address >= free && Some(end) <= ty.byte_len() => free = end,
                _ => return Err(MisplacedBytes { address: *address }),
            }
        }
        let segments = sorted.into_iter().map(|(address, bytes)| Segment {
            address,
            data: Data::Shared(bytes),
        });
        Ok(Memory {
            ty,
            segments: segments.collect(),
        })
    }

    /// The type and size.
    pub fn ty(&self) -> &MemoryType {
        &self.ty
    }

    /// The parts that are in the dump, by ascending addresses. What lies between is zero.
    pub fn segments(&self) -> impl ExactSizeIterator<Item = &Segment<'a>> {
        self.segments.iter()
    }

    /// Fills a buffer with the bytes from an address on.
    ///
    /// # Errors
    ///
    /// If they are not all there; the buffer is left alone then.
    pub fn read(&self, address: u64, buffer: &mut [u8]) -> Result<(), OutOfBounds> {
        let size = self.ty.byte_len().unwrap_or(0);
        let length = buffer.len();
        let end = address.checked_add(length as u64);
        let Some(end) = end.filter(|end| *end <= size) else {
            return Err(OutOfBounds {
                address,
                length,
                size,
            });
        };
        buffer.fill(0);
        let first = self.segments.partition_point(|s| s.end() <= address);
        let within = self.segments[first..]
            .iter()
            .take_while(|s| s.address < end);
        for segment in within {
            let start = segment.address.max(address);
            let stop = segment.end().min(end);
            // Both differences are within a slice's length.
            let from = (start - segment.address) as usize;
            let to = (start - address) as usize;
            let count = (stop - start) as usize;
            buffer[to..to + count].copy_from_slice(&segment.bytes()[from..from + count]);
        }
        Ok(())
    }
}

impl Segment<'_> {
    /// The address of the first byte.
    pub fn address(&self) -> u64 {
        self.address
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        match &self.data {
            Data::Borrowed(bytes) => bytes,
            Data::Shared(bytes) => bytes,
        }
    }

    fn end(&self) -> u64 {
        self.address + self.bytes().len() as u64
    }
}

impl PartialEq for Segment<'_> {
    fn eq(&self, other: &Segment<'_>) -> bool {
        self.address == other.address && self.bytes() == other.bytes()
    }
}

impl fmt::Debug for Segment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}..{:#x}", self.address, self.end())
    }
}

impl fmt::Debug for Memory<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory")
            .field("ty", &self.ty)
            .field("segments", &self.segments)
            .finish()
    }
}

/// Where the contents are not zero, as start and end. If that were more than `most` places, they take
/// some of the zeroes between with them.
fn runs(contents: &[u8], most: usize) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (number, unit) in contents.chunks(UNIT).enumerate() {
        if *unit == [0; UNIT][..unit.len()] {
            continue;
        }
        let start = number * UNIT;
        let end = start + unit.len();
        match runs.last_mut() {
            Some(last) if last.1 == start => last.1 = end,
            _ => runs.push((start, end)),
        }
    }
    let mut gap = UNIT;
    while runs.len() > most {
        runs.dedup_by(|next, run| {
            let near = next.0 - run.1 <= gap;
            if near {
                run.1 = next.1;
            }
            near
        });
        gap *= 2;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wasm32(pages: u64) -> MemoryType {
        MemoryType::wasm32(pages, None)
    }

    #[test]
    fn what_is_zero_is_left_out() {
        let mut contents = vec![0; 1 << 20];
        assert_eq!(runs(&contents, 9), []);
        for at in [0, UNIT, 5 * UNIT - 1, (1 << 20) - 1] {
            contents[at] = 1;
        }
        let expected = [
            (0, 2 * UNIT),
            (4 * UNIT, 5 * UNIT),
            ((1 << 20) - UNIT, 1 << 20),
        ];
        assert_eq!(runs(&contents, 9), expected);
        assert_eq!(runs(&[0, 0, 1], 9), [(0, 3)], "less than a unit");
    }

    #[test]
    fn scattered_bytes_make_no_endless_number_of_runs() {
        // Every other unit, and gaps of one unit more in the second half.
        let units = 600;
        let mut contents = vec![0; units * UNIT];
        for unit in 0..units {
            let step = if unit < units / 2 { 2 } else { 3 };
            contents[unit * UNIT] = u8::from(unit % step == 0);
        }
        for (most, expected) in [(250, 250), (249, 100), (100, 100), (99, 1), (1, 1)] {
            let runs = runs(&contents, most);
            assert_eq!(runs.len(), expected, "of at most {most}");
            let mut zero = contents.clone();
            for (start, end) in runs {
                zero[start..end].fill(0);
            }
            assert!(zero.iter().all(|byte| *byte == 0), "nothing is left out");
        }
    }

    #[test]
    fn reads_go_across_segments_and_gaps() {
        let bytes = |text: &'static str| Bytes::from_static(text.as_bytes());
        let segments = [
            (8, bytes("cd")),
            (2, bytes("ab")),
            (4, bytes("")),
            (10, bytes("e")),
        ];
        let memory = Memory::new(wasm32(1), segments).unwrap();
        let mut contents = [0; 16];
        contents[2..4].copy_from_slice(b"ab");
        contents[8..11].copy_from_slice(b"cde");
        for start in 0..16 {
            for end in start..=16 {
                let mut read = vec![9; end - start];
                memory.read(start as u64, &mut read).unwrap();
                assert_eq!(read, contents[start..end], "{start}..{end}");
            }
        }
        assert!(memory.read(65536, &mut []).is_ok());
        for (address, length) in [(65536, 1), (65535, 2), (65537, 0), (u64::MAX, 1)] {
            let mut buffer = vec![9; length];
            assert!(memory.read(address, &mut buffer).is_err());
            assert!(buffer.iter().all(|byte| *byte == 9));
        }
    }

    #[test]
    fn bytes_beyond_the_end_or_twice_are_refused() {
        let byte = || Bytes::from_static(b"x");
        let two = || Bytes::from_static(b"xy");
        for segments in [
            vec![(65536, byte())],
            vec![(65535, two())],
            vec![(u64::MAX, two())],
            vec![(1, byte()), (0, two())],
            vec![(0, byte()), (0, byte())],
        ] {
            assert!(Memory::new(wasm32(1), segments).is_err());
        }
        assert!(Memory::new(wasm32(1), [(1, byte()), (0, byte()), (65535, byte())]).is_ok());
        let endless = MemoryType {
            index64: true,
            ..wasm32(u64::MAX)
        };
        assert!(Memory::new(endless, [(0, byte())]).is_err());
    }

    #[test]
    fn contents_and_size_need_not_agree() {
        let contents = [1; 100_000];
        let memory = Memory::sparse(wasm32(1), &contents);
        assert_eq!(memory.segments().next().unwrap().end(), 65536);
        let memory = Memory::sparse(wasm32(2), &contents);
        let mut last = [1; 2];
        memory.read(99_999, &mut last).unwrap();
        assert_eq!(last, [1, 0]);
    }
}
