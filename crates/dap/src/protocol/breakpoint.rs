//! Breakpoints: what clients want, and what became of it.

use crate::protocol::Source;
use serde::{Deserialize, Serialize};

/// A breakpoint or log point that a client wants at a line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceBreakpoint {
    /// The line.
    pub line: u32,
    /// Where in the line, in UTF-16 code units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// An expression that must hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// How often it must be reached first, as the adapter understands it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hit_condition: Option<String>,
    /// What is written in place of stopping, with expressions in braces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_message: Option<String>,
    /// One of the adapter's modes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
}

/// A breakpoint that a client wants at a function.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FunctionBreakpoint {
    /// The function.
    pub name: String,
    /// An expression that must hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// How often it must be reached first, as the adapter understands it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hit_condition: Option<String>,
}

/// A breakpoint that a client wants at data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataBreakpoint {
    /// What the adapter called the data in [`DataBreakpointInfoBody`](crate::protocol::DataBreakpointInfoBody).
    pub data_id: String,
    /// The accesses that it stops at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_type: Option<DataBreakpointAccessType>,
    /// An expression that must hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// How often it must be reached first, as the adapter understands it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hit_condition: Option<String>,
}

/// The accesses that a data breakpoint stops at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DataBreakpointAccessType {
    /// Those that read.
    Read,
    /// Those that write.
    Write,
    /// Both.
    ReadWrite,
}

/// A breakpoint that a client wants at an instruction.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstructionBreakpoint {
    /// A reference to the instruction, as the adapter gave it.
    pub instruction_reference: String,
    /// Bytes from there; may be negative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<i64>,
    /// An expression that must hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// How often it must be reached first, as the adapter understands it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hit_condition: Option<String>,
    /// One of the adapter's modes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
}

/// What became of a breakpoint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Breakpoint {
    /// Its number, if it may change later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// Whether it could be set, if perhaps not where it was wanted.
    pub verified: bool,
    /// Why it could not, to be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The source that it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The line where it really is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Where in the line, in UTF-16 code units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// The line where its range ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_line: Option<u32>,
    /// Where in that line, in UTF-16 code units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_column: Option<u32>,
    /// A reference to the instruction that it is at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instruction_reference: Option<String>,
    /// Bytes from that instruction; may be negative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<i64>,
    /// Why it is not verified, for the client itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<BreakpointUnverifiedReason>,
}

/// Why a breakpoint is not verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BreakpointUnverifiedReason {
    /// It may be later.
    Pending,
    /// It will not be unless something is done.
    Failed,
}

/// A place where a breakpoint can be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BreakpointLocation {
    /// The line.
    pub line: u32,
    /// Where in the line, in UTF-16 code units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// The line where its range ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_line: Option<u32>,
    /// Where in that line, in UTF-16 code units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_column: Option<u32>,
}

/// A way in which breakpoints may be made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BreakpointMode {
    /// What requests call it.
    pub mode: String,
    /// The name to show.
    pub label: String,
    /// More about it, to be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The breakpoints that may be made so.
    pub applies_to: Vec<BreakpointModeApplicability>,
}

/// A kind of breakpoint that a mode applies to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BreakpointModeApplicability {
    /// Those at lines.
    Source,
    /// Those at exceptions.
    Exception,
    /// Those at data.
    Data,
    /// Those at instructions.
    Instruction,
    /// What the protocol does not name.
    #[serde(untagged)]
    Other(String),
}
