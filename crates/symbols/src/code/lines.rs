//! Which line of which file an address belongs to.

use crate::dwarf::ranges::CodeRange;
use crate::dwarf::reader::Reader;
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
/// for code that belongs to no line. There are as many rows as instructions of optimized code, so
/// they are packed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) address: u32,
    /// The line, and above it two flags.
    line_and_flags: u32,
    file: u16,
    column: u16,
}

const STATEMENT: u32 = 1 << 31;
const PROLOGUE_END: u32 = 1 << 30;

impl Row {
    /// A row; lines, files and columns larger than any compiler counts are taken for unknown.
    pub(crate) fn new(address: u32, file: u64, line: u64, column: u64) -> Row {
        let line = u32::try_from(line).unwrap_or(0);
        Row {
            address,
            line_and_flags: if line < PROLOGUE_END { line } else { 0 },
            file: u16::try_from(file).unwrap_or(u16::MAX),
            column: u16::try_from(column).unwrap_or(0),
        }
    }

    /// The same row, as the beginning of a statement, or the end of a prologue.
    pub(crate) fn marked(mut self, statement: bool, prologue_end: bool) -> Row {
        self.line_and_flags |= if statement { STATEMENT } else { 0 };
        self.line_and_flags |= if prologue_end { PROLOGUE_END } else { 0 };
        self
    }

    pub(crate) fn file(&self) -> u64 {
        u64::from(self.file)
    }

    pub(crate) fn line(&self) -> u32 {
        self.line_and_flags & (PROLOGUE_END - 1)
    }

    /// The column, counted from 1.
    pub(crate) fn column(&self) -> Option<u32> {
        (self.line() > 0 && self.column > 0).then_some(u32::from(self.column))
    }

    /// Whether a statement begins here that a line is known of: a place to stop at.
    pub(crate) fn is_statement(&self) -> bool {
        self.line_and_flags & STATEMENT != 0 && self.line() > 0
    }

    pub(crate) fn is_prologue_end(&self) -> bool {
        self.line_and_flags & PROLOGUE_END != 0
    }
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
        let column = match row.column() {
            gimli::ColumnType::LeftEdge => 0,
            gimli::ColumnType::Column(column) => column.get(),
        };
        let new = Row::new(
            u32::try_from(row.address()).unwrap_or(u32::MAX),
            row.file_index(),
            row.line().map_or(0, |line| line.get()),
            column,
        )
        .marked(row.is_stmt(), row.prologue_end());
        // Of several rows for one address the last is right: the others cover no code. But of a
        // statement that begins here more is known than that it covers none.
        match self.rows[first..].last_mut() {
            Some(last) if last.address == new.address => {
                let prologue_end = last.is_prologue_end();
                let same = (last.file, last.line()) == (new.file, new.line());
                let begins = last.is_statement();
                if begins && !same && !new.is_statement() {
                    self.rows.push(new);
                } else {
                    *last = new.marked(begins && same, prologue_end);
                }
            }
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

    /// All rows, one sequence after the other.
    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The rows whose code begins in a range, by address.
    pub(crate) fn rows_in(&self, range: CodeRange) -> impl Iterator<Item = &Row> {
        let first = self
            .sequences
            .partition_point(|sequence| sequence.begin <= range.begin)
            .saturating_sub(1);
        self.sequences[first..]
            .iter()
            .take_while(move |sequence| sequence.begin < range.end)
            .flat_map(move |sequence| {
                let rows = &self.rows[sequence.rows.clone()];
                let begin = rows.partition_point(|row| row.address < range.begin);
                let end = rows.partition_point(|row| row.address < range.end);
                &rows[begin..end.max(begin)]
            })
    }

    /// The code of the sequence that an address is in.
    pub(crate) fn sequence(&self, address: u32) -> Option<CodeRange> {
        let after = self
            .sequences
            .partition_point(|sequence| sequence.begin <= address);
        let sequence = self.sequences[..after].last().filter(|s| address < s.end)?;
        CodeRange::new(sequence.begin.into(), sequence.end.into())
    }

    /// A table of rows that are sorted by address, cut into sequences where functions begin and
    /// end: `functions` are sorted too.
    pub(crate) fn from_rows(sorted: &[Row], functions: &[CodeRange]) -> Lines {
        let mut lines = Lines::default();
        for function in functions {
            let begin = sorted.partition_point(|row| row.address < function.begin);
            let end = sorted.partition_point(|row| row.address < function.end);
            let first = lines.rows.len();
            lines.rows.extend_from_slice(&sorted[begin..end.max(begin)]);
            lines.end_sequence(first, function.end.into());
        }
        lines
    }
}
