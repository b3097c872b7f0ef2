//! Operators on vectors.
//!
//! Those that no immediate tells apart from each other are written down once for all lanes: the
//! types in the tables say which.

mod conversions;
mod floats;
mod integers;
mod lanes;
mod relaxed;

use super::values::Table;

pub(super) const TABLES: [Table; 5] = [
    lanes::TABLE,
    integers::TABLE,
    floats::TABLE,
    conversions::TABLE,
    relaxed::TABLE,
];
