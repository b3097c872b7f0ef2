//! The memory of a guest stack.
//!
//! ```text
//!   base   ->  +----------------------------+  the stack grows down from here
//!              | guest code, and functions  |
//!              | of the host that it calls  |
//!   host_limit | . . . . . . . . . . . . .  |  below this no function of the host is called
//!              | guest code alone           |
//!   limit  ->  +----------------------------+
//!              | yellow zone, 64 KiB        |  no access, but while a trap is being reported
//!              +----------------------------+
//!              | guard zone, 64 KiB         |  no access, ever
//!              +----------------------------+
//! ```
//!
//! Guest code checks no limit: it overflows the stack by touching the yellow zone, and that is a
//! trap. Large frames touch each of their pages as they are made, so that none gets past the
//! zone. What then reports the trap runs on this same stack, for which the yellow zone is opened
//! until the guest is left.
//!
//! Functions of the host know nothing of this. They are called only with `host_headroom` bytes
//! left; one that needs more meets the yellow zone, which ends the process as a stack overflow
//! anywhere else in the host does.

use crate::vm::mmap::{Access, Mapping, page_size, round_up_to_page};
use rustix::mm::{Advice, MprotectFlags};
use std::io;
use std::ops::Range;

/// The guard zone in bytes: for host code that touches its frames in any order.
const GUARD_ZONE: usize = 64 << 10;

/// The yellow zone in bytes: what reporting a trap may need of stack.
pub(crate) const YELLOW_ZONE: usize = 64 << 10;

/// How many bytes below the base keep their memory when a stack is unused.
const KEPT: usize = 128 << 10;

/// How many uses of a stack go by before it is looked at whether it used more than that.
const USES_PER_TRIM: usize = 16;

/// The least that is left for guest code alone.
const LEAST_FOR_GUEST: usize = 16 << 10;

/// How large guest stacks are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StackSize {
    /// What the guest and the functions of the host that it calls can use, in bytes.
    pub total: usize,
    /// How much of that is kept for functions of the host.
    pub host_headroom: usize,
}

/// Where a stack lies. Cheap to copy: every entry into the guest does.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StackBounds {
    /// Lowest address that can be used.
    pub limit: usize,
    /// The address that the stack grows down from.
    pub base: usize,
}

impl StackBounds {
    /// No stack at all.
    pub const NONE: StackBounds = StackBounds { limit: 0, base: 0 };

    /// No stack either, but not the same as none.
    pub const BARRED: StackBounds = StackBounds {
        limit: usize::MAX,
        base: 1,
    };

    /// Whether a stack pointer is one of this stack: both the base, when the stack is empty, and
    /// the limit, when it is full, are.
    #[inline]
    pub fn contains(&self, address: usize) -> bool {
        self.limit <= address && address <= self.base
    }

    /// Whether an access to an address was an overflow of this stack.
    pub fn overflowed_at(&self, address: usize) -> bool {
        self.limit.saturating_sub(YELLOW_ZONE + GUARD_ZONE) <= address && address < self.limit
    }

    /// Makes the yellow zone accessible, or inaccessible again. May be called from a signal
    /// handler.
    ///
    /// # Safety
    ///
    /// These are the bounds of a live [`GuestStack`], and nothing lies in its yellow zone.
    pub unsafe fn open_yellow_zone(&self, open: bool) -> io::Result<()> {
        let zone = (self.limit - YELLOW_ZONE) as *mut std::ffi::c_void;
        let access = if open {
            MprotectFlags::READ | MprotectFlags::WRITE
        } else {
            MprotectFlags::empty()
        };
        // SAFETY: the zone belongs to the stack, and holds nothing that anyone refers to.
        unsafe { rustix::mm::mprotect(zone, YELLOW_ZONE, access)? };
        Ok(())
    }
}

/// A stack for guest code and the functions of the host that it calls.
#[derive(Debug)]
pub(crate) struct GuestStack {
    mapping: Mapping,
    host_limit: usize,
    /// How often it was given back.
    uses: usize,
}

