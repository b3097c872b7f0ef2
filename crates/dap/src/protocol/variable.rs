//! Variables and how values are shown.

use serde::{Deserialize, Serialize};

/// A variable, or a part of one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Its type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
    /// How it is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presentation_hint: Option<VariablePresentationHint>,
    /// An expression for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluate_name: Option<String>,
    /// The number to ask for its parts with; 0 if it has none.
    pub variables_reference: i64,
    /// How many parts have names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named_variables: Option<u32>,
    /// How many parts have indexes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub indexed_variables: Option<u32>,
    /// A reference to the memory where it is, or that it points to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_reference: Option<String>,
    /// The number to ask for the place of its declaration with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declaration_location_reference: Option<i64>,
    /// The number to ask for the place of its value with, such as a function's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_location_reference: Option<i64>,
}

/// How a variable is shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VariablePresentationHint {
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<VariableKind>,
    /// What is special about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Vec<VariableAttribute>>,
    /// Who may see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visibility: Option<VariableVisibility>,
    /// Whether its value is only got when the user asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lazy: Option<bool>,
}

/// What a variable is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum VariableKind {
    /// A property.
    Property,
    /// A method.
    Method,
    /// A class.
    Class,
    /// Data.
    Data,
    /// An event.
    Event,
    /// A base class.
    BaseClass,
    /// A class in another.
    InnerClass,
    /// An interface.
    Interface,
    /// The class that an object really is of.
    MostDerivedClass,
    /// Made up for showing, such as a range of indexes.
    Virtual,
    /// Watched by a data breakpoint; [`VariableAttribute::HasDataBreakpoint`] is newer.
    DataBreakpoint,
    /// What the protocol does not name.
    #[serde(untagged)]
    Other(String),
}

/// What is special about a variable.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum VariableAttribute {
    /// It is static.
    Static,
    /// It is constant.
    Constant,
    /// It cannot be written.
    ReadOnly,
    /// It is a raw string.
    RawString,
    /// Something that old clients know.
    HasObjectId,
    /// Something that old clients know.
    CanHaveObjectId,
    /// Getting it had effects.
    HasSideEffects,
    /// A data breakpoint watches it.
    HasDataBreakpoint,
    /// What the protocol does not name.
    #[serde(untagged)]
    Other(String),
}

/// Who may see a variable.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum VariableVisibility {
    /// Everyone.
    Public,
    /// Its own class.
    Private,
    /// Its own class and those derived from it.
    Protected,
    /// Its own module.
    Internal,
    /// Everyone, and nobody may change it.
    Final,
    /// What the protocol does not name.
    #[serde(untagged)]
    Other(String),
}

/// How values are to be written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ValueFormat {
    /// Whether integers are in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hex: Option<bool>,
}
