//! Values as clients are told of them.

use crate::address;
use crate::context::{Context, Refusal};
use crate::protocol::{
    ValueFormat, Variable as ProtocolVariable, VariableAttribute, VariablePresentationHint,
};
use crate::references::{Referent, ShownValue};
use std::sync::Arc;
use trapline_symbols::types::{Type, TypeId, TypeKind};
use trapline_symbols::{
    Format, Inspector, MachinePlace, Place, Radix, SourceLocation, Symbols, Value, ValueError,
    Variable, WasmValue,
};

/// The text of a whole value is cut at so many bytes, ...
const LONGEST_WHOLE: usize = 1 << 20;
/// ... and so deep.
const DEEPEST_WHOLE: usize = 6;
/// Of values with more parts expressions for these are not tried.
const MOST_TRIED: usize = 100;
/// Parts are asked for in pages.
const PAGE: u64 = 1000;

/// A value in the parts that all answers have.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) text: String,
    pub(crate) type_name: Option<String>,
    pub(crate) reference: i64,
    pub(crate) named: Option<u32>,
    pub(crate) indexed: Option<u32>,
    pub(crate) memory: Option<String>,
    pub(crate) hint: Option<VariablePresentationHint>,
}

/// Whether integers are wanted in hexadecimal.
pub(crate) fn is_hex(format: Option<&ValueFormat>) -> bool {
    format.is_some_and(|format| format.hex == Some(true))
}

fn inspector<'a>(inspector: &Inspector<'a>, shown: &ShownValue) -> Inspector<'a> {
    let mut format = Format::default();
    if shown.is_hex {
        format = format.radix(Radix::Hexadecimal);
    }
    if shown.is_raw {
        format = format.raw();
    }
    inspector.with_format(format)
}

/// Whether the parts of a value are known by numbers.
pub(crate) fn is_index(name: &str) -> bool {
    name.starts_with('[') && name.ends_with(']')
}

/// An expression for a part of a value, if one can be made.
pub(crate) fn part_expression(whole: Option<&str>, name: &str) -> Option<String> {
    let whole = whole?;
    let is_word = |name: &str| {
        let mut chars = name.chars();
        chars
            .next()
            .is_some_and(|first| first.is_alphabetic() || first == '_')
            && chars.all(|char| char.is_alphanumeric() || char == '_')
    };
    let inner = match whole.starts_with('*') {
        true => format!("({whole})"),
        false => whole.to_owned(),
    };
    if let Some(pointer) = whole.strip_prefix('*').filter(|_| is_word(name)) {
        return Some(match pointer.starts_with('*') {
            true => format!("({pointer})->{name}"),
            false => format!("{pointer}->{name}"),
        });
    }
    if is_index(name)
        && name[1..name.len() - 1]
            .bytes()
            .all(|byte| byte.is_ascii_digit())
    {
        return Some(format!("{inner}{name}"));
    }
    if name.starts_with('*') {
        return Some(format!("*{inner}"));
    }
    (is_word(name) || name.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty())
        .then(|| format!("{inner}.{name}"))
}

