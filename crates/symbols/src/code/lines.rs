//! Which line of which file an address belongs to.

use super::paths;
use crate::dwarf::UnitRef;
use crate::dwarf::reader::Reader;
use gimli::Reader as _;
use std::ops::Range;

/// The line table of a unit.
#[derive(Default)]
pub(crate) struct Lines {
    /// Sorted by where they begin.
    sequences: Vec<Sequence>,
    rows: Vec<Row>,
}

/// Consecutive code; its rows are sorted by address.
struct Sequence {
    begin: u32,
    end: u32,
    rows: Range<usize>,
}

/// The place in the source of the code from `address` to that of the next row. Line zero stands
/// for code that belongs to no line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    address: u32,
    pub(crate) file: u32,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Lines {
    pub(crate) fn read(unit: &gimli::Unit<Reader>) -> gimli::Result<Lines> {
        let mut lines = Lines::default();
        let Some(program) = unit.line_program.clone() else {
            return Ok(lines);
        };
        let mut rows = program.rows();
        let mut first = 0;
        while let Some((_, row)) = rows.next_row()? {
            if row.end_sequence() {
                lines.end_sequence(first, row.address());
                first = lines.rows.len();
            } else {
                lines.push(first, row);
            }
        }
        lines.rows.truncate(first);
        lines
            .sequences
            .sort_unstable_by_key(|sequence| sequence.begin);
        Ok(lines)
    }

    fn push(&mut self, first: usize, row: &gimli::LineRow) {
        let small = |number: u64| u32::try_from(number).unwrap_or(0);
        let new = Row {
            address: u32::try_from(row.address()).unwrap_or(u32::MAX),
            file: small(row.file_index()),
            line: small(row.line().map_or(0, |line| line.get())),
            column: match row.column() {
                gimli::ColumnType::LeftEdge => 0,
                gimli::ColumnType::Column(column) => small(column.get()),
            },
        };
        // Of several rows for one address the last is right: the others cover no code.
        match self.rows[first..].last_mut() {
            Some(last) if last.address == new.address => *last = new,
            _ => self.rows.push(new),
        }
    }

    /// Keeps the rows from `first` on as a sequence, if it is one that code can have.
    fn end_sequence(&mut self, first: usize, end: u64) {
        let rows = &self.rows[first..];
        let begin = rows.first().map_or(0, |row| row.address);
        let end = u32::try_from(end).unwrap_or(0);
        // A sequence at zero is one of a dropped function; see `CodeRange::new`.
        if begin > 0 && begin < end && rows.is_sorted_by_key(|row| row.address) {
            self.sequences.push(Sequence {
                begin,
                end,
                rows: first..self.rows.len(),
            });
        } else {
            self.rows.truncate(first);
        }
    }

    /// The row for this address.
    pub(crate) fn find(&self, address: u32) -> Option<Row> {
        let after = self
            .sequences
            .partition_point(|sequence| sequence.begin <= address);
        let sequence = self.sequences[..after].last().filter(|s| address < s.end)?;
        let rows = &self.rows[sequence.rows.clone()];
        let after = rows.partition_point(|row| row.address <= address);
        rows[..after].last().copied()
    }
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
