//! Compares what is read with what the guest prints, and with what was read before.

use crate::guest::{self, Snapshot};
use crate::show;
use std::fmt::Write;
use std::path::Path;
use trapline_symbols::{FrameEnvironment, FrameScopes, Inspector, Symbols, Value, ValueError};

/// Whether values may be missing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Each has to be there.
    None,
    /// The compiler may have dropped some. The golden file has their number.
    Counted,
}

/// Runs a guest, and checks everything it prints.
pub fn program(name: &str, missing: Missing) {
    let wasm = guest::read(&format!("{name}.wasm"));
    let symbols = Symbols::new(wasm.clone().into()).unwrap();
    program_with(name, &wasm, &symbols, missing);
}

/// Runs a guest with these symbols, and checks everything it prints.
pub fn program_with(name: &str, wasm: &[u8], symbols: &Symbols, missing: Missing) {
    let mut stops = Vec::new();
    let printed = guest::run(wasm, symbols, |stop| stops.push(stop));
    let mut text = String::new();
    for stop in &stops {
        writeln!(text, "{}", show::stop(symbols, stop)).unwrap();
    }
    let mut dropped = 0;
    let mut wrong = Vec::new();
    for line in printed.lines() {
        match compare(symbols, &stops, line) {
            Ok(()) => {}
            Err(Failure::Dropped) if missing == Missing::Counted => dropped += 1,
            Err(failure) => wrong.push(format!("{line}   but {failure:?}")),
        }
    }
    let count = printed.lines().count();
    assert!(wrong.is_empty(), "{name}\n{text}\n{}", wrong.join("\n"));
    assert!(count > 0, "{name} has printed nothing");
    let compared = count - dropped;
    writeln!(
        text,
        "printed: {count} values, right: {compared}, without location: {dropped}"
    )
    .unwrap();
    compare_golden(name, &text);
}

#[derive(Debug)]
#[allow(dead_code, reason = "the contents are for whoever reads the failure")]
enum Failure {
    /// The compiler says of the value that it is nowhere.
    Dropped,
    NotFound(String),
    Error(ValueError),
    Different(String),
}

/// Compares a line that was printed, `FUNCTION: EXPRESSION = VALUE`, with the value.
fn compare(symbols: &Symbols, stops: &[Snapshot], line: &str) -> Result<(), Failure> {
    let (function, line) = line.split_once(": ").unwrap();
    let (expression, expected) = line.split_once(" = ").unwrap();
    let mut problem = Failure::NotFound(format!("no stop in {function}"));
    for stop in stops {
        for (number, frame) in symbols.scopes(stop.wasm_pc).unwrap().iter().enumerate() {
            if is_function(frame, function) {
                check_expression(symbols, stop, number, expression, expected);
                let text = read(symbols, stop, frame, expression);
                match text {
                    Ok(text) if without_address(&text) == expected => return Ok(()),
                    // Part of it is nowhere.
                    Ok(text) if text.contains("<no location") => problem = Failure::Dropped,
                    Ok(text) => problem = Failure::Different(text),
                    Err(failure) => problem = failure,
                }
            }
        }
    }
    Err(problem)
}

/// Evaluates what was printed as an expression. Wherever there is a value, it is the right one.
fn check_expression(
    symbols: &Symbols,
    stop: &Snapshot,
    frame: usize,
    expression: &str,
    expected: &str,
) {
    // Expressions index maps by their keys, the programs here by position.
    if expression.starts_with("tree[") {
        return;
    }
    let mut environment = FrameEnvironment::new(symbols, stop, Some(stop.wasm_pc), frame).unwrap();
    let value = match environment.evaluate(expression) {
        Ok(value) => value,
        Err(error) => {
            // It is nowhere, or Zig has not described it.
            let text = error.to_string();
            let is_dropped = [
                "no location",
                "there is no `",
                "on an address",
                "describes it wrongly",
                "is a type, not",
            ]
            .iter()
            .any(|it| text.contains(it));
            assert!(is_dropped, "{}", error.render(expression));
            return;
        }
    };
    match environment.inspector().text(&value) {
        Ok(text) if text.contains("<no location") => {}
        Ok(text) => assert_eq!(without_address(&text), expected, "{expression}"),
        Err(error) => match failure(error) {
            Failure::Dropped => {}
            failure => panic!("{expression}: {failure:?}"),
        },
    }
}

