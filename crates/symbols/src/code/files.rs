//! The source files that code comes from, and which of them is meant by what users type.

use super::lines::Lines;
use super::paths;
use crate::dwarf::UnitRef;
use crate::dwarf::units::Unit;
use crate::{Symbols, SymbolsError};
use gimli::Reader as _;
use std::collections::HashMap;
use std::sync::Arc;

/// The files of all line tables. Those that no code comes from are not among them.
pub(crate) struct SourceFiles {
    paths: Vec<Arc<str>>,
    /// For each table, which of the paths its numbers of files stand for.
    tables: Vec<TableFiles>,
}

struct TableFiles {
    table: Table,
    /// By the number of the file in the table.
    paths: Box<[Option<u32>]>,
}

/// Which line table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    /// That of a unit.
    Unit(u32),
    /// That made of the source map.
    Map,
}

/// The files that are meant by a name, as numbers in one line table.
pub(crate) struct WantedFiles {
    pub(crate) table: Table,
    wanted: Box<[bool]>,
}

impl WantedFiles {
    /// Whether a file of the table is meant.
    pub(crate) fn contains(&self, file: u64) -> bool {
        let index = usize::try_from(file).ok();
        index.is_some_and(|index| self.wanted.get(index) == Some(&true))
    }
}

impl SourceFiles {
    fn add(
        &mut self,
        known: &mut HashMap<Arc<str>, u32>,
        table: Table,
        lines: &Lines,
        path: impl Fn(u64) -> Option<Arc<str>>,
    ) {
        let mut files: Vec<bool> = Vec::new();
        for row in lines.rows().iter().filter(|row| row.line() > 0) {
            let file = row.file() as usize;
            if files.len() <= file {
                files.resize(file + 1, false);
            }
            files[file] = true;
        }
        let paths = files.iter().enumerate().map(|(file, &used)| {
            let path = used.then(|| path(file as u64)).flatten()?;
            let next = self.paths.len() as u32;
            let id = *known.entry(path.clone()).or_insert(next);
            if id == next {
                self.paths.push(path);
            }
            Some(id)
        });
        let paths = paths.collect();
        self.tables.push(TableFiles { table, paths });
    }

    /// The numbers that a path has in the tables.
    fn numbers(&self, wanted: &str) -> impl Iterator<Item = (Table, u64)> {
        let id = self.paths.iter().position(|path| **path == *wanted);
        let id = id.map(|id| id as u32);
        self.tables.iter().filter_map(move |files| {
            let number = files
                .paths
                .iter()
                .position(|path| path.is_some() && *path == id)?;
            Some((files.table, number as u64))
        })
    }

    /// Which files of which tables are meant by a name.
    pub(crate) fn matching(&self, typed: &str) -> Vec<WantedFiles> {
        let matches: Vec<bool> = self
            .paths
            .iter()
            .map(|path| path_matches(path, typed))
            .collect();
        let mut found = Vec::new();
        for TableFiles { table, paths } in &self.tables {
            let wanted = paths
                .iter()
                .map(|path| path.is_some_and(|path| matches[path as usize]));
            let wanted: Box<[bool]> = wanted.collect();
            if wanted.contains(&true) {
                let table = *table;
                found.push(WantedFiles { table, wanted });
            }
        }
        found
    }
}

impl Symbols {
    /// The paths of all source files that code comes from, sorted, as in
    /// [`SourceLocation::file`](crate::SourceLocation::file).
    ///
    /// # Errors
    ///
    /// If to read all line tables takes too much work. Units that are damaged have no files.
    pub fn files(&self) -> Result<Vec<Arc<str>>, SymbolsError> {
        self.begin_request();
        let mut paths = self.source_files()?.paths.clone();
        paths.sort_unstable();
        Ok(paths)
    }

    /// The text of a source file, if the debug information has that in it. `file` is a path as in
    /// [`Symbols::files`].
    ///
    /// # Errors
    ///
    /// If the debug information is damaged, or to read all line tables takes too much work.
    pub fn source_text(&self, file: &str) -> Result<Option<Arc<str>>, SymbolsError> {
        self.begin_request();
        for (table, number) in self.source_files()?.numbers(file) {
            let text = self.embedded_text(table, number);
            if let Some(text) = text.map_err(|error| self.explain(error))? {
                return Ok(Some(text));
            }
        }
        Ok(None)
    }

    fn embedded_text(&self, table: Table, number: u64) -> gimli::Result<Option<Arc<str>>> {
        let Some(unit) = self.table_unit(table) else {
            let map = self.source_map();
            let text = map.and_then(|map| map.texts.get(number as usize)?.clone());
            return Ok(text);
        };
        let program = unit.with_sections().unit.line_program.as_ref();
        let file = program.and_then(|program| program.header().file(number));
        match file.and_then(|file| file.source()) {
            // An empty text stands for one that is not there.
            Some(text) => Ok(Some(unit.string(text)?)
                .filter(|text| !text.is_empty())
                .map(Arc::from)),
            None => Ok(None),
        }
    }

