//! Checked access to the guest's memory.
//!
//! Every pointer and length comes from the guest and may be anything. A range that does not lie
//! in the memory is [`Errno::Fault`]; no length is trusted with an allocation before the range it
//! describes is known to exist, and the number of buffers of one call is bounded.

use std::io::{IoSlice, IoSliceMut};
use std::ops::Range;

use crate::errno::Errno;

/// The most buffers one vectored read or write uses; what lies beyond is left for the guest's
/// next call, as the interface allows. The host's own limit for one system call.
const MAX_BUFFERS: usize = 1024;

/// The longest path, in bytes, with the terminating zero that hosts count.
const PATH_MAX: u32 = 4096;

/// A `ciovec` or `iovec`: a pointer and a length.
const IOVEC_SIZE: u32 = 8;

/// The linear memory of the calling guest.
pub(crate) struct GuestMemory<'a> {
    bytes: &'a mut [u8],
}

impl<'a> GuestMemory<'a> {
    pub(crate) fn new(bytes: &'a mut [u8]) -> GuestMemory<'a> {
        GuestMemory { bytes }
    }

    /// Checks that the range exists, so that a later write to it cannot fail.
    pub(crate) fn check(&self, ptr: u32, len: u32) -> Result<(), Errno> {
        self.range(ptr, u64::from(len)).map(|_| ())
    }

    #[cfg(test)]
    pub(crate) fn slice(&self, ptr: u32, len: u32) -> Result<&[u8], Errno> {
        let range = self.range(ptr, u64::from(len))?;
        Ok(&self.bytes[range])
    }

    pub(crate) fn slice_mut(&mut self, ptr: u32, len: u32) -> Result<&mut [u8], Errno> {
        let range = self.range(ptr, u64::from(len))?;
        Ok(&mut self.bytes[range])
    }

    pub(crate) fn write(&mut self, ptr: u32, bytes: &[u8]) -> Result<(), Errno> {
        let range = self.range(ptr, bytes.len() as u64)?;
        self.bytes[range].copy_from_slice(bytes);
        Ok(())
    }

    pub(crate) fn write_u16(&mut self, ptr: u32, value: u16) -> Result<(), Errno> {
        self.write(ptr, &value.to_le_bytes())
    }

    pub(crate) fn write_u32(&mut self, ptr: u32, value: u32) -> Result<(), Errno> {
        self.write(ptr, &value.to_le_bytes())
    }

    pub(crate) fn write_u64(&mut self, ptr: u32, value: u64) -> Result<(), Errno> {
        self.write(ptr, &value.to_le_bytes())
    }

    /// A path, which must be UTF-8 without zero bytes and not longer than any host allows.
    pub(crate) fn path(&self, ptr: u32, len: u32) -> Result<&str, Errno> {
        let range = self.range(ptr, u64::from(len))?;
        if len >= PATH_MAX {
            return Err(Errno::Nametoolong);
        }
        let path = std::str::from_utf8(&self.bytes[range]).map_err(|_| Errno::Ilseq)?;
        if path.contains('\0') {
            return Err(Errno::Inval);
        }
        Ok(path)
    }

    /// The records of `size` bytes of an array.
    pub(crate) fn array(&self, ptr: u32, count: u32, size: u32) -> Result<&[u8], Errno> {
        let range = self.range(ptr, u64::from(count) * u64::from(size))?;
        Ok(&self.bytes[range])
    }

    /// Checks that an array of `count` records of `size` bytes exists.
    pub(crate) fn check_array(&self, ptr: u32, count: u32, size: u32) -> Result<(), Errno> {
        self.array(ptr, count, size).map(|_| ())
    }

    /// The buffers of a `ciovec_array`.
    pub(crate) fn io_slices(&self, iovs: u32, count: u32) -> Result<Vec<IoSlice<'_>>, Errno> {
        let ranges = self.buffers(iovs, count)?;
        Ok(ranges
            .into_iter()
            .map(|range| IoSlice::new(&self.bytes[range]))
            .collect())
    }

