//! Reads types from their entries.

use super::*;
use crate::dwarf::entries::{Entries, Entry};
use crate::dwarf::reader::Reader;
use crate::dwarf::units::{Unit, Units};
use gimli::{AttributeValue, DwAt, DwTag, Reader as _};

impl Type {
    /// Reads the type that an entry describes. A declaration stays one.
    pub(crate) fn read(units: &Units, id: EntryId) -> gimli::Result<Type> {
        let unit = units.unit(id);
        let mut entries = Entries::new(unit.with_sections(), Some(id.offset))?;
        let Some(entry) = entries.next()? else {
            return Err(gimli::Error::NoEntryAtGivenOffset(id.offset.0 as u64));
        };
        let source = Source { units, unit };
        let kind = source.kind(&entry, &mut entries)?;
        let size = match (&kind, entry.unsigned(gimli::DW_AT_byte_size)) {
            (TypeKind::Pointer { .. } | TypeKind::MemberPointer { .. }, None) => {
                Some(u64::from(unit.with_sections().encoding().address_size))
            }
            (_, size) => size.or_else(|| Some(entry.unsigned(gimli::DW_AT_bit_size)?.div_ceil(8))),
        };
        let named = !matches!(
            kind,
            TypeKind::Modified { .. } | TypeKind::Array { .. } | TypeKind::Function { .. }
        );
        Ok(Type {
            name: source.text(&entry, gimli::DW_AT_name)?,
            path: if named { units.path(id)? } else { Vec::new() },
            size,
            language: unit.language,
            kind,
            entry: id,
        })
    }
}

impl Language {
    pub(crate) fn from_dwarf(language: gimli::DwLang) -> Language {
        match language {
            gimli::DW_LANG_C
            | gimli::DW_LANG_C89
            | gimli::DW_LANG_C99
            | gimli::DW_LANG_C11
            | gimli::DW_LANG_C17 => Language::C,
            gimli::DW_LANG_C_plus_plus
            | gimli::DW_LANG_C_plus_plus_03
            | gimli::DW_LANG_C_plus_plus_11
            | gimli::DW_LANG_C_plus_plus_14
            | gimli::DW_LANG_C_plus_plus_17
            | gimli::DW_LANG_C_plus_plus_20 => Language::Cpp,
            gimli::DW_LANG_Rust => Language::Rust,
            gimli::DW_LANG_Zig => Language::Zig,
            _ => Language::Other,
        }
    }
}

struct Source<'units> {
    units: &'units Units,
    unit: &'units Unit,
}

