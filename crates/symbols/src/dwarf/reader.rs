//! A `gimli` reader with a budget.
//!
//! DWARF is full of references, so that few bytes can ask for much work: a thousand units may
//! share one list of ranges, an entry of one byte may have ten thousand attributes. All reading
//! goes through this reader, which takes each read off a budget and fails once that is used up.
//! [`Budget::refill`] at the start of each request makes the bound one of requests, so that a
//! long session is not cut off.

use bytes::Bytes;
use gimli::{Error, LittleEndian, ReaderOffsetId};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What remains of the work that a request may do.
#[derive(Debug)]
pub(crate) struct Budget {
    full: AtomicU64,
    left: AtomicU64,
}

impl Budget {
    /// A budget for debug information of this many bytes. Reading all of it once takes about one
    /// unit of work for a byte.
    pub(crate) fn for_size(bytes: u64) -> Budget {
        let full = Budget::work(bytes).saturating_add(1 << 20);
        Budget {
            full: AtomicU64::new(full),
            left: AtomicU64::new(full),
        }
    }

    /// Adds what more debug information of this many bytes may take.
    pub(crate) fn grow(&self, bytes: u64) {
        let full = self.full.load(Ordering::Relaxed);
        let full = full.saturating_add(Budget::work(bytes));
        self.full.store(full, Ordering::Relaxed);
    }

    fn work(bytes: u64) -> u64 {
        bytes.saturating_mul(8)
    }

    /// Starts a new request.
    pub(crate) fn refill(&self) {
        let full = self.full.load(Ordering::Relaxed);
        self.left.store(full, Ordering::Relaxed);
    }

    /// Whether the present request has used up its budget.
    pub(crate) fn is_spent(&self) -> bool {
        self.left.load(Ordering::Relaxed) == 0
    }

    /// Takes work off the budget. Requests of several threads share one, and a race may let
    /// some work go uncounted: the bound need not be exact.
    fn spend(&self, work: u64) -> bool {
        let left = self.left.load(Ordering::Relaxed).saturating_sub(work);
        self.left.store(left, Ordering::Relaxed);
        left > 0
    }
}

#[derive(Debug)]
struct Source {
    wasm: Bytes,
    budget: Arc<Budget>,
}

/// A range of the module file, and the budget that reading it draws on.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    source: Arc<Source>,
    // Invariant: start <= end <= source.wasm.len().
    start: usize,
    end: usize,
}

impl Reader {
    /// A reader of the whole module file.
    pub(crate) fn new(wasm: Bytes, budget: Budget) -> Reader {
        let end = wasm.len();
        Reader {
            source: Arc::new(Source {
                wasm,
                budget: Arc::new(budget),
            }),
            start: 0,
            end,
        }
    }

    /// A reader of another file that draws on the same budget.
    pub(crate) fn beside(&self, wasm: Bytes) -> Reader {
        let end = wasm.len();
        let budget = self.source.budget.clone();
        Reader {
            source: Arc::new(Source { wasm, budget }),
            start: 0,
            end,
        }
    }

    /// A reader of part of the file; an empty one if the range is not of the file.
    pub(crate) fn range(&self, range: Range<usize>) -> Reader {
        let range = if self.source.wasm.get(range.clone()).is_some() {
            range
        } else {
            0..0
        };
        Reader {
            source: self.source.clone(),
            start: range.start,
            end: range.end,
        }
    }

    pub(crate) fn budget(&self) -> &Budget {
        &self.source.budget
    }

    /// Takes work off the budget that is not reading.
    pub(crate) fn spend(&self, work: usize) -> Result<(), Error> {
        if self.source.budget.spend(work as u64) {
            Ok(())
        } else {
            Err(self.eof())
        }
    }

    fn bytes(&self) -> &[u8] {
        &self.source.wasm[self.start..self.end]
    }

    /// The error for the end of what may be read, be it of the input or of the budget.
    fn eof(&self) -> Error {
        Error::UnexpectedEof(ReaderOffsetId(self.start as u64))
    }

