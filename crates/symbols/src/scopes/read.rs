//! Finds the scopes around an instruction.

use super::{FrameScopes, Scope, VariableKind};
use crate::code::functions::DEEPEST_INLINING;
use crate::code::names::function_name;
use crate::dwarf::entries::{Entries, Entry};
use crate::dwarf::units::{EntryId, Unit};
use crate::locations::Context;
use crate::{Symbols, SymbolsError};
use gimli::{DwTag, UnitOffset};

/// A function or inlined call at the instruction, and the variables in it.
struct Call {
    entry: Entry,
    /// Outermost first.
    scopes: Vec<Vec<(EntryId, VariableKind)>>,
}

impl Symbols {
    /// The variables at an instruction, for each of the frames that [`Symbols::frames`] tells if
    /// that is in a function, and in the same order.
    ///
    /// `wasm_pc` is the instruction's offset in the module file.
    ///
    /// # Errors
    ///
    /// If the debug information for this place is damaged.
    pub fn scopes(&self, wasm_pc: u32) -> Result<Vec<FrameScopes>, SymbolsError> {
        let Some(address) = self.address(wasm_pc) else {
            return Ok(Vec::new());
        };
        self.begin_request();
        self.scopes_at(address).map_err(|error| self.explain(error))
    }

    fn scopes_at(&self, address: u32) -> gimli::Result<Vec<FrameScopes>> {
        for unit in self.units().covering(address) {
            if let Some(function) = unit.index()?.function(address) {
                return self.scopes_in(unit, function, address);
            }
        }
        Ok(Vec::new())
    }

    fn scopes_in(
        &self,
        unit: &Unit,
        function: UnitOffset<usize>,
        address: u32,
    ) -> gimli::Result<Vec<FrameScopes>> {
        let calls = read_calls(unit, function, address)?;
        let function = calls.first().map(|call| unit.id_of(&call.entry));
        let context = Symbols::frame_context(unit, function, address);
        let mut frames = Vec::with_capacity(calls.len());
        for (depth, mut call) in calls.into_iter().enumerate().rev() {
            self.add_dropped(unit, &mut call)?;
            frames.push(FrameScopes {
                function: function_name(self.units(), unit.id_of(&call.entry))?,
                inlined: depth > 0,
                scopes: self.scopes_of(&call, context)?,
                entry: unit.id_of(&call.entry),
                context,
            });
        }
        Ok(frames)
    }

    fn scopes_of(&self, call: &Call, context: Context) -> gimli::Result<Vec<Scope>> {
        let mut scopes = Vec::with_capacity(call.scopes.len());
        for found in call.scopes.iter().rev() {
            let mut scope = Scope::default();
            for &(entry, kind) in found {
                scope.variables.push(self.variable(entry, kind, context)?);
            }
            scopes.push(scope);
        }
        Ok(scopes)
    }

    /// Adds the variables that the abstract function has, but not this instance of it: the
    /// compiler has dropped those.
    fn add_dropped(&self, unit: &Unit, call: &mut Call) -> gimli::Result<()> {
        let units = self.units();
        let origin = units.reference(unit, &call.entry, gimli::DW_AT_abstract_origin);
        let (Some(origin), Some(outermost)) = (origin, call.scopes.first_mut()) else {
            return Ok(());
        };
        let mut origins = Vec::new();
        for &(concrete, kind) in outermost.iter() {
            let entry = units.entry(concrete)?;
            let origin = units.reference(unit, &entry, gimli::DW_AT_abstract_origin);
            origins.push((origin, concrete, kind));
        }
        let abstract_unit = units.unit(origin);
        let mut entries = Entries::new(abstract_unit.with_sections(), Some(origin.offset))?;
        entries.next()?;
        let mut all = Vec::new();
        while let Some(entry) = entries.next_below()? {
            if let (1, Some(kind)) = (entry.depth, variable_kind(entry.tag)) {
                let id = abstract_unit.id_of(&entry);
                let known = origins.iter().position(|(origin, ..)| *origin == Some(id));
                match known {
                    Some(known) => {
                        let (_, concrete, kind) = origins.remove(known);
                        all.push((concrete, kind));
                    }
                    None => all.push((id, kind)),
                }
            }
        }
        all.extend(origins.iter().map(|&(_, concrete, kind)| (concrete, kind)));
        *outermost = all;
        Ok(())
    }
}

/// The function and the calls inlined into it at an address, outermost first.
fn read_calls(unit: &Unit, function: UnitOffset<usize>, address: u32) -> gimli::Result<Vec<Call>> {
    let mut entries = Entries::new(unit.with_sections(), Some(function))?;
    let mut calls = Vec::new();
    // The scopes around the present entry: their depths, and where they are in `calls`.
    let mut around: Vec<(isize, usize, usize)> = Vec::new();
    if let Some(entry) = entries.next()? {
        let scopes = vec![Vec::new()];
        calls.push(Call { entry, scopes });
        around.push((0, 0, 0));
    }
    // Entries that are deeper belong to something that is not around the address.
    let mut beside = isize::MAX;
    while let Some(entry) = entries.next_below()? {
        if entry.depth > beside {
            continue;
        }
        beside = isize::MAX;
        while around.len() > 1 && around.last().is_some_and(|top| top.0 >= entry.depth) {
            around.pop();
        }
        let Some(&(_, call, scope)) = around.last() else {
            break;
        };
        match entry.tag {
            tag if is_block(tag) => {
                let covers = entry.code().contain(unit.with_sections(), address)?;
                if !covers || around.len() > DEEPEST_INLINING {
                    beside = entry.depth;
                } else if tag == gimli::DW_TAG_inlined_subroutine {
                    around.push((entry.depth, calls.len(), 0));
                    let scopes = vec![Vec::new()];
                    calls.push(Call { entry, scopes });
                } else {
                    around.push((entry.depth, call, calls[call].scopes.len()));
                    calls[call].scopes.push(Vec::new());
                }
            }
            tag => {
                if let Some(kind) = variable_kind(tag) {
                    calls[call].scopes[scope].push((unit.id_of(&entry), kind));
                }
                beside = entry.depth;
            }
        }
    }
    Ok(calls)
}

fn is_block(tag: DwTag) -> bool {
    matches!(
        tag,
        gimli::DW_TAG_inlined_subroutine
            | gimli::DW_TAG_lexical_block
            | gimli::DW_TAG_try_block
            | gimli::DW_TAG_catch_block
    )
}

fn variable_kind(tag: DwTag) -> Option<VariableKind> {
    match tag {
        gimli::DW_TAG_formal_parameter => Some(VariableKind::Parameter),
        gimli::DW_TAG_variable | gimli::DW_TAG_constant => Some(VariableKind::Local),
        _ => None,
    }
}