impl GuestStack {
    /// Maps a stack.
    ///
    /// Fails with [`io::ErrorKind::InvalidInput`] if the size leaves nothing for the guest.
    pub fn new(size: StackSize) -> io::Result<GuestStack> {
        let total = round_up_to_page(size.total)?;
        let for_guest = total.saturating_sub(size.host_headroom);
        if for_guest < LEAST_FOR_GUEST {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let below = GUARD_ZONE + YELLOW_ZONE;
        let len = total.checked_add(below).ok_or(io::ErrorKind::OutOfMemory)?;
        let mapping = Mapping::reserve_stack(len)?;
        // SAFETY: the mapping is fresh.
        unsafe { mapping.protect(below..mapping.len(), Access::ReadWrite)? };
        let host_limit = mapping.base() as usize + below + size.host_headroom;
        Ok(GuestStack {
            mapping,
            host_limit,
            uses: 0,
        })
    }

    /// Where it lies.
    #[inline]
    pub fn bounds(&self) -> StackBounds {
        let lowest = self.mapping.base() as usize;
        StackBounds {
            limit: lowest + GUARD_ZONE + YELLOW_ZONE,
            base: lowest + self.mapping.len(),
        }
    }

    /// The lowest stack pointer at which a function of the host may be called.
    #[inline]
    pub fn host_limit(&self) -> usize {
        self.host_limit
    }

    /// The lowest address of the mapping, guard zone included.
    pub fn lowest(&self) -> usize {
        self.mapping.base() as usize
    }

    /// Called when nothing runs on the stack any more. At times, and after the first use, gives
    /// memory back that was used deep down: finding out takes longer than most calls.
    pub(super) fn used(&mut self) {
        if self.uses.is_multiple_of(USES_PER_TRIM) {
            self.trim();
        }
        self.uses = self.uses.wrapping_add(1);
    }

    fn trim(&mut self) {
        let unkept = self.unkept();
        if self.is_resident(self.probe()) {
            let start = unkept.start as *mut std::ffi::c_void;
            // SAFETY: nothing runs on the stack, so that nobody cares what it holds. Should the
            // kernel refuse, the memory stays in use, no more.
            let _ = unsafe { rustix::mm::madvise(start, unkept.len(), Advice::LinuxDontNeed) };
        }
    }

    /// What does not keep its memory, the yellow zone included.
    fn unkept(&self) -> Range<usize> {
        let StackBounds { limit, base } = self.bounds();
        limit - YELLOW_ZONE..limit.max(base - KEPT)
    }

    /// The topmost pages of what does not keep its memory: a stack that was used deeper has used
    /// at least one of them, because frames that are larger than a page touch all of their pages.
    fn probe(&self) -> Range<usize> {
        let unkept = self.unkept();
        unkept.end - 2 * page_size()..unkept.end
    }

    /// Whether any page of a range has memory.
    fn is_resident(&self, pages: Range<usize>) -> bool {
        let mut resident = [0_u8; 2];
        debug_assert!(pages.len() <= resident.len() * page_size());
        let start = pages.start as *mut std::ffi::c_void;
        // SAFETY: the pages are mapped, and there is a byte for each.
        let status = unsafe { libc::mincore(start, pages.len(), resident.as_mut_ptr()) };
        status == 0 && resident.iter().any(|page| page & 1 != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: StackSize = StackSize {
        total: 1 << 20,
        host_headroom: 256 << 10,
    };

    #[test]
    fn zones_lie_below_the_limit() {
        let stack = GuestStack::new(SIZE).unwrap();
        let bounds = stack.bounds();
        assert_eq!(bounds.base - bounds.limit, SIZE.total);
        assert_eq!(stack.host_limit() - bounds.limit, SIZE.host_headroom);
        assert_eq!(bounds.limit - stack.lowest(), GUARD_ZONE + YELLOW_ZONE);
        assert!(bounds.contains(bounds.base) && !bounds.contains(bounds.base + 1));
        assert!(bounds.overflowed_at(bounds.limit - 1) && !bounds.overflowed_at(bounds.limit));
        assert!(bounds.overflowed_at(stack.lowest()) && !bounds.overflowed_at(stack.lowest() - 1));
        assert!(!StackBounds::NONE.overflowed_at(0));
    }

    #[test]
    fn sizes_that_leave_nothing_for_the_guest_are_refused() {
        let refused = |total, host_headroom| {
            GuestStack::new(StackSize {
                total,
                host_headroom,
            })
            .unwrap_err()
            .kind()
        };
        assert_eq!(refused(0, 0), io::ErrorKind::InvalidInput);
        assert_eq!(refused(1 << 20, 1 << 20), io::ErrorKind::InvalidInput);
        assert_eq!(refused(usize::MAX, 0), io::ErrorKind::OutOfMemory);
    }

    #[test]
    fn the_yellow_zone_can_be_used_while_it_is_open() {
        let stack = GuestStack::new(SIZE).unwrap();
        let bounds = stack.bounds();
        // SAFETY: the stack is live, unused, and the zone is open when it is written.
        unsafe {
            bounds.open_yellow_zone(true).unwrap();
            ((bounds.limit - YELLOW_ZONE) as *mut u8).write(1);
            bounds.open_yellow_zone(false).unwrap();
        }
    }

    #[test]
    fn trimming_frees_what_lies_deep_and_keeps_the_rest() {
        let mut stack = GuestStack::new(SIZE).unwrap();
        let StackBounds { limit, base } = stack.bounds();
        let touch = |from: usize| {
            for page in (from..base).step_by(page_size()) {
                // SAFETY: within the usable part of a stack that nothing runs on.
                unsafe { (page as *mut u8).write(1) };
            }
        };
        // SAFETY: as above.
        let read = |at: usize| unsafe { (at as *mut u8).read() };
        touch(base - KEPT);
        stack.trim();
        assert_eq!(read(base - KEPT), 1);
        touch(limit);
        stack.trim();
        assert_eq!(
            (
                read(limit),
                read(base - KEPT - page_size()),
                read(base - KEPT)
            ),
            (0, 0, 1)
        );
    }
}
