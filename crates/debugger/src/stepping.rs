//! Where steps by line end.
//!
//! A function's code is a list of *rows*, each the beginning of a run of code with its place in the
//! source, and with the *inlined calls* that it is in, outermost first. A step is made from a
//! [`Position`]: a line, and the inlined calls that the user is in, which may be fewer than those that
//! the code is in: at the beginning of an inlined call the user has not entered it yet.
//!
//! Seen from outside of an inlined call all of its code is on one line, that of the call. So whether
//! a row is on another line than a position is decided where both are still in the same calls:
//!
//! ```text
//!   position:  main > f, line 7          row:  main > g, line 20, g called on line 3
//!   what they share:  main               seen from there:  f's call on line 2; g's on line 3
//! ```
//!
//! They differ, so the row ends a step over, in `main` on line 3, and another step in enters `g`.

use std::sync::Arc;

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) file: Arc<str>,
    pub(crate) line: u32,
}

/// A call that the compiler has inlined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InlinedCall {
    /// Tells it from the others in the function.
    pub(crate) id: u64,
    /// Where the call is.
    pub(crate) call: Option<Line>,
}

/// The beginning of a run of code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) wasm_pc: u32,
    /// Its line; `None` if it belongs to none.
    pub(crate) line: Option<Line>,
    /// Whether a statement begins with it.
    pub(crate) is_statement: bool,
    /// The inlined calls around it, outermost first.
    pub(crate) calls: Arc<[InlinedCall]>,
}

/// The code of a function.
#[derive(Clone, Debug, Default)]
pub(crate) struct FunctionCode {
    /// In ascending order of their places.
    pub(crate) rows: Vec<Row>,
    /// Where the function's body begins, after what sets up its frame.
    pub(crate) body: Option<u32>,
}

/// Where the user is in a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    line: Option<Line>,
    calls: Vec<InlinedCall>,
}

impl Row {
    /// The line as it is seen from within the first `depth` of its inlined calls.
    pub(crate) fn seen_from(&self, depth: usize) -> Option<&Line> {
        match self.calls.get(depth) {
            Some(call) => call.call.as_ref(),
            None => self.line.as_ref(),
        }
    }
}

impl Position {
    fn seen_from(&self, depth: usize) -> Option<&Line> {
        match self.calls.get(depth) {
            Some(call) => call.call.as_ref(),
            None => self.line.as_ref(),
        }
    }

    /// How many inlined calls a row and the position are both in.
    pub(crate) fn shared(&self, row: &Row) -> usize {
        let calls = self.calls.iter().zip(row.calls.iter());
        calls.take_while(|(a, b)| a.id == b.id).count()
    }

    /// Whether a row is on another line.
    fn is_elsewhere(&self, row: &Row) -> bool {
        let depth = self.shared(row);
        let there = row.seen_from(depth);
        there.is_some() && there != self.seen_from(depth)
    }

    /// Whether a row is in an inlined call that is made on the position's line.
    fn is_called(&self, row: &Row) -> bool {
        let depth = self.shared(row);
        depth == self.calls.len() && row.calls.len() > depth && !self.is_elsewhere(row)
    }
}

impl FunctionCode {
    /// The file that its body is in.
    pub(crate) fn file(&self) -> Option<&str> {
        let line = self.row(self.body?)?.seen_from(0)?;
        Some(&line.file)
    }

    /// Whether anything is known of the function's source.
    pub(crate) fn has_lines(&self) -> bool {
        self.rows.iter().any(|row| row.line.is_some())
    }

    /// Has rows begin with the next of these instructions. They do, unless what describes them is damaged.
    pub(crate) fn align(&mut self, instructions: &[u32]) {
        let next = |wasm_pc: u32| {
            let before = instructions.partition_point(|instruction| *instruction < wasm_pc);
            instructions.get(before).copied()
        };
        self.rows.retain_mut(|row| {
            let at = next(row.wasm_pc);
            row.wasm_pc = at.unwrap_or(row.wasm_pc);
            at.is_some()
        });
        self.body = self.body.and_then(next);
    }

    /// The row that an instruction belongs to.
    pub(crate) fn row(&self, wasm_pc: u32) -> Option<&Row> {
        let after = self.rows.partition_point(|row| row.wasm_pc <= wasm_pc);
        self.rows[..after].last()
    }

    /// The position at an instruction, of a user who is in the first `depth` of the inlined calls there.
    pub(crate) fn position(&self, wasm_pc: u32, depth: usize) -> Position {
        let row = self.row(wasm_pc);
        let calls = row.map_or(&[][..], |row| &row.calls);
        Position {
            line: row.and_then(|row| row.seen_from(depth).cloned()),
            calls: calls[..depth.min(calls.len())].to_vec(),
        }
    }

    /// How many inlined calls are around an instruction.
    pub(crate) fn depth(&self, wasm_pc: u32) -> usize {
        self.row(wasm_pc).map_or(0, |row| row.calls.len())
    }

