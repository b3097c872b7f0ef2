//! Where the values of variables are, at an instruction of a program that stands still.
//!
//! DWARF gives each variable an expression, or a list of them for different parts of the code. Such
//! an expression is a program for a stack machine. Evaluating it asks the [`Target`], the guest that
//! stands still, for locals, globals, operands and memory, and ends in a [`Place`].

pub(crate) mod describe;
mod error;
pub(crate) mod evaluate;
pub(crate) mod place;
pub(crate) mod simple;
mod target;

pub use error::ValueError;
pub use place::{ImplicitPointer, MachinePlace, Piece, PieceSource, Place};
pub use target::{Target, TargetError, WasmValue};

use crate::dwarf::units::EntryId;

/// What an expression of DWARF is evaluated for: a place in the code, in a call of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Context {
    /// The unit that the expression is in.
    pub(crate) unit: u32,
    /// The DWARF address of the instruction that the frame is at.
    pub(crate) address: Option<u32>,
    /// The function with code that the frame is one of, also for variables of functions that are
    /// inlined into it.
    pub(crate) function: Option<EntryId>,
}
