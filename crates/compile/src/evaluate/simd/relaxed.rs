//! Relaxed operators, as this machine has them.

use super::super::floats::{Float, Host, add, first_nan, mul, neg, negation};
use super::super::machine;
use super::super::values::{Double, Doubtful, Scalar, Single, each, operators, zip, zip3};
use super::integers::{add_pairs, saturate_i16};
use super::lanes::{bitselect, top_bit};

operators! {
    ([u8; 16], [u8; 16]) -> [u8; 16] {
        I8x16RelaxedSwizzle = |a, b| b.map(|lane| {
            if top_bit(lane) { 0 } else { a[usize::from(lane % 16)] }
        });
    }
    ([Single; 4]) -> [i32; 4] {
        I32x4RelaxedTruncF32x4S = each(truncate);
    }
    ([Double; 2]) -> [i32; 4] {
        I32x4RelaxedTruncF64x2SZero = |[a, b]| [truncate(a), truncate(b), 0, 0];
    }
    // Those without a sign are the strict ones.
    ([Single; 4]) -> [u32; 4] {
        I32x4RelaxedTruncF32x4U = |a| a.map(|a| a.host() as u32);
    }
    ([Double; 2]) -> [u32; 4] {
        I32x4RelaxedTruncF64x2UZero = |[a, b]| [a.host() as u32, b.host() as u32, 0, 0];
    }
    ([Single; 4], [Single; 4], [Single; 4]) -> [Doubtful<Single>; 4] {
        F32x4RelaxedMadd = zip3(multiply_add(false));
        F32x4RelaxedNmadd = zip3(multiply_add(true));
    }
    ([Double; 2], [Double; 2], [Double; 2]) -> [Doubtful<Double>; 2] {
        F64x2RelaxedMadd = zip3(multiply_add(false));
        F64x2RelaxedNmadd = zip3(multiply_add(true));
    }
    ([u8; 16], [u8; 16], [u8; 16]) -> [u8; 16] {
        I8x16RelaxedLaneselect = zip3(select_by_top_bit);
    }
    // The machine has no such instruction for 16-bit lanes.
    (Bits, Bits, Bits) -> Bits {
        I16x8RelaxedLaneselect = bitselect;
    }
    ([u32; 4], [u32; 4], [u32; 4]) -> [u32; 4] {
        I32x4RelaxedLaneselect = zip3(select_by_top_bit);
    }
    ([u64; 2], [u64; 2], [u64; 2]) -> [u64; 2] {
        I64x2RelaxedLaneselect = zip3(select_by_top_bit);
    }
    ([Single; 4], [Single; 4]) -> [Single; 4] {
        F32x4RelaxedMin = zip(min);
        F32x4RelaxedMax = zip(max);
    }
    ([Double; 2], [Double; 2]) -> [Double; 2] {
        F64x2RelaxedMin = zip(min);
        F64x2RelaxedMax = zip(max);
    }
    ([i16; 8], [i16; 8]) -> [i16; 8] {
        I16x8RelaxedQ15mulrS = zip(|a, b| ((i32::from(a) * i32::from(b) + 0x4000) >> 15) as i16);
    }
    ([i8; 16], [u8; 16]) -> [i16; 8] {
        I16x8RelaxedDotI8x16I7x16S = dot;
    }
    ([i8; 16], [u8; 16], [i32; 4]) -> [i32; 4] {
        I32x4RelaxedDotI8x16I7x16AddS = |a, b, c| {
            let sums = add_pairs(dot(a, b).map(i32::from), i32::wrapping_add);
            zip(i32::wrapping_add)(sums, c)
        };
    }
}

/// What is no integer of 32 bits becomes the least one.
fn truncate<F: Float<Host: Into<f64>>>(a: F) -> i32 {
    let value: f64 = a.host().into();
    if value > f64::from(i32::MIN) - 1.0 && value < f64::from(i32::MAX) + 1.0 {
        value as i32
    } else {
        i32::MIN
    }
}

