//! What is wrong with values, as problems of the expressions that they are in.

use crate::ValueError;
use crate::expression::Problem;
use crate::values::Value;

pub(super) fn explain(error: ValueError) -> Problem {
    Problem::Other(error.to_string())
}

/// The same, saying which value it is.
pub(super) fn explain_of(value: &Value) -> impl Fn(ValueError) -> Problem {
    move |error| match value.name.as_str() {
        // What has no name of its own.
        name if name.chars().all(|character| character == '*') => explain(error),
        name => Problem::Other(format!("`{name}`: {error}")),
    }
}

pub(super) fn damaged(error: gimli::Error) -> Problem {
    explain(error.into())
}

pub(super) fn too_many_types() -> Problem {
    Problem::Other("this session has computed too many different types".to_string())
}
