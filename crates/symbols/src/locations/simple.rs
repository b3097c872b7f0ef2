//! Expressions that are so simple that they need not be evaluated each time.

use super::describe::expression_at;
use super::evaluate::Evaluator;
use super::{Context, MachinePlace, ValueError};
use crate::dwarf::reader::Reader;
use gimli::{Expression, Operation};

/// Where a value is, said in the simplest way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SimplePlace {
    /// At this address.
    Memory(u64),
    /// In the machine, outside of memory.
    Machine(MachinePlace),
    /// In memory, so many bytes from the address that a place of the machine holds.
    Behind(MachinePlace, i64),
}

impl Evaluator<'_> {
    /// The place that an expression always describes; `None` if that takes more to be said.
    pub(crate) fn simple_place(
        &self,
        expression: &Expression<Reader>,
    ) -> Result<Option<SimplePlace>, ValueError> {
        if let Some(place) = self.machine_place(expression)? {
            return Ok(Some(SimplePlace::Machine(place)));
        }
        let mut operations = expression.clone().operations(self.encoding());
        let first = operations.next()?;
        if operations.next()?.is_some() {
            return Ok(None);
        }
        Ok(match first {
            Some(Operation::Address { address }) if address < self.tombstone() => {
                Some(SimplePlace::Memory(address))
            }
            Some(Operation::FrameOffset { offset }) => {
                let base = self.machine_frame_base()?;
                base.map(|base| SimplePlace::Behind(base, offset))
            }
            _ => None,
        })
    }

    /// The place of the machine that holds the frame base, if that is all there is to it.
    fn machine_frame_base(&self) -> Result<Option<MachinePlace>, ValueError> {
        let Some(function) = self.context.function else {
            return Ok(None);
        };
        let context = Context {
            unit: function.unit,
            ..self.context
        };
        let evaluator = Evaluator { context, ..*self };
        let entry = self.symbols.units().entry(function)?;
        let Some(base) = entry.attribute(gimli::DW_AT_frame_base) else {
            return Ok(None);
        };
        let expression = expression_at(evaluator.unit(), base, self.context)?;
        evaluator.machine_place(&expression)
    }
}
