//! The values of literals.

use super::{Environment, Evaluator};
use crate::expression::ast::{CharacterPrefix, IntegerLiteral, IntegerSuffix, Literal};
use crate::expression::problem::Problem;
use crate::expression::scalar::{DataModel, IntegerType, Scalar, ScalarType};
use crate::expression::span::Span;
use crate::expression::token::Result;

impl<E: Environment + ?Sized> Evaluator<'_, E> {
    pub(super) fn literal(&mut self, literal: &Literal, span: Span) -> Result<E::Value> {
        let at = |problem: Problem| problem.at(span);
        let scalar = match literal {
            Literal::String(string) => return self.environment.string(string).map_err(at),
            Literal::None => return self.environment.none().map_err(at),
            Literal::Null => return Ok(self.environment.null()),
            literal => literal.scalar(&self.environment.data_model()),
        };
        let Some(scalar) = scalar.map_err(at)? else {
            return Err(at(Problem::Unsupported("this literal".to_string())));
        };
        Ok(self.environment.value(scalar))
    }
}

impl Literal {
    /// The scalar that is written out; `None` if it is something else.
    pub(crate) fn scalar(&self, model: &DataModel) -> std::result::Result<Option<Scalar>, Problem> {
        Ok(Some(match self {
            Literal::Integer(integer) => integer.scalar(model)?,
            Literal::Float {
                value,
                single: true,
            } => Scalar::f32(*value as f32),
            Literal::Float { value, .. } => Scalar::f64(*value),
            Literal::Boolean(value) => Scalar::boolean(*value),
            Literal::Character { code, prefix } => character(*code, *prefix),
            Literal::Null => Scalar::address(model.address, 0),
            Literal::String(_) | Literal::None => return Ok(None),
        }))
    }
}

impl IntegerLiteral {
    /// The number, in the type that its suffix says; without one, in the first of 32, 64 and 128
    /// bits that it fits. As in C, that has a sign unless there is a `u`, or the number is not
    /// written in base 10 and fits only without.
    ///
    /// # Errors
    ///
    /// If it does not fit the type.
    pub fn scalar(&self, model: &DataModel) -> std::result::Result<Scalar, Problem> {
        let type_ = self.type_(model);
        if self.value > type_.max() {
            return Err(Problem::NumberTooLarge(format!("`{type_}`")));
        }
        Ok(Scalar::new(ScalarType::Integer(type_), self.value))
    }

    /// The number with a minus before it. Where a suffix says the type, its smallest number can be
    /// written.
    pub(super) fn negated(&self, model: &DataModel) -> std::result::Result<Scalar, Problem> {
        let type_ = self.type_(model);
        let is_smallest = type_.is_signed() && self.value == type_.max() + 1;
        if is_smallest {
            return Ok(Scalar::new(ScalarType::Integer(type_), self.value));
        }
        crate::expression::UnaryOperator::Minus.apply(self.scalar(model)?)
    }

    fn type_(&self, model: &DataModel) -> IntegerType {
        let (unsigned, least) = match self.suffix {
            Some(IntegerSuffix::Fixed(type_)) => return type_,
            Some(IntegerSuffix::Size { signed }) => return model.address.integer(signed),
            Some(IntegerSuffix::C { unsigned, longs }) => match longs {
                0 => (unsigned, 32),
                1 => (unsigned, model.address.bits()),
                _ => (unsigned, 64),
            },
            None => (false, 32),
        };
        for bits in [32, 64, 128].into_iter().filter(|bits| *bits >= least) {
            for signed in [true, false] {
                // Beyond 64 bits C has no rule; what does not fit otherwise has no sign.
                let allowed = match signed {
                    true => !unsigned,
                    false => unsigned || !self.decimal || bits == 128,
                };
                if let Some(type_) = IntegerType::new(bits, signed)
                    && allowed
                    && self.value <= type_.max()
                {
                    return type_;
                }
            }
        }
        // Not reached: every number fits 128 bits without a sign.
        model.address.integer(false)
    }
}

/// A character in the type that its prefix says.
fn character(code: u32, prefix: CharacterPrefix) -> Scalar {
    let (bits, signed) = match prefix {
        CharacterPrefix::None if code < 0x80 => (8, true),
        CharacterPrefix::None => (32, false),
        CharacterPrefix::Escaped => (8, true),
        CharacterPrefix::Byte | CharacterPrefix::Utf8 => (8, false),
        CharacterPrefix::Utf16 => (16, false),
        CharacterPrefix::Utf32 => (32, false),
        CharacterPrefix::Wide => (32, true),
    };
    let type_ = IntegerType::new(bits, signed).unwrap_or(IntegerType::INT);
    let type_ = match prefix {
        CharacterPrefix::Byte => ScalarType::Integer(type_),
        _ => ScalarType::Character(type_),
    };
    Scalar::new(type_, code.into())
}
