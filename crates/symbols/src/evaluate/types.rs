//! Types in expressions: those that names stand for, and which of them are scalars.

use super::FrameEnvironment;
use super::problems::{damaged, explain, too_many_types};
use crate::expression::{
    AddressWidth, Environment, FloatType, IntegerType, Problem, Scalar, ScalarType, TypeName,
    TypeNameKind,
};
use crate::types::{Count, Encoding, Language, MadeType, Type, TypeId, TypeKind};
use crate::values::{At, Value};
use crate::{Place, Symbols, ValueError};

/// Enumerations of enumerations are a circle.
const DEEPEST: usize = 8;

/// The scalar type that a type is; `None` if its values are something else.
pub(super) fn scalar_type(symbols: &Symbols, id: TypeId) -> Result<Option<ScalarType>, ValueError> {
    let mut id = id;
    for _ in 0..DEEPEST {
        let Some((_, type_)) = symbols.bare_type(id)? else {
            return Ok(None);
        };
        let bits = type_.size.and_then(|size| size.checked_mul(8));
        let Some(bits) = bits.and_then(|bits| u8::try_from(bits).ok()) else {
            return Ok(None);
        };
        let integer = |signed| IntegerType::new(bits, signed);
        return Ok(match &type_.kind {
            TypeKind::Base(encoding) => base_type(*encoding, bits),
            TypeKind::Pointer { .. } => address_width(bits).map(ScalarType::Address),
            TypeKind::Enumeration {
                underlying: Some(underlying),
                ..
            } => {
                id = *underlying;
                continue;
            }
            TypeKind::Enumeration { enumerators, .. } => {
                let signed = enumerators.iter().any(|it| it.value < 0);
                integer(signed).map(ScalarType::Integer)
            }
            _ => None,
        });
    }
    Err(gimli::Error::TooManyIterations.into())
}

fn base_type(encoding: Encoding, bits: u8) -> Option<ScalarType> {
    let integer = |signed| IntegerType::new(bits, signed);
    match encoding {
        Encoding::Signed => integer(true).map(ScalarType::Integer),
        Encoding::Unsigned => integer(false).map(ScalarType::Integer),
        Encoding::SignedCharacter => integer(true).map(ScalarType::Character),
        Encoding::UnsignedCharacter | Encoding::Utf => integer(false).map(ScalarType::Character),
        Encoding::Boolean => (bits > 0).then_some(ScalarType::Boolean),
        Encoding::Float if bits == 32 => Some(ScalarType::Float(FloatType::F32)),
        Encoding::Float if bits == 64 => Some(ScalarType::Float(FloatType::F64)),
        Encoding::Address => address_width(bits).map(ScalarType::Address),
        _ => None,
    }
}

fn address_width(bits: u8) -> Option<AddressWidth> {
    match bits {
        32 => Some(AddressWidth::Bits32),
        64 => Some(AddressWidth::Bits64),
        _ => None,
    }
}

impl FrameEnvironment<'_, '_> {
    /// A value that is a scalar, of a type that the program need not have.
    pub(super) fn scalar_value(&self, scalar: Scalar) -> Value {
        let made = MadeType::Scalar(scalar.type_(), self.names.language);
        let type_ = self.symbols.make_type(made);
        let at = match type_ {
            Some(_) => Ok(self.nowhere(scalar_bytes(scalar, scalar.type_().bytes().into()))),
            None => Err(ValueError::TooMuchWork),
        };
        self.new_value(type_, at)
    }

    pub(super) fn new_value(&self, type_: Option<TypeId>, at: Result<At, ValueError>) -> Value {
        Value {
            name: String::new(),
            type_,
            dimension: 0,
            at,
            context: self.names.context,
        }
    }

    /// A place that is not in the program, which has these bytes.
    pub(super) fn nowhere(&self, bytes: Vec<u8>) -> At {
        At {
            place: Place::Bytes(bytes.into()),
            offset: 0,
            bits: None,
        }
    }

    pub(super) fn make_type(&self, wanted: MadeType) -> Result<TypeId, Problem> {
        self.symbols.make_type(wanted).ok_or_else(too_many_types)
    }