impl Source<'_> {
    /// The kind of the type that this entry describes, whose children are next in `entries`.
    fn kind(&self, entry: &Entry, entries: &mut Entries<'_>) -> gimli::Result<TypeKind> {
        let target = self.type_of(entry);
        Ok(match entry.tag {
            gimli::DW_TAG_base_type => TypeKind::Base(encoding(entry)),
            gimli::DW_TAG_unspecified_type => TypeKind::Unspecified,
            gimli::DW_TAG_typedef | gimli::DW_TAG_template_alias => TypeKind::Alias { target },
            gimli::DW_TAG_ptr_to_member_type => TypeKind::MemberPointer {
                member: target,
                class: self.reference(entry, gimli::DW_AT_containing_type),
            },
            gimli::DW_TAG_array_type => self.array(entry, entries)?,
            gimli::DW_TAG_structure_type
            | gimli::DW_TAG_class_type
            | gimli::DW_TAG_interface_type
            | gimli::DW_TAG_union_type => TypeKind::Record(self.record(entry, entries)?),
            gimli::DW_TAG_enumeration_type => self.enumeration(entry, entries)?,
            gimli::DW_TAG_subroutine_type | gimli::DW_TAG_subprogram => {
                self.function(target, entries)?
            }
            tag => match (pointer_kind(tag), modifier(tag)) {
                (Some(kind), _) => TypeKind::Pointer { kind, target },
                (_, Some(modifier)) => TypeKind::Modified { modifier, target },
                _ => TypeKind::Unknown(tag.to_string()),
            },
        })
    }

    fn array(&self, entry: &Entry, entries: &mut Entries<'_>) -> gimli::Result<TypeKind> {
        let mut dimensions = Vec::new();
        while let Some(child) = entries.next_below()? {
            if matches!(
                child.tag,
                gimli::DW_TAG_subrange_type | gimli::DW_TAG_enumeration_type
            ) && child.depth == 1
            {
                dimensions.push(self.count(&child));
            }
        }
        if dimensions.is_empty() {
            dimensions.push(Count::Unknown);
        }
        Ok(TypeKind::Array {
            element: self.type_of(entry),
            dimensions,
            stride: entry.unsigned(gimli::DW_AT_byte_stride),
        })
    }

    fn count(&self, dimension: &Entry) -> Count {
        let computed = Count::Computed(ComputedCount {
            dimension: self.unit.id_of(dimension),
        });
        if let Some(count) = dimension.attribute(gimli::DW_AT_count) {
            return match dimension.unsigned(gimli::DW_AT_count) {
                Some(count) => Count::Known(count),
                None if is_no_constant(&count) => computed,
                None => Count::Unknown,
            };
        }
        let Some(bound) = dimension.attribute(gimli::DW_AT_upper_bound) else {
            return Count::Unknown;
        };
        let lower = dimension.number(gimli::DW_AT_lower_bound).unwrap_or(0);
        match dimension.number(gimli::DW_AT_upper_bound) {
            // What older compilers write for "unknown", and for "none".
            Some(upper) if upper == i128::from(u32::MAX) || upper == i128::from(u64::MAX) => {
                Count::Unknown
            }
            Some(upper) => match u64::try_from(upper - lower + 1) {
                Ok(count) => Count::Known(count),
                Err(_) => Count::Unknown,
            },
            None if is_no_constant(&bound) => computed,
            None => Count::Unknown,
        }
    }

    fn record(&self, entry: &Entry, entries: &mut Entries<'_>) -> gimli::Result<Record> {
        let mut record = Record {
            kind: match entry.tag {
                gimli::DW_TAG_union_type => RecordKind::Union,
                gimli::DW_TAG_structure_type => RecordKind::Struct,
                _ => RecordKind::Class,
            },
            is_declaration: entry.flag(gimli::DW_AT_declaration),
            ..Record::default()
        };
        let mut in_part = false;
        let mut in_variant = false;
        while let Some(child) = entries.next_below()? {
            match (child.depth, child.tag) {
                (1, tag) => {
                    in_part = tag == gimli::DW_TAG_variant_part;
                    in_variant = false;
                    self.part(&mut record, &child)?;
                }
                (2, tag) => {
                    in_variant = in_part && tag == gimli::DW_TAG_variant;
                    if in_variant && let Some(variants) = &mut record.variants {
                        variants.variants.push(variant(&child));
                    }
                }
                (3, gimli::DW_TAG_member) if in_variant => {
                    let variants = record.variants.as_mut();
                    let variant = variants.and_then(|variants| variants.variants.last_mut());
                    if let Some(variant) = variant {
                        variant.members.push(self.member(&child)?);
                    }
                }
                _ => {}
            }
        }
        Ok(record)
    }

    /// Adds what an entry right below that of a record describes.
    fn part(&self, record: &mut Record, child: &Entry) -> gimli::Result<()> {
        match child.tag {
            gimli::DW_TAG_member | gimli::DW_TAG_variable => {
                record.members.push(self.member(child)?);
            }
            gimli::DW_TAG_inheritance => record.bases.push(self.member(child)?),
            gimli::DW_TAG_template_type_parameter | gimli::DW_TAG_template_value_parameter => {
                record.parameters.push(self.parameter(child)?);
            }
            gimli::DW_TAG_variant_part if record.variants.is_none() => {
                let discriminant = self.reference(child, gimli::DW_AT_discr);
                let discriminant = match discriminant {
                    Some(TypeId(id)) => Some(self.member(&self.units.entry(id)?)?),
                    None => None,
                };
                record.variants = Some(Variants {
                    discriminant,
                    variants: Vec::new(),
                });
            }
            _ => {}
        }
        Ok(())
    }

    fn member(&self, entry: &Entry) -> gimli::Result<Member> {
        let id = self.unit.id_of(entry);
        let is_static = entry.tag == gimli::DW_TAG_variable
            || (entry.tag == gimli::DW_TAG_member
                && (entry.flag(gimli::DW_AT_external) || entry.flag(gimli::DW_AT_declaration)));
        let offset = match entry.attribute(gimli::DW_AT_data_member_location) {
            _ if is_static => MemberOffset::Static(StaticMember { member: id }),
            Some(AttributeValue::Exprloc(_) | AttributeValue::Block(_)) => {
                MemberOffset::Computed(ComputedOffset { member: id })
            }
            _ => self.offset(entry),
        };
        Ok(Member {
            name: self.text(entry, gimli::DW_AT_name)?,
            type_: self.type_of(entry),
            offset,
            artificial: entry.flag(gimli::DW_AT_artificial),
        })
    }

    fn offset(&self, entry: &Entry) -> MemberOffset {
        let bytes = entry.unsigned(gimli::DW_AT_data_member_location);
        let bytes = bytes.unwrap_or(0);
        let Some(count) = entry.unsigned(gimli::DW_AT_bit_size) else {
            return MemberOffset::Bytes(bytes);
        };
        let first = match entry.unsigned(gimli::DW_AT_data_bit_offset) {
            Some(first) => Some(first),
            None => {
                // Up to DWARF 3: counted from the highest bit of the storage unit.
                let storage = entry.unsigned(gimli::DW_AT_byte_size).unwrap_or(4);
                let from_highest = entry.unsigned(gimli::DW_AT_bit_offset).unwrap_or(0);
                let bits = bytes.saturating_add(storage).saturating_mul(8);
                bits.checked_sub(from_highest.saturating_add(count))
            }
        };
        match first {
            Some(first) => MemberOffset::Bits { first, count },
            None => MemberOffset::Bytes(bytes),
        }
    }

    fn parameter(&self, entry: &Entry) -> gimli::Result<TemplateParameter> {
        Ok(TemplateParameter {
            name: self.text(entry, gimli::DW_AT_name)?,
            type_: self.type_of(entry),
            value: entry.number(gimli::DW_AT_const_value),
        })
    }

    fn enumeration(&self, entry: &Entry, entries: &mut Entries<'_>) -> gimli::Result<TypeKind> {
        let mut enumerators = Vec::new();
        while let Some(child) = entries.next_below()? {
            if child.tag == gimli::DW_TAG_enumerator
                && let Some(name) = self.text(&child, gimli::DW_AT_name)?
                && let Some(value) = child.number(gimli::DW_AT_const_value)
            {
                enumerators.push(Enumerator { name, value });
            }
        }
        Ok(TypeKind::Enumeration {
            underlying: self.type_of(entry),
            enumerators,
            scoped: entry.flag(gimli::DW_AT_enum_class),
        })
    }

    fn function(
        &self,
        result: Option<TypeId>,
        entries: &mut Entries<'_>,
    ) -> gimli::Result<TypeKind> {
        let mut parameters = Vec::new();
        let mut variadic = false;
        while let Some(child) = entries.next_below()? {
            match child.tag {
                gimli::DW_TAG_formal_parameter if child.depth == 1 => {
                    parameters.push(self.type_of(&child));
                }
                gimli::DW_TAG_unspecified_parameters if child.depth == 1 => variadic = true,
                _ => {}
            }
        }
        Ok(TypeKind::Function {
            result,
            parameters,
            variadic,
        })
    }

    fn type_of(&self, entry: &Entry) -> Option<TypeId> {
        self.reference(entry, gimli::DW_AT_type)
    }

    fn reference(&self, entry: &Entry, name: DwAt) -> Option<TypeId> {
        self.units.reference(self.unit, entry, name).map(TypeId)
    }

    fn text(&self, entry: &Entry, name: DwAt) -> gimli::Result<Option<String>> {
        self.unit.text(entry, name)
    }
}

