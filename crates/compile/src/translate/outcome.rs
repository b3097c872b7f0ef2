//! What operators leave behind, for those who keep the recipes of it.

use crate::observe::{Reads, RecipeId, Recipes};
use crate::types::GlobalIndex;
use wasmparser::Operator;

/// What an operator leaves behind.
pub(super) enum Outcome {
    /// An operand that follows from those that were popped, from what it loads, and from this.
    Computed(Reads),
    /// The value of a local.
    Local(u32),
    /// The value of a global.
    Global(GlobalIndex),
    /// Another value in a local.
    SetLocal(u32),
    /// Nothing, or what was described already.
    Nothing,
}

/// What an operator that control gets past leaves behind.
pub(super) fn outcome(operator: &Operator<'_>) -> Outcome {
    use Operator as O;
    match *operator {
        O::LocalGet { local_index } => Outcome::Local(local_index),
        O::LocalSet { local_index } | O::LocalTee { local_index } => Outcome::SetLocal(local_index),
        O::GlobalGet { global_index } => Outcome::Global(GlobalIndex::from_u32(global_index)),
        O::MemorySize { .. } => Outcome::Computed(Reads::MEMORY_SIZE),
        O::TableGet { .. } | O::TableSize { .. } => Outcome::Computed(Reads::TABLES),

        // Where control, calls and growth put values is where they are described.
        O::Nop
        | O::Unreachable
        | O::Block { .. }
        | O::Loop { .. }
        | O::If { .. }
        | O::Else
        | O::End
        | O::Br { .. }
        | O::BrIf { .. }
        | O::BrTable { .. }
        | O::Return
        | O::Call { .. }
        | O::CallIndirect { .. }
        | O::ReturnCall { .. }
        | O::ReturnCallIndirect { .. }
        | O::MemoryGrow { .. }
        | O::TableGrow { .. }
        | O::TryTable { .. }
        | O::Throw { .. }
        | O::ThrowRef
        | O::Drop
        | O::GlobalSet { .. }
        | O::TableSet { .. }
        | O::TableFill { .. }
        | O::TableCopy { .. }
        | O::TableInit { .. }
        | O::ElemDrop { .. }
        | O::MemoryFill { .. }
        | O::MemoryCopy { .. }
        | O::MemoryInit { .. }
        | O::DataDrop { .. }
        | O::I32Store { .. }
        | O::I64Store { .. }
        | O::F32Store { .. }
        | O::F64Store { .. }
        | O::I32Store8 { .. }
        | O::I32Store16 { .. }
        | O::I64Store8 { .. }
        | O::I64Store16 { .. }
        | O::I64Store32 { .. }
        | O::V128Store { .. }
        | O::V128Store8Lane { .. }
        | O::V128Store16Lane { .. }
        | O::V128Store32Lane { .. }
        | O::V128Store64Lane { .. } => Outcome::Nothing,

        _ => Outcome::Computed(Reads::NOTHING),
    }
}

/// Whether another run of the operator may give a NaN with another payload or sign: see
/// [`crate::evaluate`].
pub(super) fn nan_is_open(
    operator: &Operator<'_>,
    operands: &[RecipeId],
    recipes: &Recipes,
) -> bool {
    match operator {
        // The machine may load the left operand as it computes, and then exchanges the two.
        Operator::F32Add | Operator::F32Mul | Operator::F64Add | Operator::F64Mul => {
            recipes.is_load(operands[0])
        }
        // These negate something themselves, which may be merged with what they do with it.
        Operator::F32x4RelaxedNmadd | Operator::F64x2RelaxedNmadd => true,
        _ => false,
    }
}
