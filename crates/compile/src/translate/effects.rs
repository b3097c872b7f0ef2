//! The one door for what a stopped frame must be able to tell apart.
//!
//! Between two effects a function only computes: whatever its operators have produced follows
//! from the locals, the memories and the constants, and could be computed again. So these are the
//! places that matter to anyone who wants to stop a function and read its state:
//!
//! - the function's entry, once the locals are set up ([`FunctionTranslator::entry`]);
//! - each place where control arrives from elsewhere ([`FunctionTranslator::label`]);
//! - each operator that changes something outside of the operand stack and the locals, or hands
//!   control away and gets it back ([`FunctionTranslator::effect`]).
//!
//! The translator reports each of them here, and nowhere else, in this order: an operator first
//! pops its operands and emits its code, then reports its effect, then pushes its results. What
//! is on the operand stack when an effect is reported is hence what outlives it. A call is
//! reported before it is made as well ([`FunctionTranslator::before_call`]), because a stop in the
//! callee shows its caller too.
//!
//! Code that nobody is going to stop needs nothing at these places, and so nothing is emitted. In
//! other code a *point* follows each of them: a byte, ahead of the next operator, that a breakpoint
//! can replace ([`FunctionTranslator::point`]). Between two points lies a *region*. What it takes
//! to read locals and operands there stands in [`observed`](super::observed).

use super::function::FunctionTranslator;
use crate::types::{GlobalIndex, MemoryIndex, TableIndex};
use cranelift_codegen::ir::{DebugTag, InstBuilder};

/// What an operator changes, for everything after it.
#[derive(Clone, Copy, Debug)]
#[expect(dead_code, reason = "nobody asks yet which memory or global it is")]
pub(super) enum Effect {
    /// Bytes of a memory were written.
    Store(MemoryIndex),
    /// An element of a table was written.
    TableSet(TableIndex),
    /// A global was written.
    GlobalSet(GlobalIndex),
    /// A function was called and has returned: anything may have changed.
    Call,
    /// A memory has grown.
    MemoryGrow(MemoryIndex),
    /// A table has grown.
    TableGrow(TableIndex),
    /// A stretch of a memory was written.
    MemoryBulk(MemoryIndex),
    /// A stretch of a table was written.
    TableBulk(TableIndex),
    /// A data or element segment was dropped.
    Drop,
}

/// How control got to a place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Label {
    /// The end of a frame that branches lead to.
    Join,
    /// The header of a loop.
    Loop,
    /// An arm of an `if`.
    Arm,
    /// The way on from a conditional branch that was not taken.
    NotTaken,
}

impl FunctionTranslator<'_> {
    /// The function begins.
    #[inline]
    pub(super) fn entry(&mut self) {
        self.begin_observation();
        self.point_due = self.env.observe.has_points();
    }

    /// Code goes on where control arrives from elsewhere. The operand stack is as it will be
    /// there.
    #[inline]
    pub(super) fn label(&mut self, _label: Label) {
        self.point_due = self.env.observe.has_points();
    }

    /// A function is about to be called. Its arguments are popped.
    #[inline]
    pub(super) fn before_call(&mut self) {
        if self.state.handlers.any() {
            // It may come back at a handler, to which other calls lead as well.
            self.settle_below(self.state.operands.height());
        }
        self.relocate_for_call();
    }

    /// The operator just emitted has an effect. Its operands are popped, its results are not
    /// pushed yet.
    #[inline]
    pub(super) fn effect(&mut self, effect: Effect) {
        self.overwritten(effect);
        self.point_due = self.env.observe.has_points();
    }

    /// Makes a place to stop at, ahead of the operator at `wasm_pc`.
    ///
    /// The sequence point keeps what has an effect on its side of it, and says where it came to
    /// lie; the trap reserves a byte there, which also keeps the block that it is in.
    pub(super) fn point(&mut self, wasm_pc: u32) {
        self.point_due = false;
        self.relocate_for_point(wasm_pc);
        self.emit_point(wasm_pc);
    }

    /// The place alone.
    pub(super) fn emit_point(&mut self, wasm_pc: u32) {
        let point = self.builder.ins().sequence_point();
        let tags = &mut self.builder.func.debug_tags;
        tags.set(point, [DebugTag::User(wasm_pc)]);
        self.builder.ins().debugtrap();
    }
}
