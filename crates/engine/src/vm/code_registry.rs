//! Which module the code at an address belongs to.
//!
//! One registry serves the whole process, because a signal handler has nothing but an address to
//! ask with. A handler may interrupt anything, so it cannot wait for a lock, nor allocate. So what
//! is read is an immutable table, sorted by address:
//!
//! ```text
//!             TABLE (atomic pointer) ----> [start..end, weak] [start..end, weak] ...
//!   readers:  count themselves in READERS, load TABLE, look, count themselves out
//!   writers:  under a mutex: build a new table, swap TABLE, put the old one with the retired;
//!             free the retired tables if READERS is zero *after* the swap
//! ```
//!
//! A reader counts itself in before it loads the pointer. So a writer that has swapped the
//! pointer and then sees no readers knows that nobody holds an old table, nor can get one.
//! If it does see some it waits for nothing: the retired tables are freed by a later writer.
//!
//! Entries hold the code weakly, hence a reader gets either living code or none.

use super::code_memory::CodeMemory;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// The table in use, null if no code is registered.
static TABLE: AtomicPtr<Table> = AtomicPtr::new(ptr::null_mut());

/// How many readers may hold a pointer that was read from [`TABLE`].
static READERS: AtomicUsize = AtomicUsize::new(0);

/// Held by writers; tables that readers may still hold.
static RETIRED: Mutex<Vec<RetiredTable>> = Mutex::new(Vec::new());

type Table = Vec<Entry>;

#[derive(Clone)]
struct Entry {
    start: usize,
    end: usize,
    code: Weak<CodeMemory>,
}

/// A table that came from `Box::into_raw` and is no longer in [`TABLE`].
struct RetiredTable(*mut Table);

// SAFETY: the table is owned by whoever owns this, and `Entry` can be sent.
unsafe impl Send for RetiredTable {}

/// The module whose code holds `pc`, if it still lives.
///
/// Takes no lock and does not allocate. It may be called from a signal handler if the code there
/// is kept alive by somebody else: otherwise the handler could be the last owner, and free it.
pub(crate) fn find(pc: usize) -> Option<Arc<CodeMemory>> {
    let _reader = Reader::new();
    let table = TABLE.load(Ordering::SeqCst);
    // SAFETY: a pointer in TABLE is null or came from `Box::into_raw`. The table is not freed
    // while we are counted as a reader, nor changed ever.
    let table = unsafe { table.as_ref()? };
    let after = table.partition_point(|entry| entry.start <= pc);
    let entry = &table[after.checked_sub(1)?];
    if pc < entry.end {
        entry.code.upgrade()
    } else {
        None
    }
}

/// Counts itself as a reader while it lives.
struct Reader;

impl Reader {
    fn new() -> Reader {
        READERS.fetch_add(1, Ordering::SeqCst);
        Reader
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        READERS.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Registers code. Its pages overlap no others that are registered.
pub(super) fn insert(code: &Arc<CodeMemory>) {
    if code.text_len() == 0 {
        return;
    }
    let start = code.text_base();
    let entry = Entry {
        start,
        end: start + code.text_len(),
        code: Arc::downgrade(code),
    };
    update(|table| {
        let at = table.partition_point(|other| other.start < start);
        table.insert(at, entry);
    });
}

/// Removes code that is about to be unmapped.
pub(super) fn remove(code: &CodeMemory) {
    if code.text_len() == 0 {
        return;
    }
    let start = code.text_base();
    update(|table| table.retain(|entry| entry.start != start));
}

/// Puts a changed copy of the table in its place.
fn update(change: impl FnOnce(&mut Table)) {
    let mut retired = lock();
    let current = TABLE.load(Ordering::SeqCst);
    // SAFETY: only writers free tables, only retired ones, and there is but one writer at a time.
    let mut table = match unsafe { current.as_ref() } {
        // Room for one more, which is what most changes add.
        Some(table) => {
            let mut copy = Vec::with_capacity(table.len() + 1);
            copy.extend_from_slice(table);
            copy
        }
        None => Vec::new(),
    };
    change(&mut table);
    TABLE.store(Box::into_raw(Box::new(table)), Ordering::SeqCst);
    if !current.is_null() {
        retired.push(RetiredTable(current));
    }
    if READERS.load(Ordering::SeqCst) == 0 {
        for RetiredTable(table) in retired.drain(..) {
            // SAFETY: it came from `Box::into_raw` and was taken out of TABLE before the readers
            // were counted, so that nobody has it but us.
            drop(unsafe { Box::from_raw(table) });
        }
    }
}

fn lock() -> MutexGuard<'static, Vec<RetiredTable>> {
    // Nothing that can panic leaves the list in disorder.
    RETIRED.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trap::testing::compile;
    use std::sync::atomic::AtomicBool;

    const WAT: &str = "(module (func (result i32) i32.const 7))";

    fn finds(pc: usize, code: &Arc<CodeMemory>) -> bool {
        find(pc).is_some_and(|found| Arc::ptr_eq(&found, code))
    }

    #[test]
    fn code_is_found_by_the_addresses_in_it_while_it_lives() {
        let codes: Vec<_> = (0..20).map(|_| compile(WAT)).collect();
        for code in &codes {
            let (start, len) = (code.text_base(), code.text_len());
            assert!(finds(start, code) && finds(start + len - 1, code));
            assert!(!finds(start - 1, code) && !finds(start + len, code));
        }
        let (start, gone) = (codes[7].text_base(), Arc::downgrade(&codes[7]));
        drop(codes);
        // Other code may lie there by now.
        assert!(find(start).is_none_or(|found| !Weak::ptr_eq(&gone, &Arc::downgrade(&found))));
        assert!(find(0).is_none() && find(usize::MAX).is_none());
    }

    #[test]
    fn it_can_be_read_while_it_is_written() {
        let stays = compile(WAT);
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let readers: Vec<_> = (0..2)
                .map(|_| {
                    scope.spawn(|| {
                        while !done.load(Ordering::Relaxed) {
                            assert!(finds(stays.text_base(), &stays));
                            assert!(find(stays.text_base() - (1 << 40)).is_none());
                        }
                    })
                })
                .collect();
            let writers: Vec<_> = (0..2)
                .map(|_| {
                    scope.spawn(|| {
                        for _ in 0..200 {
                            let code = compile(WAT);
                            assert!(finds(code.text_base(), &code));
                        }
                    })
                })
                .collect();
            for writer in writers {
                writer.join().unwrap();
            }
            done.store(true, Ordering::Relaxed);
            for reader in readers {
                reader.join().unwrap();
            }
        });
    }
}
