//! Names of types, as a programmer would write them.

use super::{Count, Language, Modifier, PointerKind, RecordKind, Type, TypeId, TypeKind};
use crate::Symbols;

/// A type that is built of more parts than this is cut.
const MOST_PARTS: usize = 64;
/// Functions that take functions that take functions: further in, their types are cut.
const DEEPEST_FUNCTION: usize = 3;

impl Symbols {
    /// The name of a type in its language; `void` for `None`.
    pub(crate) fn type_text(&self, id: Option<TypeId>, depth: usize) -> gimli::Result<String> {
        // In C a type is written around the name of what has it, inside out.
        let mut inner = String::new();
        let mut modifiers = String::new();
        let mut next = id;
        for _ in 0..MOST_PARTS {
            let Some(id) = next else {
                return Ok(join(&modifiers, "void", &inner));
            };
            let read = self.read_type(id)?;
            match &read.kind {
                TypeKind::Modified { modifier, target } => {
                    modifiers.push_str(modifier_text(*modifier));
                    next = *target;
                }
                TypeKind::Pointer { kind, target } if read.name.is_none() => {
                    let sign = match kind {
                        PointerKind::Pointer => "*",
                        PointerKind::Reference => "&",
                        PointerKind::RvalueReference => "&&",
                    };
                    let modifiers = std::mem::take(&mut modifiers);
                    inner = format!("{sign}{}", join("", modifiers.trim_end(), &inner));
                    next = *target;
                }
                TypeKind::MemberPointer { member, class } => {
                    let class = self.type_text_within(*class, depth)?;
                    inner = format!("{class}::*{}{inner}", std::mem::take(&mut modifiers));
                    next = *member;
                }
                TypeKind::Array {
                    element,
                    dimensions,
                    ..
                } if read.name.is_none() => {
                    inner = parenthesize(inner);
                    for dimension in dimensions {
                        match dimension {
                            Count::Known(count) => inner.push_str(&format!("[{count}]")),
                            _ => inner.push_str("[]"),
                        }
                    }
                    next = *element;
                }
                TypeKind::Function {
                    result,
                    parameters,
                    variadic,
                } => {
                    let mut texts = Vec::new();
                    for parameter in parameters {
                        texts.push(self.type_text_within(*parameter, depth)?);
                    }
                    if *variadic {
                        texts.push("...".to_string());
                    }
                    inner = format!("{}({})", parenthesize(inner), texts.join(", "));
                    next = *result;
                }
                _ => return Ok(join(&modifiers, &own_name(&read), &inner)),
            }
        }
        Ok(join(&modifiers, "...", &inner))
    }

    fn type_text_within(&self, id: Option<TypeId>, depth: usize) -> gimli::Result<String> {
        if depth >= DEEPEST_FUNCTION {
            return Ok("...".to_string());
        }
        self.type_text(id, depth + 1)
    }
}

fn join(modifiers: &str, name: &str, inner: &str) -> String {
    let space = if inner.is_empty() || name.is_empty() {
        ""
    } else {
        " "
    };
    format!("{modifiers}{name}{space}{inner}")
}

/// `*` binds less tightly than what comes behind it.
fn parenthesize(inner: String) -> String {
    if inner.starts_with(['*', '&']) {
        format!("({inner})")
    } else {
        inner
    }
}

fn modifier_text(modifier: Modifier) -> &'static str {
    match modifier {
        Modifier::Const => "const ",
        Modifier::Volatile => "volatile ",
        Modifier::Restrict => "restrict ",
        Modifier::Atomic => "_Atomic ",
        Modifier::Other => "",
    }
}

/// The name of a type that has one, or what stands for that.
fn own_name(read: &Type) -> String {
    let keyword = match &read.kind {
        TypeKind::Record(record) => match record.kind {
            RecordKind::Struct => "struct",
            RecordKind::Class => "class",
            RecordKind::Union => "union",
        },
        TypeKind::Enumeration { .. } => "enum",
        TypeKind::Unspecified => "void",
        _ => "?",
    };
    match (&read.name, read.language) {
        (None, _) if keyword.len() > 1 => format!("{keyword} {{...}}"),
        (None, _) => keyword.to_string(),
        (Some(name), Language::C) if matches!(keyword, "struct" | "union" | "enum") => {
            format!("{keyword} {name}")
        }
        // Names in Zig have their paths in them.
        (Some(name), Language::Zig) => name.clone(),
        (Some(name), _) => {
            let mut text = String::new();
            for part in &read.path {
                text.push_str(part);
                text.push_str("::");
            }
            text + name
        }
    }
}