/// A variant, as yet without members.
fn variant(entry: &Entry) -> Variant {
    let value = entry.number(gimli::DW_AT_discr_value);
    let mut selected_by = Vec::from_iter(value.map(|value| (value, value)));
    if let Some(AttributeValue::Block(list)) = entry.attribute(gimli::DW_AT_discr_list) {
        // What can be read of a damaged list counts.
        let _ = read_discriminants(list, &mut selected_by);
    }
    Variant {
        selected_by,
        members: Vec::new(),
    }
}

/// Reads a list of labels and ranges (DWARF 5, section 5.7.10).
fn read_discriminants(mut list: Reader, into: &mut Vec<(i128, i128)>) -> gimli::Result<()> {
    while !list.is_empty() {
        let is_range = list.read_u8()? == gimli::DW_DSC_range.0;
        let low = i128::from(list.read_uleb128()?);
        let high = if is_range {
            i128::from(list.read_uleb128()?)
        } else {
            low
        };
        into.push((low, high));
    }
    Ok(())
}

/// Whether a count or bound is something to be looked up or evaluated.
fn is_no_constant(value: &AttributeValue<Reader>) -> bool {
    matches!(
        value,
        AttributeValue::UnitRef(_)
            | AttributeValue::DebugInfoRef(_)
            | AttributeValue::Exprloc(_)
            | AttributeValue::Block(_)
    )
}

