//! The statements of a function: where a debugger that steps by lines can stop.

use super::blocks::{Blocks, Call};
use super::files::Table;
use super::lines::{Lines, Row};
use super::names::function_name;
use crate::dwarf::ranges::CodeRange;
use crate::dwarf::units::Unit;
use crate::{Symbols, SymbolsError};
use gimli::UnitOffset;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, PoisonError};

/// The statements of as many functions are kept.
const MOST_KEPT: usize = 256;

/// The statements of a function, as [`Symbols::statements`] finds them. Places in code are offsets in
/// the module file.
#[derive(Debug)]
#[non_exhaustive]
pub struct Statements {
    /// The function's name, as in [`SourceFrame`](crate::SourceFrame).
    pub function: Option<String>,
    /// Its code, by address. Mostly one range.
    pub ranges: Vec<Range<u32>>,
    /// Where it is entered.
    pub entry: u32,
    /// Where its body begins: what is before that sets up the frame, and parameters may not be
    /// there yet. The same as the entry if there is no such code.
    pub body: u32,
    /// Where its statements begin, by address.
    pub statements: Vec<Statement>,
    /// The calls that were inlined into it, those around before those within. The first stands for
    /// the function itself, so that there is always one.
    pub calls: Vec<InlinedCall>,
    /// What its code comes from.
    pub(crate) table: Table,
    blocks: Blocks,
    /// Offset in the file of address 0.
    base: u32,
}

/// The beginning of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statement {
    /// Its first instruction.
    pub wasm_pc: u32,
    /// Path of the file, as in [`SourceLocation`](crate::SourceLocation).
    pub file: Arc<str>,
    /// The line, counted from 1.
    pub line: u32,
    /// The column in bytes, counted from 1. `None` if the compiler did not say.
    pub column: Option<u32>,
    /// The inlined call that it is part of, as an index into [`Statements::calls`]; 0 if it is the
    /// function's own.
    pub call: usize,
    /// The number of the file in the line table.
    pub(crate) file_index: u64,
    /// The innermost block around it.
    pub(crate) block: u32,
}

/// A call that was inlined into a function.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InlinedCall {
    /// The call that this one was inlined into, as an index into [`Statements::calls`]. `None` for the
    /// function itself.
    pub parent: Option<usize>,
    /// How many calls are around it: 0 for the function itself.
    pub depth: usize,
    /// Its code, by address.
    pub ranges: Vec<Range<u32>>,
    /// The file of the call.
    pub file: Option<Arc<str>>,
    /// The line of the call.
    pub line: Option<u32>,
}

impl Statements {
    /// Whether the code at an instruction belongs to the function.
    pub fn contains(&self, wasm_pc: u32) -> bool {
        self.ranges.iter().any(|range| range.contains(&wasm_pc))
    }

    /// The statement that an instruction belongs to: the last to begin before it, or with it.
    pub fn at(&self, wasm_pc: u32) -> Option<&Statement> {
        let range = self.ranges.iter().find(|range| range.contains(&wasm_pc))?;
        let after = self
            .statements
            .partition_point(|statement| statement.wasm_pc <= wasm_pc);
        let statement = self.statements[..after].last()?;
        range.contains(&statement.wasm_pc).then_some(statement)
    }

    /// The innermost call that an instruction belongs to, as an index into [`Statements::calls`].
    pub fn call_at(&self, wasm_pc: u32) -> usize {
        let block = self.blocks.at(wasm_pc.saturating_sub(self.base));
        let block = self.blocks.blocks.get(block as usize);
        block.map_or(0, |block| block.call as usize)
    }

    /// Whether a call is another, or has been inlined into it, directly or not. Both are indices into
    /// [`Statements::calls`].
    pub fn is_within(&self, call: usize, outer: usize) -> bool {
        // Parents come before their children, so this ends.
        let mut next = Some(call);
        while let Some(call) = next.filter(|&call| call >= outer) {
            if call == outer {
                return true;
            }
            next = self.calls.get(call).and_then(|call| call.parent);
        }
        false
    }

    /// Where a stop at an instruction is: its statement, or the call of what was inlined, if that
    /// begins there and has not been entered yet.
    pub(crate) fn source_at(&self, wasm_pc: u32) -> Option<(Arc<str>, u32, Option<u32>)> {
        let mut call = self.call_at(wasm_pc);
        let mut site = None;
        while let Some(InlinedCall {
            parent: Some(parent),
            ranges,
            file,
            line,
            ..
        }) = self.calls.get(call)
            && ranges.first().is_some_and(|range| range.start == wasm_pc)
        {
            if let (Some(file), Some(line)) = (file, line) {
                site = Some((file.clone(), *line, None));
            }
            call = *parent;
        }
        site.or_else(|| {
            let statement = self.at(wasm_pc)?;
            Some((statement.file.clone(), statement.line, statement.column))
        })
    }
}

impl Symbols {
    /// The statements of the function that an instruction belongs to. `None` if no lines are known of
    /// it. To ask again for the same function costs little.
    ///
    /// `wasm_pc` is the instruction's offset in the module file.
    ///
    /// # Errors
    ///
    /// If the debug information of the function is damaged.
    pub fn statements(&self, wasm_pc: u32) -> Result<Option<Arc<Statements>>, SymbolsError> {
        if let Some(known) = self.known_statements(wasm_pc) {
            return Ok(Some(known));
        }
        let Some(address) = self.address(wasm_pc) else {
            return Ok(None);
        };
        self.begin_request();
        self.find_statements(address)
            .map_err(|error| self.explain(error))
    }

