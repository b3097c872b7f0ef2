//! Which variables there are at an instruction, and in the whole program.

mod globals;
mod read;

use crate::dwarf::units::{EntryId, Unit};
use crate::locations::Context;
use crate::types::TypeId;
use crate::{SourceLocation, Symbols};

/// The variables of a frame, as [`Symbols::scopes`] finds them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FrameScopes {
    /// The function's name, as in [`SourceFrame`](crate::SourceFrame).
    pub function: Option<String>,
    /// Whether the function is inlined into that of the frame after this one.
    pub inlined: bool,
    /// The scopes around the instruction, innermost first. The last is that of the whole function,
    /// with its parameters.
    pub scopes: Vec<Scope>,
    /// The entry of the function, or of the call that is inlined.
    pub(crate) entry: EntryId,
    pub(crate) context: Context,
}

impl FrameScopes {
    /// All variables, those of inner scopes first: of several with one name the first is meant.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.scopes.iter().flat_map(|scope| &scope.variables)
    }

    /// The variable that a name stands for.
    pub fn find(&self, name: &str) -> Option<&Variable> {
        self.variables()
            .find(|variable| variable.name.as_deref() == Some(name))
    }
}

/// A scope: the variables that are declared in the same block.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Scope {
    /// In the order of the source.
    pub variables: Vec<Variable>,
}

/// A variable. What it holds is told by an [`Inspector`](crate::Inspector).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Variable {
    /// Its name.
    pub name: Option<String>,
    /// What kind of variable it is.
    pub kind: VariableKind,
    /// Its type; `None` if the debug information does not say.
    pub type_: Option<TypeId>,
    /// Whether the compiler has made it.
    pub artificial: bool,
    /// Where it is declared.
    pub declared: Option<SourceLocation>,
    pub(crate) entry: EntryId,
    pub(crate) context: Context,
}

/// Kinds of variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VariableKind {
    /// A parameter of the function.
    Parameter,
    /// Declared within a function.
    Local,
    /// Declared outside of functions.
    Global,
}

impl Symbols {
    /// Reads what is to be known of a variable. What its entry lacks, that of its abstract function or
    /// its declaration has.
    pub(crate) fn variable(
        &self,
        id: EntryId,
        kind: VariableKind,
        context: Context,
    ) -> gimli::Result<Variable> {
        let mut variable = Variable {
            name: None,
            kind,
            type_: None,
            artificial: false,
            declared: None,
            entry: id,
            context,
        };
        for (unit, entry) in self.units().origins(id)? {
            if variable.name.is_none() {
                variable.name = unit.text(&entry, gimli::DW_AT_name)?;
            }
            if variable.type_.is_none() {
                let type_ = self.units().reference(unit, &entry, gimli::DW_AT_type);
                variable.type_ = type_.map(TypeId);
            }
            if variable.declared.is_none() {
                variable.declared = self.location(unit, Some(entry.declaration()))?;
            }
            variable.artificial |= entry.flag(gimli::DW_AT_artificial);
        }
        Ok(variable)
    }

    /// The context of the frame of a function at an address.
    fn frame_context(unit: &Unit, function: Option<EntryId>, address: u32) -> Context {
        Context {
            unit: unit.id,
            address: Some(address),
            function,
        }
    }
}
