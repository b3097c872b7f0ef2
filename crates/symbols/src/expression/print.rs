//! Writing expressions and types out, so that reading them gives the same again.

use super::ast::{
    CharacterPrefix, Expression, ExpressionKind, History, IntegerLiteral, IntegerSuffix, Literal,
    Register, StringPrefix,
};
use super::token::is_plain_name;
use super::type_name::{GenericArgument, Path, Segment, TypeName, TypeNameKind};
use std::fmt::{Display, Formatter, Result, Write};

impl Display for Expression {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.kind() {
            ExpressionKind::Literal(literal) => literal.fmt(f),
            ExpressionKind::Name(path) => write_path(f, path, "::"),
            ExpressionKind::Register(register) => register.fmt(f),
            ExpressionKind::Convenience(name) => write!(f, "${name}"),
            ExpressionKind::History(history) => history.fmt(f),
            ExpressionKind::Member {
                object,
                access,
                name,
                ..
            } => {
                write!(f, "{}{}", Object(object), access.text())?;
                write_name(f, name)
            }
            ExpressionKind::TupleMember { object, index, .. } => {
                write!(f, "{}.{index}", Object(object))
            }
            ExpressionKind::Unwrap(object) => write!(f, "{}.?", Object(object)),
            ExpressionKind::Index { object, index } => write!(f, "{}[{index}]", Object(object)),
            ExpressionKind::Slice {
                object,
                start,
                end,
                inclusive,
            } => {
                write!(f, "{}[", Object(object))?;
                if let Some(start) = start {
                    start.fmt(f)?;
                }
                f.write_str(if *inclusive { "..=" } else { ".." })?;
                if let Some(end) = end {
                    end.fmt(f)?;
                }
                f.write_char(']')
            }
            ExpressionKind::Repeat { first, count } => write!(f, "({first} @ {count})"),
            ExpressionKind::Unary { operator, operand } => {
                write!(f, "({}{operand})", operator.text())
            }
            ExpressionKind::Dereference(operand) => write!(f, "(*{operand})"),
            ExpressionKind::AddressOf { operand, mutable } => {
                write!(f, "(&{}{operand})", if *mutable { "mut " } else { "" })
            }
            ExpressionKind::Binary {
                operator,
                left,
                right,
            } => write!(f, "({left} {} {right})", operator.text()),
            ExpressionKind::Logical {
                operator,
                left,
                right,
            } => write!(f, "({left} {} {right})", operator.text()),
            ExpressionKind::Conditional {
                condition,
                then,
                otherwise,
            } => write!(f, "({condition} ? {then} : {otherwise})"),
            ExpressionKind::Cast { target, operand } => write!(f, "@as({target}, {operand})"),
            ExpressionKind::SizeOf(operand) => write!(f, "(sizeof {operand})"),
            ExpressionKind::SizeOfType(target) => write!(f, "@sizeOf({target})"),
            ExpressionKind::Assign {
                operator,
                target,
                value,
            } => {
                let operator = operator.map_or("", |operator| operator.text());
                write!(f, "({target} {operator}= {value})")
            }
            ExpressionKind::Call { callee, arguments } => {
                write!(f, "{}(", Object(callee))?;
                write_list(f, arguments)?;
                f.write_char(')')
            }
        }
    }
}

/// An expression in front of a `.` or the like. A number there would swallow the dot.
struct Object<'a>(&'a Expression);

impl Display for Object<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.0.kind() {
            ExpressionKind::Literal(_) => write!(f, "({})", self.0),
            _ => self.0.fmt(f),
        }
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Literal::Integer(integer) => integer.fmt(f),
            Literal::Float { value, single } => {
                // Written so that it is read as a floating point number again.
                match single {
                    true => write!(f, "{:?}f32", *value as f32),
                    false => write!(f, "{value:?}"),
                }
            }
            Literal::Boolean(value) => value.fmt(f),
            Literal::Character { code, prefix } => write_character(f, *code, *prefix),
            Literal::String(string) => {
                f.write_str(match string.prefix {
                    StringPrefix::None => "",
                    StringPrefix::Byte => "b",
                    StringPrefix::C => "c",
                })?;
                write_quoted(f, &string.bytes)
            }
            Literal::Null => f.write_str("null"),
            Literal::None => f.write_str("None"),
        }
    }
}

impl Display for IntegerLiteral {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.decimal {
            true => write!(f, "{}", self.value)?,
            false => write!(f, "{:#x}", self.value)?,
        }
        match self.suffix {
            None => Ok(()),
            Some(IntegerSuffix::Fixed(integer)) => integer.fmt(f),
            Some(IntegerSuffix::Size { signed: true }) => f.write_str("isize"),
            Some(IntegerSuffix::Size { signed: false }) => f.write_str("usize"),
            Some(IntegerSuffix::C { unsigned, longs }) => {
                f.write_str(if unsigned { "u" } else { "" })?;
                f.write_str(&"l".repeat(usize::from(longs)))
            }
        }
    }
}

impl Display for Register {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Register::Local(index) => write!(f, "$local{index}"),
            Register::Operand(index) => write!(f, "$stack{index}"),
            Register::Global(index) => write!(f, "$global{index}"),
            Register::Pc => f.write_str("$pc"),
            Register::Memory(0) => f.write_str("$memory"),
            Register::Memory(index) => write!(f, "$memory{index}"),
        }
    }
}

