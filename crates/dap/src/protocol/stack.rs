//! Threads, their frames, and the scopes of frames.

use crate::protocol::{ModuleId, Source};
use serde::{Deserialize, Serialize};

/// A thread.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Thread {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
}

/// A frame of a thread's stack.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StackFrame {
    /// Its number, of no other frame of any thread.
    pub id: i64,
    /// The name to show, mostly of the function.
    pub name: String,
    /// The source that it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The line; 0 without a source.
    pub line: u32,
    /// Where in the line, in UTF-16 code units; 0 without a source.
    pub column: u32,
    /// The line where its range ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_line: Option<u32>,
    /// Where in that line, in UTF-16 code units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_column: Option<u32>,
    /// Whether it may be restarted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_restart: Option<bool>,
    /// A reference to its current instruction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instruction_pointer_reference: Option<String>,
    /// The module that it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module_id: Option<ModuleId>,
    /// How it is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presentation_hint: Option<StackFramePresentationHint>,
}

/// How a frame is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StackFramePresentationHint {
    /// Like any other.
    Normal,
    /// As a label between frames.
    Label,
    /// As one that matters less.
    Subtle,
}

/// How frames are to be written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StackFrameFormat {
    /// Whether values are shown in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hex: Option<bool>,
    /// Whether parameters are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<bool>,
    /// Whether types of parameters are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter_types: Option<bool>,
    /// Whether names of parameters are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter_names: Option<bool>,
    /// Whether values of parameters are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter_values: Option<bool>,
    /// Whether the line is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<bool>,
    /// Whether the module is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<bool>,
    /// Whether frames that are usually hidden are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_all: Option<bool>,
}

/// Variables that are shown together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Scope {
    /// The name to show.
    pub name: String,
    /// What is in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presentation_hint: Option<ScopePresentationHint>,
    /// The number to ask for its variables with.
    pub variables_reference: i64,
    /// How many variables have names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named_variables: Option<u32>,
    /// How many variables have indexes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub indexed_variables: Option<u32>,
    /// Whether its variables take long to get.
    pub expensive: bool,
    /// The source that it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The line where it starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Where in the line, in UTF-16 code units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// The line where it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_line: Option<u32>,
    /// Where in that line, in UTF-16 code units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_column: Option<u32>,
}

/// What is in a scope.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ScopePresentationHint {
    /// Arguments.
    Arguments,
    /// Local variables.
    Locals,
    /// Registers.
    Registers,
    /// What a function has returned.
    ReturnValue,
    /// What the protocol does not name.
    #[serde(untagged)]
    Other(String),
}
