//! Address ranges, as offsets from the start of the code section's contents.

use super::UnitRef;
use super::reader::Reader;
use gimli::AttributeValue;

/// A non-empty range of code that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CodeRange {
    pub(crate) begin: u32,
    pub(crate) end: u32,
}

impl CodeRange {
    /// The range, if there can be code in it. Linkers leave the debug information of functions
    /// that they drop, and give it impossible addresses: zero (where the number of functions is
    /// written) or the largest ones.
    pub(crate) fn new(begin: u64, end: u64) -> Option<CodeRange> {
        let begin = u32::try_from(begin).ok()?;
        let end = u32::try_from(end).ok()?;
        (begin > 0 && begin < end).then_some(CodeRange { begin, end })
    }

    pub(crate) fn contains(&self, address: u32) -> bool {
        (self.begin..self.end).contains(&address)
    }
}

/// The attributes of an entry that say which code it covers.
#[derive(Clone, Debug, Default)]
pub(crate) struct RangeAttributes {
    pub(crate) low_pc: Option<AttributeValue<Reader>>,
    pub(crate) high_pc: Option<AttributeValue<Reader>>,
    pub(crate) ranges: Option<AttributeValue<Reader>>,
}

impl RangeAttributes {
    /// Calls `each` with the ranges, until it returns false.
    pub(crate) fn visit(
        &self,
        unit: UnitRef<'_>,
        each: &mut dyn FnMut(CodeRange) -> bool,
    ) -> gimli::Result<()> {
        if let Some(ranges) = &self.ranges
            && let Some(mut list) = unit.attr_ranges(ranges.clone())?
        {
            while let Some(range) = list.next()? {
                if let Some(range) = CodeRange::new(range.begin, range.end)
                    && !each(range)
                {
                    break;
                }
            }
        } else if let (Some(low), Some(high)) = (&self.low_pc, &self.high_pc)
            && let Some(begin) = unit.attr_address(low.clone())?
        {
            let end = match high {
                AttributeValue::Udata(size) => begin.checked_add(*size),
                address => unit.attr_address(address.clone())?,
            };
            if let Some(range) = end.and_then(|end| CodeRange::new(begin, end)) {
                each(range);
            }
        }
        Ok(())
    }

    /// Whether one of the ranges contains the address.
    pub(crate) fn contain(&self, unit: UnitRef<'_>, address: u32) -> gimli::Result<bool> {
        let mut found = false;
        self.visit(unit, &mut |range| {
            found |= range.contains(address);
            !found
        })?;
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_linkers_give_to_dropped_functions_are_no_ranges() {
        assert_eq!(CodeRange::new(0, 20), None);
        assert_eq!(CodeRange::new(0xffff_ffff, 0x1_0000_0010), None);
        assert_eq!(CodeRange::new(0xffff_fffe, 0xffff_fffe), None);
        assert_eq!(CodeRange::new(30, 20), None);
        assert!(CodeRange::new(2, 20).is_some_and(|range| range.contains(19)));
    }
}
