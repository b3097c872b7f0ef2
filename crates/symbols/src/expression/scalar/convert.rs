//! Conversions between scalar types.

use super::{FloatType, IntegerType, Scalar, ScalarType};
use crate::expression::problem::Problem;

/// What two operands become before they are computed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Common {
    Integer(IntegerType),
    Float(FloatType),
}

/// The number that a scalar is, whatever its type.
#[derive(Clone, Copy)]
pub(super) enum Number {
    Signed(i128),
    Unsigned(u128),
    Float(f64),
}

impl ScalarType {
    /// The type in which the operand of an operator is computed with: C's integer promotion.
    pub(super) fn promoted(self) -> Common {
        match self {
            ScalarType::Float(float) => Common::Float(float),
            ScalarType::Boolean => Common::Integer(IntegerType::INT),
            ScalarType::Address(width) => Common::Integer(width.integer(false)),
            ScalarType::Integer(integer) | ScalarType::Character(integer) => {
                let small = integer.bits < IntegerType::INT.bits;
                Common::Integer(if small { IntegerType::INT } else { integer })
            }
        }
    }

    /// The type that both operands of an operator become: C's usual arithmetic conversions.
    pub(super) fn common(self, other: ScalarType) -> Common {
        match (self.promoted(), other.promoted()) {
            (Common::Float(FloatType::F32), Common::Float(FloatType::F32)) => {
                Common::Float(FloatType::F32)
            }
            (Common::Float(_), Common::Float(_)) => Common::Float(FloatType::F64),
            (Common::Float(float), Common::Integer(_))
            | (Common::Integer(_), Common::Float(float)) => Common::Float(float),
            (Common::Integer(left), Common::Integer(right)) => Common::Integer(IntegerType {
                bits: left.bits.max(right.bits),
                signed: match left.bits.cmp(&right.bits) {
                    std::cmp::Ordering::Less => right.signed,
                    std::cmp::Ordering::Equal => left.signed && right.signed,
                    std::cmp::Ordering::Greater => left.signed,
                },
            }),
        }
    }
}

impl Scalar {
    pub(super) fn number(self) -> Number {
        match self.type_ {
            ScalarType::Float(float) => Number::Float(float.value(self.bits)),
            ScalarType::Integer(integer) | ScalarType::Character(integer) if integer.signed => {
                Number::Signed(integer.extend(self.bits))
            }
            _ => Number::Unsigned(self.bits),
        }
    }

    /// The number as an integer type has it. What does not fit wraps around; floating point
    /// numbers lose their fraction, and become the nearest one that fits, or 0 if they are none.
    pub(super) fn to_integer_bits(self, target: IntegerType) -> u128 {
        let bits = match self.number() {
            Number::Signed(value) => value as u128,
            Number::Unsigned(value) => value,
            Number::Float(value) if target.signed => {
                let max = target.max() as i128;
                (value as i128).clamp(-max - 1, max) as u128
            }
            Number::Float(value) => (value as u128).min(target.max()),
        };
        bits & target.mask()
    }

    pub(super) fn to_f64(self) -> f64 {
        match self.number() {
            Number::Signed(value) => value as f64,
            Number::Unsigned(value) => value as f64,
            Number::Float(value) => value,
        }
    }

    pub(super) fn to_f32(self) -> f32 {
        match self.number() {
            Number::Signed(value) => value as f32,
            Number::Unsigned(value) => value as f32,
            Number::Float(value) => value as f32,
        }
    }

    /// Converts to another type, as a cast does. Integers lose the bits that do not fit, or get
    /// more by their own sign; floating point numbers saturate.
    ///
    /// # Errors
    ///
    /// There are no conversions between addresses and floating point numbers.
    pub fn cast(self, target: ScalarType) -> Result<Scalar, Problem> {
        let bits = match (self.type_, target) {
            (ScalarType::Float(_), ScalarType::Address(_))
            | (ScalarType::Address(_), ScalarType::Float(_)) => {
                return Err(Problem::NoConversion {
                    from: format!("`{}`", self.type_),
                    to: target.to_string(),
                });
            }
            (_, ScalarType::Boolean) => u128::from(self.is_true()),
            (_, ScalarType::Float(FloatType::F32)) => self.to_f32().to_bits().into(),
            (_, ScalarType::Float(FloatType::F64)) => self.to_f64().to_bits().into(),
            (_, ScalarType::Integer(integer) | ScalarType::Character(integer)) => {
                self.to_integer_bits(integer)
            }
            (_, ScalarType::Address(width)) => self.to_integer_bits(width.integer(false)),
        };
        Ok(Scalar::new(target, bits))
    }
}
