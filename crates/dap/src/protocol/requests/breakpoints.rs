//! Requests that set breakpoints. Each replaces all that were set before by one of its kind.

use crate::protocol::requests::request;
use crate::protocol::{
    Breakpoint, BreakpointLocation, DataBreakpoint, DataBreakpointAccessType,
    ExceptionFilterOptions, ExceptionOptions, FunctionBreakpoint, InstructionBreakpoint, Source,
    SourceBreakpoint,
};
use serde::{Deserialize, Serialize};

request! {
    /// Asks where in a range of lines breakpoints can be.
    BreakpointLocationsRequest = "breakpointLocations": BreakpointLocationsArguments => BreakpointLocationsBody
}

/// The range that is asked about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BreakpointLocationsArguments {
    /// The source.
    pub source: Source,
    /// The first line.
    pub line: u32,
    /// Where in the first line, in UTF-16 code units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// The last line; the first if missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_line: Option<u32>,
    /// Where in the last line, in UTF-16 code units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_column: Option<u32>,
}

/// Where breakpoints can be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BreakpointLocationsBody {
    /// The places, sorted.
    pub breakpoints: Vec<BreakpointLocation>,
}

request! {
    /// Sets the breakpoints of a source.
    SetBreakpointsRequest = "setBreakpoints": SetBreakpointsArguments => SetBreakpointsBody
}

/// The breakpoints of a source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetBreakpointsArguments {
    /// The source.
    pub source: Source,
    /// The breakpoints.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breakpoints: Option<Vec<SourceBreakpoint>>,
    /// Their lines, as old clients tell them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<u32>>,
    /// Whether the source was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_modified: Option<bool>,
}

/// What became of breakpoints.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetBreakpointsBody {
    /// One for each that was wanted, in order.
    pub breakpoints: Vec<Breakpoint>,
}

request! {
    /// Sets the breakpoints at functions.
    SetFunctionBreakpointsRequest = "setFunctionBreakpoints": SetFunctionBreakpointsArguments => SetBreakpointsBody
}

/// The breakpoints at functions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetFunctionBreakpointsArguments {
    /// The breakpoints.
    pub breakpoints: Vec<FunctionBreakpoint>,
}

request! {
    /// Sets which exceptions stop the program.
    SetExceptionBreakpointsRequest = "setExceptionBreakpoints": SetExceptionBreakpointsArguments => SetExceptionBreakpointsBody
}

/// Which exceptions stop the program.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetExceptionBreakpointsArguments {
    /// The chosen filters.
    pub filters: Vec<String>,
    /// More filters, with conditions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_options: Option<Vec<ExceptionFilterOptions>>,
    /// Settings for exceptions by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exception_options: Option<Vec<ExceptionOptions>>,
}

/// What became of breakpoints at exceptions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetExceptionBreakpointsBody {
    /// One for each filter, then each filter with options, then each setting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breakpoints: Option<Vec<Breakpoint>>,
}

request! {
    /// Asks whether a breakpoint can be at some data.
    DataBreakpointInfoRequest = "dataBreakpointInfo": DataBreakpointInfoArguments => DataBreakpointInfoBody
}

/// The data that is asked about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataBreakpointInfoArguments {
    /// What the data is a part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variables_reference: Option<i64>,
    /// The name of the part, or else an expression.
    pub name: String,
    /// The frame that sees the expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame_id: Option<i64>,
    /// How many bytes are watched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Whether the name is an address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_address: Option<bool>,
    /// One of the adapter's modes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
}

/// Whether a breakpoint can be at some data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataBreakpointInfoBody {
    /// What to call the data; `None` if none can be there.
    pub data_id: Option<String>,
    /// The data, or why there can be none, to be shown.
    pub description: String,
    /// The accesses that it could stop at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_types: Option<Vec<DataBreakpointAccessType>>,
    /// Whether it could be kept for the next session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_persist: Option<bool>,
}

request! {
    /// Sets the breakpoints at data.
    SetDataBreakpointsRequest = "setDataBreakpoints": SetDataBreakpointsArguments => SetBreakpointsBody
}

/// The breakpoints at data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetDataBreakpointsArguments {
    /// The breakpoints.
    pub breakpoints: Vec<DataBreakpoint>,
}

request! {
    /// Sets the breakpoints at instructions.
    SetInstructionBreakpointsRequest = "setInstructionBreakpoints": SetInstructionBreakpointsArguments => SetBreakpointsBody
}

/// The breakpoints at instructions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetInstructionBreakpointsArguments {
    /// The breakpoints.
    pub breakpoints: Vec<InstructionBreakpoint>,
}