fn encoding(entry: &Entry) -> Encoding {
    let Some(AttributeValue::Encoding(encoding)) = entry.attribute(gimli::DW_AT_encoding) else {
        return Encoding::Other(0);
    };
    match encoding {
        gimli::DW_ATE_signed => Encoding::Signed,
        gimli::DW_ATE_unsigned => Encoding::Unsigned,
        gimli::DW_ATE_float => Encoding::Float,
        gimli::DW_ATE_complex_float => Encoding::ComplexFloat,
        gimli::DW_ATE_boolean => Encoding::Boolean,
        gimli::DW_ATE_signed_char => Encoding::SignedCharacter,
        gimli::DW_ATE_unsigned_char => Encoding::UnsignedCharacter,
        gimli::DW_ATE_UTF | gimli::DW_ATE_UCS | gimli::DW_ATE_ASCII => Encoding::Utf,
        gimli::DW_ATE_address => Encoding::Address,
        other => Encoding::Other(other.0),
    }
}

fn pointer_kind(tag: DwTag) -> Option<PointerKind> {
    match tag {
        gimli::DW_TAG_pointer_type => Some(PointerKind::Pointer),
        gimli::DW_TAG_reference_type => Some(PointerKind::Reference),
        gimli::DW_TAG_rvalue_reference_type => Some(PointerKind::RvalueReference),
        _ => None,
    }
}

fn modifier(tag: DwTag) -> Option<Modifier> {
    match tag {
        gimli::DW_TAG_const_type => Some(Modifier::Const),
        gimli::DW_TAG_volatile_type => Some(Modifier::Volatile),
        gimli::DW_TAG_restrict_type => Some(Modifier::Restrict),
        gimli::DW_TAG_atomic_type => Some(Modifier::Atomic),
        gimli::DW_TAG_packed_type | gimli::DW_TAG_shared_type | gimli::DW_TAG_immutable_type => {
            Some(Modifier::Other)
        }
        _ => None,
    }
}
