//! Requests for variables and expressions.

use crate::protocol::requests::request;
use crate::protocol::{CompletionItem, Source, ValueFormat, Variable, VariablePresentationHint};
use serde::{Deserialize, Serialize};

request! {
    /// Asks for the variables of a scope, or the parts of one.
    VariablesRequest = "variables": VariablesArguments => VariablesBody
}

/// The variables that are asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VariablesArguments {
    /// The number that stands for them.
    pub variables_reference: i64,
    /// Which of them; all if missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<VariablesFilter>,
    /// The first, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<u32>,
    /// How many; all if missing or 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// How they are to be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<ValueFormat>,
}

/// Which variables are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum VariablesFilter {
    /// Those with an index.
    Indexed,
    /// Those with a name.
    Named,
}

/// Variables.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VariablesBody {
    /// The variables.
    pub variables: Vec<Variable>,
}

request! {
    /// Changes a variable.
    SetVariableRequest = "setVariable": SetVariableArguments => SetVariableBody
}

/// What a variable is changed to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetVariableArguments {
    /// What the variable is a part of.
    pub variables_reference: i64,
    /// The name of the variable there.
    pub name: String,
    /// The new value.
    pub value: String,
    /// How the new value is to be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<ValueFormat>,
}

/// What a variable was changed to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetVariableBody {
    /// The new value.
    pub value: String,
    /// Its type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
    /// The number to ask for its parts with; 0 if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variables_reference: Option<i64>,
    /// How many parts have names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named_variables: Option<u32>,
    /// How many parts have indexes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub indexed_variables: Option<u32>,
    /// A reference to the memory where it is, or that it points to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_reference: Option<String>,
    /// The number to ask for the place of its value with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_location_reference: Option<i64>,
}

request! {
    /// Evaluates an expression.
    EvaluateRequest = "evaluate": EvaluateArguments => EvaluateBody
}

/// What is evaluated.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EvaluateArguments {
    /// The expression.
    pub expression: String,
    /// The frame that sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame_id: Option<i64>,
    /// The line where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Where in the line, in UTF-16 code units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// The source where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// What for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<EvaluateContext>,
    /// How the result is to be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<ValueFormat>,
}

/// What an expression is evaluated for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EvaluateContext {
    /// A list of expressions that are always shown.
    Watch,
    /// The user typed it at the console.
    Repl,
    /// The mouse is over it.
    Hover,
    /// The result is to be copied.
    Clipboard,
    /// The list of variables.
    Variables,
    /// What the protocol does not name.
    #[serde(untagged)]
    Other(String),
}

/// What an expression has come to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EvaluateBody {
    /// The result.
    pub result: String,
    /// Its type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
    /// How it is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presentation_hint: Option<VariablePresentationHint>,
    /// The number to ask for its parts with; 0 if it has none.
    pub variables_reference: i64,
    /// How many parts have names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named_variables: Option<u32>,
    /// How many parts have indexes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub indexed_variables: Option<u32>,
    /// A reference to the memory where it is, or that it points to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_reference: Option<String>,
    /// The number to ask for the place of its value with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_location_reference: Option<i64>,
}

request! {
    /// Assigns to an expression.
    SetExpressionRequest = "setExpression": SetExpressionArguments => SetExpressionBody
}

/// What is assigned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetExpressionArguments {
    /// What is assigned to.
    pub expression: String,
    /// An expression for the new value.
    pub value: String,
    /// The frame that sees both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame_id: Option<i64>,
    /// How the new value is to be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<ValueFormat>,
}

/// What was assigned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetExpressionBody {
    /// The new value.
    pub value: String,
    /// Its type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
    /// How it is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presentation_hint: Option<VariablePresentationHint>,
    /// The number to ask for its parts with; 0 if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variables_reference: Option<i64>,
    /// How many parts have names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named_variables: Option<u32>,
    /// How many parts have indexes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub indexed_variables: Option<u32>,
    /// A reference to the memory where it is, or that it points to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_reference: Option<String>,
    /// The number to ask for the place of its value with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_location_reference: Option<i64>,
}

request! {
    /// Asks what may be typed next.
    CompletionsRequest = "completions": CompletionsArguments => CompletionsBody
}

/// What was typed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CompletionsArguments {
    /// The frame that sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame_id: Option<i64>,
    /// The text, of one or more lines.
    pub text: String,
    /// Where in the line completions are wanted, in UTF-16 code units.
    pub column: u32,
    /// The line of the text; the first if missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// What may be typed next.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CompletionsBody {
    /// The ways to go on.
    pub targets: Vec<CompletionItem>,
}
