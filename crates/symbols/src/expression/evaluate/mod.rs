//! Evaluating expressions.
//!
//! Operands are evaluated from left to right, and each part at most once; a right side that does
//! not matter is not evaluated. What has an effect on the program needs a permission, which is
//! asked for before anything is done, so that an expression is refused as a whole.

mod environment;
mod literal;
mod pointer;

pub use environment::{Callee, Environment};

use super::ast::{
    Access, BinaryOperator, Effect, Expression, ExpressionKind, Literal, LogicalOperator,
    UnaryOperator,
};
use super::problem::{ExpressionError, Problem};
use super::scalar::{Scalar, ScalarType};
use super::span::Span;
use super::token::Result;
use super::type_name::{Path, Segment, TypeName};

/// Evaluates an expression.
///
/// # Errors
///
/// If it has an effect that the environment does not permit, if operands do not fit their
/// operator, or if the environment finds something wrong.
pub fn evaluate<E: Environment + ?Sized>(
    expression: &Expression,
    environment: &mut E,
) -> Result<E::Value> {
    environment.begin();
    permit(expression, environment)?;
    Evaluator { environment }.value(expression)
}

/// Evaluates an expression that is true or false, such as the condition of a breakpoint.
///
/// # Errors
///
/// As for [`evaluate`], and if it is neither true nor false.
pub fn evaluate_condition<E: Environment + ?Sized>(
    expression: &Expression,
    environment: &mut E,
) -> Result<bool> {
    environment.begin();
    permit(expression, environment)?;
    Evaluator { environment }.truth(expression)
}

/// Whether the environment permits all effects that an expression has.
pub(crate) fn permit<E: Environment + ?Sized>(
    expression: &Expression,
    environment: &E,
) -> Result<()> {
    // What makes a value runs nothing, though it looks like a call.
    let runs = |part: &Expression| match part.kind() {
        ExpressionKind::Call { callee, .. } => match callee.kind() {
            ExpressionKind::Name(path) => !environment.is_constructor(path),
            _ => true,
        },
        _ => true,
    };
    for effect in [Effect::Call, Effect::Assignment] {
        let is_meant = |part: &Expression, found| found == effect && runs(part);
        if let Some((span, _)) = expression.find_effect(&is_meant)
            && let Err(how) = environment.permit(effect)
        {
            return Err(Problem::Refused { effect, how }.at(span));
        }
    }
    Ok(())
}

struct Evaluator<'a, E: ?Sized> {
    environment: &'a mut E,
}

