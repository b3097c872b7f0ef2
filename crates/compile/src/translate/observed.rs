//! Code whose locals and operands can be read.
//!
//! ```text
//!              +--------------------------------------+
//!   the frame  | ...   vmctx  homes of locals   slots |
//!              +-----------------^----------------^---+
//!                                |                |
//!   locals ------ a recipe each -+                |   relocated when what the recipe reads
//!   operands ---- a recipe each ------------------+   is overwritten, or control flow meets
//! ```
//!
//! A local has a *home* in the frame, an operand a *slot*, but neither has to be there: as long as
//! a value can be computed again from what is in memory it stays in a register, and all that is
//! known of it is its [recipe](crate::observe::Recipe). A local that was set and is not in its home
//! is *dirty*. A value is *relocated*, stored in its home or slot, before its recipe would become
//! wrong. That is decided where a region ends, and done there:
//!
//! - ahead of a point, for what the operator before has overwritten; for floats, where computing
//!   them again might give a NaN with another payload; and where recipes have become long;
//! - ahead of a call, for what the callee could overwrite;
//! - ahead of a branch and of a merge of control flow, for all dirty locals, and all operands that
//!   are not constants: all ways to a label must agree on where things are. Values that a branch
//!   takes along are stored in the slots that they will have.
//!
//! So the part of the frame that can be read never changes within a region. Whoever stops in the
//! middle of one, be it at a trap, finds there what the region began with, and gets to where he is
//! by going through the operators in between.
//!
//! All this follows from the operators alone, so that another run of the translator over the same
//! function decides the same. It finds the recipes ([`Recorder`]), and nothing of them need be
//! stored. What each operator leaves behind stands in `outcome.rs`, the storing in `relocation.rs`.

use super::effects::Effect;
use super::function::FunctionTranslator;
use super::outcome::{Outcome, nan_is_open, outcome};
use super::relocation::DirtyLocals;
use crate::CompileError;
use crate::codegen::AREA;
use crate::observe::{FrameMap, FunctionStates, OperandState, Reads, RecipeId, Recipes, Recorder};
use cranelift_codegen::ir::{StackSlot, StackSlotData, StackSlotKey, StackSlotKind};
use wasmparser::Operator;

/// How many locals a function has at most whose first zeros go home only when they must: often
/// something else is there by then. In functions with more of them some are bound to stay.
const MOST_LATE_ZEROS: usize = 16;

/// What is kept of a function whose state can be read.
pub(super) struct Observed {
    pub(super) recipes: Recipes,
    pub(super) map: FrameMap,
    /// The area that the map describes.
    pub(super) area: StackSlot,
    /// How many slots for operands the area needs.
    slots: u32,
    /// All operands below this depth are constants or in their slots.
    pub(super) settled: usize,
    pub(super) dirty: DirtyLocals,
    /// What was overwritten in the region that is about to end.
    overwritten: Reads,
    /// Where the last point was made.
    at_point: Option<u32>,
    /// The operator at hand.
    wasm_pc: u32,
    /// Whether it has loaded from a memory.
    loads: bool,
    /// Operands about to be relocated, by their depth.
    pub(super) leaving: Vec<usize>,
    /// Writes down what the recipes are, if anybody wants to know.
    pub(super) recorder: Option<Recorder>,
}

impl Observed {
    fn new(recipes: Recipes, map: FrameMap, area: StackSlot, recorder: Option<Recorder>) -> Self {
        Observed {
            recipes,
            map,
            area,
            slots: 0,
            settled: 0,
            dirty: DirtyLocals::default(),
            overwritten: Reads::NOTHING,
            at_point: None,
            wasm_pc: 0,
            loads: false,
            leaving: Vec::new(),
            recorder,
        }
    }

    /// What was written down, if somebody wanted it.
    pub fn into_states(self) -> Option<FunctionStates> {
        Some(self.recorder?.finish(self.map, self.recipes))
    }

    /// Notes that the operand at a depth has a slot.
    pub(super) fn need_slot(&mut self, depth: usize) {
        self.slots = self.slots.max(depth as u32 + 1);
    }

    /// The recipe for the value of a local.
    fn local(&mut self, index: u32) -> RecipeId {
        match self.dirty.get(index) {
            Some(dirty) => dirty.recipe,
            None => self.recipes.home(index),
        }
    }
}

