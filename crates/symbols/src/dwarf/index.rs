//! What a unit contains, found in one walk over it.

use super::UnitRef;
use super::entries::{Entries, Entry};
use super::ranges::CodeRange;
use super::reader::Reader;
use super::units::LONGEST_WAY;
use gimli::{AttributeValue, DwTag, Reader as _, UnitOffset};
use std::hash::{DefaultHasher, Hasher};

/// The functions, named things and nesting of a unit.
#[derive(Default)]
pub(crate) struct UnitIndex {
    /// Functions that have code, sorted by where that begins. Functions of WebAssembly do not
    /// overlap.
    functions: Vec<(CodeRange, UnitOffset<usize>)>,
    /// Calls that were inlined.
    pub(crate) inlined: Vec<InlinedCopy>,
    /// Types that are defined, variables outside of functions, functions that have code, and names
    /// of enumerations, in the order of the unit.
    pub(crate) named: Vec<Named>,
    /// In the order of the unit, so those around come before those within.
    containers: Vec<Container>,
}

/// Something that can be looked for by its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named {
    /// Of the name without the namespaces around it.
    pub(crate) hash: u64,
    pub(crate) offset: UnitOffset<usize>,
    pub(crate) kind: NamedKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NamedKind {
    Type,
    Variable,
    Function,
    Enumerator,
}

/// A copy of a function that was inlined into another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InlinedCopy {
    /// The offset of the function's own entry, in the unit or in `.debug_info`.
    origin: usize,
    in_section: bool,
    /// Where it is entered.
    pub(crate) entry: u32,
}

impl InlinedCopy {
    /// The reference to the function's own entry.
    pub(crate) fn origin(&self) -> AttributeValue<Reader> {
        if self.in_section {
            AttributeValue::DebugInfoRef(gimli::DebugInfoOffset(self.origin))
        } else {
            AttributeValue::UnitRef(UnitOffset(self.origin))
        }
    }
}

/// An entry that gives the names within it a path: a namespace, a type, or a function.
struct Container {
    begin: usize,
    /// Where it ends: the offset of the first entry after it.
    end: usize,
    parent: Option<u32>,
}

impl UnitIndex {
    pub(crate) fn read(unit: UnitRef<'_>) -> gimli::Result<UnitIndex> {
        let mut index = UnitIndex::default();
        // The containers around the present entry, with their depths.
        let mut around: Vec<(isize, u32, bool)> = Vec::new();
        let mut entries = Entries::new(unit, None)?;
        while let Some(entry) = entries.next()? {
            while let Some(&(depth, container, _)) = around.last()
                && depth >= entry.depth
            {
                index.containers[container as usize].end = entry.offset.0;
                around.pop();
            }
            let in_function = around.iter().any(|&(_, _, function)| function);
            index.note(unit, &entry, in_function)?;
            if is_container(entry.tag) && around.len() < DEEPEST_NESTING {
                let number = index.containers.len() as u32;
                index.containers.push(Container {
                    begin: entry.offset.0,
                    end: usize::MAX,
                    parent: around.last().map(|&(_, parent, _)| parent),
                });
                around.push((entry.depth, number, entry.tag == gimli::DW_TAG_subprogram));
            }
        }
        index
            .functions
            .sort_unstable_by_key(|(range, _)| range.begin);
        index.functions.shrink_to_fit();
        index.inlined.shrink_to_fit();
        index.named.shrink_to_fit();
        index.containers.shrink_to_fit();
        Ok(index)
    }