    /// The buffers of an `iovec_array`.
    ///
    /// Buffers that overlap cannot be lent together. Then only the first is, and the read is a
    /// short one, which guests must expect anyway.
    pub(crate) fn io_slices_mut(
        &mut self,
        iovs: u32,
        count: u32,
    ) -> Result<Vec<IoSliceMut<'_>>, Errno> {
        let mut ranges = self.buffers(iovs, count)?;
        let mut order: Vec<usize> = (0..ranges.len()).collect();
        order.sort_unstable_by_key(|&index| ranges[index].start);
        if order
            .windows(2)
            .any(|pair| ranges[pair[0]].end > ranges[pair[1]].start)
        {
            ranges.truncate(1);
            order = vec![0];
        }

        let mut slices: Vec<IoSliceMut<'_>> = (0..ranges.len())
            .map(|_| IoSliceMut::new(&mut []))
            .collect();
        let mut rest = &mut *self.bytes;
        let mut base = 0;
        for index in order {
            let Range { start, end } = ranges[index];
            let (head, tail) = rest.split_at_mut(end - base);
            slices[index] = IoSliceMut::new(&mut head[start - base..]);
            rest = tail;
            base = end;
        }
        Ok(slices)
    }

    /// The ranges of the buffers of an array of `iovec`, empty ones left out. Together they are
    /// at most as long as the `size` in which their use is reported.
    fn buffers(&self, iovs: u32, count: u32) -> Result<Vec<Range<usize>>, Errno> {
        let mut ranges = Vec::new();
        let mut total: u32 = 0;
        for iovec in self
            .array(iovs, count, IOVEC_SIZE)?
            .as_chunks::<{ IOVEC_SIZE as usize }>()
            .0
        {
            let [a, b, c, d, e, f, g, h] = *iovec;
            let ptr = u32::from_le_bytes([a, b, c, d]);
            let len = u32::from_le_bytes([e, f, g, h]);
            let range = self.range(ptr, u64::from(len))?;
            let Some(sum) = total.checked_add(len) else {
                break;
            };
            total = sum;
            if len != 0 {
                ranges.push(range);
            }
            if ranges.len() == MAX_BUFFERS {
                break;
            }
        }
        Ok(ranges)
    }

    fn range(&self, ptr: u32, len: u64) -> Result<Range<usize>, Errno> {
        let start = u64::from(ptr);
        let end = start.checked_add(len).ok_or(Errno::Fault)?;
        if end > self.bytes.len() as u64 {
            return Err(Errno::Fault);
        }
        // Both lie within a slice of the host, hence fit its addresses.
        Ok(start as usize..end as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iovecs(bytes: &mut [u8], at: usize, list: &[(u32, u32)]) {
        for (index, (ptr, len)) in list.iter().enumerate() {
            let at = at + index * 8;
            bytes[at..at + 4].copy_from_slice(&ptr.to_le_bytes());
            bytes[at + 4..at + 8].copy_from_slice(&len.to_le_bytes());
        }
    }

    #[test]
    fn ranges_outside_are_faults() {
        let mut bytes = [0; 64];
        let mut memory = GuestMemory::new(&mut bytes);
        assert!(memory.slice(0, 64).is_ok());
        assert!(memory.slice(64, 0).is_ok());
        assert_eq!(memory.slice(65, 0), Err(Errno::Fault));
        assert_eq!(memory.slice(63, 2), Err(Errno::Fault));
        assert_eq!(memory.slice(u32::MAX, u32::MAX), Err(Errno::Fault));
        assert_eq!(memory.write_u64(57, 0), Err(Errno::Fault));
        assert_eq!(memory.array(0, u32::MAX, u32::MAX), Err(Errno::Fault));
        assert_eq!(memory.write_u32(u32::MAX, 0), Err(Errno::Fault));
    }

    #[test]
    fn hostile_arrays_of_buffers_are_faults() {
        let mut bytes = [0; 64];
        iovecs(&mut bytes, 0, &[(32, 4), (u32::MAX, 4)]);
        let mut memory = GuestMemory::new(&mut bytes);
        assert_eq!(memory.io_slices(0, 2).err(), Some(Errno::Fault));
        assert_eq!(memory.io_slices(0, u32::MAX).err(), Some(Errno::Fault));
        assert_eq!(memory.io_slices(u32::MAX, 1).err(), Some(Errno::Fault));
        assert_eq!(memory.io_slices_mut(0, 2).err(), Some(Errno::Fault));
        assert_eq!(memory.io_slices(60, 1).err(), Some(Errno::Fault));
        assert_eq!(memory.io_slices(0, 0).map(|slices| slices.len()), Ok(0));
        assert_eq!(memory.io_slices_mut(0, 0).map(|slices| slices.len()), Ok(0));
    }

    #[test]
    fn disjoint_buffers_keep_the_order_of_the_array() {
        let mut bytes = [0; 64];
        iovecs(&mut bytes, 0, &[(40, 2), (32, 3), (63, 0), (43, 1)]);
        let mut memory = GuestMemory::new(&mut bytes);
        let mut slices = memory.io_slices_mut(0, 4).unwrap();
        assert_eq!(
            slices.iter().map(|slice| slice.len()).collect::<Vec<_>>(),
            [2, 3, 1]
        );
        for (index, slice) in slices.iter_mut().enumerate() {
            slice.fill(index as u8 + 1);
        }
        assert_eq!(bytes[32..44], [2, 2, 2, 0, 0, 0, 0, 0, 1, 1, 0, 3]);
    }

    #[test]
    fn overlapping_buffers_are_read_into_one_at_a_time() {
        let mut bytes = [0; 64];
        iovecs(&mut bytes, 0, &[(32, 8), (36, 8)]);
        let mut memory = GuestMemory::new(&mut bytes);
        let slices = memory.io_slices_mut(0, 2).unwrap();
        assert_eq!(slices.len(), 1);
        assert_eq!(slices[0].len(), 8);
        drop(slices);
        // Writing from them together is fine.
        assert_eq!(memory.io_slices(0, 2).unwrap().len(), 2);
    }

    #[test]
    fn the_number_and_length_of_buffers_are_bounded() {
        let mut bytes = vec![0; 1 << 16];
        iovecs(&mut bytes, 0, &vec![(0, 1); 2000]);
        let memory = GuestMemory::new(&mut bytes);
        assert_eq!(memory.io_slices(0, 2000).unwrap().len(), MAX_BUFFERS);

        let mut bytes = vec![0; 1 << 23];
        iovecs(&mut bytes, 0, &[(0, 1 << 23); 600]);
        let memory = GuestMemory::new(&mut bytes);
        let total: usize = memory
            .io_slices(0, 600)
            .unwrap()
            .iter()
            .map(|s| s.len())
            .sum();
        assert!(u32::try_from(total).is_ok());
    }

    #[test]
    fn paths_are_text_of_bounded_length() {
        let mut bytes = vec![b'a'; 8192];
        bytes[8] = 0xff;
        bytes[16] = 0;
        let memory = GuestMemory::new(&mut bytes);
        assert_eq!(memory.path(0, 8), Ok("aaaaaaaa"));
        assert_eq!(memory.path(8, 1), Err(Errno::Ilseq));
        assert_eq!(memory.path(15, 3), Err(Errno::Inval));
        assert_eq!(memory.path(17, 4095).map(str::len), Ok(4095));
        assert_eq!(memory.path(17, 4096), Err(Errno::Nametoolong));
        assert_eq!(memory.path(17, u32::MAX), Err(Errno::Fault));
        assert_eq!(memory.path(0, 0), Ok(""));
    }
}
