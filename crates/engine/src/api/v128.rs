//! 128-bit vectors.

use std::fmt;

/// A 128-bit vector.
///
/// ```
/// use trapline::V128;
///
/// let vector = V128::from(0x0123_u128);
/// assert_eq!(vector.as_u128(), 0x0123);
/// assert_eq!(vector.to_le_bytes()[0], 0x23);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct V128(u128);

impl V128 {
    /// The bits: lane 0 is the lowest.
    pub fn as_u128(self) -> u128 {
        self.0
    }

    /// The bytes as they stand in memory: lane 0 first.
    pub fn to_le_bytes(self) -> [u8; 16] {
        self.0.to_le_bytes()
    }

    /// The vector with these bytes, lane 0 first.
    pub fn from_le_bytes(bytes: [u8; 16]) -> V128 {
        V128(u128::from_le_bytes(bytes))
    }
}

impl From<u128> for V128 {
    fn from(bits: u128) -> V128 {
        V128(bits)
    }
}

impl From<V128> for u128 {
    fn from(vector: V128) -> u128 {
        vector.0
    }
}

impl fmt::Debug for V128 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "V128({:#034x})", self.0)
    }
}