    fn note(&mut self, unit: UnitRef<'_>, entry: &Entry, in_function: bool) -> gimli::Result<()> {
        let kind = match entry.tag {
            gimli::DW_TAG_subprogram => {
                let before = self.functions.len();
                entry.code().visit(unit, &mut |range| {
                    self.functions.push((range, entry.offset));
                    true
                })?;
                if self.functions.len() == before {
                    return Ok(());
                }
                NamedKind::Function
            }
            gimli::DW_TAG_inlined_subroutine => return self.note_inlined(unit, entry),
            gimli::DW_TAG_enumerator => NamedKind::Enumerator,
            gimli::DW_TAG_structure_type
            | gimli::DW_TAG_class_type
            | gimli::DW_TAG_union_type
            | gimli::DW_TAG_enumeration_type
            | gimli::DW_TAG_base_type
            | gimli::DW_TAG_typedef
                if !entry.flag(gimli::DW_AT_declaration) =>
            {
                NamedKind::Type
            }
            gimli::DW_TAG_variable
                if !in_function
                    && (entry.has(gimli::DW_AT_location)
                        || entry.has(gimli::DW_AT_const_value)) =>
            {
                NamedKind::Variable
            }
            _ => return Ok(()),
        };
        let hash = match entry.attribute(gimli::DW_AT_name) {
            Some(name) => {
                let name = unit.attr_string(name)?;
                let name = name.to_slice()?;
                if kind == NamedKind::Type
                    && let Some(last) = last_of_dotted(&name)
                {
                    self.named.push(Named {
                        hash: hash(last),
                        offset: entry.offset,
                        kind,
                    });
                }
                hash(&name)
            }
            // The name is that of the declaration, and looked for when that is asked for.
            None if kind == NamedKind::Variable => 0,
            None if kind == NamedKind::Function => origin_hash(unit, entry)?,
            None => return Ok(()),
        };
        self.named.push(Named {
            hash,
            offset: entry.offset,
            kind,
        });
        Ok(())
    }

    fn note_inlined(&mut self, unit: UnitRef<'_>, entry: &Entry) -> gimli::Result<()> {
        let (origin, in_section) = match entry.attribute(gimli::DW_AT_abstract_origin) {
            Some(AttributeValue::UnitRef(offset)) => (offset.0, false),
            Some(AttributeValue::DebugInfoRef(offset)) => (offset.0, true),
            _ => return Ok(()),
        };
        let mut begin = None;
        entry.code().visit(unit, &mut |range| {
            begin = Some(range.begin);
            false
        })?;
        if let Some(entry) = begin {
            self.inlined.push(InlinedCopy {
                origin,
                in_section,
                entry,
            });
        }
        Ok(())
    }

    /// The functions that have code, by where that begins.
    pub(crate) fn functions(&self) -> &[(CodeRange, UnitOffset<usize>)] {
        &self.functions
    }

    /// The function whose code contains this address.
    pub(crate) fn function(&self, address: u32) -> Option<UnitOffset<usize>> {
        let after = self
            .functions
            .partition_point(|(range, _)| range.begin <= address);
        let (range, offset) = self.functions[..after].last()?;
        range.contains(address).then_some(*offset)
    }

    /// The namespaces, types and functions around an entry, innermost first.
    pub(crate) fn around(&self, offset: UnitOffset<usize>) -> Vec<UnitOffset<usize>> {
        let after = self
            .containers
            .partition_point(|container| container.begin < offset.0);
        let mut next = after.checked_sub(1);
        let mut found = Vec::new();
        while let Some(container) = next.and_then(|index| self.containers.get(index)) {
            if offset.0 < container.end {
                found.push(UnitOffset(container.begin));
            }
            // Parents come before their children, so this ends.
            next = container.parent.map(|parent| parent as usize);
        }
        found
    }
}

/// Deeper nesting is cut, as no program has it.
const DEEPEST_NESTING: usize = 256;

fn is_container(tag: DwTag) -> bool {
    matches!(
        tag,
        gimli::DW_TAG_namespace
            | gimli::DW_TAG_structure_type
            | gimli::DW_TAG_class_type
            | gimli::DW_TAG_union_type
            | gimli::DW_TAG_enumeration_type
            | gimli::DW_TAG_subprogram
    )
}

/// The last part of a name that has its path in it, as those of Zig's types do.
fn last_of_dotted(name: &[u8]) -> Option<&[u8]> {
    let dot = name.iter().rposition(|&byte| byte == b'.')?;
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
    let last = &name[dot + 1..];
    (name.iter().all(is_plain) && !last.is_empty()).then_some(last)
}

/// That of the name which the origin of an entry has, if that is in the same unit; else zero.
fn origin_hash(unit: UnitRef<'_>, entry: &Entry) -> gimli::Result<u64> {
    let mut origin = entry.origin();
    for _ in 0..LONGEST_WAY {
        let Some(AttributeValue::UnitRef(offset)) = origin else {
            break;
        };
        let Some(entry) = Entries::new(unit, Some(offset))?.next()? else {
            break;
        };
        if let Some(name) = entry.attribute(gimli::DW_AT_name) {
            let name = unit.attr_string(name)?;
            return Ok(hash(&name.to_slice()?));
        }
        origin = entry.origin();
    }
    Ok(0)
}

/// The hash by which [`Named`] things are found.
pub(crate) fn hash(name: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(name);
    // Zero is for those whose name is elsewhere.
    hasher.finish().max(1)
}