    pub(crate) fn source_files(&self) -> Result<&SourceFiles, SymbolsError> {
        if let Some(files) = self.caches().files.get() {
            return Ok(files);
        }
        let mut known = HashMap::new();
        let mut files = SourceFiles {
            paths: Vec::new(),
            tables: Vec::new(),
        };
        let units = self.units().with_code();
        let mut tables: Vec<Table> = units.map(|unit| Table::Unit(unit.id)).collect();
        tables.extend(self.source_map().map(|_| Table::Map));
        for table in tables {
            if let Ok(lines) = self.table_lines(table) {
                let path = |file| self.table_path(table, file).ok().flatten();
                files.add(&mut known, table, lines, path);
            }
        }
        if self.is_exhausted() {
            return Err(SymbolsError::TooMuchWork);
        }
        Ok(self.caches().files.get_or_init(|| files))
    }

    /// The line table of a unit.
    pub(crate) fn table_lines(&self, table: Table) -> gimli::Result<&Lines> {
        match table {
            Table::Unit(unit) => self.units().all()[unit as usize].lines(),
            Table::Map => Ok(&self.source_map().ok_or(gimli::Error::MissingUnitDie)?.lines),
        }
    }

    /// The path of a file of a line table.
    pub(crate) fn table_path(&self, table: Table, file: u64) -> gimli::Result<Option<Arc<str>>> {
        match (self.table_unit(table), self.source_map()) {
            (Some(unit), _) => Ok(file_path(unit.with_sections(), file)?.map(Arc::from)),
            (None, Some(map)) => Ok(map.files.get(file as usize).cloned()),
            (None, None) => Ok(None),
        }
    }

    /// The unit that a line table belongs to. That of a source map belongs to none.
    pub(crate) fn table_unit(&self, table: Table) -> Option<&Unit> {
        match table {
            Table::Unit(unit) => self.units().all().get(unit as usize),
            Table::Map => None,
        }
    }
}

/// Whether a file is meant by what a user types: its last components (`main.c`, `src/main.c`),
/// as a whole each, or an absolute path. A file whose compiler was not told of more than the end of its
/// path is meant by each path that ends so.
///
/// Letters are taken as they are; `\\` separates components as `/` does.
///
/// ```
/// use trapline_symbols::path_matches;
///
/// assert!(path_matches("/project/src/main.c", "main.c"));
/// assert!(path_matches("/project/src/main.c", r"src\main.c"));
/// assert!(path_matches("src/main.c", "/project/src/main.c"));
/// assert!(!path_matches("/project/src/domain.c", "main.c"));
/// assert!(!path_matches("/project/src/main.c", "/other/src/main.c"));
/// ```
pub fn path_matches(path: &str, typed: &str) -> bool {
    let of_file = components(path);
    let of_user = components(typed);
    if of_user.is_empty() {
        return false;
    }
    match (paths::is_absolute(path), paths::is_absolute(typed)) {
        (true, true) => of_file == of_user,
        (false, true) => !of_file.is_empty() && of_user.ends_with(&of_file),
        (_, false) => of_file.ends_with(&of_user),
    }
}

/// The components of a path, without those that cancel each other. Whether a link makes `..` mean
/// something else is for a file system to say, which there is none of here.
fn components(path: &str) -> Vec<&str> {
    let mut components = Vec::new();
    for component in path.split(['/', '\\']) {
        match component {
            "" | "." => {}
            ".." => {
                components.pop();
            }
            component => components.push(component),
        }
    }
    components
}

/// The path of a file of the unit's line table, as its compiler named it.
pub(crate) fn file_path(unit: UnitRef<'_>, index: u64) -> gimli::Result<Option<String>> {
    let Some(program) = &unit.line_program else {
        return Ok(None);
    };
    let header = program.header();
    let Some(file) = header.file(index) else {
        return Ok(None);
    };
    let mut path = unit
        .attr_string(file.path_name())?
        .to_string_lossy()?
        .into_owned();
    if let Some(directory) = file.directory(header) {
        let directory = unit.attr_string(directory)?;
        path = paths::join(&directory.to_string_lossy()?, &path);
    }
    // Up to DWARF 4 the compilation directory is not among the table's own.
    if let Some(directory) = &unit.comp_dir
        && (header.version() >= 5 || file.directory_index() != 0)
    {
        path = paths::join(&directory.to_string_lossy()?, &path);
    }
    Ok(Some(paths::tidy(&path)))
}

#[cfg(test)]
mod tests {
    use super::path_matches;

    #[test]
    fn whole_components_are_compared_from_the_right() {
        assert!(path_matches("a/b/c.rs", "b/c.rs"));
        assert!(path_matches("a/b/c.rs", "./b//c.rs"));
        assert!(path_matches("a/x/../b/c.rs", "a/b/c.rs"));
        assert!(path_matches(r"C:\src\c.rs", "src/c.rs"));
        assert!(path_matches(r"C:\src\c.rs", "C:/src/c.rs"));
        assert!(!path_matches("a/b/c.rs", "B/c.rs"));
        assert!(!path_matches("b/c.rs", "a/b/c.rs"));
        assert!(!path_matches("a/b/c.rs", ""));
        assert!(!path_matches("a/b/c.rs", "/"));
        assert!(!path_matches("", "/c.rs"));
    }
}
