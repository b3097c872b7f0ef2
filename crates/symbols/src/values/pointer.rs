//! Pointers and references.

use super::view::{Children, Style, View};
use super::{At, Inspector, Value};
use crate::ValueError;
use crate::locations::Place;
use crate::types::{PointerKind, Type, TypeId, TypeKind};

impl Inspector<'_> {
    pub(crate) fn pointer(
        &self,
        value: &Value,
        kind: PointerKind,
        target: Option<TypeId>,
    ) -> Result<View, ValueError> {
        let pointee = self.pointee(value, target)?;
        if kind != PointerKind::Pointer {
            let style = Style::Same;
            return Ok(View::list(style, vec![pointee]));
        }
        let Some(address) = pointee.address() else {
            // It is no pointer any more, but what it pointed to is known.
            return Ok(self.target_view("(no pointer)".to_string(), pointee));
        };
        let lead = format!("{address:#x}");
        if address == 0 {
            return Ok(View::scalar(lead));
        }
        let bare = match target {
            Some(id) => self.symbols.bare_type(id)?,
            None => None,
        };
        let Some((_, type_)) = bare else {
            return Ok(View::scalar(lead));
        };
        if let TypeKind::Function { .. } = type_.kind {
            return Ok(View::scalar(match self.target.table_function(address) {
                Some(name) => format!("{lead} ({name})"),
                None => lead,
            }));
        }
        if let Some(size) = self.character_size(target)? {
            let text = self.terminated_text(address, size);
            let text = text.unwrap_or_else(|error| format!("<{error}>"));
            return Ok(View {
                lead: format!("{lead} {text}"),
                style: Style::Nothing,
                children: Children::List(vec![pointee]),
            });
        }
        Ok(self.target_view(lead, pointee))
    }

    /// What is written first, and then what is pointed to: of a record its members, so that nobody
    /// has to expand a pointer twice.
    fn target_view(&self, lead: String, pointee: Value) -> View {
        View {
            lead,
            style: Style::Target,
            children: Children::List(vec![pointee]),
        }
    }

    /// What a pointer points to.
    pub(crate) fn pointee(
        &self,
        pointer: &Value,
        target: Option<TypeId>,
    ) -> Result<Value, ValueError> {
        let name = format!("*{}", pointer.name);
        let at = pointer.at.as_ref().map_err(Clone::clone)?;
        if let Place::ImplicitPointer(implicit) = &at.place {
            let TypeId(variable) = implicit.target;
            let place = self.place_of(variable, pointer.context)?.place;
            let offset = u64::try_from(implicit.offset)
                .map_err(|_| ValueError::corrupt("a pointer to ahead of what it points to"))?;
            let at = At {
                place,
                offset,
                bits: None,
            };
            return Ok(Value {
                name,
                type_: target,
                dimension: 0,
                at: Ok(at),
                context: pointer.context,
            });
        }
        let address = self.unsigned(pointer)?;
        Ok(self.in_memory(pointer, name, address, target))
    }

    /// What a value points to, its type being that of a pointer.
    pub(crate) fn deref(&self, pointer: &Value) -> Result<Value, ValueError> {
        match self.bare(pointer)? {
            Some((_, type_)) => match &type_.kind {
                TypeKind::Pointer { target, .. } => self.pointee(pointer, *target),
                _ => Err(ValueError::corrupt("not a pointer")),
            },
            None => Err(ValueError::corrupt("not a pointer")),
        }
    }

    /// C++'s pointers to members: of data an offset in the class, of functions as functions are.
    pub(crate) fn member_pointer(&self, value: &Value, type_: &Type) -> Result<View, ValueError> {
        let TypeKind::MemberPointer { member, .. } = &type_.kind else {
            return Err(gimli::Error::TypeMismatch.into());
        };
        let is_function = match member {
            Some(id) => matches!(
                self.symbols.bare_type(*id)?,
                Some((_, bare)) if matches!(bare.kind, TypeKind::Function { .. })
            ),
            None => false,
        };
        let at = value.at.as_ref().map_err(Clone::clone)?;
        let number = super::scalar::to_number(&at.place.load(self.target, at.offset, 4)?) as u64;
        if is_function {
            let name = self.target.table_function(number);
            let name = name.map(|name| format!(" ({name})"));
            return Ok(View::scalar(format!(
                "{number:#x}{}",
                name.unwrap_or_default()
            )));
        }
        Ok(View::scalar(match number as u32 {
            u32::MAX => "nullptr".to_string(),
            offset => format!("offset {offset}"),
        }))
    }
}
