//! The line of source code that a report is about.

use crate::text::{RULE, STRONG, harmless};
use std::fmt::Write;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Component, Path};
use trapline_symbols::SourceLocation;

/// A line is searched for in this much of a file.
const LONGEST_FILE: u64 = 16 << 20;
/// Longer lines are not shown: they are no code that people wrote.
const LONGEST_LINE: usize = 200;

/// The line below its `place`, with a mark at its column, if it can be read. Empty if not.
///
/// The path comes from the guest, so only files below the current directory are looked at.
pub(crate) fn excerpt(location: &SourceLocation, place: &str) -> String {
    let Some(number) = location.line else {
        return String::new();
    };
    let Some(line) = read_line(Path::new(&location.file), number) else {
        return String::new();
    };
    let code = line.replace('\t', "    ");
    let margin = number.to_string();
    let gap = " ".repeat(margin.len());
    let mut text = String::new();
    let _ = writeln!(text, "{RULE}{gap}-->{RULE:#} {place}");
    let _ = writeln!(text, "{RULE}{gap} |{RULE:#}");
    let _ = writeln!(text, "{RULE}{margin} |{RULE:#} {}", harmless(&code));
    if let Some(indent) = indent(&line, location.column) {
        let _ = writeln!(text, "{RULE}{gap} |{RULE:#} {indent}{STRONG}^{STRONG:#}");
    }
    text
}

/// The spaces before the mark, if the column is in the line.
fn indent(line: &str, column: Option<u32>) -> Option<String> {
    let bytes = usize::try_from(column?).ok()?.checked_sub(1)?;
    let before = line.get(..bytes).filter(|_| bytes < line.len())?;
    let width = before
        .chars()
        .map(|char| if char == '\t' { 4 } else { 1 })
        .sum();
    Some(" ".repeat(width))
}

fn read_line(path: &Path, number: u32) -> Option<String> {
    let here = std::env::current_dir().ok()?;
    let below = path.strip_prefix(&here).unwrap_or(path);
    let mut components = below.components();
    if !components.all(|c| matches!(c, Component::Normal(_) | Component::CurDir)) {
        return None;
    }
    // Looked at before it is opened: to open a pipe would wait for its other end.
    if !fs::metadata(below).ok()?.is_file() {
        return None;
    }
    let file = BufReader::new(fs::File::open(below).ok()?.take(LONGEST_FILE));
    let line = file.lines().nth(number.checked_sub(1)? as usize)?.ok()?;
    (line.len() <= LONGEST_LINE && !line.trim().is_empty()).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_stands_below_its_column() {
        assert_eq!(indent("int x;", Some(5)).as_deref(), Some("    "));
        assert_eq!(indent("\tx", Some(2)).as_deref(), Some("    "));
        assert_eq!(indent("é + y", Some(6)).as_deref(), Some("    "));
        for column in [None, Some(0), Some(7), Some(u32::MAX)] {
            assert_eq!(indent("int x;", column), None);
        }
        assert_eq!(indent("é", Some(2)), None, "in the middle of a character");
    }

    #[test]
    fn only_files_below_the_current_directory_are_read() {
        assert!(read_line(Path::new("Cargo.toml"), 1).is_some());
        let here = std::env::current_dir().unwrap();
        assert!(read_line(&here.join("Cargo.toml"), 1).is_some());
        for path in [
            "/etc/passwd",
            "../../Cargo.toml",
            "src",
            "no such file",
            "/dev/zero",
        ] {
            assert_eq!(read_line(Path::new(path), 1), None, "{path}");
        }
        assert_eq!(read_line(Path::new("Cargo.toml"), 0), None);
        assert_eq!(read_line(Path::new("Cargo.toml"), u32::MAX), None);
    }
}
