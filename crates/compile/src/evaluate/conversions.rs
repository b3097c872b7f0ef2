//! Conversions between the types of numbers.

use super::Bits;
use super::floats::Float;
use super::values::{Double, Scalar, Single, operators};
use crate::trap::TrapKind;

operators! {
    (u64) -> u32 {
        I32WrapI64 = |a| a as u32;
    }
    (i32) -> i64 {
        I64ExtendI32S = i64::from;
    }
    (u32) -> u64 {
        I64ExtendI32U = u64::from;
    }
    (i32) -> i32 {
        I32Extend8S = |a| (a as i8).into();
        I32Extend16S = |a| (a as i16).into();
    }
    (i64) -> i64 {
        I64Extend8S = |a| (a as i8).into();
        I64Extend16S = |a| (a as i16).into();
        I64Extend32S = |a| (a as i32).into();
    }
    (Single) -> Result<i32, TrapKind> {
        I32TruncF32S = |a| truncate(a, a.host().into());
    }
    (Single) -> Result<u32, TrapKind> {
        I32TruncF32U = |a| truncate(a, a.host().into());
    }
    (Double) -> Result<i32, TrapKind> {
        I32TruncF64S = |a| truncate(a, a.host());
    }
    (Double) -> Result<u32, TrapKind> {
        I32TruncF64U = |a| truncate(a, a.host());
    }
    (Single) -> Result<i64, TrapKind> {
        I64TruncF32S = |a| truncate(a, a.host().into());
    }
    (Single) -> Result<u64, TrapKind> {
        I64TruncF32U = |a| truncate(a, a.host().into());
    }
    (Double) -> Result<i64, TrapKind> {
        I64TruncF64S = |a| truncate(a, a.host());
    }
    (Double) -> Result<u64, TrapKind> {
        I64TruncF64U = |a| truncate(a, a.host());
    }
    // The host's conversions saturate as WebAssembly's do, and make a NaN zero.
    (Single) -> i32 {
        I32TruncSatF32S = |a| a.host() as i32;
    }
    (Single) -> u32 {
        I32TruncSatF32U = |a| a.host() as u32;
    }
    (Double) -> i32 {
        I32TruncSatF64S = |a| a.host() as i32;
    }
    (Double) -> u32 {
        I32TruncSatF64U = |a| a.host() as u32;
    }
    (Single) -> i64 {
        I64TruncSatF32S = |a| a.host() as i64;
    }
    (Single) -> u64 {
        I64TruncSatF32U = |a| a.host() as u64;
    }
    (Double) -> i64 {
        I64TruncSatF64S = |a| a.host() as i64;
    }
    (Double) -> u64 {
        I64TruncSatF64U = |a| a.host() as u64;
    }
    (i32) -> Single {
        F32ConvertI32S = |a| Single::host_bits(a as f32);
    }
    (u32) -> Single {
        F32ConvertI32U = |a| Single::host_bits(a as f32);
    }
    (i64) -> Single {
        F32ConvertI64S = |a| Single::host_bits(a as f32);
    }
    (u64) -> Single {
        F32ConvertI64U = |a| Single::host_bits(a as f32);
    }
    (i32) -> Double {
        F64ConvertI32S = |a| Double::host_bits(a.into());
    }
    (u32) -> Double {
        F64ConvertI32U = |a| Double::host_bits(a.into());
    }
    (i64) -> Double {
        F64ConvertI64S = |a| Double::host_bits(a as f64);
    }
    (u64) -> Double {
        F64ConvertI64U = |a| Double::host_bits(a as f64);
    }
    (Double) -> Single {
        F32DemoteF64 = demote;
    }
    (Single) -> Double {
        F64PromoteF32 = promote;
    }
    (Single) -> u32 {
        I32ReinterpretF32 = |a| a.0;
    }
    (Double) -> u64 {
        I64ReinterpretF64 = |a| a.0;
    }
    (u32) -> Single {
        F32ReinterpretI32 = Single;
    }
    (u64) -> Double {
        F64ReinterpretI64 = Double;
    }
}

/// `value` is the same number as `float`.
fn truncate<F: Float, I: TryFrom<i128>>(float: F, value: f64) -> Result<I, TrapKind> {
    if float.is_nan() {
        return Err(TrapKind::InvalidConversionToInteger);
    }
    // What is too large even for this type saturates, and is too large for the others then.
    I::try_from(value.trunc() as i128).map_err(|_| TrapKind::IntegerOverflow)
}

/// How many more bits of a mantissa a [`Double`] has.
const MANTISSA_DIFFERENCE: u32 = Double::MANTISSA - Single::MANTISSA;

/// A NaN keeps its sign and the upper bits of its payload, and is quieted.
pub(super) fn demote(a: Double) -> Single {
    if a.is_nan() {
        nan(a, a.to_bits() >> MANTISSA_DIFFERENCE)
    } else {
        Single::host_bits(a.host() as f32)
    }
}

/// A NaN keeps its sign and its payload, and is quieted.
pub(super) fn promote(a: Single) -> Double {
    if a.is_nan() {
        nan(a, a.to_bits() << MANTISSA_DIFFERENCE)
    } else {
        Double::host_bits(a.host().into())
    }
}

/// A quiet NaN with the sign of another and this payload, of which it takes what fits.
fn nan<F: Float, T: Float>(from: F, payload: Bits) -> T {
    let sign = if from.to_bits() & F::SIGN == 0 {
        0
    } else {
        T::SIGN
    };
    T::from_bits(sign | T::INFINITY | T::QUIET | payload & (T::QUIET - 1))
}
