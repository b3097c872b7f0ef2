//! Operators with one operand, and what values begin with.

use super::Parser;
use crate::expression::ast::{
    Expression, ExpressionKind, History, Literal, Register, UnaryOperator,
};
use crate::expression::primitives::{is_primitive, is_word_of_c};
use crate::expression::problem::{Problem, excerpt};
use crate::expression::span::Span;
use crate::expression::token::{Result, TokenKind};
use crate::expression::type_name::{TypeName, TypeNameKind};

impl Parser<'_> {
    /// An operand with the operators before and behind it.
    pub(super) fn unary(&mut self) -> Result<Expression> {
        match self.kind() {
            TokenKind::Mark("(") => self.cast_or_postfix(),
            TokenKind::Mark("-") => self.prefix(UnaryOperator::Minus),
            TokenKind::Mark("+") => self.prefix(UnaryOperator::Plus),
            TokenKind::Mark("!") => self.prefix(UnaryOperator::Not),
            TokenKind::Mark("~") => self.prefix(UnaryOperator::Complement),
            TokenKind::Mark("*") => self.dereference(),
            TokenKind::Mark("&") => self.address_of(),
            TokenKind::Mark("{") => self.value_at(),
            TokenKind::Word(word) if word == "sizeof" => self.size_of(),
            _ => self.postfix(),
        }
    }

    fn prefix(&mut self, operator: UnaryOperator) -> Result<Expression> {
        let start = self.span();
        self.advance()?;
        let operand = self.nested(Self::unary)?;
        let kind = ExpressionKind::Unary { operator, operand };
        self.node(kind, self.since(start))
    }

    fn dereference(&mut self) -> Result<Expression> {
        let start = self.span();
        self.advance()?;
        let pointer = self.nested(Self::unary)?;
        self.node(ExpressionKind::Dereference(pointer), self.since(start))
    }

    /// What begins with a parenthesis.
    fn cast_or_postfix(&mut self) -> Result<Expression> {
        let start = self.span();
        match self.attempt(Self::cast_type)? {
            None => self.postfix(),
            Some(target) => {
                let operand = self.nested(Self::unary)?;
                self.cast(target, operand, self.since(start))
            }
        }
    }

    /// `&a`, `&mut a`
    fn address_of(&mut self) -> Result<Expression> {
        let start = self.span();
        self.advance()?;
        let mutable = self.is_word("mut") && self.word_begins_operand(1);
        if mutable {
            self.advance()?;
        }
        let operand = self.nested(Self::unary)?;
        let kind = ExpressionKind::AddressOf { operand, mutable };
        self.node(kind, self.since(start))
    }

    /// gdb's `{T} address`, which is `*(T*)address`.
    fn value_at(&mut self) -> Result<Expression> {
        let start = self.span();
        self.advance()?;
        let target = self.type_name()?;
        let type_span = target.span();
        self.expect("}", "`}`")?;
        let pointer = self.type_node(TypeNameKind::Pointer(target), type_span)?;
        let operand = self.nested(Self::unary)?;
        let span = self.since(start);
        let cast = self.cast(pointer, operand, span)?;
        self.node(ExpressionKind::Dereference(cast), span)
    }

    /// `(T)`, if that is the beginning of a cast.
    fn cast_type(&mut self) -> Result<Option<TypeName>> {
        self.expect("(", "`(`")?;
        let (target, certain) = self.type_in_parentheses()?;
        self.expect(")", "`)`")?;
        if let Some(name) = target.as_name()
            && self.types.is_variable(name)
        {
            return Ok(None);
        }
        let is_cast = match self.kind() {
            // These begin a value, or join two of them.
            TokenKind::Mark("-" | "+" | "*" | "&" | "(" | "@") => {
                certain || self.is_known_type(&target)
            }
            // These could only begin one, but cannot stand behind one.
            TokenKind::Mark("!" | "~" | "{" | "::" | "++" | "--") => true,
            TokenKind::Word(_) => self.word_begins_operand(0),
            TokenKind::Literal(_) | TokenKind::Quoted(_) | TokenKind::Dollar(_) => true,
            TokenKind::Mark(_) | TokenKind::End => false,
        };
        match is_cast {
            true => Ok(Some(target)),
            false => Ok(None),
        }
    }

    /// Whether the token so many ahead begins an operand, if it is not a mark: words that are
    /// operators do not.
    fn word_begins_operand(&self, ahead: usize) -> bool {
        match self.kind_ahead(ahead) {
            TokenKind::Word(word) => !matches!(word.as_str(), "as" | "and" | "or"),
            TokenKind::Mark(mark) => matches!(*mark, "*" | "(" | "::"),
            TokenKind::End => false,
            _ => true,
        }
    }

    /// `sizeof(T)`, `sizeof a`
    fn size_of(&mut self) -> Result<Expression> {
        let start = self.span();
        self.advance()?;
        let target = self.attempt(|parser| {
            parser.expect("(", "`(`")?;
            let (target, certain) = parser.type_in_parentheses()?;
            parser.expect(")", "`)`")?;
            let is_type = certain || parser.is_known_type(&target);
            Ok(is_type.then_some(target))
        })?;
        let kind = match target {
            Some(target) => ExpressionKind::SizeOfType(target),
            None => ExpressionKind::SizeOf(self.nested(Self::unary)?),
        };
        self.node(kind, self.since(start))
    }

    pub(super) fn in_parentheses(&mut self) -> Result<Expression> {
        let start = self.span();
        self.advance()?;
        let inner = self.expression()?;
        self.expect(")", "an operator or `)`")?;
        Ok(inner.with_span(self.since(start)))
    }

    /// A value that nothing belongs to before or behind it, without parentheses.
    pub(super) fn primary(&mut self) -> Result<Expression> {
        let start = self.span();
        let kind = match self.kind() {
            TokenKind::Literal(literal) => ExpressionKind::Literal(literal.clone()),
            TokenKind::Dollar(name) => dollar(name).map_err(|problem| problem.at(start))?,
            TokenKind::Word(word) => match literal_word(word) {
                Some(literal) => ExpressionKind::Literal(literal),
                None => return self.word(),
            },
            TokenKind::Quoted(_) | TokenKind::Mark("::") => return self.name(),
            TokenKind::Mark("@") => return self.builtin(),
            TokenKind::Mark(mark @ ("++" | "--")) => {
                return Err(Problem::Increment(mark).at(start));
            }
            TokenKind::Mark(_) | TokenKind::End => return Err(self.expected("a value")),
        };
        self.advance()?;
        self.node(kind, start)
    }

    fn name(&mut self) -> Result<Expression> {
        let path = self.path_of_value()?;
        let span = path.span;
        self.node(ExpressionKind::Name(path), span)
    }

    /// What begins with a word that is not a value itself.
    fn word(&mut self) -> Result<Expression> {
        let start = self.span();
        let TokenKind::Word(word) = self.kind() else {
            return Err(self.expected("a value"));
        };
        match word.as_str() {
            "static_cast" | "reinterpret_cast" | "const_cast"
                if self.mark_ahead(1) == Some("<") =>
            {
                self.advance()?;
                self.advance()?;
                let target = self.type_name()?;
                self.expect(">", "`>`")?;
                self.cast_call(target, start)
            }
            "dynamic_cast" if self.mark_ahead(1) == Some("<") => {
                Err(Problem::DynamicCast.at(start))
            }
            word if self.types.is_variable(word) => self.name(),
            word if is_word_of_c(word) => self.type_as_value(start),
            word if is_primitive(word) && self.mark_ahead(1) == Some("(") => {
                self.type_as_value(start)
            }
            _ => self.name(),
        }
    }

    /// `int(x)`; with anything but a call, a mistake.
    fn type_as_value(&mut self, start: Span) -> Result<Expression> {
        let target = self.type_without_suffix()?;
        match self.is_mark("(") {
            true => self.cast_call(target, start),
            false => Err(Problem::TypeAsValue(excerpt(&target.to_string())).at(target.span())),
        }
    }

    /// `(x)` behind a type that `x` is converted to.
    fn cast_call(&mut self, target: TypeName, start: Span) -> Result<Expression> {
        self.expect("(", "`(`")?;
        let operand = self.expression()?;
        self.expect(")", "an operator or `)`")?;
        self.cast(target, operand, self.since(start))
    }

    /// Zig's `@as(T, x)` and `@sizeOf(T)`.
    fn builtin(&mut self) -> Result<Expression> {
        let start = self.span();
        if let TokenKind::Quoted(_) = self.kind_ahead(1) {
            self.advance()?;
            return self.name();
        }
        let TokenKind::Word(name) = self.kind_ahead(1) else {
            return Err(self.expected("a value"));
        };
        let name = name.clone();
        self.advance()?;
        self.advance()?;
        match name.as_str() {
            "as" => {
                self.expect("(", "`(`")?;
                let target = self.type_name()?;
                self.expect(",", "`,` and the value to convert")?;
                let operand = self.expression()?;
                self.expect(")", "an operator or `)`")?;
                self.cast(target, operand, self.since(start))
            }
            "sizeOf" => {
                self.expect("(", "`(`")?;
                let target = self.type_name()?;
                self.expect(")", "`)`")?;
                self.node(ExpressionKind::SizeOfType(target), self.since(start))
            }
            _ => Err(Problem::UnknownBuiltin(excerpt(&name)).at(self.since(start))),
        }
    }

    /// Whether somebody has defined the type, or arrays of it.
    fn is_known_type(&self, type_name: &TypeName) -> bool {
        let mut inner = type_name;
        while let TypeNameKind::Array { element, .. } = inner.kind() {
            inner = element;
        }
        match inner.kind() {
            TypeNameKind::Named { path, .. } => self.types.is_type(path),
            _ => true,
        }
    }
}

