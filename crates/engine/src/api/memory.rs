//! Linear memories.

use super::store::{AsContext, AsContextMut, StoreContext, StoreContextMut};
use crate::error::{Error, Result};
use crate::vm::items::ItemId;
use crate::vm::store::StoreId;
use crate::vm::{access, limits};
use trapline_compile::layout::WASM_PAGE_SIZE;
use trapline_compile::types::MemoryType;

/// A linear memory of a store. Two are equal if they are one and the same.
///
/// # Panics
///
/// All methods panic if used with a store that the memory does not belong to.
///
/// ```
/// use trapline::{Engine, Memory, MemoryType, Store};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let memory = Memory::new(&mut store, MemoryType::new(1, Some(2)))?;
/// memory.write(&mut store, 8, b"trap")?;
/// assert_eq!(&memory.data(&store)[8..12], b"trap");
/// assert_eq!(memory.grow(&mut store, 1)?, 1);
/// assert_eq!(memory.data_size(&store), 2 * 65536);
/// assert!(memory.write(&mut store, 2 * 65536 - 1, b"trap").is_err());
/// # Ok::<(), trapline::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Memory {
    store: StoreId,
    id: ItemId,
}

/// An access of the host beyond the end of a memory. Returned by [`Memory::read`] and
/// [`Memory::write`]; an example is at [`Memory`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("out of bounds memory access: {length} bytes at {offset:#x} of a memory with {size:#x}")]
#[non_exhaustive]
pub struct MemoryAccessError {
    /// The first address of the access.
    pub offset: usize,
    /// How many bytes were to be read or written.
    pub length: usize,
    /// The size of the memory.
    pub size: usize,
}

impl Memory {
    /// A new memory of its type's minimal size.
    ///
    /// # Errors
    ///
    /// If the store's limiter refuses it, or there is not so much memory.
    pub fn new(mut store: impl AsContextMut, ty: MemoryType) -> Result<Memory> {
        let mut store = store.as_context_mut().into_inner();
        let id = access::new_memory(&mut store.opaque(), ty)?;
        let store = store.opaque().id;
        Ok(Memory { store, id })
    }

    pub(crate) fn from_id(store: StoreId, id: ItemId) -> Memory {
        Memory { store, id }
    }

    pub(crate) fn store_id(&self) -> StoreId {
        self.store
    }

    pub(crate) fn id(&self) -> ItemId {
        self.id
    }

    /// The type. Its minimum is the size that the memory was made with.
    pub fn ty(&self, store: impl AsContext) -> MemoryType {
        let store = store.as_context().into_inner().opaque();
        store.check(self.store);
        *store.memory(self.id).ty()
    }

    /// The bytes.
    pub fn data<'a, T: 'static>(&self, store: impl Into<StoreContext<'a, T>>) -> &'a [u8] {
        let store = store.into().into_inner();
        store.opaque().check(self.store);
        access::bytes(store, self.id)
    }

    /// The bytes.
    pub fn data_mut<'a, T: 'static>(
        &self,
        store: impl Into<StoreContextMut<'a, T>>,
    ) -> &'a mut [u8] {
        self.data_and_store_mut(store).0
    }

    /// The bytes, and the embedder's value, to be used at once.
    pub fn data_and_store_mut<'a, T: 'static>(
        &self,
        store: impl Into<StoreContextMut<'a, T>>,
    ) -> (&'a mut [u8], &'a mut T) {
        let mut store = store.into().into_inner();
        store.opaque().check(self.store);
        access::bytes_and_data(store, self.id)
    }

    /// Fills a buffer with the bytes from `offset` on.
    ///
    /// # Errors
    ///
    /// If they are not all there; the buffer is left alone then.
    pub fn read(
        &self,
        store: impl AsContext,
        offset: usize,
        buffer: &mut [u8],
    ) -> Result<(), MemoryAccessError> {
        let bytes = self.data(store.as_context());
        let end = offset.checked_add(buffer.len());
        match end.and_then(|end| bytes.get(offset..end)) {
            Some(bytes) => {
                buffer.copy_from_slice(bytes);
                Ok(())
            }
            None => Err(MemoryAccessError {
                offset,
                length: buffer.len(),
                size: bytes.len(),
            }),
        }
    }

    /// Writes bytes to `offset` and on.
    ///
    /// # Errors
    ///
    /// If the memory does not reach so far; it is left alone then.
    pub fn write(
        &self,
        mut store: impl AsContextMut,
        offset: usize,
        buffer: &[u8],
    ) -> Result<(), MemoryAccessError> {
        let mut store = store.as_context_mut().into_inner();
        store.opaque().check(self.store);
        access::write(&mut store.opaque(), self.id, offset, buffer)
    }

    /// The size in pages of 64 KiB.
    pub fn size(&self, store: impl AsContext) -> u64 {
        let store = store.as_context().into_inner().opaque();
        store.check(self.store);
        store.memory(self.id).bytes().byte_len() / WASM_PAGE_SIZE
    }

    /// The size in bytes.
    pub fn data_size(&self, store: impl AsContext) -> usize {
        let store = store.as_context().into_inner().opaque();
        store.check(self.store);
        store.memory(self.id).bytes().byte_len() as usize
    }

    /// Grows by a number of pages of 64 KiB, and returns the size before in pages.
    ///
    /// # Errors
    ///
    /// If the memory's type, the store's limiter or the system does not let it grow so far.
    pub fn grow(&self, mut store: impl AsContextMut, delta: u64) -> Result<u64> {
        let mut store = store.as_context_mut().into_inner();
        let mut store = store.opaque();
        store.check(self.store);
        let grown = limits::grow_memory(&mut store, self.id, delta)?;
        grown.ok_or_else(|| Error::Limit(format!("a memory cannot grow by {delta} pages")))
    }
}
