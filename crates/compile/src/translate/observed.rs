//! Code whose locals and operands can be read.
//!
//! ```text
//!              +--------------------------------------+
//!   the frame  | ...   vmctx  homes of locals   slots |
//!              +-----------------^----------------^---+
//!                                |                |
//!   local.set ---- always --->---+                |
//!   operand stack: a recipe each, relocated ->----+  when what it reads is overwritten
//! ```
//!
//! Each local has a *home* in the frame, which is written whenever the local is. (The optimizer
//! drops a write that nobody can see: when another one follows with no operator in between that
//! may trap or call, and no point.) Operands are not written anywhere as long as they can be
//! computed again: each has a [recipe](crate::observe::Recipe). An operand is *relocated*, stored
//! in the slot for its depth on the stack, before its recipe would become wrong:
//!
//! - when a local that it reads is set, when something is stored to a memory or global that it
//!   reads, and before a call, which may do both;
//! - when a control frame begins above it, because then the ways through that frame would have to
//!   agree on whether it was relocated;
//! - ahead of a point, if computing it again might give a NaN with another payload.
//!
//! The results of calls, and of the few operators that cannot be run again, are relocated at
//! once. Values that a branch takes to a label are stored in the slots that they will have there.
//!
//! All this is decided by the operators alone, so that another run of the translator over the same
//! function decides the same: it finds the recipes at any operator ([`Recorder`]), and nothing of
//! them need be stored.

use super::access::Access;
use super::effects::Effect;
use super::function::FunctionTranslator;
use crate::CompileError;
use crate::abi::POINTER;
use crate::observe::{FrameMap, FunctionStates, OperandState, Reads, RecipeId, Recipes, Recorder};
use crate::types::GlobalIndex;
use cranelift_codegen::ir::{InstBuilder, Opcode, StackSlot, StackSlotData, StackSlotKind, Value};
use wasmparser::Operator;

/// So many operands that may have to be relocated are looked at each time something is overwritten.
/// If there are more, all of them are relocated once and for all.
const MOST_UNSETTLED: usize = 64;

/// What is kept of a function whose state can be read.
pub(super) struct Observed {
    pub recipes: Recipes,
    pub map: FrameMap,
    /// The area that the map describes.
    area: StackSlot,
    /// How many slots for operands the area needs.
    slots: u32,
    /// All operands below this depth have recipes that nothing can invalidate.
    settled: usize,
    /// Whether the operator at hand has loaded from a memory.
    pub loads: bool,
    /// Writes down what the recipes are, if anybody wants to know.
    pub recorder: Option<Recorder>,
}

/// What an operator leaves on the operand stack.
enum Outcome {
    /// A value that follows from its operands and what it loads.
    Computed,
    /// The value of a local.
    Local(u32),
    /// The value of a global.
    Global(GlobalIndex),
    /// So many values that cannot be had again.
    Fresh(usize),
    /// Nothing new, or what was described already.
    Nothing,
}

impl Observed {
    pub fn new(recipes: Recipes, map: FrameMap, area: StackSlot) -> Observed {
        Observed {
            recipes,
            map,
            area,
            slots: 0,
            settled: 0,
            loads: false,
            recorder: None,
        }
    }

    /// What was written down, if somebody wanted it.
    pub fn into_states(self) -> Option<FunctionStates> {
        Some(self.recorder?.finish(self.map, self.recipes))
    }

    /// Notes that the operand at a depth has a slot.
    fn need_slot(&mut self, depth: usize) {
        self.slots = self.slots.max(depth as u32 + 1);
    }

    /// The bytes that the area needs.
    pub fn area(&self) -> (StackSlot, u32) {
        (self.area, self.map.size(self.slots))
    }
}

