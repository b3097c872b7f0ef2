//! The states of a function: what is on the operand stack at each of its operators.

use super::frame_map::FrameMap;
use super::recipe::{RecipeId, Recipes};
use crate::types::ValType;

/// An operand on the stack at some operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperandState {
    /// Its type.
    pub ty: ValType,
    /// How its value is had.
    pub recipe: RecipeId,
}

/// What can be read of a function's frame wherever it is stopped; made when a frame of it is looked
/// at for the first time, by [`Compiler::states`](crate::Compiler::states).
#[derive(Debug)]
pub struct FunctionStates {
    map: FrameMap,
    recipes: Recipes,
    cells: Vec<Cell>,
    operators: Vec<OperatorState>,
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

/// What is known of an operator that control can reach.
#[derive(Clone, Copy, Debug)]
struct OperatorState {
    wasm_pc: u32,
    /// Whether a point comes ahead of it.
    point: bool,
    /// The stack before the operator has done anything.
    before: Stack,
    /// The stack without what the operator pops, while it waits for a callee.
    calling: Stack,
}

impl FunctionStates {
    /// Where the frame keeps things.
    pub fn frame_map(&self) -> &FrameMap {
        &self.map
    }

    /// The recipes that operands refer to.
    pub fn recipes(&self) -> &Recipes {
        &self.recipes
    }

    /// The operands, the topmost last, before the operator at `wasm_pc` has done anything. `None`
    /// if no operator begins there, or control cannot reach it.
    pub fn operands(&self, wasm_pc: u32) -> Option<Vec<OperandState>> {
        Some(self.stack(self.operator(wasm_pc)?.before))
    }

    /// The operands of a frame in which the operator at `wasm_pc` has called a function that has
    /// not returned: those that it popped are not among them.
    pub fn operands_in_call(&self, wasm_pc: u32) -> Option<Vec<OperandState>> {
        Some(self.stack(self.operator(wasm_pc)?.calling))
    }

    /// The wasm pc of the point from which the operator at `wasm_pc` is reached: the next one at or
    /// before it.
    pub fn point_before(&self, wasm_pc: u32) -> Option<u32> {
        let index = self.index(wasm_pc)?;
        let point = self.operators[..=index].iter().rev().find(|op| op.point)?;
        Some(point.wasm_pc)
    }

    /// The wasm pcs of all operators that control can reach, in ascending order.
    pub fn wasm_pcs(&self) -> impl Iterator<Item = u32> {
        self.operators.iter().map(|operator| operator.wasm_pc)
    }

    /// Whether a point comes ahead of the operator at `wasm_pc`.
    pub fn is_point(&self, wasm_pc: u32) -> bool {
        self.operator(wasm_pc)
            .is_some_and(|operator| operator.point)
    }

    fn index(&self, wasm_pc: u32) -> Option<usize> {
        let found = self
            .operators
            .binary_search_by_key(&wasm_pc, |operator| operator.wasm_pc);
        found.ok()
    }

    fn operator(&self, wasm_pc: u32) -> Option<&OperatorState> {
        Some(&self.operators[self.index(wasm_pc)?])
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
    operators: Vec<OperatorState>,
    /// The cells of the stack as it was written down last, as far as that still holds.
    current: Vec<Stack>,
    at_point: bool,
}

impl Recorder {
    /// Notes that operands from some depth on are no longer what they were.
    pub fn forget(&mut self, depth: usize) {
        self.current.truncate(depth);
    }

    /// Notes that a point comes ahead of the next operator.
    pub fn point(&mut self) {
        self.at_point = true;
    }

    /// How many of the undermost operands are still what they were.
    pub fn known(&self) -> usize {
        self.current.len()
    }

    /// Writes down the operand stack ahead of the operator at `wasm_pc`, given the operands above
    /// those that are [known](Recorder::known).
    pub fn operator(&mut self, wasm_pc: u32, above: impl Iterator<Item = OperandState>) {
        let stack = self.stack(above);
        self.operators.push(OperatorState {
            wasm_pc,
            point: std::mem::take(&mut self.at_point),
            before: stack,
            calling: stack,
        });
    }

    /// Writes down the operand stack while the operator noted last waits for a callee.
    pub fn calling(&mut self, above: impl Iterator<Item = OperandState>) {
        let stack = self.stack(above);
        if let Some(operator) = self.operators.last_mut() {
            operator.calling = stack;
        }
    }

    /// The states that were written down.
    pub fn finish(self, map: FrameMap, recipes: Recipes) -> FunctionStates {
        FunctionStates {
            map,
            recipes,
            cells: self.cells,
            operators: self.operators,
        }
    }

    fn stack(&mut self, above: impl Iterator<Item = OperandState>) -> Stack {
        for operand in above {
            let below = self.current.last().copied().unwrap_or(Stack::EMPTY);
            self.current.push(Stack(self.cells.len() as u32));
            self.cells.push(Cell { operand, below });
        }
        self.current.last().copied().unwrap_or(Stack::EMPTY)
    }
}
