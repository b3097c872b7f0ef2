//! What values are read from.

/// A guest that stands still, seen from one of its frames.
///
/// The debugger implements it on what it debugs. Nothing here keeps what was read, so the answers
/// may change from one call to the next, when the guest has gone on.
pub trait Target {
    /// Fills the buffer from the guest's first memory.
    ///
    /// # Errors
    ///
    /// If some of that is outside of the memory.
    fn read_memory(&self, address: u64, buffer: &mut [u8]) -> Result<(), TargetError>;

    /// The size of that memory in bytes. What claims to be larger than this is damaged.
    fn memory_size(&self) -> u64;

    /// A local of the frame's function.
    ///
    /// # Errors
    ///
    /// If there is none of this index, or it cannot be read.
    fn local(&self, index: u32) -> Result<WasmValue, TargetError>;

    /// An operand on the stack of the frame's function, 0 being the bottom one.
    ///
    /// # Errors
    ///
    /// As for [`Target::local`].
    fn operand(&self, index: u32) -> Result<WasmValue, TargetError>;

    /// A global of the frame's instance.
    ///
    /// # Errors
    ///
    /// As for [`Target::local`].
    fn global(&self, index: u32) -> Result<WasmValue, TargetError>;

    /// Stores bytes in the guest's first memory, all of them or none.
    ///
    /// # Errors
    ///
    /// If some of that is outside of the memory, or this target cannot be written. Unless this is
    /// overridden, none can.
    fn write_memory(&self, address: u64, bytes: &[u8]) -> Result<(), TargetError> {
        let _ = (address, bytes);
        Err(TargetError(
            "the memory of this program can only be read".to_string(),
        ))
    }

    /// Stores a value of the global's own type in a global of the frame's instance.
    ///
    /// # Errors
    ///
    /// If there is none of this index, it is a constant, or this target cannot be written. Unless
    /// this is overridden, none can.
    fn write_global(&self, index: u32, value: WasmValue) -> Result<(), TargetError> {
        let _ = (index, value);
        Err(TargetError(
            "the globals of this program can only be read".to_string(),
        ))
    }

    /// The name of the function at an index of the first table, which is what function pointers
    /// are. `None` if there is none, or this target does not know.
    fn table_function(&self, index: u64) -> Option<String> {
        let _ = index;
        None
    }
}

/// Why a target could not be read: a sentence without its full stop.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TargetError(pub String);

/// A value of WebAssembly, floating point ones as their bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WasmValue {
    /// `i32`
    I32(u32),
    /// `i64`
    I64(u64),
    /// `f32`
    F32(u32),
    /// `f64`
    F64(u64),
    /// `v128`
    V128(u128),
    /// A reference, which no language that DWARF describes has values of.
    Reference,
}

impl WasmValue {
    /// The bytes as they would be in memory; none for a reference.
    pub fn to_bytes(self) -> Vec<u8> {
        match self {
            WasmValue::I32(bits) | WasmValue::F32(bits) => bits.to_le_bytes().to_vec(),
            WasmValue::I64(bits) | WasmValue::F64(bits) => bits.to_le_bytes().to_vec(),
            WasmValue::V128(bits) => bits.to_le_bytes().to_vec(),
            WasmValue::Reference => Vec::new(),
        }
    }

    pub(crate) fn type_name(self) -> &'static str {
        match self {
            WasmValue::I32(_) => "i32",
            WasmValue::I64(_) => "i64",
            WasmValue::F32(_) => "f32",
            WasmValue::F64(_) => "f64",
            WasmValue::V128(_) => "v128",
            WasmValue::Reference => "a reference",
        }
    }
}