impl FunctionTranslator<'_> {
    /// Lays out the part of the frame that can be read and fills it in, if anybody is to read it.
    pub(super) fn begin_observation(&mut self) {
        let recipes = match self.state.observed.take() {
            Some(mut before) => {
                before.recipes.clear();
                before.recipes
            }
            None => Recipes::default(),
        };
        let recorder = self.state.recorder.take();
        if !self.env.observe.has_state() {
            return;
        }
        let params = self.env.info.signatures[self.signature].params().len();
        let map = FrameMap::new(self.state.locals.types(), params);
        // Its size is known at the end.
        let slot = StackSlotData::new(StackSlotKind::ExplicitSlot, 0, 4);
        let area = self.builder.create_sized_stack_slot(slot);
        let zeroed: Vec<u32> = map.zeroed().collect();
        let homes: Vec<u32> = (0..params as u32)
            .filter_map(|index| map.local(index).map(|(_, offset)| offset))
            .collect();
        let mut observed = Observed::new(recipes, map, area);
        observed.recorder = recorder;
        self.state.observed = Some(observed);
        self.store_in_area(self.vmctx, FrameMap::VMCTX);
        for (index, offset) in homes.into_iter().enumerate() {
            let value = self.state.locals.get(&mut self.builder, index as u32);
            self.store_in_area(value, offset);
        }
        if !zeroed.is_empty() {
            let zero = self.vector_constant(&[0; 16]);
            for offset in zeroed {
                self.store_in_area(zero, offset);
            }
        }
    }

    /// Gives the area of the frame its size.
    pub(super) fn end_observation(&mut self) {
        if let Some(observed) = &self.state.observed {
            let (area, size) = observed.area();
            self.builder.func.sized_stack_slots[area].size = size;
        }
    }

    /// Translates an operator and describes what it leaves on the operand stack.
    pub(super) fn observed_operator(
        &mut self,
        operator: &Operator<'_>,
        offset: u64,
    ) -> Result<(), CompileError> {
        self.follow_operands();
        self.record(|recorder, operands| recorder.operator(offset as u32, operands));
        let height = self.state.operands.height();
        let operands = self.state.operands.top(height.min(3));
        let mut recipes = [RecipeId::NONE; 3];
        for (recipe, operand) in recipes.iter_mut().zip(operands) {
            *recipe = operand.recipe;
        }
        let recipes = &recipes[..operands.len()];
        if let Some(observed) = &mut self.state.observed {
            observed.loads = false;
        }
        self.operator(operator, offset)?;
        let Some(observed) = self.state.observed.as_mut().filter(|_| self.reachable) else {
            return Ok(());
        };
        let recipe = match outcome(operator) {
            Outcome::Computed => {
                let popped = height + 1 - self.state.operands.height();
                let mut reads = Reads::NOTHING;
                if observed.loads {
                    reads = reads.and(Reads::MEMORY);
                }
                if may_swap_operands(operator) {
                    reads = reads.and(Reads::NAN);
                }
                let operands = &recipes[recipes.len() - popped..];
                observed.recipes.operator(offset as u32, operands, reads)
            }
            Outcome::Local(index) => observed.recipes.home(index),
            Outcome::Global(index) => {
                let mutable = self.env.info.globals[index].mutable;
                observed.recipes.global(index.as_u32(), mutable)
            }
            Outcome::Fresh(count) => {
                self.fresh_operands(count);
                return Ok(());
            }
            Outcome::Nothing => return Ok(()),
        };
        self.state.operands.top_mut(1)[0].recipe = recipe;
        Ok(())
    }

    /// A local is set to a value. With `teed` the value stays on the operand stack.
    pub(super) fn home_written(&mut self, index: u32, value: Value, teed: bool) {
        if self.state.observed.is_none() {
            return;
        }
        let height = self.state.operands.height();
        self.relocate(height - usize::from(teed), Reads::home(index));
        let observed = self.observed();
        if let Some((_, offset)) = observed.map.local(index) {
            self.store_in_area(value, offset);
        }
        if teed {
            let recipe = self.observed().recipes.home(index);
            self.describe(height - 1, recipe);
        }
    }

    /// Something has happened after which some operands could not be had again.
    pub(super) fn overwritten(&mut self, effect: Effect) {
        let reads = match effect {
            Effect::Store(_) | Effect::MemoryBulk(_) => Reads::MEMORY,
            Effect::GlobalSet(_) => Reads::GLOBALS,
            // What could change was relocated before the call.
            Effect::Call => return,
            // Nothing that any recipe reads.
            Effect::MemoryGrow(_)
            | Effect::TableSet(_)
            | Effect::TableGrow(_)
            | Effect::TableBulk(_)
            | Effect::Drop => return,
        };
        self.relocate_all(reads);
    }

    /// A function is about to be called, its arguments popped: what it could change is relocated.
    pub(super) fn relocate_for_call(&mut self) {
        self.relocate_all(Reads::CALLEE.and(Reads::NAN));
        self.follow_operands();
        self.record(|recorder, operands| recorder.calling(operands));
    }

    /// A point comes next.
    pub(super) fn relocate_for_point(&mut self) {
        self.relocate_all(Reads::NAN);
        if let Some(observed) = &mut self.state.observed
            && let Some(recorder) = &mut observed.recorder
        {
            recorder.point();
        }
    }

    /// A control frame is about to begin: all operands must have recipes that hold whichever way is
    /// taken through it.
    pub(super) fn relocate_for_frame(&mut self) {
        if self.state.observed.is_none() {
            return;
        }
        self.follow_operands();
        for depth in self.observed().settled..self.state.operands.height() {
            if !self.is_settled(depth) {
                self.relocate_operand(depth);
            }
        }
    }

    /// The topmost operands cannot be had again, so they are relocated where they stand.
    pub(super) fn fresh_operands(&mut self, count: usize) {
        if count == 0 || self.state.observed.is_none() {
            return;
        }
        let height = self.state.operands.height();
        let slots = (height - count..height).fold(Reads::NOTHING, |slots, depth| {
            slots.and(Reads::slot(depth as u32))
        });
        self.relocate(height - count, slots);
        for depth in height - count..height {
            if !self.is_in_slot(depth, depth) {
                self.relocate_operand(depth);
            }
        }
    }

    /// The topmost operands have arrived in their slots.
    pub(super) fn operands_in_slots(&mut self, count: usize) {
        if self.state.observed.is_none() {
            return;
        }
        let height = self.state.operands.height();
        for depth in height - count..height {
            let recipe = self.observed().recipes.slot(depth as u32);
            self.describe(depth, recipe);
            self.observed().need_slot(depth);
        }
    }

    /// A branch is about to take the topmost operands, which are held as their types demand, to a
    /// label, where they stand on others that are `height` in number.
    pub(super) fn store_for_label(&mut self, height: usize, count: usize) {
        if self.state.observed.is_none() {
            return;
        }
        let first = self.state.operands.height() - count;
        for index in 0..count {
            if !self.is_in_slot(first + index, height + index) {
                let value = self.state.operands.at(first + index).value;
                self.store_in_slot(value, height + index);
            }
        }
    }

    /// Whether a conditional branch that takes `count` operands to a label over `height` others can
    /// leave them where they are.
    pub(super) fn can_store_ahead_of_branch(&self, height: usize, count: usize) -> bool {
        self.state.observed.is_none() || self.state.operands.height() == height + count
    }

    /// Relocates the operands whose recipes read what is overwritten.
    fn relocate_all(&mut self, overwritten: Reads) {
        if self.state.observed.is_some() {
            self.relocate(self.state.operands.height(), overwritten);
        }
    }

    /// Relocates those of the operands below a height whose recipes read what is overwritten, and
    /// those that read slots that are overwritten by that.
    fn relocate(&mut self, height: usize, overwritten: Reads) {
        self.follow_operands();
        let mut overwritten = overwritten;
        loop {
            let mut settled = self.observed().settled;
            while settled < height && self.is_settled(settled) {
                settled += 1;
            }
            self.observed().settled = settled;
            let all = height.saturating_sub(settled) > MOST_UNSETTLED;
            let mut slots = Reads::NOTHING;
            for depth in settled..height {
                if self.is_settled(depth) {
                    continue;
                }
                let recipe = self.state.operands.at(depth).recipe;
                if all || self.observed().recipes.reads(recipe).overlaps(overwritten) {
                    self.relocate_operand(depth);
                    slots = slots.and(Reads::slot(depth as u32));
                }
            }
            if slots == Reads::NOTHING {
                return;
            }
            overwritten = slots;
        }
    }

    fn relocate_operand(&mut self, depth: usize) {
        let value = self.storable(depth);
        self.store_in_slot(value, depth);
        let recipe = self.observed().recipes.slot(depth as u32);
        self.describe(depth, recipe);
    }

    /// Whether nothing can make the operand's recipe wrong.
    fn is_settled(&mut self, depth: usize) -> bool {
        let recipe = self.state.operands.at(depth).recipe;
        let recipes = &self.observed().recipes;
        recipes.reads(recipe) == Reads::NOTHING || recipes.is_slot(recipe, depth as u32)
    }

    /// Whether the recipe of the operand at `depth` is the slot for one at depth `slot`.
    fn is_in_slot(&mut self, depth: usize, slot: usize) -> bool {
        let recipe = self.state.operands.at(depth).recipe;
        recipe != RecipeId::NONE && self.observed().recipes.is_slot(recipe, slot as u32)
    }

    fn describe(&mut self, depth: usize, recipe: RecipeId) {
        self.state.operands.at_mut(depth).recipe = recipe;
        if let Some(recorder) = &mut self.observed().recorder {
            recorder.forget(depth);
        }
    }

    fn store_in_slot(&mut self, value: Value, depth: usize) {
        let observed = self.observed();
        observed.need_slot(depth);
        let offset = observed.map.slot(depth as u32);
        self.store_in_area(value, offset);
    }

    fn store_in_area(&mut self, value: Value, offset: u32) {
        let area = self.observed().area;
        let address = self.builder.ins().stack_addr(POINTER, area, offset as i32);
        self.emit_store(Opcode::Store, Access::Frame, value, address, 0);
    }

    /// Notes that the operator at hand loads from a memory.
    pub(super) fn memory_read(&mut self) {
        if let Some(observed) = &mut self.state.observed {
            observed.loads = true;
        }
    }

    /// Notes how far down the operand stack has been since the last time.
    fn follow_operands(&mut self) {
        let lowest = self.state.operands.take_lowest();
        if let Some(observed) = &mut self.state.observed {
            observed.settled = observed.settled.min(lowest);
            if let Some(recorder) = &mut observed.recorder {
                recorder.forget(lowest);
            }
        }
    }

    /// Has something written down about the operands that are not known yet, if anybody wants to
    /// read it.
    fn record(
        &mut self,
        write: impl FnOnce(&mut Recorder, &mut dyn Iterator<Item = OperandState>),
    ) {
        if let Some(observed) = &mut self.state.observed
            && let Some(recorder) = &mut observed.recorder
        {
            let operands = &self.state.operands;
            let unknown = operands.top(operands.height() - recorder.known());
            let mut unknown = unknown.iter().map(|operand| OperandState {
                ty: operand.ty,
                recipe: operand.recipe,
            });
            write(recorder, &mut unknown);
        }
    }

    fn observed(&mut self) -> &mut Observed {
        let observed = self.state.observed.as_mut();
        observed.expect("whoever asks has seen that the function is observed")
    }
}

/// What an operator that control gets past leaves on the operand stack.
fn outcome(operator: &Operator<'_>) -> Outcome {
    use Operator as O;
    match *operator {
        O::LocalGet { local_index } => Outcome::Local(local_index),
        O::GlobalGet { global_index } => Outcome::Global(GlobalIndex::from_u32(global_index)),

        O::MemorySize { .. }
        | O::MemoryGrow { .. }
        | O::TableGet { .. }
        | O::TableSize { .. }
        | O::TableGrow { .. }
        | O::RefFunc { .. } => Outcome::Fresh(1),

        // Where control and calls put values is where they are described.
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
        // So are locals that are set.
        | O::LocalSet { .. }
        | O::LocalTee { .. }
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

        _ => Outcome::Computed,
    }
}

/// Whether the machine may exchange the operator's operands, so that of two NaNs it is not known
/// whose payload the result gets.
fn may_swap_operands(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::F32Add
            | Operator::F32Mul
            | Operator::F64Add
            | Operator::F64Mul
            | Operator::F32x4Add
            | Operator::F32x4Mul
            | Operator::F64x2Add
            | Operator::F64x2Mul
    )
}
