//! What may be typed next.

use serde::{Deserialize, Serialize};

/// A way to go on with what was typed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CompletionItem {
    /// What is shown, and inserted if there is no `text`.
    pub label: String,
    /// What is inserted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What it is sorted by; the label if missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort_text: Option<String>,
    /// More about it, to be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What it is.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub item_type: Option<CompletionItemType>,
    /// Where it is inserted, in UTF-16 code units; where the request was if missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<u32>,
    /// How much it replaces, in UTF-16 code units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<u32>,
    /// Where in the inserted text the selection starts; behind it if missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selection_start: Option<u32>,
    /// How long the selection is, in UTF-16 code units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selection_length: Option<u32>,
}

/// What a completion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CompletionItemType {
    /// A method.
    Method,
    /// A function.
    Function,
    /// A constructor.
    Constructor,
    /// A field.
    Field,
    /// A variable.
    Variable,
    /// A class.
    Class,
    /// An interface.
    Interface,
    /// A module.
    Module,
    /// A property.
    Property,
    /// A unit.
    Unit,
    /// A value.
    Value,
    /// An enumeration.
    Enum,
    /// A keyword.
    Keyword,
    /// A piece of code.
    Snippet,
    /// Text.
    Text,
    /// A color.
    Color,
    /// A file.
    File,
    /// A reference.
    Reference,
    /// A color of the user's own.
    #[serde(rename = "customcolor")]
    CustomColor,
}