/// The beginning and the end of a function, and its operators.
impl FunctionTranslator<'_> {
    /// Lays out the part of the frame that can be read and fills it in, if anybody is to read it.
    pub(super) fn begin_observation(&mut self) {
        let recipes = self.state.observed.take().map(|before| before.recipes);
        let recorder = self.state.recorder.take();
        if !self.env.observe.has_state() {
            return;
        }
        let mut recipes = recipes.unwrap_or_default();
        recipes.clear();
        let params = self.env.info.signatures[self.signature].params().len();
        let map = FrameMap::new(self.state.locals.types(), params, self.env.reference);
        // Its size is known at the end.
        let key = StackSlotKey::new(AREA);
        let slot = StackSlotData::new_with_key(StackSlotKind::ExplicitSlot, 0, 4, key);
        let area = self.builder.create_sized_stack_slot(slot);
        let late = self.state.locals.types().len() - params <= MOST_LATE_ZEROS;
        let zeroed = map.zeroed().filter(|_| !late);
        let zeroed: Vec<u32> = zeroed.chain(map.zeroed_reference()).collect();
        let homes: Vec<_> = (0..params as u32)
            .map(|index| {
                let home = map.local(index).map(|(_, offset)| offset);
                (index, [home, map.reference_local(index)])
            })
            .collect();
        self.state.observed = Some(Observed::new(recipes, map, area, recorder));
        self.store_in_area(self.vmctx, FrameMap::VMCTX);
        for (index, homes) in homes {
            let value = self.state.locals.get(&mut self.builder, index);
            for offset in homes.into_iter().flatten() {
                self.store_in_area(value, offset);
            }
        }
        for offset in zeroed {
            self.store_zeros(offset);
        }
        if late {
            self.zero_locals_late(params as u32);
        }
    }

    /// Takes the locals for dirty that are no parameters.
    fn zero_locals_late(&mut self, params: u32) {
        let zero = self.observed().recipes.zero();
        for index in params..self.observed().map.num_locals() {
            let value = self.state.locals.get(&mut self.builder, index);
            self.observed().dirty.set(index, value, zero);
        }
    }

    /// Stores the operands in the reference.
    fn store_reference(&mut self) {
        for depth in 0..self.state.operands.height() {
            let value = self.storable(depth);
            self.observed().need_slot(depth);
            if let Some(offset) = self.observed().map.reference_slot(depth as u32) {
                self.store_in_area(value, offset);
            }
        }
    }

    /// Gives the area of the frame its size.
    pub(super) fn end_observation(&mut self) {
        if let Some(observed) = &self.state.observed {
            let size = observed.map.size(observed.slots);
            self.builder.func.sized_stack_slots[observed.area].size = size;
        }
    }

    /// Translates an operator and describes what it leaves in locals and on the operand stack.
    pub(super) fn observed_operator(
        &mut self,
        operator: &Operator<'_>,
        offset: u64,
    ) -> Result<(), CompileError> {
        let wasm_pc = offset as u32;
        if self.env.reference && self.observed().at_point != Some(wasm_pc) {
            self.store_reference();
            self.emit_point(wasm_pc);
        }
        let height = self.state.operands.height();
        let top = self.state.operands.top(height.min(3));
        let mut recipes = [RecipeId::NONE; 3];
        for (recipe, operand) in recipes.iter_mut().zip(top) {
            *recipe = operand.recipe;
        }
        let recipes = &recipes[..top.len()];
        let observed = self.observed();
        observed.wasm_pc = wasm_pc;
        observed.loads = false;
        if let Some(recorder) = &mut observed.recorder {
            recorder.operator(wasm_pc);
        }
        self.operator(operator, offset)?;
        if !self.reachable {
            return Ok(());
        }
        let recipe = match outcome(operator) {
            Outcome::Computed(mut reads) => {
                let popped = height + 1 - self.state.operands.height();
                let observed = self.observed();
                if observed.loads {
                    reads = reads.and(Reads::MEMORY);
                }
                let operands = &recipes[recipes.len() - popped..];
                if nan_is_open(operator, operands, &observed.recipes) {
                    reads = reads.and(Reads::NAN);
                }
                observed.recipes.operator(wasm_pc, operands, reads)
            }
            Outcome::Local(index) => self.observed().local(index),
            Outcome::Global(index) => {
                let mutable = self.env.info.globals[index].mutable;
                self.observed().recipes.global(index.as_u32(), mutable)
            }
            Outcome::SetLocal(index) => {
                let value = self.state.locals.get(&mut self.builder, index);
                let recipe = recipes[recipes.len() - 1];
                self.observed().dirty.set(index, value, recipe);
                if let Some(offset) = self.observed().map.reference_local(index) {
                    self.store_in_area(value, offset);
                }
                return Ok(());
            }
            Outcome::Nothing => return Ok(()),
        };
        self.state.operands.top_mut(1)[0].recipe = recipe;
        Ok(())
    }
}

