//! Reads `excluded.txt`, the one list of what is not expected to hold.
//!
//! A line is `set/file[:first[-last]] reason`; lines that start with `#` are comments. Without
//! line numbers the whole file is excluded. An entry that is no longer needed is a failure.

use crate::sets::Set;

/// An entry of the list.
#[derive(Debug)]
pub struct Excluded {
    /// `set/file`.
    pub file: String,
    /// The lines on which excluded directives start; `None` for the whole file.
    pub lines: Option<(usize, usize)>,
}

/// Reads the list and checks that it names files that exist.
pub fn read(sets: &[Set]) -> Result<Vec<Excluded>, String> {
    let entries: Vec<Excluded> = include_str!("excluded.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| parse(line).ok_or_else(|| format!("excluded.txt: cannot read {line:?}")))
        .collect::<Result<_, _>>()?;
    for entry in &entries {
        let exists = sets
            .iter()
            .flat_map(|set| {
                set.files
                    .iter()
                    .map(move |file| format!("{}/{}", set.name, file.name))
            })
            .any(|name| name == entry.file);
        if !exists {
            return Err(format!("excluded.txt: there is no {}", entry.file));
        }
    }
    Ok(entries)
}

fn parse(line: &str) -> Option<Excluded> {
    let (place, reason) = line.split_once(' ')?;
    if reason.trim().is_empty() {
        return None;
    }
    let Some((file, lines)) = place.split_once(':') else {
        return Some(Excluded {
            file: place.into(),
            lines: None,
        });
    };
    let (first, last) = lines.split_once('-').unwrap_or((lines, lines));
    Some(Excluded {
        file: file.into(),
        lines: Some((first.parse().ok()?, last.parse().ok()?)),
    })
}
