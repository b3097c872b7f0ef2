//! What the providers have in common.

use crate::ValueError;
use crate::types::{Type, TypeId, TypeKind};
use crate::values::view::{Children, Fetch, Style, View};
use crate::values::{Inspector, Value};

/// The member of a member, and so on.
pub(super) fn path(
    inspector: &Inspector<'_>,
    value: &Value,
    names: &[&str],
) -> Result<Value, ValueError> {
    let mut value = value.clone();
    for name in names {
        value = inspector.member(&value, name)?;
    }
    Ok(value)
}

/// The number or address that a member of a member is.
pub(super) fn number(
    inspector: &Inspector<'_>,
    value: &Value,
    names: &[&str],
) -> Result<u64, ValueError> {
    inspector.unsigned(&path(inspector, value, names)?)
}

/// What a pointer of this type points to.
pub(super) fn pointee_type(
    inspector: &Inspector<'_>,
    pointer: Option<TypeId>,
) -> Result<TypeId, ValueError> {
    if let Some(pointer) = pointer
        && let Some((_, type_)) = inspector.symbols.bare_type(pointer)?
        && let TypeKind::Pointer {
            target: Some(target),
            ..
        } = &type_.kind
    {
        return Ok(*target);
    }
    Err(ValueError::NoMember("a pointer".to_string()))
}

/// An argument of the template or generic type.
pub(super) fn argument(type_: &Type, index: usize) -> Result<TypeId, ValueError> {
    let missing = || ValueError::NoMember(format!("type argument {index}"));
    match &type_.kind {
        TypeKind::Record(record) => {
            let parameter = record.parameters.get(index).ok_or_else(missing)?;
            parameter.type_.ok_or_else(missing)
        }
        _ => Err(missing()),
    }
}

/// So many things of a type that lie one after the other in memory.
pub(super) fn sequence(
    inspector: &Inspector<'_>,
    beside: &Value,
    first: u64,
    count: u64,
    element: TypeId,
    style: Style,
) -> Result<View, ValueError> {
    let size = inspector.symbols.size_of(element)?;
    let size = size.ok_or(ValueError::IncompleteType)?;
    inspector.check_extent(first, count, size)?;
    let beside = beside.clone();
    let fetch: Fetch = Box::new(move |inspector, range| {
        let element = |index| inspector.element(&beside, first, index, size, Some(element));
        Ok(range.map(element).collect())
    });
    Ok(collection(count, style, fetch))
}

/// A collection of so many things.
pub(super) fn collection(count: u64, style: Style, fetch: Fetch) -> View {
    View {
        lead: format!("size {count}"),
        style: if count == 0 { Style::Nothing } else { style },
        children: Children::Fetched { count, fetch },
    }
}

/// That so many things, each in a piece of memory of its own, can exist.
pub(super) fn check_count(inspector: &Inspector<'_>, count: u64) -> Result<(), ValueError> {
    if count > inspector.target.memory_size() {
        let what = format!("{count} elements are more than the memory has bytes");
        return Err(ValueError::Corrupt(what));
    }
    Ok(())
}

/// An entry of a map: named by its key.
pub(super) fn entry(inspector: &Inspector<'_>, key: &Value, value: Value) -> Value {
    Value {
        name: format!("[{}]", inspector.write_part(key)),
        ..value
    }
}

/// What stands where an element should be that cannot be found.
pub(super) fn missing(beside: &Value, index: u64, error: ValueError) -> Value {
    Value {
        name: format!("[{index}]"),
        type_: None,
        dimension: 0,
        at: Err(error),
        context: beside.context,
    }
}

/// One that is written as another value is.
pub(super) fn same(lead: impl Into<String>, value: Value) -> View {
    View::list(Style::Same, vec![value]).with_lead(lead)
}
