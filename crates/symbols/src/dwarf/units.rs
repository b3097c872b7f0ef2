//! The units of a module, and how an entry of one refers to another.

use super::UnitRef;
use super::entries::{Entries, Entry};
use super::index::{Named, NamedKind, UnitIndex, hash};
use super::ranges::CodeRange;
use super::reader::Reader;
use super::split::Skeleton;
use crate::code::lines::Lines;
use crate::types::Language;
use gimli::{AttributeValue, DebugTypeSignature, Reader as _, UnitOffset};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// Where an entry is: its unit, and its offset in that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct EntryId {
    pub(crate) unit: u32,
    pub(crate) offset: UnitOffset<usize>,
}

/// An entry refers to its origin, that to its declaration: two steps. More leaves room for what
/// other compilers do, and cuts circles.
pub(crate) const LONGEST_WAY: usize = 16;

/// A unit. What costs time to read is read when it is first asked for.
pub(crate) struct Unit {
    pub(crate) id: u32,
    pub(super) sections: Arc<gimli::Dwarf<Reader>>,
    pub(super) dwarf: gimli::Unit<Reader>,
    /// Where the unit begins and ends in `.debug_info`; empty for one that lies elsewhere.
    pub(super) begin: usize,
    pub(super) end: usize,
    /// Its language, as its first entry says.
    pub(crate) language: Language,
    pub(super) index: OnceLock<gimli::Result<UnitIndex>>,
    pub(super) lines: OnceLock<gimli::Result<Lines>>,
}

impl Unit {
    /// The unit with its sections, in the form that `gimli` and the readers here take.
    pub(crate) fn with_sections(&self) -> UnitRef<'_> {
        UnitRef::new(&self.sections, &self.dwarf)
    }

    pub(crate) fn index(&self) -> gimli::Result<&UnitIndex> {
        let index = self
            .index
            .get_or_init(|| UnitIndex::read(self.with_sections()));
        index.as_ref().map_err(|&error| error)
    }

    pub(crate) fn lines(&self) -> gimli::Result<&Lines> {
        self.lines
            .get_or_init(|| Lines::read(&self.dwarf))
            .as_ref()
            .map_err(|&error| error)
    }

    /// An entry of this unit.
    pub(crate) fn entry(&self, offset: UnitOffset<usize>) -> gimli::Result<Entry> {
        Entries::new(self.with_sections(), Some(offset))?
            .next()?
            .ok_or(gimli::Error::NoEntryAtGivenOffset(offset.0 as u64))
    }

    pub(crate) fn id_of(&self, entry: &Entry) -> EntryId {
        EntryId {
            unit: self.id,
            offset: entry.offset,
        }
    }

    /// An attribute of an entry that is text.
    pub(crate) fn text(&self, entry: &Entry, name: gimli::DwAt) -> gimli::Result<Option<String>> {
        let value = entry.attribute(name);
        value.map(|value| self.string(value)).transpose()
    }

    pub(crate) fn string(&self, value: AttributeValue<Reader>) -> gimli::Result<String> {
        let text = self.with_sections().attr_string(value)?;
        Ok(text.to_string_lossy()?.into_owned())
    }
}

/// All units, and which of them cover which code.
pub(crate) struct Units {
    pub(crate) dwarf: Arc<gimli::Dwarf<Reader>>,
    units: Vec<Unit>,
    /// How many of them lie in `.debug_info`; they come first, in the order of their offsets.
    in_debug_info: usize,
    ranges: Vec<(CodeRange, usize)>,
    /// Units that do not say what they cover: they have to be asked.
    unranged: Vec<usize>,
    signatures: HashMap<DebugTypeSignature, EntryId>,
    names: OnceLock<Vec<(u64, NamedKind, EntryId)>>,
    /// Units whose larger part is in files that are not there yet.
    pub(super) skeletons: Vec<Skeleton>,
    /// What kept the first of the unreadable units from being read. The others still serve.
    pub(crate) damage: Option<gimli::Error>,
}

impl Units {
    /// Reads the headers of all units.
    pub(crate) fn read(mut dwarf: gimli::Dwarf<Reader>) -> Units {
        dwarf.populate_abbreviations_cache(gimli::AbbreviationsCacheStrategy::Duplicates);
        let dwarf = Arc::new(dwarf);
        let mut units = Units {
            dwarf: dwarf.clone(),
            units: Vec::new(),
            in_debug_info: 0,
            ranges: Vec::new(),
            unranged: Vec::new(),
            signatures: HashMap::new(),
            names: OnceLock::new(),
            skeletons: Vec::new(),
            damage: None,
        };
        let mut headers = dwarf.units();
        units.read_all(&dwarf, std::iter::from_fn(|| headers.next().transpose()));
        units.in_debug_info = units.units.len();
        let mut headers = dwarf.type_units();
        units.read_all(&dwarf, std::iter::from_fn(|| headers.next().transpose()));
        units
    }

