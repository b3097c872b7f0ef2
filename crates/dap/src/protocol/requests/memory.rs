//! Requests for memory and instructions.

use crate::protocol::DisassembledInstruction;
use crate::protocol::requests::request;
use serde::{Deserialize, Serialize};

request! {
    /// Reads memory.
    ReadMemoryRequest = "readMemory": ReadMemoryArguments => ReadMemoryBody
}

/// What is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadMemoryArguments {
    /// Where, as the adapter called it.
    pub memory_reference: String,
    /// Bytes from there; may be negative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<i64>,
    /// How many bytes.
    pub count: u64,
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadMemoryBody {
    /// The address of the first byte, in hexadecimal after `0x` or else in decimal.
    pub address: String,
    /// How many bytes behind the last one cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreadable_bytes: Option<u64>,
    /// The bytes, in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
}

request! {
    /// Writes memory.
    WriteMemoryRequest = "writeMemory": WriteMemoryArguments => WriteMemoryBody
}

/// What is written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WriteMemoryArguments {
    /// Where, as the adapter called it.
    pub memory_reference: String,
    /// Bytes from there; may be negative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<i64>,
    /// Whether to write what can be written, if not all can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_partial: Option<bool>,
    /// The bytes, in base64.
    pub data: String,
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WriteMemoryBody {
    /// Where the first byte was written; may be negative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<i64>,
    /// How many bytes were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_written: Option<u64>,
}

request! {
    /// Asks for instructions in their text form.
    DisassembleRequest = "disassemble": DisassembleArguments => DisassembleBody
}

/// The instructions that are asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DisassembleArguments {
    /// Where, as the adapter called it.
    pub memory_reference: String,
    /// Bytes from there; may be negative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<i64>,
    /// Instructions from there; may be negative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instruction_offset: Option<i64>,
    /// How many instructions, exactly.
    pub instruction_count: u32,
    /// Whether addresses are told by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolve_symbols: Option<bool>,
}

/// Instructions in their text form.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DisassembleBody {
    /// As many as were asked for.
    pub instructions: Vec<DisassembledInstruction>,
}
