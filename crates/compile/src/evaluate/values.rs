//! Bits as Rust values and back, lanes, and the macro that the tables of operators are written in.

use super::{Bits, Doubt, Evaluated, Shape};
use crate::trap::TrapKind;
use crate::types::ValType;
use std::array::from_fn;

/// Something with a fixed number of bits: a number, or a lane of a vector.
pub(super) trait Scalar: Copy {
    /// How many.
    const WIDTH: u32;

    /// From the low bits; others are ignored.
    fn from_bits(bits: Bits) -> Self;

    /// Zero-extended.
    fn to_bits(self) -> Bits;
}

/// What an operator takes.
pub(super) trait Value: Copy {
    const TYPE: ValType;

    fn read(bits: Bits) -> Self;

    fn write(self) -> Bits;
}

/// What an operator yields.
pub(super) trait Outcome {
    const TYPE: ValType;

    fn evaluated(self) -> Result<Evaluated, TrapKind>;
}

/// A result of which some bits may be others.
#[derive(Clone, Copy)]
pub(super) struct Doubtful<T> {
    pub value: T,
    pub doubt: Doubt,
}

/// The bits of an `f32`. Arithmetic on them is in `floats`: what is a NaN must never pass through
/// the host's.
#[derive(Clone, Copy)]
pub(super) struct Single(pub u32);

/// The bits of an `f64`, as [`Single`].
#[derive(Clone, Copy)]
pub(super) struct Double(pub u64);

macro_rules! scalars {
    ($($ty:ty, $unsigned:ty;)*) => {$(
        impl Scalar for $ty {
            const WIDTH: u32 = <$unsigned>::BITS;

            fn from_bits(bits: Bits) -> $ty {
                bits as $ty
            }

            fn to_bits(self) -> Bits {
                Bits::from(self as $unsigned)
            }
        }
    )*};
}

scalars! {
    i8, u8;
    u8, u8;
    i16, u16;
    u16, u16;
    i32, u32;
    u32, u32;
    i64, u64;
    u64, u64;
}

macro_rules! wrappers {
    ($($ty:ident($inner:ty);)*) => {$(
        impl Scalar for $ty {
            const WIDTH: u32 = <$inner>::BITS;

            fn from_bits(bits: Bits) -> $ty {
                $ty(bits as $inner)
            }

            fn to_bits(self) -> Bits {
                Bits::from(self.0)
            }
        }
    )*};
}

wrappers! {
    Single(u32);
    Double(u64);
}

macro_rules! values {
    ($($ty:ty: $val_type:ident;)*) => {$(
        impl Value for $ty {
            const TYPE: ValType = ValType::$val_type;

            fn read(bits: Bits) -> $ty {
                Scalar::from_bits(bits)
            }

            fn write(self) -> Bits {
                self.to_bits()
            }
        }
    )*};
}

values! {
    i32: I32;
    u32: I32;
    i64: I64;
    u64: I64;
    Single: F32;
    Double: F64;
}

/// A vector as its bits.
impl Value for Bits {
    const TYPE: ValType = ValType::V128;

    fn read(bits: Bits) -> Bits {
        bits
    }

    fn write(self) -> Bits {
        self
    }
}

/// A condition, as `i32`.
impl Value for bool {
    const TYPE: ValType = ValType::I32;

    fn read(bits: Bits) -> bool {
        bits as u32 != 0
    }

    fn write(self) -> Bits {
        self.into()
    }
}

/// A vector as its lanes, the lowest first.
impl<T: Scalar, const N: usize> Value for [T; N] {
    const TYPE: ValType = ValType::V128;

    fn read(bits: Bits) -> [T; N] {
        from_fn(|lane| T::from_bits(bits >> (lane as u32 * T::WIDTH)))
    }

    fn write(self) -> Bits {
        join(T::WIDTH, self.map(T::to_bits))
    }
}

/// The bits of lanes of this width, side by side.
fn join<const N: usize>(width: u32, lanes: [Bits; N]) -> Bits {
    let mut bits = 0;
    for (lane, value) in lanes.into_iter().enumerate() {
        bits |= value << (lane as u32 * width);
    }
    bits
}

impl<T: Value> Outcome for T {
    const TYPE: ValType = T::TYPE;

    fn evaluated(self) -> Result<Evaluated, TrapKind> {
        Ok(Evaluated {
            bits: self.write(),
            doubt: Doubt::default(),
        })
    }
}

impl<T: Value> Outcome for Result<T, TrapKind> {
    const TYPE: ValType = T::TYPE;

    fn evaluated(self) -> Result<Evaluated, TrapKind> {
        self?.evaluated()
    }
}

impl<T: Value> Outcome for Doubtful<T> {
    const TYPE: ValType = T::TYPE;

    fn evaluated(self) -> Result<Evaluated, TrapKind> {
        Ok(Evaluated {
            bits: self.value.write(),
            doubt: self.doubt,
        })
    }
}

impl<T: Scalar, const N: usize> Outcome for [Doubtful<T>; N] {
    const TYPE: ValType = ValType::V128;

    fn evaluated(self) -> Result<Evaluated, TrapKind> {
        Ok(Evaluated {
            bits: join(T::WIDTH, self.map(|lane| lane.value.to_bits())),
            doubt: Doubt {
                order: join(T::WIDTH, self.map(|lane| lane.doubt.order)),
                negation: join(T::WIDTH, self.map(|lane| lane.doubt.negation)),
            },
        })
    }
}

