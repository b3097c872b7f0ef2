//! What a call comes to, in terms that two engines share.

/// A value that a call returned or a global holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number, as its bits.
    Number(u128),
    /// A reference: whether it is null is all that can be compared.
    Reference { null: bool },
}

/// Why a call did not return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    Unreachable,
    Memory,
    /// Out of the bounds of a table, be it by an access or by an indirect call.
    Table,
    NullCall,
    Signature,
    DivisionByZero,
    Overflow,
    Conversion,
    /// Out of stack, which engines are not required to agree on.
    Stack,
    /// Not a trap.
    Other,
}

/// What came of a call, and what the instance was like after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The function called; empty for the instantiation.
    pub function: String,
    pub result: Result<Vec<Value>, Reason>,
    /// The exported globals, memories (as hashes) and sizes of tables, by name.
    pub state: Vec<(String, Vec<Value>)>,
}

impl Outcome {
    /// Whether nothing after this can be compared.
    pub fn is_last(&self) -> bool {
        matches!(self.result, Err(Reason::Stack | Reason::Other))
            || (self.function.is_empty() && self.result.is_err())
    }
}

/// A hash of a memory's contents.
pub fn hash(bytes: &[u8]) -> Value {
    let hash = blake3::hash(bytes);
    let mut half = [0; 16];
    half.copy_from_slice(&hash.as_bytes()[..16]);
    Value::Number(u128::from_le_bytes(half))
}

/// Arguments for the parameters of a function: always the same, and neither all zero nor alike.
pub fn argument(function: &str, index: usize) -> u64 {
    let mut bits = 0xcbf2_9ce4_8422_2325_u64 ^ index as u64;
    for byte in function.bytes() {
        bits = (bits ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    }
    // Half of them are small, so that they are good as addresses and counts.
    if bits & 1 == 0 { bits >> 54 } else { bits }
}
