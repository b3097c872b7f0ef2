//! Names of functions.

use crate::demangle::try_demangle;
use crate::entries::{Entries, Entry};
use crate::reader::Reader;
use crate::units::{Unit, Units};
use gimli::{AttributeValue, Reader as _};

/// An inlined function refers to the abstract one, that to its declaration: two steps. More
/// leaves room for what other compilers do, and cuts circles.
const LONGEST_WAY: usize = 16;

/// The name of a function for people to read: the whole path of Rust and C++, the plain name
/// of C.
pub(crate) fn function_name(
    units: &Units,
    unit: &Unit,
    entry: &Entry,
) -> gimli::Result<Option<String>> {
    let mut unit = unit;
    let mut entry = entry.clone();
    let mut plain = None;
    let mut linkage = None;
    for _ in 0..LONGEST_WAY {
        if let Some(mangled) = string(units, unit, entry.linkage_name)? {
            match try_demangle(&mangled) {
                Some(readable) => return Ok(Some(readable)),
                // The symbol of a C function need not be its name.
                None => linkage = linkage.or(Some(mangled)),
            }
        }
        if plain.is_none() {
            plain = string(units, unit, entry.name)?;
        }
        let (next_unit, offset) = match entry.origin {
            Some(AttributeValue::UnitRef(offset)) => (unit, offset),
            Some(AttributeValue::DebugInfoRef(offset)) => {
                let Some(unit) = units.at_offset(offset.0) else {
                    break;
                };
                let Some(offset) = offset.to_unit_offset(&unit.dwarf.header) else {
                    break;
                };
                (unit, offset)
            }
            _ => break,
        };
        unit = next_unit;
        match Entries::new(&unit.dwarf, &units.dwarf, Some(offset))?.next()? {
            Some(origin) => entry = origin,
            None => break,
        }
    }
    Ok(plain.or(linkage))
}

fn string(
    units: &Units,
    unit: &Unit,
    value: Option<AttributeValue<Reader>>,
) -> gimli::Result<Option<String>> {
    let Some(value) = value else { return Ok(None) };
    let text = units.dwarf.attr_string(&unit.dwarf, value)?;
    Ok(Some(text.to_string_lossy()?.into_owned()))
}