fn literal_word(word: &str) -> Option<Literal> {
    Some(match word {
        "true" => Literal::Boolean(true),
        "false" => Literal::Boolean(false),
        "null" | "nullptr" | "NULL" => Literal::Null,
        "None" => Literal::None,
        _ => return None,
    })
}

/// What a dollar sign and the name behind it stand for.
fn dollar(name: &str) -> std::result::Result<ExpressionKind, Problem> {
    let number = |digits: &str| digits.parse::<u32>().map_err(|_| Problem::IndexTooLarge);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match name {
        "" => return Ok(ExpressionKind::History(History::Back(0))),
        "$" => return Ok(ExpressionKind::History(History::Back(1))),
        "pc" => return Ok(ExpressionKind::Register(Register::Pc)),
        "memory" => return Ok(ExpressionKind::Register(Register::Memory(0))),
        _ if is_number(name) => {
            return Ok(ExpressionKind::History(History::Number(number(name)?)));
        }
        _ => {}
    }
    if let Some(back) = name.strip_prefix('$')
        && is_number(back)
    {
        return Ok(ExpressionKind::History(History::Back(number(back)?)));
    }
    let letters = name.trim_end_matches(|character: char| character.is_ascii_digit());
    let register: Option<fn(u32) -> Register> = match letters {
        "local" => Some(Register::Local),
        "stack" => Some(Register::Operand),
        "global" => Some(Register::Global),
        "memory" => Some(Register::Memory),
        _ => None,
    };
    if let Some(register) = register
        && letters.len() < name.len()
    {
        let index = number(&name[letters.len()..])?;
        return Ok(ExpressionKind::Register(register(index)));
    }
    if name.contains('$') || name.starts_with(|first: char| first.is_ascii_digit()) {
        return Err(Problem::BadDollar(excerpt(name)));
    }
    Ok(ExpressionKind::Convenience(name.to_string()))
}
