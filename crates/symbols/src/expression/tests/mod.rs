//! Tests of what several files do together.

mod arbitrary;
mod errors;
mod evaluation;
mod trees;
mod world;

use super::{Path, TypeNames};

/// Knows the types `T`, `node`, `a::T`, `std::vector` and `size`.
pub(super) struct SomeTypes;

impl TypeNames for SomeTypes {
    fn is_type(&self, path: &Path) -> bool {
        let names: Vec<&str> = path
            .segments
            .iter()
            .map(|segment| segment.name.as_str())
            .collect();
        let names = names.join("::");
        ["T", "node", "a::T", "std::vector", "size"].contains(&names.as_str())
    }
}