impl Context<'_> {
    /// Works with what shows the values of a frame.
    pub(crate) fn inspect<R>(
        &self,
        level: usize,
        work: impl FnOnce(&Inspector<'_>) -> Result<R, Refusal>,
    ) -> Result<R, Refusal> {
        let frame = self.guest.frame(level)?;
        work(&frame.inspector()?)
    }

    /// Whether the client knows what to do with types.
    pub(crate) fn tells_types(&self) -> bool {
        self.session.traits.supports_variable_type == Some(true)
    }

    /// Whether the client knows what to do with references to memory.
    fn tells_memory(&self) -> bool {
        self.session.traits.supports_memory_references == Some(true)
    }

    /// What is told of a value.
    pub(crate) fn tell_value(&mut self, shown: &ShownValue) -> Result<Told, Refusal> {
        let frame = self.guest.frame(shown.level)?;
        let plain = frame.inspector()?;
        let inspector = inspector(&plain, shown);
        let mut told = Told {
            type_name: inspector
                .type_name(&shown.value)
                .ok()
                .filter(|_| self.tells_types()),
            memory: memory_reference(&plain, shown).filter(|_| self.tells_memory()),
            ..Told::default()
        };
        let can_be_stored = matches!(
            shown.value.place(),
            Ok((
                Place::Memory(_) | Place::Machine(MachinePlace::Global(_)),
                _
            ))
        );
        if !can_be_stored {
            told.hint = Some(VariablePresentationHint {
                attributes: Some(vec![VariableAttribute::ReadOnly]),
                ..VariablePresentationHint::default()
            });
        }
        match inspector.text(&shown.value) {
            Ok(text) => told.text = text,
            Err(problem) => {
                told.text = format!("<{problem}>");
                told.hint = Some(VariablePresentationHint {
                    attributes: Some(vec![VariableAttribute::Other(
                        "failedEvaluation".to_owned(),
                    )]),
                    ..VariablePresentationHint::default()
                });
                return Ok(told);
            }
        }
        let whole = through_pointer(&inspector, shown);
        let count = inspector.child_count(&whole.value).unwrap_or(0);
        if count > 0 {
            let first = inspector.children(&whole.value, 0..1).unwrap_or_default();
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            match first.first().is_some_and(|part| is_index(part.name())) {
                true => told.indexed = Some(count),
                false => told.named = Some(count),
            }
            drop(frame);
            told.reference = self.session.references.add(Referent::Value(shown.clone()));
        }
        Ok(told)
    }

    /// All of a value as text, as far as anyone would paste it.
    pub(crate) fn whole_text(&self, shown: &ShownValue) -> Result<String, Refusal> {
        let frame = self.guest.frame(shown.level)?;
        let inspector = inspector(&frame.inspector()?, shown);
        let mut room = LONGEST_WHOLE;
        Ok(whole_text(
            &inspector,
            &shown.value,
            DEEPEST_WHOLE,
            &mut room,
        ))
    }

    /// The parts of a value in a range.
    pub(crate) fn parts(
        &self,
        shown: &ShownValue,
        range: std::ops::Range<u64>,
    ) -> Result<Vec<ShownValue>, Refusal> {
        let frame = self.guest.frame(shown.level)?;
        let inspector = inspector(&frame.inspector()?, shown);
        let shown = &through_pointer(&inspector, shown);
        let mut found: Vec<Value> = Vec::new();
        let mut from = range.start;
        // They come in pages.
        while from < range.end {
            let page = inspector.children(&shown.value, from..range.end);
            let page = page.map_err(Refusal::because)?;
            if page.is_empty() {
                break;
            }
            from += page.len() as u64;
            found.extend(page);
        }
        let whole = shown.expression.as_deref();
        let mut environment = frame.environment()?.read_only();
        let is_short = found.len() <= MOST_TRIED;
        let parts = found.into_iter().map(|value| {
            let expression = part_expression(whole, value.name());
            // What a library's type stands for may have parts that its source has no names for.
            let expression = expression.filter(|expression| {
                is_index(value.name()) || is_short && environment.evaluate(expression).is_ok()
            });
            ShownValue {
                expression,
                value,
                ..shown.clone()
            }
        });
        Ok(parts.collect())
    }

    /// A variable or part of one, as clients are told of it.
    pub(crate) fn variable(
        &mut self,
        shown: &ShownValue,
        declared: Option<&Variable>,
    ) -> Result<ProtocolVariable, Refusal> {
        let told = self.tell_value(shown)?;
        let name = match shown.value.name() {
            "" => "<unnamed>",
            name => name,
        };
        Ok(ProtocolVariable {
            name: name.to_owned(),
            value: told.text,
            type_name: told.type_name,
            presentation_hint: told.hint,
            evaluate_name: shown.expression.clone(),
            variables_reference: told.reference,
            named_variables: told.named,
            indexed_variables: told.indexed,
            memory_reference: told.memory,
            declaration_location_reference: declared
                .and_then(|variable| self.location(shown.level, variable.declared.clone()?)),
            value_location_reference: self.function(shown),
        })
    }

    /// A number for where the function is declared that a value points to, if it does.
    pub(crate) fn function(&mut self, shown: &ShownValue) -> Option<i64> {
        let declared = {
            let frame = self.guest.frame(shown.level).ok()?;
            let symbols = frame.symbols()?;
            let pointed = match bare(symbols, shown.value.type_id()?)?.kind {
                TypeKind::Pointer { target, .. } => bare(symbols, target?)?,
                _ => return None,
            };
            if !matches!(pointed.kind, TypeKind::Function { .. }) {
                return None;
            }
            let text = frame.inspector().ok()?.text(&shown.value).ok()?;
            let address = text.split(' ').next()?.strip_prefix("0x")?;
            let index = u64::from_str_radix(address, 16).ok()?;
            let name = frame.target().table_function(index)?;
            let functions = symbols.functions_named(&name).ok()?;
            functions
                .into_iter()
                .find_map(|function| function.declared)?
        };
        self.location(shown.level, declared)
    }

    /// A number for a place in the source of a frame's module.
    fn location(&mut self, level: usize, declared: SourceLocation) -> Option<i64> {
        let frame = self.guest.frames(level..level + 1).into_iter().next()?;
        let location = Referent::Location {
            module: frame.module?,
            file: declared.file,
            line: declared.line?,
            column: declared.column,
        };
        Some(self.session.references.add(location))
    }
}

