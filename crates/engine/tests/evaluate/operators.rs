//! All operators that the parser knows, so that none can be forgotten.

use wasmparser::{
    BlockType, BrTable, HeapType, Ieee32, Ieee64, MemArg, MemArgTarget, Operator, RefType, V128,
    ValType,
};

/// An operator and, if its proposal is one that the engine has, what it may look like.
pub struct Known {
    pub proposal: &'static str,
    pub name: &'static str,
    pub samples: Vec<Operator<'static>>,
}

/// Immediates of a type, among them ones that some operators do not allow.
trait Immediate: Sized {
    fn samples() -> Vec<Self>;
}

fn samples<T: Immediate>() -> Vec<T> {
    T::samples()
}

macro_rules! immediates {
    ($($ty:ty: [$($sample:expr),* $(,)?];)*) => {$(
        impl Immediate for $ty {
            fn samples() -> Vec<Self> {
                vec![$($sample),*]
            }
        }
    )*};
}

immediates! {
    u8: [0, 1, 2, 3, 5, 7, 8, 15];
    u32: [0];
    u64: [0];
    i32: [0, 1, -1, i32::MIN, i32::MAX, 0x1234_5678];
    i64: [0, 1, -1, i64::MIN, i64::MAX, 0x1234_5678_9abc_def0];
    Ieee32: [0.0_f32.into(), (-1.5_f32).into(), f32::from_bits(0xffa5_5555).into()];
    Ieee64: [0.0_f64.into(), (-1.5_f64).into(), f64::from_bits(0x7ff5_5555_5555_5555).into()];
    V128: [0_i128.into(), (-1_i128).into(), 0x0011_2233_4455_6677_8899_aabb_ccdd_eeff_i128.into()];
    [u8; 16]: [
        [0; 16],
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        [16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31],
        [0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23],
        [8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31],
        [12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3],
        [31, 0, 17, 5, 5, 9, 30, 2, 21, 13, 8, 16, 1, 27, 11, 4],
    ];
    MemArg: [MemArg {
        align: 0,
        max_align: 0,
        offset: 0,
        target: MemArgTarget::Memory(0),
        ordering: None,
    }];
    ValType: [
        ValType::I32,
        ValType::I64,
        ValType::F32,
        ValType::F64,
        ValType::V128,
        ValType::Ref(RefType::FUNCREF),
        ValType::Ref(RefType::EXTERNREF),
    ];
    Vec<ValType>: [vec![ValType::I32]];
    HeapType: [HeapType::FUNC, HeapType::EXTERN];
    BlockType: [BlockType::Empty];
    // These cannot be made by hand.
    BrTable<'static>: [];
}

macro_rules! samples {
    (mvp $($rest:tt)*) => { samples!(@ $($rest)*) };
    (bulk_memory $($rest:tt)*) => { samples!(@ $($rest)*) };
    (reference_types $($rest:tt)*) => { samples!(@ $($rest)*) };
    (relaxed_simd $($rest:tt)*) => { samples!(@ $($rest)*) };
    (saturating_float_to_int $($rest:tt)*) => { samples!(@ $($rest)*) };
    (sign_extension $($rest:tt)*) => { samples!(@ $($rest)*) };
    (simd $($rest:tt)*) => { samples!(@ $($rest)*) };
    (tail_call $($rest:tt)*) => { samples!(@ $($rest)*) };
    (@ $op:ident) => { vec![Operator::$op] };
    (@ $op:ident { $a:ident }) => {
        samples().into_iter().map(|$a| Operator::$op { $a }).collect()
    };
    (@ $op:ident { $a:ident, $b:ident }) => {{
        let mut all = Vec::new();
        for $a in samples() {
            for $b in samples() {
                all.push(Operator::$op { $a: Clone::clone(&$a), $b });
            }
        }
        all
    }};
    ($other:ident $($rest:tt)*) => { Vec::new() };
}

macro_rules! known {
    ($(
        @$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })?
            => $visit:ident ($($arity:tt)*)
    )*) => {
        /// All operators.
        pub fn known() -> Vec<Known> {
            vec![$(Known {
                proposal: stringify!($proposal),
                name: stringify!($op),
                samples: samples!($proposal $op $({ $($arg),* })?),
            }),*]
        }
    };
}

wasmparser::for_each_operator!(known);
