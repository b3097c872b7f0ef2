//! From lines to code: where breakpoints of a line belong.

use super::files::WantedFiles;
use super::statements::{Statement, Statements};
use crate::{Symbols, SymbolsError};
use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use std::sync::Arc;

/// A place in code that stands for a line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinePlace {
    /// The instruction, as an offset in the module file.
    pub wasm_pc: u32,
    /// The name of the function whose code it is in, as in [`SourceFrame`](crate::SourceFrame).
    pub function: Option<String>,
    /// Path of the file, as in [`SourceLocation`](crate::SourceLocation).
    pub file: Arc<str>,
    /// The line that the code belongs to: that which was asked for, or one after it.
    pub line: u32,
    /// The column in bytes, counted from 1. `None` if the compiler did not say.
    pub column: Option<u32>,
    /// Whether it is in a call that was inlined into the function.
    pub inlined: bool,
}

/// A line that has code, and a column on it where a statement begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BreakpointLine {
    /// The line, counted from 1.
    pub line: u32,
    /// The column in bytes, counted from 1. `None` if the compiler did not say.
    pub column: Option<u32>,
}

impl Symbols {
    /// Where breakpoints for a line belong, by place. `file` is a path as
    /// [`path_matches`](crate::path_matches) takes it; all files are meant that match.
    ///
    /// A line without code stands for the next line that has some, in the same function if the line is
    /// within one. There is a place for each function that has code of the line, and for each
    /// inlined copy and each scope in it; where the line is the one that a function begins with, the place
    /// is behind the function's prologue. There is none if the file is not known, or ends before the line.
    ///
    /// # Errors
    ///
    /// If the debug information of a function concerned is damaged, or to read all line tables
    /// takes too much work.
    pub fn line_places(&self, file: &str, line: u32) -> Result<Vec<LinePlace>, SymbolsError> {
        self.places(file, line, None)
    }

    /// Where breakpoints for a column of a line belong, as [`Symbols::line_places`]: of the
    /// statements on the line those that begin there, or else next behind it. If there is none, or the
    /// line has no code, the column does not count.
    ///
    /// # Errors
    ///
    /// As for [`Symbols::line_places`].
    pub fn column_places(
        &self,
        file: &str,
        line: u32,
        column: u32,
    ) -> Result<Vec<LinePlace>, SymbolsError> {
        self.places(file, line, Some(column))
    }

    /// The lines in a range that have code, with the columns where statements begin, sorted. All
    /// files are meant that match, as for [`Symbols::line_places`].
    ///
    /// # Errors
    ///
    /// If to read all line tables takes too much work.
    pub fn breakpoint_lines(
        &self,
        file: &str,
        lines: Range<u32>,
    ) -> Result<Vec<BreakpointLine>, SymbolsError> {
        self.begin_request();
        let mut found = BTreeSet::new();
        let wanted = self.source_files()?.matching(file);
        let read = self.each_row(&wanted, &mut |_, row| {
            if lines.contains(&row.line()) {
                let (line, column) = (row.line(), row.column());
                found.insert(BreakpointLine { line, column });
            }
        });
        read.map_err(|error| self.explain(error))?;
        Ok(found.into_iter().collect())
    }

    fn places(
        &self,
        file: &str,
        line: u32,
        column: Option<u32>,
    ) -> Result<Vec<LinePlace>, SymbolsError> {
        self.begin_request();
        let files = self.source_files()?.matching(file);
        let wanted = Wanted { line, column };
        let places = self.find_places(&files, wanted);
        places.map_err(|error| self.explain(error))
    }

    fn find_places(&self, files: &[WantedFiles], wanted: Wanted) -> gimli::Result<Vec<LinePlace>> {
        let Some(wanted) = self.line_with_code(files, wanted)? else {
            return Ok(Vec::new());
        };
        let mut places: Vec<LinePlace> = Vec::new();
        for (files, statements) in self.functions_at(files, wanted.line)? {
            places.extend(places_in(&statements, files, wanted));
        }
        places.sort_by_key(|place| place.wasm_pc);
        places.dedup_by_key(|place| place.wasm_pc);
        Ok(places)
    }

