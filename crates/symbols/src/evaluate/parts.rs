//! What a value has or leads to.

use super::FrameEnvironment;
use super::problems::{damaged, explain, explain_of};
use crate::ValueError;
use crate::expression::{Environment, Problem};
use crate::pretty::{full_name, innermost};
use crate::types::{PointerKind, Type, TypeKind};
use crate::values::Value;
use crate::values::view::{Children, Style, View};
use std::sync::Arc;

/// References to references, and owners of owners, are followed as far as this.
const DEEPEST: usize = 8;

/// Types of libraries that can be dereferenced, and are shown with what they lead to as their only
/// child.
const LEADING: [&str; 9] = [
    "std::unique_ptr",
    "std::shared_ptr",
    "std::weak_ptr",
    "std::optional",
    "alloc::rc::Rc",
    "alloc::sync::Arc",
    "core::cell::RefCell",
    "core::cell::Cell",
    "core::mem::manually_drop::ManuallyDrop",
];

impl FrameEnvironment<'_, '_> {
    /// The kind of type that a value has; `None` for C's `void`.
    pub(super) fn kind_of(&self, value: &Value) -> Result<Option<TypeKind>, Problem> {
        Ok(self.bare_type(value)?.map(|type_| type_.kind.clone()))
    }

    pub(super) fn bare_type(&self, value: &Value) -> Result<Option<Arc<Type>>, Problem> {
        let bare = self.inspector().bare(value).map_err(explain_of(value))?;
        Ok(bare.map(|(_, type_)| type_))
    }

    /// What is meant by a value: of a reference what it refers to, and a row of a larger array as an
    /// array of its own.
    pub(super) fn settle(&self, value: &Value) -> Result<Value, Problem> {
        let inspector = self.inspector();
        let mut value = value.clone();
        for _ in 0..DEEPEST {
            let Some(type_) = self.bare_type(&value)? else {
                break;
            };
            match &type_.kind {
                TypeKind::Pointer { kind, target } if *kind != PointerKind::Pointer => {
                    let name = value.name.clone();
                    value = inspector
                        .pointee(&value, *target)
                        .map_err(explain_of(&value))?;
                    value.name = name;
                }
                TypeKind::Array { .. } if value.dimension > 0 => {
                    value.type_ = Some(self.inner_array(&type_, value.dimension)?);
                    value.dimension = 0;
                }
                _ => break,
            }
        }
        Ok(value)
    }

    /// A member of a value, or of what the value leads to.
    pub(super) fn member_of(&self, object: &Value, name: &str) -> Result<Value, Problem> {
        let inspector = self.inspector();
        let mut value = self.settle(object)?;
        for _ in 0..DEEPEST {
            match inspector.member(&value, name) {
                Ok(member) => return Ok(member),
                Err(ValueError::NoMember(_)) => {}
                Err(error) => return Err(explain_of(&value)(error)),
            }
            if let Some(child) = self.child_named(&value, name) {
                return Ok(child);
            }
            match self.led_to(&value)? {
                Some(next) => value = self.settle(&next)?,
                None => break,
            }
        }
        Err(Problem::NoSuchMember {
            object: self.described(object),
            name: name.to_string(),
        })
    }

    /// A part that a value is shown with, such as a member of the variant that it is.
    fn child_named(&self, value: &Value, name: &str) -> Option<Value> {
        match self.view_of(value).ok()? {
            View {
                children: Children::List(children),
                style: Style::Fields | Style::RustFields | Style::ZigFields | Style::Tuple,
                ..
            } => children.into_iter().find(|child| child.name == name),
            _ => None,
        }
    }

    pub(super) fn tuple_member_of(&self, object: &Value, index: u32) -> Result<Value, Problem> {
        let mut value = self.settle(object)?;
        for _ in 0..DEEPEST {
            if let Ok(View {
                children: Children::List(children),
                style: Style::Tuple | Style::Braces,
                ..
            }) = self.view_of(&value)
                && let Some(child) = children.get(index as usize)
            {
                return Ok(child.clone());
            }
            match self.led_to(&value)? {
                Some(next) => value = self.settle(&next)?,
                None => break,
            }
        }
        Err(Problem::NoSuchMember {
            object: self.described(object),
            name: index.to_string(),
        })
    }

