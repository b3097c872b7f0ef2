//! Rust's maps and sets.

use super::parts::{argument, check_count, collection, entry, number, path, pointee_type};
use super::rust::innermost;
use crate::types::{Type, TypeId, TypeKind};
use crate::values::view::{Fetch, Style, View};
use crate::values::{Inspector, Value};
use crate::{Place, ValueError};
use std::ops::Range;

/// `HashMap` and `HashSet`, as hashbrown builds them: a byte for each bucket tells whether it is in
/// use, and the buckets lie below these bytes, the first one nearest.
pub(super) fn hashed(
    inspector: &Inspector<'_>,
    value: &Value,
    type_: &Type,
) -> Result<View, ValueError> {
    let base = inspector.member(value, "base")?;
    let map = inspector.member(&base, "map").unwrap_or(base);
    let table = inspector.member(&map, "table")?;
    let (_, table_type) = inspector.bare(&table)?.ok_or(ValueError::IncompleteType)?;
    let pair = argument(&table_type, 0)?;
    let size = inspector.symbols.size_of(pair)?;
    let size = size.ok_or(ValueError::IncompleteType)?;
    let inner = inspector.member(&table, "table")?;
    let count = number(inspector, &inner, &["items"])?;
    let buckets = number(inspector, &inner, &["bucket_mask"])?.saturating_add(1);
    let control = innermost(inspector, &inspector.member(&inner, "ctrl")?)?;
    let control = inspector.unsigned(&control)?;
    check_count(inspector, count)?;
    inspector.check_extent(control, buckets, 1)?;
    if count > buckets || buckets.checked_mul(size).is_none_or(|len| len > control) && count > 0 {
        return Err(ValueError::corrupt(
            "a table of more elements than there is room for",
        ));
    }
    let is_map = type_
        .name
        .as_deref()
        .is_some_and(|name| name.starts_with("HashMap"));
    let beside = value.clone();
    let fetch: Fetch = Box::new(move |inspector, range| {
        let used = used_buckets(inspector, control, buckets, range.end)?;
        let start = (range.start as usize).min(used.len());
        let mut found = Vec::new();
        for (index, bucket) in (range.start..).zip(&used[start..]) {
            let at = control - (bucket + 1) * size;
            let pair = inspector.in_memory(&beside, "", at, Some(pair));
            let key = inspector.member(&pair, "__0")?;
            found.push(if is_map {
                entry(inspector, &key, inspector.member(&pair, "__1")?)
            } else {
                let name = format!("[{index}]");
                Value { name, ..key }
            });
        }
        Ok(found)
    });
    Ok(collection(count, style(is_map), fetch))
}

/// The first buckets that are in use, up to a number.
fn used_buckets(
    inspector: &Inspector<'_>,
    control: u64,
    buckets: u64,
    most: u64,
) -> Result<Vec<u64>, ValueError> {
    let mut used = Vec::new();
    let mut bucket = 0;
    while bucket < buckets && (used.len() as u64) < most {
        let len = (buckets - bucket).min(256);
        let bytes = Place::Memory(control + bucket).load(inspector.target, 0, len)?;
        let in_use = (bucket..).zip(&bytes).filter(|(_, byte)| **byte < 0x80);
        used.extend(in_use.map(|(bucket, _)| bucket));
        bucket += len;
    }
    used.truncate(most as usize);
    Ok(used)
}

fn style(is_map: bool) -> Style {
    if is_map { Style::Fields } else { Style::Braces }
}

/// What is known of a B-tree.
#[derive(Clone)]
struct Tree {
    /// A value whose context all nodes have.
    beside: Value,
    root: u64,
    height: u64,
    /// The type of nodes. Inner ones have their edges behind that.
    leaf: TypeId,
    leaf_size: u64,
    pointer_size: u64,
    key: TypeId,
    value: Option<TypeId>,
}

/// Trees of 2^64 elements are no higher than this.
const HIGHEST: u64 = 30;

/// `BTreeMap` and `BTreeSet`.
pub(super) fn btree(
    inspector: &Inspector<'_>,
    value: &Value,
    type_: &Type,
) -> Result<View, ValueError> {
    let is_map = type_
        .name
        .as_deref()
        .is_some_and(|name| name.starts_with("BTreeMap"));
    let map = if is_map {
        value.clone()
    } else {
        inspector.member(value, "map")?
    };
    let count = number(inspector, &map, &["length"])?;
    check_count(inspector, count)?;
    let style = style(is_map);
    let Some(root) = root(inspector, &map)? else {
        let fetch: Fetch = Box::new(|_, _| Ok(Vec::new()));
        return Ok(collection(0, style, fetch));
    };
    let node = innermost(inspector, &inspector.member(&root, "node")?)?;
    let leaf = pointee_type(inspector, node.type_)?;
    let (_, map_type) = inspector.bare(&map)?.ok_or(ValueError::IncompleteType)?;
    let tree = Tree {
        beside: value.clone(),
        root: inspector.unsigned(&node)?,
        height: number(inspector, &root, &["height"])?,
        leaf,
        leaf_size: inspector
            .symbols
            .size_of(leaf)?
            .ok_or(ValueError::IncompleteType)?,
        pointer_size: inspector.size(&node)?,
        key: argument(&map_type, 0)?,
        value: if is_map {
            Some(argument(&map_type, 1)?)
        } else {
            None
        },
    };
    if tree.height > HIGHEST {
        return Err(ValueError::corrupt(format!(
            "a tree of height {}",
            tree.height
        )));
    }
    let fetch: Fetch = Box::new(move |inspector, range| tree.elements(inspector, range));
    Ok(collection(count, style, fetch))
}