    /// Whether a statement begins at an instruction.
    pub(crate) fn begins_statement(&self, wasm_pc: u32) -> bool {
        self.row(wasm_pc)
            .is_some_and(|row| row.wasm_pc == wasm_pc && row.is_statement)
    }

    /// Where statements on other lines begin.
    pub(crate) fn elsewhere(&self, position: &Position) -> Vec<u32> {
        self.statements(|row| position.is_elsewhere(row))
    }

    /// Where inlined calls are entered that are made on the position's line.
    pub(crate) fn inlined_calls(&self, position: &Position) -> Vec<u32> {
        self.statements(|row| position.is_called(row))
    }

    /// Where statements begin that are outside of the innermost of the position's inlined calls.
    pub(crate) fn outside(&self, position: &Position) -> Vec<u32> {
        self.statements(|row| position.shared(row) < position.calls.len())
    }

    /// Where statements begin.
    pub(crate) fn all(&self) -> Vec<u32> {
        self.statements(|_| true)
    }

    /// Whether an instruction is on the line of a position, or on none.
    pub(crate) fn is_here(&self, position: &Position, wasm_pc: u32) -> bool {
        self.row(wasm_pc)
            .is_none_or(|row| !position.is_elsewhere(row))
    }

    fn statements(&self, is_meant: impl Fn(&Row) -> bool) -> Vec<u32> {
        let rows = self.rows.iter();
        rows.filter(|row| row.is_statement && row.line.is_some() && is_meant(row))
            .map(|row| row.wasm_pc)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(line: u32) -> Line {
        Line {
            file: "a.c".into(),
            line,
        }
    }

    /// A row on a line, in calls with these numbers, which are on the lines ten times as high.
    fn row(wasm_pc: u32, number: u32, calls: &[u32]) -> Row {
        let calls = calls.iter().map(|call| InlinedCall {
            id: u64::from(*call),
            call: Some(line(10 * call)),
        });
        Row {
            wasm_pc,
            line: (number > 0).then(|| line(number)),
            is_statement: number > 0,
            calls: calls.collect(),
        }
    }

    fn code(rows: Vec<Row>) -> FunctionCode {
        FunctionCode { rows, body: None }
    }

    #[test]
    fn a_step_over_ends_on_other_lines_only() {
        let code = code(vec![
            row(10, 1, &[]),
            row(12, 2, &[]),
            row(14, 1, &[]),
            row(16, 0, &[]),
        ]);
        assert_eq!(code.elsewhere(&code.position(11, 0)), [12]);
        assert_eq!(code.elsewhere(&code.position(12, 0)), [10, 14]);
        // Code without a line is left as soon as there is one.
        assert_eq!(code.elsewhere(&code.position(17, 0)), [10, 12, 14]);
        assert!(code.begins_statement(12) && !code.begins_statement(13));
    }

    #[test]
    fn rows_between_instructions_belong_to_the_next() {
        let mut code = code(vec![row(10, 1, &[]), row(13, 2, &[]), row(19, 3, &[])]);
        code.body = Some(11);
        code.align(&[10, 12, 14]);
        let rows: Vec<u32> = code.rows.iter().map(|row| row.wasm_pc).collect();
        assert_eq!((rows, code.body), (vec![10, 14], Some(12)));
    }

    #[test]
    fn an_inlined_call_is_stepped_over_with_the_line_that_makes_it() {
        let code = code(vec![
            row(10, 10, &[]),
            row(12, 3, &[1]),
            row(14, 4, &[1]),
            row(16, 10, &[]),
            row(18, 5, &[2]),
            row(20, 21, &[]),
        ]);
        // Line 10 makes call 1; line 20 makes call 2, and has no code of its own.
        let at_call = code.position(10, 0);
        assert_eq!(code.elsewhere(&at_call), [18, 20]);
        assert_eq!(code.inlined_calls(&at_call), [12, 14]);
        // At the beginning of call 2, which is not entered yet.
        let before_call = code.position(18, 0);
        assert_eq!(before_call.line, Some(line(20)));
        assert_eq!(code.elsewhere(&before_call), [10, 12, 14, 16, 20]);
        // Within call 1 its own lines count; then those of the caller but the one that made it.
        let within = code.position(12, 1);
        assert_eq!(code.elsewhere(&within), [14, 18, 20]);
        assert_eq!(code.outside(&within), [10, 16, 18, 20]);
    }

    #[test]
    fn calls_on_one_line_are_told_apart() {
        let mut code = code(vec![row(10, 3, &[1]), row(12, 3, &[1]), row(14, 9, &[])]);
        let mut calls = code.rows[1].calls.to_vec();
        calls[0].id = 7;
        code.rows[1].calls = calls.into();
        let within = code.position(10, 1);
        // The other call of the same line is part of that line.
        assert_eq!(code.elsewhere(&within), [14]);
        assert_eq!(code.outside(&within), [12, 14]);
    }
}
