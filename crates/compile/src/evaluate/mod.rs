//! Evaluates pure operators on concrete values.
//!
//! An operator is *pure* if its result follows from its operands and immediates alone, and it does
//! nothing else, though it may trap: constants, arithmetic, comparisons and conversions of numbers
//! and vectors, `select`, `ref.null` and `ref.is_null`. Locals, globals, memories, tables, calls
//! and control are not pure, nor is `ref.func`, which depends on the instance. *Loads* stand
//! between: [`load`] says which bytes to fetch, and makes the result of them.
//!
//! A debugger needs this to know the operands of a stopped function, which are kept as expressions
//! rather than values, and to go on through code without effects without running it. So what is
//! computed here is what compiled code computes, bit for bit, on x86-64: WebAssembly leaves open
//! what is in a NaN and what relaxed operators do, the machine does not.
//!
//! # NaNs
//!
//! *Quieted* means: with the uppermost bit of the mantissa set, and otherwise as it was. The
//! *default NaN* is what the machine makes of numbers: negative, quiet, and zero otherwise.
//!
//! | operators | of a NaN operand | of numbers |
//! |---|---|---|
//! | `add`, `sub`, `mul`, `div` | the first operand that is one, quieted | default NaN |
//! | `sqrt`, `ceil`, `floor`, `trunc`, `nearest` | it, quieted | default NaN |
//! | `min`, `max` of scalars | the second operand if it is one, else the first, quieted | |
//! | `min` of lanes | default NaN | |
//! | `max` of lanes | default NaN, but negative only if an operand is | |
//! | `pmin`, `pmax`, relaxed `min`, `max` | one of the operands as it is | |
//! | relaxed `madd`, `nmadd`, fused | the first of the second, first, third operand, quieted | default NaN |
//! | the same on machines that do not fuse | as `mul` (of `neg`), then `add` | default NaN |
//! | `demote` | sign and upper bits of the payload, quieted | |
//! | `promote` | sign and payload, quieted | |
//! | `abs`, `neg`, `copysign`, `reinterpret`, moves of lanes | bits, as they are | |
//!
//! It does not matter whether an instruction is in its older or its AVX form, nor how hard the
//! code generator optimizes: it leaves arithmetic that results in a NaN to the machine even where
//! all operands are constants.
//!
//! # What cannot be known from values
//!
//! In two cases the code generator chooses between instructions that differ in the NaN that they
//! yield, and the choice depends on where operands come from. The result then comes with a
//! [`Doubt`].
//!
//! - *The order of operands.* An instruction can load its second operand from memory itself. In
//!   `add` and `mul` of scalars it also does so with the left operand, which then becomes the
//!   second: if both are NaNs, it is the right one that is quieted. The code generator does so if
//!   the left operand comes straight from a load of its type (`f32.load`, `f64.load`, or whatever
//!   else compiled code loads as a float), in the same block, that has no other use and is the
//!   last thing with an effect, loads included, before the operator: so not in `a[i] + a[j]`,
//!   where the right operand is loaded last, but in `a[i] + x`. It never does so with vectors,
//!   since those are loaded as integer lanes.
//! - *The sign.* If both operands of a `mul` come from `neg`, scalars or vectors, the optimizer
//!   drops both `neg`s: if an operand is a NaN, the result has the sign that it had before. This
//!   is not done with [`OptLevel::None`](crate::OptLevel). A `madd` that is not fused has such a
//!   `mul` in it, and the `neg` of a `nmadd` is one. And if any operand of a fused `madd` or
//!   `nmadd` comes from `neg`, the `neg` is merged into the instruction, which negates numbers but
//!   not NaNs; this is done at all levels. "Comes from" holds through locals and blocks. Without
//!   `neg`s there is no doubt, and neither would there be if `neg` were translated as the bitwise
//!   operator that it is, which the code generator does not merge.
//!
//! Whoever uses a result that is in doubt as an operand has to take what comes out as in doubt,
//! too: this is not carried on here.
//!
//! The table and the two cases are what the instructions that the code generator chooses say, and
//! what the differential tests of the engine crate find on the machine.

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
///
/// ```
/// use trapline_compile::evaluate::evaluate;
/// use wasmparser::Operator;
///
/// let [one, nan, other_nan] = [0x3f80_0000, 0x7fc0_0001, 0xffc0_0002];
/// let exact = evaluate(&Operator::F32Add, &[one, nan])?;
/// assert!(exact.bits == nan && exact.doubt.is_none());
/// // If compiled code loads the left operand only as it adds, it yields the right one.
/// let doubtful = evaluate(&Operator::F32Add, &[nan, other_nan])?;
/// assert_eq!(doubtful.bits ^ doubtful.doubt.order, other_nan);
/// # Ok::<(), trapline_compile::evaluate::EvaluateError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evaluated {
    /// The result.
    pub bits: Bits,
    /// Which of its bits compiled code may have otherwise.
    pub doubt: Doubt,
}

