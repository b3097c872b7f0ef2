//! The blocks of a function: its scopes, and the calls that were inlined into it.

use super::functions::DEEPEST_INLINING;
use crate::dwarf::entries::{CallSite, Entries, Entry};
use crate::dwarf::ranges::CodeRange;
use crate::dwarf::units::Unit;
use gimli::UnitOffset;
use std::collections::BTreeMap;

/// The blocks of a function that has code, those around before those within. The first is the
/// function itself.
#[derive(Debug)]
pub(crate) struct Blocks {
    pub(crate) blocks: Vec<Block>,
    /// The calls inlined into it; the first stands for the function.
    pub(crate) calls: Vec<Call>,
    /// From which address on which block is the innermost, by address.
    innermost: Vec<(u32, u32)>,
}

/// A scope or an inlined call.
#[derive(Debug)]
pub(crate) struct Block {
    /// The call that it is part of.
    pub(crate) call: u32,
}

/// The function itself, or a call inlined into it.
#[derive(Debug)]
pub(crate) struct Call {
    /// The call that it was inlined into; `None` for the function itself.
    pub(crate) parent: Option<u32>,
    /// How many calls are around it.
    pub(crate) depth: u32,
    pub(crate) ranges: Vec<CodeRange>,
    pub(crate) site: CallSite,
}

impl Blocks {
    /// Reads the blocks of a function.
    pub(crate) fn read(unit: &Unit, function: UnitOffset<usize>) -> gimli::Result<Blocks> {
        let mut entries = Entries::new(unit.with_sections(), Some(function))?;
        let mut builder = Builder::default();
        if let Some(entry) = entries.next()? {
            builder.add(unit, &entry, None)?;
        }
        // The blocks around the present entry, with their depths.
        let mut around: Vec<(isize, u32)> = vec![(0, 0)];
        // Entries that are deeper belong to another function.
        let mut beside = isize::MAX;
        while let Some(entry) = entries.next_below()? {
            if entry.depth > beside {
                continue;
            }
            beside = isize::MAX;
            while around.len() > 1 && around.last().is_some_and(|top| top.0 >= entry.depth) {
                around.pop();
            }
            match entry.tag {
                gimli::DW_TAG_subprogram => beside = entry.depth,
                gimli::DW_TAG_inlined_subroutine
                | gimli::DW_TAG_lexical_block
                | gimli::DW_TAG_try_block
                | gimli::DW_TAG_catch_block => {
                    if around.len() > DEEPEST_INLINING {
                        beside = entry.depth;
                        continue;
                    }
                    let parent = around.last().map(|&(_, block)| block);
                    let block = builder.add(unit, &entry, parent)?;
                    around.push((entry.depth, block));
                }
                _ => {}
            }
        }
        Ok(builder.finish())
    }

    /// Blocks of code that nothing is known of but where it is.
    pub(crate) fn unknown(range: CodeRange) -> Blocks {
        let mut builder = Builder::default();
        builder.blocks.push(Block { call: 0 });
        builder.calls.push(Call {
            parent: None,
            depth: 0,
            ranges: vec![range],
            site: CallSite::default(),
        });
        builder.ranges.push((range, 0));
        builder.finish()
    }

    /// The code of the function, sorted.
    pub(crate) fn ranges(&self) -> &[CodeRange] {
        self.calls.first().map_or(&[], |call| &call.ranges)
    }

    /// The innermost block around an address of the function.
    pub(crate) fn at(&self, address: u32) -> u32 {
        let after = self
            .innermost
            .partition_point(|&(begin, _)| begin <= address);
        self.innermost[..after]
            .last()
            .map_or(0, |&(_, block)| block)
    }
}

#[derive(Default)]
struct Builder {
    blocks: Vec<Block>,
    calls: Vec<Call>,
    /// Which code is in which block.
    ranges: Vec<(CodeRange, u32)>,
}

impl Builder {
    fn add(&mut self, unit: &Unit, entry: &Entry, parent: Option<u32>) -> gimli::Result<u32> {
        let block = self.blocks.len() as u32;
        let mut ranges = Vec::new();
        entry.code().visit(unit.with_sections(), &mut |range| {
            ranges.push(range);
            true
        })?;
        ranges.sort_unstable_by_key(|range| range.begin);
        self.ranges
            .extend(ranges.iter().map(|&range| (range, block)));
        let around = parent.map(|parent| self.blocks[parent as usize].call);
        let call = match around {
            Some(call) if entry.tag != gimli::DW_TAG_inlined_subroutine => call,
            _ => {
                let depth = around.map_or(0, |call| self.calls[call as usize].depth + 1);
                self.calls.push(Call {
                    parent: around,
                    depth,
                    ranges,
                    site: entry.call(),
                });
                self.calls.len() as u32 - 1
            }
        };
        self.blocks.push(Block { call });
        Ok(block)
    }

    /// Finds out what is innermost where. Blocks within others have larger numbers.
    fn finish(self) -> Blocks {
        let mut edges = Vec::with_capacity(2 * self.ranges.len());
        for &(range, block) in &self.ranges {
            edges.push((range.begin, block, 1));
            edges.push((range.end, block, -1));
        }
        edges.sort_unstable();
        // The blocks around the present address, and how many of their ranges are.
        let mut around: BTreeMap<u32, i32> = BTreeMap::new();
        let mut innermost: Vec<(u32, u32)> = Vec::new();
        for (address, block, change) in edges {
            let count = around.entry(block).or_default();
            *count += change;
            if *count == 0 {
                around.remove(&block);
            }
            let block = around.last_key_value().map_or(0, |(&block, _)| block);
            match innermost.last_mut() {
                Some((last, inner)) if *last == address => *inner = block,
                Some((_, inner)) if *inner == block => {}
                _ => innermost.push((address, block)),
            }
        }
        Blocks {
            blocks: self.blocks,
            calls: self.calls,
            innermost,
        }
    }
}
