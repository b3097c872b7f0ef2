//! Which functions are inlined into another at an address.

use crate::dwarf::UnitRef;
use crate::dwarf::entries::{Entries, Entry};
use gimli::UnitOffset;

/// No sane compiler inlines deeper than this.
pub(crate) const DEEPEST_INLINING: usize = 256;

/// A function that has code and the calls inlined into it at an address, outermost first.
pub(crate) fn read_chain(
    unit: UnitRef<'_>,
    function: UnitOffset<usize>,
    address: u32,
) -> gimli::Result<Vec<Entry>> {
    let mut entries = Entries::new(unit, Some(function))?;
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
                if entry.code().contain(unit, address)? {
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
