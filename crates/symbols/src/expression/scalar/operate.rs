//! Operators on scalars.

use super::convert::Common;
use super::{FloatType, IntegerType, Scalar, ScalarType};
use crate::expression::ast::{BinaryOperator, UnaryOperator};
use crate::expression::problem::Problem;
use std::cmp::Ordering;

impl UnaryOperator {
    /// Applies it.
    ///
    /// # Errors
    ///
    /// If there is no such operator for the type: `~1.5`, `-` for an address.
    pub fn apply(self, operand: Scalar) -> Result<Scalar, Problem> {
        if self == UnaryOperator::Not {
            return Ok(Scalar::boolean(!operand.is_true()));
        }
        let is_address = matches!(operand.type_, ScalarType::Address(_));
        match operand.type_.promoted() {
            Common::Integer(type_) if !is_address || self == UnaryOperator::Complement => {
                let bits = operand.to_integer_bits(type_);
                let bits = match self {
                    UnaryOperator::Minus => bits.wrapping_neg(),
                    UnaryOperator::Complement => !bits,
                    UnaryOperator::Plus | UnaryOperator::Not => bits,
                };
                Ok(Scalar::new(ScalarType::Integer(type_), bits))
            }
            Common::Float(float) if self != UnaryOperator::Complement => {
                let sign = match float {
                    _ if self == UnaryOperator::Plus => 0,
                    FloatType::F32 => 1 << 31,
                    FloatType::F64 => 1 << 63,
                };
                Ok(Scalar::new(operand.type_, operand.bits ^ sign))
            }
            _ => Err(Problem::NoOperator {
                operator: self.text(),
                operands: format!("`{}`", operand.type_),
            }),
        }
    }
}

impl BinaryOperator {
    /// Applies it.
    ///
    /// ```
    /// use trapline_symbols::expression::{BinaryOperator, IntegerType, Scalar};
    ///
    /// let byte = Scalar::integer(IntegerType::new(8, false).unwrap(), 255);
    /// let sum = BinaryOperator::Add.apply(byte, byte).unwrap();
    /// assert_eq!(sum.to_string(), "510");
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such operator for the types; for integers, also if the right operand is
    /// zero, the quotient too large, or the shift too far.
    pub fn apply(self, left: Scalar, right: Scalar) -> Result<Scalar, Problem> {
        if let Some(result) = self.apply_to_addresses(left, right) {
            return result;
        }
        if matches!(self, BinaryOperator::ShiftLeft | BinaryOperator::ShiftRight) {
            return self.shift(left, right);
        }
        match left.type_.common(right.type_) {
            Common::Integer(type_) => {
                let (left, right) = (left.to_integer_bits(type_), right.to_integer_bits(type_));
                self.apply_to_integers(type_, left, right)
            }
            Common::Float(FloatType::F32) => {
                let (left, right) = (left.to_f32(), right.to_f32());
                let result = match self {
                    BinaryOperator::Add => left + right,
                    BinaryOperator::Subtract => left - right,
                    BinaryOperator::Multiply => left * right,
                    BinaryOperator::Divide => left / right,
                    BinaryOperator::Remainder => left % right,
                    _ => return self.compare_floats(left.partial_cmp(&right), "f32"),
                };
                Ok(Scalar::f32(result))
            }
            Common::Float(FloatType::F64) => {
                let (left, right) = (left.to_f64(), right.to_f64());
                let result = match self {
                    BinaryOperator::Add => left + right,
                    BinaryOperator::Subtract => left - right,
                    BinaryOperator::Multiply => left * right,
                    BinaryOperator::Divide => left / right,
                    BinaryOperator::Remainder => left % right,
                    _ => return self.compare_floats(left.partial_cmp(&right), "f64"),
                };
                Ok(Scalar::f64(result))
            }
        }
    }

    /// Where addresses are not simply integers. `None` where they are, and without any.
    fn apply_to_addresses(self, left: Scalar, right: Scalar) -> Option<Result<Scalar, Problem>> {
        let (width, integer) = match (left.type_, right.type_) {
            (ScalarType::Address(_), ScalarType::Float(_))
            | (ScalarType::Float(_), ScalarType::Address(_)) => {
                return Some(Err(self.not_for(left.type_, right.type_)));
            }
            (ScalarType::Address(width), ScalarType::Address(_)) => match self {
                BinaryOperator::Subtract => (width, true),
                BinaryOperator::Add => return Some(Err(self.not_for(left.type_, right.type_))),
                _ => return None,
            },
            (ScalarType::Address(width), _)
                if matches!(self, BinaryOperator::Add | BinaryOperator::Subtract) =>
            {
                (width, false)
            }
            (_, ScalarType::Address(width)) if self == BinaryOperator::Add => (width, false),
            _ => return None,
        };
        let type_ = width.integer(false);
        let (left, right) = (left.to_integer_bits(type_), right.to_integer_bits(type_));
        let bits = match self {
            BinaryOperator::Subtract => left.wrapping_sub(right),
            _ => left.wrapping_add(right),
        };
        let result = match integer {
            true => ScalarType::Integer(width.integer(true)),
            false => ScalarType::Address(width),
        };
        Some(Ok(Scalar::new(result, bits)))
    }

