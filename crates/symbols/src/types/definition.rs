//! Types on request: kept once read, and declarations led to their definitions.

use super::made::{Made, MadeType};
use super::{Type, TypeId, TypeKind};
use crate::dwarf::index::NamedKind;
use crate::dwarf::units::Units;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// As many types are kept. No more are looked at together.
const MOST_KEPT: usize = 4096;

/// The types that have been read, and those that have been made.
pub(crate) struct Types {
    kept: Mutex<HashMap<TypeId, Arc<Type>>>,
    made: Mutex<Made>,
    /// Tells these from those of other modules.
    pub(crate) identity: u64,
}

impl Default for Types {
    fn default() -> Types {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Types {
            kept: Mutex::default(),
            made: Mutex::default(),
            identity: NEXT.fetch_add(1, Ordering::Relaxed),
        }
    }
}

impl Types {
    /// A type. For one that is only declared in its unit, the definition that another unit has, if
    /// there is one.
    pub(crate) fn get(&self, units: &Units, id: TypeId) -> gimli::Result<Arc<Type>> {
        if id.is_made() {
            let made = self.made().get(id);
            return made.ok_or(gimli::Error::NoEntryAtGivenOffset(id.0.offset.0 as u64));
        }
        if let Some(known) = self.lock().get(&id) {
            return Ok(known.clone());
        }
        let read = Type::read(units, id.0)?;
        let read = define(units, id, read)?;
        let read = Arc::new(read);
        let mut kept = self.lock();
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.insert(id, read.clone());
        Ok(read)
    }

    /// A type that no debug information describes; `None` if there are too many of those.
    pub(crate) fn make(&self, wanted: MadeType) -> Option<TypeId> {
        self.made().make(wanted)
    }

    fn made(&self) -> MutexGuard<'_, Made> {
        // A type is entered at once.
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TypeId, Arc<Type>>> {
        // A map is whole at all times.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What defines the type, if it is only declared here.
fn define(units: &Units, id: TypeId, declared: Type) -> gimli::Result<Type> {
    let is_enumeration = match &declared.kind {
        TypeKind::Record(_) => false,
        TypeKind::Enumeration { .. } => true,
        _ => return Ok(declared),
    };
    let unit = units.unit(id.0);
    let entry = units.entry(id.0)?;
    if !entry.flag(gimli::DW_AT_declaration) {
        return Ok(declared);
    }
    if let Some(definition) = units.reference(unit, &entry, gimli::DW_AT_signature) {
        return Type::read(units, definition);
    }
    let Some(name) = &declared.name else {
        return Ok(declared);
    };
    for candidate in units.named(name, NamedKind::Type) {
        let defined = Type::read(units, candidate)?;
        let is_alike = match &defined.kind {
            TypeKind::Record(_) => !is_enumeration,
            TypeKind::Enumeration { .. } => is_enumeration,
            _ => false,
        };
        if is_alike && defined.path == declared.path && defined.name == declared.name {
            return Ok(defined);
        }
    }
    Ok(declared)
}