fn is_function(frame: &FrameScopes, name: &str) -> bool {
    let Some(function) = &frame.function else {
        return false;
    };
    let function = function.split('(').next().unwrap();
    function.rsplit([':', '.']).next() == Some(name)
}

/// The text of a pointer that is text itself.
fn without_address(text: &str) -> &str {
    match text.split_once(" \"") {
        Some((address, _)) if address.starts_with("0x") && !address.contains(' ') => {
            &text[address.len() + 1..]
        }
        _ => text,
    }
}

fn read(
    symbols: &Symbols,
    stop: &Snapshot,
    frame: &FrameScopes,
    expression: &str,
) -> Result<String, Failure> {
    let inspector = Inspector::new(symbols, stop);
    let globals;
    let stars = expression.len() - expression.trim_start_matches('*').len();
    let mut rest = &expression[stars..];
    let name = take_name(&mut rest);
    let variable = match frame.find(name) {
        Some(variable) => variable,
        None => {
            globals = symbols.unit_globals(stop.wasm_pc).unwrap();
            let mut named = globals.iter().filter(|it| it.name.as_deref() == Some(name));
            // Zig describes no variables at all in optimized programs.
            named.next().ok_or(Failure::Dropped)?
        }
    };
    let mut value = inspector.variable(variable);
    while !rest.is_empty() {
        value = if let Some(after) = rest.strip_prefix("->") {
            rest = after;
            let target = first_child(&inspector, &value)?;
            inspector.member(&target, take_name(&mut rest))
        } else if let Some(after) = rest.strip_prefix('.') {
            rest = after;
            inspector.member(&value, take_name(&mut rest))
        } else {
            let (index, after) = rest[1..].split_once(']').unwrap();
            rest = after;
            let index: u64 = index.parse().unwrap();
            let children = inspector.children(&value, index..index + 1);
            children.map(|mut children| children.remove(0))
        }
        .map_err(failure)?;
    }
    for _ in 0..stars {
        value = first_child(&inspector, &value)?;
    }
    inspector.text(&value).map_err(failure)
}

fn first_child(inspector: &Inspector<'_>, value: &Value) -> Result<Value, Failure> {
    let mut children = inspector.children(value, 0..1).map_err(failure)?;
    if children.is_empty() {
        return Err(Failure::NotFound(format!("{} has no child", value.name())));
    }
    Ok(children.remove(0))
}

fn failure(error: ValueError) -> Failure {
    match error {
        ValueError::NowhereDescribed
        | ValueError::NotDescribedHere(_)
        | ValueError::PartNotDescribed
        | ValueError::WronglyDescribed(_)
        | ValueError::NoAddress
        | ValueError::Dropped => Failure::Dropped,
        error => Failure::Error(error),
    }
}

fn take_name<'t>(rest: &mut &'t str) -> &'t str {
    let end = rest
        .find(|character: char| !character.is_alphanumeric() && character != '_')
        .unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    *rest = after;
    name
}

fn compare_golden(name: &str, actual: &str) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live/golden");
    let golden = golden.join(format!("{name}.txt"));
    if std::env::var_os("TRAPLINE_BLESS").is_some() {
        std::fs::write(&golden, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&golden).unwrap();
    for (number, (actual, expected)) in actual.lines().zip(expected.lines()).enumerate() {
        let line = number + 1;
        assert_eq!(actual, expected, "line {line} of {}", golden.display());
    }
    assert_eq!(actual.lines().count(), expected.lines().count());
}
