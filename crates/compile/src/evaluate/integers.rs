//! Constants, comparisons and arithmetic of scalar integers.

use super::values::comparisons::{eq, ge, gt, le, lt, ne};
use super::values::{Double, Single, operators};
use crate::trap::TrapKind;

operators! {
    () -> i32 {
        I32Const { value } = || *value;
    }
    () -> i64 {
        I64Const { value } = || *value;
    }
    () -> Single {
        F32Const { value } = || Single(value.bits());
    }
    () -> Double {
        F64Const { value } = || Double(value.bits());
    }
    (u32) -> bool {
        I32Eqz = |a| a == 0;
    }
    (u64) -> bool {
        I64Eqz = |a| a == 0;
    }
    (i32, i32) -> bool {
        I32LtS = lt;
        I32GtS = gt;
        I32LeS = le;
        I32GeS = ge;
    }
    (u32, u32) -> bool {
        I32Eq = eq;
        I32Ne = ne;
        I32LtU = lt;
        I32GtU = gt;
        I32LeU = le;
        I32GeU = ge;
    }
    (i64, i64) -> bool {
        I64LtS = lt;
        I64GtS = gt;
        I64LeS = le;
        I64GeS = ge;
    }
    (u64, u64) -> bool {
        I64Eq = eq;
        I64Ne = ne;
        I64LtU = lt;
        I64GtU = gt;
        I64LeU = le;
        I64GeU = ge;
    }
    (u32) -> u32 {
        I32Clz = u32::leading_zeros;
        I32Ctz = u32::trailing_zeros;
        I32Popcnt = u32::count_ones;
    }
    (u64) -> u64 {
        I64Clz = |a| a.leading_zeros().into();
        I64Ctz = |a| a.trailing_zeros().into();
        I64Popcnt = |a| a.count_ones().into();
    }
    (u32, u32) -> u32 {
        I32Add = u32::wrapping_add;
        I32Sub = u32::wrapping_sub;
        I32Mul = u32::wrapping_mul;
        I32And = |a, b| a & b;
        I32Or = |a, b| a | b;
        I32Xor = |a, b| a ^ b;
        I32Shl = u32::wrapping_shl;
        I32ShrU = u32::wrapping_shr;
        I32Rotl = u32::rotate_left;
        I32Rotr = u32::rotate_right;
    }
    (i32, u32) -> i32 {
        I32ShrS = i32::wrapping_shr;
    }
    (u64, u64) -> u64 {
        I64Add = u64::wrapping_add;
        I64Sub = u64::wrapping_sub;
        I64Mul = u64::wrapping_mul;
        I64And = |a, b| a & b;
        I64Or = |a, b| a | b;
        I64Xor = |a, b| a ^ b;
        I64Shl = |a, b| a.wrapping_shl(b as u32);
        I64ShrU = |a, b| a.wrapping_shr(b as u32);
        I64Rotl = |a, b| a.rotate_left(b as u32);
        I64Rotr = |a, b| a.rotate_right(b as u32);
    }
    (i64, u64) -> i64 {
        I64ShrS = |a, b| a.wrapping_shr(b as u32);
    }
    (i32, i32) -> Result<i32, TrapKind> {
        I32DivS = divide(i32::checked_div);
        I32RemS = divide(|a, b| Some(i32::wrapping_rem(a, b)));
    }
    (u32, u32) -> Result<u32, TrapKind> {
        I32DivU = divide(u32::checked_div);
        I32RemU = divide(u32::checked_rem);
    }
    (i64, i64) -> Result<i64, TrapKind> {
        I64DivS = divide(i64::checked_div);
        I64RemS = divide(|a, b| Some(i64::wrapping_rem(a, b)));
    }
    (u64, u64) -> Result<u64, TrapKind> {
        I64DivU = divide(u64::checked_div);
        I64RemU = divide(u64::checked_rem);
    }
}

/// A division, which fails otherwise than by zero only by overflow.
fn divide<T: Copy + Default + PartialEq>(
    f: impl Fn(T, T) -> Option<T>,
) -> impl Fn(T, T) -> Result<T, TrapKind> {
    move |a, b| {
        if b == T::default() {
            Err(TrapKind::IntegerDivideByZero)
        } else {
            f(a, b).ok_or(TrapKind::IntegerOverflow)
        }
    }
}