    /// What a pointer or an owner leads to; `None` if the value is neither.
    pub(super) fn led_to(&self, pointer: &Value) -> Result<Option<Value>, Problem> {
        let value = self.settle(pointer)?;
        let Some(type_) = self.bare_type(&value)? else {
            return Ok(None);
        };
        let inspector = self.inspector();
        match &type_.kind {
            TypeKind::Pointer { target: None, .. } => Ok(None),
            TypeKind::Pointer { target, .. } => {
                let target = inspector.pointee(&value, *target);
                target.map(Some).map_err(explain_of(&value))
            }
            TypeKind::Array { .. } => self.element(&value, 0).map(Some),
            TypeKind::Record(_) => self.owned(&value, &type_),
            _ => Ok(None),
        }
    }

    /// What a value of a library's type leads to.
    fn owned(&self, value: &Value, type_: &Type) -> Result<Option<Value>, Problem> {
        let full = full_name(type_).unwrap_or_default();
        let inspector = self.inspector();
        if LEADING.contains(&full.as_str()) {
            let view = self.view_of(value).map_err(explain_of(value))?;
            let mut children = view.children.page(&inspector, 0..1).map_err(explain)?;
            return match children.pop() {
                Some(child) => Ok(Some(child)),
                None => Err(Problem::Other(format!(
                    "it leads nowhere: it is `{}`",
                    view.lead
                ))),
            };
        }
        let holder = match full.as_str() {
            "core::cell::Ref" | "core::cell::RefMut" => inspector.member(value, "value"),
            "std::__wrap_iter" => inspector.member(value, "__i_"),
            "core::ptr::non_null::NonNull" | "core::ptr::unique::Unique" => Ok(value.clone()),
            _ => return Ok(None),
        };
        let pointer = holder.and_then(|holder| innermost(&inspector, &holder));
        let pointer = pointer.map_err(explain_of(value))?;
        match self.kind_of(&pointer)? {
            Some(TypeKind::Pointer { .. }) => {
                let target = inspector.deref(&pointer);
                target.map(Some).map_err(explain_of(value))
            }
            _ => Ok(None),
        }
    }

    /// What is in an optional value.
    pub(super) fn contents_of(&self, object: &Value) -> Result<Value, Problem> {
        let value = self.settle(object)?;
        let empty = || Problem::Other("there is nothing in it".to_string());
        let Some(type_) = self.bare_type(&value)? else {
            return Err(self.unfit("unwrap", object));
        };
        let name = type_.name.as_deref().unwrap_or_default();
        let is_optional = name.starts_with('?')
            || matches!(
                full_name(&type_).as_deref(),
                Some("core::option::Option" | "std::optional")
            );
        match &type_.kind {
            // The null pointer is none.
            TypeKind::Pointer { .. } => match self.inspector().unsigned(&value) {
                Ok(0) => Err(empty()),
                Ok(_) => Ok(value),
                Err(error) => Err(explain_of(&value)(error)),
            },
            TypeKind::Record(_) if is_optional => {
                let view = self.view_of(&value).map_err(explain_of(&value))?;
                let children = view.children.page(&self.inspector(), 0..1);
                children.map_err(explain)?.pop().ok_or_else(empty)
            }
            _ => Err(self.unfit("unwrap", object)),
        }
    }

    /// What a value looks like.
    pub(super) fn view_of(&self, value: &Value) -> Result<View, ValueError> {
        self.inspector().view(value)
    }

    pub(super) fn described(&self, value: &Value) -> String {
        match self.symbols.type_text(value.type_, 0) {
            Ok(name) => format!("a value of type `{name}`"),
            Err(error) => format!("a value without a type ({})", damaged(error)),
        }
    }

    pub(super) fn unfit(&self, operation: &'static str, value: &Value) -> Problem {
        Problem::WrongType {
            operation,
            operand: self.described(value),
        }
    }

