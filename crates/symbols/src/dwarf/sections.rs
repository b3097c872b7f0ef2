//! Where in a module file the code and the debug sections are.

use super::ranges::CodeRange;
use crate::SymbolsError;
use std::collections::HashMap;
use std::ops::Range;
use wasmparser::{Chunk, Parser, Payload};

/// The places of what this crate reads, as offsets in the module file.
pub(crate) struct Sections {
    /// The contents of the code section: DWARF addresses count from their start.
    pub(crate) code: Range<u32>,
    debug: HashMap<String, Range<usize>>,
    /// Where the debug information is, if it is in another file: a URL, or a path beside this one.
    pub(crate) external: Option<String>,
    /// Where the source map is: a URL, or a path beside this file.
    pub(crate) source_map: Option<String>,
}

impl Sections {
    pub(crate) fn find(wasm: &[u8]) -> Result<Sections, SymbolsError> {
        let mut sections = Sections {
            code: 0..0,
            debug: HashMap::new(),
            external: None,
            source_map: None,
        };
        let mut parser = Parser::new(0);
        let mut position = 0;
        while let Some(rest) = wasm.get(position..) {
            // With `eof` the parser never asks for more.
            let Chunk::Parsed { consumed, payload } =
                parser.parse(rest, true).map_err(bad_module)?
            else {
                break;
            };
            position += consumed;
            match payload {
                Payload::Version {
                    encoding: wasmparser::Encoding::Component,
                    range,
                    ..
                } => {
                    let message = "a component, not a module".to_string();
                    return Err(SymbolsError::NotAModule {
                        message,
                        offset: range.start,
                    });
                }
                Payload::CodeSectionStart {
                    unchecked_range: range,
                    size,
                    ..
                } => {
                    let clamp = |at: u64| u32::try_from(at).unwrap_or(u32::MAX);
                    sections.code = clamp(range.start)..clamp(range.end);
                    parser.skip_section();
                    position = position.saturating_add(size as usize);
                }
                Payload::CustomSection(section) if section.name().starts_with(".debug_") => {
                    // A section's data ends where the parser now is.
                    let range = position - section.data().len()..position;
                    sections.debug.insert(section.name().to_string(), range);
                }
                Payload::CustomSection(section) if section.name() == "external_debug_info" => {
                    sections.external = read_url(section.data());
                }
                Payload::CustomSection(section) if section.name() == "sourceMappingURL" => {
                    sections.source_map = read_url(section.data());
                }
                Payload::End(_) => break,
                _ => {}
            }
        }
        Ok(sections)
    }

    /// The code of all functions, as offsets from the start of the code section's contents.
    ///
    /// # Errors
    ///
    /// If the code section is damaged.
    pub(crate) fn functions(&self, wasm: &[u8]) -> Result<Vec<CodeRange>, SymbolsError> {
        let code = self.code.start as usize..self.code.end as usize;
        let contents = wasm.get(code).unwrap_or_default();
        let mut functions = Vec::new();
        if contents.is_empty() {
            return Ok(functions);
        }
        let reader = wasmparser::BinaryReader::new(contents, 0);
        let bodies = wasmparser::CodeSectionReader::new(reader).map_err(bad_module)?;
        for body in bodies {
            let range = body.map_err(bad_module)?.range();
            functions.extend(CodeRange::new(range.start, range.end));
        }
        Ok(functions)
    }

    /// The section of this name; an empty range if there is none.
    pub(crate) fn debug(&self, name: &str) -> Range<usize> {
        self.debug.get(name).cloned().unwrap_or(0..0)
    }

    /// The size of all debug sections.
    pub(crate) fn debug_size(&self) -> u64 {
        self.debug.values().map(|range| range.len() as u64).sum()
    }
}

fn read_url(data: &[u8]) -> Option<String> {
    let mut url = wasmparser::BinaryReader::new(data, 0);
    url.read_string().ok().map(str::to_owned)
}

fn bad_module(error: wasmparser::BinaryReaderError) -> SymbolsError {
    SymbolsError::NotAModule {
        message: error.message().to_string(),
        offset: error.offset(),
    }
}
