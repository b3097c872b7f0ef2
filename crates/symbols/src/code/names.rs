//! Names of functions.

use super::demangle::try_demangle;
use crate::dwarf::units::{EntryId, Units};

/// The name of a function for people to read: the whole path of Rust and C++, the plain name
/// of C.
pub(crate) fn function_name(units: &Units, id: EntryId) -> gimli::Result<Option<String>> {
    let mut plain = None;
    let mut linkage = None;
    for (unit, entry) in units.origins(id)? {
        if let Some(mangled) = entry.linkage_name() {
            let mangled = unit.string(mangled)?;
            match try_demangle(&mangled) {
                Some(readable) => return Ok(Some(readable)),
                // The symbol of a C function need not be its name.
                None => linkage = linkage.or(Some(mangled)),
            }
        }
        if plain.is_none() {
            plain = unit.text(&entry, gimli::DW_AT_name)?;
        }
    }
    Ok(plain.or(linkage))
}
