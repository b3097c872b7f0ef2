//! From the source of our own guest programs to their code.
//!
//! The lines that are asked for are found in the sources, so that these can change.
#![allow(missing_docs)]

mod functions;
mod places;
mod source_map;
mod statements;
mod types;

use std::path::{Path, PathBuf};
use trapline_symbols::Symbols;

/// Guests of all languages, levels and versions of DWARF.
const GUESTS: [&str; 14] = [
    "crash/crash",
    "stock/stock",
    "values/c-O0-4",
    "values/c-O0-5",
    "values/c-O2-4",
    "values/c-O2-5",
    "values/cpp-O0-5",
    "values/cpp-Og-4",
    "values/cpp-O2-5",
    "values/rust-O0-4",
    "values/rust-O1-5",
    "values/rust-O3-5",
    "values/zig-O0-4",
    "values/zig-O3-4",
];

fn guests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests")
}

fn read(name: &str) -> Vec<u8> {
    std::fs::read(guests().join(format!("{name}.wasm"))).unwrap()
}

fn symbols(name: &str) -> Symbols {
    Symbols::new(read(name).into()).unwrap()
}

/// The number of the only line of a source that contains a text.
fn line_of(source: &str, text: &str) -> u32 {
    let source = std::fs::read_to_string(guests().join(source)).unwrap();
    let mut lines = (1..)
        .zip(source.lines())
        .filter(|(_, line)| line.contains(text));
    let first = lines.next();
    let (number, _) = first.unwrap_or_else(|| panic!("no {text} in the source"));
    assert_eq!(lines.next(), None, "{text} is there again");
    number
}

/// Our own sources among the files of a guest, and how many lines they have.
fn our_files(symbols: &Symbols) -> Vec<(String, u32)> {
    let mut files = Vec::new();
    for path in symbols.files().unwrap() {
        let local = match path.strip_prefix("tests/guests/") {
            // The libraries that a Rust program is built from are beside it for its compiler.
            Some(local) if local.contains("/registry/") || local.contains("/library/") => continue,
            Some(local) => local.to_string(),
            None => match path.strip_prefix("/tmp/trapline-guests/") {
                Some(local) if !local.contains('/') => format!("values/{local}"),
                _ => continue,
            },
        };
        let source = std::fs::read_to_string(guests().join(&local))
            .unwrap_or_else(|error| panic!("{local}: {error}"));
        files.push((path.to_string(), source.lines().count() as u32));
    }
    assert!(!files.is_empty());
    files
}
