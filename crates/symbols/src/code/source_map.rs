//! Source maps ([ECMA-426](https://tc39.es/ecma426/)), for modules without DWARF.
//!
//! A map for WebAssembly has a single line, whose columns are offsets in the module file. It is made
//! into a line table here, so that all questions about lines are answered alike.

use super::lines::{Lines, Row};
use super::paths;
use crate::SymbolsError;
use crate::dwarf::ranges::CodeRange;
use std::ops::Range;
use std::sync::Arc;

/// A source map that has been read.
pub(crate) struct SourceMap {
    pub(crate) lines: Lines,
    /// Paths of the files, as the line table counts them.
    pub(crate) files: Vec<Arc<str>>,
    /// The text of the files, where the map has that.
    pub(crate) texts: Vec<Option<Arc<str>>>,
}

impl SourceMap {
    /// Reads a map. `code` is where the code is in the file, and `functions` the functions in that.
    pub(crate) fn read(
        map: &[u8],
        code: &Range<u32>,
        functions: &[CodeRange],
    ) -> Result<SourceMap, SymbolsError> {
        let bad = |message: &dyn std::fmt::Display| SymbolsError::SourceMap(message.to_string());
        let text = std::str::from_utf8(map).map_err(|error| bad(&error))?;
        let map = oxc_sourcemap::SourceMap::from_json_string(without_guard(text))
            .map_err(|error| bad(&error))?;
        let mut rows: Vec<Row> = map
            .get_tokens()
            .filter(|token| token.get_dst_line() == 0 && code.contains(&token.get_dst_col()))
            .map(|token| row(&token, token.get_dst_col() - code.start))
            .collect();
        rows.sort_by_key(|row| row.address);
        // Of several for one instruction the last is right, as in other line tables.
        rows.reverse();
        rows.dedup_by_key(|row| row.address);
        rows.reverse();
        let root = map.get_source_root().unwrap_or("");
        let texts = map.get_source_contents();
        Ok(SourceMap {
            lines: Lines::from_rows(&rows, functions),
            files: map.get_sources().map(|name| path(root, name)).collect(),
            texts: texts.map(|text| text.map(Arc::from)).collect(),
        })
    }
}

/// The row of a mapping, at an address; one without a line if it leads to no source.
fn row(token: &oxc_sourcemap::Token, address: u32) -> Row {
    // Maps count lines and columns from 0.
    match token.get_source_id() {
        Some(source) => Row::new(
            address,
            source.into(),
            u64::from(token.get_src_line()) + 1,
            u64::from(token.get_src_col()) + 1,
        )
        .marked(true, false),
        None => Row::new(address, 0, 0, 0),
    }
}

/// The text without the line that keeps browsers from running it as a script.
fn without_guard(text: &str) -> &str {
    match text.strip_prefix(")]}'") {
        Some(rest) => rest.split_once('\n').map_or("", |(_, map)| map),
        None => text,
    }
}

fn path(root: &str, name: &str) -> Arc<str> {
    let path = paths::join(root, name);
    if path.contains("://") {
        path.into()
    } else {
        paths::tidy(&path).into()
    }
}
