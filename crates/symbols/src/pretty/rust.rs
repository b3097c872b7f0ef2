//! Rust's library.

use super::Provider;
use super::parts::{argument, collection, number, path, pointee_type, same, sequence};
use super::rust_maps::{btree, hashed};
use crate::ValueError;
use crate::types::{MemberOffset, Type, TypeKind};
use crate::values::view::{Children, Fetch, Style, View};
use crate::values::{Inspector, Value};

pub(super) const PROVIDERS: &[(&str, Provider)] = &[
    ("alloc::string::String", string),
    ("alloc::vec::Vec", vector),
    ("alloc::collections::vec_deque::VecDeque", ring),
    ("std::collections::hash::map::HashMap", hashed),
    ("std::collections::hash::set::HashSet", hashed),
    ("alloc::collections::btree::map::BTreeMap", btree),
    ("alloc::collections::btree::set::BTreeSet", btree),
    ("alloc::rc::Rc", counted),
    ("alloc::sync::Arc", counted),
    ("core::cell::Cell", cell),
    ("core::cell::UnsafeCell", cell),
    ("core::cell::RefCell", ref_cell),
    ("core::num::nonzero::NonZero", transparent),
    ("core::mem::manually_drop::ManuallyDrop", transparent),
];

/// Types of the language itself, which are in no module: slices and text, borrowed or in a box.
pub(super) fn special(name: &str) -> Option<Provider> {
    let is_box = name.starts_with("alloc::boxed::Box<");
    if name.starts_with('&') || is_box || name.starts_with("*const ") || name.starts_with("*mut ") {
        return Some(slice);
    }
    None
}

/// A pointer and a length. Those of trait objects have no length, and are left as they are.
fn slice(inspector: &Inspector<'_>, value: &Value, type_: &Type) -> Result<View, ValueError> {
    let data = inspector.member(value, "data_ptr")?;
    let count = number(inspector, value, &["length"])?;
    let element = pointee_type(inspector, data.type_)?;
    let first = inspector.unsigned(&data)?;
    let name = type_.name.as_deref().unwrap_or_default();
    if name.ends_with("str") || name.contains("Box<str") {
        return Ok(View::scalar(inspector.text_at(first, count, 1)?));
    }
    sequence(inspector, value, first, count, element, Style::Brackets)
}

fn string(inspector: &Inspector<'_>, value: &Value, _: &Type) -> Result<View, ValueError> {
    let vector = inspector.member(value, "vec")?;
    let first = buffer(inspector, &vector)?;
    let count = number(inspector, &vector, &["len"])?;
    Ok(View::scalar(inspector.text_at(first, count, 1)?))
}

fn vector(inspector: &Inspector<'_>, value: &Value, type_: &Type) -> Result<View, ValueError> {
    let element = argument(type_, 0)?;
    let count = number(inspector, value, &["len"])?;
    let first = buffer(inspector, value)?;
    sequence(inspector, value, first, count, element, Style::Brackets)
}

/// Where the elements of a vector are.
fn buffer(inspector: &Inspector<'_>, vector: &Value) -> Result<u64, ValueError> {
    inspector.unsigned(&buffer_pointer(inspector, vector)?)
}

/// The pointer to the elements of a vector.
pub(super) fn buffer_pointer(
    inspector: &Inspector<'_>,
    vector: &Value,
) -> Result<Value, ValueError> {
    let buffer = path(inspector, vector, &["buf"])?;
    let pointer = path(inspector, &buffer, &["inner", "ptr"])
        .or_else(|_| inspector.member(&buffer, "ptr"))?;
    innermost(inspector, &pointer)
}

