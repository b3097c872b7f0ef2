//! Operators with two or three operands, and assignments.
//!
//! The precedence is C's, with gdb's `@` above shifts and Rust's `as` above `*`. Where Rust and
//! Zig bind an operator on bits more tightly than a comparison, and C does not, parentheses are
//! asked for rather than taking it for something that its author did not mean.

use super::Parser;
use crate::expression::ast::{BinaryOperator, Expression, ExpressionKind, LogicalOperator};
use crate::expression::problem::Problem;
use crate::expression::token::{Result, TokenKind};

/// What can stand between two operands.
#[derive(Clone, Copy, PartialEq)]
enum Infix {
    Binary(BinaryOperator),
    Logical(LogicalOperator),
    Repeat,
    As,
}

/// Of `as`, the tightest.
const PRECEDENCE_OF_AS: u8 = 12;

impl Infix {
    fn precedence(self) -> u8 {
        match self {
            Infix::Logical(LogicalOperator::Or) => 1,
            Infix::Logical(LogicalOperator::And) => 2,
            Infix::Repeat => 9,
            Infix::As => PRECEDENCE_OF_AS,
            Infix::Binary(operator) => match operator {
                BinaryOperator::Or => 3,
                BinaryOperator::ExclusiveOr => 4,
                BinaryOperator::And => 5,
                BinaryOperator::Equal | BinaryOperator::NotEqual => 6,
                BinaryOperator::Less
                | BinaryOperator::LessOrEqual
                | BinaryOperator::Greater
                | BinaryOperator::GreaterOrEqual => 7,
                BinaryOperator::ShiftLeft | BinaryOperator::ShiftRight => 8,
                BinaryOperator::Add | BinaryOperator::Subtract => 10,
                BinaryOperator::Multiply | BinaryOperator::Divide | BinaryOperator::Remainder => 11,
            },
        }
    }
}