    /// The two operands have the type already.
    fn apply_to_integers(
        self,
        type_: IntegerType,
        left: u128,
        right: u128,
    ) -> Result<Scalar, Problem> {
        let bits = match self {
            BinaryOperator::Add => left.wrapping_add(right),
            BinaryOperator::Subtract => left.wrapping_sub(right),
            BinaryOperator::Multiply => left.wrapping_mul(right),
            BinaryOperator::And => left & right,
            BinaryOperator::Or => left | right,
            BinaryOperator::ExclusiveOr => left ^ right,
            BinaryOperator::Divide | BinaryOperator::Remainder => {
                self.divide(type_, left, right)?
            }
            _ => {
                let order = match type_.signed {
                    true => type_.extend(left).cmp(&type_.extend(right)),
                    false => left.cmp(&right),
                };
                return match self.holds(Some(order)) {
                    Some(holds) => Ok(Scalar::boolean(holds)),
                    None => {
                        let type_ = ScalarType::Integer(type_);
                        Err(self.not_for(type_, type_))
                    }
                };
            }
        };
        Ok(Scalar::new(ScalarType::Integer(type_), bits))
    }

    fn divide(self, type_: IntegerType, left: u128, right: u128) -> Result<u128, Problem> {
        if right == 0 {
            return Err(Problem::DivisionByZero);
        }
        let quotient = self == BinaryOperator::Divide;
        if !type_.signed {
            return Ok(if quotient { left / right } else { left % right });
        }
        let (left, right) = (type_.extend(left), type_.extend(right));
        if right == -1 {
            // The remainder is 0 even where the quotient does not fit.
            return match quotient {
                false => Ok(0),
                true if left == -(type_.max() as i128) - 1 => {
                    Err(Problem::DivisionOverflow(type_.to_string()))
                }
                true => Ok(-left as u128),
            };
        }
        let result = if quotient { left / right } else { left % right };
        Ok(result as u128)
    }

    /// The result has the promoted type of what is shifted; that of the count does not matter.
    fn shift(self, left: Scalar, right: Scalar) -> Result<Scalar, Problem> {
        let (Common::Integer(type_), Common::Integer(_)) =
            (left.type_.promoted(), right.type_.promoted())
        else {
            return Err(self.not_for(left.type_, right.type_));
        };
        let count = right
            .to_integer()
            .and_then(|count| u32::try_from(count).ok());
        let Some(count) = count.filter(|count| *count < u32::from(type_.bits)) else {
            return Err(Problem::ShiftTooFar {
                type_name: type_.to_string(),
                count: right
                    .to_integer()
                    .map_or_else(|| right.bits.to_string(), |count| count.to_string()),
            });
        };
        let bits = left.to_integer_bits(type_);
        let bits = match self {
            BinaryOperator::ShiftLeft => bits << count,
            _ if type_.signed => (type_.extend(bits) >> count) as u128,
            _ => bits >> count,
        };
        Ok(Scalar::new(ScalarType::Integer(type_), bits))
    }

    fn compare_floats(self, order: Option<Ordering>, name: &str) -> Result<Scalar, Problem> {
        match self.holds(order) {
            Some(holds) => Ok(Scalar::boolean(holds)),
            None => Err(Problem::NoOperator {
                operator: self.text(),
                operands: format!("`{name}`"),
            }),
        }
    }

    /// Whether a comparison is true of operands in this order; without one, which is so for what
    /// is not a number, all but `!=` are false. `None` for operators that do not compare.
    pub fn holds(self, order: Option<Ordering>) -> Option<bool> {
        Some(match self {
            BinaryOperator::Equal => order == Some(Ordering::Equal),
            BinaryOperator::NotEqual => order != Some(Ordering::Equal),
            BinaryOperator::Less => order == Some(Ordering::Less),
            BinaryOperator::LessOrEqual => order.is_some_and(Ordering::is_le),
            BinaryOperator::Greater => order == Some(Ordering::Greater),
            BinaryOperator::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
            _ => return None,
        })
    }

    fn not_for(self, left: ScalarType, right: ScalarType) -> Problem {
        Problem::NoOperator {
            operator: self.text(),
            operands: format!("`{left}` and `{right}`"),
        }
    }
}
