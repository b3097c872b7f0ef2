//! From the entry of a variable to its place.

use super::evaluate::Evaluator;
use super::{Context, Place, Target, ValueError};
use crate::Symbols;
use crate::dwarf::entries::Entry;
use crate::dwarf::reader::Reader;
use crate::dwarf::units::{EntryId, Unit};
use gimli::{AttributeValue, Expression, Reader as _};

/// How a variable's place is described.
pub(crate) enum Description {
    /// By an expression, to be evaluated in this context.
    Expression(Expression<Reader>, Context),
    /// It has none: the value is a constant.
    Bytes(Vec<u8>),
}

impl Symbols {
    /// The place of a variable's value. `context` is that of the frame; the unit in it is not
    /// looked at.
    pub(crate) fn place_of(
        &self,
        variable: EntryId,
        context: Context,
        target: &dyn Target,
    ) -> Result<Place, ValueError> {
        match self.description_of(variable, context)? {
            Description::Bytes(bytes) => Ok(Place::Bytes(bytes.into())),
            Description::Expression(expression, context) => {
                let evaluator = Evaluator {
                    symbols: self,
                    target,
                    context,
                };
                evaluator.place(&expression)
            }
        }
    }

    /// How a variable's place is described at the address of the context.
    pub(crate) fn description_of(
        &self,
        variable: EntryId,
        context: Context,
    ) -> Result<Description, ValueError> {
        // A concrete variable has what its abstract one has not.
        for (unit, entry) in self.units().origins(variable)? {
            if let Some(location) = entry.attribute(gimli::DW_AT_location) {
                let context = Context {
                    unit: unit.id,
                    ..context
                };
                let expression = expression_at(unit, location, context);
                let expression = expression.map_err(|error| self.in_file(error))?;
                if expression.0.is_empty() {
                    return Err(ValueError::NowhereDescribed);
                }
                return Ok(Description::Expression(expression, context));
            }
            if let Some(bytes) = constant(unit, &entry)? {
                return Ok(Description::Bytes(bytes));
            }
        }
        Err(ValueError::NowhereDescribed)
    }

    /// An error whose addresses are offsets in the file.
    fn in_file(&self, error: ValueError) -> ValueError {
        match error {
            ValueError::NotDescribedHere(ranges) => {
                let ranges = ranges.iter();
                let ranges = ranges.map(|range| self.wasm_pc(range.start)..self.wasm_pc(range.end));
                ValueError::NotDescribedHere(ranges.collect())
            }
            error => error,
        }
    }
}

/// The expression of a location that is one, or of a list of them the one for the place in the code.
pub(crate) fn expression_at(
    unit: &Unit,
    location: AttributeValue<Reader>,
    context: Context,
) -> Result<Expression<Reader>, ValueError> {
    match location {
        AttributeValue::Exprloc(expression) => return Ok(expression),
        AttributeValue::Block(bytes) => return Ok(Expression(bytes)),
        _ => {}
    }
    let Some(mut list) = unit.with_sections().attr_locations(location)? else {
        return Err(ValueError::Malformed(
            "a location that is neither an expression nor a list".to_string(),
        ));
    };
    let mut described = Vec::new();
    while let Some(entry) = list.next()? {
        let clamp = |at: u64| u32::try_from(at).unwrap_or(u32::MAX);
        let range = clamp(entry.range.begin)..clamp(entry.range.end);
        if context.address.is_some_and(|at| range.contains(&at)) {
            return Ok(entry.data);
        }
        if !entry.data.0.is_empty() && !range.is_empty() {
            described.push(range);
        }
    }
    if described.is_empty() {
        return Err(ValueError::NowhereDescribed);
    }
    described.sort_by_key(|range| range.start);
    described.dedup_by(|next, last| {
        let touches = next.start <= last.end;
        if touches {
            last.end = last.end.max(next.end);
        }
        touches
    });
    Err(ValueError::NotDescribedHere(described))
}

/// The value of a variable that is a constant.
fn constant(unit: &Unit, entry: &Entry) -> Result<Option<Vec<u8>>, ValueError> {
    Ok(match entry.attribute(gimli::DW_AT_const_value) {
        None => None,
        Some(AttributeValue::Block(bytes)) => Some(bytes.to_slice()?.into_owned()),
        Some(
            text @ (AttributeValue::String(_)
            | AttributeValue::DebugStrRef(_)
            | AttributeValue::DebugStrOffsetsIndex(_)),
        ) => {
            let text = unit.with_sections().attr_string(text)?;
            Some([&text.to_slice()?[..], &[0]].concat())
        }
        // Wider than any type it can have; what has fewer bytes takes the lower ones.
        Some(_) => entry
            .number(gimli::DW_AT_const_value)
            .map(|number| number.to_le_bytes().to_vec()),
    })
}