impl Parser<'_> {
    /// A whole expression.
    pub(super) fn expression(&mut self) -> Result<Expression> {
        self.nested(|parser| {
            let target = parser.conditional()?;
            match parser.assignment_operator() {
                None => Ok(target),
                Some((operator, tokens)) => parser.assignment(target, operator, tokens),
            }
        })
    }

    /// What is behind the target of an assignment; its operator has so many tokens.
    fn assignment(
        &mut self,
        target: Expression,
        operator: Option<BinaryOperator>,
        tokens: usize,
    ) -> Result<Expression> {
        if !is_assignable(&target) {
            return Err(Problem::NotAssignable.at(target.span()));
        }
        for _ in 0..tokens {
            self.advance()?;
        }
        let value = self.expression()?;
        let span = target.span().to(value.span());
        let kind = ExpressionKind::Assign {
            operator,
            target,
            value,
        };
        self.node(kind, span)
    }

    fn conditional(&mut self) -> Result<Expression> {
        let condition = self.binary(0)?;
        match self.is_mark("?") {
            true => self.alternatives(condition),
            false => Ok(condition),
        }
    }

    /// What is behind a condition.
    fn alternatives(&mut self, condition: Expression) -> Result<Expression> {
        self.expect("?", "`?`")?;
        let then = self.expression()?;
        self.expect(":", "`:` and the value if the condition is false")?;
        let otherwise = self.nested(Self::conditional)?;
        let span = condition.span().to(otherwise.span());
        let kind = ExpressionKind::Conditional {
            condition,
            then,
            otherwise,
        };
        self.node(kind, span)
    }

    /// Operands and the operators between them that bind as tightly as `least`, or more.
    fn binary(&mut self, least: u8) -> Result<Expression> {
        let left = self.unary()?;
        self.behind_operand(left, least)
    }

    /// The operators behind an operand, with their other operands.
    fn behind_operand(&mut self, operand: Expression, least: u8) -> Result<Expression> {
        let mut left = operand;
        // A comparison that `left` is, without parentheses around it.
        let mut bare_comparison = None;
        while let Some((infix, tokens)) = self.infix() {
            if infix.precedence() < least {
                break;
            }
            let operator_span = self.span();
            for _ in 0..tokens {
                self.advance()?;
            }
            let operator_span = self.since(operator_span);
            if infix == Infix::As {
                left = self.as_cast(left)?;
                continue;
            }
            let right_start = self.position;
            let right = self.nested(|parser| parser.binary(infix.precedence() + 1))?;
            if let Infix::Binary(operator) = infix {
                let inner = match operator {
                    BinaryOperator::And | BinaryOperator::Or | BinaryOperator::ExclusiveOr => {
                        bare_comparison.or(self.bare_comparison(right_start, &right))
                    }
                    _ => None,
                };
                if let Some(inner) = inner {
                    let outer = operator.text();
                    return Err(Problem::Ambiguous { inner, outer }.at(operator_span));
                }
                bare_comparison = operator.is_comparison().then(|| operator.text());
            } else {
                bare_comparison = None;
            }
            left = self.join(infix, left, right)?;
        }
        Ok(left)
    }

    /// The operator of an expression that begins with a token, if it is a comparison that is not in
    /// parentheses.
    fn bare_comparison(&self, first: usize, expression: &Expression) -> Option<&'static str> {
        let ExpressionKind::Binary { operator, left, .. } = expression.kind() else {
            return None;
        };
        // Spans of what is in parentheses include these, so that it begins later.
        let begin = self.tokens.get(first)?.span.start;
        let is_bare = expression.span().start == begin && left.span().start == begin;
        (operator.is_comparison() && is_bare).then(|| operator.text())
    }

    fn join(&self, infix: Infix, left: Expression, right: Expression) -> Result<Expression> {
        let span = left.span().to(right.span());
        let kind = match infix {
            Infix::Logical(operator) => ExpressionKind::Logical {
                operator,
                left,
                right,
            },
            Infix::Binary(operator) => ExpressionKind::Binary {
                operator,
                left,
                right,
            },
            Infix::Repeat | Infix::As => ExpressionKind::Repeat {
                first: left,
                count: right,
            },
        };
        self.node(kind, span)
    }

    /// Rust's `operand as T`, behind the `as`.
    fn as_cast(&mut self, operand: Expression) -> Result<Expression> {
        let target = self.type_without_suffix()?;
        let span = operand.span().to(target.span());
        let kind = ExpressionKind::Cast { target, operand };
        self.node(kind, span)
    }

    /// The operator that comes next, and how many tokens it has.
    fn infix(&self) -> Option<(Infix, usize)> {
        let mark = match self.kind() {
            TokenKind::Word(word) => {
                return match word.as_str() {
                    "and" => Some((Infix::Logical(LogicalOperator::And), 1)),
                    "or" => Some((Infix::Logical(LogicalOperator::Or), 1)),
                    "as" => Some((Infix::As, 1)),
                    _ => None,
                };
            }
            TokenKind::Mark(mark) => *mark,
            _ => return None,
        };
        let operator = match mark {
            "||" => return Some((Infix::Logical(LogicalOperator::Or), 1)),
            "&&" => return Some((Infix::Logical(LogicalOperator::And), 1)),
            "@" => return Some((Infix::Repeat, 1)),
            ">" => return self.greater(),
            "+" => BinaryOperator::Add,
            "-" => BinaryOperator::Subtract,
            "*" => BinaryOperator::Multiply,
            "/" => BinaryOperator::Divide,
            "%" => BinaryOperator::Remainder,
            "<<" => BinaryOperator::ShiftLeft,
            "&" => BinaryOperator::And,
            "|" => BinaryOperator::Or,
            "^" => BinaryOperator::ExclusiveOr,
            "==" => BinaryOperator::Equal,
            "!=" => BinaryOperator::NotEqual,
            "<" => BinaryOperator::Less,
            "<=" => BinaryOperator::LessOrEqual,
            _ => return None,
        };
        Some((Infix::Binary(operator), 1))
    }

    /// The operator that begins with a `>`, each of which is a token of its own.
    fn greater(&self) -> Option<(Infix, usize)> {
        let (operator, tokens) = match (self.joined_mark(1), self.joined_mark(2)) {
            // An assignment.
            (Some(">"), Some("=")) => return None,
            (Some(">"), _) => (BinaryOperator::ShiftRight, 2),
            (Some("="), _) => (BinaryOperator::GreaterOrEqual, 2),
            _ => (BinaryOperator::Greater, 1),
        };
        Some((Infix::Binary(operator), tokens))
    }

    /// The mark so many tokens ahead, if nothing is between it and the one before it.
    fn joined_mark(&self, ahead: usize) -> Option<&'static str> {
        let end = self.tokens.get(self.position + ahead - 1)?.span.end;
        let start = self.tokens.get(self.position + ahead)?.span.start;
        self.mark_ahead(ahead).filter(|_| start == end)
    }

    /// The operator of an assignment, if that comes next, and how many tokens it has.
    fn assignment_operator(&self) -> Option<(Option<BinaryOperator>, usize)> {
        let operator = match self.mark_ahead(0)? {
            "=" => return Some((None, 1)),
            ">" => {
                let is_shift = (self.joined_mark(1), self.joined_mark(2)) == (Some(">"), Some("="));
                return is_shift.then_some((Some(BinaryOperator::ShiftRight), 3));
            }
            "+=" => BinaryOperator::Add,
            "-=" => BinaryOperator::Subtract,
            "*=" => BinaryOperator::Multiply,
            "/=" => BinaryOperator::Divide,
            "%=" => BinaryOperator::Remainder,
            "<<=" => BinaryOperator::ShiftLeft,
            "&=" => BinaryOperator::And,
            "|=" => BinaryOperator::Or,
            "^=" => BinaryOperator::ExclusiveOr,
            _ => return None,
        };
        Some((Some(operator), 1))
    }
}

/// Whether it can stand for a place where something is stored.
fn is_assignable(expression: &Expression) -> bool {
    matches!(
        expression.kind(),
        ExpressionKind::Name(_)
            | ExpressionKind::Register(_)
            | ExpressionKind::Convenience(_)
            | ExpressionKind::Member { .. }
            | ExpressionKind::TupleMember { .. }
            | ExpressionKind::Unwrap(_)
            | ExpressionKind::Index { .. }
            | ExpressionKind::Slice { .. }
            | ExpressionKind::Repeat { .. }
            | ExpressionKind::Dereference(_)
            | ExpressionKind::Call { .. }
            | ExpressionKind::Conditional { .. }
            | ExpressionKind::Cast { .. }
    )
}
