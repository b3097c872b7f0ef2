//! Numbers, characters, truth values and addresses, and what operators make of them.
//!
//! The rules are C's, as compilers for WebAssembly apply them, whatever language the program is
//! written in:
//!
//! - Before anything is computed, types smaller than 32 bits become 32-bit integers with a sign
//!   (`convert`). So the sum of two of Rust's `u8` can be 256.
//! - Two integers get the larger type of both, without a sign if one of equal size has none. So
//!   `-1 < 1u` is false.
//! - Integers wrap around. But division by zero, and a quotient that is too large, are errors, as
//!   they are in WebAssembly; so is a shift by as many bits as there are, or more, where languages
//!   differ.
//! - `>>` keeps the sign of what has one.
//! - Conversions from floating point numbers to integers saturate.
//! - Comparisons give truth values, which count as 0 and 1.
//!
//! An address is an integer without a sign, but adding one and an integer gives an address, and
//! the difference of two is an integer with a sign. These count bytes: pointers, which know the
//! size of what they point to, are the business of the
//! [`Environment`](super::Environment).

mod convert;
mod operate;
#[cfg(test)]
mod tests;

use std::fmt;

/// What sizes and kinds of types are not the same for all programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataModel {
    /// How many bits addresses have: as in the program's first memory.
    pub address: AddressWidth,
    /// Whether `char` is a Unicode character, as in Rust, and not a byte.
    pub unicode_char: bool,
}

/// How many bits addresses have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddressWidth {
    /// 32
    Bits32,
    /// 64
    Bits64,
}

/// A type whose values are a single thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScalarType {
    /// An integer.
    Integer(IntegerType),
    /// A floating point number.
    Float(FloatType),
    /// True or false.
    Boolean,
    /// A character, which is an integer that is shown in another way.
    Character(IntegerType),
    /// An address in memory.
    Address(AddressWidth),
}

/// The size of an integer, and whether it has a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IntegerType {
    bits: u8,
    signed: bool,
}

/// The size of a floating point number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FloatType {
    /// 32 bits.
    F32,
    /// 64 bits.
    F64,
}

/// A value of a scalar type.
///
/// Two are equal if their types and bits are: this is not the `==` of expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scalar {
    type_: ScalarType,
    /// Those beyond the type's are zero.
    bits: u128,
}

impl AddressWidth {
    /// The number of bits.
    pub fn bits(self) -> u8 {
        match self {
            AddressWidth::Bits32 => 32,
            AddressWidth::Bits64 => 64,
        }
    }

    /// The integer type of the same size.
    pub fn integer(self, signed: bool) -> IntegerType {
        IntegerType {
            bits: self.bits(),
            signed,
        }
    }
}

impl IntegerType {
    /// C's `int`.
    pub(super) const INT: IntegerType = IntegerType {
        bits: 32,
        signed: true,
    };

    /// An integer type of 1 to 128 bits; `None` for other numbers.
    pub fn new(bits: u8, signed: bool) -> Option<IntegerType> {
        (1..=128)
            .contains(&bits)
            .then_some(IntegerType { bits, signed })
    }

    /// The type with another number of bits, of 1 to 128.
    pub(crate) fn resized(self, bits: u8) -> IntegerType {
        let bits = bits.clamp(1, 128);
        IntegerType { bits, ..self }
    }

    /// How many bits it has.
    pub fn bits(self) -> u8 {
        self.bits
    }

    /// Whether it has negative values.
    pub fn is_signed(self) -> bool {
        self.signed
    }

    /// All of its bits.
    pub(super) fn mask(self) -> u128 {
        u128::MAX >> (128 - u32::from(self.bits))
    }

    /// The largest number.
    pub(super) fn max(self) -> u128 {
        self.mask() >> u32::from(self.signed)
    }

    /// The number that is meant by the bits of this type, which has a sign.
    fn extend(self, bits: u128) -> i128 {
        let unused = 128 - u32::from(self.bits);
        ((bits << unused) as i128) >> unused
    }
}

impl ScalarType {
    /// How many bits it has. A truth value has 8, as in memory.
    pub fn bits(self) -> u8 {
        match self {
            ScalarType::Integer(integer) | ScalarType::Character(integer) => integer.bits,
            ScalarType::Float(FloatType::F32) => 32,
            ScalarType::Float(FloatType::F64) => 64,
            ScalarType::Boolean => 8,
            ScalarType::Address(width) => width.bits(),
        }
    }

