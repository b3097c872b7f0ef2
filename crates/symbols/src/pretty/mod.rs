//! What the types of libraries stand for: text, sequences, maps, owners, choices.
//!
//! Each language has a table from the names of types to *providers*, functions that make the
//! [`View`] of a value of such a type. They find members by name, so that they read every version
//! of a library that has these. What is built otherwise is shown as it is built.

mod cpp;
mod cpp_nodes;
mod parts;
mod rust;
mod rust_maps;
pub(crate) mod text;
mod zig;

use crate::ValueError;
use crate::types::{Language, Type, TypeKind};
use crate::values::view::View;
use crate::values::{Inspector, Value};

/// Makes the view of a value of a type that it knows.
type Provider = fn(&Inspector<'_>, &Value, &Type) -> Result<View, ValueError>;

/// What a value stands for, if its type is one of those that are known here.
pub(crate) fn view(inspector: &Inspector<'_>, value: &Value) -> Result<Option<View>, ValueError> {
    if value.at.is_err() {
        return Ok(None);
    }
    let Some((_, type_)) = inspector.bare(value)? else {
        return Ok(None);
    };
    let Some(provider) = find(&type_) else {
        return Ok(None);
    };
    match provider(inspector, value, &type_) {
        Ok(view) => Ok(Some(view)),
        // If a part that it takes has no location then others may have.
        Err(ValueError::NoMember(_) | ValueError::PartNotDescribed) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The value that wrappers of Rust around it are there for.
pub(crate) fn innermost(inspector: &Inspector<'_>, value: &Value) -> Result<Value, ValueError> {
    rust::innermost(inspector, value)
}

fn find(type_: &Type) -> Option<Provider> {
    let name = type_.name.as_deref()?;
    if !matches!(type_.kind, TypeKind::Record(_)) {
        return None;
    }
    let table = match type_.language {
        Language::Cpp => cpp::PROVIDERS,
        Language::Rust => match rust::special(name) {
            Some(provider) => return Some(provider),
            None => rust::PROVIDERS,
        },
        Language::Zig => return zig::provider(name),
        _ => return None,
    };
    let full = full_name(type_)?;
    let found = table.iter().find(|(known, _)| *known == full);
    found.map(|&(_, provider)| provider)
}

/// The name of a type with its path, without arguments.
pub(crate) fn full_name(type_: &Type) -> Option<String> {
    let mut full = type_.path.join("::");
    if !full.is_empty() {
        full.push_str("::");
    }
    full.push_str(type_.name.as_deref()?.split('<').next()?);
    Some(full)
}