    /// Converts to a type; `None` is C's `void`.
    pub(super) fn converted(
        &mut self,
        value: &Value,
        target: Option<crate::types::TypeId>,
    ) -> Result<Value, Problem> {
        let value = self.settle(value)?;
        let Some(target) = target else {
            let void = self.make_type(crate::types::MadeType::Void)?;
            return Ok(self.new_value(Some(void), Ok(self.nowhere(Vec::new()))));
        };
        let mut scalar = self.read_scalar(&value)?;
        if let (None, Some(TypeKind::Array { .. }), Some(address)) =
            (scalar, self.kind_of(&value)?, value.address())
        {
            let width = self.data_model().address;
            scalar = Some(crate::expression::Scalar::address(width, address));
        }
        let type_ = super::types::scalar_type(self.symbols, target).map_err(explain)?;
        if let (Some(scalar), Some(type_)) = (scalar, type_) {
            if let Some(moved) = self.moved_to_base(&value, target)? {
                return Ok(moved);
            }
            let size = self.size_of_id(Some(target))?;
            let bytes = super::types::scalar_bytes(scalar.cast(type_)?, size);
            return Ok(self.new_value(Some(target), Ok(self.nowhere(bytes))));
        }
        if scalar.is_none() && self.is_same_type(value.type_, Some(target))? {
            let type_ = Some(target);
            return Ok(Value { type_, ..value });
        }
        if let Some(base) = self.base_of(&value, target)? {
            return Ok(base);
        }
        let to = self.symbols.type_text(Some(target), 0);
        Err(Problem::NoConversion {
            from: self.described(&value),
            to: to.map_err(damaged)?,
        })
    }

    /// For a pointer to an object whose class has the target's as a base, a pointer to that base.
    fn moved_to_base(
        &self,
        pointer: &Value,
        target: crate::types::TypeId,
    ) -> Result<Option<Value>, Problem> {
        let pointee = |kind: Option<TypeKind>| match kind {
            Some(TypeKind::Pointer {
                target: Some(target),
                ..
            }) => Some(target),
            _ => None,
        };
        let bare = self.symbols.bare_type(target).map_err(damaged)?;
        let base = pointee(bare.map(|(_, type_)| type_.kind.clone()));
        let (Some(base), Some(_)) = (base, pointee(self.kind_of(pointer)?)) else {
            return Ok(None);
        };
        let Some(object) = self.led_to(pointer)?.filter(|it| it.address() != Some(0)) else {
            return Ok(None);
        };
        let Some(part) = self.base_of(&object, base)? else {
            return Ok(None);
        };
        let Some(address) = part.address() else {
            return Ok(None);
        };
        let size = self.size_of_id(Some(target))?.min(8) as usize;
        let bytes = address.to_le_bytes()[..size].to_vec();
        Ok(Some(self.new_value(Some(target), Ok(self.nowhere(bytes)))))
    }

    /// The part of an object that a base of its class is, be it a base of a base.
    fn base_of(
        &self,
        object: &Value,
        wanted: crate::types::TypeId,
    ) -> Result<Option<Value>, Problem> {
        let inspector = self.inspector();
        let mut left = vec![(object.clone(), 0)];
        let mut looked_at = 0;
        while let Some((object, depth)) = left.pop() {
            looked_at += 1;
            let Some(TypeKind::Record(record)) = self.kind_of(&object)? else {
                continue;
            };
            if depth >= DEEPEST || looked_at > 100 {
                break;
            }
            for base in &record.bases {
                let part = inspector.member_value(&object, base);
                if self.is_same_type(part.type_, Some(wanted))? {
                    return Ok(Some(part));
                }
                left.push((part, depth + 1));
            }
        }
        Ok(None)
    }

    /// Whether two types are the same, though perhaps described in several units.
    pub(super) fn is_same_type(
        &self,
        one: Option<crate::types::TypeId>,
        other: Option<crate::types::TypeId>,
    ) -> Result<bool, Problem> {
        let bare = |id: Option<crate::types::TypeId>| match id {
            Some(id) => self.symbols.bare_type(id).map_err(damaged),
            None => Ok(None),
        };
        let (Some((one_id, one)), Some((other_id, other))) = (bare(one)?, bare(other)?) else {
            return Ok(false);
        };
        let is_alike = one.name.is_some()
            && one.name == other.name
            && one.path == other.path
            && one.size == other.size
            && std::mem::discriminant(&one.kind) == std::mem::discriminant(&other.kind);
        Ok(one_id == other_id || is_alike)
    }
}
