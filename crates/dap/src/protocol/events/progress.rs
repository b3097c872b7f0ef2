//! Events of what takes long.

use crate::protocol::Event;
use serde::{Deserialize, Serialize};

/// Something that takes long begins.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProgressStartEvent {
    /// What it is called.
    pub progress_id: String,
    /// The name to show.
    pub title: String,
    /// The `seq` of the request that it is done for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<i64>,
    /// Whether it can be cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancellable: Option<bool>,
    /// More about it, to be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// How much is done, from 0 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percentage: Option<f64>,
}

impl Event for ProgressStartEvent {
    const EVENT: &'static str = "progressStart";
}

/// Something that takes long goes on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProgressUpdateEvent {
    /// What it is called.
    pub progress_id: String,
    /// More about it, to be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// How much is done, from 0 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percentage: Option<f64>,
}

impl Event for ProgressUpdateEvent {
    const EVENT: &'static str = "progressUpdate";
}

/// Something that takes long is over.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProgressEndEvent {
    /// What it is called.
    pub progress_id: String,
    /// More about it, to be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl Event for ProgressEndEvent {
    const EVENT: &'static str = "progressEnd";
}
