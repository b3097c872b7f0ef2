//! Requests that have the program run, step, go elsewhere, or stop.

use crate::protocol::requests::request;
use crate::protocol::{GotoTarget, NoBody, Source, StepInTarget, SteppingGranularity};
use serde::{Deserialize, Serialize};

request! {
    /// Has the program run.
    ContinueRequest = "continue": ContinueArguments => ContinueBody
}

/// What runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContinueArguments {
    /// The thread.
    pub thread_id: i64,
    /// Whether only that thread does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub single_thread: Option<bool>,
}

/// What runs now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContinueBody {
    /// Whether all threads do, as they do if missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all_threads_continued: Option<bool>,
}

request! {
    /// Steps, over calls.
    NextRequest = "next": NextArguments => NoBody
}

/// How to step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NextArguments {
    /// The thread.
    pub thread_id: i64,
    /// Whether other threads stay stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub single_thread: Option<bool>,
    /// How far; to the next statement if missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub granularity: Option<SteppingGranularity>,
}

request! {
    /// Steps, into calls.
    StepInRequest = "stepIn": StepInArguments => NoBody
}

/// How to step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepInArguments {
    /// The thread.
    pub thread_id: i64,
    /// Whether other threads stay stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub single_thread: Option<bool>,
    /// Which call: a [`StepInTarget`](crate::protocol::StepInTarget).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_id: Option<i64>,
    /// How far; to the next statement if missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub granularity: Option<SteppingGranularity>,
}

request! {
    /// Steps out of the function.
    StepOutRequest = "stepOut": StepOutArguments => NoBody
}

/// How to step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepOutArguments {
    /// The thread.
    pub thread_id: i64,
    /// Whether other threads stay stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub single_thread: Option<bool>,
    /// How far; to the next statement if missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub granularity: Option<SteppingGranularity>,
}

request! {
    /// Steps backwards.
    StepBackRequest = "stepBack": StepBackArguments => NoBody
}

/// How to step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepBackArguments {
    /// The thread.
    pub thread_id: i64,
    /// Whether other threads stay stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub single_thread: Option<bool>,
    /// How far; to the statement before if missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub granularity: Option<SteppingGranularity>,
}

request! {
    /// Has the program run backwards.
    ReverseContinueRequest = "reverseContinue": ReverseContinueArguments => NoBody
}

/// What runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReverseContinueArguments {
    /// The thread.
    pub thread_id: i64,
    /// Whether only that thread does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub single_thread: Option<bool>,
}

request! {
    /// Stops the program.
    PauseRequest = "pause": PauseArguments => NoBody
}

/// What stops.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PauseArguments {
    /// The thread.
    pub thread_id: i64,
}

request! {
    /// Calls the function of a frame once more.
    RestartFrameRequest = "restartFrame": RestartFrameArguments => NoBody
}

/// What is called once more.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RestartFrameArguments {
    /// The frame.
    pub frame_id: i64,
}

request! {
    /// Asks which calls can be stepped into.
    StepInTargetsRequest = "stepInTargets": StepInTargetsArguments => StepInTargetsBody
}

/// Where calls are asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepInTargetsArguments {
    /// The frame.
    pub frame_id: i64,
}

/// The calls that can be stepped into.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepInTargetsBody {
    /// The calls.
    pub targets: Vec<StepInTarget>,
}

request! {
    /// Asks where execution can be moved to.
    GotoTargetsRequest = "gotoTargets": GotoTargetsArguments => GotoTargetsBody
}

/// Where places are asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GotoTargetsArguments {
    /// The source.
    pub source: Source,
    /// The line.
    pub line: u32,
    /// Where in the line, in UTF-16 code units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

/// Where execution can be moved to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GotoTargetsBody {
    /// The places.
    pub targets: Vec<GotoTarget>,
}

request! {
    /// Moves execution to another place.
    GotoRequest = "goto": GotoArguments => NoBody
}

/// Where execution is moved to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GotoArguments {
    /// The thread.
    pub thread_id: i64,
    /// The place: a [`GotoTarget`].
    pub target_id: i64,
}
