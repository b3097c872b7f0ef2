//! What the names in an expression stand for, seen from a place in the code.

use crate::dwarf::index::NamedKind;
use crate::dwarf::units::EntryId;
use crate::expression::{GenericArgument, Path, Tag, TypeNames, spellings_of_c};
use crate::locations::Context;
use crate::scopes::FrameScopes;
use crate::types::{Language, TypeId, TypeKind};
use crate::values::{At, Value};
use crate::{Place, Symbols, SymbolsError, ValueError, Variable};

/// Variants that Rust programs name without their enum.
const CONSTRUCTORS: [&str; 3] = ["Some", "Ok", "Err"];
/// More things of one name are not looked at.
const MOST_CANDIDATES: usize = 10_000;

/// The names at an instruction, in one of the frames that are there.
#[derive(Clone, Debug)]
pub(super) struct Names {
    frame: Option<FrameScopes>,
    /// The namespaces and types around the function, outermost first.
    around: Vec<String>,
    pub(super) language: Language,
    /// The size of addresses in bytes.
    pub(super) address_size: u64,
    pub(super) context: Context,
}

/// What a name stands for.
pub(super) enum Meaning {
    /// A variable.
    Variable(Variable),
    /// Something that may be a member of the object that this variable leads to.
    Member(Variable, String),
    /// A function, by its entry.
    Function(EntryId),
    /// A value of an enumeration.
    Enumerator(Value),
    /// What makes a variant of an enum of Rust.
    Constructor(String),
}

impl Names {
    /// The names at an instruction; `frame` counts the frames that are inlined there from the
    /// innermost one. Without an instruction, those of the whole program.
    pub(super) fn at(
        symbols: &Symbols,
        wasm_pc: Option<u32>,
        frame: usize,
    ) -> Result<Names, SymbolsError> {
        let frame = match wasm_pc {
            Some(wasm_pc) => symbols.scopes(wasm_pc)?.into_iter().nth(frame),
            None => None,
        };
        let address = wasm_pc.and_then(|wasm_pc| symbols.address(wasm_pc));
        let unit = match (&frame, address) {
            (Some(frame), _) => Some(frame.context.unit),
            (None, Some(address)) => symbols.units().covering(address).next().map(|it| it.id),
            (None, None) => None,
        };
        let mut names = Names {
            around: Vec::new(),
            language: Language::Other,
            address_size: 4,
            context: Context {
                unit: unit.unwrap_or(0),
                address,
                function: frame.as_ref().and_then(|frame| frame.context.function),
            },
            frame,
        };
        let all = symbols.units().all();
        if let Some(unit) = all.get(names.context.unit as usize) {
            names.language = unit.language;
            names.address_size = unit.with_sections().encoding().address_size.into();
        }
        if let Some(frame) = &names.frame {
            let path = declared_path(symbols, frame.entry);
            names.around = path.map_err(|error| symbols.explain(error))?;
        }
        Ok(names)
    }

    /// What a path stands for; `None` if for nothing.
    pub(super) fn meaning(
        &self,
        symbols: &Symbols,
        path: &Path,
    ) -> Result<Option<Meaning>, ValueError> {
        if let Some(name) = path.as_name() {
            if let Some(variable) = self.local(name) {
                return Ok(Some(Meaning::Variable(variable.clone())));
            }
            if let Some(this) = self.local("this").filter(|_| self.has_this())
                && self.this_has(symbols, this, name)?
            {
                return Ok(Some(Meaning::Member(this.clone(), name.to_string())));
            }
        }
        if let Some(id) = self.find(symbols, path, NamedKind::Variable, None)? {
            return Ok(Some(Meaning::Variable(symbols.global(id)?)));
        }
        if let Some(id) = self.find(symbols, path, NamedKind::Enumerator, None)?
            && let Some(value) = self.enumerator(symbols, id)?
        {
            return Ok(Some(Meaning::Enumerator(value)));
        }
        if let Some(id) = self.find(symbols, path, NamedKind::Function, None)? {
            return Ok(Some(Meaning::Function(id)));
        }
        let constructor = path.as_name().filter(|_| self.is_constructor(path));
        Ok(constructor.map(|name| Meaning::Constructor(name.to_string())))
    }

