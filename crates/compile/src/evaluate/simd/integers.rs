//! Comparisons and arithmetic of integer lanes, widened and narrowed ones included.

use super::super::values::comparisons::{eq, ge, gt, le, lt, ne};
use super::super::values::{each, operators, test, zip};
use std::array::from_fn;

operators! {
    ([u8; 16], [u8; 16]) -> [u8; 16] {
        I8x16Eq = test(eq);
        I8x16Ne = test(ne);
        I8x16LtU = test(lt);
        I8x16GtU = test(gt);
        I8x16LeU = test(le);
        I8x16GeU = test(ge);
        I8x16Add = zip(u8::wrapping_add);
        I8x16Sub = zip(u8::wrapping_sub);
        I8x16MinU = zip(u8::min);
        I8x16MaxU = zip(u8::max);
        I8x16AddSatU = zip(u8::saturating_add);
        I8x16SubSatU = zip(u8::saturating_sub);
        I8x16AvgrU = zip(|a, b| (u16::from(a) + u16::from(b)).div_ceil(2) as u8);
    }
    ([i8; 16], [i8; 16]) -> [i8; 16] {
        I8x16LtS = test(lt);
        I8x16GtS = test(gt);
        I8x16LeS = test(le);
        I8x16GeS = test(ge);
        I8x16MinS = zip(i8::min);
        I8x16MaxS = zip(i8::max);
        I8x16AddSatS = zip(i8::saturating_add);
        I8x16SubSatS = zip(i8::saturating_sub);
    }
    ([i8; 16]) -> [i8; 16] {
        I8x16Abs = each(i8::wrapping_abs);
        I8x16Neg = each(i8::wrapping_neg);
    }
    ([u8; 16]) -> [u8; 16] {
        I8x16Popcnt = each(|a: u8| a.count_ones() as u8);
    }
    ([u8; 16], u32) -> [u8; 16] {
        I8x16Shl = |a, b| a.map(|a| a.wrapping_shl(b));
        I8x16ShrU = |a, b| a.map(|a| a.wrapping_shr(b));
    }
    ([i8; 16], u32) -> [i8; 16] {
        I8x16ShrS = |a, b| a.map(|a| a.wrapping_shr(b));
    }
    ([u16; 8], [u16; 8]) -> [u16; 8] {
        I16x8Eq = test(eq);
        I16x8Ne = test(ne);
        I16x8LtU = test(lt);
        I16x8GtU = test(gt);
        I16x8LeU = test(le);
        I16x8GeU = test(ge);
        I16x8Add = zip(u16::wrapping_add);
        I16x8Sub = zip(u16::wrapping_sub);
        I16x8Mul = zip(u16::wrapping_mul);
        I16x8MinU = zip(u16::min);
        I16x8MaxU = zip(u16::max);
        I16x8AddSatU = zip(u16::saturating_add);
        I16x8SubSatU = zip(u16::saturating_sub);
        I16x8AvgrU = zip(|a, b| (u32::from(a) + u32::from(b)).div_ceil(2) as u16);
    }
    ([i16; 8], [i16; 8]) -> [i16; 8] {
        I16x8LtS = test(lt);
        I16x8GtS = test(gt);
        I16x8LeS = test(le);
        I16x8GeS = test(ge);
        I16x8MinS = zip(i16::min);
        I16x8MaxS = zip(i16::max);
        I16x8AddSatS = zip(i16::saturating_add);
        I16x8SubSatS = zip(i16::saturating_sub);
        I16x8Q15MulrSatS = zip(|a, b| saturate_i16((i32::from(a) * i32::from(b) + 0x4000) >> 15));
    }
    ([i16; 8]) -> [i16; 8] {
        I16x8Abs = each(i16::wrapping_abs);
        I16x8Neg = each(i16::wrapping_neg);
    }
    ([u16; 8], u32) -> [u16; 8] {
        I16x8Shl = |a, b| a.map(|a| a.wrapping_shl(b));
        I16x8ShrU = |a, b| a.map(|a| a.wrapping_shr(b));
    }
    ([i16; 8], u32) -> [i16; 8] {
        I16x8ShrS = |a, b| a.map(|a| a.wrapping_shr(b));
    }
    ([u32; 4], [u32; 4]) -> [u32; 4] {
        I32x4Eq = test(eq);
        I32x4Ne = test(ne);
        I32x4LtU = test(lt);
        I32x4GtU = test(gt);
        I32x4LeU = test(le);
        I32x4GeU = test(ge);
        I32x4Add = zip(u32::wrapping_add);
        I32x4Sub = zip(u32::wrapping_sub);
        I32x4Mul = zip(u32::wrapping_mul);
        I32x4MinU = zip(u32::min);
        I32x4MaxU = zip(u32::max);
    }
    ([i32; 4], [i32; 4]) -> [i32; 4] {
        I32x4LtS = test(lt);
        I32x4GtS = test(gt);
        I32x4LeS = test(le);
        I32x4GeS = test(ge);
        I32x4MinS = zip(i32::min);
        I32x4MaxS = zip(i32::max);
    }
    ([i32; 4]) -> [i32; 4] {
        I32x4Abs = each(i32::wrapping_abs);
        I32x4Neg = each(i32::wrapping_neg);
    }
    ([u32; 4], u32) -> [u32; 4] {
        I32x4Shl = |a, b| a.map(|a| a.wrapping_shl(b));
        I32x4ShrU = |a, b| a.map(|a| a.wrapping_shr(b));
    }
    ([i32; 4], u32) -> [i32; 4] {
        I32x4ShrS = |a, b| a.map(|a| a.wrapping_shr(b));
    }
    ([u64; 2], [u64; 2]) -> [u64; 2] {
        I64x2Eq = test(eq);
        I64x2Ne = test(ne);
        I64x2Add = zip(u64::wrapping_add);
        I64x2Sub = zip(u64::wrapping_sub);
        I64x2Mul = zip(u64::wrapping_mul);
    }
    ([i64; 2], [i64; 2]) -> [i64; 2] {
        I64x2LtS = test(lt);
        I64x2GtS = test(gt);
        I64x2LeS = test(le);
        I64x2GeS = test(ge);
    }
    ([i64; 2]) -> [i64; 2] {
        I64x2Abs = each(i64::wrapping_abs);
        I64x2Neg = each(i64::wrapping_neg);
    }
    ([u64; 2], u32) -> [u64; 2] {
        I64x2Shl = |a, b| a.map(|a| a.wrapping_shl(b));
        I64x2ShrU = |a, b| a.map(|a| a.wrapping_shr(b));
    }
    ([i64; 2], u32) -> [i64; 2] {
        I64x2ShrS = |a, b| a.map(|a| a.wrapping_shr(b));
    }

    // From lanes of one width to those of another.
    ([i16; 8], [i16; 8]) -> [i8; 16] {
        I8x16NarrowI16x8S = |a, b| both(a, b).map(|a| a.clamp(i8::MIN.into(), i8::MAX.into()) as i8);
    }
    ([i16; 8], [i16; 8]) -> [u8; 16] {
        I8x16NarrowI16x8U = |a, b| both(a, b).map(|a| a.clamp(0, u8::MAX.into()) as u8);
    }
    ([i32; 4], [i32; 4]) -> [i16; 8] {
        I16x8NarrowI32x4S = |a, b| both(a, b).map(saturate_i16);
    }
    ([i32; 4], [i32; 4]) -> [u16; 8] {
        I16x8NarrowI32x4U = |a, b| both(a, b).map(|a| a.clamp(0, u16::MAX.into()) as u16);
    }
    ([i8; 16]) -> [i16; 8] {
        I16x8ExtendLowI8x16S = low;
        I16x8ExtendHighI8x16S = high;
        I16x8ExtAddPairwiseI8x16S = |a| add_pairs(a.map(i16::from), i16::wrapping_add);
    }
    ([u8; 16]) -> [u16; 8] {
        I16x8ExtendLowI8x16U = low;
        I16x8ExtendHighI8x16U = high;
        I16x8ExtAddPairwiseI8x16U = |a| add_pairs(a.map(u16::from), u16::wrapping_add);
    }
    ([i16; 8]) -> [i32; 4] {
        I32x4ExtendLowI16x8S = low;
        I32x4ExtendHighI16x8S = high;
        I32x4ExtAddPairwiseI16x8S = |a| add_pairs(a.map(i32::from), i32::wrapping_add);
    }
    ([u16; 8]) -> [u32; 4] {
        I32x4ExtendLowI16x8U = low;
        I32x4ExtendHighI16x8U = high;
        I32x4ExtAddPairwiseI16x8U = |a| add_pairs(a.map(u32::from), u32::wrapping_add);
    }
    ([i32; 4]) -> [i64; 2] {
        I64x2ExtendLowI32x4S = low;
        I64x2ExtendHighI32x4S = high;
    }
    ([u32; 4]) -> [u64; 2] {
        I64x2ExtendLowI32x4U = low;
        I64x2ExtendHighI32x4U = high;
    }
    ([i8; 16], [i8; 16]) -> [i16; 8] {
        I16x8ExtMulLowI8x16S = |a, b| zip(i16::wrapping_mul)(low(a), low(b));
        I16x8ExtMulHighI8x16S = |a, b| zip(i16::wrapping_mul)(high(a), high(b));
    }
    ([u8; 16], [u8; 16]) -> [u16; 8] {
        I16x8ExtMulLowI8x16U = |a, b| zip(u16::wrapping_mul)(low(a), low(b));
        I16x8ExtMulHighI8x16U = |a, b| zip(u16::wrapping_mul)(high(a), high(b));
    }
    ([i16; 8], [i16; 8]) -> [i32; 4] {
        I32x4ExtMulLowI16x8S = |a, b| zip(i32::wrapping_mul)(low(a), low(b));
        I32x4ExtMulHighI16x8S = |a, b| zip(i32::wrapping_mul)(high(a), high(b));
        I32x4DotI16x8S = |a, b| {
            let products = zip(i32::wrapping_mul)(a.map(i32::from), b.map(i32::from));
            add_pairs(products, i32::wrapping_add)
        };
    }
    ([u16; 8], [u16; 8]) -> [u32; 4] {
        I32x4ExtMulLowI16x8U = |a, b| zip(u32::wrapping_mul)(low(a), low(b));
        I32x4ExtMulHighI16x8U = |a, b| zip(u32::wrapping_mul)(high(a), high(b));
    }
    ([i32; 4], [i32; 4]) -> [i64; 2] {
        I64x2ExtMulLowI32x4S = |a, b| zip(i64::wrapping_mul)(low(a), low(b));
        I64x2ExtMulHighI32x4S = |a, b| zip(i64::wrapping_mul)(high(a), high(b));
    }
    ([u32; 4], [u32; 4]) -> [u64; 2] {
        I64x2ExtMulLowI32x4U = |a, b| zip(u64::wrapping_mul)(low(a), low(b));
        I64x2ExtMulHighI32x4U = |a, b| zip(u64::wrapping_mul)(high(a), high(b));
    }
}

pub(super) fn saturate_i16(value: i32) -> i16 {
    value.clamp(i16::MIN.into(), i16::MAX.into()) as i16
}

/// The lanes of one vector, then those of another.
fn both<T: Copy, const N: usize, const M: usize>(a: [T; N], b: [T; N]) -> [T; M] {
    from_fn(|lane| if lane < N { a[lane] } else { b[lane - N] })
}

/// The lower half of the lanes, widened.
pub(super) fn low<T: Copy, W: From<T>, const N: usize, const M: usize>(a: [T; N]) -> [W; M] {
    from_fn(|lane| a[lane].into())
}

/// The upper half of the lanes, widened.
fn high<T: Copy, W: From<T>, const N: usize, const M: usize>(a: [T; N]) -> [W; M] {
    from_fn(|lane| a[M + lane].into())
}

/// The sums of neighbouring lanes.
pub(super) fn add_pairs<T: Copy, const N: usize, const M: usize>(
    a: [T; N],
    add: impl Fn(T, T) -> T,
) -> [T; M] {
    from_fn(|lane| add(a[2 * lane], a[2 * lane + 1]))
}
