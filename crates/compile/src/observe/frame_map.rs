//! Where a frame keeps what can be read of it.

use crate::types::ValType;

/// Where in a frame its vmctx, its locals and its relocated operands lie: all in one area.
///
/// ```text
///   0        the vmctx of the frame's instance
///   8 ...    the homes of the parameters, each aligned to its size
///   16 * n   the homes of the other locals, likewise
///   16 * m   one slot of 16 bytes for each depth of the operand stack that is ever relocated
/// ```
///
/// Offsets are in bytes from the area's first. They follow from the types of the locals alone.
///
/// Code that is compiled with a *reference* has a second home for each local and a second slot for
/// each depth, in which every value is stored as soon as it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameMap {
    locals: Vec<(ValType, u32)>,
    /// Where the locals that are not parameters begin and end.
    zeroed: (u32, u32),
    /// Whether there is a reference.
    reference: bool,
}

/// What the area and everything that is filled or copied as a vector is aligned to, in bytes.
const ALIGNMENT: u32 = 16;

/// Bytes of a slot for an operand.
const SLOT: u32 = 16;

impl FrameMap {
    /// Where the area holds the vmctx.
    pub const VMCTX: u32 = 0;

    /// The map for a function with these locals, the first `params` of them parameters.
    pub(crate) fn new(
        types: impl Iterator<Item = ValType>,
        params: usize,
        reference: bool,
    ) -> FrameMap {
        let mut locals = Vec::with_capacity(types.size_hint().0);
        let mut end = 8;
        let mut zeroed = None;
        for (index, ty) in types.enumerate() {
            if index == params {
                end = u32::next_multiple_of(end, ALIGNMENT);
                zeroed = Some(end);
            }
            let size = size(ty);
            let offset = u32::next_multiple_of(end, size);
            locals.push((ty, offset));
            end = offset + size;
        }
        let end = end.next_multiple_of(ALIGNMENT);
        FrameMap {
            locals,
            zeroed: (zeroed.unwrap_or(end), end),
            reference,
        }
    }

    /// The number of locals, parameters included.
    pub fn num_locals(&self) -> u32 {
        self.locals.len() as u32
    }

    /// The type of a local and the offset of its home; `None` if there is no such local.
    pub fn local(&self, index: u32) -> Option<(ValType, u32)> {
        self.locals.get(index as usize).copied()
    }

    /// The offset of the slot for the operand that has `depth` others below it.
    pub fn slot(&self, depth: u32) -> u32 {
        let homes = self.zeroed.1;
        match self.reference {
            true => 2 * homes + 2 * SLOT * depth,
            false => homes + SLOT * depth,
        }
    }

    /// Whether there is a reference. The code has a point at each operator then.
    pub fn has_reference(&self) -> bool {
        self.reference
    }

    /// The offset of a local's home in the reference.
    pub fn reference_local(&self, index: u32) -> Option<u32> {
        let (_, offset) = self.local(index).filter(|_| self.reference)?;
        Some(self.zeroed.1 + offset)
    }

    /// The offset of the slot for an operand in the reference.
    pub fn reference_slot(&self, depth: u32) -> Option<u32> {
        self.reference.then(|| self.slot(depth) + SLOT)
    }

    /// The vector of 16 bytes in which the home of a local is that is no parameter. Homes of
    /// parameters are in none of these vectors.
    pub(crate) fn vector_of(offset: u32) -> u32 {
        offset - offset % ALIGNMENT
    }

    /// The homes that are zero when the function begins, in vectors of 16 bytes.
    pub(crate) fn zeroed(&self) -> impl Iterator<Item = u32> {
        let (start, end) = self.zeroed;
        (start..end).step_by(16)
    }

    /// The same in the reference.
    pub(crate) fn zeroed_reference(&self) -> impl Iterator<Item = u32> {
        let (_, end) = self.zeroed;
        let zeroed = self.zeroed().map(move |offset| end + offset);
        zeroed.filter(|_| self.reference)
    }

    /// The bytes of an area with slots for as many operands.
    pub(crate) fn size(&self, slots: u32) -> u32 {
        self.slot(slots)
    }
}

/// The bytes that a value takes.
pub(crate) fn size(ty: ValType) -> u32 {
    match ty {
        ValType::I32 | ValType::F32 => 4,
        ValType::I64 | ValType::F64 | ValType::Ref(_) => 8,
        ValType::V128 => 16,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn homes_and_slots_do_not_overlap_and_are_aligned() {
        use ValType::{F32, F64, I32, I64, V128};
        let types = [I32, V128, F32, I64, F64, I32, V128, I32, ValType::FUNCREF];
        for (params, reference) in (0..=types.len()).flat_map(|n| [(n, false), (n, true)]) {
            let map = FrameMap::new(types.into_iter(), params, reference);
            let mut taken = vec![(FrameMap::VMCTX, 8)];
            for (index, ty) in types.into_iter().enumerate() {
                let (of, offset) = map.local(index as u32).expect("it is one of the locals");
                assert_eq!(of, ty);
                let again = map.reference_local(index as u32);
                assert_eq!(again.is_some(), reference);
                for offset in [Some(offset), again].into_iter().flatten() {
                    assert!(offset.is_multiple_of(size(ty)));
                    taken.push((offset, offset + size(ty)));
                    let mut zeroed = map.zeroed().chain(map.zeroed_reference());
                    let zeroed = zeroed.any(|at| at <= offset && offset < at + 16);
                    assert_eq!(zeroed, index >= params, "a local with {params} parameters");
                }
            }
            for depth in 0..3 {
                let again = map.reference_slot(depth);
                assert_eq!(again.is_some(), reference);
                let slots = [Some(map.slot(depth)), again].into_iter().flatten();
                taken.extend(slots.map(|offset| (offset, offset + SLOT)));
            }
            taken.sort_unstable();
            assert!(taken.is_sorted_by(|one, next| one.1 <= next.0), "{taken:?}");
            assert_eq!(taken.last().map(|last| last.1), Some(map.size(3)));
        }
    }
}
