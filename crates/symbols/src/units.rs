//! The compilation units of a module.

use crate::entries::Entries;
use crate::functions::Functions;
use crate::lines::Lines;
use crate::ranges::CodeRange;
use crate::reader::Reader;
use std::sync::OnceLock;

/// A compilation unit. What costs time to read is read when it is first asked for.
pub(crate) struct Unit {
    pub(crate) dwarf: gimli::Unit<Reader>,
    /// Where the unit begins and ends in `.debug_info`.
    begin: usize,
    end: usize,
    functions: OnceLock<gimli::Result<Functions>>,
    lines: OnceLock<gimli::Result<Lines>>,
}

impl Unit {
    pub(crate) fn functions(&self, dwarf: &gimli::Dwarf<Reader>) -> gimli::Result<&Functions> {
        let functions = self
            .functions
            .get_or_init(|| Functions::read(dwarf, &self.dwarf));
        functions.as_ref().map_err(|&error| error)
    }

    pub(crate) fn lines(&self) -> gimli::Result<&Lines> {
        self.lines
            .get_or_init(|| Lines::read(&self.dwarf))
            .as_ref()
            .map_err(|&error| error)
    }
}

/// All units, and which of them cover which code.
pub(crate) struct Units {
    pub(crate) dwarf: gimli::Dwarf<Reader>,
    units: Vec<Unit>,
    ranges: Vec<(CodeRange, usize)>,
    /// Units that do not say what they cover: they have to be asked.
    unranged: Vec<usize>,
    /// What kept the first of the unreadable units from being read. The others still serve.
    pub(crate) damage: Option<gimli::Error>,
}

impl Units {
    /// Reads the headers of all units.
    pub(crate) fn read(mut dwarf: gimli::Dwarf<Reader>) -> Units {
        dwarf.populate_abbreviations_cache(gimli::AbbreviationsCacheStrategy::Duplicates);
        let mut units = Units {
            dwarf,
            units: Vec::new(),
            ranges: Vec::new(),
            unranged: Vec::new(),
            damage: None,
        };
        let mut headers = units.dwarf.units();
        loop {
            match headers.next() {
                Ok(Some(header)) => {
                    let result = units.read_unit(header);
                    units.note(result);
                }
                Ok(None) => break,
                Err(error) => {
                    units.note(Err(error));
                    break;
                }
            }
        }
        units
    }

    fn note(&mut self, result: gimli::Result<()>) {
        if let Err(error) = result {
            self.damage.get_or_insert(error);
        }
    }

    fn read_unit(&mut self, header: gimli::UnitHeader<Reader>) -> gimli::Result<()> {
        let Some(gimli::DebugInfoOffset(begin)) = header.debug_info_offset() else {
            return Ok(());
        };
        let end = begin.saturating_add(header.length_including_self());
        // Type units hold no code. Partial ones neither, but others refer to them for names.
        let has_code = match header.type_() {
            gimli::UnitType::Type { .. } | gimli::UnitType::SplitType { .. } => return Ok(()),
            gimli::UnitType::Partial => false,
            _ => true,
        };
        let unit = self.dwarf.unit(header)?;
        let index = self.units.len();
        let mut ranges = Vec::new();
        if has_code && let Some(root) = Entries::new(&unit, &self.dwarf, None)?.next()? {
            root.code.visit(&self.dwarf, &unit, &mut |range| {
                ranges.push((range, index));
                true
            })?;
        }
        if has_code && ranges.is_empty() {
            self.unranged.push(index);
        }
        self.ranges.append(&mut ranges);
        self.units.push(Unit {
            dwarf: unit,
            begin,
            end,
            functions: OnceLock::new(),
            lines: OnceLock::new(),
        });
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// The units that may cover this address, those that say so first.
    pub(crate) fn covering(&self, address: u32) -> impl Iterator<Item = &Unit> {
        let ranged = self
            .ranges
            .iter()
            .filter(move |(range, _)| range.contains(address));
        let indices = ranged.map(|(_, index)| index).chain(&self.unranged);
        indices.map(|&index| &self.units[index])
    }

    /// The unit that this offset of `.debug_info` lies in.
    pub(crate) fn at_offset(&self, offset: usize) -> Option<&Unit> {
        // Units are read in the order of their offsets.
        let index = self.units.partition_point(|unit| unit.end <= offset);
        self.units.get(index).filter(|unit| unit.begin <= offset)
    }
}
