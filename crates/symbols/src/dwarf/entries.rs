//! Debugging information entries, one at a time in the order of the file.

use super::UnitRef;
use super::ranges::RangeAttributes;
use super::reader::Reader;
use gimli::{AttributeValue, DwAt, Section, UnitOffset};

/// An entry with all its attributes.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Where it is in its unit.
    pub(crate) offset: UnitOffset<usize>,
    /// How many entries enclose it, counted from where the walk began.
    pub(crate) depth: isize,
    pub(crate) tag: gimli::DwTag,
    attributes: Vec<gimli::Attribute<Reader>>,
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
        unit: UnitRef<'unit>,
        offset: Option<UnitOffset<usize>>,
    ) -> gimli::Result<Entries<'unit>> {
        Ok(Entries {
            raw: unit.unit.entries_raw(offset)?,
            meter: unit.dwarf.debug_info.reader().clone(),
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
            let mut attributes = Vec::with_capacity(specifications.len());
            for specification in specifications {
                attributes.push(self.raw.read_attribute(*specification)?);
            }
            return Ok(Some(Entry {
                offset,
                depth,
                tag: abbreviation.tag(),
                attributes,
            }));
        }
        Ok(None)
    }

    /// The next entry below the one where the walk began, or `None` once those are over.
    pub(crate) fn next_below(&mut self) -> gimli::Result<Option<Entry>> {
        Ok(self.next()?.filter(|entry| entry.depth > 0))
    }
}

impl Entry {
    /// The value of an attribute, in the sense that its form has for this attribute.
    pub(crate) fn attribute(&self, name: DwAt) -> Option<AttributeValue<Reader>> {
        self.find(name).map(gimli::Attribute::value)
    }

    fn find(&self, name: DwAt) -> Option<&gimli::Attribute<Reader>> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name() == name)
    }

    /// The value of an attribute that is a number which cannot be negative.
    pub(crate) fn unsigned(&self, name: DwAt) -> Option<u64> {
        self.find(name)?.udata_value()
    }

    /// The value of an attribute that is a number; one of a form without a sign is taken to be
    /// positive.
    pub(crate) fn number(&self, name: DwAt) -> Option<i128> {
        match self.find(name)?.raw_value() {
            AttributeValue::Sdata(number) => Some(i128::from(number)),
            AttributeValue::Data16(number) => Some(number as i128),
            _ => self.unsigned(name).map(i128::from),
        }
    }

    /// Whether the entry has this flag.
    pub(crate) fn flag(&self, name: DwAt) -> bool {
        matches!(self.attribute(name), Some(AttributeValue::Flag(true)))
    }

    pub(crate) fn has(&self, name: DwAt) -> bool {
        self.find(name).is_some()
    }

    /// Which code it covers.
    pub(crate) fn code(&self) -> RangeAttributes {
        RangeAttributes {
            low_pc: self.attribute(gimli::DW_AT_low_pc),
            high_pc: self.attribute(gimli::DW_AT_high_pc),
            ranges: self.attribute(gimli::DW_AT_ranges),
        }
    }

    /// The entry that has what this one lacks: the abstract function or variable of an inlined
    /// one, or the declaration of a definition.
    pub(crate) fn origin(&self) -> Option<AttributeValue<Reader>> {
        self.attribute(gimli::DW_AT_abstract_origin)
            .or_else(|| self.attribute(gimli::DW_AT_specification))
    }

    pub(crate) fn linkage_name(&self) -> Option<AttributeValue<Reader>> {
        self.attribute(gimli::DW_AT_linkage_name)
            .or_else(|| self.attribute(gimli::DW_AT_MIPS_linkage_name))
    }

    /// Where an inlined function was called.
    pub(crate) fn call(&self) -> CallSite {
        CallSite {
            file: self.file(gimli::DW_AT_call_file),
            line: self.position(gimli::DW_AT_call_line),
            column: self.position(gimli::DW_AT_call_column),
        }
    }

    /// Where in the source it is declared.
    pub(crate) fn declaration(&self) -> CallSite {
        CallSite {
            file: self.file(gimli::DW_AT_decl_file),
            line: self.position(gimli::DW_AT_decl_line),
            column: self.position(gimli::DW_AT_decl_column),
        }
    }

    fn file(&self, name: DwAt) -> Option<u64> {
        match self.attribute(name)? {
            AttributeValue::FileIndex(index) => Some(index),
            _ => self.unsigned(name),
        }
    }

    fn position(&self, name: DwAt) -> Option<u32> {
        let number = u32::try_from(self.unsigned(name)?).ok();
        number.filter(|&number| number > 0)
    }
}
