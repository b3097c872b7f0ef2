//! Engine-wide numbers for function types.
//!
//! Compiled code compares two numbers to see whether a `funcref` has the type it is called with,
//! so equal types must have equal numbers in all modules of an engine. A number is counted by the
//! modules and host functions that use it and given to another type when the last of them goes:
//! an engine that loads modules for years does not grow with the types it has seen.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use trapline_compile::types::FuncType;

/// The function types in use in an engine.
#[derive(Default)]
pub struct SignatureRegistry {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    numbers: HashMap<Arc<FuncType>, u32>,
    entries: Vec<Entry>,
    free: Vec<u32>,
}

struct Entry {
    ty: Arc<FuncType>,
    users: usize,
}

impl SignatureRegistry {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // The state is consistent between any two statements that can panic (allocation aborts).
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Numbers some function types, for as long as the result lives.
    pub(crate) fn register<'a>(
        self: &Arc<Self>,
        types: impl IntoIterator<Item = &'a FuncType>,
    ) -> Signatures {
        let mut inner = self.lock();
        let numbers = types.into_iter().map(|ty| inner.acquire(ty)).collect();
        drop(inner);
        Signatures {
            registry: self.clone(),
            numbers,
        }
    }

    /// The type behind a number that is in use.
    pub(crate) fn get(&self, number: u32) -> Option<Arc<FuncType>> {
        let inner = self.lock();
        let entry = inner.entries.get(number as usize)?;
        (entry.users > 0).then(|| entry.ty.clone())
    }
}

impl Inner {
    fn acquire(&mut self, ty: &FuncType) -> u32 {
        if let Some(&number) = self.numbers.get(ty) {
            self.entries[number as usize].users += 1;
            return number;
        }
        let ty = Arc::new(ty.clone());
        let entry = Entry {
            ty: ty.clone(),
            users: 1,
        };
        let number = match self.free.pop() {
            Some(number) => {
                self.entries[number as usize] = entry;
                number
            }
            None => {
                self.entries.push(entry);
                (self.entries.len() - 1) as u32
            }
        };
        self.numbers.insert(ty, number);
        number
    }

    fn release(&mut self, number: u32) {
        let entry = &mut self.entries[number as usize];
        entry.users -= 1;
        if entry.users == 0 {
            self.numbers.remove(&entry.ty);
            self.free.push(number);
        }
    }
}

/// The numbers of some function types, in the order in which they were registered.
pub(crate) struct Signatures {
    registry: Arc<SignatureRegistry>,
    numbers: Box<[u32]>,
}

impl Signatures {
    /// The numbers.
    pub fn numbers(&self) -> &[u32] {
        &self.numbers
    }
}

impl Drop for Signatures {
    fn drop(&mut self) {
        let mut inner = self.registry.lock();
        for &number in &self.numbers {
            inner.release(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trapline_compile::types::ValType;

    #[test]
    fn equal_types_share_a_number_and_a_number_is_reused_after_its_last_user() {
        let registry = Arc::new(SignatureRegistry::default());
        let int = FuncType::new([ValType::I32], []);
        let long = FuncType::new([ValType::I64], []);
        let first = registry.register([&int, &long, &int]);
        assert_eq!(first.numbers(), [0, 1, 0]);
        let second = registry.register([&int]);
        drop(first);
        assert_eq!(registry.get(0).as_deref(), Some(&int));
        assert_eq!(registry.get(1), None);
        let float = FuncType::new([ValType::F32], []);
        let third = registry.register([&float]);
        assert_eq!(third.numbers(), [1]);
        drop(second);
        drop(third);
        assert_eq!(registry.get(0), None);
    }
}
