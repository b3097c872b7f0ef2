//! Text as bytes, whatever the type that holds it: for comparing it, not for showing it.
//!
//! How a type holds text is found out once ([`TextShape`]), and used as often as there is text to be
//! read, since a condition may compare the same variable a million times.

use super::parts::path;
use super::{full_name, rust};
use crate::locations::Context;
use crate::locations::evaluate::number;
use crate::types::{Count, Encoding, Language, PointerKind, Type, TypeId, TypeKind};
use crate::values::{At, Inspector, Value};
use crate::{Place, Symbols, Target, TargetError, ValueError, WasmValue};

/// So many bytes are read at a time when the end of a text has to be found.
const CHUNK: usize = 64;

/// A number in a value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    /// In bytes from the beginning of the value.
    offset: u64,
    /// In bytes; no more than 8.
    size: u64,
    /// For a bit-field, its first bit and how many it has.
    bits: Option<(u64, u64)>,
}

/// How a type holds text of bytes.
#[derive(Clone, Debug)]
pub(crate) enum TextShape {
    /// The value is the text: so many bytes, of which those from the first zero on may not count.
    Array { len: u64, terminated: bool },
    /// The value is a pointer to the text, which ends in a zero.
    Pointer { size: u64 },
    /// There are a pointer to the text and its length.
    Counted { pointer: Field, count: Field },
    /// Either that, or the text is in the value itself: C++'s string.
    Short {
        is_long: Field,
        long: (Field, Field),
        /// Where the short text is, how much room there is, and its length.
        short: (u64, u64, Field),
    },
}

/// Where text is.
pub(crate) enum Extent {
    /// In memory; up to a zero if its length is not known.
    Memory(u64, Option<u64>),
    /// In the value, so many bytes from its beginning.
    Inside(u64, u64),
}

/// Reads bytes of a value, from an offset on.
pub(crate) type Read<'a> = &'a dyn Fn(u64, &mut [u8]) -> Result<(), ValueError>;

impl TextShape {
    /// How values of a type hold text; `None` if they do not.
    pub(crate) fn of(symbols: &Symbols, id: TypeId) -> Result<Option<TextShape>, ValueError> {
        let Some((id, type_)) = symbols.bare_type(id)? else {
            return Ok(None);
        };
        match &type_.kind {
            TypeKind::Array {
                element: Some(element),
                dimensions,
                stride: None,
            } => {
                let [Count::Known(len)] = dimensions[..] else {
                    return Ok(None);
                };
                let terminated = match byte_kind(symbols, *element)? {
                    ByteKind::Other => return Ok(None),
                    kind => kind == ByteKind::Character,
                };
                Ok(Some(TextShape::Array { len, terminated }))
            }
            TypeKind::Pointer {
                kind: PointerKind::Pointer,
                target: Some(target),
            } => {
                let name = type_.name.as_deref().unwrap_or_default();
                let is_text = match byte_kind(symbols, *target)? {
                    ByteKind::Character => true,
                    ByteKind::Number => name.starts_with("[*:0]"),
                    ByteKind::Other => false,
                };
                let size = type_.size.unwrap_or(4).min(8);
                Ok(is_text.then_some(TextShape::Pointer { size }))
            }
            TypeKind::Record(_) => match of_record(symbols, id, &type_) {
                Ok(shape) => Ok(shape),
                // It is built in another way.
                Err(ValueError::NoMember(_)) => Ok(None),
                Err(error) => Err(error),
            },
            _ => Ok(None),
        }
    }

    /// Where the text of a value is.
    pub(crate) fn extent(&self, read: Read<'_>) -> Result<Extent, ValueError> {
        Ok(match self {
            TextShape::Array { len, .. } => Extent::Inside(0, *len),
            TextShape::Pointer { size } => {
                let pointer = Field {
                    offset: 0,
                    size: *size,
                    bits: None,
                };
                Extent::Memory(pointer.load(read)?, None)
            }
            TextShape::Counted { pointer, count } => {
                Extent::Memory(pointer.load(read)?, Some(count.load(read)?))
            }
            TextShape::Short {
                is_long,
                long: (pointer, count),
                short: (offset, room, short_count),
            } => match is_long.load(read)? {
                0 => {
                    let count = short_count.load(read)?;
                    if count > *room {
                        let what = format!("a short string of {count} characters");
                        return Err(ValueError::Corrupt(what));
                    }
                    Extent::Inside(*offset, count)
                }
                _ => Extent::Memory(pointer.load(read)?, Some(count.load(read)?)),
            },
        })
    }

