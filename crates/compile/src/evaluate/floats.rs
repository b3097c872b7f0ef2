//! Arithmetic and comparisons of floats, and what becomes of NaNs in them.
//!
//! Results that are numbers are the host's: both round to nearest, ties to even, and keep
//! denormals. Results that are NaNs are made here, bit by bit.

use super::values::comparisons::{eq, ge, gt, le, lt, ne};
use super::values::{Double, Doubtful, Scalar, Single, operators};
use super::{Bits, Doubt};
use std::cmp::Ordering;
use std::ops::{Add, Div, Mul, Sub};

operators! {
    (Single, Single) -> bool {
        F32Eq = eq;
        F32Ne = ne;
        F32Lt = lt;
        F32Gt = gt;
        F32Le = le;
        F32Ge = ge;
    }
    (Double, Double) -> bool {
        F64Eq = eq;
        F64Ne = ne;
        F64Lt = lt;
        F64Gt = gt;
        F64Le = le;
        F64Ge = ge;
    }
    (Single) -> Single {
        F32Abs = abs;
        F32Neg = neg;
        F32Ceil = ceil;
        F32Floor = floor;
        F32Trunc = trunc;
        F32Nearest = nearest;
        F32Sqrt = sqrt;
    }
    (Double) -> Double {
        F64Abs = abs;
        F64Neg = neg;
        F64Ceil = ceil;
        F64Floor = floor;
        F64Trunc = trunc;
        F64Nearest = nearest;
        F64Sqrt = sqrt;
    }
    (Single, Single) -> Doubtful<Single> {
        F32Add = commutative(add);
        F32Mul = commutative(mul);
    }
    (Double, Double) -> Doubtful<Double> {
        F64Add = commutative(add);
        F64Mul = commutative(mul);
    }
    (Single, Single) -> Single {
        F32Sub = sub;
        F32Div = div;
        F32Min = min;
        F32Max = max;
        F32Copysign = copysign;
    }
    (Double, Double) -> Double {
        F64Sub = sub;
        F64Div = div;
        F64Min = min;
        F64Max = max;
        F64Copysign = copysign;
    }
}

/// The bits of a float of one of the two formats.
pub(super) trait Float: Scalar + PartialOrd {
    /// The host's type of this format.
    type Host: Host;

    /// The bits of the mantissa that are stored.
    const MANTISSA: u32;

    const SIGN: Bits = 1 << (Self::WIDTH - 1);
    const INFINITY: Bits = Self::SIGN - (1 << Self::MANTISSA);
    /// The bit that tells a quiet NaN from a signalling one.
    const QUIET: Bits = 1 << (Self::MANTISSA - 1);
    /// The NaN that the machine makes where no operand is one: a negative one.
    const DEFAULT_NAN: Bits = Self::SIGN | Self::INFINITY | Self::QUIET;

    fn host(self) -> Self::Host;

    fn host_bits(value: Self::Host) -> Self;

    fn is_nan(self) -> bool {
        self.to_bits() & !Self::SIGN > Self::INFINITY
    }

    fn quiet(self) -> Self {
        Self::from_bits(self.to_bits() | Self::QUIET)
    }

    /// A result that the host has computed from numbers.
    fn computed(value: Self::Host) -> Self {
        let result = Self::host_bits(value);
        if result.is_nan() {
            Self::from_bits(Self::DEFAULT_NAN)
        } else {
            result
        }
    }
}

/// The host's float types.
pub(super) trait Host:
    Copy
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
{
    fn ceil(self) -> Self;
    fn floor(self) -> Self;
    fn trunc(self) -> Self;
    fn nearest(self) -> Self;
    fn sqrt(self) -> Self;
    fn mul_add(self, factor: Self, addend: Self) -> Self;
}

macro_rules! formats {
    ($($ty:ident, $host:ident;)*) => {$(
        impl Float for $ty {
            type Host = $host;
            const MANTISSA: u32 = $host::MANTISSA_DIGITS - 1;

            fn host(self) -> $host {
                $host::from_bits(self.0)
            }

            fn host_bits(value: $host) -> $ty {
                $ty(value.to_bits())
            }
        }

        impl PartialEq for $ty {
            fn eq(&self, other: &$ty) -> bool {
                self.host() == other.host()
            }
        }

        impl PartialOrd for $ty {
            fn partial_cmp(&self, other: &$ty) -> Option<Ordering> {
                self.host().partial_cmp(&other.host())
            }
        }

        impl Host for $host {
            fn ceil(self) -> $host {
                $host::ceil(self)
            }

            fn floor(self) -> $host {
                $host::floor(self)
            }

            fn trunc(self) -> $host {
                $host::trunc(self)
            }

            fn nearest(self) -> $host {
                $host::round_ties_even(self)
            }

            fn sqrt(self) -> $host {
                $host::sqrt(self)
            }

            fn mul_add(self, factor: $host, addend: $host) -> $host {
                $host::mul_add(self, factor, addend)
            }
        }
    )*};
}

