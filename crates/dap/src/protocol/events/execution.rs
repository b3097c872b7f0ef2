//! Events of the program's run.

use crate::protocol::Event;
use crate::protocol::empty::empty;
use serde::{Deserialize, Serialize};
use serde_json::Value;

empty! {
    /// The adapter is ready for breakpoints and other settings.
    InitializedEvent
}

impl Event for InitializedEvent {
    const EVENT: &'static str = "initialized";
}

/// The program has stopped.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoppedEvent {
    /// Why.
    pub reason: StoppedReason,
    /// Why, to be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The thread that has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<i64>,
    /// Whether the client should go on showing what it shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preserve_focus_hint: Option<bool>,
    /// More to be shown, such as an exception's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Whether all threads have stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all_threads_stopped: Option<bool>,
    /// The breakpoints that it has stopped at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hit_breakpoint_ids: Option<Vec<i64>>,
}

impl Event for StoppedEvent {
    const EVENT: &'static str = "stopped";
}

/// Why the program has stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StoppedReason {
    /// A step is over.
    Step,
    /// A breakpoint was reached.
    Breakpoint,
    /// An exception was thrown.
    Exception,
    /// The client wanted it to.
    #[default]
    Pause,
    /// It has just been started.
    Entry,
    /// Execution was moved.
    Goto,
    /// A breakpoint at a function was reached.
    #[serde(rename = "function breakpoint")]
    FunctionBreakpoint,
    /// Data with a breakpoint was used.
    #[serde(rename = "data breakpoint")]
    DataBreakpoint,
    /// A breakpoint at an instruction was reached.
    #[serde(rename = "instruction breakpoint")]
    InstructionBreakpoint,
    /// What the protocol does not name.
    #[serde(untagged)]
    Other(String),
}

/// The program runs, and no request has asked for it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContinuedEvent {
    /// The thread that does.
    pub thread_id: i64,
    /// Whether all threads do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all_threads_continued: Option<bool>,
}

impl Event for ContinuedEvent {
    const EVENT: &'static str = "continued";
}

/// The program has ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExitedEvent {
    /// Its exit code.
    pub exit_code: i64,
}

impl Event for ExitedEvent {
    const EVENT: &'static str = "exited";
}

/// The program is not debugged any more.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TerminatedEvent {
    /// If it is to be debugged again: what the next session is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart: Option<Value>,
}

impl Event for TerminatedEvent {
    const EVENT: &'static str = "terminated";
}

/// A thread has started or ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ThreadEvent {
    /// Which of them.
    pub reason: ThreadReason,
    /// The thread.
    pub thread_id: i64,
}

impl Event for ThreadEvent {
    const EVENT: &'static str = "thread";
}

/// What a thread has done.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ThreadReason {
    /// It has started.
    Started,
    /// It has ended.
    Exited,
    /// What the protocol does not name.
    #[serde(untagged)]
    Other(String),
}

/// A process is debugged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProcessEvent {
    /// Its name, mostly the path of its file.
    pub name: String,
    /// Its number in the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_process_id: Option<i64>,
    /// Whether it runs where the adapter does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_local_process: Option<bool>,
    /// How it came to be debugged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_method: Option<ProcessStartMethod>,
    /// The size of an address, in bits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer_size: Option<u32>,
}

impl Event for ProcessEvent {
    const EVENT: &'static str = "process";
}

/// How a process came to be debugged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ProcessStartMethod {
    /// It was started for that.
    Launch,
    /// It ran already.
    Attach,
    /// Something else started it for that.
    AttachForSuspendedLaunch,
}
