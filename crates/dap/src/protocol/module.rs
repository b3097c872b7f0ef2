//! Modules, and the columns that they are shown in.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A module.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Module {
    /// What it is called.
    pub id: ModuleId,
    /// The name to show.
    pub name: String,
    /// Where its file is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Whether it was optimized.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_optimized: Option<bool>,
    /// Whether it is the user's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_user_code: Option<bool>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Whether it has debug information, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbol_status: Option<String>,
    /// Where its debug information is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbol_file_path: Option<String>,
    /// When it was made or changed, as in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_time_stamp: Option<String>,
    /// The addresses where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address_range: Option<String>,
    /// More to show, in columns of the adapter's own.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A column of the list of modules.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ColumnDescriptor {
    /// The field of modules that it shows.
    pub attribute_name: String,
    /// Its header.
    pub label: String,
    /// How the field is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// What the field is; a string if missing.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub column_type: Option<ColumnType>,
    /// How wide it is, in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
}

/// What a field of modules is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ColumnType {
    /// A string.
    String,
    /// A number.
    Number,
    /// A truth value.
    Boolean,
    /// Seconds since 1970, UTC.
    #[serde(rename = "unixTimestampUTC")]
    UnixTimestamp,
}

/// What a module is called.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ModuleId {
    /// A number.
    Number(i64),
    /// A name.
    Name(String),
}

impl Default for ModuleId {
    fn default() -> ModuleId {
        ModuleId::Number(0)
    }
}