formats! {
    Single, f32;
    Double, f64;
}

pub(super) fn abs<F: Float>(a: F) -> F {
    F::from_bits(a.to_bits() & !F::SIGN)
}

pub(super) fn neg<F: Float>(a: F) -> F {
    F::from_bits(a.to_bits() ^ F::SIGN)
}

fn copysign<F: Float>(a: F, b: F) -> F {
    F::from_bits(a.to_bits() & !F::SIGN | b.to_bits() & F::SIGN)
}

/// Arithmetic on one operand: a NaN is quieted.
fn unary<F: Float>(a: F, f: impl Fn(F::Host) -> F::Host) -> F {
    if a.is_nan() {
        a.quiet()
    } else {
        F::computed(f(a.host()))
    }
}

pub(super) fn ceil<F: Float>(a: F) -> F {
    unary(a, Host::ceil)
}

pub(super) fn floor<F: Float>(a: F) -> F {
    unary(a, Host::floor)
}

pub(super) fn trunc<F: Float>(a: F) -> F {
    unary(a, Host::trunc)
}

pub(super) fn nearest<F: Float>(a: F) -> F {
    unary(a, Host::nearest)
}

pub(super) fn sqrt<F: Float>(a: F) -> F {
    unary(a, Host::sqrt)
}

/// The first NaN among operands, quieted.
pub(super) fn first_nan<F: Float>(operands: &[F]) -> Option<F> {
    let nan = operands.iter().find(|operand| operand.is_nan())?;
    Some(nan.quiet())
}

/// Arithmetic on two operands: the first NaN is quieted.
fn binary<F: Float>(a: F, b: F, f: impl Fn(F::Host, F::Host) -> F::Host) -> F {
    first_nan(&[a, b]).unwrap_or_else(|| F::computed(f(a.host(), b.host())))
}

pub(super) fn add<F: Float>(a: F, b: F) -> Doubtful<F> {
    Doubtful {
        value: binary(a, b, Add::add),
        doubt: Doubt::default(),
    }
}

pub(super) fn sub<F: Float>(a: F, b: F) -> F {
    binary(a, b, Sub::sub)
}

pub(super) fn mul<F: Float>(a: F, b: F) -> Doubtful<F> {
    Doubtful {
        value: binary(a, b, Mul::mul),
        doubt: negation(&[a, b]),
    }
}

pub(super) fn div<F: Float>(a: F, b: F) -> F {
    binary(a, b, Div::div)
}

/// The doubt about the sign of a NaN that comes from one of these operands, in operators in which
/// negations of the operands may disappear.
pub(super) fn negation<F: Float>(operands: &[F]) -> Doubt {
    let doubtful = operands.iter().any(|operand| operand.is_nan());
    Doubt {
        order: 0,
        negation: if doubtful { F::SIGN } else { 0 },
    }
}

/// An operator whose operands may change places if the left one is loaded from memory.
fn commutative<F: Float>(f: impl Fn(F, F) -> Doubtful<F>) -> impl Fn(F, F) -> Doubtful<F> {
    move |a, b| {
        let mut result = f(a, b);
        if a.is_nan() && b.is_nan() {
            result.doubt.order = a.quiet().to_bits() ^ b.quiet().to_bits();
        }
        result
    }
}

/// `min` and `max` of scalars: where the machine's own instructions do not do, it adds the left
/// operand to the right one.
fn scalar_extremum<F: Float>(a: F, b: F, zeros: impl Fn(Bits, Bits) -> Bits, a_wins: bool) -> F {
    if let Some(nan) = first_nan(&[b, a]) {
        nan
    } else if a == b {
        F::from_bits(zeros(a.to_bits(), b.to_bits()))
    } else if a_wins {
        a
    } else {
        b
    }
}

fn min<F: Float>(a: F, b: F) -> F {
    scalar_extremum(a, b, |a, b| a | b, a < b)
}

fn max<F: Float>(a: F, b: F) -> F {
    scalar_extremum(a, b, |a, b| a & b, a > b)
}

/// `min` of lanes: no NaN's payload is kept.
pub(super) fn lane_min<F: Float>(a: F, b: F) -> F {
    if a.is_nan() || b.is_nan() {
        F::from_bits(F::DEFAULT_NAN)
    } else {
        min(a, b)
    }
}

/// `max` of lanes: no NaN's payload is kept, but it is negative only if one of the operands is.
pub(super) fn lane_max<F: Float>(a: F, b: F) -> F {
    if a.is_nan() || b.is_nan() {
        let sign = (a.to_bits() | b.to_bits()) & F::SIGN;
        F::from_bits(sign | F::INFINITY | F::QUIET)
    } else {
        max(a, b)
    }
}
