//! C++'s library, as LLVM's libc++ builds it.

use super::Provider;
use super::cpp_nodes::{hashed, list, tree};
use super::parts::{argument, collection, number, path, pointee_type, same, sequence};
use crate::types::{Type, TypeKind};
use crate::values::view::{Children, Fetch, Style, View};
use crate::values::{At, Inspector, Value};
use crate::{Place, ValueError};

pub(super) const PROVIDERS: &[(&str, Provider)] = &[
    ("std::basic_string", string),
    ("std::basic_string_view", string_view),
    ("std::vector", vector),
    ("std::array", array),
    ("std::span", span),
    ("std::list", list),
    ("std::map", tree),
    ("std::multimap", tree),
    ("std::set", tree),
    ("std::multiset", tree),
    ("std::unordered_map", hashed),
    ("std::unordered_multimap", hashed),
    ("std::unordered_set", hashed),
    ("std::unordered_multiset", hashed),
    ("std::optional", optional),
    ("std::variant", variant),
    ("std::tuple", tuple),
    ("std::unique_ptr", owner),
    ("std::shared_ptr", owner),
    ("std::weak_ptr", owner),
];

/// Short strings lie in the object itself, long ones elsewhere.
fn string(inspector: &Inspector<'_>, value: &Value, _: &Type) -> Result<View, ValueError> {
    let rep = match inspector.member(value, "__rep_") {
        Ok(rep) => rep,
        Err(_) => path(inspector, value, &["__r_", "__value_"])?,
    };
    let is_long = number(inspector, &rep, &["__s", "__is_long_"])? != 0;
    let form = if is_long { "__l" } else { "__s" };
    let count = number(inspector, &rep, &[form, "__size_"])?;
    let data = path(inspector, &rep, &[form, "__data_"])?;
    let first = inspector.raw_view(&data)?.children.page(inspector, 0..1)?;
    let first = first
        .first()
        .ok_or_else(|| ValueError::corrupt("no text"))?;
    let size = inspector.size(first)?;
    let text = if is_long {
        inspector.text_at(inspector.unsigned(&data)?, count, size)?
    } else {
        let at = data.at.as_ref().map_err(Clone::clone)?;
        let room = inspector.size(&data)?;
        let len = count.saturating_mul(size);
        if len > room {
            let what = format!("a short string of {count} characters");
            return Err(ValueError::Corrupt(what));
        }
        let bytes = at.place.load(inspector.target, at.offset, len)?;
        crate::values::string::quote(&bytes, size, false)
    };
    Ok(View::scalar(text))
}

fn string_view(inspector: &Inspector<'_>, value: &Value, _: &Type) -> Result<View, ValueError> {
    let data =
        path(inspector, value, &["__data_"]).or_else(|_| inspector.member(value, "__data"))?;
    let count = number(inspector, value, &["__size_"])
        .or_else(|_| number(inspector, value, &["__size"]))?;
    let character = pointee_type(inspector, data.type_)?;
    let size = inspector.symbols.size_of(character)?.unwrap_or(1);
    let text = inspector.text_at(inspector.unsigned(&data)?, count, size)?;
    Ok(View::scalar(text))
}

fn vector(inspector: &Inspector<'_>, value: &Value, type_: &Type) -> Result<View, ValueError> {
    if inspector.member(value, "__end_").is_err() {
        return bits(inspector, value, type_);
    }
    let begin = inspector.member(value, "__begin_")?;
    let element = pointee_type(inspector, begin.type_)?;
    let begin = inspector.unsigned(&begin)?;
    let end = number(inspector, value, &["__end_"])?;
    let size = inspector.symbols.size_of(element)?.unwrap_or(0).max(1);
    let len = end.checked_sub(begin);
    let len = len.ok_or_else(|| ValueError::corrupt("a vector that ends before it begins"))?;
    if len % size != 0 {
        return Err(ValueError::corrupt("a vector that ends within an element"));
    }
    sequence(inspector, value, begin, len / size, element, Style::Braces)
}

/// `vector<bool>` has a bit for each.
fn bits(inspector: &Inspector<'_>, value: &Value, type_: &Type) -> Result<View, ValueError> {
    let begin = number(inspector, value, &["__begin_"])?;
    let count = number(inspector, value, &["__size_"])?;
    let element = argument(type_, 0)?;
    inspector.check_extent(begin, count.div_ceil(8), 1)?;
    let beside = value.clone();
    let fetch: Fetch = Box::new(move |_, range| {
        let bits = range.map(|index| Value {
            name: format!("[{index}]"),
            type_: Some(element),
            dimension: 0,
            at: Ok(At {
                place: Place::Memory(begin),
                offset: 0,
                bits: Some((index, 1)),
            }),
            context: beside.context,
        });
        Ok(bits.collect())
    });
    Ok(collection(count, Style::Braces, fetch))
}