    fn known_statements(&self, wasm_pc: u32) -> Option<Arc<Statements>> {
        let kept = &self.caches().statements;
        let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = kept.iter();
        known
            .find(|statements| statements.contains(wasm_pc))
            .cloned()
    }

    fn find_statements(&self, address: u32) -> gimli::Result<Option<Arc<Statements>>> {
        for unit in self.units().covering(address) {
            let table = Table::Unit(unit.id);
            if let Some(found) = self.statements_in(table, address)? {
                return Ok(Some(found));
            }
        }
        match self.source_map() {
            Some(_) => self.statements_in(Table::Map, address),
            None => Ok(None),
        }
    }

    /// The statements of the function of a line table that an address is in.
    pub(crate) fn statements_in(
        &self,
        table: Table,
        address: u32,
    ) -> gimli::Result<Option<Arc<Statements>>> {
        let known = self.known_statements(self.wasm_pc(address));
        if let Some(known) = known.filter(|known| known.table == table) {
            return Ok(Some(known));
        }
        let unit = self.table_unit(table);
        let function = match unit {
            Some(unit) => unit.index()?.function(address),
            None => None,
        };
        let lines = self.table_lines(table)?;
        let blocks = match (unit, function) {
            (Some(unit), Some(function)) => Blocks::read(unit, function)?,
            _ => match lines.sequence(address) {
                Some(range) => Blocks::unknown(range),
                None => return Ok(None),
            },
        };
        let name = match (unit, function) {
            (Some(unit), Some(offset)) => self.name_of(unit, offset)?,
            _ => None,
        };
        let statements = Arc::new(self.build_statements(table, name, blocks, lines)?);
        let kept = &self.caches().statements;
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.push(statements.clone());
        Ok(Some(statements))
    }

    fn name_of(&self, unit: &Unit, offset: UnitOffset<usize>) -> gimli::Result<Option<String>> {
        let unit = unit.id;
        function_name(self.units(), crate::dwarf::units::EntryId { unit, offset })
    }

    fn build_statements(
        &self,
        table: Table,
        function: Option<String>,
        blocks: Blocks,
        lines: &Lines,
    ) -> gimli::Result<Statements> {
        let mut paths = Paths {
            symbols: self,
            table,
            known: HashMap::new(),
        };
        let mut statements = Vec::new();
        for row in function_rows(&blocks, lines) {
            self.spend(1)?;
            if row.is_statement()
                && let Some(file) = paths.get(row.file())?
            {
                let block = blocks.at(row.address);
                statements.push(Statement {
                    wasm_pc: self.wasm_pc(row.address),
                    file,
                    line: row.line(),
                    column: row.column(),
                    call: blocks.blocks[block as usize].call as usize,
                    file_index: row.file(),
                    block,
                });
            }
        }
        statements.sort_by_key(|statement| statement.wasm_pc);
        let mut calls = Vec::with_capacity(blocks.calls.len());
        for call in &blocks.calls {
            calls.push(self.inlined_call(call, &mut paths)?);
        }
        let entry = blocks.ranges().first().map_or(0, |range| range.begin);
        let body = match table {
            Table::Unit(_) => self.body(blocks.ranges(), lines)?,
            // Maps know only code that something in the source stands for.
            Table::Map => entry,
        };
        Ok(Statements {
            function,
            ranges: self.file_ranges(blocks.ranges()),
            entry: self.wasm_pc(entry),
            body: self.wasm_pc(body),
            statements,
            calls,
            table,
            blocks,
            base: self.wasm_pc(0),
        })
    }

    fn inlined_call(&self, call: &Call, paths: &mut Paths<'_>) -> gimli::Result<InlinedCall> {
        let file = match call.site.file {
            Some(file) => paths.get(file)?,
            None => None,
        };
        Ok(InlinedCall {
            parent: call.parent.map(|parent| parent as usize),
            depth: call.depth as usize,
            ranges: self.file_ranges(&call.ranges),
            file,
            line: call.site.line,
        })
    }

    /// Where the body of a function begins, as an address: where the compiler says that its prologue
    /// ends, else with its second row.
    pub(crate) fn body(&self, ranges: &[CodeRange], lines: &Lines) -> gimli::Result<u32> {
        let Some(&first) = ranges.first() else {
            return Ok(0);
        };
        let mut second = None;
        for row in lines.rows_in(first) {
            self.spend(1)?;
            if row.is_prologue_end() {
                return Ok(row.address);
            }
            if second.is_none() && row.address > first.begin && row.is_statement() {
                second = Some(row.address);
            }
        }
        Ok(second.unwrap_or(first.begin))
    }

    fn file_ranges(&self, ranges: &[CodeRange]) -> Vec<Range<u32>> {
        let ranges = ranges.iter();
        ranges
            .map(|range| self.wasm_pc(range.begin)..self.wasm_pc(range.end))
            .collect()
    }
}

/// The rows of a function, by address.
fn function_rows<'a>(blocks: &'a Blocks, lines: &'a Lines) -> impl Iterator<Item = &'a Row> {
    let ranges = blocks.ranges().iter();
    ranges.flat_map(|&range| lines.rows_in(range))
}

/// The paths of the files of a line table, each made once.
struct Paths<'a> {
    symbols: &'a Symbols,
    table: Table,
    known: HashMap<u64, Option<Arc<str>>>,
}

impl Paths<'_> {
    fn get(&mut self, file: u64) -> gimli::Result<Option<Arc<str>>> {
        if let Some(known) = self.known.get(&file) {
            return Ok(known.clone());
        }
        let path = self.symbols.table_path(self.table, file)?;
        self.known.insert(file, path.clone());
        Ok(path)
    }
}