    fn local(&self, name: &str) -> Option<&Variable> {
        self.frame.as_ref()?.find(name)
    }

    fn has_this(&self) -> bool {
        self.language == Language::Cpp
    }

    fn this_has(&self, symbols: &Symbols, this: &Variable, name: &str) -> Result<bool, ValueError> {
        let Some(pointer) = this.type_ else {
            return Ok(false);
        };
        let target = match symbols.bare_type(pointer)? {
            Some((_, type_)) => match &type_.kind {
                TypeKind::Pointer { target, .. } => *target,
                _ => None,
            },
            None => None,
        };
        super::layout::has_member(symbols, target, name)
    }

    pub(super) fn is_constructor(&self, path: &Path) -> bool {
        let name = path.as_name().filter(|name| CONSTRUCTORS.contains(name));
        self.language == Language::Rust && name.is_some_and(|name| self.local(name).is_none())
    }

    /// A type by its path, of the kind that a keyword before it says.
    pub(super) fn named_type(
        &self,
        symbols: &Symbols,
        path: &Path,
        tag: Option<Tag>,
    ) -> Result<Option<TypeId>, ValueError> {
        let found = self.find(symbols, path, NamedKind::Type, tag)?;
        Ok(found.map(TypeId))
    }

    /// A type by the whole of its name, as Rust and Zig have for those that are made of others.
    pub(super) fn type_of_name(
        &self,
        symbols: &Symbols,
        name: &str,
    ) -> Result<Option<TypeId>, ValueError> {
        let mut found = symbols.units().named(name, NamedKind::Type);
        Ok(found.next().map(TypeId))
    }

    /// Functions of a name, whatever they are in.
    pub(super) fn functions(&self, symbols: &Symbols, name: &str) -> Vec<EntryId> {
        let found = symbols.units().named(name, NamedKind::Function);
        found.take(MOST_CANDIDATES).collect()
    }

    /// The best of what a path can stand for: what the scopes around the function have, innermost
    /// first, else anything whose own path ends in this one.
    fn find(
        &self,
        symbols: &Symbols,
        path: &Path,
        kind: NamedKind,
        tag: Option<Tag>,
    ) -> Result<Option<EntryId>, ValueError> {
        let mut wanted: Vec<String> = path.segments.iter().map(segment_text).collect();
        if self.language == Language::Rust && wanted.len() > 1 && wanted[0] == "crate" {
            match self.around.first() {
                Some(name) => wanted[0] = name.clone(),
                None => drop(wanted.remove(0)),
            }
        }
        let of_c = !matches!(self.language, Language::Rust | Language::Zig);
        if kind == NamedKind::Enumerator && !of_c && wanted.len() < 2 {
            // Their names are within that of the enumeration.
            return Ok(None);
        }
        let mut best = None;
        for id in self.candidates(symbols, &wanted, kind)? {
            if tag.is_some_and(|tag| !has_tag(symbols, id, tag)) {
                continue;
            }
            let rank = self.rank(symbols, id, &wanted, path.global, kind)?;
            if let Some(rank) = rank
                && best.is_none_or(|(known, _)| rank < known)
            {
                best = Some((rank, id));
            }
        }
        Ok(best.map(|(_, id)| id))
    }

    fn candidates(
        &self,
        symbols: &Symbols,
        wanted: &[String],
        kind: NamedKind,
    ) -> Result<Vec<EntryId>, ValueError> {
        let units = symbols.units();
        let Some(name) = wanted.last() else {
            return Ok(Vec::new());
        };
        let named = units.named(name, kind).take(MOST_CANDIDATES);
        let mut found: Vec<EntryId> = named.collect();
        if self.language == Language::Zig && wanted.len() > 1 {
            found.extend(units.named(&wanted.join("."), kind).take(MOST_CANDIDATES));
        }
        if kind == NamedKind::Variable {
            for id in units.named_elsewhere(kind).take(MOST_CANDIDATES) {
                if declared_name(symbols, id)?.as_deref() == Some(name) {
                    found.push(id);
                }
            }
        }
        if found.is_empty() && kind == NamedKind::Type {
            for spelling in spellings_of_c(name) {
                found.extend(units.named(&spelling, kind).take(MOST_CANDIDATES));
            }
        }
        // Templates have more arguments than people write.
        if found.is_empty() && kind == NamedKind::Type && name.contains('<') {
            found = self.types_like(symbols, name)?;
        }
        Ok(found)
    }