    /// The text of a value, or as many bytes of it.
    pub(crate) fn text(
        &self,
        target: &dyn Target,
        read: Read<'_>,
        most: usize,
    ) -> Result<Vec<u8>, ValueError> {
        let cut = |count: u64| usize::try_from(count).unwrap_or(usize::MAX).min(most);
        match self.extent(read)? {
            Extent::Memory(address, None) => terminated(target, address, most),
            Extent::Memory(address, Some(count)) => {
                let mut text = vec![0; cut(count.min(target.memory_size()))];
                if !text.is_empty() {
                    target.read_memory(address, &mut text)?;
                }
                Ok(text)
            }
            Extent::Inside(offset, count) => {
                let mut text = vec![0; cut(count)];
                read(offset, &mut text)?;
                if let TextShape::Array {
                    terminated: true, ..
                } = self
                    && let Some(end) = text.iter().position(|byte| *byte == 0)
                {
                    text.truncate(end);
                }
                Ok(text)
            }
        }
    }
}

impl Field {
    fn load(&self, read: Read<'_>) -> Result<u64, ValueError> {
        let (offset, len, first, count) = match self.bits {
            Some((first, count)) => {
                let len = (first % 8 + count).div_ceil(8);
                (self.offset + first / 8, len, first % 8, count)
            }
            None => (self.offset, self.size, 0, self.size * 8),
        };
        let mut bytes = [0; 8];
        let bytes = &mut bytes[..len.min(8) as usize];
        read(offset, bytes)?;
        let number = number(bytes) >> first;
        Ok(match count {
            64.. => number,
            count => number & ((1 << count) - 1),
        })
    }
}

