//! Paths, and the arguments of generic types in them.
//!
//! `a < b` is a comparison, `a<b>::c` a path. Behind `::`, as in Rust's `a::<b>`, and where a type
//! is expected, there is no doubt. Elsewhere `<` begins arguments if they can be read as such up to
//! a `>` behind which no value begins, or one in parentheses, as in C++'s `max<int>(a, b)`.

use super::Parser;
use crate::expression::ast::Literal;
use crate::expression::problem::Problem;
use crate::expression::span::Span;
use crate::expression::token::{Result, TokenKind};
use crate::expression::type_name::{GenericArgument, Path, Segment};

/// Where a path stands.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// Where a value is expected, so that `<` can be a comparison.
    Value,
    /// Where a type is expected, so that `.` is Zig's `::`.
    Type,
}

impl Parser<'_> {
    /// The path of a variable or function.
    pub(super) fn path_of_value(&mut self) -> Result<Path> {
        self.path(Place::Value)
    }

    /// The path of a type.
    pub(super) fn path_of_type(&mut self) -> Result<Path> {
        self.path(Place::Type)
    }

    fn path(&mut self, place: Place) -> Result<Path> {
        let start = self.span();
        let global = self.eat("::")?;
        let mut segments = Vec::new();
        loop {
            let segment = self.segment(place)?;
            let has_arguments = !segment.arguments.is_empty();
            segments.push(segment);
            let joined = match self.mark_ahead(0) {
                Some("::") => true,
                Some(".") => place == Place::Type && !has_arguments,
                _ => false,
            };
            let name_follows = match self.kind_ahead(1) {
                TokenKind::Word(_) | TokenKind::Quoted(_) => true,
                TokenKind::Mark("@") => matches!(self.kind_ahead(2), TokenKind::Quoted(_)),
                _ => false,
            };
            if !joined || (self.is_mark(".") && !name_follows) {
                let span = self.since(start);
                return Ok(Path {
                    global,
                    segments,
                    span,
                });
            }
            self.advance()?;
        }
    }

    fn segment(&mut self, place: Place) -> Result<Segment> {
        if matches!(self.kind_ahead(1), TokenKind::Quoted(_)) {
            self.eat("@")?;
        }
        let (TokenKind::Word(name) | TokenKind::Quoted(name)) = self.kind() else {
            return Err(self.expected("a name"));
        };
        let name = name.clone();
        self.advance()?;
        let arguments = if self.is_mark("::") && self.mark_ahead(1) == Some("<") {
            self.advance()?;
            self.generic_arguments()?
        } else if self.is_mark("<") {
            let arguments = self.attempt(|parser| {
                let arguments = parser.generic_arguments()?;
                let sure = place == Place::Type || !parser.value_follows();
                Ok(sure.then_some(arguments))
            })?;
            arguments.unwrap_or_default()
        } else {
            Vec::new()
        };
        Ok(Segment { name, arguments })
    }

    /// Whether a value begins next that is not in parentheses, or an operator that is joined to
    /// the `>` before it.
    fn value_follows(&self) -> bool {
        match self.kind() {
            TokenKind::Mark(mark) => match *mark {
                "-" | "+" | "*" | "&" | "!" | "~" | "{" | "@" | "++" | "--" => true,
                ">" | "=" => self.span().start == self.last_span().end,
                _ => false,
            },
            TokenKind::Word(word) => !matches!(word.as_str(), "as" | "and" | "or"),
            TokenKind::Literal(_) | TokenKind::Quoted(_) | TokenKind::Dollar(_) => true,
            TokenKind::End => false,
        }
    }

    /// `<A, B>`
    fn generic_arguments(&mut self) -> Result<Vec<GenericArgument>> {
        self.expect("<", "`<`")?;
        let mut arguments = Vec::new();
        loop {
            arguments.push(self.generic_argument()?);
            if self.eat(">")? {
                return Ok(arguments);
            }
            self.expect(",", "`,` or `>`")?;
        }
    }

    fn generic_argument(&mut self) -> Result<GenericArgument> {
        let negative = self.eat("-")?;
        let argument = match self.kind() {
            TokenKind::Literal(Literal::Integer(integer)) => {
                let value = i128::try_from(integer.value).ok();
                match value {
                    Some(value) => GenericArgument::Integer(if negative { -value } else { value }),
                    None => return Err(too_large(self.span())),
                }
            }
            TokenKind::Literal(Literal::Character { code, .. }) if !negative => {
                GenericArgument::Integer(i128::from(*code))
            }
            TokenKind::Word(word) if !negative && word == "true" => GenericArgument::Boolean(true),
            TokenKind::Word(word) if !negative && word == "false" => {
                GenericArgument::Boolean(false)
            }
            _ if negative => return Err(self.expected("a number")),
            _ => return self.nested(Self::type_argument).map(GenericArgument::Type),
        };
        self.advance()?;
        Ok(argument)
    }
}

fn too_large(span: Span) -> crate::expression::ExpressionError {
    Problem::NumberTooLarge("128 bits".to_string()).at(span)
}