    fn types_like(&self, symbols: &Symbols, name: &str) -> Result<Vec<EntryId>, ValueError> {
        let mut found = Vec::new();
        for unit in symbols.units().all() {
            // One that cannot be read has nothing.
            let named = unit.index().map_or(&[][..], |index| &index.named);
            for named in named.iter().filter(|named| named.kind == NamedKind::Type) {
                let entry = unit.entry(named.offset)?;
                let own = unit.text(&entry, gimli::DW_AT_name)?.unwrap_or_default();
                if is_like(&own, name) && found.len() < MOST_CANDIDATES {
                    found.push(unit.id_of(&entry));
                }
            }
        }
        Ok(found)
    }

    /// How well a candidate fits, less being better; `None` if it does not.
    fn rank(
        &self,
        symbols: &Symbols,
        id: EntryId,
        wanted: &[String],
        global: bool,
        kind: NamedKind,
    ) -> gimli::Result<Option<(usize, usize, usize)>> {
        let own = declared_path(symbols, id)?;
        // Enumerators of C are known outside of their enumeration too.
        let outside = own.split_last().map(|(_, outside)| outside.to_vec());
        let outside = outside.filter(|_| kind == NamedKind::Enumerator);
        let around = wanted.split_last().map_or(&[][..], |(_, around)| around);
        let elsewhere = usize::from(id.unit != self.context.unit);
        let mut best = None;
        for own in [Some(own), outside].into_iter().flatten() {
            let exact = (0..=self.around.len()).rev().find(|&depth| {
                (depth == 0 || !global)
                    && own.len() == depth + around.len()
                    && own[..depth] == self.around[..depth]
                    && own[depth..] == *around
            });
            let rank = match exact {
                Some(depth) => Some((self.around.len() - depth, 0, elsewhere)),
                None if !global && ends_with(&own, around) => {
                    Some((usize::MAX, elsewhere, own.len()))
                }
                // Zig does not describe which file a variable is of.
                None if own.is_empty() && self.language == Language::Zig => {
                    Some((usize::MAX, elsewhere, around.len()))
                }
                None => None,
            };
            best = match (best, rank) {
                (Some(best), Some(rank)) => Some(rank.min(best)),
                (best, rank) => best.or(rank),
            };
        }
        Ok(best)
    }

    /// The value of a name of an enumeration.
    fn enumerator(&self, symbols: &Symbols, id: EntryId) -> Result<Option<Value>, ValueError> {
        let unit = symbols.units().unit(id);
        let entry = symbols.units().entry(id)?;
        let Some(number) = entry.number(gimli::DW_AT_const_value) else {
            return Ok(None);
        };
        let around = unit.index()?.around(id.offset);
        let Some(&offset) = around.first() else {
            return Ok(None);
        };
        let type_ = TypeId(EntryId { offset, ..id });
        let size = symbols.size_of(type_)?.unwrap_or(4).min(16) as usize;
        let bytes = number.to_le_bytes()[..size].to_vec();
        Ok(Some(Value {
            name: unit.text(&entry, gimli::DW_AT_name)?.unwrap_or_default(),
            type_: Some(type_),
            dimension: 0,
            at: Ok(At {
                place: Place::Bytes(bytes.into()),
                offset: 0,
                bits: None,
            }),
            context: self.context,
        }))
    }
}

/// [`Names`] as the parser asks them.
pub(super) struct KnownTypes<'a> {
    pub(super) names: &'a Names,
    pub(super) symbols: &'a Symbols,
}

impl TypeNames for KnownTypes<'_> {
    fn is_variable(&self, word: &str) -> bool {
        self.names.local(word).is_some()
    }

    fn is_type(&self, path: &Path) -> bool {
        let is_variable = path.as_name().is_some_and(|name| self.is_variable(name))
            || self.names.is_constructor(path);
        // What cannot be looked for is not known to be one.
        let find = || self.names.named_type(self.symbols, path, None);
        !is_variable && matches!(find(), Ok(Some(_)))
    }
}

