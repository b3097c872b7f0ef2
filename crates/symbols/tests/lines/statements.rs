//! Statements of functions.

use crate::{GUESTS, line_of, symbols};
use std::sync::Arc;
use trapline_symbols::{Statements, Symbols};

fn of_function(symbols: &Symbols, name: &str) -> Arc<Statements> {
    let functions = symbols.functions_named(name).unwrap();
    let instance = &functions[0].instances[0];
    symbols.statements(instance.entry).unwrap().unwrap()
}

#[test]
fn statements_agree_with_frames() {
    for guest in GUESTS {
        let symbols = symbols(guest);
        let mut all = 0;
        for function in symbols.functions().unwrap() {
            for instance in &function.instances {
                let Some(found) = symbols.statements(instance.entry).unwrap() else {
                    continue;
                };
                assert_eq!(found.entry, instance.entry);
                assert_eq!(found.body, instance.body);
                assert!(found.contains(found.body), "{found:?}");
                assert!(
                    found
                        .statements
                        .is_sorted_by_key(|statement| statement.wasm_pc)
                );
                for statement in found.statements.iter().take(20) {
                    agree(&symbols, &found, statement.wasm_pc);
                    all += 1;
                }
            }
        }
        assert!(all > 50, "{guest}: {all} statements");
    }
}

fn agree(symbols: &Symbols, found: &Statements, pc: u32) {
    let statement = found.at(pc).unwrap();
    assert_eq!(statement.wasm_pc, pc);
    let frames = symbols.frames(pc).unwrap();
    assert_eq!(found.call_at(pc), statement.call);
    let call = &found.calls[statement.call];
    assert_eq!(call.depth + 1, frames.len(), "{pc:#x} {call:?} {frames:?}");
    // The frames around it are at the calls.
    let mut next = statement.call;
    for frame in &frames[1..] {
        let call = &found.calls[next];
        let location = frame.location.as_ref();
        assert_eq!(location.and_then(|location| location.line), call.line);
        let file = location.map(|location| location.file.as_str());
        assert_eq!(file, call.file.as_deref());
        next = call.parent.unwrap();
        assert!(found.is_within(statement.call, next));
    }
    assert_eq!(next, 0);
}

#[test]
fn the_statements_of_a_function_are_its_lines() {
    let symbols = symbols("values/c-O0-5");
    let found = of_function(&symbols, "mark");
    assert_eq!(found.function.as_deref(), Some("mark"));
    let first = line_of("values/mark.c", "mark(void) {");
    assert!(
        found
            .statements
            .iter()
            .all(|statement| statement.file.ends_with("values/mark.c"))
    );
    assert!(
        found
            .statements
            .iter()
            .all(|statement| (first..first + 10).contains(&statement.line))
    );
    assert_eq!(found.calls.len(), 1);
}

#[test]
fn inlined_calls_have_statements_of_their_own() {
    let symbols = symbols("crash/crash");
    let found = of_function(&symbols, "archive_summarize");
    let line = line_of("crash/archive.c", "return archive->bytes + load_u32");
    let inlined: Vec<_> = found
        .statements
        .iter()
        .filter(|at| at.line == line)
        .collect();
    assert!(!inlined.is_empty());
    for statement in inlined {
        let call = &found.calls[statement.call];
        assert_eq!((call.depth, call.parent), (1, Some(0)));
        assert!(
            call.ranges
                .iter()
                .any(|range| range.contains(&statement.wasm_pc))
        );
        let site = line_of("crash/archive.c", "const uint8_t *at = find_day");
        assert_eq!(call.line, Some(site));
        assert!(found.is_within(statement.call, 0));
        assert!(!found.is_within(0, statement.call));
    }
}

#[test]
fn asking_again_gives_the_same() {
    let symbols = symbols("crash/crash");
    let found = of_function(&symbols, "archive_summarize");
    for range in &found.ranges {
        for pc in range.clone() {
            let again = symbols.statements(pc).unwrap().unwrap();
            assert!(Arc::ptr_eq(&found, &again));
        }
    }
    assert!(symbols.statements(0).unwrap().is_none());
    assert!(symbols.statements(u32::MAX).unwrap().is_none());
}

#[test]
fn without_its_other_file_a_unit_has_statements_by_lines_alone() {
    let symbols = symbols("values/c-split");
    let line = line_of("values/values.c", "int main(void) {");
    let places = symbols.line_places("values.c", line).unwrap();
    assert!(!places.is_empty());
    for place in places {
        let found = symbols.statements(place.wasm_pc).unwrap().unwrap();
        assert_eq!(found.function, None);
        assert!(found.at(place.wasm_pc).is_some());
    }
}
