//! Names of functions.

use super::demangle::try_demangle;
use crate::dwarf::entries::Entry;
use crate::dwarf::units::{EntryId, Unit, Units};
use crate::types::Language;

/// The name of a function for people to read: the whole path of Rust and C++, the plain name
/// of C.
pub(crate) fn function_name(units: &Units, id: EntryId) -> gimli::Result<Option<String>> {
    let (readable, linkage) = function_names(units, &units.origins(id)?)?;
    Ok(readable.or(linkage))
}

/// The name of a function for people to read, and that by which the linker knows it, from its
/// entry and the [origins](Units::origins) of that.
pub(crate) fn function_names(
    units: &Units,
    origins: &[(&Unit, Entry)],
) -> gimli::Result<(Option<String>, Option<String>)> {
    let mut plain = None;
    let mut linkage = None;
    for (unit, entry) in origins {
        if let Some(mangled) = entry.linkage_name() {
            let mangled = unit.string(mangled)?;
            if let Some(readable) = try_demangle(&mangled) {
                return Ok((Some(readable), Some(mangled)));
            }
            // The symbol of a C function need not be its name.
            linkage = linkage.or(Some(mangled));
        }
        if plain.is_none() {
            plain = unit.text(entry, gimli::DW_AT_name)?;
        }
    }
    // A name that cannot be read is no more use than none.
    let has_path = linkage.as_ref().is_some_and(|name| !is_mangled(name));
    if !has_path
        && let (Some(name), Some((unit, entry))) = (&mut plain, origins.last())
        && matches!(unit.language, Language::Cpp | Language::Rust)
    {
        // The mangled name, which has the path, can be left out too.
        let mut path = units.path(unit.id_of(entry))?;
        path.push(std::mem::take(name));
        *name = path.join("::");
    }
    Ok((plain, linkage))
}

fn is_mangled(name: &str) -> bool {
    name.starts_with("_Z") || name.starts_with("_R")
}
