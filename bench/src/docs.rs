//! The table in `docs/performance.md`, which is written from stored results only.

use crate::report;
use crate::results::Results;
use anyhow::{Context as _, Result};
use std::fs;
use std::path::{Path, PathBuf};

const BEGIN: &str = "<!-- bench: begin -->\n";
const END: &str = "<!-- bench: end -->\n";

/// Where complete runs are stored.
pub fn results_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("results")
}

/// Reads stored results.
pub fn load(path: &Path) -> Result<Results> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("reading {}", path.display()))
}

/// Stores results as JSON, and as Markdown beside it.
pub fn store(results: &Results, json: &Path) -> Result<()> {
    if let Some(dir) = json.parent() {
        fs::create_dir_all(dir)?;
    }
    let mut text = serde_json::to_string(results)?;
    // One row a line: a diff then shows which programs changed.
    text = text
        .replace("{\"name\"", "\n{\"name\"")
        .replace("{\"measure\"", "\n{\"measure\"");
    text.push('\n');
    fs::write(json, text).with_context(|| format!("writing {}", json.display()))?;
    let markdown = json.with_extension("md");
    fs::write(&markdown, report::markdown(results))
        .with_context(|| format!("writing {}", markdown.display()))
}

/// Replaces the report in `docs/performance.md`; returns the file's path.
pub fn update(results: &Results) -> Result<PathBuf> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/performance.md");
    let old = fs::read_to_string(&page).with_context(|| format!("reading {}", page.display()))?;
    let new = replace(&old, &report::markdown(results))
        .with_context(|| format!("{} lacks the marks around its table", page.display()))?;
    fs::write(&page, new)?;
    Ok(page)
}

fn replace(page: &str, report: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{report}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let page = format!("intro\n{BEGIN}old\n{END}method\n");
        let page = replace(&page, "new").unwrap();
        assert_eq!(page, format!("intro\n{BEGIN}\nnew\n{END}method\n"));
        assert_eq!(replace("no marks", "new"), None);
    }
}
