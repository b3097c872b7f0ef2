//! Variables outside of functions.

use super::{Variable, VariableKind};
use crate::dwarf::index::NamedKind;
use crate::dwarf::units::{EntryId, Unit};
use crate::locations::Context;
use crate::{Symbols, SymbolsError};

impl Symbols {
    /// The variables outside of functions, of all units.
    ///
    /// # Errors
    ///
    /// If the debug information of one of them is damaged.
    pub fn globals(&self) -> Result<Vec<Variable>, SymbolsError> {
        self.begin_request();
        let mut found = Vec::new();
        for unit in self.units().all() {
            let globals = self.globals_in(unit);
            found.append(&mut globals.map_err(|error| self.explain(error))?);
        }
        Ok(found)
    }

    /// The variables outside of functions that the unit of an instruction has. `wasm_pc` is the
    /// instruction's offset in the module file.
    ///
    /// # Errors
    ///
    /// If the debug information of the unit is damaged.
    pub fn unit_globals(&self, wasm_pc: u32) -> Result<Vec<Variable>, SymbolsError> {
        self.begin_request();
        let address = self.address(wasm_pc);
        let unit = address.and_then(|address| self.units().covering(address).next());
        let globals = unit.map_or(Ok(Vec::new()), |unit| self.globals_in(unit));
        globals.map_err(|error| self.explain(error))
    }

    fn globals_in(&self, unit: &Unit) -> gimli::Result<Vec<Variable>> {
        let mut found = Vec::new();
        for named in &unit.index()?.named {
            if named.kind == NamedKind::Variable {
                let id = EntryId {
                    unit: unit.id,
                    offset: named.offset,
                };
                found.push(self.global(id)?);
            }
        }
        Ok(found)
    }

    /// The definition of a static member, of which this is the declaration.
    pub(crate) fn definition_of(&self, declaration: EntryId) -> gimli::Result<Option<EntryId>> {
        let units = self.units();
        let unit = units.unit(declaration);
        for named in &unit.index()?.named {
            // A definition that refers to its declaration leaves the name to that.
            if named.kind == NamedKind::Variable && named.hash == 0 {
                let entry = unit.entry(named.offset)?;
                let origin = units.reference(unit, &entry, gimli::DW_AT_specification);
                if origin == Some(declaration) {
                    return Ok(Some(unit.id_of(&entry)));
                }
            }
        }
        Ok(None)
    }

    pub(crate) fn global(&self, id: EntryId) -> gimli::Result<Variable> {
        let context = Context {
            unit: id.unit,
            address: None,
            function: None,
        };
        self.variable(id, VariableKind::Global, context)
    }
}
