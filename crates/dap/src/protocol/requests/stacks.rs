//! Requests for threads, their stacks, and why they have stopped.

use crate::protocol::requests::request;
use crate::protocol::{
    ExceptionBreakMode, ExceptionDetails, NoArguments, NoBody, Scope, StackFrame, StackFrameFormat,
    Thread,
};
use serde::{Deserialize, Serialize};

request! {
    /// Asks for the threads.
    ThreadsRequest = "threads": NoArguments => ThreadsBody
}

/// The threads.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ThreadsBody {
    /// All of them.
    pub threads: Vec<Thread>,
}

request! {
    /// Ends threads.
    TerminateThreadsRequest = "terminateThreads": TerminateThreadsArguments => NoBody
}

/// What ends.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TerminateThreadsArguments {
    /// The threads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread_ids: Option<Vec<i64>>,
}

request! {
    /// Asks for the frames of a thread.
    StackTraceRequest = "stackTrace": StackTraceArguments => StackTraceBody
}

/// The frames that are asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StackTraceArguments {
    /// The thread.
    pub thread_id: i64,
    /// The first frame, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_frame: Option<u32>,
    /// How many at most; all if missing or 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub levels: Option<u32>,
    /// How they are to be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<StackFrameFormat>,
}

/// The frames of a thread.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StackTraceBody {
    /// The frames, the innermost first.
    pub stack_frames: Vec<StackFrame>,
    /// How many there are; more than there are, or missing, if that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_frames: Option<u32>,
}

request! {
    /// Asks for the scopes of a frame.
    ScopesRequest = "scopes": ScopesArguments => ScopesBody
}

/// Whose scopes are asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScopesArguments {
    /// The frame.
    pub frame_id: i64,
}

/// The scopes of a frame.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScopesBody {
    /// The scopes.
    pub scopes: Vec<Scope>,
}

request! {
    /// Asks for the exception that has stopped a thread.
    ExceptionInfoRequest = "exceptionInfo": ExceptionInfoArguments => ExceptionInfoBody
}

/// Whose exception is asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExceptionInfoArguments {
    /// The thread.
    pub thread_id: i64,
}

/// The exception that has stopped a thread.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExceptionInfoBody {
    /// What it is, mostly its type.
    pub exception_id: String,
    /// What it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Why it has stopped the thread.
    pub break_mode: ExceptionBreakMode,
    /// More about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<ExceptionDetails>,
}
