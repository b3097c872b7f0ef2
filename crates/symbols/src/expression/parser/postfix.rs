//! What stands behind a value and belongs to it: members, indices, calls.

use super::Parser;
use crate::expression::ast::{Access, Expression, ExpressionKind, Literal};
use crate::expression::problem::Problem;
use crate::expression::span::Span;
use crate::expression::token::{Result, TokenKind};
use crate::expression::type_name::{TypeName, TypeNameKind};

impl Parser<'_> {
    /// A value with all that is behind it.
    pub(super) fn postfix(&mut self) -> Result<Expression> {
        let mut object = match self.is_mark("(") {
            true => self.in_parentheses()?,
            false => self.primary()?,
        };
        loop {
            object = match self.mark_ahead(0) {
                Some(".") => self.behind_dot(object)?,
                Some("->") => {
                    self.advance()?;
                    self.member(object, Access::Arrow)?
                }
                Some("[") => self.index(object)?,
                Some("(") => self.call(object)?,
                Some(mark @ ("++" | "--")) => {
                    return Err(Problem::Increment(mark).at(self.span()));
                }
                _ => return Ok(object),
            };
        }
    }

    fn behind_dot(&mut self, object: Expression) -> Result<Expression> {
        self.advance()?;
        let span = self.span();
        let start = object.span();
        match self.kind() {
            TokenKind::Mark("*") => {
                self.advance()?;
                let kind = ExpressionKind::Dereference(object);
                self.node(kind, start.to(span))
            }
            TokenKind::Mark("?") => {
                self.advance()?;
                let kind = ExpressionKind::Unwrap(object);
                self.node(kind, start.to(span))
            }
            TokenKind::Literal(Literal::Integer(integer)) => {
                let Ok(index) = u32::try_from(integer.value) else {
                    return Err(Problem::IndexTooLarge.at(span));
                };
                self.advance()?;
                let kind = ExpressionKind::TupleMember {
                    object,
                    index,
                    index_span: span,
                };
                self.node(kind, start.to(span))
            }
            _ => self.member(object, Access::Dot),
        }
    }

    fn member(&mut self, object: Expression, access: Access) -> Result<Expression> {
        let (TokenKind::Word(name) | TokenKind::Quoted(name)) = self.kind() else {
            return Err(self.expected("the name of a member"));
        };
        let name = name.clone();
        let name_span = self.span();
        self.advance()?;
        let span = object.span().to(name_span);
        let kind = ExpressionKind::Member {
            object,
            access,
            name,
            name_span,
        };
        self.node(kind, span)
    }

    /// `[i]`, or a range of indices.
    fn index(&mut self, object: Expression) -> Result<Expression> {
        self.advance()?;
        let start = match self.mark_ahead(0) {
            Some(".." | "..=") => None,
            _ => Some(self.expression()?),
        };
        let is_range = matches!(self.mark_ahead(0), Some(".." | "..="));
        let object_span = object.span();
        let kind = match start {
            Some(index) if !is_range => ExpressionKind::Index { object, index },
            start => {
                let inclusive = self.is_mark("..=");
                self.advance()?;
                let end = match self.is_mark("]") && !inclusive {
                    true => None,
                    false => Some(self.expression()?),
                };
                ExpressionKind::Slice {
                    object,
                    start,
                    end,
                    inclusive,
                }
            }
        };
        self.expect("]", "`]`")?;
        self.node(kind, self.since(object_span))
    }

    fn call(&mut self, callee: Expression) -> Result<Expression> {
        let mut arguments = self.arguments()?;
        let span = self.since(callee.span());
        // C++ writes conversions like calls.
        if let ExpressionKind::Name(path) = callee.kind()
            && arguments.len() == 1
            && self.types.is_type(path)
            && let Some(operand) = arguments.pop()
        {
            let path = path.clone();
            let target = self.type_node(TypeNameKind::Named { tag: None, path }, callee.span())?;
            return self.cast(target, operand, span);
        }
        let kind = ExpressionKind::Call { callee, arguments };
        self.node(kind, span)
    }

    /// What is in the parentheses of a call.
    fn arguments(&mut self) -> Result<Vec<Expression>> {
        self.expect("(", "`(`")?;
        let mut arguments = Vec::new();
        while !self.eat(")")? {
            arguments.push(self.expression()?);
            if !self.is_mark(")") {
                self.expect(",", "`,` or `)`")?;
            }
        }
        Ok(arguments)
    }

    pub(super) fn cast(
        &self,
        target: TypeName,
        operand: Expression,
        span: Span,
    ) -> Result<Expression> {
        let kind = ExpressionKind::Cast { target, operand };
        self.node(kind, span)
    }
}
