//! Evaluates pure operators on concrete values.

mod conversions;
mod floats;
mod integers;
mod loads;
mod machine;
mod simd;
mod values;

pub use loads::{Load, load};

use crate::parse::val_type;
use crate::trap::TrapKind;
use crate::types::ValType;
use thiserror::Error;
use values::Table;
use wasmparser::Operator;

/// A value of any type as its bits, zero-extended: of a vector lane 0 lowest, of a reference as
/// compiled code holds it, in which null is zero.
pub type Bits = u128;

/// What a pure operator yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evaluated {
    /// The result.
    pub bits: Bits,
    /// Which of its bits compiled code may have otherwise.
    pub doubt: Doubt,
}

/// The bits of a NaN that cannot be told from the operands' values alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doubt {
    /// Those that are otherwise if the left operand was loaded by the operator's own instruction.
    pub order: Bits,
    /// Those that are otherwise if negations of operands were merged into the operator.
    pub negation: Bits,
}

impl Doubt {
    /// Whether there is no doubt.
    pub fn is_none(self) -> bool {
        self == Doubt::default()
    }

    /// All bits in doubt.
    pub fn bits(self) -> Bits {
        self.order | self.negation
    }
}

/// Why an operator has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EvaluateError {
    /// It traps.
    #[error("{0}")]
    Trap(TrapKind),
    /// It is not pure.
    #[error("the operator is not pure")]
    NotPure,
    /// It takes another number of operands.
    #[error("the operator takes {expected} operands, not {given}")]
    OperandCount {
        /// How many it takes.
        expected: usize,
        /// How many there are.
        given: usize,
    },
}

/// What operators take and yield.
struct Shape {
    operands: &'static [ValType],
    result: ValType,
}

const TABLES: [Table; 3] = [integers::TABLE, floats::TABLE, conversions::TABLE];

fn tables() -> impl Iterator<Item = &'static Table> {
    const { &TABLES }.iter().chain(const { &simd::TABLES })
}

fn shape(operator: &Operator<'_>) -> Option<Shape> {
    tables().find_map(|table| (table.shape)(operator))
}

/// The number of operands that an operator pops, if it is pure.
pub fn arity(operator: &Operator<'_>) -> Option<usize> {
    Some(match operator {
        Operator::RefNull { .. } => 0,
        Operator::RefIsNull => 1,
        Operator::Select | Operator::TypedSelect { .. } => 3,
        _ => shape(operator)?.operands.len(),
    })
}

/// The types of the operands of a pure operator, the topmost last. `None` also for the operators
/// that take more than one type: `select`, with or without a type, and `ref.is_null`.
pub fn operand_types(operator: &Operator<'_>) -> Option<&'static [ValType]> {
    match operator {
        Operator::RefNull { .. } => Some(&[]),
        _ => Some(shape(operator)?.operands),
    }
}

/// The type of the result of a pure operator. `None` also for a `select` without a type.
pub fn result_type(operator: &Operator<'_>) -> Option<ValType> {
    match *operator {
        Operator::RefNull { hty } => {
            wasmparser::RefType::new(true, hty).map(|ty| val_type(wasmparser::ValType::Ref(ty)))
        }
        Operator::RefIsNull => Some(ValType::I32),
        Operator::TypedSelect { ty } => Some(val_type(ty)),
        _ => Some(shape(operator)?.result),
    }
}

/// Computes a pure operator's result from its operands, the topmost last. Bits beyond those of an
/// operand's type are ignored.
///
/// # Errors
///
/// Where the operator traps; and if it is not pure or takes another number of operands.
pub fn evaluate(operator: &Operator<'_>, operands: &[Bits]) -> Result<Evaluated, EvaluateError> {
    let expected = arity(operator).ok_or(EvaluateError::NotPure)?;
    if operands.len() != expected {
        let given = operands.len();
        return Err(EvaluateError::OperandCount { expected, given });
    }
    let exact = |bits| {
        Ok(Evaluated {
            bits,
            doubt: Doubt::default(),
        })
    };
    match (operator, operands) {
        (Operator::RefNull { .. }, _) => exact(0),
        (Operator::RefIsNull, &[reference]) => exact((reference as u64 == 0).into()),
        (Operator::Select | Operator::TypedSelect { .. }, &[first, second, condition]) => {
            exact(if condition as u32 != 0 { first } else { second })
        }
        _ => tables()
            .find_map(|table| (table.compute)(operator, operands))
            .ok_or(EvaluateError::NotPure)?
            .map_err(EvaluateError::Trap),
    }
}
