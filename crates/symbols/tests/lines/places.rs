//! Places of lines.

use crate::{GUESTS, line_of, our_files, symbols};
use trapline_symbols::{LinePlace, Symbols};

/// The functions and lines of places.
fn show(places: &[LinePlace]) -> Vec<(String, u32)> {
    let name = |place: &LinePlace| place.function.clone().unwrap_or_default();
    places
        .iter()
        .map(|place| (name(place), place.line))
        .collect()
}

fn places(symbols: &Symbols, file: &str, line: u32) -> Vec<(String, u32)> {
    show(&symbols.line_places(file, line).unwrap())
}

fn one(function: &str, line: u32) -> Vec<(String, u32)> {
    vec![(function.to_string(), line)]
}

#[test]
fn a_place_belongs_to_the_line_that_it_names() {
    for guest in GUESTS {
        let symbols = symbols(guest);
        let mut count = 0;
        for (file, lines) in our_files(&symbols) {
            for line in 1..=lines {
                for place in symbols.line_places(&file, line).unwrap() {
                    let frames = symbols.frames(place.wasm_pc).unwrap();
                    let belongs = frames.iter().any(|frame| {
                        let location = frame.location.as_ref().unwrap();
                        location.file == *place.file && location.line == Some(place.line)
                    });
                    assert!(belongs, "{guest}: {file}:{line} {place:?} {frames:?}");
                    assert_eq!(frames.last().unwrap().function, place.function);
                    count += 1;
                }
            }
        }
        assert!(count > 20, "{guest}: {count} places");
    }
}

#[test]
fn all_places_of_a_line_are_told() {
    for guest in GUESTS {
        let symbols = symbols(guest);
        for (file, lines) in our_files(&symbols) {
            for known in symbols.breakpoint_lines(&file, 1..lines + 1).unwrap() {
                let places = symbols.line_places(&file, known.line).unwrap();
                assert!(!places.is_empty(), "{guest}: {file}:{}", known.line);
                let mut pcs: Vec<u32> = places.iter().map(|place| place.wasm_pc).collect();
                pcs.dedup();
                assert_eq!(pcs.len(), places.len());
            }
        }
    }
}

#[test]
fn a_line_without_code_stands_for_the_next_of_its_function() {
    let symbols = symbols("crash/crash");
    let file = "crash/archive.c";
    let declaration = line_of(file, "const uint8_t *at = find_day");
    let next = line_of(file, "{load_u16(at), INT16_MAX");
    let expected = one("archive_summarize", next);
    assert_eq!(places(&symbols, file, declaration), expected);
    // Between functions it is the next function.
    let comment = line_of(file, "Where the readings of a day begin");
    let body = line_of(file, "return archive->bytes + load_u32");
    assert_eq!(
        places(&symbols, file, comment),
        one("archive_summarize", body)
    );
}

#[test]
fn behind_the_last_line_and_in_other_files_there_is_nothing() {
    let symbols = symbols("crash/crash");
    assert_eq!(places(&symbols, "archive.c", 100_000), []);
    assert_eq!(places(&symbols, "archive.c", u32::MAX), []);
    assert_eq!(places(&symbols, "chive.c", 4), []);
    assert_eq!(places(&symbols, "", 4), []);
    assert_eq!(places(&symbols, "other/archive.c", 4), []);
}

#[test]
fn files_are_named_as_users_name_them() {
    let symbols = symbols("crash/crash");
    let expected = places(&symbols, "tests/guests/crash/archive.c", 4);
    assert_eq!(expected, one("archive_open", 4));
    for file in [
        "archive.c",
        "crash/archive.c",
        r"crash\archive.c",
        "/x/tests/guests/crash/archive.c",
    ] {
        assert_eq!(places(&symbols, file, 4), expected, "{file}");
    }
}

#[test]
fn the_line_that_a_function_begins_with_is_behind_its_prologue() {
    for (guest, file, text, function) in [
        ("values/c-O0-5", "values/mark.c", "mark(void) {", "mark"),
        (
            "values/cpp-O0-5",
            "values/values.cc",
            "static void strings() {",
            "strings",
        ),
        (
            "values/rust-O0-4",
            "values/rust/src/main.rs",
            "fn scalars(",
            "values::scalars",
        ),
        (
            "values/zig-O0-4",
            "values/values.zig",
            "fn slices(",
            "slices",
        ),
    ] {
        let symbols = symbols(guest);
        let line = line_of(file, text);
        let found = symbols
            .line_places(file.rsplit('/').next().unwrap(), line)
            .unwrap();
        let [place] = &found[..] else {
            panic!("{guest}: {found:?}");
        };
        assert_eq!(place.function.as_deref(), Some(function));
        let statements = symbols.statements(place.wasm_pc).unwrap().unwrap();
        assert_eq!(place.wasm_pc, statements.body, "{guest}");
        assert!(statements.body > statements.entry, "{guest}");
        assert!(place.line >= line);
    }
}

#[test]
fn each_inlined_copy_has_a_place() {
    let symbols = symbols("crash/crash");
    let line = line_of("crash/archive.h", "return (uint16_t)(at[0] | at[1] << 8)");
    let found = symbols.line_places("archive.h", line).unwrap();
    assert!(found.len() >= 2, "{found:?}");
    for place in &found {
        assert!(place.inlined);
        let frames = symbols.frames(place.wasm_pc).unwrap();
        assert_eq!(frames[0].function.as_deref(), Some("load_u16"));
    }
}

#[test]
fn each_instance_of_a_generic_function_has_a_place() {
    let symbols = symbols("values/zig-O0-4");
    let line = line_of("values/values.zig", "fn any(value") + 1;
    let found = places(&symbols, "values.zig", line);
    assert!(found.len() > 10, "{found:?}");
    assert!(
        found
            .iter()
            .all(|(name, of)| name.starts_with("any__") && *of == line)
    );
}

#[test]
fn columns_tell_the_statements_of_a_line_apart() {
    let symbols = symbols("crash/crash");
    let file = "archive.c";
    for known in symbols.breakpoint_lines(file, 1..100).unwrap() {
        let Some(column) = known.column else {
            continue;
        };
        let found = symbols.column_places(file, known.line, column).unwrap();
        assert!(!found.is_empty());
        for place in &found {
            let at_entry = symbols.statements(place.wasm_pc).unwrap().unwrap().body;
            let is_exact = (place.line, place.column) == (known.line, Some(column));
            assert!(is_exact || place.wasm_pc == at_entry, "{place:?}");
        }
    }
    // What is behind all of them is the whole line.
    let whole = symbols.line_places(file, 15).unwrap();
    assert_eq!(symbols.column_places(file, 15, 500).unwrap(), whole);
}

#[test]
fn lines_for_breakpoints_are_those_with_code() {
    let symbols = symbols("crash/crash");
    let first = line_of("crash/archive.c", "struct archive archive = {bytes");
    let lines = symbols
        .breakpoint_lines("archive.c", first..first + 2)
        .unwrap();
    let lines: Vec<u32> = lines.iter().map(|known| known.line).collect();
    assert_eq!(lines, [first, first + 1]);
    assert!(
        symbols
            .breakpoint_lines("archive.c", 0..first)
            .unwrap()
            .is_empty()
    );
    assert!(
        symbols
            .breakpoint_lines("nothing.c", 0..1000)
            .unwrap()
            .is_empty()
    );
}
