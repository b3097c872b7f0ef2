//! The source of our own guest programs, as their debug information tells it.
//!
//! The expected answers are in `tests/golden`. They were compared with those of
//! `llvm-symbolizer` when they were written; `TRAPLINE_BLESS=1` writes them anew after the
//! guests have been built again.
#![allow(missing_docs)]

use std::fmt::Write;
use std::path::Path;
use trapline_symbols::{SourceFrame, Symbols, SymbolsError};

fn guest(name: &str) -> Vec<u8> {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests");
    std::fs::read(guests.join(name).join(format!("{name}.wasm"))).unwrap()
}

fn show(frame: &SourceFrame) -> String {
    let mut text = frame.function.clone().unwrap_or("?".to_string());
    if let Some(location) = &frame.location {
        write!(text, " {}", location.file).unwrap();
        for number in [location.line, location.column].into_iter().flatten() {
            write!(text, ":{number}").unwrap();
        }
    }
    text + if frame.inlined { " (inlined)" } else { "" }
}

fn is_ours(frame: &SourceFrame) -> bool {
    frame
        .location
        .as_ref()
        .is_some_and(|location| location.file.starts_with("tests/guests/"))
}

/// All code whose function is in one of our own files, with a line for each change. Calls inlined
/// from the C++ library, whose names are long, are left out.
fn describe(name: &str) -> String {
    let wasm = guest(name);
    let end = wasm.len() as u32;
    let symbols = Symbols::new(wasm.into()).unwrap();
    let mut text = String::new();
    let mut last = String::new();
    for pc in 0..end {
        let frames = symbols.frames(pc).unwrap();
        if frames.last().is_some_and(is_ours) {
            let ours = frames.iter().filter(|frame| is_ours(frame)).map(show);
            let frames = ours.collect::<Vec<_>>().join("\n      < ");
            if frames != last {
                writeln!(text, "{pc:#x} {frames}").unwrap();
            }
            last = frames;
        }
    }
    text
}

fn check(name: &str) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.txt"));
    let actual = describe(name);
    if std::env::var_os("TRAPLINE_BLESS").is_some() {
        std::fs::write(&golden, &actual).unwrap();
    }
    let expected = std::fs::read_to_string(&golden).unwrap();
    for (number, (actual, expected)) in actual.lines().zip(expected.lines()).enumerate() {
        assert_eq!(
            actual,
            expected,
            "line {} of {}",
            number + 1,
            golden.display()
        );
    }
    assert_eq!(actual.lines().count(), expected.lines().count());
}

#[test]
fn a_c_program_with_dwarf_4_has_lines_and_inlined_calls() {
    check("crash");
}

#[test]
fn a_cpp_program_with_dwarf_5_has_lines_and_readable_names() {
    check("stock");
}

#[test]
fn code_outside_of_all_units_has_no_frames() {
    let wasm = guest("crash");
    let end = wasm.len() as u32;
    let symbols = Symbols::new(wasm.into()).unwrap();
    for pc in [0, 8, end - 1, end, u32::MAX] {
        assert_eq!(symbols.frames(pc), Ok(Vec::new()));
    }
}

#[test]
fn a_module_cut_short_or_of_another_kind_is_an_error() {
    let wasm = guest("hello");
    for length in 0..256 {
        assert!(
            Symbols::new(wasm[..length].to_vec().into()).is_err(),
            "{length} bytes"
        );
    }
    let component = b"\0asm\x0d\0\x01\0".to_vec();
    assert!(matches!(
        Symbols::new(component.into()),
        Err(SymbolsError::NotAModule { .. })
    ));
}