/// The bits of a NaN that cannot be told from the operands' values alone: see the
/// [module](self#what-cannot-be-known-from-values).
///
/// ```
/// use trapline_compile::evaluate::evaluate;
/// use wasmparser::Operator;
///
/// let [one, nan] = [0x3f80_0000, 0x7fc0_0001];
/// let doubt = evaluate(&Operator::F32Mul, &[one, nan])?.doubt;
/// assert_eq!((doubt.order, doubt.negation), (0, 0x8000_0000));
/// # Ok::<(), trapline_compile::evaluate::EvaluateError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doubt {
    /// Those that are otherwise, all of them, if the operator's own instruction loads the left
    /// operand.
    pub order: Bits,
    /// Those that may be otherwise, each by itself, if operands come from `neg`: signs.
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
///
/// ```
/// use trapline_compile::evaluate::{EvaluateError, evaluate};
/// use trapline_compile::trap::TrapKind;
/// use wasmparser::Operator;
///
/// let error = evaluate(&Operator::I32DivS, &[1, 0]).unwrap_err();
/// assert_eq!(error, EvaluateError::Trap(TrapKind::IntegerDivideByZero));
/// assert_eq!(evaluate(&Operator::Nop, &[]), Err(EvaluateError::NotPure));
/// ```
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

/// Computes a pure operator's result from its operands, the topmost last.
///
/// Bits beyond those of an operand's type are ignored, but for the two values of `select`, of
/// which one is returned as it is. An immediate that validation would refuse, such as a lane that
/// a vector does not have, gives some result.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(operator: Operator<'_>, operands: &[Bits]) -> Bits {
        evaluate(&operator, operands).unwrap().bits
    }

    #[test]
    fn results_are_zero_extended_and_spare_bits_of_operands_ignored() {
        let ones = Bits::MAX;
        assert_eq!(bits(Operator::I32Const { value: -1 }, &[]), 0xffff_ffff);
        assert_eq!(bits(Operator::I32Add, &[ones, ones]), 0xffff_fffe);
        assert_eq!(bits(Operator::I32Eqz, &[1 << 32]), 1);
        assert_eq!(bits(Operator::RefIsNull, &[1 << 64]), 1);
        assert_eq!(bits(Operator::Select, &[3, 4, 1 << 32]), 4);
        assert_eq!(bits(Operator::I32Extend8S, &[0x80]), 0xffff_ff80);
        assert_eq!(bits(Operator::F32Neg, &[ones]), 0x7fff_ffff);
    }

    #[test]
    fn a_wrong_number_of_operands_is_an_error() {
        for given in [0, 1, 3] {
            assert_eq!(
                evaluate(&Operator::I32Add, &vec![0; given]),
                Err(EvaluateError::OperandCount { expected: 2, given })
            );
        }
        assert!(evaluate(&Operator::Select, &[0; 2]).is_err());
        assert!(evaluate(&Operator::I32Const { value: 0 }, &[0]).is_err());
    }

    #[test]
    fn effects_are_not_pure() {
        let get = Operator::LocalGet { local_index: 0 };
        for operator in [Operator::Drop, get, Operator::RefFunc { function_index: 0 }] {
            assert_eq!(arity(&operator), None);
            assert_eq!(result_type(&operator), None);
            assert_eq!(evaluate(&operator, &[0]), Err(EvaluateError::NotPure));
        }
    }

    #[test]
    fn the_types_of_references_and_selects_are_told() {
        let null = |hty| Operator::RefNull { hty };
        assert_eq!(
            result_type(&null(wasmparser::HeapType::EXTERN)),
            Some(ValType::EXTERNREF)
        );
        assert_eq!(
            result_type(&null(wasmparser::HeapType::FUNC)),
            Some(ValType::FUNCREF)
        );
        let ty = wasmparser::ValType::V128;
        assert_eq!(
            result_type(&Operator::TypedSelect { ty }),
            Some(ValType::V128)
        );
        assert_eq!(result_type(&Operator::Select), None);
        assert_eq!(operand_types(&Operator::Select), None);
    }

    #[test]
    fn doubts_are_told_only_of_nans() {
        let [one, nan, signalling] = [0x3f80_0000, 0x7fc0_0001, 0xff80_0002];
        let doubt = |operator, operands: [Bits; 2]| evaluate(&operator, &operands).unwrap().doubt;
        assert!(doubt(Operator::F32Mul, [one, one]).is_none());
        assert!(doubt(Operator::F32Add, [nan, one]).is_none());
        assert!(doubt(Operator::F32Sub, [nan, signalling]).is_none());
        assert!(doubt(Operator::F32x4Add, [nan, signalling]).is_none());
        assert_eq!(
            doubt(Operator::F32Add, [nan, signalling]).bits(),
            0x8000_0003
        );
        assert_eq!(doubt(Operator::F32Add, [nan, nan]).bits(), 0);
        let lanes = doubt(Operator::F32x4Mul, [nan << 32, one | nan << 64]);
        assert_eq!(lanes.negation, 0x8000_0000 << 32 | 0x8000_0000 << 64);
    }

    #[test]
    fn fusing_is_what_the_code_generator_does_on_this_machine() {
        // One rounding: 2^-46 is left of (1 + 2^-23)^2 - (1 + 2^-22).
        let [a, c] = [0x3f80_0001, 0xbf80_0002];
        let left = bits(Operator::F32x4RelaxedMadd, &[a, a, c]);
        let expected = if machine::has_fma() { 0x2880_0000 } else { 0 };
        assert_eq!(left, expected);
    }
}
