//! Between the values of the test scripts and the engine's.

use trapline::{ExternRef, Val};
use wast::core::{AbstractHeapType, HeapType, NanPattern, V128Pattern, WastArgCore, WastRetCore};
use wast::token::{F32, F64};
use wast::{WastArg, WastRet};

/// The value of an argument.
pub fn argument(arg: &WastArg<'_>) -> Result<Val, String> {
    let WastArg::Core(arg) = arg else {
        return Err("not an argument of a core module".into());
    };
    Ok(match arg {
        WastArgCore::I32(x) => Val::I32(*x),
        WastArgCore::I64(x) => Val::I64(*x),
        WastArgCore::F32(x) => Val::F32(x.bits),
        WastArgCore::F64(x) => Val::F64(x.bits),
        WastArgCore::V128(x) => Val::V128(u128::from_le_bytes(x.to_le_bytes()).into()),
        WastArgCore::RefNull(ty) if is_func(ty) => Val::FuncRef(None),
        WastArgCore::RefNull(ty) if is_extern(ty) => Val::ExternRef(None),
        WastArgCore::RefNull(ty) if is_exn(ty) => Val::ExnRef(None),
        WastArgCore::RefExtern(x) => Val::ExternRef(Some(ExternRef::new(*x))),
        other => return Err(format!("no such argument: {other:?}")),
    })
}

/// Whether a result is as expected.
pub fn matches(actual: &Val, expected: &WastRet<'_>) -> bool {
    match expected {
        WastRet::Core(expected) => matches_core(actual, expected),
        _ => false,
    }
}

fn matches_core(actual: &Val, expected: &WastRetCore<'_>) -> bool {
    match (actual, expected) {
        (_, WastRetCore::Either(choices)) => {
            choices.iter().any(|choice| matches_core(actual, choice))
        }
        (Val::I32(a), WastRetCore::I32(e)) => a == e,
        (Val::I64(a), WastRetCore::I64(e)) => a == e,
        (Val::F32(a), WastRetCore::F32(e)) => matches_f32(*a, e),
        (Val::F64(a), WastRetCore::F64(e)) => matches_f64(*a, e),
        (Val::V128(a), WastRetCore::V128(e)) => matches_v128(a.as_u128(), e),
        (Val::FuncRef(None), WastRetCore::RefNull(ty)) => ty.as_ref().is_none_or(is_func),
        (Val::ExternRef(None), WastRetCore::RefNull(ty)) => ty.as_ref().is_none_or(is_extern),
        (Val::ExnRef(None), WastRetCore::RefNull(ty)) => ty.as_ref().is_none_or(is_exn),
        (Val::FuncRef(Some(_)), WastRetCore::RefFunc(_)) => true,
        (Val::ExternRef(Some(a)), WastRetCore::RefExtern(e)) => {
            e.is_none_or(|e| a.data().downcast_ref::<u32>() == Some(&e))
        }
        _ => false,
    }
}

fn is_func(ty: &HeapType<'_>) -> bool {
    use AbstractHeapType::{Func, NoFunc};
    matches!(
        ty,
        HeapType::Abstract {
            shared: false,
            ty: Func | NoFunc
        }
    )
}

fn is_extern(ty: &HeapType<'_>) -> bool {
    use AbstractHeapType::{Extern, NoExtern};
    matches!(
        ty,
        HeapType::Abstract {
            shared: false,
            ty: Extern | NoExtern
        }
    )
}

fn is_exn(ty: &HeapType<'_>) -> bool {
    use AbstractHeapType::{Exn, NoExn};
    matches!(
        ty,
        HeapType::Abstract {
            shared: false,
            ty: Exn | NoExn
        }
    )
}

fn matches_v128(actual: u128, expected: &V128Pattern) -> bool {
    let bytes = actual.to_le_bytes();
    let u32_at = |i: usize| u32::from_le_bytes(bytes[i * 4..][..4].try_into().unwrap_or_default());
    let u64_at = |i: usize| u64::from_le_bytes(bytes[i * 8..][..8].try_into().unwrap_or_default());
    match expected {
        V128Pattern::I8x16(e) => bytes.iter().zip(e).all(|(a, e)| *a as i8 == *e),
        V128Pattern::I16x8(e) => bytes
            .chunks_exact(2)
            .zip(e)
            .all(|(a, e)| i16::from_le_bytes([a[0], a[1]]) == *e),
        V128Pattern::I32x4(e) => (0..4).all(|i| u32_at(i) as i32 == e[i]),
        V128Pattern::I64x2(e) => (0..2).all(|i| u64_at(i) as i64 == e[i]),
        V128Pattern::F32x4(e) => (0..4).all(|i| matches_f32(u32_at(i), &e[i])),
        V128Pattern::F64x2(e) => (0..2).all(|i| matches_f64(u64_at(i), &e[i])),
    }
}

/// A canonical NaN has only the top bit of its payload set, an arithmetic one at least that.
fn matches_f32(actual: u32, expected: &NanPattern<F32>) -> bool {
    match expected {
        NanPattern::CanonicalNan => actual & 0x7fff_ffff == 0x7fc0_0000,
        NanPattern::ArithmeticNan => actual & 0x7fc0_0000 == 0x7fc0_0000,
        NanPattern::Value(e) => actual == e.bits,
    }
}

fn matches_f64(actual: u64, expected: &NanPattern<F64>) -> bool {
    match expected {
        NanPattern::CanonicalNan => actual & 0x7fff_ffff_ffff_ffff == 0x7ff8_0000_0000_0000,
        NanPattern::ArithmeticNan => actual & 0x7ff8_0000_0000_0000 == 0x7ff8_0000_0000_0000,
        NanPattern::Value(e) => actual == e.bits,
    }
}
