//! A function's statements in the form in which steps look at them.

use crate::stepping::{FunctionCode, InlinedCall, Line, Row};
use std::collections::BTreeSet;
use std::sync::Arc;
use trapline_symbols::Statements;

/// The code of a function, out of the debug information.
pub(crate) fn function_code(statements: &Statements) -> FunctionCode {
    let chains: Vec<Arc<[InlinedCall]>> = (0..statements.calls.len().max(1))
        .map(|call| chain(statements, call))
        .collect();
    let mut rows: Vec<Row> = statements
        .statements
        .iter()
        .map(|statement| Row {
            wasm_pc: statement.wasm_pc,
            line: Some(Line {
                file: Arc::clone(&statement.file),
                line: statement.line,
            }),
            is_statement: true,
            calls: Arc::clone(&chains[statement.call]),
        })
        .collect();
    // Inlined calls begin and end between statements too.
    let begun: BTreeSet<u32> = rows.iter().map(|row| row.wasm_pc).collect();
    let bounds = statements.calls.iter().flat_map(|call| &call.ranges);
    let bounds: BTreeSet<u32> = bounds.flat_map(|range| [range.start, range.end]).collect();
    for &wasm_pc in bounds.difference(&begun) {
        if statements.contains(wasm_pc) {
            let call = statements.call_at(wasm_pc);
            rows.push(Row {
                wasm_pc,
                line: line_within(statements, wasm_pc, call),
                is_statement: false,
                calls: Arc::clone(&chains[call]),
            });
        }
    }
    rows.sort_by_key(|row| row.wasm_pc);
    FunctionCode {
        rows,
        body: Some(statements.body),
    }
}

/// The inlined calls that a call is in, with itself, outermost first. The function is none.
fn chain(statements: &Statements, call: usize) -> Arc<[InlinedCall]> {
    let mut chain = Vec::new();
    let mut next = Some(call);
    while let Some(index) = next
        && let Some(call) = statements.calls.get(index)
        // Parents come before their children, so this ends.
        && let Some(parent) = call.parent.filter(|parent| *parent < index)
    {
        let line = call.file.clone().zip(call.line);
        chain.push(InlinedCall {
            id: index as u64,
            call: line.map(|(file, line)| Line { file, line }),
        });
        next = Some(parent);
    }
    chain.reverse();
    chain.into()
}

/// The line of an instruction in a call, where no statement begins: that of the last statement,
/// or if that is in a call within this one, where that call is.
fn line_within(statements: &Statements, wasm_pc: u32, call: usize) -> Option<Line> {
    let statement = statements.at(wasm_pc)?;
    if statement.call == call {
        return Some(Line {
            file: Arc::clone(&statement.file),
            line: statement.line,
        });
    }
    let mut inner = statement.call;
    while let Some(parent) = statements
        .calls
        .get(inner)?
        .parent
        .filter(|parent| *parent < inner)
    {
        if parent == call {
            let site = &statements.calls[inner];
            let (file, line) = site.file.clone().zip(site.line)?;
            return Some(Line { file, line });
        }
        inner = parent;
    }
    None
}
