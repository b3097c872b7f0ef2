//! Requests about a session as a whole: how it begins, is set up, and ends.

use crate::protocol::requests::request;
use crate::protocol::{Capabilities, NoArguments, NoBody};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

request! {
    /// Introduces the client and asks what the adapter can do.
    InitializeRequest = "initialize": InitializeRequestArguments => Capabilities
}

/// Who the client is, and what it can do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InitializeRequestArguments {
    /// The client.
    #[serde(rename = "clientID", skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The client's name to show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// The adapter, as the client calls it.
    #[serde(rename = "adapterID")]
    pub adapter_id: String,
    /// The user's language, such as `en-US`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Whether lines count from 1, as they do if missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines_start_at1: Option<bool>,
    /// Whether columns count from 1, as they do if missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns_start_at1: Option<bool>,
    /// How paths are written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_format: Option<PathFormat>,
    /// Types of variables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supports_variable_type: Option<bool>,
    /// Variables that are asked for piece by piece.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supports_variable_paging: Option<bool>,
    /// The `runInTerminal` request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supports_run_in_terminal_request: Option<bool>,
    /// References to memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supports_memory_references: Option<bool>,
    /// Events about progress.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supports_progress_reporting: Option<bool>,
    /// The `invalidated` event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supports_invalidated_event: Option<bool>,
    /// The `memory` event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supports_memory_event: Option<bool>,
    /// `argsCanBeInterpretedByShell` of `runInTerminal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supports_args_can_be_interpreted_by_shell: Option<bool>,
    /// The `startDebugging` request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supports_start_debugging_request: Option<bool>,
    /// ANSI escape sequences in output and in the values of variables.
    #[serde(
        rename = "supportsANSIStyling",
        skip_serializing_if = "Option::is_none"
    )]
    pub supports_ansi_styling: Option<bool>,
}

/// How paths are written.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PathFormat {
    /// As the system does.
    Path,
    /// As URIs.
    Uri,
    /// What the protocol does not name.
    #[serde(untagged)]
    Other(String),
}

request! {
    /// Tells that breakpoints and the like have all been set.
    ConfigurationDoneRequest = "configurationDone": NoArguments => NoBody
}

request! {
    /// Starts a program.
    LaunchRequest = "launch": LaunchRequestArguments => NoBody
}

/// How a program is started.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LaunchRequestArguments {
    /// Whether it runs without being debugged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_debug: Option<bool>,
    /// What the session before left in [`TerminatedEvent::restart`](crate::protocol::TerminatedEvent::restart).
    #[serde(rename = "__restart", skip_serializing_if = "Option::is_none")]
    pub restart: Option<Value>,
    /// All that the protocol says nothing about.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

request! {
    /// Begins to debug a program that runs already.
    AttachRequest = "attach": AttachRequestArguments => NoBody
}

/// Which program is debugged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AttachRequestArguments {
    /// What the session before left in [`TerminatedEvent::restart`](crate::protocol::TerminatedEvent::restart).
    #[serde(rename = "__restart", skip_serializing_if = "Option::is_none")]
    pub restart: Option<Value>,
    /// All that the protocol says nothing about.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

request! {
    /// Starts the program again.
    RestartRequest = "restart": RestartArguments => NoBody
}

/// How a program is started again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RestartArguments {
    /// What `launch` or `attach` would be given now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<LaunchRequestArguments>,
}

request! {
    /// Ends the session.
    DisconnectRequest = "disconnect": DisconnectArguments => NoBody
}

/// What becomes of the program after the session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DisconnectArguments {
    /// Whether another session follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart: Option<bool>,
    /// Whether the program is ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terminate_debuggee: Option<bool>,
    /// Whether the program stays stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend_debuggee: Option<bool>,
}

request! {
    /// Asks the program to end by itself.
    TerminateRequest = "terminate": TerminateArguments => NoBody
}

/// Why a program is to end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TerminateArguments {
    /// Whether another session follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart: Option<bool>,
}

request! {
    /// Tells that a result is not wanted any more.
    CancelRequest = "cancel": CancelArguments => NoBody
}

/// What is not wanted any more.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelArguments {
    /// The `seq` of a request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<i64>,
    /// What a [`ProgressStartEvent`](crate::protocol::ProgressStartEvent) called something that goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress_id: Option<String>,
}
