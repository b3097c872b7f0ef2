//! Debugging information entries, one at a time in the order of the file.

use crate::ranges::RangeAttributes;
use crate::reader::Reader;
use gimli::{AttributeValue, Section, UnitOffset};

/// The attributes of an entry that this crate looks at.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Where it is in its unit.
    pub(crate) offset: UnitOffset<usize>,
    /// How many entries enclose it, counted from where the walk began.
    pub(crate) depth: isize,
    pub(crate) tag: gimli::DwTag,
    pub(crate) code: RangeAttributes,
    pub(crate) name: Option<AttributeValue<Reader>>,
    pub(crate) linkage_name: Option<AttributeValue<Reader>>,
    /// The entry that has what this one lacks: the abstract function of an inlined one, or the
    /// declaration of a definition.
    pub(crate) origin: Option<AttributeValue<Reader>>,
    /// Where an inlined function was called.
    pub(crate) call: CallSite,
}

/// Where an inlined function was called; the file is an index of the unit's line table.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CallSite {
    pub(crate) file: Option<u64>,
    pub(crate) line: Option<u32>,
    pub(crate) column: Option<u32>,
}

/// A walk over entries. It never recurses, and counts attributes against the budget, since those
/// may take no bytes.
pub(crate) struct Entries<'unit> {
    raw: gimli::EntriesRaw<'unit, Reader>,
    meter: Reader,
}

impl<'unit> Entries<'unit> {
    /// A walk from the entry at this offset, or from the unit's first.
    pub(crate) fn new(
        unit: &'unit gimli::Unit<Reader>,
        dwarf: &gimli::Dwarf<Reader>,
        offset: Option<UnitOffset<usize>>,
    ) -> gimli::Result<Entries<'unit>> {
        let raw = unit.entries_raw(offset)?;
        Ok(Entries {
            raw,
            meter: dwarf.debug_info.reader().clone(),
        })
    }

    /// The next entry, or `None` at the end of the unit.
    pub(crate) fn next(&mut self) -> gimli::Result<Option<Entry>> {
        while !self.raw.is_empty() {
            let (offset, depth) = (self.raw.next_offset(), self.raw.next_depth());
            let Some(abbreviation) = self.raw.read_abbreviation()? else {
                continue;
            };
            let specifications = abbreviation.attributes();
            self.meter.spend(1 + specifications.len())?;
            let mut entry = Entry::new(offset, depth, abbreviation.tag());
            for specification in specifications {
                entry.take(self.raw.read_attribute(*specification)?);
            }
            return Ok(Some(entry));
        }
        Ok(None)
    }
}

impl Entry {
    fn new(offset: UnitOffset<usize>, depth: isize, tag: gimli::DwTag) -> Entry {
        Entry {
            offset,
            depth,
            tag,
            code: RangeAttributes::default(),
            name: None,
            linkage_name: None,
            origin: None,
            call: CallSite::default(),
        }
    }

    fn take(&mut self, attribute: gimli::Attribute<Reader>) {
        let number = || attribute.udata_value();
        let small = || {
            number()
                .and_then(|n| u32::try_from(n).ok())
                .filter(|&n| n > 0)
        };
        match attribute.name() {
            gimli::DW_AT_low_pc => self.code.low_pc = Some(attribute.value()),
            gimli::DW_AT_high_pc => self.code.high_pc = Some(attribute.value()),
            gimli::DW_AT_ranges => self.code.ranges = Some(attribute.value()),
            gimli::DW_AT_name => self.name = Some(attribute.value()),
            gimli::DW_AT_linkage_name | gimli::DW_AT_MIPS_linkage_name => {
                self.linkage_name = Some(attribute.value());
            }
            gimli::DW_AT_abstract_origin | gimli::DW_AT_specification => {
                self.origin = Some(attribute.value());
            }
            gimli::DW_AT_call_file => {
                self.call.file = match attribute.value() {
                    AttributeValue::FileIndex(index) => Some(index),
                    _ => number(),
                };
            }
            gimli::DW_AT_call_line => self.call.line = small(),
            gimli::DW_AT_call_column => self.call.column = small(),
            _ => {}
        }
    }
}
