//! The stacks that WebAssembly's own validation is defined over, operands and control frames,
//! with what the translation hangs on them.

use crate::module::ModuleInfo;
use crate::observe::RecipeId;
use crate::types::{HeapType, RefType, SignatureIndex, ValType};
use cranelift_codegen::ir::{Block, Inst, Value};
use cranelift_entity::packed_option::PackedOption;
use cranelift_entity::{EntityRef, SecondaryMap};

/// In which of the code generator's types an operand is held.
///
/// Many values are never needed in the type that stands for their wasm type in signatures, so
/// they are converted only when someone asks for that: a comparison that ends in a branch is
/// never widened, a vector that passes from one operator on lanes to another is never renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// In the type of [`crate::abi::value_type`].
    Plain,
    /// An `i32` that is 0 or 1, held in 8 bits as comparisons leave it.
    Condition,
    /// A `v128` held as a vector of other lanes than the plain one.
    Lanes,
}

/// An entry of the operand stack.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operand {
    /// The value, in the type that `form` says.
    pub value: Value,
    /// Its type in WebAssembly.
    pub ty: ValType,
    /// How it is held.
    pub form: Form,
    /// How it can be had again, if somebody may want to read it.
    pub recipe: RecipeId,
}

/// The operand stack of the function under translation, while that point of it is reachable.
#[derive(Default)]
pub(super) struct OperandStack {
    operands: Vec<Operand>,
    /// The smallest height that it had since [`OperandStack::take_lowest`].
    lowest: usize,
}

impl OperandStack {
    pub fn clear(&mut self) {
        self.operands.clear();
        self.lowest = 0;
    }

    pub fn push(&mut self, operand: Operand) {
        self.operands.push(operand);
    }

    /// Takes the operand on top. Validation has seen to it that there is one.
    pub fn pop(&mut self) -> Operand {
        let operand = self.operands.pop();
        self.lowest = self.lowest.min(self.operands.len());
        operand.expect("validated code does not pop from an empty stack")
    }

    /// The number of operands.
    pub fn height(&self) -> usize {
        self.operands.len()
    }

    /// Drops the operands above a height.
    pub fn truncate(&mut self, height: usize) {
        self.operands.truncate(height);
        self.lowest = self.lowest.min(height);
    }

    /// The operand that has `depth` others below it.
    pub fn at(&self, depth: usize) -> &Operand {
        &self.operands[depth]
    }

    /// The same, to be replaced by another of the same wasm value.
    pub fn at_mut(&mut self, depth: usize) -> &mut Operand {
        &mut self.operands[depth]
    }

    /// The smallest height since this was asked last.
    pub fn take_lowest(&mut self) -> usize {
        std::mem::replace(&mut self.lowest, self.operands.len())
    }

    /// The topmost operands, the last one on top.
    pub fn top(&self, count: usize) -> &[Operand] {
        &self.operands[self.operands.len() - count..]
    }

    /// The topmost operands, to be replaced by others of the same wasm values.
    pub fn top_mut(&mut self, count: usize) -> &mut [Operand] {
        let height = self.operands.len();
        &mut self.operands[height - count..]
    }
}

/// What a control frame takes from the operand stack and leaves there.
#[derive(Clone, Copy, Debug)]
pub(super) enum BlockType {
    /// Nothing for nothing.
    Empty,
    /// Takes nothing, leaves one value.
    Result(ValType),
    /// Like a function type.
    Function(SignatureIndex),
}

impl BlockType {
    pub fn params(self, info: &ModuleInfo) -> &[ValType] {
        match self {
            BlockType::Empty | BlockType::Result(_) => &[],
            BlockType::Function(index) => info.signatures[index].params(),
        }
    }

    pub fn results(self, info: &ModuleInfo) -> &[ValType] {
        match self {
            BlockType::Empty => &[],
            BlockType::Result(ty) => one(ty),
            BlockType::Function(index) => info.signatures[index].results(),
        }
    }
}