fn array(inspector: &Inspector<'_>, value: &Value, _: &Type) -> Result<View, ValueError> {
    inspector.view(&inspector.member(value, "__elems_")?)
}

fn span(inspector: &Inspector<'_>, value: &Value, type_: &Type) -> Result<View, ValueError> {
    let data = path(inspector, value, &["__data_"])?;
    let element = pointee_type(inspector, data.type_)?;
    let count = match number(inspector, value, &["__size_"]) {
        Ok(count) => count,
        // Its size is an argument of the template.
        Err(error) => {
            let TypeKind::Record(record) = &type_.kind else {
                return Err(error);
            };
            let count = record
                .parameters
                .get(1)
                .and_then(|parameter| parameter.value);
            count
                .and_then(|count| u64::try_from(count).ok())
                .ok_or(error)?
        }
    };
    let first = inspector.unsigned(&data)?;
    sequence(inspector, value, first, count, element, Style::Braces)
}

fn optional(inspector: &Inspector<'_>, value: &Value, _: &Type) -> Result<View, ValueError> {
    if number(inspector, value, &["__engaged_"])? == 0 {
        return Ok(View::scalar("nullopt"));
    }
    Ok(same("", inspector.member(value, "__val_")?))
}

fn variant(inspector: &Inspector<'_>, value: &Value, type_: &Type) -> Result<View, ValueError> {
    let variant = inspector
        .member(value, "__impl_")
        .or_else(|_| inspector.member(value, "__impl"))?;
    let index = inspector.member(&variant, "__index")?;
    let (number, size) = (inspector.unsigned(&index)?, inspector.size(&index)?);
    if number == u64::MAX >> (64 - 8 * size.clamp(1, 8)) {
        return Ok(View::scalar("valueless"));
    }
    let alternatives = match &type_.kind {
        TypeKind::Record(record) => record.parameters.len().max(1) as u64,
        _ => 1,
    };
    // A pack of arguments is one parameter in DWARF, so its number is no bound; what is.
    if alternatives > 1 && number >= alternatives || number > 255 {
        return Err(ValueError::corrupt(format!("alternative {number}")));
    }
    let mut rest = inspector.member(&variant, "__data")?;
    for _ in 0..number {
        rest = inspector.member(&rest, "__tail")?;
    }
    let alternative = path(inspector, &rest, &["__head", "__value"])?;
    Ok(same(format!("[{number}] "), alternative))
}

/// The elements of a tuple are members of its base's bases.
fn tuple(inspector: &Inspector<'_>, value: &Value, _: &Type) -> Result<View, ValueError> {
    let Ok(base) = inspector.member(value, "__base_") else {
        return Ok(View::scalar("{}"));
    };
    let Some((_, type_)) = inspector.bare(&base)? else {
        return Ok(View::scalar("{}"));
    };
    let TypeKind::Record(record) = &type_.kind else {
        return Ok(View::scalar("{}"));
    };
    let mut elements = Vec::new();
    for (index, leaf) in record.bases.iter().enumerate() {
        let leaf = inspector.member_value(&base, leaf);
        let element = inspector.member(&leaf, "__value_");
        // An element without contents may be a base itself.
        let element = element.unwrap_or(leaf);
        elements.push(Value {
            name: format!("[{index}]"),
            ..element
        });
    }
    Ok(View::list(Style::Braces, elements))
}

/// Smart pointers are shown as the pointers that they are.
fn owner(inspector: &Inspector<'_>, value: &Value, type_: &Type) -> Result<View, ValueError> {
    let mut pointer = path(inspector, value, &["__ptr_"])?;
    // Older versions pair it with what deletes it.
    if let Ok(inner) = inspector.member(&pointer, "__value_") {
        pointer = inner;
    }
    pointer.name = value.name.clone();
    let mut view = inspector.view(&pointer)?;
    let is_shared = type_
        .name
        .as_deref()
        .is_some_and(|name| !name.starts_with("unique"));
    if is_shared && inspector.unsigned(&pointer)? != 0 {
        // The library may have been built without a description of the counts.
        if let Ok((shared, weak)) = owners(inspector, value) {
            view.lead = format!("{} (shared {shared}, weak {weak})", view.lead);
        }
    }
    if let Children::List(children) = &mut view.children
        && let [target] = &mut children[..]
    {
        target.name = format!("*{}", value.name);
    }
    Ok(view)
}

/// How many pointers share what one of them points to, and how many weak ones there are.
fn owners(inspector: &Inspector<'_>, value: &Value) -> Result<(i128, i128), ValueError> {
    let control = inspector.deref(&inspector.member(value, "__cntrl_")?)?;
    let shared = inspector.integer(&inspector.member(&control, "__shared_owners_")?)?;
    let weak = inspector.integer(&inspector.member(&control, "__shared_weak_owners_")?)?;
    // Both are one less than there are; all that share are together one of the weak ones.
    Ok((shared.saturating_add(1), weak))
}
