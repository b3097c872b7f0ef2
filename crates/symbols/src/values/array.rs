//! Arrays.

use super::view::{Children, Style, View};
use super::{At, Inspector, Value};
use crate::dwarf::units::Unit;
use crate::locations::Context;
use crate::locations::evaluate::{Evaluator, number};
use crate::types::{ComputedCount, Count, Language, Type, TypeKind};
use crate::{Place, ValueError};

impl Inspector<'_> {
    pub(crate) fn array(&self, value: &Value, type_: &Type) -> Result<View, ValueError> {
        let TypeKind::Array {
            element,
            dimensions,
            stride,
        } = &type_.kind
        else {
            return Err(gimli::Error::TypeMismatch.into());
        };
        let element = element.ok_or(ValueError::IncompleteType)?;
        let (first, inner) = match dimensions.get(value.dimension..) {
            Some([first, inner @ ..]) => (first, inner),
            _ => return Err(gimli::Error::TypeMismatch.into()),
        };
        let count = self.count(*first, value)?;
        if inner.is_empty()
            && let Some(size) = self.character_size(Some(element))?
        {
            let text = self.text_in(value, count, size)?;
            let children = self.elements(value.clone(), count, size);
            let style = Style::Nothing;
            return Ok(View {
                lead: text,
                style,
                children,
            });
        }
        let mut size = match stride {
            Some(stride) => *stride,
            None => {
                let size = self.symbols.size_of(element)?;
                size.ok_or(ValueError::IncompleteType)?
            }
        };
        for dimension in inner {
            let count = self.count(*dimension, value)?;
            let product = size.checked_mul(count);
            size = product.ok_or_else(|| ValueError::corrupt("an array of too many elements"))?;
        }
        Ok(View {
            lead: String::new(),
            style: match type_.language {
                Language::Rust => Style::Brackets,
                _ => Style::Braces,
            },
            children: self.elements(value.clone(), count, size),
        })
    }

    /// The elements of an array, each so many bytes from the one before.
    fn elements(&self, array: Value, count: u64, stride: u64) -> Children {
        let fetch = move |inspector: &Inspector<'_>, range: std::ops::Range<u64>| {
            let Some((_, type_)) = inspector.bare(&array)? else {
                return Ok(Vec::new());
            };
            let TypeKind::Array {
                element,
                dimensions,
                ..
            } = &type_.kind
            else {
                return Ok(Vec::new());
            };
            let is_last = array.dimension + 1 >= dimensions.len();
            let elements = range.map(|index| {
                let offset = index.saturating_mul(stride);
                let name = format!("[{index}]");
                let mut part = inspector.part(&array, name, offset, *element);
                if !is_last {
                    part.type_ = array.type_;
                    part.dimension = array.dimension + 1;
                }
                part
            });
            Ok(elements.collect())
        };
        let fetch = Box::new(fetch);
        Children::Fetched { count, fetch }
    }

    fn count(&self, count: Count, array: &Value) -> Result<u64, ValueError> {
        match count {
            Count::Known(count) => Ok(count),
            Count::Computed(computed) => self.compute(computed, array),
            Count::Unknown => Err(ValueError::Unsupported(
                "the number of its elements, which the debug information does not say".to_string(),
            )),
        }
    }

    fn compute(&self, count: ComputedCount, array: &Value) -> Result<u64, ValueError> {
        let units = self.symbols.units();
        let unit = units.unit(count.dimension);
        let entry = units.entry(count.dimension)?;
        if let Some(count) = entry.attribute(gimli::DW_AT_count) {
            return self.operand(unit, count, array);
        }
        let bound = entry.attribute(gimli::DW_AT_upper_bound);
        let bound = bound.ok_or(gimli::Error::TypeMismatch)?;
        let lower = entry.number(gimli::DW_AT_lower_bound).unwrap_or(0);
        let upper = i128::from(self.operand(unit, bound, array)?);
        u64::try_from(upper + 1 - lower).map_err(|_| ValueError::corrupt("a negative count"))
    }

    /// The value of an attribute that refers to a variable, or is an expression.
    fn operand(
        &self,
        unit: &Unit,
        operand: gimli::AttributeValue<crate::dwarf::reader::Reader>,
        array: &Value,
    ) -> Result<u64, ValueError> {
        if let Some(variable) = self.symbols.units().resolve(unit, operand.clone()) {
            let type_ = units_type(self, variable)?;
            let value = Value {
                name: String::new(),
                type_,
                dimension: 0,
                at: self.place_of(variable, array.context),
                context: array.context,
            };
            return self.unsigned(&value);
        }
        let context = Context {
            unit: unit.id,
            ..array.context
        };
        let evaluator = Evaluator {
            symbols: self.symbols,
            target: self.target,
            context,
        };
        let expression = crate::locations::describe::expression_at(unit, operand, context)?;
        match evaluator.place(&expression)? {
            // The number is what the expression leaves on its stack, as an address would be.
            Place::Memory(number) => Ok(number),
            place => Ok(number(&load_number(&place, self)?)),
        }
    }
}

fn units_type(
    inspector: &Inspector<'_>,
    variable: crate::dwarf::units::EntryId,
) -> Result<Option<crate::types::TypeId>, ValueError> {
    for (unit, entry) in inspector.symbols.units().origins(variable)? {
        let type_ = inspector
            .symbols
            .units()
            .reference(unit, &entry, gimli::DW_AT_type);
        if let Some(type_) = type_ {
            return Ok(Some(crate::types::TypeId(type_)));
        }
    }
    Ok(None)
}

fn load_number(place: &Place, inspector: &Inspector<'_>) -> Result<Vec<u8>, ValueError> {
    let len = match place {
        Place::Bytes(bytes) => bytes.len().min(8) as u64,
        _ => 4,
    };
    let at = At {
        place: place.clone(),
        offset: 0,
        bits: None,
    };
    at.place.load(inspector.target, at.offset, len)
}
