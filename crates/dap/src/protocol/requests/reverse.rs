//! Requests that adapters make to clients.

use crate::protocol::NoBody;
use crate::protocol::requests::request;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

request! {
    /// Has the client run a command in a terminal.
    RunInTerminalRequest = "runInTerminal": RunInTerminalRequestArguments => RunInTerminalBody
}

/// What is run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunInTerminalRequestArguments {
    /// Where; in the client if missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<TerminalKind>,
    /// The terminal's title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The folder that it runs in.
    pub cwd: String,
    /// The command and its arguments.
    pub args: Vec<String>,
    /// Variables of the environment that are set, or removed if `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env: Option<BTreeMap<String, Option<String>>>,
    /// Whether a shell may make something else of the arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub args_can_be_interpreted_by_shell: Option<bool>,
}

/// Where a terminal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TerminalKind {
    /// In the client.
    Integrated,
    /// In a window of its own.
    External,
}

/// What runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunInTerminalBody {
    /// The process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process_id: Option<i64>,
    /// The process of the terminal's shell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shell_process_id: Option<i64>,
}

request! {
    /// Has the client begin one more session.
    StartDebuggingRequest = "startDebugging": StartDebuggingRequestArguments => NoBody
}

/// The session that begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StartDebuggingRequestArguments {
    /// What its first request is given.
    pub configuration: Map<String, Value>,
    /// Which request that is.
    pub request: StartDebuggingKind,
}

/// The request that a session begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StartDebuggingKind {
    /// It starts a program.
    Launch,
    /// It debugs one that runs already.
    Attach,
}