    fn read_all(
        &mut self,
        sections: &Arc<gimli::Dwarf<Reader>>,
        headers: impl Iterator<Item = gimli::Result<gimli::UnitHeader<Reader>>>,
    ) {
        for header in headers {
            let ends = header.is_err();
            let result = header.and_then(|header| self.read_unit(sections, header));
            if let Err(error) = result {
                self.damage.get_or_insert(error);
            }
            if ends {
                break;
            }
        }
    }

    pub(super) fn read_unit(
        &mut self,
        sections: &Arc<gimli::Dwarf<Reader>>,
        header: gimli::UnitHeader<Reader>,
    ) -> gimli::Result<()> {
        let index = self.units.len();
        let id = u32::try_from(index).map_err(|_| gimli::Error::UnsupportedOffset)?;
        let (begin, end) = match header.debug_info_offset() {
            Some(offset) => (
                offset.0,
                offset.0.saturating_add(header.length_including_self()),
            ),
            None => (usize::MAX, usize::MAX),
        };
        let unit_type = header.type_();
        // Type units hold no code. Partial ones neither, but others refer to them for names.
        let has_code = !matches!(
            unit_type,
            gimli::UnitType::Type { .. }
                | gimli::UnitType::SplitType { .. }
                | gimli::UnitType::Partial
        );
        let dwarf = sections.unit(header)?;
        let unit = UnitRef::new(sections, &dwarf);
        let root = Entries::new(unit, None)?.next()?;
        let mut ranges = Vec::new();
        if has_code && let Some(root) = &root {
            root.code().visit(unit, &mut |range| {
                ranges.push((range, index));
                true
            })?;
        }
        let language = match &root {
            Some(root) => language(unit, root)?,
            None => Language::Other,
        };
        // From here on nothing fails, so that whatever is noted of the unit is noted of one that
        // there is.
        if let gimli::UnitType::Type {
            type_signature,
            type_offset,
        }
        | gimli::UnitType::SplitType {
            type_signature,
            type_offset,
        } = unit_type
        {
            let offset = type_offset;
            let entry = EntryId { unit: id, offset };
            self.signatures.entry(type_signature).or_insert(entry);
        }
        if has_code && ranges.is_empty() {
            self.unranged.push(index);
        }
        self.ranges.append(&mut ranges);
        // Before DWARF 5 nothing but its having an id tells a skeleton.
        if has_code && sections.file_type == gimli::DwarfFileType::Main {
            self.note_skeleton(id, dwarf.dwo_id);
        }
        self.units.push(Unit {
            id,
            sections: sections.clone(),
            dwarf,
            begin,
            end,
            language,
            index: OnceLock::new(),
            lines: OnceLock::new(),
        });
        Ok(())
    }

    /// Puts a unit of another file in the place of its skeleton: all that this covers, the other
    /// does.
    pub(super) fn replace(
        &mut self,
        skeleton: u32,
        sections: Arc<gimli::Dwarf<Reader>>,
        dwarf: gimli::Unit<Reader>,
    ) -> gimli::Result<()> {
        let index = self.units.len();
        let id = u32::try_from(index).map_err(|_| gimli::Error::UnsupportedOffset)?;
        let unit = UnitRef::new(&sections, &dwarf);
        let language = match Entries::new(unit, None)?.next()? {
            Some(root) => language(unit, &root)?,
            None => Language::Other,
        };
        let taken = skeleton as usize;
        let ranged = self.ranges.iter_mut().map(|(_, index)| index);
        for old in ranged.chain(&mut self.unranged) {
            if *old == taken {
                *old = index;
            }
        }
        self.units.push(Unit::split(id, sections, dwarf, language));
        Ok(())
    }

