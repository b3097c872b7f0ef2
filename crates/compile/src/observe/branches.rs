//! Where control goes on in a function after an operator that does not simply lead to the next.
//!
//! ```text
//!   block          br_if 0   may go on behind itself, or behind the block's end
//!     loop         br 0      goes on behind `loop`
//!       if         if        may go on behind itself, or behind its `else`, or else its end
//! ```
//!
//! Places are those at which points are: behind the operator that makes the label, not at it.

use crate::image::CompiledModule;
use crate::types::DefinedFuncIndex;
use std::ops::Range;
use wasmparser::{BinaryReader, BinaryReaderError, FunctionBody, Operator};

/// A way on from an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To the operator at this wasm pc.
    To(u32),
    /// The function returns.
    Return,
}

/// The ways on from those operators of a function that have others than to the operator behind
/// them.
#[derive(Clone, Debug, Default)]
pub struct Branches {
    /// By wasm pc, ascending, with their part of the ways.
    operators: Vec<(u32, Range<u32>)>,
    ways: Vec<Way>,
}

impl CompiledModule {
    /// Reads where control can go within a function, calls and exceptions aside. That takes time in
    /// proportion to its size.
    pub fn branches(&self, func: DefinedFuncIndex) -> Branches {
        let body = self.info().bodies[func].clone();
        let bytes = &self.wasm()[body.start as usize..body.end as usize];
        let reader = BinaryReader::new(bytes, u64::from(body.start));
        // The module was valid when it was compiled.
        Branches::read(&FunctionBody::new(reader)).unwrap_or_default()
    }
}

impl Branches {
    /// The ways on from the operator at a wasm pc: none if it always traps or throws. `None` if there
    /// is no such operator here, so that control goes on behind it if at all.
    pub fn ways(&self, wasm_pc: u32) -> Option<&[Way]> {
        let found = self.operators.binary_search_by_key(&wasm_pc, |(at, _)| *at);
        let (_, ways) = &self.operators[found.ok()?];
        Some(&self.ways[ways.start as usize..ways.end as usize])
    }

    fn read(body: &FunctionBody<'_>) -> Result<Branches, BinaryReaderError> {
        let mut reading = Reading {
            branches: Branches::default(),
            frames: vec![Frame::new(Label::Return)],
        };
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let (operator, wasm_pc) = operators.read_with_offset()?;
            let end = operators.original_position() as u32;
            reading.operator(&operator, wasm_pc as u32, end)?;
        }
        Ok(reading.branches)
    }
}

/// Where a label leads.
#[derive(Clone, Copy)]
enum Label {
    /// Behind the operator that begins a loop.
    Loop(u32),
    /// Behind the end that has not been read yet.
    End,
    /// Out of the function.
    Return,
}

/// A block that has begun.
struct Frame {
    label: Label,
    /// The ways that lead behind its end, by their index.
    to_end: Vec<usize>,
    /// The way that leads behind the `else` of an `if`, which is the end if there is none.
    to_else: Option<usize>,
}

impl Frame {
    fn new(label: Label) -> Frame {
        Frame {
            label,
            to_end: Vec::new(),
            to_else: None,
        }
    }
}

struct Reading {
    branches: Branches,
    frames: Vec<Frame>,
}

impl Reading {
    fn operator(
        &mut self,
        operator: &Operator<'_>,
        wasm_pc: u32,
        end: u32,
    ) -> Result<(), BinaryReaderError> {
        let first = self.branches.ways.len();
        match operator {
            Operator::Block { .. } | Operator::TryTable { .. } => {
                self.frames.push(Frame::new(Label::End));
                return Ok(());
            }
            Operator::Loop { .. } => {
                self.frames.push(Frame::new(Label::Loop(end)));
                return Ok(());
            }
            Operator::If { .. } => {
                self.way(Way::To(end));
                self.frames.push(Frame::new(Label::End));
                let way = self.way(Way::Return);
                self.innermost(|frame| frame.to_else = Some(way));
            }
            Operator::Else => {
                let to_else = self.innermost(|frame| frame.to_else.take());
                self.lead(to_else.flatten(), end);
                self.branch(0);
            }
            Operator::End => {
                let Some(frame) = self.frames.pop() else {
                    return Ok(());
                };
                self.lead(frame.to_else.into_iter().chain(frame.to_end), end);
                if !matches!(frame.label, Label::Return) {
                    return Ok(());
                }
                self.way(Way::Return);
            }
            Operator::Br { relative_depth } => self.branch(*relative_depth),
            Operator::BrIf { relative_depth }
            | Operator::BrOnNull { relative_depth }
            | Operator::BrOnNonNull { relative_depth } => {
                self.way(Way::To(end));
                self.branch(*relative_depth);
            }
            Operator::BrTable { targets } => {
                let mut depths = targets.targets().collect::<Result<Vec<_>, _>>()?;
                depths.push(targets.default());
                depths.sort_unstable();
                depths.dedup();
                depths.into_iter().for_each(|depth| self.branch(depth));
            }
            Operator::Return => {
                self.way(Way::Return);
            }
            Operator::Unreachable | Operator::Throw { .. } | Operator::ThrowRef => {}
            _ => return Ok(()),
        }
        let ways = first as u32..self.branches.ways.len() as u32;
        self.branches.operators.push((wasm_pc, ways));
        Ok(())
    }

