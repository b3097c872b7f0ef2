//! Structures, classes and unions, and the variants in them.

use super::view::{Style, View};
use super::{At, Inspector, Value};
use crate::locations::Context;
use crate::locations::evaluate::Evaluator;
use crate::types::{
    Language, Member, MemberOffset, PointerKind, Record, Type, TypeId, TypeKind, Variant, Variants,
};
use crate::{Place, ValueError};

/// Members are looked for in bases and anonymous members as deep as this.
const DEEPEST: usize = 16;

impl Inspector<'_> {
    pub(crate) fn record(
        &self,
        value: &Value,
        _id: TypeId,
        type_: &Type,
        record: &Record,
    ) -> Result<View, ValueError> {
        if record.is_declaration {
            return Err(ValueError::IncompleteType);
        }
        if let Some(variants) = &record.variants {
            return self.variant(value, type_, variants);
        }
        let mut parts = Vec::new();
        for base in &record.bases {
            let mut part = self.member_value(value, base);
            part.name = self.symbols.type_text(base.type_, 0)?;
            parts.push(part);
        }
        for member in &record.members {
            // The classes' own pointers to tables of functions are in nobody's source.
            let is_hidden = member.artificial && type_.language == Language::Cpp;
            if !matches!(member.offset, MemberOffset::Static(_)) && !is_hidden {
                parts.push(self.member_value(value, member));
            }
        }
        Ok(match type_.language {
            Language::Rust => {
                let name = type_.name.as_deref().unwrap_or_default();
                let name = name.split('<').next().unwrap_or_default();
                rust_view(if name.starts_with('(') { "" } else { name }, parts)
            }
            Language::Zig => View::list(Style::ZigFields, parts),
            _ => View::list(Style::Fields, parts),
        })
    }

    /// The variant that a value is.
    fn variant(
        &self,
        value: &Value,
        type_: &Type,
        variants: &Variants,
    ) -> Result<View, ValueError> {
        let Some(variant) = self.active_variant(value, variants)? else {
            return Err(ValueError::corrupt("it is none of its type's variants"));
        };
        let [member] = &variant.members[..] else {
            let parts = variant.members.iter();
            let parts = parts.map(|member| self.member_value(value, member));
            return Ok(rust_view(
                type_.name.as_deref().unwrap_or_default(),
                parts.collect(),
            ));
        };
        // What a variant has is a structure of its name.
        let name = member.name.clone().unwrap_or_default();
        let inner = self.member_value(value, member);
        let Some((_, inner_type)) = self.bare(&inner)? else {
            return Ok(View::scalar(name));
        };
        let TypeKind::Record(record) = &inner_type.kind else {
            return Ok(View::list(Style::Tuple, vec![inner]).with_lead(name));
        };
        let members = record.members.iter();
        let members = members.map(|member| self.member_value(&inner, member));
        Ok(rust_view(&name, members.collect()))
    }

    pub(crate) fn active_variant<'t>(
        &self,
        value: &Value,
        variants: &'t Variants,
    ) -> Result<Option<&'t Variant>, ValueError> {
        let Some(discriminant) = &variants.discriminant else {
            return Ok(variants.variants.first());
        };
        let discriminant = self.member_value(value, discriminant);
        let bytes = self.bytes(&discriminant)?;
        let bits = (bytes.len() as u32 * 8).min(128);
        let mask = if bits < 128 { (1_i128 << bits) - 1 } else { -1 };
        let number = super::scalar::to_number(&bytes) as i128;
        let selects = |&(low, high): &(i128, i128)| {
            let (low, high) = (low & mask, high & mask);
            low <= number && number <= high
        };
        let chosen = variants
            .variants
            .iter()
            .find(|variant| variant.selected_by.iter().any(selects));
        let other = || {
            variants
                .variants
                .iter()
                .find(|variant| variant.selected_by.is_empty())
        };
        Ok(chosen.or_else(other))
    }

    /// The value of a member. One that cannot be found tells why.
    pub(crate) fn member_value(&self, value: &Value, member: &Member) -> Value {
        let name = member.name.clone().unwrap_or_default();
        let mut part = self.part(value, name, 0, member.type_);
        if let Ok(at) = &part.at {
            part.at = self.member_at(at, member, value.context);
        }
        part
    }

    fn member_at(&self, at: &At, member: &Member, context: Context) -> Result<At, ValueError> {
        match member.offset {
            MemberOffset::Bytes(offset) => Ok(At {
                place: at.place.clone(),
                offset: at.offset.saturating_add(offset),
                bits: None,
            }),
            MemberOffset::Bits { first, count } => Ok(At {
                place: at.place.clone(),
                offset: at.offset,
                bits: Some((first, count)),
            }),
            MemberOffset::Static(member) => {
                let definition = self.symbols.definition_of(member.member)?;
                self.place_of(definition.unwrap_or(member.member), context)
            }
            MemberOffset::Computed(member) => {
                let Place::Memory(address) = at.place else {
                    return Err(ValueError::NoAddress);
                };
                let unit = self.symbols.units().unit(member.member);
                let entry = self.symbols.units().entry(member.member)?;
                let location = entry.attribute(gimli::DW_AT_data_member_location);
                let location = location.ok_or(gimli::Error::TypeMismatch)?;
                let context = Context {
                    unit: unit.id,
                    ..context
                };
                let expression =
                    crate::locations::describe::expression_at(unit, location, context)?;
                let evaluator = Evaluator {
                    symbols: self.symbols,
                    target: self.target,
                    context,
                };
                Ok(At {
                    place: evaluator.place_from(&expression, address.wrapping_add(at.offset))?,
                    offset: 0,
                    bits: None,
                })
            }
        }
    }

    /// A member by its name, which may be one of a base or of an anonymous member. That of a reference
    /// is one of what it refers to.
    ///
    /// # Errors
    ///
    /// [`ValueError::NoMember`] if there is none.
    pub fn member(&self, value: &Value, name: &str) -> Result<Value, ValueError> {
        let referred = match self.bare(value)? {
            Some((_, type_)) => match &type_.kind {
                TypeKind::Pointer { kind, target } if *kind != PointerKind::Pointer => {
                    Some(self.pointee(value, *target)?)
                }
                _ => None,
            },
            None => None,
        };
        let found = self.find_member(referred.as_ref().unwrap_or(value), name, 0)?;
        found.ok_or_else(|| ValueError::NoMember(name.to_string()))
    }

    fn find_member(
        &self,
        value: &Value,
        name: &str,
        depth: usize,
    ) -> Result<Option<Value>, ValueError> {
        let Some((_, type_)) = self.bare(value)? else {
            return Ok(None);
        };
        let TypeKind::Record(record) = &type_.kind else {
            return Ok(None);
        };
        let direct = record.members.iter();
        let mut direct = direct.filter(|member| member.name.as_deref() == Some(name));
        if let Some(member) = direct.next() {
            return Ok(Some(self.member_value(value, member)));
        }
        if depth >= DEEPEST {
            return Ok(None);
        }
        let anonymous = record.members.iter().filter(|member| member.name.is_none());
        for member in record.bases.iter().chain(anonymous) {
            let part = self.member_value(value, member);
            if let Some(found) = self.find_member(&part, name, depth + 1)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

/// A structure of Rust, which is a tuple if its members are numbered.
pub(crate) fn rust_view(name: &str, members: Vec<Value>) -> View {
    let is_tuple = members
        .iter()
        .enumerate()
        .all(|(index, member)| member.name == format!("__{index}"));
    let style = match (members.is_empty(), is_tuple) {
        (true, _) => Style::Nothing,
        (_, true) => Style::Tuple,
        _ => Style::RustFields,
    };
    let mut members = members;
    if is_tuple {
        for (index, member) in members.iter_mut().enumerate() {
            member.name = index.to_string();
        }
    }
    let lead = match (members.is_empty(), name) {
        (true, "") => "()",
        (_, name) => name,
    };
    View::list(style, members).with_lead(lead)
}
