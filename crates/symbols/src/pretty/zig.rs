//! Zig's own types that are more than structures: slices, optionals, error unions, tagged unions.

use super::Provider;
use super::parts::{number, path, pointee_type, same, sequence};
use crate::ValueError;
use crate::types::{RecordKind, Type, TypeKind};
use crate::values::view::{Style, View};
use crate::values::{Inspector, Value};

/// The provider for types of a name, which tells what they are. Any other may be a tagged union.
pub(super) fn provider(name: &str) -> Option<Provider> {
    Some(match name.as_bytes() {
        [b'[', ..] => slice,
        [b'?', ..] => optional,
        _ if name.contains('!') => error_union,
        _ => tagged_union,
    })
}

fn slice(inspector: &Inspector<'_>, value: &Value, _: &Type) -> Result<View, ValueError> {
    let pointer = inspector.member(value, "ptr")?;
    let count = number(inspector, value, &["len"])?;
    let element = pointee_type(inspector, pointer.type_)?;
    let first = inspector.unsigned(&pointer)?;
    let bare = inspector.symbols.bare_type(element)?;
    if bare.is_some_and(|(_, type_)| type_.name.as_deref() == Some("u8")) {
        return Ok(View::scalar(inspector.text_at(first, count, 1)?));
    }
    sequence(inspector, value, first, count, element, Style::Braces)
}

fn optional(inspector: &Inspector<'_>, value: &Value, _: &Type) -> Result<View, ValueError> {
    let payload = inspector.member(value, "payload")?;
    Ok(match number(inspector, value, &["some"])? {
        0 => View::scalar("null"),
        _ => same("", payload),
    })
}

fn error_union(inspector: &Inspector<'_>, value: &Value, _: &Type) -> Result<View, ValueError> {
    let payload = inspector.member(value, "payload")?;
    let error = inspector.member(value, "error")?;
    Ok(match inspector.unsigned(&error)? {
        0 => same("", payload),
        _ => same("", error),
    })
}

fn tagged_union(inspector: &Inspector<'_>, value: &Value, _: &Type) -> Result<View, ValueError> {
    let payload = inspector.member(value, "payload")?;
    let tag = inspector.member(value, "tag")?;
    let is_union = matches!(
        inspector.bare(&payload)?,
        Some((_, type_))
            if matches!(&type_.kind, TypeKind::Record(record) if record.kind == RecordKind::Union)
    );
    if !is_union {
        return Err(ValueError::NoMember("payload".to_string()));
    }
    let name = inspector.write_part(&tag);
    match path(inspector, &payload, &[&name]) {
        Ok(active) => Ok(View::list(Style::ZigFields, vec![active])),
        // What has no contents is no member.
        Err(ValueError::NoMember(_)) => Ok(View::scalar(format!(".{name}"))),
        Err(error) => Err(error),
    }
}