    pub(super) fn forget_names(&mut self) {
        self.names = OnceLock::new();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    pub(crate) fn all(&self) -> &[Unit] {
        &self.units
    }

    /// The unit of an entry.
    pub(crate) fn unit(&self, entry: EntryId) -> &Unit {
        &self.units[entry.unit as usize]
    }

    pub(crate) fn entry(&self, id: EntryId) -> gimli::Result<Entry> {
        self.unit(id).entry(id.offset)
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

    /// The units that cover code, in the order in which they were read.
    pub(crate) fn with_code(&self) -> impl Iterator<Item = &Unit> {
        let ranged = self.ranges.iter().map(|&(_, index)| index);
        let mut indices: Vec<usize> = ranged.chain(self.unranged.iter().copied()).collect();
        indices.sort_unstable();
        indices.dedup();
        indices.into_iter().map(|index| &self.units[index])
    }

    /// The unit that this offset of `.debug_info` lies in.
    pub(crate) fn at_offset(&self, offset: usize) -> Option<&Unit> {
        let units = &self.units[..self.in_debug_info];
        let index = units.partition_point(|unit| unit.end <= offset);
        units.get(index).filter(|unit| unit.begin <= offset)
    }

    /// The entry that an attribute of a unit's entry refers to; `None` if there is none, or if that
    /// is no reference.
    pub(crate) fn resolve(
        &self,
        unit: &Unit,
        reference: AttributeValue<Reader>,
    ) -> Option<EntryId> {
        match reference {
            AttributeValue::UnitRef(offset) => Some(EntryId {
                unit: unit.id,
                offset,
            }),
            AttributeValue::DebugInfoRef(offset) => {
                let unit = self.at_offset(offset.0)?;
                Some(EntryId {
                    unit: unit.id,
                    offset: offset.to_unit_offset(&unit.dwarf.header)?,
                })
            }
            AttributeValue::DebugTypesRef(signature) => self.signatures.get(&signature).copied(),
            _ => None,
        }
    }

    /// The entry that an attribute refers to.
    pub(crate) fn reference(
        &self,
        unit: &Unit,
        entry: &Entry,
        name: gimli::DwAt,
    ) -> Option<EntryId> {
        self.resolve(unit, entry.attribute(name)?)
    }

    /// An entry, its origin, the origin of that, and so on.
    pub(crate) fn origins(&self, id: EntryId) -> gimli::Result<Vec<(&Unit, Entry)>> {
        let mut found = Vec::new();
        let mut next = Some(id);
        while let Some(id) = next
            && found.len() < LONGEST_WAY
        {
            let unit = self.unit(id);
            let entry = unit.entry(id.offset)?;
            next = entry
                .origin()
                .and_then(|reference| self.resolve(unit, reference));
            found.push((unit, entry));
        }
        Ok(found)
    }

    /// The names of the namespaces, types and functions around an entry, outermost first. Inline
    /// namespaces are left out, as programmers leave them out.
    pub(crate) fn path(&self, id: EntryId) -> gimli::Result<Vec<String>> {
        let unit = self.unit(id);
        let mut path = Vec::new();
        for offset in unit.index()?.around(id.offset) {
            let entry = unit.entry(offset)?;
            match unit.text(&entry, gimli::DW_AT_name)? {
                Some(name) if entry.flag(gimli::DW_AT_export_symbols) || is_version(&name) => {}
                Some(name) => path.push(name),
                None => path.push("(anonymous)".to_string()),
            }
        }
        path.reverse();
        Ok(path)
    }

    /// What is defined under a name, be it within whatever namespace, in all units. Units that
    /// cannot be read have nothing.
    pub(crate) fn named(&self, name: &str, kind: NamedKind) -> impl Iterator<Item = EntryId> {
        self.hashed(hash(name.as_bytes()), kind)
    }

    /// What is defined where its name is not: its declaration has that.
    pub(crate) fn named_elsewhere(&self, kind: NamedKind) -> impl Iterator<Item = EntryId> {
        self.hashed(0, kind)
    }

    fn hashed(&self, hash: u64, kind: NamedKind) -> impl Iterator<Item = EntryId> {
        let names = self.names.get_or_init(|| {
            let mut names = Vec::new();
            for unit in &self.units {
                let named = unit.index().map_or(&[][..], |index| &index.named);
                for &Named { hash, offset, kind } in named {
                    let unit = unit.id;
                    names.push((hash, kind, EntryId { unit, offset }));
                }
            }
            names.sort_unstable_by_key(|&(hash, _, entry)| (hash, entry));
            names.shrink_to_fit();
            names
        });
        let first = names.partition_point(|&(other, ..)| other < hash);
        names[first..]
            .iter()
            .take_while(move |&&(other, ..)| other == hash)
            .filter(move |&&(_, other, _)| other == kind)
            .map(|&(_, _, entry)| entry)
    }
}

/// Whether this is the name of an inline namespace of C++'s library, which up to DWARF 4 is not
/// marked as such.
pub(crate) fn is_version(name: &str) -> bool {
    let version = name
        .strip_prefix("__ndk")
        .or_else(|| name.strip_prefix("__"));
    version.is_some_and(|version| {
        !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// The language of a unit.
fn language(unit: UnitRef<'_>, root: &Entry) -> gimli::Result<Language> {
    // Zig calls itself C, for the sake of debuggers that know that.
    if let Some(producer) = root.attribute(gimli::DW_AT_producer) {
        let producer = unit.attr_string(producer)?;
        if producer.to_slice()?.starts_with(b"zig ") {
            return Ok(Language::Zig);
        }
    }
    let Some(AttributeValue::Language(language)) = root.attribute(gimli::DW_AT_language) else {
        return Ok(Language::Other);
    };
    Ok(Language::from_dwarf(language))
}
