//! Why a guest was stopped.

use std::fmt;
use trapline_compile::trap::TrapKind;

/// Why a guest trapped.
///
/// The texts are those of the official test suite. A function of the host may return a trap as
/// its error, and the guest then stops as if it had trapped by itself.
///
/// ```
/// use trapline::{Engine, Instance, Module, Store, Trap};
///
/// let engine = Engine::default();
/// let module = Module::new(&engine, r#"(module (func (export "run") unreachable))"#)?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let run = instance.get_typed_func::<(), ()>(&mut store, "run")?;
/// let error = run.call(&mut store, ()).unwrap_err();
/// assert_eq!(error.trap(), Some(Trap::UnreachableCodeReached));
/// # Ok::<(), trapline::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Trap {
    /// The guest's stack is used up.
    StackOverflow,
    /// A load, store or bulk operation reached beyond the end of a memory.
    MemoryOutOfBounds,
    /// A table operation reached beyond the end of a table.
    TableOutOfBounds,
    /// `call_indirect` indexed beyond the end of its table.
    UndefinedElement,
    /// `call_indirect` or `call_ref` met a null reference.
    IndirectCallToNull,
    /// `call_indirect` met a function of another type.
    BadSignature,
    /// A signed division overflowed, or a float is too large for an integer.
    IntegerOverflow,
    /// An integer was divided by zero.
    IntegerDivisionByZero,
    /// A NaN was converted to an integer.
    BadConversionToInteger,
    /// `unreachable` was executed.
    UnreachableCodeReached,
    /// `throw_ref` met a null reference.
    NullExceptionReference,
}

impl Trap {
    /// The trap that compiled code reports in this way; `None` if it is not one by itself.
    pub(crate) fn from_kind(kind: TrapKind) -> Option<Trap> {
        Some(match kind {
            TrapKind::Unreachable => Trap::UnreachableCodeReached,
            TrapKind::MemoryOutOfBounds => Trap::MemoryOutOfBounds,
            TrapKind::TableOutOfBounds => Trap::TableOutOfBounds,
            TrapKind::UndefinedElement => Trap::UndefinedElement,
            TrapKind::UninitializedElement => Trap::IndirectCallToNull,
            TrapKind::IndirectCallTypeMismatch => Trap::BadSignature,
            TrapKind::IntegerOverflow => Trap::IntegerOverflow,
            TrapKind::IntegerDivideByZero => Trap::IntegerDivisionByZero,
            TrapKind::InvalidConversionToInteger => Trap::BadConversionToInteger,
            TrapKind::StackOverflow => Trap::StackOverflow,
            TrapKind::NullExceptionReference => Trap::NullExceptionReference,
            _ => return None,
        })
    }

    fn kind(self) -> TrapKind {
        match self {
            Trap::UnreachableCodeReached => TrapKind::Unreachable,
            Trap::MemoryOutOfBounds => TrapKind::MemoryOutOfBounds,
            Trap::TableOutOfBounds => TrapKind::TableOutOfBounds,
            Trap::UndefinedElement => TrapKind::UndefinedElement,
            Trap::IndirectCallToNull => TrapKind::UninitializedElement,
            Trap::BadSignature => TrapKind::IndirectCallTypeMismatch,
            Trap::IntegerOverflow => TrapKind::IntegerOverflow,
            Trap::IntegerDivisionByZero => TrapKind::IntegerDivideByZero,
            Trap::BadConversionToInteger => TrapKind::InvalidConversionToInteger,
            Trap::StackOverflow => TrapKind::StackOverflow,
            Trap::NullExceptionReference => TrapKind::NullExceptionReference,
        }
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind().fmt(f)
    }
}

impl std::error::Error for Trap {}

/// What is known of a trap.
///
/// ```
/// use trapline::{Engine, Instance, Module, Store};
///
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (memory 1)
///         (func (export "peek") (param i32) (result i32) (i32.load (local.get 0))))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let peek = instance.get_typed_func::<i32, i32>(&mut store, "peek")?;
/// let error = peek.call(&mut store, 70_000).unwrap_err();
/// let fault = error.trap_info().and_then(|info| info.fault).unwrap();
/// assert_eq!((fault.memory, fault.address, fault.memory_size), (0, 70_000, 65_536));
/// # Ok::<(), trapline::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrapInfo {
    /// Why the guest trapped.
    pub trap: Trap,
    /// The offset in the module file of the instruction that trapped, or of the call that the
    /// host answered with the trap. `None` if no guest was running.
    pub wasm_pc: Option<u32>,
    /// The access that was out of bounds, for a load or store that faulted.
    pub fault: Option<MemoryFault>,
}

/// A load or store beyond the end of a memory. Found in a [`TrapInfo`], where an example is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryFault {
    /// The index of the memory in the module whose instruction it was.
    pub memory: u32,
    /// The first address, in the guest's memory, that the access could not reach.
    pub address: u64,
    /// The size of the memory in bytes at the time.
    pub memory_size: u64,
}

impl fmt::Display for TrapInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.trap.fmt(f)?;
        if let Some(MemoryFault {
            memory,
            address,
            memory_size,
        }) = self.fault
        {
            write!(
                f,
                ": address {address:#x} of memory {memory}, which has {memory_size:#x} bytes"
            )?;
        }
        Ok(())
    }
}
