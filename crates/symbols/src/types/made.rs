//! Types that the debug information does not describe: those of what an expression computes, such as
//! a pointer to something that the program has no pointers to.
//!
//! They are types like others, with [`TypeId`]s of a unit that there is not. The same type is made
//! only once.

use super::{
    Count, Encoding, Language, Member, MemberOffset, PointerKind, Record, Type, TypeId, TypeKind,
};
use crate::dwarf::units::EntryId;
use crate::expression::{FloatType, IntegerType, ScalarType};
use gimli::UnitOffset;
use std::collections::HashMap;
use std::sync::Arc;

/// No module has so many units.
const NO_UNIT: u32 = u32::MAX;
/// No more types are made: a session that computes so many does so in a loop.
const MOST: usize = 1 << 16;

/// A type to be made.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum MadeType {
    /// A scalar, which is named as the language does.
    Scalar(ScalarType, Language),
    /// A pointer of so many bytes.
    Pointer {
        target: Option<TypeId>,
        size: u64,
        language: Language,
        /// Its name, in languages whose pointers have one.
        name: Option<String>,
    },
    /// An array; the outer dimension comes first.
    Array {
        element: TypeId,
        counts: Vec<u64>,
        language: Language,
    },
    /// A variant of some enum of Rust with what is in it, so many bytes: `Some(x)`.
    Variant {
        name: String,
        contents: Option<TypeId>,
        size: u64,
    },
    /// What a function without a result returns.
    Void,
}

/// The types that have been made.
#[derive(Default)]
pub(crate) struct Made {
    ids: HashMap<MadeType, TypeId>,
    types: Vec<Arc<Type>>,
}

impl Made {
    /// The type, made if it is new; `None` if there are too many.
    pub(crate) fn make(&mut self, wanted: MadeType) -> Option<TypeId> {
        if let Some(known) = self.ids.get(&wanted) {
            return Some(*known);
        }
        if self.types.len() >= MOST {
            return None;
        }
        let entry = EntryId {
            unit: NO_UNIT,
            offset: UnitOffset(self.types.len()),
        };
        self.types.push(Arc::new(build(&wanted, entry)));
        self.ids.insert(wanted, TypeId(entry));
        Some(TypeId(entry))
    }

    /// A type that was made, by its id.
    pub(crate) fn get(&self, id: TypeId) -> Option<Arc<Type>> {
        self.types.get(id.0.offset.0).cloned()
    }
}

impl TypeId {
    /// Whether no debug information describes the type.
    pub(crate) fn is_made(self) -> bool {
        self.0.unit == NO_UNIT
    }
}

fn build(wanted: &MadeType, entry: EntryId) -> Type {
    let (name, size, language, kind) = match wanted {
        MadeType::Scalar(scalar, language) => (
            Some(scalar_name(*scalar, *language)),
            Some(u64::from(scalar.bytes())),
            *language,
            TypeKind::Base(encoding(*scalar)),
        ),
        MadeType::Pointer {
            target,
            size,
            language,
            name,
        } => {
            let kind = PointerKind::Pointer;
            let target = *target;
            let kind = TypeKind::Pointer { kind, target };
            (name.clone(), Some(*size), *language, kind)
        }
        MadeType::Array {
            element,
            counts,
            language,
        } => {
            let kind = TypeKind::Array {
                element: Some(*element),
                dimensions: counts.iter().map(|count| Count::Known(*count)).collect(),
                stride: None,
            };
            (None, None, *language, kind)
        }
        MadeType::Variant {
            name,
            contents,
            size,
        } => {
            let member = |type_| Member {
                name: Some("__0".to_string()),
                type_: Some(type_),
                offset: MemberOffset::Bytes(0),
                artificial: false,
            };
            let record = Record {
                members: contents.iter().copied().map(member).collect(),
                ..Record::default()
            };
            let kind = TypeKind::Record(record);
            (Some(name.clone()), Some(*size), Language::Rust, kind)
        }
        MadeType::Void => {
            let name = Some("void".to_string());
            (name, Some(0), Language::Other, TypeKind::Unspecified)
        }
    };
    Type {
        name,
        path: Vec::new(),
        size,
        language,
        kind,
        entry,
    }
}

fn encoding(scalar: ScalarType) -> Encoding {
    match scalar {
        ScalarType::Integer(integer) if integer.is_signed() => Encoding::Signed,
        ScalarType::Integer(_) => Encoding::Unsigned,
        ScalarType::Float(_) => Encoding::Float,
        ScalarType::Boolean => Encoding::Boolean,
        ScalarType::Character(integer) if integer.bits() > 8 => Encoding::Utf,
        ScalarType::Character(integer) if integer.is_signed() => Encoding::SignedCharacter,
        ScalarType::Character(_) => Encoding::UnsignedCharacter,
        ScalarType::Address(_) => Encoding::Address,
    }
}

fn scalar_name(scalar: ScalarType, language: Language) -> String {
    let of_c = matches!(language, Language::C | Language::Cpp | Language::Other);
    let name = match scalar {
        ScalarType::Integer(integer) if of_c => integer_of_c(integer),
        ScalarType::Float(FloatType::F32) if of_c => Some("float"),
        ScalarType::Float(FloatType::F64) if of_c => Some("double"),
        ScalarType::Character(integer) => Some(match (integer.bits(), integer.is_signed()) {
            (8, false) => "unsigned char",
            (16, _) => "char16_t",
            (32, true) => "wchar_t",
            (32, false) if of_c => "char32_t",
            _ => "char",
        }),
        ScalarType::Address(_) if of_c => Some("void *"),
        ScalarType::Address(_) => Some("address"),
        _ => None,
    };
    name.map_or_else(|| scalar.to_string(), str::to_string)
}

fn integer_of_c(integer: IntegerType) -> Option<&'static str> {
    Some(match (integer.bits(), integer.is_signed()) {
        (8, true) => "int8_t",
        (8, false) => "uint8_t",
        (16, true) => "short",
        (16, false) => "unsigned short",
        (32, true) => "int",
        (32, false) => "unsigned int",
        (64, true) => "long long",
        (64, false) => "unsigned long long",
        (128, true) => "__int128",
        (128, false) => "unsigned __int128",
        _ => return None,
    })
}
