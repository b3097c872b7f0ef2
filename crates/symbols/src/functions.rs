//! Which function, and which functions inlined into it, an address belongs to.

use crate::entries::{Entries, Entry};
use crate::ranges::CodeRange;
use crate::reader::Reader;
use gimli::UnitOffset;

/// No sane compiler inlines deeper than this.
const DEEPEST_INLINING: usize = 256;

/// The functions of a unit that have code.
pub(crate) struct Functions {
    /// Sorted by where they begin. Functions of WebAssembly do not overlap.
    by_address: Vec<(CodeRange, UnitOffset<usize>)>,
}

impl Functions {
    pub(crate) fn read(
        dwarf: &gimli::Dwarf<Reader>,
        unit: &gimli::Unit<Reader>,
    ) -> gimli::Result<Functions> {
        let mut by_address = Vec::new();
        let mut entries = Entries::new(unit, dwarf, None)?;
        while let Some(entry) = entries.next()? {
            if entry.tag == gimli::DW_TAG_subprogram {
                entry.code.visit(dwarf, unit, &mut |range| {
                    by_address.push((range, entry.offset));
                    true
                })?;
            }
        }
        by_address.sort_unstable_by_key(|(range, _)| range.begin);
        Ok(Functions { by_address })
    }

    /// The function whose code contains this address.
    pub(crate) fn find(&self, address: u32) -> Option<UnitOffset<usize>> {
        let after = self
            .by_address
            .partition_point(|(range, _)| range.begin <= address);
        let (range, offset) = self.by_address[..after].last()?;
        range.contains(address).then_some(*offset)
    }
}

/// A function that has code and the calls inlined into it at an address, outermost first.
pub(crate) fn read_chain(
    dwarf: &gimli::Dwarf<Reader>,
    unit: &gimli::Unit<Reader>,
    function: UnitOffset<usize>,
    address: u32,
) -> gimli::Result<Vec<Entry>> {
    let mut entries = Entries::new(unit, dwarf, Some(function))?;
    let mut chain = Vec::from_iter(entries.next()?);
    // Depth of the innermost entry around the address so far, and of one that is not around it.
    let mut around = 0;
    let mut beside = isize::MAX;
    while let Some(entry) = entries.next()? {
        if entry.depth <= around || chain.len() > DEEPEST_INLINING {
            break;
        }
        if entry.depth > beside {
            continue;
        }
        beside = isize::MAX;
        match entry.tag {
            gimli::DW_TAG_inlined_subroutine | gimli::DW_TAG_lexical_block => {
                if entry.code.contain(dwarf, unit, address)? {
                    around = entry.depth;
                    if entry.tag == gimli::DW_TAG_inlined_subroutine {
                        chain.push(entry);
                    }
                } else {
                    beside = entry.depth;
                }
            }
            gimli::DW_TAG_subprogram => beside = entry.depth,
            _ => {}
        }
    }
    Ok(chain)
}
