//! Comparing what is no scalar: text, and variants such as `Some(x)`.

use super::FrameEnvironment;
use super::problems::{explain, explain_of};
use crate::expression::{BinaryOperator, Problem, Scalar, ScalarType};
use crate::types::{RecordKind, TypeKind};
use crate::values::Value;
use crate::values::view::{Children, Style};

/// No more bytes of a text are compared.
const LONGEST: usize = 1 << 16;
/// Variants in variants are compared as deep as this.
const DEEPEST: usize = 8;

impl FrameEnvironment<'_, '_> {
    /// The result of an operator on two values of which one is no scalar; `None` if there is none.
    pub(super) fn combine(
        &self,
        operator: BinaryOperator,
        left: &Value,
        right: &Value,
    ) -> Result<Option<Scalar>, Problem> {
        let (left, right) = (self.peeled(left)?, self.peeled(right)?);
        if let (Some(left), Some(right)) = (self.read_scalar(&left)?, self.read_scalar(&right)?) {
            return operator.apply(left, right).map(Some);
        }
        if !operator.is_comparison() {
            return Ok(None);
        }
        if let (Some(left), Some(right)) = (
            self.text_of(&left, LONGEST)?,
            self.text_of(&right, LONGEST)?,
        ) {
            let ordering = operator.holds(Some(left.cmp(&right)));
            return Ok(ordering.map(Scalar::boolean));
        }
        let equal = self.equal(&left, &right, 0)?;
        Ok(match (operator, equal) {
            (BinaryOperator::Equal, Some(equal)) => Some(Scalar::boolean(equal)),
            (BinaryOperator::NotEqual, Some(equal)) => Some(Scalar::boolean(!equal)),
            _ => None,
        })
    }

    /// Whether two values are the same; `None` if that cannot be said of such.
    fn equal(&self, left: &Value, right: &Value, depth: usize) -> Result<Option<bool>, Problem> {
        if depth >= DEEPEST {
            let sentence = "these values are nested too deeply to be compared";
            return Err(Problem::Other(sentence.to_string()));
        }
        if let (Some((name, inner)), Some((other, other_inner))) =
            (self.variant_of(left)?, self.variant_of(right)?)
        {
            return match (inner, other_inner) {
                _ if name != other => Ok(Some(false)),
                (None, None) => Ok(Some(true)),
                (Some(inner), Some(other)) => self.equal(&inner, &other, depth + 1),
                _ => Ok(None),
            };
        }
        let (left, right) = (self.peeled(left)?, self.peeled(right)?);
        if let (Some(left), Some(right)) = (self.read_scalar(&left)?, self.read_scalar(&right)?) {
            let result = BinaryOperator::Equal.apply(left, right)?;
            return Ok(Some(result.is_true()));
        }
        let texts = (
            self.text_of(&left, LONGEST)?,
            self.text_of(&right, LONGEST)?,
        );
        if let (Some(left), Some(right)) = texts {
            return Ok(Some(left == right));
        }
        // What Zig and C++ write for a value that is not there.
        for (value, other) in [(&left, &right), (&right, &left)] {
            if let Some(empty) = self.is_empty_optional(value)?
                && let Some(scalar) = self.read_scalar(other)?
                && matches!(scalar.type_(), ScalarType::Address(_))
                && !scalar.is_true()
            {
                return Ok(Some(empty));
            }
        }
        Ok(None)
    }

    /// The name of the variant that a value is, and what is in it. `None` if its type has none.
    fn variant_of(&self, value: &Value) -> Result<Option<(String, Option<Value>)>, Problem> {
        let value = self.settle(value)?;
        let Some(type_) = self.bare_type(&value)? else {
            return Ok(None);
        };
        let TypeKind::Record(record) = &type_.kind else {
            return Ok(None);
        };
        let is_made = value.type_.is_some_and(|id| id.is_made());
        if record.variants.is_none() && !is_made || record.kind == RecordKind::Union {
            return Ok(None);
        }
        let view = self.inspector().raw_view(&value);
        let view = view.map_err(explain_of(&value))?;
        let inner = match view.children {
            Children::List(mut children) if children.len() == 1 => children.pop(),
            Children::List(children) if children.is_empty() => None,
            _ => return Ok(None),
        };
        Ok(Some((view.lead, inner)))
    }

    /// Whether an optional value of Zig or C++ has nothing in it; `None` if it is none.
    fn is_empty_optional(&self, value: &Value) -> Result<Option<bool>, Problem> {
        let Some(type_) = self.bare_type(value)? else {
            return Ok(None);
        };
        let name = type_.name.as_deref().unwrap_or_default();
        let is_optional = name.starts_with('?')
            || ["std::optional", "std::unique_ptr", "std::shared_ptr"].contains(
                &crate::pretty::full_name(&type_)
                    .unwrap_or_default()
                    .as_str(),
            );
        if !is_optional {
            return Ok(None);
        }
        let view = self.view_of(value).map_err(explain_of(value))?;
        Ok(Some(view.children.count() == 0))
    }

    /// What a value is shown as, if that is another one: what is in a cell, or in an optional value
    /// that has something.
    fn peeled(&self, value: &Value) -> Result<Value, Problem> {
        let mut value = self.settle(value)?;
        for _ in 0..DEEPEST {
            if !matches!(self.kind_of(&value)?, Some(TypeKind::Record(_))) {
                break;
            }
            // One that cannot be shown is left as it is, for what is done with it to say why.
            let Ok(view) = self.view_of(&value) else {
                break;
            };
            if view.style != Style::Same {
                break;
            }
            let children = view.children.page(&self.inspector(), 0..1);
            match children.map_err(explain)?.pop() {
                Some(child) => value = self.settle(&child)?,
                None => break,
            }
        }
        Ok(value)
    }
}
