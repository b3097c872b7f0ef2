//! Elements: of arrays, of what pointers lead to, and of containers of libraries.

use super::FrameEnvironment;
use super::problems::{explain, explain_of};
use crate::Place;
use crate::expression::{AddressWidth, Problem, ScalarType};
use crate::locations::TargetError;
use crate::pretty::text::{Extent, TextShape};
use crate::types::{Language, MadeType, TypeId, TypeKind};
use crate::values::string::quote;
use crate::values::view::{Children, Style};
use crate::values::{At, Value};

/// No more entries of a map are looked through for a key.
const MOST_ENTRIES: u64 = 20_000;
/// No more elements that do not lie in a row are collected.
const MOST_COLLECTED: u64 = 1_000;

/// What elements can be taken of.
enum Elements {
    /// A pointer to the first of who knows how many.
    Pointer(u64, TypeId, u64),
    /// Text, of which this many characters are at a place.
    Text(At, u64, TypeId),
    /// So many children.
    Counted(u64),
}

impl FrameEnvironment<'_, '_> {
    pub(super) fn stride_of(&self, value: &Value) -> Result<Option<u64>, Problem> {
        let value = self.settle(value)?;
        match self.kind_of(&value)? {
            Some(TypeKind::Pointer {
                target: Some(target),
                ..
            }) => {
                let bare = self.symbols.bare_type(target);
                match bare.map_err(super::problems::damaged)? {
                    None => Ok(None),
                    Some((_, type_)) if matches!(type_.kind, TypeKind::Function { .. }) => Ok(None),
                    Some(_) => self.size_of_id(Some(target)).map(Some),
                }
            }
            Some(TypeKind::Array { .. }) => {
                let element = self.element_type(&value)?;
                self.size_of_id(element).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The type of an array's elements, which are arrays if it has several dimensions.
    pub(super) fn element_type(&self, array: &Value) -> Result<Option<TypeId>, Problem> {
        let Some(type_) = self.bare_type(array)? else {
            return Ok(None);
        };
        match &type_.kind {
            TypeKind::Array { dimensions, .. } if dimensions.len() > array.dimension + 1 => {
                self.inner_array(&type_, array.dimension + 1).map(Some)
            }
            TypeKind::Array { element, .. } => Ok(*element),
            _ => Ok(None),
        }
    }

    pub(super) fn element(&self, object: &Value, index: i128) -> Result<Value, Problem> {
        let (value, elements) = self.elements_of(object, "index")?;
        self.element_of(&value, &elements, index)
    }

    fn element_of(
        &self,
        value: &Value,
        elements: &Elements,
        index: i128,
    ) -> Result<Value, Problem> {
        let count = match elements {
            Elements::Pointer(first, target, size) => {
                let distance = (index as u64).wrapping_mul(*size);
                let bits = self.names.address_size.clamp(1, 8) * 8;
                let address = first.wrapping_add(distance) & (u64::MAX >> (64 - bits));
                let name = format!("{}[{index}]", value.name);
                let element = self
                    .inspector()
                    .in_memory(value, name, address, Some(*target));
                return Ok(element);
            }
            Elements::Text(_, count, _) | Elements::Counted(count) => *count,
        };
        let inside = u64::try_from(index).ok().filter(|index| *index < count);
        let Some(index) = inside else {
            let sentence = format!("there are {count} elements, counted from 0, and no {index}");
            return Err(Problem::Other(sentence));
        };
        if let Elements::Text(at, _, character) = elements {
            let at = At {
                offset: at.offset.saturating_add(index),
                ..at.clone()
            };
            return Ok(self.new_value(Some(*character), Ok(at)));
        }
        let children = self.view_of(value).map(|view| view.children);
        let children = children.map_err(explain_of(value))?;
        let page = children.page(&self.inspector(), index..index + 1);
        let element = page.map_err(explain_of(value))?.pop();
        let element = element.ok_or_else(|| Problem::Other("there is no such element".into()))?;
        self.settle_dimension(element)
    }

    /// A row of a larger array as an array of its own.
    fn settle_dimension(&self, element: Value) -> Result<Value, Problem> {
        match element.dimension {
            0 => Ok(element),
            _ => self.settle(&element),
        }
    }

    /// The value that is meant by an object, and its elements.
    fn elements_of(
        &self,
        object: &Value,
        operation: &'static str,
    ) -> Result<(Value, Elements), Problem> {
        let value = self.settle(object)?;
        let kind = self.kind_of(&value)?;
        if let Some(TypeKind::Pointer {
            target: Some(target),
            ..
        }) = kind
        {
            return self.elements_behind(&value, target, operation);
        }
        if !matches!(kind, Some(TypeKind::Array { .. } | TypeKind::Record(_))) {
            return Err(self.unfit(operation, object));
        }
        if !matches!(kind, Some(TypeKind::Array { .. }))
            && let Some(text) = self.text_elements(&value)?
        {
            return Ok((value, text));
        }
        let view = self.view_of(&value).map_err(explain_of(&value))?;
        let is_sequence = matches!(view.children, Children::Fetched { .. })
            || matches!(view.style, Style::Braces | Style::Brackets | Style::Tuple);
        match is_sequence {
            true => Ok((value, Elements::Counted(view.children.count()))),
            false => Err(self.unfit(operation, object)),
        }
    }

    fn elements_behind(
        &self,
        pointer: &Value,
        target: TypeId,
        operation: &'static str,
    ) -> Result<(Value, Elements), Problem> {
        // Rust and Zig index through pointers to arrays.
        let bare = self.symbols.bare_type(target);
        let bare = bare.map_err(super::problems::damaged)?;
        let through = matches!(self.names.language, Language::Rust | Language::Zig);
        if let Some((_, type_)) = bare
            && matches!(type_.kind, TypeKind::Array { .. } | TypeKind::Record(_))
            && through
            && let Some(array) = self.led_to(pointer)?
        {
            let is_plain = matches!(type_.kind, TypeKind::Record(_));
            match self.elements_of(&array, operation) {
                Err(_) if is_plain => {}
                found => return found,
            }
        }
        let first = self.inspector().unsigned(pointer);
        let first = first.map_err(explain_of(pointer))?;
        let size = self.size_of_id(Some(target))?;
        let elements = Elements::Pointer(first, target, size);
        Ok((pointer.clone(), elements))
    }

    /// The characters of a string.
    fn text_elements(&self, value: &Value) -> Result<Option<Elements>, Problem> {
        let Some(type_) = self.bare_type(value)? else {
            return Ok(None);
        };
        // Others than these have elements of types of their own.
        let is_string = type_.language == Language::Cpp
            || type_.name.as_deref().is_some_and(|name| {
                let of_zig = type_.language == Language::Zig && name.starts_with('[');
                of_zig || name == "String" || name.ends_with("str") || name.contains("Box<str")
            });
        let shape = match value.type_ {
            Some(id) if is_string => TextShape::of(self.symbols, id).map_err(explain)?,
            _ => None,
        };
        let Some(shape) = shape else {
            return Ok(None);
        };
        let at = value.at.as_ref().map_err(Clone::clone);
        let at = at.map_err(explain_of(value))?;
        let extent = shape.extent(&|offset, buffer| {
            let len = buffer.len() as u64;
            let from = at.offset.saturating_add(offset);
            buffer.copy_from_slice(&at.place.load(self.target, from, len)?);
            Ok(())
        });
        let (place, offset, count) = match extent.map_err(explain_of(value))? {
            Extent::Memory(address, count) => (Place::Memory(address), 0, count.unwrap_or(0)),
            Extent::Inside(offset, count) => {
                (at.place.clone(), at.offset.saturating_add(offset), count)
            }
        };
        let character = self.character()?;
        let at = At {
            place,
            offset,
            bits: None,
        };
        Ok(Some(Elements::Text(at, count, character)))
    }

    /// C's `char`, of which text consists.
    pub(super) fn character(&self) -> Result<TypeId, Problem> {
        let byte = AddressWidth::Bits32.integer(true).resized(8);
        self.make_type(MadeType::Scalar(ScalarType::Character(byte), Language::C))
    }

    pub(super) fn slice_of(
        &self,
        object: &Value,
        start: Option<i128>,
        end: Option<i128>,
    ) -> Result<Value, Problem> {
        let (value, elements) = self.elements_of(object, "slice")?;
        let start = start.unwrap_or(0);
        let count = match &elements {
            Elements::Pointer(..) => None,
            Elements::Text(_, count, _) | Elements::Counted(count) => Some(*count),
        };
        let end = end.or(count.map(i128::from));
        let end = end.ok_or_else(|| {
            Problem::Other("nobody knows how many there are: say where it ends".to_string())
        })?;
        let outside = count.is_some_and(|count| start < 0 || end > i128::from(count));
        let len = end.checked_sub(start);
        let len = len.and_then(|len| u64::try_from(len).ok());
        let Some(len) =
            len.filter(|len| !outside && *len <= self.target.memory_size().max(1 << 20))
        else {
            let there = count.map_or(String::new(), |count| format!(" of {count}"));
            let sentence = format!("there are no elements {start}..{end}{there}");
            return Err(Problem::Other(sentence));
        };
        if len == 0 {
            let byte = ScalarType::Boolean;
            let byte = self.make_type(MadeType::Scalar(byte, self.names.language))?;
            let type_ = self.array_of(byte, vec![0])?;
            return Ok(self.new_value(Some(type_), Ok(self.nowhere(Vec::new()))));
        }
        let first = self.element_of(&value, &elements, start)?;
        let last = self.element_of(&value, &elements, end - 1)?;
        let element = first.type_;
        let size = self.size_of_id(element)?;
        let Some(element) = element else {
            return Err(self.unfit("slice", object));
        };
        let type_ = Some(self.array_of(element, vec![len])?);
        if is_row(&first, &last, (len - 1).saturating_mul(size)) {
            let name = String::new();
            return Ok(Value {
                name,
                type_,
                ..first
            });
        }
        if len > MOST_COLLECTED {
            let sentence = "so many elements that do not lie in a row are not collected";
            return Err(Problem::Other(sentence.to_string()));
        }
        let mut bytes = Vec::new();
        for index in 0..i128::from(len) {
            let element = self.element_of(&value, &elements, start + index)?;
            let mut own = self.inspector().bytes(&element).map_err(explain)?;
            own.resize(size as usize, 0);
            bytes.append(&mut own);
        }
        Ok(self.new_value(type_, Ok(self.nowhere(bytes))))
    }

    /// The value in a map under a key; `None` if the object is no map.
    pub(super) fn look_up(&self, object: &Value, key: &Value) -> Result<Option<Value>, Problem> {
        let value = self.settle(object)?;
        if !matches!(self.kind_of(&value)?, Some(TypeKind::Record(_))) {
            return Ok(None);
        }
        let view = self.view_of(&value).map_err(explain_of(&value))?;
        let Children::Fetched { count, fetch } = view.children else {
            return Ok(None);
        };
        if view.style != Style::Fields {
            return Ok(None);
        }
        // Entries are named by what their keys look like.
        let mut wanted = vec![self.inspector().write_part(key)];
        if let Some(text) = self.text_of(key, 1 << 12)? {
            wanted.push(quote(&text, 1, false));
        } else if let Some(scalar) = self.read_scalar(key)? {
            wanted.push(scalar.to_string());
        }
        let found = fetch(&self.inspector(), 0..count.min(MOST_ENTRIES));
        let found = found.map_err(explain_of(&value))?;
        let is_wanted = |entry: &Value| wanted.iter().any(|it| it == key_text(&entry.name));
        match found.into_iter().find(is_wanted) {
            Some(entry) => Ok(Some(entry)),
            None if count > MOST_ENTRIES => Err(Problem::Other(format!(
                "the key is none of the first {MOST_ENTRIES} of {count}: more are not looked at"
            ))),
            None => Err(Problem::Other("there is no such key".to_string())),
        }
    }

    /// The text that a value holds, as bytes, up to so many; `None` if it holds none.
    pub(super) fn text_of(&self, value: &Value, most: usize) -> Result<Option<Vec<u8>>, Problem> {
        let value = self.settle(value)?;
        let Some(id) = value.type_ else {
            return Ok(None);
        };
        let Some(shape) = TextShape::of(self.symbols, id).map_err(explain)? else {
            return Ok(None);
        };
        let at = value.at.as_ref().map_err(Clone::clone);
        let at = at.map_err(explain_of(&value))?;
        let read = |offset: u64, buffer: &mut [u8]| {
            let from = at.offset.saturating_add(offset);
            let bytes = at.place.load(self.target, from, buffer.len() as u64)?;
            match bytes.len() == buffer.len() {
                true => buffer.copy_from_slice(&bytes),
                false => return Err(TargetError("it is shorter than it says".into()).into()),
            }
            Ok(())
        };
        let text = shape.text(self.target, &read, most);
        text.map(Some).map_err(explain_of(&value))
    }
}

/// The key in the name of an entry of a map.
fn key_text(name: &str) -> &str {
    let key = name.strip_prefix('[').unwrap_or(name);
    key.strip_suffix(']').unwrap_or(key)
}

/// Whether the last of some elements is so many bytes behind the first.
fn is_row(first: &Value, last: &Value, distance: u64) -> bool {
    let (Ok(first), Ok(last)) = (&first.at, &last.at) else {
        return false;
    };
    if first.bits.is_some() || last.bits.is_some() {
        return false;
    }
    match (&first.place, &last.place) {
        (Place::Memory(one), Place::Memory(other)) => {
            let (one, other) = (
                one.wrapping_add(first.offset),
                other.wrapping_add(last.offset),
            );
            one.checked_add(distance) == Some(other)
        }
        (one, other) => one == other && first.offset.checked_add(distance) == Some(last.offset),
    }
}
