//! The containers of C++'s library whose elements are in nodes: lists, trees and hash tables.

use super::parts::{check_count, collection, entry, missing, number, path, pointee_type};
use crate::ValueError;
use crate::types::{Type, TypeId};
use crate::values::view::{Fetch, Style, View};
use crate::values::{Inspector, Value};
use std::ops::Range;

/// Nodes have to be counted through from the first. No more of them are.
const MOST_NODES: u64 = 1 << 18;

/// `list`: a ring of nodes through the list itself.
pub(super) fn list(inspector: &Inspector<'_>, value: &Value, _: &Type) -> Result<View, ValueError> {
    let end = inspector.member(value, "__end_")?;
    let node = node_type(inspector, &end)?;
    let count = number(inspector, value, &["__size_"])
        .or_else(|_| number(inspector, value, &["__size_alloc_", "__value_"]))?;
    check_count(inspector, count)?;
    let first = number(inspector, &end, &["__next_"])?;
    let beside = value.clone();
    let fetch: Fetch =
        Box::new(move |inspector, range| chain(inspector, &beside, first, node, range));
    Ok(collection(count, Style::Braces, fetch))
}

/// `unordered_map` and the like: all nodes are in one chain.
pub(super) fn hashed(
    inspector: &Inspector<'_>,
    value: &Value,
    type_: &Type,
) -> Result<View, ValueError> {
    let table = inspector.member(value, "__table_")?;
    let first = inspector
        .member(&table, "__first_node_")
        .or_else(|_| path(inspector, &table, &["__p1_", "__value_"]))?;
    let node = node_type(inspector, &first)?;
    let count = number(inspector, &table, &["__size_"])
        .or_else(|_| number(inspector, &table, &["__p2_", "__value_"]))?;
    check_count(inspector, count)?;
    let first = number(inspector, &first, &["__next_"])?;
    let beside = value.clone();
    let is_map = is_map(type_);
    let fetch: Fetch = Box::new(move |inspector, range| {
        let found = chain(inspector, &beside, first, node, range)?;
        Ok(entries(inspector, found, is_map))
    });
    Ok(collection(count, style(is_map), fetch))
}

/// `map` and the like: a search tree, in the order of its keys.
pub(super) fn tree(
    inspector: &Inspector<'_>,
    value: &Value,
    type_: &Type,
) -> Result<View, ValueError> {
    let tree = inspector.member(value, "__tree_")?;
    let node = node_type(inspector, &tree)?;
    let count = number(inspector, &tree, &["__size_"])
        .or_else(|_| number(inspector, &tree, &["__pair3_", "__value_"]))?;
    check_count(inspector, count)?;
    let first = number(inspector, &tree, &["__begin_node_"])?;
    let beside = value.clone();
    let is_map = is_map(type_);
    let fetch: Fetch = Box::new(move |inspector, range| {
        let found = in_order(inspector, &beside, first, node, range)?;
        Ok(entries(inspector, found, is_map))
    });
    Ok(collection(count, style(is_map), fetch))
}

fn is_map(type_: &Type) -> bool {
    let name = type_.name.as_deref().unwrap_or_default();
    name.split('<').next().unwrap_or_default().ends_with("map")
}

fn style(is_map: bool) -> Style {
    if is_map { Style::Fields } else { Style::Braces }
}

/// The type of nodes, which the class of a value has a name for.
fn node_type(inspector: &Inspector<'_>, value: &Value) -> Result<TypeId, ValueError> {
    let missing = || ValueError::NoMember("__node_pointer".to_string());
    let (_, type_) = inspector.bare(value)?.ok_or_else(missing)?;
    let pointer = inspector.symbols.nested_type(&type_, "__node_pointer")?;
    pointee_type(inspector, Some(pointer.ok_or_else(missing)?))
}

/// The values of a chain of nodes, from its first node on.
fn chain(
    inspector: &Inspector<'_>,
    beside: &Value,
    first: u64,
    node: TypeId,
    range: Range<u64>,
) -> Result<Vec<Value>, ValueError> {
    check_distance(&range)?;
    let mut found = Vec::new();
    let mut at = first;
    for index in 0..range.end {
        if at == 0 {
            let error = ValueError::corrupt("the chain of elements ends early");
            found.push(missing(beside, index, error));
            break;
        }
        let node = inspector.in_memory(beside, "", at, Some(node));
        if index >= range.start {
            found.push(element(inspector, &node, index));
        }
        at = number(inspector, &node, &["__next_"])?;
    }
    Ok(found)
}

/// The values of a tree in order, from its leftmost node on.
fn in_order(
    inspector: &Inspector<'_>,
    beside: &Value,
    first: u64,
    node: TypeId,
    range: Range<u64>,
) -> Result<Vec<Value>, ValueError> {
    check_distance(&range)?;
    let mut found = Vec::new();
    let mut at = first;
    // Each link of a tree is followed twice, in a good one.
    let mut links = range.end.saturating_mul(4).saturating_add(256);
    let mut follow = |at: u64, link: &str| {
        links = links
            .checked_sub(1)
            .ok_or_else(|| ValueError::corrupt("a tree that leads in a circle"))?;
        let node = inspector.in_memory(beside, "", at, Some(node));
        number(inspector, &node, &[link])
    };
    for index in 0..range.end {
        if index >= range.start {
            let node = inspector.in_memory(beside, "", at, Some(node));
            found.push(element(inspector, &node, index));
        }
        if index + 1 == range.end {
            break;
        }
        let right = follow(at, "__right_")?;
        if right != 0 {
            at = right;
            loop {
                match follow(at, "__left_")? {
                    0 => break,
                    left => at = left,
                }
            }
        } else {
            loop {
                let parent = follow(at, "__parent_")?;
                let is_left = follow(parent, "__left_")? == at;
                at = parent;
                if is_left {
                    break;
                }
            }
        }
    }
    Ok(found)
}

fn check_distance(range: &Range<u64>) -> Result<(), ValueError> {
    if range.end > MOST_NODES {
        let what = format!(
            "to go through {} nodes, more than are gone through",
            range.end
        );
        return Err(ValueError::Unsupported(what));
    }
    Ok(())
}

fn element(inspector: &Inspector<'_>, node: &Value, index: u64) -> Value {
    match inspector.member(node, "__value_") {
        Ok(value) => Value {
            name: format!("[{index}]"),
            ..value
        },
        Err(error) => missing(node, index, error),
    }
}

/// The elements of a map, as pairs of a key and a value, named by their keys.
fn entries(inspector: &Inspector<'_>, found: Vec<Value>, is_map: bool) -> Vec<Value> {
    if !is_map {
        return found;
    }
    let pair = |element: Value| {
        // Older versions have the pair in a structure of its own.
        let pair = inspector.member(&element, "__cc_").unwrap_or(element);
        let parts = (
            inspector.member(&pair, "first"),
            inspector.member(&pair, "second"),
        );
        match parts {
            (Ok(key), Ok(value)) => entry(inspector, &key, value),
            _ => pair,
        }
    };
    found.into_iter().map(pair).collect()
}