    /// How many bytes a value takes in memory: a power of two.
    pub fn bytes(self) -> u8 {
        self.bits().div_ceil(8).next_power_of_two()
    }
}

impl Scalar {
    /// The value that has these bits; those beyond the type's are dropped. A truth value is true
    /// if there are any.
    pub fn new(type_: ScalarType, bits: u128) -> Scalar {
        let bits = match type_ {
            ScalarType::Boolean => u128::from(bits != 0),
            _ => bits & (u128::MAX >> (128 - u32::from(type_.bits()))),
        };
        Scalar { type_, bits }
    }

    /// An integer; it wraps around if its type is too small for it.
    pub fn integer(type_: IntegerType, value: i128) -> Scalar {
        Scalar::new(ScalarType::Integer(type_), value as u128)
    }

    /// A truth value.
    pub fn boolean(value: bool) -> Scalar {
        Scalar::new(ScalarType::Boolean, u128::from(value))
    }

    /// An address; it wraps around if it is too large.
    pub fn address(width: AddressWidth, address: u64) -> Scalar {
        Scalar::new(ScalarType::Address(width), u128::from(address))
    }

    /// A single-precision floating point number.
    pub fn f32(value: f32) -> Scalar {
        Scalar::new(ScalarType::Float(FloatType::F32), value.to_bits().into())
    }

    /// A double-precision floating point number.
    pub fn f64(value: f64) -> Scalar {
        Scalar::new(ScalarType::Float(FloatType::F64), value.to_bits().into())
    }

    /// Its type.
    pub fn type_(self) -> ScalarType {
        self.type_
    }

    /// Its bits, as they are in memory; the remaining ones are zero.
    pub fn bits(self) -> u128 {
        self.bits
    }

    /// Whether it counts as true: all but zeros do.
    pub fn is_true(self) -> bool {
        match self.type_ {
            ScalarType::Float(float) => float.value(self.bits) != 0.0,
            _ => self.bits != 0,
        }
    }

    /// The number it is; `None` for floating point ones, and for those above `i128::MAX`.
    pub fn to_integer(self) -> Option<i128> {
        match self.type_ {
            ScalarType::Integer(type_) | ScalarType::Character(type_) if type_.signed => {
                Some(type_.extend(self.bits))
            }
            ScalarType::Float(_) => None,
            _ => i128::try_from(self.bits).ok(),
        }
    }
}

impl FloatType {
    /// The number that is meant by bits.
    fn value(self, bits: u128) -> f64 {
        match self {
            FloatType::F32 => f64::from(f32::from_bits(bits as u32)),
            FloatType::F64 => f64::from_bits(bits as u64),
        }
    }
}

/// As Rust names it.
impl fmt::Display for IntegerType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.signed { 'i' } else { 'u' }, self.bits)
    }
}

/// As Rust names it, as far as Rust has it.
impl fmt::Display for ScalarType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ScalarType::Integer(integer) => integer.fmt(f),
            ScalarType::Float(FloatType::F32) => f.write_str("f32"),
            ScalarType::Float(FloatType::F64) => f.write_str("f64"),
            ScalarType::Boolean => f.write_str("bool"),
            ScalarType::Character(integer) => write!(f, "{}-bit character", integer.bits),
            ScalarType::Address(width) => write!(f, "{}-bit address", width.bits()),
        }
    }
}

/// Numbers in base 10, addresses in base 16, characters in both ways: `97 'a'`.
impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.type_ {
            ScalarType::Boolean => (self.bits != 0).fmt(f),
            ScalarType::Address(_) => write!(f, "{:#x}", self.bits),
            ScalarType::Float(FloatType::F32) => {
                write!(f, "{:?}", f32::from_bits(self.bits as u32))
            }
            ScalarType::Float(FloatType::F64) => {
                write!(f, "{:?}", f64::from_bits(self.bits as u64))
            }
            ScalarType::Integer(_) => match self.to_integer() {
                Some(value) => value.fmt(f),
                None => self.bits.fmt(f),
            },
            ScalarType::Character(type_) => {
                match self.to_integer() {
                    Some(value) => value.fmt(f)?,
                    None => self.bits.fmt(f)?,
                }
                // A byte from 128 on is a part of a character, if it is one at all.
                let limit = if type_.bits > 8 { u128::MAX } else { 0x7f };
                let code = u32::try_from(self.bits).ok().filter(|_| self.bits <= limit);
                match code.and_then(char::from_u32) {
                    Some(character) => write!(f, " '{}'", character.escape_debug()),
                    None => Ok(()),
                }
            }
        }
    }
}