fn select_by_top_bit<T: Scalar>(a: T, b: T, mask: T) -> T {
    if top_bit(mask) { a } else { b }
}

/// The machine's own minimum: the second operand unless the first is less.
fn min<F: Float>(a: F, b: F) -> F {
    if a < b { a } else { b }
}

/// The machine's own maximum: the second operand unless the first is greater.
fn max<F: Float>(a: F, b: F) -> F {
    if a > b { a } else { b }
}

/// The machine takes the second operand's lanes as unsigned, and its sums saturate.
fn dot(a: [i8; 16], b: [u8; 16]) -> [i16; 8] {
    let products: [i32; 16] = zip(|a, b| i32::from(a) * i32::from(b))(a, b);
    add_pairs::<i32, 16, 8>(products, i32::wrapping_add).map(saturate_i16)
}

/// `a * b + c`, or `-(a * b) + c`.
fn multiply_add<F: Float>(negate: bool) -> impl Fn(F, F, F) -> Doubtful<F> {
    let fused = machine::has_fma();
    move |a, b, c| {
        if fused {
            fused_multiply_add(a, b, c, negate)
        } else {
            separate_multiply_add(a, b, c, negate)
        }
    }
}

/// Rounded once. The machine negates the product, not an operand that may be a NaN, and looks at
/// the right factor first.
fn fused_multiply_add<F: Float>(a: F, b: F, c: F, negate: bool) -> Doubtful<F> {
    let value = first_nan(&[b, a, c]).unwrap_or_else(|| {
        let factor = if negate { neg(a) } else { a };
        F::computed(factor.host().mul_add(b.host(), c.host()))
    });
    Doubtful {
        value,
        doubt: negation(&[a, b, c]),
    }
}

/// Rounded twice, on machines without the instruction.
fn separate_multiply_add<F: Float>(a: F, b: F, c: F, negate: bool) -> Doubtful<F> {
    let product = mul(if negate { neg(a) } else { a }, b);
    Doubtful {
        value: add(product.value, c).value,
        doubt: product.doubt,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: u32 = 0x3f80_0000;
    const NAN: u32 = 0x7fc0_0001;
    const OTHER_NAN: u32 = 0x7fc0_0002;

    /// Both ways of multiplying and adding, of which the tests on a machine see one.
    fn both(a: u32, b: u32, c: u32, negate: bool) -> [u32; 2] {
        let [a, b, c] = [a, b, c].map(Single);
        [
            fused_multiply_add(a, b, c, negate).value.0,
            separate_multiply_add(a, b, c, negate).value.0,
        ]
    }

    #[test]
    fn numbers_are_rounded_once_or_twice() {
        // (1 + 2^-23)^2 is 1 + 2^-22 + 2^-46.
        let left = both(ONE + 1, ONE + 1, 0xbf80_0002, false);
        assert_eq!(left, [0x2880_0000, 0]);
        let left = both(ONE + 1, ONE + 1, 0x3f80_0002, true);
        assert_eq!(left, [0xa880_0000, 0]);
    }

    #[test]
    fn nans_come_from_the_operand_that_the_instructions_look_at_first() {
        assert_eq!(both(NAN, OTHER_NAN, ONE, false), [OTHER_NAN, NAN]);
        assert_eq!(both(ONE, NAN, OTHER_NAN, false), [NAN, NAN]);
        assert_eq!(both(ONE, ONE, NAN, true), [NAN, NAN]);
        // Two instructions negate the factor, one the product.
        assert_eq!(both(NAN, ONE, ONE, true), [NAN, NAN | 0x8000_0000]);
        // Infinity times zero is a NaN of the machine's, unless there is another.
        assert_eq!(both(0x7f80_0000, 0, ONE, false), [0xffc0_0000; 2]);
        assert_eq!(both(0x7f80_0000, 0, NAN, false), [NAN, 0xffc0_0000]);
    }
}