    pub(super) fn pointer_to(&self, target: Option<TypeId>) -> Result<TypeId, Problem> {
        let language = self.names.language;
        let named = |sign: &str| {
            let target = self.symbols.type_text(target, 0);
            target.map(|target| Some(format!("{sign}{target}")))
        };
        let name = match language {
            Language::Rust => named("*const "),
            Language::Zig => named("*"),
            _ => Ok(None),
        };
        self.make_type(MadeType::Pointer {
            target,
            size: self.names.address_size,
            language,
            name: name.map_err(damaged)?,
        })
    }

    pub(super) fn array_of(&self, element: TypeId, counts: Vec<u64>) -> Result<TypeId, Problem> {
        let language = self.names.language;
        self.make_type(MadeType::Array {
            element,
            counts,
            language,
        })
    }

    /// The type of a value whose outer dimensions have been indexed.
    pub(super) fn inner_array(&self, type_: &Type, dimension: usize) -> Result<TypeId, Problem> {
        let unknown = || Problem::Other("the size of the array is not known".to_string());
        let TypeKind::Array {
            element: Some(element),
            dimensions,
            ..
        } = &type_.kind
        else {
            return Err(unknown());
        };
        let counts = dimensions.get(dimension..).unwrap_or_default().iter();
        let counts = counts.map(|count| match count {
            Count::Known(count) => Ok(*count),
            _ => Err(unknown()),
        });
        self.array_of(*element, counts.collect::<Result<_, _>>()?)
    }

    /// The type that a name stands for; `None` is C's `void`.
    pub(super) fn type_named(&self, name: &TypeName) -> Result<Option<TypeId>, Problem> {
        let missing = || Problem::NoSuchType(name.to_string());
        let whole = || -> Result<Option<TypeId>, Problem> {
            let found = self.names.type_of_name(self.symbols, &name.to_string());
            found.map_err(explain)?.map(Some).ok_or_else(missing)
        };
        match name.kind() {
            TypeNameKind::Named { tag, path } => {
                let found = self.names.named_type(self.symbols, path, *tag);
                if let Some(found) = found.map_err(explain)? {
                    return Ok(Some(found));
                }
                match path.as_name() {
                    Some("void") => Ok(None),
                    Some(word) => {
                        let scalar = ScalarType::named(word, &self.data_model());
                        let made = scalar.ok_or_else(missing)?;
                        let made = MadeType::Scalar(made, self.names.language);
                        self.make_type(made).map(Some)
                    }
                    None => Err(missing()),
                }
            }
            TypeNameKind::Pointer(target) | TypeNameKind::Reference(target) => {
                // Of Rust's slices and the like, only the whole is a type.
                if let Ok(found) = whole() {
                    return Ok(found);
                }
                let target = self.type_named(target)?;
                self.pointer_to(target).map(Some)
            }
            TypeNameKind::Array { element, count } => {
                let element = self.type_named(element)?.ok_or_else(missing)?;
                self.array_of(element, vec![*count]).map(Some)
            }
            _ => whole(),
        }
    }

    /// The size of values of a type.
    pub(super) fn size_of_id(&self, id: Option<TypeId>) -> Result<u64, Problem> {
        let size = match id {
            Some(id) => self.symbols.size_of(id).map_err(damaged)?,
            None => None,
        };
        size.ok_or_else(|| {
            let name = self.symbols.type_text(id, 0).unwrap_or_default();
            Problem::Other(format!("the size of `{name}` is not known"))
        })
    }
}

/// The bytes of a scalar in memory, so many of them.
pub(super) fn scalar_bytes(scalar: Scalar, size: u64) -> Vec<u8> {
    let bits = match scalar.to_integer() {
        // What has a sign is extended.
        Some(integer) => integer as u128,
        None => scalar.bits(),
    };
    let mut bytes = bits.to_le_bytes().to_vec();
    bytes.resize(usize::try_from(size.min(16)).unwrap_or(16), 0);
    bytes
}
