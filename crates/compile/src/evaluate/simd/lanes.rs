//! Vectors as bits, and lanes by themselves: moved, selected, tested, to and from scalars.

use super::super::Bits;
use super::super::values::{Double, Scalar, Single, operators};
use std::array::from_fn;

operators! {
    () -> Bits {
        V128Const { value } = || Bits::from_le_bytes(*value.bytes());
    }
    (Bits) -> Bits {
        V128Not = |a| !a;
    }
    (Bits, Bits) -> Bits {
        V128And = |a, b| a & b;
        V128AndNot = |a, b| a & !b;
        V128Or = |a, b| a | b;
        V128Xor = |a, b| a ^ b;
    }
    (Bits, Bits, Bits) -> Bits {
        V128Bitselect = bitselect;
    }
    (Bits) -> bool {
        V128AnyTrue = |a| a != 0;
    }
    ([u8; 16]) -> bool {
        I8x16AllTrue = |a| !a.contains(&0);
    }
    ([u16; 8]) -> bool {
        I16x8AllTrue = |a| !a.contains(&0);
    }
    ([u32; 4]) -> bool {
        I32x4AllTrue = |a| !a.contains(&0);
    }
    ([u64; 2]) -> bool {
        I64x2AllTrue = |a| !a.contains(&0);
    }
    ([u8; 16]) -> u32 {
        I8x16Bitmask = bitmask;
    }
    ([u16; 8]) -> u32 {
        I16x8Bitmask = bitmask;
    }
    ([u32; 4]) -> u32 {
        I32x4Bitmask = bitmask;
    }
    ([u64; 2]) -> u32 {
        I64x2Bitmask = bitmask;
    }
    ([u8; 16], [u8; 16]) -> [u8; 16] {
        I8x16Shuffle { lanes } = |a, b| lanes.map(|lane| {
            let from = if lane < 16 { a } else { b };
            from[usize::from(lane % 16)]
        });
        I8x16Swizzle = |a, b| b.map(|lane| a.get(usize::from(lane)).copied().unwrap_or(0));
    }
    (u32) -> [u8; 16] {
        I8x16Splat = |a| [a as u8; 16];
    }
    (u32) -> [u16; 8] {
        I16x8Splat = |a| [a as u16; 8];
    }
    (u32) -> [u32; 4] {
        I32x4Splat = |a| [a; 4];
    }
    (u64) -> [u64; 2] {
        I64x2Splat = |a| [a; 2];
    }
    (Single) -> [Single; 4] {
        F32x4Splat = |a| [a; 4];
    }
    (Double) -> [Double; 2] {
        F64x2Splat = |a| [a; 2];
    }
    ([i8; 16]) -> i32 {
        I8x16ExtractLaneS { lane } = |a| extract(a, *lane).into();
    }
    ([u8; 16]) -> u32 {
        I8x16ExtractLaneU { lane } = |a| extract(a, *lane).into();
    }
    ([i16; 8]) -> i32 {
        I16x8ExtractLaneS { lane } = |a| extract(a, *lane).into();
    }
    ([u16; 8]) -> u32 {
        I16x8ExtractLaneU { lane } = |a| extract(a, *lane).into();
    }
    ([u32; 4]) -> u32 {
        I32x4ExtractLane { lane } = |a| extract(a, *lane);
    }
    ([u64; 2]) -> u64 {
        I64x2ExtractLane { lane } = |a| extract(a, *lane);
    }
    ([Single; 4]) -> Single {
        F32x4ExtractLane { lane } = |a| extract(a, *lane);
    }
    ([Double; 2]) -> Double {
        F64x2ExtractLane { lane } = |a| extract(a, *lane);
    }
    ([u8; 16], u32) -> [u8; 16] {
        I8x16ReplaceLane { lane } = |a, b| replace(a, *lane, b as u8);
    }
    ([u16; 8], u32) -> [u16; 8] {
        I16x8ReplaceLane { lane } = |a, b| replace(a, *lane, b as u16);
    }
    ([u32; 4], u32) -> [u32; 4] {
        I32x4ReplaceLane { lane } = |a, b| replace(a, *lane, b);
    }
    ([u64; 2], u64) -> [u64; 2] {
        I64x2ReplaceLane { lane } = |a, b| replace(a, *lane, b);
    }
    ([Single; 4], Single) -> [Single; 4] {
        F32x4ReplaceLane { lane } = |a, b| replace(a, *lane, b);
    }
    ([Double; 2], Double) -> [Double; 2] {
        F64x2ReplaceLane { lane } = |a, b| replace(a, *lane, b);
    }
}

pub(super) fn bitselect(a: Bits, b: Bits, mask: Bits) -> Bits {
    a & mask | b & !mask
}

/// Whether the uppermost bit is set.
pub(super) fn top_bit<T: Scalar>(lane: T) -> bool {
    lane.to_bits() >> (T::WIDTH - 1) != 0
}

fn bitmask<T: Scalar, const N: usize>(a: [T; N]) -> u32 {
    let bits: [u32; N] = from_fn(|lane| u32::from(top_bit(a[lane])) << lane);
    bits.iter().sum()
}

/// Validation has seen to it that there is such a lane; an operator that was not validated gets
/// another one.
fn extract<T: Scalar, const N: usize>(a: [T; N], lane: u8) -> T {
    a[usize::from(lane) % N]
}

fn replace<T: Scalar, const N: usize>(mut a: [T; N], lane: u8, value: T) -> [T; N] {
    a[usize::from(lane) % N] = value;
    a
}
