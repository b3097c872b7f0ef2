//! Requests for modules, sources, and places in them.

use crate::protocol::requests::request;
use crate::protocol::{Module, NoArguments, Source};
use serde::{Deserialize, Serialize};

request! {
    /// Asks for the text of a source.
    SourceRequest = "source": SourceArguments => SourceBody
}

/// The source that is asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceArguments {
    /// The source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Its number, as old clients tell it.
    pub source_reference: i64,
}

/// The text of a source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceBody {
    /// The text.
    pub content: String,
    /// Its MIME type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
}

request! {
    /// Asks for all sources of the program.
    LoadedSourcesRequest = "loadedSources": NoArguments => LoadedSourcesBody
}

/// All sources of the program.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoadedSourcesBody {
    /// The sources.
    pub sources: Vec<Source>,
}

request! {
    /// Asks for the modules.
    ModulesRequest = "modules": ModulesArguments => ModulesBody
}

/// The modules that are asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModulesArguments {
    /// The first, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_module: Option<u32>,
    /// How many; all if missing or 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module_count: Option<u32>,
}

/// The modules.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModulesBody {
    /// Those that were asked for.
    pub modules: Vec<Module>,
    /// How many there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_modules: Option<u32>,
}

request! {
    /// Asks for the place that a number stands for.
    LocationsRequest = "locations": LocationsArguments => LocationsBody
}

/// The place that is asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LocationsArguments {
    /// The number that stands for it.
    pub location_reference: i64,
}

/// A place in a source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LocationsBody {
    /// The source.
    pub source: Source,
    /// The line.
    pub line: u32,
    /// Where in the line, in UTF-16 code units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// The line where its range ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_line: Option<u32>,
    /// Where in that line, in UTF-16 code units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_column: Option<u32>,
}
