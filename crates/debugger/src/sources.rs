//! Finding the text of source files.
//!
//! A compiler writes down where it found a file, on the machine where it ran. Here the file may be
//! elsewhere: so there are substitutions, and folders to look in.

use crate::files::{Files, reason};
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// Larger files are no source code that people wrote.
const LARGEST: u64 = 32 << 20;
/// A file whose path has been replaced in a module is looked for under at most so many shorter paths.
const MOST_SUFFIXES: usize = 32;

/// How source files are found.
pub struct Sources {
    files: Arc<dyn Files>,
    substitutions: Vec<(String, String)>,
    folders: Vec<PathBuf>,
    kept: Mutex<HashMap<PathBuf, Arc<SourceText>>>,
}

/// A source file.
#[derive(Debug)]
pub struct SourceText {
    path: PathBuf,
    modified: Option<SystemTime>,
    text: String,
    /// Where lines are, without what ends them.
    lines: Vec<Range<usize>>,
}

/// Why there is no text of a source file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// There is no such file in any of the places where it could be.
    #[error("the source file {file} is not to be found here")]
    NotFound {
        /// The file, as the compiler named it.
        file: String,
    },
    /// It is there, but cannot be read.
    #[error("cannot read {}: {reason}", .path.display())]
    Unreadable {
        /// Where it is.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
}

impl Sources {
    pub(crate) fn new(files: Arc<dyn Files>) -> Sources {
        Sources {
            files,
            substitutions: Vec::new(),
            folders: Vec::new(),
            kept: Mutex::default(),
        }
    }

    /// Has files whose paths begin with `from` be looked for at `to` instead, first of all. Both are
    /// whole components of paths. Of several that match the one that was added last is meant.
    pub fn substitute(&mut self, from: impl Into<String>, to: impl Into<String>) {
        self.substitutions.push((from.into(), to.into()));
    }

    /// The substitutions, as they were added.
    pub fn substitutions(&self) -> &[(String, String)] {
        &self.substitutions
    }

    /// Takes back all substitutions.
    pub fn clear_substitutions(&mut self) {
        self.substitutions.clear();
    }

    /// Has files be looked for in a folder too, by as much of their path as is found there.
    pub fn add_folder(&mut self, folder: impl Into<PathBuf>) {
        self.folders.push(folder.into());
    }

    /// Where a source file is: `file` as the compiler named it, for a module whose own file is at
    /// `module`, if that is known. The current folder is looked in too.
    pub fn find(&self, file: &str, module: Option<&Path>) -> Option<PathBuf> {
        let mut places = self.places(file, module);
        places.find(|place| self.files.exists(place))
    }

    /// The text of a source file, found as by [`Sources::find`]. It is read again only when the file
    /// has changed.
    ///
    /// # Errors
    ///
    /// If there is no such file here, or it cannot be read.
    pub fn text(&self, file: &str, module: Option<&Path>) -> Result<Arc<SourceText>, SourceError> {
        let path = self
            .find(file, module)
            .ok_or_else(|| SourceError::NotFound {
                file: file.to_owned(),
            })?;
        let modified = self.files.modified(&path);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = kept.get(&path)
            && text.modified == modified
        {
            return Ok(Arc::clone(text));
        }
        let contents = self.files.read(&path, LARGEST);
        let contents = contents.map_err(|error| SourceError::Unreadable {
            path: path.clone(),
            reason: reason(&error),
        })?;
        let text = Arc::new(SourceText::new(path.clone(), modified, &contents));
        kept.insert(path, Arc::clone(&text));
        Ok(text)
    }

    /// Where a file may be, the likeliest places first.
    fn places(&self, file: &str, module: Option<&Path>) -> impl Iterator<Item = PathBuf> {
        let substitutions = self.substitutions.iter().rev();
        let mut places: Vec<PathBuf> = substitutions
            .filter_map(|(from, to)| Some(Path::new(to).join(below(file, from)?)))
            .collect();
        let plain = Path::new(file);
        places.push(plain.to_path_buf());
        let folders = module.and_then(Path::parent).map(Path::ancestors);
        let folders: Vec<&Path> = folders.into_iter().flatten().collect();
        if !plain.has_root() {
            places.extend(folders.iter().map(|folder| folder.join(file)));
        }
        for folder in &self.folders {
            places.extend(suffixes(file, 1).map(|suffix| folder.join(suffix)));
        }
        // One name says too little to take any file of that name for this one.
        let near = folders.first().copied().into_iter().chain([Path::new("")]);
        for folder in near {
            places.extend(suffixes(file, 2).map(|suffix| folder.join(suffix)));
        }
        places.into_iter()
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources")
            .field("substitutions", &self.substitutions)
            .field("folders", &self.folders)
            .finish_non_exhaustive()
    }
}

/// What is left of a path below a folder, if it is below that.
fn below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    let folder = folder.trim_end_matches(['/', '\\']);
    let rest = path.strip_prefix(folder)?;
    match rest.strip_prefix(['/', '\\']) {
        Some(rest) => Some(rest.trim_start_matches(['/', '\\'])),
        None => rest.is_empty().then_some(rest),
    }
}

/// A path without its first components, the longest first, down to so many components. None of them
/// leads upwards.
fn suffixes(file: &str, least: usize) -> impl Iterator<Item = String> {
    let components: Vec<&str> = file
        .split(['/', '\\'])
        .filter(|component| !matches!(*component, "" | "."))
        .collect();
    let downwards = components
        .iter()
        .rposition(|component| *component == "..")
        .map_or(0, |up| up + 1);
    let first = downwards.max(components.len().saturating_sub(MOST_SUFFIXES));
    let count = (components.len() + 1).saturating_sub(first + least);
    (first..first + count).map(move |first| components[first..].join("/"))
}