/// The root of a tree that has one: what is in its `Some`.
fn root(inspector: &Inspector<'_>, map: &Value) -> Result<Option<Value>, ValueError> {
    let root = inspector.member(map, "root")?;
    let (_, type_) = inspector.bare(&root)?.ok_or(ValueError::IncompleteType)?;
    let TypeKind::Record(record) = &type_.kind else {
        return Err(ValueError::NoMember("root".to_string()));
    };
    let Some(variants) = &record.variants else {
        return Err(ValueError::NoMember("Some".to_string()));
    };
    let Some(variant) = inspector.active_variant(&root, variants)? else {
        return Err(ValueError::corrupt("a root that is neither there nor not"));
    };
    match &variant.members[..] {
        [some] if some.name.as_deref() == Some("Some") => {
            let some = inspector.member_value(&root, some);
            Ok(Some(path(inspector, &some, &["__0"])?))
        }
        _ => Ok(None),
    }
}

impl Tree {
    /// The elements in order, of which those in the range are wanted.
    fn elements(
        &self,
        inspector: &Inspector<'_>,
        range: Range<u64>,
    ) -> Result<Vec<Value>, ValueError> {
        let mut found = Vec::new();
        let mut index = 0;
        // The nodes from the root down, with the number of the next element or edge of each.
        let mut around = vec![(self.root, self.height, 0, self.len(inspector, self.root)?)];
        while let Some((node, height, next, len)) = around.last_mut()
            && index < range.end
        {
            let (at, level, position) = (*node, *height, *next);
            if level == 0 {
                if position >= *len {
                    around.pop();
                    self.after(inspector, &mut around, &mut index, &range, &mut found)?;
                    continue;
                }
                *next += 1;
                self.take(inspector, at, position, &mut index, &range, &mut found)?;
            } else {
                let edge = at + self.leaf_size + position * self.pointer_size;
                let bytes = Place::Memory(edge).load(inspector.target, 0, self.pointer_size)?;
                let child = crate::values::scalar::to_number(&bytes) as u64;
                around.push((child, level - 1, 0, self.len(inspector, child)?));
            }
        }
        Ok(found)
    }

    /// Goes on in the nearest node that has something left, after an edge of it is done.
    fn after(
        &self,
        inspector: &Inspector<'_>,
        around: &mut Vec<(u64, u64, u64, u64)>,
        index: &mut u64,
        range: &Range<u64>,
        found: &mut Vec<Value>,
    ) -> Result<(), ValueError> {
        while let Some((node, _, next, len)) = around.last_mut() {
            let (at, position) = (*node, *next);
            if position < *len {
                *next += 1;
                return self.take(inspector, at, position, index, range, found);
            }
            around.pop();
        }
        Ok(())
    }

    /// How many elements a node has.
    fn len(&self, inspector: &Inspector<'_>, node: u64) -> Result<u64, ValueError> {
        let node = inspector.in_memory(&self.beside, "", node, Some(self.leaf));
        let len = number(inspector, &node, &["len"])?;
        // Eleven is the most that the library has had. A node without elements would lead nowhere.
        if (1..=64).contains(&len) {
            return Ok(len);
        }
        Err(ValueError::corrupt(format!("a node of {len} elements")))
    }

    /// Counts an element of a node, and keeps it if it is wanted.
    fn take(
        &self,
        inspector: &Inspector<'_>,
        node: u64,
        position: u64,
        index: &mut u64,
        range: &Range<u64>,
        found: &mut Vec<Value>,
    ) -> Result<(), ValueError> {
        if range.contains(index) {
            let node = inspector.in_memory(&self.beside, "", node, Some(self.leaf));
            let key = self.slot(inspector, &node, "keys", position, self.key)?;
            found.push(match self.value {
                Some(value) => {
                    let value = self.slot(inspector, &node, "vals", position, value)?;
                    entry(inspector, &key, value)
                }
                None => Value {
                    name: format!("[{index}]"),
                    ..key
                },
            });
        }
        *index += 1;
        Ok(())
    }

    fn slot(
        &self,
        inspector: &Inspector<'_>,
        node: &Value,
        name: &str,
        position: u64,
        type_: TypeId,
    ) -> Result<Value, ValueError> {
        let slots = inspector.member(node, name)?;
        let size = inspector.symbols.size_of(type_)?;
        let size = size.ok_or(ValueError::IncompleteType)?;
        Ok(inspector.part(&slots, "", position.saturating_mul(size), Some(type_)))
    }
}
