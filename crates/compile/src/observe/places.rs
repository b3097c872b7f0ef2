//! Where in a function guests can be stopped, found without translating it again.
//!
//! The machine stops at points, of which the code has a table. From a point on the operators of its
//! region are read until one has an effect or sends control elsewhere: what the translation knows of
//! regions follows from the points that are left and from the kinds of the operators.

use super::read::arity;
use crate::evaluate;
use crate::image::CompiledModule;
use crate::tables::Point;
use crate::types::{DefinedFuncIndex, FuncIndex, TableIndex};
use std::ops::Range;
use wasmparser::{BinaryReader, Operator, OperatorsReader, OperatorsReaderAllocations};

/// How control goes on after an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// To the operator behind it, and nothing but operands and locals has changed.
    Through,
    /// Into another function, and from there to the operator behind it.
    Call(Callee),
    /// Into another function, which returns in this one's place.
    TailCall(Callee),
    /// In any other way ([`Branches`](super::Branches)), or there is an effect: the region ends.
    Other,
}

/// Which function is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callee {
    /// This one.
    Function(FuncIndex),
    /// The one in a table at the index that is the topmost operand.
    Element(TableIndex),
    /// The one that the topmost operand refers to.
    Reference,
}

/// An operator in a module file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlacedOperator {
    /// The offset of its first byte.
    pub wasm_pc: u32,
    /// The offset of the byte after it.
    pub end: u32,
    /// How control goes on.
    pub flow: Flow,
}

/// A place where guests can be stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The wasm pc of the operator that comes next.
    pub wasm_pc: u32,
    /// The wasm pc of the point with which the operator's region begins: where the machine stops.
    pub point: u32,
}

/// The points of a function by their wasm pc.
#[derive(Clone, Debug)]
pub struct FunctionPoints {
    /// In ascending order.
    points: Vec<Point>,
    /// The function's bytes in the module file.
    body: Range<u32>,
    /// Whether frames can be read, so that they can be stopped between points, on paper.
    has_state: bool,
}

impl CompiledModule {
    /// The points of a function by their wasm pc; none unless the module was compiled to be
    /// stopped.
    pub fn points_by_pc(&self, func: DefinedFuncIndex) -> FunctionPoints {
        let mut points: Vec<Point> = self.points(func).collect();
        points.sort_unstable_by_key(|point| (point.wasm_pc, point.text_offset));
        FunctionPoints {
            points,
            body: self.info().bodies[func].clone(),
            has_state: self.frame_area(func).is_some(),
        }
    }

    /// The operator at an offset in the module file. `None` if there is none.
    pub fn operator_at(&self, wasm_pc: u32) -> Option<PlacedOperator> {
        let end = self.wasm().len() as u32;
        read(self.wasm(), wasm_pc..end, &mut Default::default())
    }
}

impl FunctionPoints {
    /// The first place at or after a wasm pc where the function can be stopped. That is any operator
    /// that control can reach if frames can be read; otherwise it is a point.
    pub fn place(&self, module: &CompiledModule, wasm_pc: u32) -> Option<Place> {
        let after = self
            .points
            .partition_point(|point| point.wasm_pc <= wasm_pc);
        if let Some(before) = after.checked_sub(1) {
            let point = self.points[before].wasm_pc;
            let mut operators = self.operators(module, point);
            let found = match self.has_state {
                true => operators.find(|operator| operator.wasm_pc >= wasm_pc),
                false => operators.next().filter(|_| point == wasm_pc),
            };
            if let Some(operator) = found {
                let wasm_pc = operator.wasm_pc;
                return Some(Place { wasm_pc, point });
            }
        }
        let point = self.points.get(after)?.wasm_pc;
        let wasm_pc = point;
        Some(Place { wasm_pc, point })
    }

