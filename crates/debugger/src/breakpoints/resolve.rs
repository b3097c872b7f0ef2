//! Where in a module's code breakpoints are.

use super::{BreakpointKind, BreakpointPlace};
use crate::modules::DebugModule;
use trapline_symbols::{InlinedCall, LinePlace, SourceLocation, Symbols, demangle};

/// The places of a breakpoint in a module, or why it has none there.
pub(super) fn places(
    kind: &BreakpointKind,
    module: &DebugModule,
) -> Result<Vec<BreakpointPlace>, String> {
    match kind {
        BreakpointKind::Source { file, line, column } => {
            let symbols = symbols(module)?;
            let found = match column {
                Some(column) => symbols.column_places(file, *line, *column),
                None => symbols.line_places(file, *line),
            };
            let found = found.map_err(|error| error.to_string())?;
            if found.is_empty() {
                return Err(no_line(symbols, file, *line));
            }
            Ok(found
                .into_iter()
                .map(|place| of_line(module, place))
                .collect())
        }
        BreakpointKind::Function { name } => function(module, name),
        BreakpointKind::Address {
            module: wanted,
            wasm_pc,
        } => {
            if wanted.map_or(module.id().index() != 0, |wanted| wanted != module.id()) {
                return Err("the module is not loaded".to_owned());
            }
            match module.layout().function_at(*wasm_pc) {
                Some(_) => Ok(vec![of_pc(module, *wasm_pc)]),
                None => Err(format!("there is no code at {wasm_pc:#x}")),
            }
        }
    }
}

fn symbols(module: &DebugModule) -> Result<&Symbols, String> {
    let opened = module.module_symbols();
    opened.symbols.as_deref().ok_or_else(|| {
        let note = opened.notes.first().cloned();
        note.unwrap_or_else(|| format!("{} has no debug information", module.name()))
    })
}

/// Why a line has no place.
fn no_line(symbols: &Symbols, file: &str, line: u32) -> String {
    let files = symbols.files().unwrap_or_default();
    let mut matching = files
        .iter()
        .filter(|path| trapline_symbols::path_matches(path, file));
    match matching.next() {
        Some(path) => format!("{path} has no code at line {line} or after it"),
        None => format!("no source file of the program is named {file}"),
    }
}

fn of_line(module: &DebugModule, place: LinePlace) -> BreakpointPlace {
    BreakpointPlace {
        module: module.id(),
        wasm_pc: place.wasm_pc,
        function: place.function,
        location: Some(SourceLocation {
            file: place.file.to_string(),
            line: Some(place.line),
            column: place.column,
        }),
        entered: None,
    }
}

/// What is known of a place by its pc alone.
fn of_pc(module: &DebugModule, wasm_pc: u32) -> BreakpointPlace {
    let frames = module
        .symbols()
        .and_then(|symbols| symbols.frames(wasm_pc).ok());
    let innermost = frames.unwrap_or_default().into_iter().next();
    let index = module.layout().function_at(wasm_pc).map(|(index, _)| index);
    let (function, location) =
        innermost.map_or((None, None), |frame| (frame.function, frame.location));
    BreakpointPlace {
        module: module.id(),
        wasm_pc,
        function: function.or_else(|| index.map(|index| module.function_name(index))),
        location,
        entered: None,
    }
}

/// The first statement of an inlined copy of a function that begins at an instruction. What is before
/// that, if anything, is on no line.
fn first_statement(symbols: &Symbols, wasm_pc: u32) -> Option<u32> {
    let statements = symbols.statements(wasm_pc).ok()??;
    let begun = |call: &InlinedCall| call.ranges.iter().any(|range| range.start == wasm_pc);
    // Of several that begin here the copy is one, and they are within each other.
    let call = statements.calls.iter().skip(1).position(begun)? + 1;
    let mut own = statements.statements.iter().filter(|statement| {
        statement.wasm_pc >= wasm_pc && statements.is_within(statement.call, call)
    });
    own.next().map(|statement| statement.wasm_pc)
}

/// The beginning of a function with this name, where calls that are inlined into it may begin as well: the
/// user is in none of those then.
fn of_function(
    module: &DebugModule,
    symbols: &Symbols,
    name: &str,
    wasm_pc: u32,
    inlined: bool,
) -> BreakpointPlace {
    let frames = symbols.frames(wasm_pc).unwrap_or_default();
    let outermost = frames.len().saturating_sub(1);
    let level = match inlined {
        true => frames
            .iter()
            .rposition(|frame| frame.function.as_deref() == Some(name)),
        false => Some(outermost),
    };
    let Some((level, frame)) = level.and_then(|level| Some((level, frames.get(level)?))) else {
        return of_pc(module, wasm_pc);
    };
    BreakpointPlace {
        module: module.id(),
        wasm_pc,
        function: Some(name.to_owned()),
        location: frame.location.clone(),
        entered: Some(outermost - level),
    }
}

/// The places of functions with a name: by the debug information, or if that knows none by the names
/// that the linker has left.
fn function(module: &DebugModule, name: &str) -> Result<Vec<BreakpointPlace>, String> {
    if let Some(symbols) = module.symbols() {
        let found = symbols.functions_named(name);
        let found = found.map_err(|error| error.to_string())?;
        let mut places: Vec<BreakpointPlace> = Vec::new();
        for function in &found {
            let bodies = function
                .instances
                .iter()
                .map(|instance| (instance.body, false));
            let copies = function.inlined.iter().map(|&entry| {
                let first = first_statement(symbols, entry);
                (first.unwrap_or(entry), true)
            });
            let all = bodies.chain(copies);
            places.extend(
                all.map(|(pc, inlined)| of_function(module, symbols, &function.name, pc, inlined)),
            );
        }
        places.sort_by_key(|place| place.wasm_pc);
        places.dedup_by_key(|place| place.wasm_pc);
        if !places.is_empty() {
            return Ok(places);
        }
    }
    let named = module.linker_names().filter(|(_, linker)| {
        let readable = demangle(linker);
        *linker == name || readable == name || without_parameters(&readable) == name
    });
    let bodies = named.filter_map(|(index, _)| {
        let body = module.layout().body(index)?;
        let function = module.function(body.start)?;
        Some(function.code.body.unwrap_or(function.entry))
    });
    let places: Vec<_> = bodies.map(|pc| of_pc(module, pc)).collect();
    if places.is_empty() {
        return Err(format!("there is no function named {name}"));
    }
    Ok(places)
}

fn without_parameters(name: &str) -> &str {
    name.split('(').next().unwrap_or(name)
}
