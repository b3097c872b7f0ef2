//! Limits on what a guest may use.

use crate::error::{Error, Result};

/// Decides what a store's guests may use. Installed with [`Store::limiter`](crate::Store::limiter).
///
/// It is asked before a memory or table is made or grows, and before an instance is made. An
/// error ends the call of the guest that asked; a plain "no" is the guest's to handle: its
/// `memory.grow` or `table.grow` returns -1. Where a memory, table or instance is made, either
/// makes the instantiation fail.
///
/// ```
/// use trapline::{Engine, Instance, Module, ResourceLimiter, Result, Store};
///
/// struct Budget {
///     bytes: usize,
/// }
///
/// impl ResourceLimiter for Budget {
///     fn memory_growing(&mut self, now: usize, wanted: usize, _: Option<usize>) -> Result<bool> {
///         let more = wanted - now;
///         let granted = more <= self.bytes;
///         if granted {
///             self.bytes -= more;
///         }
///         Ok(granted)
///     }
///
///     fn table_growing(&mut self, _: usize, wanted: usize, _: Option<usize>) -> Result<bool> {
///         Ok(wanted <= 100)
///     }
/// }
///
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (memory 1)
///         (func (export "grow") (result i32) (memory.grow (i32.const 1))))"#,
/// )?;
/// let mut store = Store::new(&engine, Budget { bytes: 2 * 65536 });
/// store.limiter(|budget| budget);
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let grow = instance.get_typed_func::<(), i32>(&mut store, "grow")?;
/// assert_eq!(grow.call(&mut store, ())?, 1);
/// assert_eq!(grow.call(&mut store, ())?, -1);
/// # Ok::<(), trapline::Error>(())
/// ```
pub trait ResourceLimiter: Send {
    /// Whether a memory of `current` bytes may have `desired` bytes; a new memory comes from 0.
    /// `maximum` is the limit of its type, in bytes.
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool>;

    /// Told when a growth that was granted failed after all, or exceeded the memory's own limit.
    /// An error ends the guest's call.
    fn memory_grow_failed(&mut self, error: Error) -> Result<()> {
        drop(error);
        Ok(())
    }

    /// Whether a table of `current` elements may have `desired` elements; a new table comes from
    /// 0. `maximum` is the limit of its type.
    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool>;

    /// Told when a growth that was granted failed after all, or exceeded the table's own limit.
    /// An error ends the guest's call.
    fn table_grow_failed(&mut self, error: Error) -> Result<()> {
        drop(error);
        Ok(())
    }

    /// How many instances the store may have in all.
    fn instances(&self) -> usize {
        10_000
    }

    /// How many tables the store may have in all.
    fn tables(&self) -> usize {
        10_000
    }

    /// How many memories the store may have in all.
    fn memories(&self) -> usize {
        10_000
    }
}

/// A [`ResourceLimiter`] with fixed limits.
///
/// ```
/// use trapline::{Engine, Memory, MemoryType, Store, StoreLimits, StoreLimitsBuilder};
///
/// let limits = StoreLimitsBuilder::new().memory_size(2 * 65536).build();
/// let mut store: Store<StoreLimits> = Store::new(&Engine::default(), limits);
/// store.limiter(|limits| limits);
/// let memory = Memory::new(&mut store, MemoryType::new(1, None))?;
/// assert!(memory.grow(&mut store, 1).is_ok());
/// assert!(memory.grow(&mut store, 1).is_err());
/// # Ok::<(), trapline::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct StoreLimits {
    memory_size: Option<usize>,
    table_elements: Option<usize>,
    instances: usize,
    tables: usize,
    memories: usize,
    trap_on_grow_failure: bool,
}

impl Default for StoreLimits {
    fn default() -> StoreLimits {
        StoreLimits {
            memory_size: None,
            table_elements: None,
            instances: 10_000,
            tables: 10_000,
            memories: 10_000,
            trap_on_grow_failure: false,
        }
    }
}

/// Builds [`StoreLimits`], where an example is. What is not set is not limited beyond the
/// defaults of [`ResourceLimiter`].
#[derive(Clone, Debug, Default)]
pub struct StoreLimitsBuilder(StoreLimits);

impl StoreLimitsBuilder {
    /// Starts from the defaults.
    pub fn new() -> StoreLimitsBuilder {
        StoreLimitsBuilder::default()
    }

    /// The largest size of each memory, in bytes.
    pub fn memory_size(mut self, bytes: usize) -> StoreLimitsBuilder {
        self.0.memory_size = Some(bytes);
        self
    }

    /// The largest number of elements of each table.
    pub fn table_elements(mut self, elements: usize) -> StoreLimitsBuilder {
        self.0.table_elements = Some(elements);
        self
    }

    /// The number of instances.
    pub fn instances(mut self, count: usize) -> StoreLimitsBuilder {
        self.0.instances = count;
        self
    }

    /// The number of tables.
    pub fn tables(mut self, count: usize) -> StoreLimitsBuilder {
        self.0.tables = count;
        self
    }

    /// The number of memories.
    pub fn memories(mut self, count: usize) -> StoreLimitsBuilder {
        self.0.memories = count;
        self
    }

    /// Whether a growth that is refused ends the guest's call with an error, in place of -1.
    pub fn trap_on_grow_failure(mut self, trap: bool) -> StoreLimitsBuilder {
        self.0.trap_on_grow_failure = trap;
        self
    }

    /// The limits.
    pub fn build(self) -> StoreLimits {
        self.0
    }
}

impl StoreLimits {
    fn check(&self, what: &str, desired: usize, limit: Option<usize>) -> Result<bool> {
        let granted = limit.is_none_or(|limit| desired <= limit);
        if !granted && self.trap_on_grow_failure {
            return Err(Error::Limit(format!(
                "{what} to {desired} is beyond the store's limit"
            )));
        }
        Ok(granted)
    }

    fn failed(&self, error: Error) -> Result<()> {
        if self.trap_on_grow_failure {
            Err(error)
        } else {
            Ok(())
        }
    }
}

impl ResourceLimiter for StoreLimits {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> Result<bool> {
        self.check("growing a memory", desired, self.memory_size)
    }

    fn memory_grow_failed(&mut self, error: Error) -> Result<()> {
        self.failed(error)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> Result<bool> {
        self.check("growing a table", desired, self.table_elements)
    }

    fn table_grow_failed(&mut self, error: Error) -> Result<()> {
        self.failed(error)
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        self.tables
    }

    fn memories(&self) -> usize {
        self.memories
    }
}
