//! Values of locals, operands, globals and table elements.

/// The value of a local, an operand, a global or an element of a table.
///
/// Floats and vectors are kept as bits, so that the payload of a NaN survives.
///
/// ```
/// use trapline_coredump::{Function, Value};
///
/// let callee = Value::FuncRef(Some(Function::Guest { instance: 0, function: 7 }));
/// assert_ne!(callee, Value::FuncRef(None));
/// assert_ne!(callee, Value::Missing);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Value {
    /// There is one, but it is not known: it was optimized away, or whoever wrote the dump had no way
    /// to write it down.
    #[default]
    Missing,
    /// An `i32`.
    I32(i32),
    /// An `i64`.
    I64(i64),
    /// The bits of an `f32`.
    F32(u32),
    /// The bits of an `f64`.
    F64(u64),
    /// The bytes of a `v128`, lane 0 first.
    V128([u8; 16]),
    /// A `funcref`; `None` is null.
    FuncRef(Option<Function>),
    /// An `externref`; `None` is null. The number tells it from the others of the dump.
    ExternRef(Option<u32>),
    /// An `exnref`; `None` is null. The number tells it from the others of the dump.
    ExnRef(Option<u32>),
}

/// What a `funcref` refers to. Found in a [`Value`], where an example is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// A function that a module defines.
    Guest {
        /// The instance, by its index in [`CoreDump::instances`](crate::CoreDump::instances).
        instance: u32,
        /// The function's index in the module, counted with the imported ones.
        function: u32,
    },
    /// A function of the host.
    Host,
}
