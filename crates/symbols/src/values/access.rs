//! Reading values and their parts, for whoever shows them.

use super::scalar::{sign_extend, to_number};
use super::{At, Inspector, Value};
use crate::locations::place::take_bits;
use crate::types::{Encoding, Type, TypeId, TypeKind};
use crate::{Place, ValueError};
use std::sync::Arc;

impl Inspector<'_> {
    /// The type that is meant by that of a value; `None` for `void`.
    pub(crate) fn bare(&self, value: &Value) -> Result<Option<(TypeId, Arc<Type>)>, ValueError> {
        match value.type_ {
            Some(id) => Ok(self.symbols.bare_type(id)?),
            None => Ok(None),
        }
    }

    /// The size of a value in bytes.
    pub(crate) fn size(&self, value: &Value) -> Result<u64, ValueError> {
        let size = match value.type_ {
            Some(id) => self.symbols.size_of(id)?,
            None => None,
        };
        size.ok_or(ValueError::IncompleteType)
    }

    /// The bytes of a value, as many as its type has.
    pub(crate) fn bytes(&self, value: &Value) -> Result<Vec<u8>, ValueError> {
        let at = value.at.as_ref().map_err(Clone::clone)?;
        if let Some((first, count)) = at.bits {
            let offset = at.offset.saturating_add(first / 8);
            let len = (first % 8).saturating_add(count).div_ceil(8);
            if count > 128 {
                return Err(ValueError::corrupt("a bit-field of more than 128 bits"));
            }
            let bytes = at.place.load(self.target, offset, len)?;
            return Ok(take_bits(&bytes, first % 8, count));
        }
        let size = self.size(value)?;
        at.place.load(self.target, at.offset, size)
    }

    /// The number that a value's bytes are, without a sign, if there are at most 16 of them.
    pub(crate) fn bits(&self, value: &Value) -> Result<u128, ValueError> {
        Ok(to_number(&self.bytes(value)?))
    }

    /// A value that is a number, a truth value, an enumeration or a pointer.
    pub(crate) fn integer(&self, value: &Value) -> Result<i128, ValueError> {
        let bytes = self.bytes(value)?;
        let bits = match &value.at {
            Ok(At {
                bits: Some((_, count)),
                ..
            }) => *count,
            _ => bytes.len() as u64 * 8,
        };
        let number = to_number(&bytes);
        if self.is_signed(value.type_)? {
            Ok(sign_extend(number, bits))
        } else {
            Ok(number as i128)
        }
    }

    pub(crate) fn is_signed(&self, id: Option<TypeId>) -> Result<bool, ValueError> {
        let Some(id) = id else { return Ok(false) };
        let Some((_, type_)) = self.symbols.bare_type(id)? else {
            return Ok(false);
        };
        Ok(match &type_.kind {
            TypeKind::Base(encoding) => {
                matches!(encoding, Encoding::Signed | Encoding::SignedCharacter)
            }
            TypeKind::Enumeration {
                underlying,
                enumerators,
                ..
            } => match underlying {
                // Its type is that of a number, or the description is in a circle.
                Some(id) => match self.symbols.bare_type(*id)? {
                    Some((_, type_)) => matches!(
                        type_.kind,
                        TypeKind::Base(Encoding::Signed | Encoding::SignedCharacter)
                    ),
                    None => false,
                },
                None => enumerators.iter().any(|enumerator| enumerator.value < 0),
            },
            _ => false,
        })
    }

    /// A number that counts or points: one without a sign.
    pub(crate) fn unsigned(&self, value: &Value) -> Result<u64, ValueError> {
        u64::try_from(self.bits(value)?)
            .map_err(|_| ValueError::corrupt("a number of more than 64 bits"))
    }

    /// A part of a value, so many bytes from its beginning.
    pub(crate) fn part(
        &self,
        value: &Value,
        name: impl Into<String>,
        offset: u64,
        type_: Option<TypeId>,
    ) -> Value {
        let at = value.at.clone().map(|at| At {
            offset: at.offset.saturating_add(offset),
            bits: None,
            ..at
        });
        Value {
            name: name.into(),
            type_,
            dimension: 0,
            at,
            context: value.context,
        }
    }

    /// What is in memory at an address.
    pub(crate) fn in_memory(
        &self,
        beside: &Value,
        name: impl Into<String>,
        address: u64,
        type_: Option<TypeId>,
    ) -> Value {
        Value {
            name: name.into(),
            type_,
            dimension: 0,
            at: Ok(At {
                place: Place::Memory(address),
                offset: 0,
                bits: None,
            }),
            context: beside.context,
        }
    }

    /// What is so many bytes further in memory than an address: elements of an array.
    pub(crate) fn element(
        &self,
        beside: &Value,
        first: u64,
        index: u64,
        size: u64,
        type_: Option<TypeId>,
    ) -> Value {
        let address = index
            .checked_mul(size)
            .and_then(|offset| first.checked_add(offset));
        let mut element = self.in_memory(beside, format!("[{index}]"), address.unwrap_or(0), type_);
        if address.is_none() {
            element.at = Err(ValueError::corrupt("its address is too large"));
        }
        element
    }
}
