//! Events of what has changed: breakpoints, modules, sources, and what clients have been told.

use crate::protocol::{Breakpoint, Capabilities, Event, Module, Source};
use serde::{Deserialize, Serialize};

/// A breakpoint has changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BreakpointEvent {
    /// In which way.
    pub reason: BreakpointReason,
    /// The breakpoint, as it is now.
    pub breakpoint: Breakpoint,
}

impl Event for BreakpointEvent {
    const EVENT: &'static str = "breakpoint";
}

/// In which way a breakpoint has changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BreakpointReason {
    /// Something about it.
    Changed,
    /// It is new.
    New,
    /// It is gone.
    Removed,
    /// What the protocol does not name.
    #[serde(untagged)]
    Other(String),
}

/// A module has changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModuleEvent {
    /// In which way.
    pub reason: ChangeReason,
    /// The module, as it is now.
    pub module: Module,
}

impl Event for ModuleEvent {
    const EVENT: &'static str = "module";
}

/// A source has changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoadedSourceEvent {
    /// In which way.
    pub reason: ChangeReason,
    /// The source, as it is now.
    pub source: Source,
}

impl Event for LoadedSourceEvent {
    const EVENT: &'static str = "loadedSource";
}

/// In which way a module or a source has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ChangeReason {
    /// It is new.
    New,
    /// Something about it.
    Changed,
    /// It is gone.
    Removed,
}

/// The adapter can do other things than it could.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CapabilitiesEvent {
    /// What has changed.
    pub capabilities: Capabilities,
}

impl Event for CapabilitiesEvent {
    const EVENT: &'static str = "capabilities";
}

/// What the client knows is not so any more.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InvalidatedEvent {
    /// What it knows; everything if missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub areas: Option<Vec<InvalidatedAreas>>,
    /// The thread, if it is of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<i64>,
    /// The frame, if it is of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack_frame_id: Option<i64>,
}

impl Event for InvalidatedEvent {
    const EVENT: &'static str = "invalidated";
}

/// What a client may know.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum InvalidatedAreas {
    /// Everything.
    All,
    /// Stacks.
    Stacks,
    /// Threads.
    Threads,
    /// Variables.
    Variables,
    /// What the protocol does not name.
    #[serde(untagged)]
    Other(String),
}

/// Memory has changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MemoryEvent {
    /// Where, as the adapter called it.
    pub memory_reference: String,
    /// Bytes from there; may be negative.
    pub offset: i64,
    /// How many bytes.
    pub count: u64,
}

impl Event for MemoryEvent {
    const EVENT: &'static str = "memory";
}