    /// Adds a way. Returns its index.
    fn way(&mut self, way: Way) -> usize {
        self.branches.ways.push(way);
        self.branches.ways.len() - 1
    }

    /// Adds the way to a label.
    fn branch(&mut self, depth: u32) {
        let way = self.branches.ways.len();
        let frame = self.frames.iter_mut().rev().nth(depth as usize);
        let leads = match frame {
            Some(frame) => match frame.label {
                Label::Loop(begin) => Way::To(begin),
                Label::Return => Way::Return,
                Label::End => {
                    frame.to_end.push(way);
                    // Until the end is read.
                    Way::Return
                }
            },
            None => Way::Return,
        };
        self.way(leads);
    }

    fn innermost<R>(&mut self, change: impl FnOnce(&mut Frame) -> R) -> Option<R> {
        self.frames.last_mut().map(change)
    }

    /// Has ways, of which it was not known where they lead, lead to a place.
    fn lead(&mut self, ways: impl IntoIterator<Item = usize>, wasm_pc: u32) {
        for way in ways {
            self.branches.ways[way] = Way::To(wasm_pc);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ways of a function's branches, as the positions of operators in it.
    fn branches(text: &str) -> Vec<(usize, Vec<Option<usize>>)> {
        let wasm = wat::parse_str(format!("(module (tag $e) (func $f {text}))")).unwrap();
        let mut found = Vec::new();
        for payload in wasmparser::Parser::new(0).parse_all(&wasm) {
            let wasmparser::Payload::CodeSectionEntry(body) = payload.unwrap() else {
                continue;
            };
            let operators = body
                .get_operators_reader()
                .unwrap()
                .into_iter_with_offsets();
            let places: Vec<_> = operators
                .map(|operator| operator.unwrap().1 as u32)
                .collect();
            let position = |pc: u32| places.iter().position(|&at| at == pc).unwrap();
            let branches = Branches::read(&body).unwrap();
            found.extend(branches.operators.iter().map(|(at, _)| {
                let ways = branches.ways(*at).unwrap().iter().map(|way| match way {
                    Way::To(pc) => Some(position(*pc)),
                    Way::Return => None,
                });
                (position(*at), ways.collect())
            }));
        }
        found
    }

    #[test]
    fn branches_lead_behind_ends_and_to_the_beginning_of_loops() {
        // 0 block, 1 loop, 2 const, 3 br_if, 4 br, 5 end, 6 end, 7 end
        let text = "block loop (br_if 1 (i32.const 0)) br 0 end end";
        let expected = [
            (3, vec![Some(4), Some(7)]),
            (4, vec![Some(2)]),
            (7, vec![None]),
        ];
        assert_eq!(branches(text), expected);
    }

    #[test]
    fn both_arms_of_an_if_are_ways_and_the_first_leads_behind_the_end() {
        // 0 const, 1 if, 2 nop, 3 else, 4 nop, 5 end, 6 const, 7 if, 8 nop, 9 end, 10 end
        let text = "i32.const 0 if nop else nop end i32.const 0 if nop end";
        let expected = [
            (1, vec![Some(2), Some(4)]),
            (3, vec![Some(6)]),
            (7, vec![Some(8), Some(10)]),
            (10, vec![None]),
        ];
        assert_eq!(branches(text), expected);
    }

    #[test]
    fn tables_have_each_way_once_and_labels_of_the_function_return() {
        // 0 block, 1 block, 2 const, 3 br_table, 4 end, 5 end, 6 return, 7 throw, 8 end
        let text = "block block (br_table 0 1 0 2 1 (i32.const 0)) end end return throw $e";
        let expected = [
            (3, vec![Some(5), Some(6), None]),
            (6, vec![None]),
            (7, vec![]),
            (8, vec![None]),
        ];
        assert_eq!(branches(text), expected);
    }
}