/// The slice of just this type.
fn one(ty: ValType) -> &'static [ValType] {
    const fn reference(nullable: bool, heap: HeapType) -> ValType {
        ValType::Ref(RefType { nullable, heap })
    }
    match ty {
        ValType::I32 => &[ValType::I32],
        ValType::I64 => &[ValType::I64],
        ValType::F32 => &[ValType::F32],
        ValType::F64 => &[ValType::F64],
        ValType::V128 => &[ValType::V128],
        ValType::Ref(RefType {
            nullable: true,
            heap: HeapType::Func,
        }) => const { &[reference(true, HeapType::Func)] },
        ValType::Ref(RefType {
            nullable: false,
            heap: HeapType::Func,
        }) => const { &[reference(false, HeapType::Func)] },
        ValType::Ref(RefType {
            nullable: true,
            heap: HeapType::Extern,
        }) => const { &[reference(true, HeapType::Extern)] },
        ValType::Ref(RefType {
            nullable: false,
            heap: HeapType::Extern,
        }) => const { &[reference(false, HeapType::Extern)] },
        ValType::Ref(RefType {
            nullable: true,
            heap: HeapType::Exn,
        }) => const { &[reference(true, HeapType::Exn)] },
        ValType::Ref(RefType {
            nullable: false,
            heap: HeapType::Exn,
        }) => const { &[reference(false, HeapType::Exn)] },
        ValType::Ref(RefType {
            nullable: true,
            heap: HeapType::NoExn,
        }) => const { &[reference(true, HeapType::NoExn)] },
        ValType::Ref(RefType {
            nullable: false,
            heap: HeapType::NoExn,
        }) => const { &[reference(false, HeapType::NoExn)] },
    }
}

/// Where the second edge of an `if` leads until its `else` is met, if it has one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Otherwise {
    /// To the join, by this branch, which an `else` turns to a block of its own. That costs
    /// the common `if` without an `else` no block; it is possible as long as the edge carries no
    /// values.
    Join(Inst),
    /// To a block that is still empty.
    Block(Block),
}

/// The kinds of control frames.
#[derive(Clone, Copy, Debug)]
pub(super) enum FrameKind {
    /// The function body.
    Function,
    /// `block`.
    Block,
    /// `loop`, whose label is its header.
    Loop { header: Block },
    /// `if`, before its `else`.
    If { otherwise: Otherwise },
    /// `if`, after its `else`.
    Else,
    /// `try_table`.
    TryTable,
}

/// An entry of the control stack. Only frames that were entered at a reachable point have one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub kind: FrameKind,
    pub ty: BlockType,
    /// Height of the operand stack below the frame's parameters.
    pub height: usize,
    /// The block that follows the frame's end. It is not made before an edge leads there: most
    /// ends are reached by falling through alone, and then the current block just goes on.
    pub join: PackedOption<Block>,
    /// The number of edges to `join`.
    pub edges: u32,
    /// A block that passes the values of the `br_table` at hand on to the frame's label.
    pub edge: PackedOption<Block>,
}

impl Frame {
    /// How many values a branch to the frame's label takes.
    pub fn arity(&self, info: &ModuleInfo) -> usize {
        match self.kind {
            FrameKind::Loop { .. } => self.ty.params(info).len(),
            _ => self.ty.results(info).len(),
        }
    }
}

/// The control stack.
#[derive(Default)]
pub(super) struct ControlStack {
    frames: Vec<Frame>,
}

impl ControlStack {
    pub fn clear(&mut self) {
        self.frames.clear();
    }

    pub fn push(&mut self, frame: Frame) {
        self.frames.push(frame);
    }

    /// The number of frames.
    pub fn depth(&self) -> usize {
        self.frames.len()
    }

    /// Takes the innermost frame.
    pub fn pop(&mut self) -> Frame {
        self.frames
            .pop()
            .expect("validated code has balanced frames")
    }

    /// The frame that a branch's label names, counted from the innermost.
    pub fn at(&mut self, depth: u32) -> &mut Frame {
        let index = self.frames.len() - 1 - depth as usize;
        &mut self.frames[index]
    }
}

/// Things that are made for each function anew but once in it, found by the index of what they
/// stand for in the module. To forget them all takes constant time, however large the module.
pub(super) struct PerFunction<K: EntityRef, V: Clone> {
    generation: u32,
    entries: SecondaryMap<K, (u32, Option<V>)>,
}

impl<K: EntityRef, V: Copy> PerFunction<K, V> {
    pub fn new() -> Self {
        PerFunction {
            generation: 1,
            entries: SecondaryMap::with_default((0, None)),
        }
    }

    /// Forgets all entries.
    pub fn clear(&mut self) {
        match self.generation.checked_add(1) {
            Some(next) => self.generation = next,
            None => *self = Self::new(),
        }
    }

    /// The entry made since the last [`Self::clear`], if there is one.
    pub fn get(&self, key: K) -> Option<V> {
        let (generation, value) = self.entries[key];
        value.filter(|_| generation == self.generation)
    }

    /// Makes an entry and returns it.
    pub fn insert(&mut self, key: K, value: V) -> V {
        self.entries[key] = (self.generation, Some(value));
        value
    }
}
