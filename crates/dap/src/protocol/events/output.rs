//! Events of what the program and the adapter say.

use crate::protocol::{Event, Source};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The program or the adapter says something.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutputEvent {
    /// What it is; for the console if missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<OutputCategory>,
    /// The text.
    pub output: String,
    /// Whether a group of outputs starts or ends here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<OutputGroup>,
    /// If above 0, the number to ask for the values in it with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variables_reference: Option<i64>,
    /// The source that it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Where in the line, in UTF-16 code units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// More to be shown, or to be sent to the maker of the adapter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// The number to ask for the place of what was written with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location_reference: Option<i64>,
}

impl Event for OutputEvent {
    const EVENT: &'static str = "output";
}

/// What an output is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OutputCategory {
    /// What the debugger says to the user.
    Console,
    /// What the debugger wants to be seen.
    Important,
    /// The standard output of the program.
    Stdout,
    /// The error output of the program.
    Stderr,
    /// For the maker of the adapter; not shown.
    Telemetry,
    /// What the protocol does not name.
    #[serde(untagged)]
    Other(String),
}

/// Where a group of outputs starts or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OutputGroup {
    /// One starts, and is open.
    Start,
    /// One starts, and is folded.
    StartCollapsed,
    /// The last one that has started ends.
    End,
}
