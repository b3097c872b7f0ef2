//! The tables in `docs/performance.md`, which are written from stored results only.

use crate::results::Results;
use crate::{observation, report, sessions};
use anyhow::{Context as _, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs;
use std::path::{Path, PathBuf};

/// Where complete runs are stored.
pub fn results_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("results")
}

/// Reads stored results.
fn load<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("reading {}", path.display()))
}

/// Stores results as JSON, and their report as Markdown beside it.
pub fn store(results: &impl Serialize, report: &str, json: &Path) -> Result<()> {
    if let Some(dir) = json.parent() {
        fs::create_dir_all(dir)?;
    }
    let mut text = serde_json::to_string(results)?;
    // One row a line: a diff then shows which programs changed.
    for first in ["name", "measure", "figure", "held"] {
        let row = format!("{{\"{first}\"");
        text = text.replace(&row, &format!("\n{row}"));
    }
    text.push('\n');
    fs::write(json, text).with_context(|| format!("writing {}", json.display()))?;
    let markdown = json.with_extension("md");
    fs::write(&markdown, report).with_context(|| format!("writing {}", markdown.display()))
}

/// Carries the stored results into `docs/performance.md`, where each has a place; returns the file's
/// path. `main` is where the comparison of the two engines is stored.
pub fn update(main: &Path) -> Result<PathBuf> {
    let results: Results = load(main)?;
    let observed: Results = load(&results_dir().join("observation.json"))?;
    let sessions: sessions::Results = load(&results_dir().join("sessions.json"))?;
    let reports = [
        ("bench", report::markdown(&results)),
        ("bench observation", observation::markdown(&observed)),
        ("bench sessions", sessions::markdown(&sessions)),
    ];
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/performance.md");
    let mut text =
        fs::read_to_string(&page).with_context(|| format!("reading {}", page.display()))?;
    for (mark, report) in reports {
        text = replace(&text, mark, &report)
            .with_context(|| format!("{} lacks the marks `{mark}`", page.display()))?;
    }
    fs::write(&page, text)?;
    Ok(page)
}

/// Puts a report between two marks of a page.
fn replace(page: &str, mark: &str, report: &str) -> Option<String> {
    let begin = format!("<!-- {mark}: begin -->\n");
    let end = format!("<!-- {mark}: end -->\n");
    let (before, rest) = page.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}\n{report}\n{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let page = "intro\n<!-- bench: begin -->\nold\n<!-- bench: end -->\nmethod\n";
        assert_eq!(
            replace(page, "bench", "new").unwrap(),
            "intro\n<!-- bench: begin -->\n\nnew\n<!-- bench: end -->\nmethod\n"
        );
        assert_eq!(replace(page, "other", "new"), None);
    }
}
