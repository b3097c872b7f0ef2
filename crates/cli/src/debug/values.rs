//! Values and types as `print`, `x` and `ptype` write them.

use super::CommandError;
use super::format::Letter;
use crate::text::harmless;
use std::fmt::Write;
use trapline_symbols::expression::{Environment, Scalar, ScalarType};
use trapline_symbols::types::{
    Count, Member, MemberOffset, PointerKind, Record, RecordKind, Type, TypeId, TypeKind,
};
use trapline_symbols::{Format, FrameEnvironment, Inspector, Symbols, Value};

/// Longer values are written over several lines.
const LONGEST_LINE: usize = 90;
/// So many parts of each value are written then, ...
const PARTS: u64 = 64;
/// ... so deep, ...
const DEPTH: usize = 4;
/// ... and so many lines in all.
const LINES: usize = 200;

/// A value as `print` writes it, without its number.
pub(super) fn show(
    environment: &mut FrameEnvironment<'_, '_>,
    value: &Value,
    letter: Option<Letter>,
    raw: bool,
) -> Result<String, CommandError> {
    let mut format = Format::default();
    if raw || letter == Some(Letter::Raw) {
        format = format.raw();
    }
    match letter {
        Some(Letter::Radix(radix)) => format = format.radix(radix),
        Some(Letter::Instruction) => {
            return Err(CommandError::new("instructions are shown by `x/i`"));
        }
        Some(letter @ (Letter::Unsigned | Letter::Character | Letter::Float | Letter::Address)) => {
            let scalar = environment.scalar(value).map_err(CommandError::new)?;
            if let Some(scalar) = scalar {
                return Ok(scalar_as(scalar, letter));
            }
        }
        Some(Letter::String | Letter::Raw) | None => {}
    }
    let inspector = environment.inspector().with_format(format);
    let text = inspector.text(value).map_err(CommandError::new)?;
    let is_cut = text.ends_with("...") || text.contains("...}") || text.contains("...]");
    if text.chars().count() <= LONGEST_LINE && !is_cut {
        return Ok(harmless(&text));
    }
    let mut tree = Tree::default();
    match tree.write(&inspector, value, &text, 0) {
        true => Ok(tree.text),
        false => Ok(harmless(&text)),
    }
}

/// A value over several lines.
#[derive(Default)]
struct Tree {
    text: String,
    lines: usize,
}

impl Tree {
    /// Writes a value whose text is known. Returns whether it has parts.
    fn write(
        &mut self,
        inspector: &Inspector<'_>,
        value: &Value,
        text: &str,
        depth: usize,
    ) -> bool {
        let count = inspector.child_count(value).unwrap_or(0);
        if count == 0 || depth == DEPTH || self.lines >= LINES {
            return false;
        }
        let Ok(parts) = inspector.children(value, 0..count.min(PARTS)) else {
            return false;
        };
        // What the value says of itself before its parts: how many it has, or its variant.
        let head = text
            .split(['{', '[', '('])
            .next()
            .unwrap_or_default()
            .trim_end();
        if !head.is_empty() && head.len() < LONGEST_LINE {
            self.text += &harmless(head);
            self.text.push(' ');
        }
        self.text += "{\n";
        for part in &parts {
            if self.lines >= LINES {
                break;
            }
            self.part(inspector, part, depth + 1);
        }
        if count > parts.len() as u64 || self.lines >= LINES {
            let _ = writeln!(self.text, "{:1$}...", "", 2 * (depth + 1));
        }
        let _ = write!(self.text, "{:1$}}}", "", 2 * depth);
        true
    }

    fn part(&mut self, inspector: &Inspector<'_>, part: &Value, depth: usize) {
        self.lines += 1;
        let _ = write!(self.text, "{:1$}", "", 2 * depth);
        if !part.name().is_empty() {
            let _ = write!(self.text, "{} = ", harmless(part.name()));
        }
        match inspector.text(part) {
            Ok(text) => {
                let is_long = text.chars().count() + 2 * depth > LONGEST_LINE;
                if !is_long || !self.write(inspector, part, &text, depth) {
                    self.text += &harmless(&text);
                }
            }
            Err(problem) => {
                let _ = write!(self.text, "<{}>", harmless(&problem.to_string()));
            }
        }
        self.text.push('\n');
    }
}

/// A number in a way that its type does not say.
fn scalar_as(scalar: Scalar, letter: Letter) -> String {
    let bits = scalar.bits();
    match letter {
        Letter::Unsigned => bits.to_string(),
        Letter::Address => format!("{bits:#x}"),
        Letter::Character => character(bits as u64),
        _ => match scalar.type_() {
            ScalarType::Float(_) => scalar.to_string(),
            _ => float(bits as u64, 8),
        },
    }
}