impl SourceText {
    fn new(path: PathBuf, modified: Option<SystemTime>, contents: &[u8]) -> SourceText {
        let text = String::from_utf8_lossy(contents).into_owned();
        let mut lines = Vec::new();
        let mut begin = 0;
        for line in text.split_inclusive('\n') {
            let ended = line.strip_suffix('\n').unwrap_or(line);
            let ended = ended.strip_suffix('\r').unwrap_or(ended);
            lines.push(begin..begin + ended.len());
            begin += line.len();
        }
        SourceText {
            path,
            modified,
            text,
            lines,
        }
    }

    /// One that is not a file but part of debug information.
    pub(crate) fn embedded(file: &str, text: &str) -> SourceText {
        SourceText::new(PathBuf::from(file), None, text.as_bytes())
    }

    /// Where it was found.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All of it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A line, counted from 1.
    pub fn line(&self, number: u32) -> Option<&str> {
        let index = (number as usize).checked_sub(1)?;
        self.text.get(self.lines.get(index)?.clone())
    }

    /// How many lines it has.
    pub fn num_lines(&self) -> u32 {
        self.lines.len() as u32
    }

    /// Whether it was written after a module was, whose lines are then likely others.
    pub fn is_newer_than(&self, module: Option<SystemTime>) -> bool {
        matches!((self.modified, module), (Some(source), Some(module)) if source > module)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use std::collections::BTreeMap;
    use std::io;
    use std::time::Duration;

    /// Files that exist in this test only, with when they were written.
    #[derive(Default)]
    struct Invented(BTreeMap<&'static str, (&'static str, u64)>);

    impl Files for Invented {
        fn read(&self, path: &Path, _: u64) -> io::Result<Bytes> {
            let file = self.0.get(path.to_str().unwrap());
            let (text, _) = file.ok_or(io::ErrorKind::NotFound)?;
            Ok(Bytes::from_static(text.as_bytes()))
        }

        fn modified(&self, path: &Path) -> Option<SystemTime> {
            let (_, seconds) = self.0.get(path.to_str()?)?;
            Some(SystemTime::UNIX_EPOCH + Duration::from_secs(*seconds))
        }

        fn exists(&self, path: &Path) -> bool {
            self.0.contains_key(path.to_str().unwrap())
        }
    }

    fn sources(files: &[&'static str]) -> Sources {
        let files = files.iter().map(|path| (*path, ("a\r\nb\n\nc", 7)));
        Sources::new(Arc::new(Invented(files.collect())))
    }

    #[test]
    fn a_file_is_found_where_it_was_or_was_moved_to() {
        let module = Some(Path::new("/repo/tests/guests/crash/crash.wasm"));
        let find = |sources: &Sources, file| sources.find(file, module);
        let mut there = sources(&["/src/a.c", "/repo/tests/guests/crash/crash.c", "x/src/b.c"]);
        assert_eq!(find(&there, "/src/a.c"), Some("/src/a.c".into()));
        let crash = Some("/repo/tests/guests/crash/crash.c".into());
        assert_eq!(find(&there, "tests/guests/crash/crash.c"), crash);
        assert_eq!(find(&there, "/elsewhere/guests/a.c"), None);
        there.substitute("/elsewhere", "/wrong");
        there.substitute("/elsewhere/guests/", "/src");
        assert_eq!(
            find(&there, "/elsewhere/guests/a.c"),
            Some("/src/a.c".into())
        );
        assert_eq!(find(&there, "/elsewhere/guestsa.c"), None);
        assert_eq!(find(&there, "/build/x/src/b.c"), Some("x/src/b.c".into()));
        assert_eq!(find(&there, "/build/y/a.c"), None, "a name alone");
        there.add_folder("/src");
        assert_eq!(find(&there, "/build/y/a.c"), Some("/src/a.c".into()));
        assert_eq!(find(&there, "C:\\y\\a.c"), Some("/src/a.c".into()));
        assert_eq!(find(&there, "../../secret"), None);
    }

    #[test]
    fn paths_get_shorter_without_leading_upwards() {
        let all = |file, least| suffixes(file, least).collect::<Vec<_>>();
        assert_eq!(all("/a/./b/c", 1), ["a/b/c", "b/c", "c"]);
        assert_eq!(all("/a/b/c", 2), ["a/b/c", "b/c"]);
        assert_eq!(all("a/../b/c", 1), ["b/c", "c"]);
        assert!(all("..", 1).is_empty());
        assert!(all("", 1).is_empty());
    }

    #[test]
    fn lines_are_told_without_their_ends() {
        let sources = sources(&["/a.c"]);
        let text = sources.text("/a.c", None).unwrap();
        assert_eq!(text.num_lines(), 4);
        let lines: Vec<_> = (0..=5).map(|number| text.line(number)).collect();
        assert_eq!(
            lines,
            [None, Some("a"), Some("b"), Some(""), Some("c"), None]
        );
    }

    #[test]
    fn a_source_that_is_newer_than_its_module_is_told() {
        let sources = sources(&["/a.c"]);
        let text = sources.text("/a.c", None).unwrap();
        let at = |seconds| Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        assert!(text.is_newer_than(at(6)));
        assert!(!text.is_newer_than(at(7)));
        assert!(!text.is_newer_than(None));
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = sources(&[]).text("/a.c", None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the source file /a.c is not to be found here"
        );
    }
}