impl Display for History {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            History::Number(number) => write!(f, "${number}"),
            History::Back(0) => f.write_str("$"),
            History::Back(count) => write!(f, "$${count}"),
        }
    }
}

impl Display for Path {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write_path(f, self, "")
    }
}

impl Display for TypeName {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.kind() {
            TypeNameKind::Named { tag, path } => {
                if let Some(tag) = tag {
                    write!(f, "{} ", tag.text())?;
                }
                path.fmt(f)
            }
            TypeNameKind::Pointer(target) => write!(f, "{}*", Target(target)),
            TypeNameKind::Reference(target) => {
                target_of_reference(f, target)?;
                f.write_char('&')
            }
            TypeNameKind::Array { element, count } => write!(f, "[{element}; {count}]"),
            TypeNameKind::Slice(element) => write!(f, "[{element}]"),
            TypeNameKind::Tuple(parts) => {
                f.write_char('(')?;
                write_list(f, parts)?;
                f.write_str(if parts.len() == 1 { ",)" } else { ")" })
            }
            TypeNameKind::Optional(target) => write!(f, "?{}", Prefixed(target)),
            TypeNameKind::Function { parameters, result } => {
                f.write_str("fn(")?;
                write_list(f, parameters)?;
                f.write_char(')')?;
                match result {
                    Some(result) => write!(f, " -> {}", Prefixed(result)),
                    None => Ok(()),
                }
            }
        }
    }
}

/// A type in front of a `*`, which would belong to a part of it otherwise.
struct Target<'a>(&'a TypeName);

impl Display for Target<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.0.kind() {
            TypeNameKind::Optional(_) | TypeNameKind::Function { .. } => write!(f, "({})", self.0),
            _ => self.0.fmt(f),
        }
    }
}

/// `&&` behind a type is one reference, of C++, and not two.
fn target_of_reference(f: &mut Formatter<'_>, target: &TypeName) -> Result {
    let space = match target.kind() {
        TypeNameKind::Reference(_) => " ",
        _ => "",
    };
    write!(f, "{}{space}", Target(target))
}

/// A type behind a `?` or the like, with no `*` behind it that would belong to both.
struct Prefixed<'a>(&'a TypeName);

impl Display for Prefixed<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.0.kind() {
            TypeNameKind::Pointer(_) | TypeNameKind::Reference(_) => write!(f, "({})", self.0),
            _ => self.0.fmt(f),
        }
    }
}

impl Display for GenericArgument {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            GenericArgument::Type(argument) => argument.fmt(f),
            GenericArgument::Integer(value) => value.fmt(f),
            GenericArgument::Boolean(value) => value.fmt(f),
        }
    }
}

/// `before_arguments` stands between a name and the `<` behind it. In an expression, a `<` alone
/// could be a comparison.
fn write_path(f: &mut Formatter<'_>, path: &Path, before_arguments: &str) -> Result {
    if path.global {
        f.write_str("::")?;
    }
    for (number, Segment { name, arguments }) in path.segments.iter().enumerate() {
        if number > 0 {
            f.write_str("::")?;
        }
        if super::primitives::is_words_of_c(name) {
            f.write_str(name)?;
        } else {
            write_name(f, name)?;
        }
        if !arguments.is_empty() {
            write!(f, "{before_arguments}<")?;
            write_list(f, arguments)?;
            f.write_char('>')?;
        }
    }
    Ok(())
}

fn write_name(f: &mut Formatter<'_>, name: &str) -> Result {
    if is_plain_name(name) {
        return f.write_str(name);
    }
    f.write_char('@')?;
    write_quoted(f, name.as_bytes())
}

fn write_list<T: Display>(f: &mut Formatter<'_>, items: &[T]) -> Result {
    for (number, item) in items.iter().enumerate() {
        let comma = if number > 0 { ", " } else { "" };
        write!(f, "{comma}{item}")?;
    }
    Ok(())
}

fn write_character(f: &mut Formatter<'_>, code: u32, prefix: CharacterPrefix) -> Result {
    f.write_str(match prefix {
        CharacterPrefix::None | CharacterPrefix::Escaped => "",
        CharacterPrefix::Byte => "b",
        CharacterPrefix::Utf8 => "u8",
        CharacterPrefix::Utf16 => "u",
        CharacterPrefix::Utf32 => "U",
        CharacterPrefix::Wide => "L",
    })?;
    match char::from_u32(code) {
        _ if prefix == CharacterPrefix::Escaped => write!(f, "'\\x{code:02x}'"),
        Some('\'') => f.write_str("'\\''"),
        Some('\\') => f.write_str("'\\\\'"),
        Some(character) if code < 0x80 && !character.is_control() => write!(f, "'{character}'"),
        _ if code < 0x100 && prefix != CharacterPrefix::None => write!(f, "'\\x{code:02x}'"),
        _ => write!(f, "'\\u{{{code:x}}}'"),
    }
}

/// Bytes between double quotes.
fn write_quoted(f: &mut Formatter<'_>, bytes: &[u8]) -> Result {
    f.write_char('"')?;
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '"' | '\\' => write!(f, "\\{character}")?,
                '\n' => f.write_str("\\n")?,
                _ if character.is_control() => write!(f, "\\u{{{:x}}}", u32::from(character))?,
                _ => f.write_char(character)?,
            }
        }
        for byte in chunk.invalid() {
            write!(f, "\\x{byte:02x}")?;
        }
    }
    f.write_char('"')
}