/// A character with its code.
pub(super) fn character(code: u64) -> String {
    let signed = code as u8 as i8;
    match u32::try_from(code).ok().and_then(char::from_u32) {
        Some(char) if code < 0x80 || !char.is_control() => {
            format!("{signed} '{}'", char.escape_debug())
        }
        _ => format!("{signed} '\\x{:02x}'", code as u8),
    }
}

/// Bits as a floating point number of so many bytes.
pub(super) fn float(bits: u64, size: u8) -> String {
    match size {
        4 => f32::from_bits(bits as u32).to_string(),
        _ => f64::from_bits(bits).to_string(),
    }
}

/// A type as `ptype` writes it: what it consists of.
pub(super) fn definition(symbols: &Symbols, id: Option<TypeId>) -> Result<String, CommandError> {
    let Some(id) = id else {
        return Ok("void\n".to_owned());
    };
    let mut id = id;
    // Other names lead to what they stand for.
    for _ in 0..16 {
        let type_ = symbols.type_of(id).map_err(CommandError::new)?;
        match type_.kind {
            TypeKind::Alias {
                target: Some(target),
            }
            | TypeKind::Modified {
                target: Some(target),
                ..
            } => id = target,
            _ => return describe(symbols, id, &type_),
        }
    }
    Err(CommandError::new(
        "the type's other names lead to each other",
    ))
}

fn describe(symbols: &Symbols, id: TypeId, type_: &Type) -> Result<String, CommandError> {
    let name = name_of(symbols, Some(id));
    let mut text = String::new();
    match &type_.kind {
        TypeKind::Record(record) => {
            let _ = writeln!(text, "{} {{", with_keyword(record, &name));
            members(symbols, record, &mut text);
            text.push('}');
        }
        TypeKind::Enumeration { enumerators, .. } => {
            let _ = writeln!(text, "enum {} {{", name.trim_start_matches("enum "));
            for enumerator in enumerators {
                let _ = writeln!(
                    text,
                    "    {} = {},",
                    harmless(&enumerator.name),
                    enumerator.value
                );
            }
            text.push('}');
        }
        TypeKind::Pointer {
            kind,
            target: Some(target),
        } => {
            let inner = symbols.type_of(*target).map_err(CommandError::new)?;
            if let TypeKind::Record(record) = &inner.kind {
                let _ = writeln!(
                    text,
                    "{} {{",
                    with_keyword(record, &name_of(symbols, Some(*target)))
                );
                members(symbols, record, &mut text);
                let sign = match kind {
                    PointerKind::Pointer => "*",
                    PointerKind::Reference => "&",
                    PointerKind::RvalueReference => "&&",
                };
                let _ = write!(text, "}} {sign}");
            } else {
                text += &name;
            }
        }
        TypeKind::Array { dimensions, .. } => {
            text += &name;
            if dimensions.contains(&Count::Unknown) {
                text += " (of unknown length)";
            }
        }
        _ => text += &name,
    }
    if let Some(size) = type_.size {
        let _ = write!(text, "    // {}", crate::text::count(size, "byte"));
    }
    Ok(text + "\n")
}

fn with_keyword(record: &Record, name: &str) -> String {
    let keyword = match record.kind {
        RecordKind::Struct => "struct ",
        RecordKind::Class => "class ",
        RecordKind::Union => "union ",
    };
    match name.starts_with(keyword) {
        true => name.to_owned(),
        false => format!("{keyword}{name}"),
    }
}

fn members(symbols: &Symbols, record: &Record, text: &mut String) {
    if record.is_declaration {
        *text += "    // the debug information has no definition of it\n";
    }
    for base in &record.bases {
        let _ = writeln!(text, "    : {}", name_of(symbols, base.type_));
    }
    for member in &record.members {
        let _ = writeln!(
            text,
            "    {}{}",
            place(&member.offset),
            declaration(symbols, member)
        );
    }
    if let Some(variants) = &record.variants {
        for member in variants
            .variants
            .iter()
            .flat_map(|variant| &variant.members)
        {
            let _ = writeln!(text, "    | {}", declaration(symbols, member));
        }
    }
}

fn place(offset: &MemberOffset) -> String {
    match offset {
        MemberOffset::Bytes(offset) => format!("/* {offset:>4} */ "),
        MemberOffset::Bits { first, count } => {
            format!("/* {:>4}.{}:{count} */ ", first / 8, first % 8)
        }
        MemberOffset::Static(_) => "static ".to_owned(),
        _ => String::new(),
    }
}

fn declaration(symbols: &Symbols, member: &Member) -> String {
    let name = member.name.as_deref().unwrap_or("<unnamed>");
    format!("{} {};", name_of(symbols, member.type_), harmless(name))
}

fn name_of(symbols: &Symbols, id: Option<TypeId>) -> String {
    match symbols.type_name(id) {
        Ok(name) => harmless(&name),
        Err(problem) => format!("<{}>", harmless(&problem.to_string())),
    }
}
