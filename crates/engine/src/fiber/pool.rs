//! Stacks kept for reuse.
//!
//! Making a stack takes two system calls, and a page fault for every page that is then used. So
//! an engine keeps stacks that are done with, and gives out the one last used, whose pages are
//! the most likely to be in the caches. They are not zeroed: no value that a guest can read ever
//! comes from a stack slot that it has not written. Memory that a deep recursion has used is
//! given back (see `GuestStack::used`).

use super::stack::{GuestStack, StackSize};
use corosensei::stack::{Stack, StackPointer};
use std::io;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Stacks kept for reuse; an engine has one pool.
#[derive(Debug)]
pub(crate) struct StackPool {
    size: StackSize,
    capacity: usize,
    unused: Mutex<Vec<GuestStack>>,
}

impl StackPool {
    /// A pool of stacks of one size that keeps at most `capacity` unused ones.
    ///
    /// Fails with [`io::ErrorKind::InvalidInput`] if the size leaves nothing for the guest.
    pub fn new(size: StackSize, capacity: usize) -> io::Result<Arc<StackPool>> {
        // Tells at once whether the size is good.
        let first = GuestStack::new(size)?;
        let unused = if capacity == 0 {
            Vec::new()
        } else {
            vec![first]
        };
        Ok(Arc::new(StackPool {
            size,
            capacity,
            unused: Mutex::new(unused),
        }))
    }

    /// Takes a stack, the one last used if there is any.
    ///
    /// This costs a few atomic operations, which is a lot beside an empty call into the guest: a
    /// store that makes synchronous calls does well to keep the stack from its first one.
    pub fn take(self: &Arc<Self>) -> io::Result<PooledStack> {
        let unused = self.unused().pop();
        let stack = match unused {
            Some(stack) => stack,
            None => GuestStack::new(self.size)?,
        };
        Ok(PooledStack {
            stack: ManuallyDrop::new(stack),
            pool: Arc::clone(self),
        })
    }

    fn put(&self, mut stack: GuestStack) {
        stack.used();
        let mut unused = self.unused();
        if unused.len() < self.capacity {
            unused.push(stack);
        } else {
            drop(unused);
            drop(stack);
        }
    }

    fn unused(&self) -> MutexGuard<'_, Vec<GuestStack>> {
        // A push or a pop that panics leaves the list as it was.
        self.unused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stack that returns to its pool when dropped.
#[derive(Debug)]
pub(crate) struct PooledStack {
    stack: ManuallyDrop<GuestStack>,
    pool: Arc<StackPool>,
}

impl Deref for PooledStack {
    type Target = GuestStack;

    #[inline]
    fn deref(&self) -> &GuestStack {
        &self.stack
    }
}

impl Drop for PooledStack {
    fn drop(&mut self) {
        // SAFETY: nothing uses the field after this.
        let stack = unsafe { ManuallyDrop::take(&mut self.stack) };
        self.pool.put(stack);
    }
}

// SAFETY: the stack is larger than the least that is asked for, its base is on a page boundary,
// and an inaccessible zone lies below it.
unsafe impl Stack for PooledStack {
    #[inline]
    fn base(&self) -> StackPointer {
        StackPointer::new(self.bounds().base).expect("stacks do not lie at address zero")
    }

    #[inline]
    fn limit(&self) -> StackPointer {
        StackPointer::new(self.lowest()).expect("stacks do not lie at address zero")
    }
}

impl PooledStack {
    /// Runs something on this stack, from wherever it is called. On a fiber it may suspend that
    /// fiber, which then has frames on both stacks.
    pub fn run<R>(self, body: impl FnOnce() -> R) -> R {
        corosensei::on_stack(self, body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: StackSize = StackSize {
        total: 256 << 10,
        host_headroom: 64 << 10,
    };

    #[test]
    fn the_stack_last_used_is_reused_first() {
        let pool = StackPool::new(SIZE, 2).unwrap();
        let first = pool.take().unwrap();
        let second = pool.take().unwrap();
        let (first_at, second_at) = (first.bounds(), second.bounds());
        assert_ne!(first_at, second_at);
        drop(first);
        drop(second);
        assert_eq!(pool.take().unwrap().bounds(), second_at);
        let _second = pool.take().unwrap();
        assert_eq!(pool.take().unwrap().bounds(), first_at);
    }

    #[test]
    fn no_more_unused_stacks_are_kept_than_asked_for() {
        let pool = StackPool::new(SIZE, 2).unwrap();
        let stacks: Vec<_> = (0..5).map(|_| pool.take().unwrap()).collect();
        drop(stacks);
        assert_eq!(pool.unused().len(), 2);
        let none = StackPool::new(SIZE, 0).unwrap();
        drop(none.take().unwrap());
        assert_eq!(none.unused().len(), 0);
    }

    #[test]
    fn bad_sizes_are_found_when_the_pool_is_made() {
        let size = StackSize {
            total: 64 << 10,
            host_headroom: 64 << 10,
        };
        assert!(StackPool::new(size, 1).is_err());
    }

    #[test]
    fn stacks_can_be_taken_and_returned_by_many_threads() {
        let pool = StackPool::new(SIZE, 4).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let stack = pool.take().unwrap();
                        let at = (stack.bounds().base - 8) as *mut usize;
                        // SAFETY: the stack is ours alone.
                        unsafe {
                            at.write(at as usize);
                            assert_eq!(at.read(), at as usize);
                        }
                    }
                });
            }
        });
        assert!(pool.unused().len() <= 4);
    }
}