/// The text of a value with what is left out of it elsewhere, as long as there is room for so many bytes.
fn whole_text(inspector: &Inspector<'_>, value: &Value, depth: usize, room: &mut usize) -> String {
    let text = match inspector.text(value) {
        Ok(text) => text,
        Err(problem) => format!("<{problem}>"),
    };
    *room = room.saturating_sub(text.len());
    let is_cut = text.contains("...") && text.ends_with('}');
    if !is_cut || depth == 0 {
        return text;
    }
    let mut parts = Vec::new();
    let mut from = 0;
    while *room > 0 {
        let page = inspector.children(value, from..from + PAGE);
        let page = page.unwrap_or_default();
        if page.is_empty() {
            return format!("{{{}}}", parts.join(", "));
        }
        from += page.len() as u64;
        for part in &page {
            if *room == 0 {
                break;
            }
            let text = whole_text(inspector, part, depth - 1, room);
            parts.push(match is_index(part.name()) || part.name().is_empty() {
                true => text,
                false => format!("{} = {text}", part.name()),
            });
        }
    }
    format!("{{{}, ...}}", parts.join(", "))
}

/// A type behind its other names.
fn bare(symbols: &Symbols, id: TypeId) -> Option<Arc<Type>> {
    /// Names that lead to each other are given up.
    const LONGEST_CHAIN: usize = 16;
    let mut type_ = symbols.type_of(id).ok()?;
    for _ in 0..LONGEST_CHAIN {
        type_ = match type_.kind {
            TypeKind::Alias { target } | TypeKind::Modified { target, .. } => {
                symbols.type_of(target?).ok()?
            }
            _ => return Some(type_),
        };
    }
    None
}

/// What a pointer points to, if that has parts, which are shown as the pointer's own; else the value itself.
fn through_pointer(inspector: &Inspector<'_>, shown: &ShownValue) -> ShownValue {
    let parts = match shown.is_raw {
        true => Vec::new(),
        false => inspector.children(&shown.value, 0..2).unwrap_or_default(),
    };
    let [target] = &parts[..] else {
        return shown.clone();
    };
    let is_target = target.name().starts_with('*') || target.name().is_empty();
    if !is_target || inspector.child_count(target).unwrap_or(0) == 0 {
        return shown.clone();
    }
    let type_name = inspector.type_name(&shown.value).unwrap_or_default();
    let expression = match type_name.ends_with('&') {
        // A reference of C++ is what it refers to.
        true => shown.expression.clone(),
        false => part_expression(shown.expression.as_deref(), target.name()),
    };
    ShownValue {
        value: target.clone(),
        expression,
        ..shown.clone()
    }
}

/// Where a value is in memory, or what it points to.
fn memory_reference(inspector: &Inspector<'_>, shown: &ShownValue) -> Option<String> {
    let address = |value: &Value| value.address();
    let pointee = || -> Result<Option<u64>, ValueError> {
        let parts = inspector.children(&shown.value, 0..1)?;
        let first = parts.first().filter(|part| part.name().starts_with('*'));
        Ok(first.and_then(Value::address))
    };
    let found = pointee().ok().flatten().or_else(|| address(&shown.value));
    found.map(address::memory)
}

/// A value of WebAssembly, integers with their bits.
pub(crate) fn wasm_value(value: WasmValue, is_hex: bool) -> (String, &'static str) {
    let text = match value {
        WasmValue::I32(bits) if is_hex => format!("{bits:#x}"),
        WasmValue::I64(bits) if is_hex => format!("{bits:#x}"),
        WasmValue::I32(bits) => (bits as i32).to_string(),
        WasmValue::I64(bits) => (bits as i64).to_string(),
        WasmValue::F32(bits) => f32::from_bits(bits).to_string(),
        WasmValue::F64(bits) => f64::from_bits(bits).to_string(),
        WasmValue::V128(bits) => format!("{bits:#034x}"),
        WasmValue::Reference => "a reference".to_owned(),
    };
    let type_name = match value {
        WasmValue::I32(_) => "i32",
        WasmValue::I64(_) => "i64",
        WasmValue::F32(_) => "f32",
        WasmValue::F64(_) => "f64",
        WasmValue::V128(_) => "v128",
        WasmValue::Reference => "ref",
    };
    (text, type_name)
}

#[cfg(test)]
mod tests {
    use super::part_expression;

    #[test]
    fn parts_are_reached_from_the_whole() {
        let part = |whole, name| part_expression(Some(whole), name);
        assert_eq!(part("a", "b").as_deref(), Some("a.b"));
        assert_eq!(part("a", "[3]").as_deref(), Some("a[3]"));
        assert_eq!(part("t", "0").as_deref(), Some("t.0"));
        assert_eq!(part("p", "*p").as_deref(), Some("*p"));
        assert_eq!(part("*p", "next").as_deref(), Some("p->next"));
        assert_eq!(part("m", "[\"key\"]"), None);
        assert_eq!(part("a", "<base>"), None);
        assert_eq!(part_expression(None, "b"), None);
    }
}