    /// The position after `len` more bytes.
    fn after(&self, len: usize) -> Result<usize, Error> {
        match self.start.checked_add(len) {
            Some(after) if after <= self.end => Ok(after),
            _ => Err(self.eof()),
        }
    }
}

impl gimli::Reader for Reader {
    type Endian = LittleEndian;
    type Offset = usize;

    fn endian(&self) -> LittleEndian {
        LittleEndian
    }

    fn len(&self) -> usize {
        self.end - self.start
    }

    fn empty(&mut self) {
        self.end = self.start;
    }

    fn truncate(&mut self, len: usize) -> gimli::Result<()> {
        self.end = self.after(len)?;
        Ok(())
    }

    fn offset_from(&self, base: &Reader) -> usize {
        self.start.saturating_sub(base.start)
    }

    fn offset_id(&self) -> ReaderOffsetId {
        ReaderOffsetId(self.start as u64)
    }

    fn lookup_offset_id(&self, id: ReaderOffsetId) -> Option<usize> {
        let position = usize::try_from(id.0).ok()?;
        (self.start..=self.end)
            .contains(&position)
            .then(|| position - self.start)
    }

    fn find(&self, byte: u8) -> gimli::Result<usize> {
        let found = self.bytes().iter().position(|&b| b == byte);
        self.spend(1 + found.unwrap_or(self.len()) / 8)?;
        found.ok_or_else(|| self.eof())
    }

    fn skip(&mut self, len: usize) -> gimli::Result<()> {
        self.start = self.after(len)?;
        self.spend(1)
    }

    fn split(&mut self, len: usize) -> gimli::Result<Reader> {
        let middle = self.after(len)?;
        self.spend(1)?;
        let first = Reader {
            source: self.source.clone(),
            start: self.start,
            end: middle,
        };
        self.start = middle;
        Ok(first)
    }

    fn to_slice(&self) -> gimli::Result<Cow<'_, [u8]>> {
        self.spend(1)?;
        Ok(Cow::Borrowed(self.bytes()))
    }

    fn to_string(&self) -> gimli::Result<Cow<'_, str>> {
        self.spend(1 + self.len() / 8)?;
        std::str::from_utf8(self.bytes())
            .map(Cow::Borrowed)
            .map_err(|_| Error::BadUtf8)
    }

    fn to_string_lossy(&self) -> gimli::Result<Cow<'_, str>> {
        self.spend(1 + self.len() / 8)?;
        Ok(String::from_utf8_lossy(self.bytes()))
    }

    fn read_slice(&mut self, buf: &mut [u8]) -> gimli::Result<()> {
        let after = self.after(buf.len())?;
        self.spend(1)?;
        buf.copy_from_slice(&self.source.wasm[self.start..after]);
        self.start = after;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gimli::Reader as _;

    fn reader(bytes: &'static [u8]) -> Reader {
        Reader::new(
            Bytes::from_static(bytes),
            Budget {
                full: AtomicU64::new(20),
                left: AtomicU64::new(20),
            },
        )
    }

    #[test]
    fn reads_within_its_range_only() {
        let mut whole = reader(b"0123456789");
        let mut part = whole.range(2..5);
        assert_eq!(part.read_u8(), Ok(b'2'));
        assert_eq!(part.offset_from(&whole), 3);
        assert_eq!(
            part.find(b'5'),
            Err(Error::UnexpectedEof(ReaderOffsetId(3)))
        );
        assert!(part.skip(3).is_err());
        assert!(part.skip(usize::MAX).is_err());
        assert!(part.split(2).is_ok_and(|split| split.bytes() == b"34"));
        assert!(part.is_empty());
        assert!(whole.truncate(11).is_err());
        assert!(whole.range(5..11).is_empty());
    }

    #[test]
    fn fails_once_the_budget_is_spent_and_reads_again_after_a_refill() {
        let mut reader = reader(&[0; 64]);
        let reads = (0..64).take_while(|_| reader.read_u8().is_ok()).count();
        assert_eq!(reads, 19);
        assert!(reader.budget().is_spent());
        reader.budget().refill();
        assert!(reader.read_u8().is_ok());
    }
}