impl<E: Environment + ?Sized> Evaluator<'_, E> {
    // Each arm is a call, so that the frames of this function, which calls itself through all
    // others, stay small.
    fn value(&mut self, expression: &Expression) -> Result<E::Value> {
        match expression.kind() {
            ExpressionKind::Literal(_)
            | ExpressionKind::Name(_)
            | ExpressionKind::Register(_)
            | ExpressionKind::Convenience(_)
            | ExpressionKind::History(_)
            | ExpressionKind::SizeOfType(_) => self.leaf(expression),
            ExpressionKind::Member {
                object,
                access,
                name,
                name_span,
            } => self.member(expression, object, *access, (name, *name_span)),
            ExpressionKind::TupleMember { .. }
            | ExpressionKind::Unwrap(_)
            | ExpressionKind::Dereference(_)
            | ExpressionKind::AddressOf { .. } => self.led_to(expression),
            ExpressionKind::Index { .. }
            | ExpressionKind::Slice { .. }
            | ExpressionKind::Repeat { .. } => self.elements(expression),
            ExpressionKind::Unary { operator, operand } => {
                self.unary(*operator, operand, expression.span())
            }
            ExpressionKind::Binary {
                operator,
                left,
                right,
            } => self.binary(expression, *operator, left, right),
            ExpressionKind::Logical { .. } => self.logical(expression),
            ExpressionKind::Conditional {
                condition,
                then,
                otherwise,
            } => self.conditional(condition, then, otherwise),
            ExpressionKind::Cast { target, operand } => {
                self.cast(target, operand, expression.span())
            }
            ExpressionKind::SizeOf(operand) => self.size_of(operand, expression.span()),
            ExpressionKind::Assign {
                operator,
                target,
                value,
            } => self.assign(expression, *operator, target, value),
            ExpressionKind::Call { callee, arguments } => {
                self.call(callee, arguments, expression.span())
            }
        }
    }

    /// What consists of no other expressions.
    fn leaf(&mut self, expression: &Expression) -> Result<E::Value> {
        let span = expression.span();
        let value = match expression.kind() {
            ExpressionKind::Literal(literal) => return self.literal(literal, span),
            ExpressionKind::Name(path) => self.environment.name(path),
            ExpressionKind::Register(register) => self.environment.register(*register),
            ExpressionKind::Convenience(name) => self.environment.convenience(name),
            ExpressionKind::History(history) => self.environment.history(*history),
            ExpressionKind::SizeOfType(target) => {
                let size = self.environment.size_of_type(target);
                let size = size.map_err(|problem| problem.at(target.span()))?;
                return Ok(self.size(size));
            }
            _ => Err(Problem::Unsupported(expression.to_string())),
        };
        value.map_err(|problem| problem.at(span))
    }

    /// What another value has or leads to.
    fn led_to(&mut self, expression: &Expression) -> Result<E::Value> {
        let mut span = expression.span();
        let value = match expression.kind() {
            ExpressionKind::TupleMember {
                object,
                index,
                index_span,
            } => {
                let object = self.value(object)?;
                span = *index_span;
                self.environment.tuple_member(&object, *index)
            }
            ExpressionKind::Unwrap(object) => {
                let object = self.value(object)?;
                self.environment.unwrap(&object)
            }
            ExpressionKind::Dereference(operand) => {
                let pointer = self.value(operand)?;
                self.environment.dereference(&pointer)
            }
            ExpressionKind::AddressOf { operand, .. } => {
                let value = self.value(operand)?;
                self.environment.address_of(&value)
            }
            _ => Err(Problem::Unsupported(expression.to_string())),
        };
        value.map_err(|problem| problem.at(span))
    }

    /// One of several elements, or some of them.
    fn elements(&mut self, expression: &Expression) -> Result<E::Value> {
        let mut span = expression.span();
        let value = match expression.kind() {
            ExpressionKind::Index { object, index } => {
                let object = self.value(object)?;
                span = index.span();
                let key = self.value(index)?;
                let found = self.environment.lookup(&object, &key);
                if let Some(found) = found.map_err(|problem| problem.at(span))? {
                    return Ok(found);
                }
                let index = self.integer_of(&key, span)?;
                self.environment.index(&object, index)
            }
            ExpressionKind::Slice {
                object,
                start,
                end,
                inclusive,
            } => {
                let object = self.value(object)?;
                let start = start
                    .as_ref()
                    .map(|start| self.integer(start))
                    .transpose()?;
                let end = end.as_ref().map(|end| self.integer(end)).transpose()?;
                let end = end.map(|end| end.saturating_add(i128::from(*inclusive)));
                self.environment.slice(&object, start, end)
            }
            ExpressionKind::Repeat { first, count } => {
                let first = self.value(first)?;
                let count = self.integer(count)?;
                self.environment.repeat(&first, count)
            }
            _ => Err(Problem::Unsupported(expression.to_string())),
        };
        value.map_err(|problem| problem.at(span))
    }

    fn logical(&mut self, expression: &Expression) -> Result<E::Value> {
        let truth = Scalar::boolean(self.truth(expression)?);
        Ok(self.environment.value(truth))
    }

    fn conditional(
        &mut self,
        condition: &Expression,
        then: &Expression,
        otherwise: &Expression,
    ) -> Result<E::Value> {
        match self.truth(condition)? {
            true => self.value(then),
            false => self.value(otherwise),
        }
    }

    fn cast(&mut self, target: &TypeName, operand: &Expression, span: Span) -> Result<E::Value> {
        let value = self.value(operand)?;
        let result = self.environment.cast(&value, target);
        result.map_err(|problem| match problem {
            Problem::NoSuchType(_) => problem.at(target.span()),
            problem => problem.at(span),
        })
    }

    /// `whole` is the expression whose other parts these are; the name comes with its place.
    fn member(
        &mut self,
        whole: &Expression,
        object: &Expression,
        access: Access,
        (name, name_span): (&str, Span),
    ) -> Result<E::Value> {
        let mut value = match self.value(object) {
            Ok(value) => value,
            // What Zig's names are in is not a value, but the whole may be a name.
            Err(error) if matches!(error.problem, Problem::NoSuchName(_)) => {
                return match dotted_path(whole) {
                    None => Err(error),
                    Some(path) => self
                        .environment
                        .name(&path)
                        .map_err(|problem| match problem {
                            Problem::NoSuchName(_) => error,
                            problem => problem.at(whole.span()),
                        }),
                };
            }
            Err(error) => return Err(error),
        };
        if access == Access::Arrow {
            let target = self.environment.dereference(&value);
            value = target.map_err(|problem| problem.at(object.span()))?;
        }
        let member = self.environment.member(&value, name);
        member.map_err(|problem| problem.at(name_span))
    }

    fn unary(
        &mut self,
        operator: UnaryOperator,
        operand: &Expression,
        span: Span,
    ) -> Result<E::Value> {
        if operator == UnaryOperator::Not {
            let truth = Scalar::boolean(!self.truth(operand)?);
            return Ok(self.environment.value(truth));
        }
        if operator == UnaryOperator::Minus
            && let ExpressionKind::Literal(Literal::Integer(literal)) = operand.kind()
        {
            let model = self.environment.data_model();
            let scalar = literal.negated(&model);
            let scalar = scalar.map_err(|problem| problem.at(operand.span()))?;
            return Ok(self.environment.value(scalar));
        }
        let value = self.value(operand)?;
        let result = self.apply_unary(operator, &value);
        result.map_err(|problem| problem.at(span))
    }

    fn apply_unary(
        &mut self,
        operator: UnaryOperator,
        operand: &E::Value,
    ) -> std::result::Result<E::Value, Problem> {
        if let Some(scalar) = self.environment.scalar(operand)? {
            let result = operator.apply(scalar)?;
            return Ok(self.environment.value(result));
        }
        match self.environment.unary(operator, operand)? {
            Some(result) => Ok(result),
            None => Err(Problem::NoOperator {
                operator: operator.text(),
                operands: self.environment.describe(operand),
            }),
        }
    }

    fn binary(
        &mut self,
        whole: &Expression,
        operator: BinaryOperator,
        left: &Expression,
        right: &Expression,
    ) -> Result<E::Value> {
        let left = self.value(left)?;
        let right_value = self.value(right)?;
        let result = self.apply(operator, &left, &right_value);
        result.map_err(|problem| place(problem, whole, right))
    }

    fn apply(
        &mut self,
        operator: BinaryOperator,
        left: &E::Value,
        right: &E::Value,
    ) -> std::result::Result<E::Value, Problem> {
        if matches!(operator, BinaryOperator::Add | BinaryOperator::Subtract)
            && let Some(result) = self.pointer_arithmetic(operator, left, right)?
        {
            return Ok(result);
        }
        let scalars = (
            self.environment.scalar(left)?,
            self.environment.scalar(right)?,
        );
        if let (Some(left), Some(right)) = scalars {
            let result = operator.apply(left, right)?;
            return Ok(self.environment.value(result));
        }
        match self.environment.binary(operator, left, right)? {
            Some(result) => Ok(result),
            None => Err(self.no_operator(operator, left, right)),
        }
    }

    fn assign(
        &mut self,
        whole: &Expression,
        operator: Option<BinaryOperator>,
        target: &Expression,
        value: &Expression,
    ) -> Result<E::Value> {
        let ours = match target.kind() {
            ExpressionKind::Convenience(name) => Some(name),
            _ => None,
        };
        // A variable of our own need not be there before it is assigned to.
        let old = match (ours, operator) {
            (Some(_), None) => None,
            _ => Some(self.value(target)?),
        };
        let mut new = self.value(value)?;
        if let (Some(operator), Some(old)) = (operator, &old) {
            let result = self.apply(operator, old, &new);
            new = result.map_err(|problem| place(problem, whole, value))?;
        }
        match (ours, old) {
            (Some(name), _) => {
                let set = self.environment.set_convenience(name, &new);
                set.map_err(|problem| problem.at(target.span()))?;
                Ok(new)
            }
            (None, Some(place)) => {
                let assigned = self.environment.assign(&place, &new);
                assigned.map_err(|problem| problem.at(whole.span()))
            }
            (None, None) => Err(Problem::NotAssignable.at(target.span())),
        }
    }

    fn call(
        &mut self,
        callee: &Expression,
        arguments: &[Expression],
        span: Span,
    ) -> Result<E::Value> {
        let method = match callee.kind() {
            ExpressionKind::Member {
                object,
                access,
                name,
                ..
            } => match self.value(object) {
                Ok(object) => Some((object, *access, name)),
                // As in `member`, this may be Zig's name of a function.
                Err(error)
                    if matches!(error.problem, Problem::NoSuchName(_))
                        && dotted_path(callee).is_some() =>
                {
                    None
                }
                Err(error) => return Err(error),
            },
            _ => None,
        };
        let function = match &method {
            Some(_) => None,
            None => Some(self.value(callee)?),
        };
        let arguments: Vec<E::Value> = arguments
            .iter()
            .map(|argument| self.value(argument))
            .collect::<Result<_>>()?;
        let callee = match (&function, &method) {
            (Some(function), _) => Callee::Value(function),
            (None, Some((object, access, name))) => Callee::Member {
                object,
                access: *access,
                name,
            },
            (None, None) => return Err(Problem::Unsupported("a call".to_string()).at(span)),
        };
        let result = self.environment.call(callee, &arguments);
        result.map_err(|problem| problem.at(span))
    }

    fn size_of(&mut self, operand: &Expression, span: Span) -> Result<E::Value> {
        if let Some((effect_span, effect)) = operand.first_effect() {
            return Err(Problem::EffectInSizeOf(effect).at(effect_span));
        }
        let value = self.value(operand)?;
        let size = self.environment.size_of(&value);
        let size = size.map_err(|problem| problem.at(span))?;
        Ok(self.size(size))
    }

    /// A size, in C's `size_t`.
    fn size(&mut self, size: u64) -> E::Value {
        let type_ = self.environment.data_model().address.integer(false);
        self.environment.value(Scalar::integer(type_, size.into()))
    }

    /// Whether an expression is true.
    fn truth(&mut self, expression: &Expression) -> Result<bool> {
        if let ExpressionKind::Logical {
            operator,
            left,
            right,
        } = expression.kind()
        {
            let left = self.truth(left)?;
            return match operator {
                LogicalOperator::And => Ok(left && self.truth(right)?),
                LogicalOperator::Or => Ok(left || self.truth(right)?),
            };
        }
        let span = expression.span();
        let value = self.value(expression)?;
        match self.environment.scalar(&value) {
            Ok(Some(scalar)) => Ok(scalar.is_true()),
            Ok(None) => {
                let what = self.environment.describe(&value);
                Err(Problem::NotACondition(what).at(span))
            }
            Err(problem) => Err(problem.at(span)),
        }
    }

    /// The value of an index or count.
    fn integer(&mut self, expression: &Expression) -> Result<i128> {
        let value = self.value(expression)?;
        self.integer_of(&value, expression.span())
    }

    fn integer_of(&mut self, value: &E::Value, span: Span) -> Result<i128> {
        let scalar = self.environment.scalar(value);
        let scalar = scalar.map_err(|problem| problem.at(span))?;
        let what = match scalar {
            Some(scalar) => match scalar.to_integer() {
                Some(integer) => return Ok(integer),
                None if matches!(scalar.type_(), ScalarType::Float(_)) => {
                    format!("`{}`", scalar.type_())
                }
                None => return Err(Problem::NumberTooLarge("`i128`".to_string()).at(span)),
            },
            None => self.environment.describe(value),
        };
        Err(Problem::NotAnInteger(what).at(span))
    }
}

/// Where an error in a binary operation belongs.
fn place(problem: Problem, whole: &Expression, right: &Expression) -> ExpressionError {
    let span = match problem {
        Problem::DivisionByZero | Problem::ShiftTooFar { .. } => right.span(),
        _ => whole.span(),
    };
    problem.at(span)
}

/// `a.b.c` as if it were `a::b::c`; `None` if it begins with anything but a name.
fn dotted_path(expression: &Expression) -> Option<Path> {
    let mut names = Vec::new();
    let mut next = expression;
    let mut path = loop {
        match next.kind() {
            ExpressionKind::Member {
                object,
                access: Access::Dot,
                name,
                ..
            } => {
                names.push(name);
                next = object;
            }
            ExpressionKind::Name(path) => break path.clone(),
            _ => return None,
        }
    };
    path.span = expression.span();
    path.segments
        .extend(names.into_iter().rev().map(|name| Segment {
            name: name.clone(),
            arguments: Vec::new(),
        }));
    Some(path)
}