/// `VecDeque`: the elements go on at the beginning of the buffer once they have reached its end.
fn ring(inspector: &Inspector<'_>, value: &Value, type_: &Type) -> Result<View, ValueError> {
    let element = argument(type_, 0)?;
    let count = number(inspector, value, &["len"])?;
    let head = inspector.unsigned(&innermost(inspector, &inspector.member(value, "head")?)?)?;
    let room = path(inspector, value, &["buf", "inner", "cap"])
        .or_else(|_| path(inspector, value, &["buf", "cap"]))?;
    let room = inspector.unsigned(&innermost(inspector, &room)?)?;
    let first = buffer(inspector, value)?;
    let size = inspector.symbols.size_of(element)?;
    let size = size.ok_or(ValueError::IncompleteType)?;
    if size > 0 && (count > room || (head >= room && count > 0)) {
        return Err(ValueError::corrupt("a ring that is larger than its buffer"));
    }
    inspector.check_extent(first, count, size)?;
    let beside = value.clone();
    let fetch: Fetch = Box::new(move |inspector, range| {
        let element = |index: u64| {
            let at = index.saturating_add(head);
            let at = if size > 0 && at >= room {
                at - room
            } else {
                at
            };
            let found = inspector.element(&beside, first, at, size, Some(element));
            Value {
                name: format!("[{index}]"),
                ..found
            }
        };
        Ok(range.map(element).collect())
    });
    Ok(collection(count, Style::Brackets, fetch))
}

/// `Rc` and `Arc`: what they own, and how many own it.
fn counted(inspector: &Inspector<'_>, value: &Value, _: &Type) -> Result<View, ValueError> {
    let pointer = path(inspector, value, &["ptr", "pointer"])?;
    let shared = inspector.deref(&pointer)?;
    let contents = inspector
        .member(&shared, "value")
        .or_else(|_| inspector.member(&shared, "data"))?;
    let strong = innermost(inspector, &inspector.member(&shared, "strong")?)?;
    let weak = innermost(inspector, &inspector.member(&shared, "weak")?)?;
    let strong = inspector.unsigned(&strong)?;
    // All strong ones together are a weak one.
    let weak = inspector.unsigned(&weak)?.saturating_sub(1);
    let text = inspector.write_part(&contents);
    Ok(View {
        lead: format!("{text} (strong {strong}, weak {weak})"),
        style: Style::Nothing,
        children: Children::List(vec![contents]),
    })
}

fn cell(inspector: &Inspector<'_>, value: &Value, _: &Type) -> Result<View, ValueError> {
    Ok(same("", inspector.member(value, "value")?))
}

fn ref_cell(inspector: &Inspector<'_>, value: &Value, _: &Type) -> Result<View, ValueError> {
    let borrow = innermost(inspector, &inspector.member(value, "borrow")?)?;
    let borrow = inspector.integer(&borrow)?;
    let contents = path(inspector, value, &["value", "value"])?;
    let state = match borrow {
        0 => return Ok(same("", contents)),
        1 => " (borrowed 1 time)".to_string(),
        2.. => format!(" (borrowed {borrow} times)"),
        _ => " (borrowed mutably)".to_string(),
    };
    let text = inspector.write_part(&contents);
    Ok(View {
        lead: format!("{text}{state}"),
        style: Style::Nothing,
        children: Children::List(vec![contents]),
    })
}

fn transparent(inspector: &Inspector<'_>, value: &Value, _: &Type) -> Result<View, ValueError> {
    let inner = innermost(inspector, value)?;
    Ok(same("", inner))
}

/// Wrappers in wrappers are no deeper than this.
const DEEPEST: usize = 8;

/// What is left of a value when all wrappers around it are taken off, which are structures with one
/// member that is not empty.
pub(super) fn innermost(inspector: &Inspector<'_>, value: &Value) -> Result<Value, ValueError> {
    let mut value = value.clone();
    for _ in 0..DEEPEST {
        let Some((_, type_)) = inspector.bare(&value)? else {
            break;
        };
        let TypeKind::Record(record) = &type_.kind else {
            break;
        };
        let mut full = Vec::new();
        for member in &record.members {
            let size = match member.type_ {
                Some(id) => inspector.symbols.size_of(id)?,
                None => None,
            };
            if size != Some(0) && !matches!(member.offset, MemberOffset::Static(_)) {
                full.push(member);
            }
        }
        let [member] = full[..] else { break };
        value = inspector.member_value(&value, member);
    }
    Ok(value)
}
