//! A value of any wasm type in 16 bytes, as it stands in a global or in the slots through which
//! values cross between the host and compiled code.

/// A value without its type. Small values stand in the low bytes; what the bytes above them hold
/// is not defined.
#[derive(Clone, Copy)]
#[repr(C, align(16))]
pub struct RawVal {
    low: u64,
    high: u64,
}

impl RawVal {
    /// All bits zero: also the null reference.
    pub(crate) const ZERO: RawVal = RawVal { low: 0, high: 0 };

    /// An `i32` or the bits of an `f32`.
    #[inline]
    pub(crate) fn from_u32(value: u32) -> RawVal {
        RawVal {
            low: u64::from(value),
            high: 0,
        }
    }

    /// An `i64`, the bits of an `f64`, or a reference as it stands in a table.
    #[inline]
    pub(crate) fn from_u64(value: u64) -> RawVal {
        RawVal {
            low: value,
            high: 0,
        }
    }

    /// A `v128`.
    #[inline]
    pub(crate) fn from_u128(value: u128) -> RawVal {
        RawVal {
            low: value as u64,
            high: (value >> 64) as u64,
        }
    }

    /// The low 32 bits.
    #[inline]
    pub(crate) fn as_u32(self) -> u32 {
        self.low as u32
    }

    /// The low 64 bits.
    #[inline]
    pub(crate) fn as_u64(self) -> u64 {
        self.low
    }

    /// All bits.
    #[inline]
    pub(crate) fn as_u128(self) -> u128 {
        u128::from(self.low) | u128::from(self.high) << 64
    }
}
