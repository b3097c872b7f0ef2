//! Sizes, and what is behind other names for types.

use super::{Count, Type, TypeId, TypeKind};
use crate::Symbols;
use crate::dwarf::entries::Entries;
use std::sync::Arc;

/// More names for names are a circle.
const LONGEST_CHAIN: usize = 64;

impl Symbols {
    /// The type that is meant, without modifiers and other names.
    pub(crate) fn bare_type(&self, id: TypeId) -> gimli::Result<Option<(TypeId, Arc<Type>)>> {
        let mut id = id;
        for _ in 0..LONGEST_CHAIN {
            let read = self.read_type(id)?;
            let (TypeKind::Modified { target, .. } | TypeKind::Alias { target }) = &read.kind
            else {
                return Ok(Some((id, read)));
            };
            let Some(target) = *target else {
                return Ok(None);
            };
            id = target;
        }
        Err(gimli::Error::TooManyIterations)
    }

    /// What a name stands for within a class.
    pub(crate) fn nested_type(&self, class: &Type, name: &str) -> gimli::Result<Option<TypeId>> {
        let unit = self.units().unit(class.entry);
        let mut entries = Entries::new(unit.with_sections(), Some(class.entry.offset))?;
        entries.next()?;
        while let Some(entry) = entries.next_below()? {
            if entry.depth == 1
                && entry.tag == gimli::DW_TAG_typedef
                && unit.text(&entry, gimli::DW_AT_name)?.as_deref() == Some(name)
            {
                return Ok(Some(TypeId(unit.id_of(&entry))));
            }
        }
        Ok(None)
    }

    /// The size in bytes of values of a type; `None` if that is not fixed.
    pub(crate) fn size_of(&self, id: TypeId) -> gimli::Result<Option<u64>> {
        let mut times: u64 = 1;
        let mut id = id;
        for _ in 0..LONGEST_CHAIN {
            let Some((_, read)) = self.bare_type(id)? else {
                return Ok(None);
            };
            if let Some(size) = read.size {
                return Ok(size.checked_mul(times));
            }
            let TypeKind::Array {
                element: Some(element),
                dimensions,
                stride,
            } = &read.kind
            else {
                return Ok(None);
            };
            for dimension in dimensions {
                let Count::Known(count) = dimension else {
                    return Ok(None);
                };
                match times.checked_mul(*count) {
                    Some(product) => times = product,
                    None => return Ok(None),
                }
            }
            if let Some(stride) = stride {
                return Ok(stride.checked_mul(times));
            }
            id = *element;
        }
        Err(gimli::Error::TooManyIterations)
    }
}