    /// The line itself if it has code, else the one that it stands for.
    fn line_with_code(
        &self,
        files: &[WantedFiles],
        wanted: Wanted,
    ) -> gimli::Result<Option<Wanted>> {
        let mut columns = BTreeSet::new();
        let mut before = 0;
        let mut after = None;
        self.each_row(files, &mut |_, row| {
            if row.line() == wanted.line {
                columns.insert(row.column().unwrap_or(0));
            } else if row.line() < wanted.line {
                before = before.max(row.line());
            } else {
                let line = row.line();
                after = Some(after.map_or(line, |after: u32| after.min(line)));
            }
        })?;
        if !columns.is_empty() {
            let column = wanted
                .column
                .and_then(|column| columns.range(column..).next());
            return Ok(Some(Wanted {
                line: wanted.line,
                column: column.copied(),
            }));
        }
        let within = match before {
            0 => None,
            before => self.next_line_within(files, before, wanted.line)?,
        };
        let line = within.or(after);
        Ok(line.map(|line| Wanted { line, column: None }))
    }

    /// The next line after `line` of the functions that have code of the line `before`: if there
    /// is any, then `line` is within such a function.
    fn next_line_within(
        &self,
        files: &[WantedFiles],
        before: u32,
        line: u32,
    ) -> gimli::Result<Option<u32>> {
        let mut next: Option<u32> = None;
        for (files, statements) in self.functions_at(files, before)? {
            let of_file = statements.statements.iter();
            let of_file = of_file.filter(|statement| files.contains(statement.file_index));
            let calls: HashSet<usize> = of_file
                .clone()
                .filter(|statement| statement.line == before)
                .map(|statement| statement.call)
                .collect();
            for statement in of_file {
                let is_next = next.is_none_or(|next| statement.line < next);
                if statement.line > line && is_next && calls.contains(&statement.call) {
                    next = Some(statement.line);
                }
            }
        }
        Ok(next)
    }

    /// The functions that have code of a line, each once for each line table.
    fn functions_at<'f>(
        &self,
        files: &'f [WantedFiles],
        line: u32,
    ) -> gimli::Result<Vec<(&'f WantedFiles, Arc<Statements>)>> {
        let mut found: Vec<(&WantedFiles, Arc<Statements>)> = Vec::new();
        for files in files {
            let mut addresses = Vec::new();
            self.each_row(std::slice::from_ref(files), &mut |_, row| {
                if row.line() == line {
                    addresses.push(row.address);
                }
            })?;
            addresses.sort_unstable();
            for address in addresses {
                let pc = self.wasm_pc(address);
                // Rows of one function follow each other.
                let is_known = |(_, last): &(_, Arc<Statements>)| {
                    last.table == files.table && last.contains(pc)
                };
                if !found.last().is_some_and(is_known)
                    && let Some(statements) = self.statements_in(files.table, address)?
                {
                    found.push((files, statements));
                }
            }
        }
        Ok(found)
    }

    /// Calls `each` with the rows of these files at which statements begin.
    fn each_row(
        &self,
        files: &[WantedFiles],
        each: &mut dyn FnMut(&WantedFiles, &super::lines::Row),
    ) -> gimli::Result<()> {
        for files in files {
            let rows = self.table_lines(files.table)?.rows();
            self.spend(rows.len() / 8)?;
            for row in rows {
                if row.is_statement() && files.contains(row.file()) {
                    each(files, row);
                }
            }
        }
        Ok(())
    }
}

/// A line, and a column if one is meant.
#[derive(Clone, Copy)]
struct Wanted {
    line: u32,
    column: Option<u32>,
}

impl Wanted {
    fn is_at(self, statement: &Statement) -> bool {
        let column = statement.column.unwrap_or(0);
        statement.line == self.line && self.column.is_none_or(|wanted| column == wanted)
    }
}

/// The places of a line in one function: the first of each block.
fn places_in(statements: &Statements, files: &WantedFiles, wanted: Wanted) -> Vec<LinePlace> {
    let mut blocks = HashSet::new();
    let mut places = Vec::new();
    for statement in &statements.statements {
        if !files.contains(statement.file_index)
            || !wanted.is_at(statement)
            || !blocks.insert(statement.block)
        {
            continue;
        }
        let mut place = LinePlace {
            wasm_pc: statement.wasm_pc,
            function: statements.function.clone(),
            file: statement.file.clone(),
            line: statement.line,
            column: statement.column,
            inlined: statement.call > 0,
        };
        if statement.call == 0 && statement.wasm_pc == statements.entry {
            place.wasm_pc = statements.body;
            if let Some((file, line, column)) = statements.source_at(statements.body) {
                (place.file, place.line, place.column) = (file, line, column);
            }
        }
        places.push(place);
    }
    places
}