/// Applies a function to each lane.
pub(super) fn each<A: Copy, R, const N: usize>(f: impl Fn(A) -> R) -> impl Fn([A; N]) -> [R; N] {
    move |a| a.map(&f)
}

/// Applies a function to each pair of lanes.
pub(super) fn zip<A: Copy, B: Copy, R, const N: usize>(
    f: impl Fn(A, B) -> R,
) -> impl Fn([A; N], [B; N]) -> [R; N] {
    move |a, b| from_fn(|lane| f(a[lane], b[lane]))
}

/// Applies a function to the lanes of three vectors.
pub(super) fn zip3<A: Copy, B: Copy, C: Copy, R, const N: usize>(
    f: impl Fn(A, B, C) -> R,
) -> impl Fn([A; N], [B; N], [C; N]) -> [R; N] {
    move |a, b, c| from_fn(|lane| f(a[lane], b[lane], c[lane]))
}

/// Compares lanes: all bits of a lane of the result are the answer.
pub(super) fn test<T: Scalar, const N: usize>(
    f: impl Fn(T, T) -> bool,
) -> impl Fn([T; N], [T; N]) -> [T; N] {
    zip(move |a, b| T::from_bits(if f(a, b) { Bits::MAX } else { 0 }))
}

/// The comparisons of numbers and lanes; of floats as IEEE 754 has them.
pub(super) mod comparisons {
    pub fn eq<T: PartialEq>(a: T, b: T) -> bool {
        a == b
    }

    pub fn ne<T: PartialEq>(a: T, b: T) -> bool {
        a != b
    }

    pub fn lt<T: PartialOrd>(a: T, b: T) -> bool {
        a < b
    }

    pub fn gt<T: PartialOrd>(a: T, b: T) -> bool {
        a > b
    }

    pub fn le<T: PartialOrd>(a: T, b: T) -> bool {
        a <= b
    }

    pub fn ge<T: PartialOrd>(a: T, b: T) -> bool {
        a >= b
    }
}

/// What a table makes of an operator that it has.
pub(super) type Computed = Option<Result<Evaluated, TrapKind>>;

/// What there is to know of the operators that a table has.
pub(super) struct Table {
    pub shape: fn(&wasmparser::Operator<'_>) -> Option<Shape>,
    pub compute: fn(&wasmparser::Operator<'_>, &[Bits]) -> Computed,
}

/// Defines the constant `TABLE`: for groups of operators with the same types, each operator's
/// function. The immediates that it names are there as references.
macro_rules! operators {
    ($( $params:tt -> $result:ty {
        $( $name:ident $({ $field:ident })? = $function:expr; )*
    } )*) => {
        pub(super) const TABLE: $crate::evaluate::values::Table = {
            use $crate::evaluate::values::{Computed, Outcome, Table, apply};
            use $crate::evaluate::{Bits, Shape};
            use wasmparser::Operator;

            fn shape(operator: &Operator<'_>) -> Option<Shape> {
                Some(match operator {
                    $($(Operator::$name { .. })|* => Shape {
                        operands: apply::types!($params),
                        result: <$result as Outcome>::TYPE,
                    },)*
                    _ => return None,
                })
            }

            fn compute(operator: &Operator<'_>, operands: &[Bits]) -> Computed {
                match operator {
                    $($(Operator::$name { $($field)? } => {
                        apply::call!($params -> $result, $function, operands)
                    })*)*
                    _ => None,
                }
            }

            Table { shape, compute }
        };
    };
}
pub(super) use operators;

/// Calls functions with as many operands as they take.
pub(super) mod apply {
    use super::{Bits, Computed, Outcome, Value};

    pub fn none<R: Outcome>(f: impl Fn() -> R, operands: &[Bits]) -> Computed {
        let [] = operands else { return None };
        Some(f().evaluated())
    }

    pub fn one<A: Value, R: Outcome>(f: impl Fn(A) -> R, operands: &[Bits]) -> Computed {
        let &[a] = operands else { return None };
        Some(f(A::read(a)).evaluated())
    }

    pub fn two<A: Value, B: Value, R: Outcome>(
        f: impl Fn(A, B) -> R,
        operands: &[Bits],
    ) -> Computed {
        let &[a, b] = operands else { return None };
        Some(f(A::read(a), B::read(b)).evaluated())
    }

    pub fn three<A: Value, B: Value, C: Value, R: Outcome>(
        f: impl Fn(A, B, C) -> R,
        operands: &[Bits],
    ) -> Computed {
        let &[a, b, c] = operands else { return None };
        Some(f(A::read(a), B::read(b), C::read(c)).evaluated())
    }

    macro_rules! types {
        (($($param:ty),*)) => {
            const { &[$(<$param as $crate::evaluate::values::Value>::TYPE),*] }
        };
    }
    pub(in crate::evaluate) use types;

    macro_rules! call {
        (() -> $r:ty, $f:expr, $operands:ident) => {
            apply::none::<$r>($f, $operands)
        };
        (($a:ty) -> $r:ty, $f:expr, $operands:ident) => {
            apply::one::<$a, $r>($f, $operands)
        };
        (($a:ty, $b:ty) -> $r:ty, $f:expr, $operands:ident) => {
            apply::two::<$a, $b, $r>($f, $operands)
        };
        (($a:ty, $b:ty, $c:ty) -> $r:ty, $f:expr, $operands:ident) => {
            apply::three::<$a, $b, $c, $r>($f, $operands)
        };
    }
    pub(in crate::evaluate) use call;
}
