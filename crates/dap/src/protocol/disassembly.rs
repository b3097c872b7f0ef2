//! Instructions in their text form.

use crate::protocol::Source;
use serde::{Deserialize, Serialize};

/// An instruction.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DisassembledInstruction {
    /// Its address, in hexadecimal after `0x` or else in decimal.
    pub address: String,
    /// Its bytes, to be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instruction_bytes: Option<String>,
    /// Its text.
    pub instruction: String,
    /// The name of what is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// Its source, if not that of the one before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Source>,
    /// The line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Where in the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// The line where its range ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_line: Option<u32>,
    /// Where in that line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_column: Option<u32>,
    /// How it is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presentation_hint: Option<InstructionPresentationHint>,
}

/// How an instruction is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum InstructionPresentationHint {
    /// Like any other.
    Normal,
    /// As filler where there is none.
    Invalid,
}
