//! A store's references to values of the host, by number.
//!
//! A guest knows an `externref` as a number: 0 is null, others count into this slab. The slab
//! keeps each value alive until a collection finds that no table and no global holds its number,
//! at a time when no guest frame is live that might hold it.

use crate::api::ExternRef;
use std::collections::HashMap;

/// Numbers are handed out up to this one, so that a guest which makes the host produce ever new
/// references in one call meets an error and not the end of the host's memory.
const MAX_LIVE: usize = 1 << 24;

/// A collection is not worth its time for fewer new values.
const MIN_BUDGET: usize = 1024;

/// The values that a guest may hold, with their numbers.
pub(crate) struct ExternRefs {
    slots: Vec<Slot>,
    numbers: HashMap<usize, u32>,
    free: Vec<u32>,
    /// How many values more may come in before the next collection is worth its time.
    budget: usize,
}

struct Slot {
    value: Option<ExternRef>,
    marked: bool,
}

impl ExternRefs {
    pub fn new() -> ExternRefs {
        ExternRefs {
            slots: Vec::new(),
            numbers: HashMap::new(),
            free: Vec::new(),
            budget: MIN_BUDGET,
        }
    }

    /// The number for a value; the same value always gets the same one. `None` if there are too
    /// many.
    pub fn intern(&mut self, value: &ExternRef) -> Option<u64> {
        if let Some(&number) = self.numbers.get(&value.address()) {
            return Some(u64::from(number));
        }
        let slot = Slot {
            value: Some(value.clone()),
            marked: false,
        };
        let number = match self.free.pop() {
            Some(number) => {
                self.slots[number as usize - 1] = slot;
                number
            }
            None if self.slots.len() >= MAX_LIVE => return None,
            None => {
                self.slots.push(slot);
                self.slots.len() as u32
            }
        };
        self.numbers.insert(value.address(), number);
        self.budget = self.budget.saturating_sub(1);
        Some(u64::from(number))
    }

    /// The value behind a number; `None` for 0, the null reference.
    pub fn get(&self, number: u64) -> Option<&ExternRef> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        self.slots.get(index)?.value.as_ref()
    }

    /// Whether so many values have come in since the last collection that another is worth its
    /// time.
    #[inline]
    pub fn wants_collection(&self) -> bool {
        self.budget == 0
    }

    /// Notes that a number is in use. To be called for all that are before [`sweep`](Self::sweep).
    pub fn mark(&mut self, number: u64) {
        let index = (number as usize).wrapping_sub(1);
        if let Some(slot) = self.slots.get_mut(index) {
            slot.marked = true;
        }
    }

    /// Frees the numbers that were not marked and returns their values, which the caller drops
    /// when it no longer borrows the store: their destructors are the embedder's code.
    #[must_use]
    pub fn sweep(&mut self) -> Vec<ExternRef> {
        let mut dead = Vec::new();
        for (index, slot) in self.slots.iter_mut().enumerate() {
            if std::mem::take(&mut slot.marked) {
                continue;
            }
            if let Some(value) = slot.value.take() {
                self.numbers.remove(&value.address());
                self.free.push(index as u32 + 1);
                dead.push(value);
            }
        }
        let live = self.slots.len() - self.free.len();
        self.budget = live.max(MIN_BUDGET);
        dead
    }

    /// How many values are held.
    #[cfg(test)]
    pub fn live(&self) -> usize {
        self.slots.len() - self.free.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_one_number_until_it_is_swept() {
        let mut refs = ExternRefs::new();
        let (a, b) = (ExternRef::new(1), ExternRef::new(2));
        assert_eq!(refs.intern(&a), Some(1));
        assert_eq!(refs.intern(&b), Some(2));
        assert_eq!(refs.intern(&a.clone()), Some(1));
        assert!(refs.get(0).is_none());
        assert_eq!(refs.get(2).unwrap().address(), b.address());
        refs.mark(2);
        assert_eq!(refs.sweep().len(), 1);
        assert!(refs.get(1).is_none());
        assert_eq!(refs.intern(&ExternRef::new(3)), Some(1));
        assert_eq!(refs.live(), 2);
    }
}
