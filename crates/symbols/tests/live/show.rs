//! All that is in a frame, as text.

use crate::guest::Snapshot;
use std::fmt::Write;
use trapline_symbols::{Inspector, Symbols, Value, VariableKind};

/// Parts of values are shown as deep as this, and as many of each.
const DEPTH: usize = 2;
const PARTS: u64 = 8;

pub fn stop(symbols: &Symbols, stop: &Snapshot) -> String {
    let inspector = Inspector::new(symbols, stop);
    let mut text = String::new();
    let frames = symbols.frames(stop.wasm_pc).unwrap();
    let scopes = symbols.scopes(stop.wasm_pc).unwrap();
    assert_eq!(frames.len(), scopes.len());
    for (frame, scopes) in frames.iter().zip(&scopes) {
        assert_eq!(frame.function, scopes.function);
        assert_eq!(frame.inlined, scopes.inlined);
        let location = frame.location.as_ref().unwrap();
        let function = frame.function.as_deref().unwrap_or("?");
        let line = location.line.unwrap_or(0);
        writeln!(text, "{function} {}:{line}", location.file).unwrap();
        let full = scopes.scopes.iter();
        let full = full.filter(|scope| !scope.variables.is_empty());
        for (number, scope) in full.enumerate() {
            if number > 0 {
                writeln!(text, "  around that:").unwrap();
            }
            for variable in &scope.variables {
                let mark = match variable.kind {
                    VariableKind::Parameter => "parameter ",
                    _ => "",
                };
                let mark = if variable.artificial {
                    "artificial "
                } else {
                    mark
                };
                let declared = variable.declared.as_ref().and_then(|place| place.line);
                let declared = declared.map_or(String::new(), |line| format!(" (line {line})"));
                let value = inspector.variable(variable);
                line_of(
                    &mut text,
                    &inspector,
                    &value,
                    1,
                    &format!("{mark}|{declared}"),
                );
            }
        }
    }
    text
}

fn line_of(
    text: &mut String,
    inspector: &Inspector<'_>,
    value: &Value,
    depth: usize,
    around: &str,
) {
    let (before, after) = around.split_once('|').unwrap_or_default();
    let indent = "  ".repeat(depth);
    let type_name = inspector.type_name(value).unwrap();
    let shown = match inspector.text(value) {
        Ok(text) => text,
        Err(error) => format!("<{error}>"),
    };
    let name = value.name();
    writeln!(text, "{indent}{before}{name}: {type_name} = {shown}{after}").unwrap();
    if depth > DEPTH {
        return;
    }
    for child in inspector.children(value, 0..PARTS).unwrap_or_default() {
        line_of(text, inspector, &child, depth + 1, "");
    }
}
