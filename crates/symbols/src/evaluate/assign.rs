//! Storing values where others are.

use super::FrameEnvironment;
use super::problems::{damaged, explain, explain_of};
use super::types::{scalar_bytes, scalar_type};
use crate::expression::{Environment, Problem, Scalar, ScalarType};
use crate::locations::MachinePlace;
use crate::types::TypeKind;
use crate::values::{At, Value};
use crate::{Place, WasmValue};

impl FrameEnvironment<'_, '_> {
    /// Stores a value where another one is, converted to that one's type.
    pub(super) fn store(&self, place: &Value, value: &Value) -> Result<Value, Problem> {
        let place = self.settle(place)?;
        let at = place.at.as_ref().map_err(Clone::clone);
        let at = at.map_err(explain_of(&place))?;
        check_place(&place, at)?;
        let bytes = self.bytes_for(&place, value)?;
        match (&at.place, at.bits) {
            (Place::Memory(address), None) => {
                self.write(address.wrapping_add(at.offset), &bytes)?;
            }
            (Place::Memory(address), Some(bits)) => {
                self.write_bits(address.wrapping_add(at.offset), bits, &bytes)?;
            }
            (Place::Machine(MachinePlace::Global(index)), None) => {
                self.write_global(*index, at.offset, &bytes)?;
            }
            _ => return Err(Problem::NotAssignable),
        }
        Ok(place)
    }

    /// The bytes that a place has to have for a value.
    fn bytes_for(&self, place: &Value, value: &Value) -> Result<Vec<u8>, Problem> {
        let value = self.settle(value)?;
        let size = self.size_of_id(place.type_)?;
        let type_ = match place.type_ {
            Some(id) => scalar_type(self.symbols, id).map_err(explain)?,
            None => None,
        };
        if let Some(type_) = type_ {
            let mut scalar = self.read_scalar(&value)?;
            if matches!(type_, ScalarType::Address(_))
                && let (Some(TypeKind::Array { .. }), Some(address)) =
                    (self.kind_of(&value)?, value.address())
            {
                // An array becomes a pointer to its first element.
                let width = self.data_model().address;
                scalar = Some(Scalar::address(width, address));
            }
            if let Some(scalar) = scalar {
                return Ok(scalar_bytes(scalar.cast(type_)?, size));
            }
        } else if self.is_same_type(place.type_, value.type_)? {
            return self.inspector().bytes(&value).map_err(explain_of(&value));
        }
        let to = self.symbols.type_text(place.type_, 0);
        Err(Problem::NoConversion {
            from: self.described(&value),
            to: to.map_err(damaged)?,
        })
    }

    fn write(&self, address: u64, bytes: &[u8]) -> Result<(), Problem> {
        let written = self.target.write_memory(address, bytes);
        written.map_err(|error| Problem::Other(error.0))
    }

    /// Stores the lowest bits of a number in a bit-field.
    fn write_bits(
        &self,
        address: u64,
        (first, count): (u64, u64),
        value: &[u8],
    ) -> Result<(), Problem> {
        let address = address.wrapping_add(first / 8);
        let shift = first % 8;
        // More than what 16 bytes can hold is nothing that a compiler makes.
        let len = (shift + count.min(120)).div_ceil(8) as usize;
        let mut bytes = [0; 16];
        let bytes = &mut bytes[..len];
        let read = self.target.read_memory(address, bytes);
        read.map_err(|error| Problem::Other(error.0))?;
        let mask = ((1_u128 << count.min(120)) - 1) << shift;
        let old = crate::values::scalar::to_number(bytes);
        let new = crate::values::scalar::to_number(value) << shift;
        let merged = (old & !mask | new & mask).to_le_bytes();
        self.write(address, &merged[..len])
    }

    fn write_global(&self, index: u32, offset: u64, bytes: &[u8]) -> Result<(), Problem> {
        let old = self.target.global(index);
        let old = old.map_err(|error| Problem::Other(error.0))?;
        let mut merged = [0; 16];
        let all = old.to_bytes();
        merged[..all.len()].copy_from_slice(&all);
        let part = usize::try_from(offset).ok().and_then(|offset| {
            let end = offset.checked_add(bytes.len())?;
            merged[..all.len()].get_mut(offset..end)
        });
        part.ok_or(Problem::NotAssignable)?.copy_from_slice(bytes);
        let bits = u128::from_le_bytes(merged);
        let new = match old {
            WasmValue::I32(_) => WasmValue::I32(bits as u32),
            WasmValue::I64(_) => WasmValue::I64(bits as u64),
            WasmValue::F32(_) => WasmValue::F32(bits as u32),
            WasmValue::F64(_) => WasmValue::F64(bits as u64),
            WasmValue::V128(_) => WasmValue::V128(bits),
            WasmValue::Reference => return Err(Problem::NotAssignable),
        };
        let written = self.target.write_global(index, new);
        written.map_err(|error| Problem::Other(error.0))
    }
}

/// Whether something can be stored in such a place at all.
fn check_place(value: &Value, at: &At) -> Result<(), Problem> {
    let name = match value.name.as_str() {
        "" => "it".to_string(),
        name => format!("`{name}`"),
    };
    let what = match &at.place {
        Place::Memory(_) | Place::Machine(MachinePlace::Global(_)) => return Ok(()),
        Place::Machine(MachinePlace::Local(index)) => format!("local {index} of the function"),
        Place::Machine(MachinePlace::Operand(index)) => format!("operand {index} of the function"),
        Place::Pieces(_) => "several places".to_string(),
        Place::Bytes(_) | Place::ImplicitPointer(_) => return Err(Problem::NotAssignable),
    };
    Err(Problem::Other(format!(
        "{name} is in {what}: only what is in memory can be assigned to"
    )))
}