    /// All places where the function can be stopped, in ascending order.
    pub fn places(&self, module: &CompiledModule) -> Vec<Place> {
        let mut places = Vec::new();
        let mut points = self.points.iter().map(|point| point.wasm_pc).peekable();
        while let Some(point) = points.next() {
            if points.peek() == Some(&point) {
                continue;
            }
            let all = if self.has_state { usize::MAX } else { 1 };
            let operators = self.operators(module, point).take(all);
            places.extend(operators.map(|operator| Place {
                wasm_pc: operator.wasm_pc,
                point,
            }));
        }
        places
    }

    /// The wasm pc of the first point, which the function begins with.
    pub fn first(&self) -> Option<u32> {
        Some(self.points.first()?.wasm_pc)
    }

    /// The points at a wasm pc: one, unless there is none or the code generator has made more of it.
    pub fn at(&self, wasm_pc: u32) -> &[Point] {
        let from = self.points.partition_point(|point| point.wasm_pc < wasm_pc);
        let points = &self.points[from..];
        let len = points.partition_point(|point| point.wasm_pc == wasm_pc);
        &points[..len]
    }

    /// The operators of the region that begins with the point at a wasm pc, the last of which ends
    /// it.
    pub fn operators<'a>(
        &self,
        module: &'a CompiledModule,
        point: u32,
    ) -> impl Iterator<Item = PlacedOperator> + use<'a> {
        let following = self.points.partition_point(|at| at.wasm_pc <= point);
        let following = self.points.get(following);
        let end = following.map_or(self.body.end, |point| point.wasm_pc);
        let mut rest = point..end;
        let mut allocations = OperatorsReaderAllocations::default();
        std::iter::from_fn(move || {
            let operator = read(module.wasm(), rest.clone(), &mut allocations)?;
            rest.start = match operator.flow {
                Flow::Through => operator.end,
                Flow::Call(_) | Flow::TailCall(_) | Flow::Other => rest.end,
            };
            Some(operator)
        })
    }
}

/// The first operator in a part of a function's body.
fn read(
    wasm: &[u8],
    range: Range<u32>,
    allocations: &mut OperatorsReaderAllocations,
) -> Option<PlacedOperator> {
    const ELSE: u8 = 0x05;
    const END: u8 = 0x0b;
    let wasm_pc = range.start;
    let bytes = wasm.get(wasm_pc as usize..range.end as usize)?;
    // These two cannot be read without what they end.
    let (end, flow) = match *bytes.first()? {
        ELSE => (wasm_pc + 1, Flow::Other),
        END => (wasm_pc + 1, Flow::Through),
        _ => {
            let reader = BinaryReader::new(bytes, u64::from(wasm_pc));
            let mut reader = OperatorsReader::new_with_allocs(reader, std::mem::take(allocations));
            let flow = reader.read().map(|operator| flow(&operator));
            let end = reader.original_position() as u32;
            *allocations = reader.into_allocations();
            (end, flow.ok()?)
        }
    };
    Some(PlacedOperator { wasm_pc, end, flow })
}

/// How control goes on after an operator that can be read by itself.
fn flow(operator: &Operator<'_>) -> Flow {
    use Operator as O;
    let function = |index| Callee::Function(FuncIndex::from_u32(index));
    let element = |index| Callee::Element(TableIndex::from_u32(index));
    match operator {
        O::Call { function_index } => Flow::Call(function(*function_index)),
        O::CallIndirect { table_index, .. } => Flow::Call(element(*table_index)),
        O::CallRef { .. } => Flow::Call(Callee::Reference),
        O::ReturnCall { function_index } => Flow::TailCall(function(*function_index)),
        O::ReturnCallIndirect { table_index, .. } => Flow::TailCall(element(*table_index)),
        O::ReturnCallRef { .. } => Flow::TailCall(Callee::Reference),
        O::Nop
        | O::Block { .. }
        | O::TryTable { .. }
        | O::Drop
        | O::LocalGet { .. }
        | O::LocalSet { .. }
        | O::LocalTee { .. }
        | O::GlobalGet { .. }
        | O::Select
        | O::TypedSelect { .. } => Flow::Through,
        _ if evaluate::load(operator).is_some() || arity(operator).is_some() => Flow::Through,
        _ => Flow::Other,
    }
}