/// The names around the declaration of something, outermost first.
fn declared_path(symbols: &Symbols, id: EntryId) -> gimli::Result<Vec<String>> {
    let units = symbols.units();
    let origins = units.origins(id)?;
    let Some((unit, entry)) = origins.last() else {
        return Ok(Vec::new());
    };
    let mut path = units.path(unit.id_of(entry))?;
    path.retain(|name| name != "(anonymous)");
    if unit.language == Language::Zig {
        // Names in Zig have their paths in them.
        let split = |name: &String| name.split('.').map(str::to_string).collect::<Vec<_>>();
        path = path.iter().flat_map(split).collect();
        if let Some(name) = unit.text(entry, gimli::DW_AT_name)?
            && let Some((around, _)) = name.rsplit_once('.')
            && around.chars().all(is_of_path)
        {
            path.extend(around.split('.').map(str::to_string));
        }
    }
    Ok(path)
}

fn is_of_path(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '.'
}

pub(super) fn declared_name(symbols: &Symbols, id: EntryId) -> gimli::Result<Option<String>> {
    for (unit, entry) in symbols.units().origins(id)? {
        if let Some(name) = unit.text(&entry, gimli::DW_AT_name)? {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

fn has_tag(symbols: &Symbols, id: EntryId, tag: Tag) -> bool {
    let Ok(entry) = symbols.units().entry(id) else {
        return false;
    };
    match tag {
        Tag::Struct | Tag::Class => matches!(
            entry.tag,
            gimli::DW_TAG_structure_type | gimli::DW_TAG_class_type
        ),
        Tag::Union => entry.tag == gimli::DW_TAG_union_type,
        Tag::Enum => entry.tag == gimli::DW_TAG_enumeration_type,
        Tag::Dyn => true,
    }
}

fn ends_with(own: &[String], wanted: &[String]) -> bool {
    own.len() >= wanted.len() && own[own.len() - wanted.len()..] == *wanted
}

fn segment_text(segment: &crate::expression::Segment) -> String {
    if segment.arguments.is_empty() {
        return segment.name.clone();
    }
    let arguments: Vec<String> = segment.arguments.iter().map(argument_text).collect();
    format!("{}<{}>", segment.name, arguments.join(", "))
}

fn argument_text(argument: &GenericArgument) -> String {
    match argument {
        GenericArgument::Type(type_name) => type_name.to_string(),
        GenericArgument::Integer(number) => number.to_string(),
        GenericArgument::Boolean(value) => value.to_string(),
    }
}

/// Whether a type's own name is the one that is wanted, but for spaces, versions of C++'s library
/// and arguments that have defaults.
fn is_like(own: &str, wanted: &str) -> bool {
    let (own, wanted) = (plain(own), plain(wanted));
    if own
        .rsplit_once('.')
        .is_some_and(|(around, name)| name == wanted && around.chars().all(is_of_path))
    {
        return true;
    }
    let Some(wanted) = wanted.strip_suffix('>') else {
        return own == wanted;
    };
    let rest = own.strip_prefix(wanted);
    rest.is_some_and(|rest| rest.starts_with([',', '>']))
}

fn plain(name: &str) -> String {
    let name: String = name.chars().filter(|character| *character != ' ').collect();
    let mut plain = String::with_capacity(name.len());
    for (index, part) in name.split("::").enumerate() {
        let version = part.strip_prefix("__");
        let is_version = version.is_some_and(|version| {
            !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit())
        });
        if !is_version {
            if index > 0 {
                plain.push_str("::");
            }
            plain.push_str(part);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_types_are_alike_without_what_people_leave_out() {
        let own = "vector<int, std::__2::allocator<int> >";
        assert!(is_like(own, "vector<int>"));
        assert!(is_like(own, "vector<int, std::allocator<int>>"));
        assert!(!is_like(own, "vector<in>"));
        assert!(!is_like("vector<int *>", "vector<int>"));
    }
}
