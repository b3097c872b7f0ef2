//! What can be said of values by their types alone.

use crate::pretty::text::{NoTarget, nowhere};
use crate::types::TypeId;
use crate::{Inspector, Symbols, ValueError};

/// Whether values of a type have a member of this name, be it one of a base or a static one.
pub(super) fn has_member(
    symbols: &Symbols,
    type_: Option<TypeId>,
    name: &str,
) -> Result<bool, ValueError> {
    let Some(type_) = type_ else {
        return Ok(false);
    };
    match Inspector::new(symbols, &NoTarget).member(&nowhere(type_), name) {
        Ok(_) => Ok(true),
        Err(ValueError::NoMember(_)) => Ok(false),
        Err(error) => Err(error),
    }
}
