//! DWARF as it lies in a module: sections, units, and the entries in them.

pub(crate) mod entries;
pub(crate) mod index;
pub(crate) mod ranges;
pub(crate) mod reader;
pub(crate) mod sections;
pub(crate) mod split;
pub(crate) mod units;

/// A unit together with the sections that it refers to.
pub(crate) type UnitRef<'unit> = gimli::UnitRef<'unit, reader::Reader>;
