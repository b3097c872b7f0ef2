//! The states of a function: where its locals and operands are wherever it can be stopped.

use super::frame_map::FrameMap;
use super::recipe::{RecipeId, Recipes};
use crate::types::ValType;
use std::ops::Range;

/// An operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperandState {
    /// Its type.
    pub ty: ValType,
    /// How its value is had.
    pub recipe: RecipeId,
}

/// Where the locals and operands of a frame are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The operands, the topmost last.
    pub operands: Vec<OperandState>,
    /// The locals that are not in their homes, and how their values are had. The others are.
    pub locals: Vec<(u32, RecipeId)>,
}

/// What can be read of a function's frames; made when the first one is looked at, by
/// [`Compiler::states`](crate::Compiler::states).
///
/// A *region* is a run of operators from one point to the next. Within one, what can be read of
/// the frame does not change: it is that of the point, except while a function is being called.
#[derive(Debug)]
pub struct FunctionStates {
    map: FrameMap,
    recipes: Recipes,
    cells: Vec<Cell>,
    locals: Vec<(u32, RecipeId)>,
    /// The wasm pcs of the operators that control can reach, ascending.
    operators: Vec<u32>,
    points: Vec<Place>,
    calls: Vec<Place>,
}

/// An entry of an operand stack. Stacks share the entries that they have in common.
#[derive(Clone, Copy, Debug)]
struct Cell {
    operand: OperandState,
    below: Stack,
}

/// An operand stack: the number of its topmost cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stack(u32);

impl Stack {
    const EMPTY: Stack = Stack(u32::MAX);
}

/// The state at an operator.
#[derive(Clone, Debug)]
struct Place {
    wasm_pc: u32,
    stack: Stack,
    locals: Range<u32>,
}

impl FunctionStates {
    /// Where the frame keeps things.
    pub fn frame_map(&self) -> &FrameMap {
        &self.map
    }

    /// The recipes that states refer to.
    pub fn recipes(&self) -> &Recipes {
        &self.recipes
    }

    /// The wasm pcs of all operators that control can reach, in ascending order.
    pub fn operators(&self) -> &[u32] {
        &self.operators
    }

    /// The point at which the region of an operator begins, as a wasm pc. `None` if no operator
    /// begins at `wasm_pc`, or control cannot reach it.
    pub fn region(&self, wasm_pc: u32) -> Option<u32> {
        self.operators.binary_search(&wasm_pc).ok()?;
        let after = self
            .points
            .partition_point(|point| point.wasm_pc <= wasm_pc);
        Some(self.points[after.checked_sub(1)?].wasm_pc)
    }

    /// The state at a point, before the operator there has done anything. `None` if there is no
    /// point at `wasm_pc`.
    pub fn at_point(&self, wasm_pc: u32) -> Option<State> {
        self.state(&self.points, wasm_pc)
    }

    /// The state while the function that the operator at `wasm_pc` has called has not returned:
    /// what that operator has popped is not there. `None` if it is not a call.
    pub fn in_call(&self, wasm_pc: u32) -> Option<State> {
        self.state(&self.calls, wasm_pc)
    }

    fn state(&self, places: &[Place], wasm_pc: u32) -> Option<State> {
        let found = places.binary_search_by_key(&wasm_pc, |place| place.wasm_pc);
        let place = &places[found.ok()?];
        Some(State {
            operands: self.stack(place.stack),
            locals: self.locals[place.locals.start as usize..place.locals.end as usize].to_vec(),
        })
    }

    fn stack(&self, top: Stack) -> Vec<OperandState> {
        let mut operands = Vec::new();
        let mut next = top;
        while let Some(cell) = self.cells.get(next.0 as usize) {
            operands.push(cell.operand);
            next = cell.below;
        }
        operands.reverse();
        operands
    }
}

/// Writes the states of a function down while it is translated.
#[derive(Default)]
pub(crate) struct Recorder {
    cells: Vec<Cell>,
    locals: Vec<(u32, RecipeId)>,
    operators: Vec<u32>,
    points: Vec<Place>,
    calls: Vec<Place>,
    /// The cells of the stack as it was written down last, as far as that still holds.
    current: Vec<Stack>,
}

impl Recorder {
    /// Notes that operands from some depth on are no longer what they were.
    pub fn forget(&mut self, depth: usize) {
        self.current.truncate(depth);
    }

    /// How many of the undermost operands are still what they were.
    pub fn known(&self) -> usize {
        self.current.len()
    }

    /// Writes down that control can reach an operator.
    pub fn operator(&mut self, wasm_pc: u32) {
        self.operators.push(wasm_pc);
    }

    /// Writes down the state at a point, given the operands above those that are
    /// [known](Recorder::known), and the locals that are not in their homes.
    pub fn point(
        &mut self,
        wasm_pc: u32,
        operands: impl Iterator<Item = OperandState>,
        locals: impl Iterator<Item = (u32, RecipeId)>,
    ) {
        let place = self.place(wasm_pc, operands, locals);
        self.points.push(place);
    }

    /// Writes down the state while the operator noted last waits for a callee.
    pub fn call(
        &mut self,
        operands: impl Iterator<Item = OperandState>,
        locals: impl Iterator<Item = (u32, RecipeId)>,
    ) {
        let wasm_pc = self.operators.last().copied().unwrap_or_default();
        let place = self.place(wasm_pc, operands, locals);
        self.calls.push(place);
    }

    /// The states that were written down.
    pub fn finish(self, map: FrameMap, recipes: Recipes) -> FunctionStates {
        FunctionStates {
            map,
            recipes,
            cells: self.cells,
            locals: self.locals,
            operators: self.operators,
            points: self.points,
            calls: self.calls,
        }
    }

    fn place(
        &mut self,
        wasm_pc: u32,
        operands: impl Iterator<Item = OperandState>,
        locals: impl Iterator<Item = (u32, RecipeId)>,
    ) -> Place {
        for operand in operands {
            let below = self.current.last().copied().unwrap_or(Stack::EMPTY);
            self.current.push(Stack(self.cells.len() as u32));
            self.cells.push(Cell { operand, below });
        }
        let first = self.locals.len() as u32;
        self.locals.extend(locals);
        Place {
            wasm_pc,
            stack: self.current.last().copied().unwrap_or(Stack::EMPTY),
            locals: first..self.locals.len() as u32,
        }
    }
}