fn terminated(target: &dyn Target, address: u64, most: usize) -> Result<Vec<u8>, ValueError> {
    let mut text = Vec::new();
    let mut chunk = [0; CHUNK];
    while text.len() < most {
        let at = address.saturating_add(text.len() as u64);
        let left = target.memory_size().saturating_sub(at);
        // What is not there is the target's error.
        let len = left.clamp(1, CHUNK.min(most - text.len()) as u64) as usize;
        target.read_memory(at, &mut chunk[..len])?;
        let end = chunk[..len].iter().position(|byte| *byte == 0);
        text.extend_from_slice(&chunk[..end.unwrap_or(len)]);
        if end.is_some() {
            break;
        }
    }
    Ok(text)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ByteKind {
    /// A character of C.
    Character,
    /// A number of one byte.
    Number,
    Other,
}

fn byte_kind(symbols: &Symbols, id: TypeId) -> Result<ByteKind, ValueError> {
    let Some((_, type_)) = symbols.bare_type(id)? else {
        return Ok(ByteKind::Other);
    };
    Ok(match (&type_.kind, type_.size) {
        (TypeKind::Base(Encoding::SignedCharacter | Encoding::UnsignedCharacter), Some(1)) => {
            ByteKind::Character
        }
        (TypeKind::Base(Encoding::Utf), Some(1)) => ByteKind::Character,
        (TypeKind::Base(Encoding::Unsigned | Encoding::Signed), Some(1)) => ByteKind::Number,
        _ => ByteKind::Other,
    })
}

fn of_record(symbols: &Symbols, id: TypeId, type_: &Type) -> Result<Option<TextShape>, ValueError> {
    let inspector = Inspector::new(symbols, &NoTarget);
    let value = nowhere(id);
    let name = type_.name.as_deref().unwrap_or_default();
    let full = full_name(type_).unwrap_or_default();
    let parts = match (type_.language, full.as_str()) {
        (Language::Cpp, "std::basic_string") => return of_string(&inspector, &value),
        (Language::Cpp, "std::basic_string_view") => (
            inspector
                .member(&value, "__data_")
                .or_else(|_| inspector.member(&value, "__data"))?,
            inspector
                .member(&value, "__size_")
                .or_else(|_| inspector.member(&value, "__size"))?,
        ),
        (Language::Rust, "alloc::string::String") => {
            let vector = inspector.member(&value, "vec")?;
            let pointer = rust::buffer_pointer(&inspector, &vector)?;
            (pointer, inspector.member(&vector, "len")?)
        }
        (Language::Rust, "alloc::vec::Vec") if name.starts_with("Vec<u8") => {
            let pointer = rust::buffer_pointer(&inspector, &value)?;
            (pointer, inspector.member(&value, "len")?)
        }
        (Language::Rust, _) if name.starts_with('&') || full == "alloc::boxed::Box" => (
            inspector.member(&value, "data_ptr")?,
            inspector.member(&value, "length")?,
        ),
        (Language::Zig, _) if name.starts_with('[') => (
            inspector.member(&value, "ptr")?,
            inspector.member(&value, "len")?,
        ),
        _ => return Ok(None),
    };
    // The pointers of Rust's vectors have types of their own, which say nothing.
    let is_vector = ["alloc::string::String", "alloc::vec::Vec"].contains(&full.as_str());
    let is_bytes = match parts.0.type_ {
        Some(pointer) => is_pointer_to_bytes(symbols, pointer)?,
        None => false,
    };
    if !is_bytes && !is_vector {
        return Ok(None);
    }
    Ok(Some(TextShape::Counted {
        pointer: field(&inspector, &parts.0)?,
        count: field(&inspector, &parts.1)?,
    }))
}

fn is_pointer_to_bytes(symbols: &Symbols, pointer: TypeId) -> Result<bool, ValueError> {
    let Some((_, type_)) = symbols.bare_type(pointer)? else {
        return Ok(false);
    };
    match type_.kind {
        TypeKind::Pointer {
            target: Some(target),
            ..
        } => Ok(byte_kind(symbols, target)? != ByteKind::Other),
        _ => Ok(false),
    }
}

/// libc++'s string.
fn of_string(inspector: &Inspector<'_>, value: &Value) -> Result<Option<TextShape>, ValueError> {
    let rep = match inspector.member(value, "__rep_") {
        Ok(rep) => rep,
        Err(_) => path(inspector, value, &["__r_", "__value_"])?,
    };
    let of = |names: &[&str]| path(inspector, &rep, names);
    let pointer = of(&["__l", "__data_"])?;
    let is_bytes = match pointer.type_ {
        Some(id) => is_pointer_to_bytes(inspector.symbols, id)?,
        None => false,
    };
    if !is_bytes {
        return Ok(None);
    }
    let short = of(&["__s", "__data_"])?;
    let (offset, _) = offset_of(&short)?;
    Ok(Some(TextShape::Short {
        is_long: field(inspector, &of(&["__s", "__is_long_"])?)?,
        long: (
            field(inspector, &pointer)?,
            field(inspector, &of(&["__l", "__size_"])?)?,
        ),
        short: (
            offset,
            inspector.size(&short)?,
            field(inspector, &of(&["__s", "__size_"])?)?,
        ),
    }))
}

/// The part of a value that [`nowhere`] began, as a number.
fn field(inspector: &Inspector<'_>, part: &Value) -> Result<Field, ValueError> {
    let (offset, bits) = offset_of(part)?;
    Ok(Field {
        offset,
        size: inspector.size(part)?.min(8),
        bits: bits.filter(|(first, count)| first % 8 + count <= 64),
    })
}

/// A value of a type without a place, whose parts can be found all the same.
pub(crate) fn nowhere(type_: TypeId) -> Value {
    Value {
        name: String::new(),
        type_: Some(type_),
        dimension: 0,
        at: Ok(At {
            place: Place::Bytes([].into()),
            offset: 0,
            bits: None,
        }),
        context: Context {
            unit: 0,
            address: None,
            function: None,
        },
    }
}

/// Where a part of such a value is in it: in bytes, and the bits if it is a bit-field. An error if
/// that depends on the program's state.
pub(crate) fn offset_of(part: &Value) -> Result<(u64, Option<(u64, u64)>), ValueError> {
    let at = part.at.as_ref().map_err(Clone::clone)?;
    match at.place {
        Place::Bytes(_) => Ok((at.offset, at.bits)),
        _ => Err(ValueError::NoAddress),
    }
}

/// A program of which nothing can be read.
pub(crate) struct NoTarget;

impl NoTarget {
    fn refuse<T>() -> Result<T, TargetError> {
        Err(TargetError("there is no program".to_string()))
    }
}

impl Target for NoTarget {
    fn read_memory(&self, _: u64, _: &mut [u8]) -> Result<(), TargetError> {
        NoTarget::refuse()
    }

    fn memory_size(&self) -> u64 {
        0
    }

    fn local(&self, _: u32) -> Result<WasmValue, TargetError> {
        NoTarget::refuse()
    }

    fn operand(&self, _: u32) -> Result<WasmValue, TargetError> {
        NoTarget::refuse()
    }

    fn global(&self, _: u32) -> Result<WasmValue, TargetError> {
        NoTarget::refuse()
    }
}