/// The doors.
impl FunctionTranslator<'_> {
    /// The operator at hand loads from a memory.
    pub(super) fn memory_read(&mut self) {
        if let Some(observed) = &mut self.state.observed {
            observed.loads = true;
        }
    }

    /// An operator has an effect, after which some values could not be had again.
    pub(super) fn overwritten(&mut self, effect: Effect) {
        let Some(observed) = &mut self.state.observed else {
            return;
        };
        let reads = match effect {
            Effect::Store(_) | Effect::MemoryBulk(_) => Reads::MEMORY,
            Effect::GlobalSet(_) => Reads::GLOBALS,
            Effect::TableSet(_) | Effect::TableGrow(_) | Effect::TableBulk(_) => Reads::TABLES,
            Effect::MemoryGrow(_) => Reads::MEMORY_SIZE,
            // What could change was relocated before the call.
            Effect::Call | Effect::Drop => Reads::NOTHING,
        };
        observed.overwritten = observed.overwritten.and(reads);
    }

    /// The topmost operands were just pushed and cannot be had again.
    pub(super) fn fresh_operands(&mut self, count: usize) {
        let Some(observed) = self.state.observed.as_mut().filter(|_| count > 0) else {
            return;
        };
        let recipe = observed.recipes.fresh(observed.wasm_pc);
        for operand in self.state.operands.top_mut(count) {
            operand.recipe = recipe;
        }
    }

    /// The topmost operands have arrived in their slots.
    pub(super) fn operands_in_slots(&mut self, count: usize) {
        if self.state.observed.is_none() {
            return;
        }
        let height = self.state.operands.height();
        for depth in height - count..height {
            self.describe_as_slot(depth);
        }
    }

    /// A function is about to be called, its arguments popped: what it could change is relocated.
    pub(super) fn relocate_for_call(&mut self) {
        if self.state.observed.is_none() {
            return;
        }
        self.relocate(Reads::CALLEE.and(Reads::UNSTABLE));
        self.record(|recorder, operands, locals| recorder.call(operands, locals));
    }

    /// A point comes next, ahead of the operator at `wasm_pc`.
    pub(super) fn relocate_for_point(&mut self, wasm_pc: u32) {
        let Some(observed) = &mut self.state.observed else {
            return;
        };
        observed.at_point = Some(wasm_pc);
        let overwritten = std::mem::replace(&mut observed.overwritten, Reads::NOTHING);
        if self.env.reference {
            self.store_reference();
        }
        self.relocate(overwritten.and(Reads::UNSTABLE));
        self.record(|recorder, operands, locals| recorder.point(wasm_pc, operands, locals));
    }

    /// Control is about to branch, or to go where it can come from elsewhere too: the operands
    /// below a height and all locals are relocated.
    pub(super) fn settle_below(&mut self, height: usize) {
        if self.state.observed.is_none() {
            return;
        }
        self.follow_operands();
        self.relocate_dirty_locals(|_| true);
        for depth in self.observed().settled..height {
            if !self.is_settled(depth) {
                self.relocate_operand(depth);
            }
        }
    }

    /// Code goes on in another block, with all locals in their homes.
    pub(super) fn locals_in_homes(&mut self) {
        if let Some(observed) = &mut self.state.observed {
            observed.dirty.entries.clear();
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
            let operand = *self.state.operands.at(first + index);
            let slot = (height + index) as u32;
            if !self.observed().recipes.is_slot(operand.recipe, slot) {
                self.store_in_slot(operand.value, height + index);
            }
        }
    }

    /// Whether a conditional branch that takes `count` operands to a label over `height` others can
    /// have them stored before it: not if that would overwrite slots of operands that remain.
    pub(super) fn can_store_ahead_of_branch(&self, height: usize, count: usize) -> bool {
        self.state.observed.is_none()
            || count == 0
            || self.state.operands.height() == height + count
    }
}

/// What all of them use.
impl FunctionTranslator<'_> {
    /// Notes how far down the operand stack has been since the last time.
    pub(super) fn follow_operands(&mut self) {
        let lowest = self.state.operands.take_lowest();
        let observed = self.observed();
        observed.settled = observed.settled.min(lowest);
        if let Some(recorder) = &mut observed.recorder {
            recorder.forget(lowest);
        }
    }

    /// Has something written down about the operands that are not known yet, and about the locals
    /// that are not in their homes, if anybody wants to read it.
    fn record(
        &mut self,
        write: impl FnOnce(
            &mut Recorder,
            &mut dyn Iterator<Item = OperandState>,
            &mut dyn Iterator<Item = (u32, RecipeId)>,
        ),
    ) {
        self.follow_operands();
        let operands = &self.state.operands;
        let Some(Observed {
            recorder: Some(recorder),
            dirty,
            ..
        }) = &mut self.state.observed
        else {
            return;
        };
        let unknown = operands.top(operands.height() - recorder.known());
        let mut unknown = unknown.iter().map(|operand| OperandState {
            ty: operand.ty,
            recipe: operand.recipe,
        });
        let mut locals = dirty
            .entries
            .iter()
            .map(|dirty| (dirty.local, dirty.recipe));
        write(recorder, &mut unknown, &mut locals);
    }

    pub(super) fn observed(&mut self) -> &mut Observed {
        let observed = self.state.observed.as_mut();
        observed.expect("whoever asks has seen that the function is observed")
    }
}
