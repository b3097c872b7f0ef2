//! Line tables, functions and source maps that are damaged or made to do harm.

use crate::build::*;
use std::path::Path;
use trapline_symbols::{Symbols, SymbolsError};

/// Asks what leads from the source to code, and whether that makes sense.
pub fn ask(symbols: &Symbols, random: &mut dyn FnMut(usize) -> usize, code: usize) {
    let files = symbols.files().unwrap_or_default();
    for _ in 0..5 {
        if files.is_empty() {
            break;
        }
        let file = &files[random(files.len())];
        let line = random(100) as u32;
        let _ = symbols.line_places(file, line);
        let _ = symbols.column_places(file, line, 5);
        let _ = symbols.breakpoint_lines(file, line..line + 50);
        let _ = symbols.source_text(file);
    }
    for _ in 0..20 {
        if let Ok(Some(found)) = symbols.statements(random(code) as u32) {
            assert!(!found.calls.is_empty());
            for statement in found.statements.iter().take(50) {
                let _ = (
                    found.at(statement.wasm_pc),
                    found.call_at(statement.wasm_pc),
                );
                assert!(found.is_within(statement.call, 0));
            }
        }
    }
    let _ = symbols.functions();
    let _ = symbols.functions_named("main");
    for typed in ["int", "struct point", "Ledger<int>"] {
        let _ = symbols.types_named(typed);
    }
}

/// A unit whose line table is at 0, from its other entries.
fn unit_with_lines(entries: &[u8]) -> Vec<u8> {
    unit(&[&[1][..], &all_code(), &[0; 4], entries].concat())
}

const LINES: (u8, u8) = (0x10, 0x17);

/// A line table of DWARF 4 with one file.
fn line_table(program: &[u8]) -> Vec<u8> {
    let header = [
        &[1, 1, 1, 0xfb, 14, 13][..],
        &[0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1],
        b"\0a.c\0\0\0\0\0",
    ]
    .concat();
    let length = (2 + 4 + header.len() + program.len()) as u32;
    [
        &length.to_le_bytes()[..],
        &[4, 0],
        &(header.len() as u32).to_le_bytes(),
        &header,
        program,
    ]
    .concat()
}

/// Sets the address to 2, makes rows by what is between, and ends at 102.
fn program(rows: &[u8]) -> Vec<u8> {
    let set = |address: u32| [&[0, 5, 2][..], &address.to_le_bytes()].concat();
    [&set(2)[..], rows, &set(102), &[0, 1, 1]].concat()
}

#[test]
fn many_functions_over_the_same_rows_run_out_of_budget() {
    let abbreviations = [
        abbreviation(1, UNIT, CHILDREN, &[LOW, HIGH, LINES]),
        abbreviation(2, SUBPROGRAM, 0, &[LOW, HIGH]),
    ]
    .concat();
    // A function at each address, to the end of the code; and as many rows.
    let mut entries = Vec::new();
    for _ in 0..1000 {
        for begin in 2..90u32 {
            entries.push(2);
            entries.extend([begin.to_le_bytes(), 10_000u32.to_le_bytes()].concat());
        }
    }
    // One further, on the same line.
    let rows = program(&[2, 1, 1].repeat(30));
    let mut long = Vec::new();
    for _ in 0..20_000 {
        long.extend(&rows);
    }
    let sections: [(&str, &[u8]); 3] = [
        (".debug_abbrev", &abbreviations),
        (".debug_info", &unit_with_lines(&entries)),
        (".debug_line", &line_table(&long)),
    ];
    let symbols = Symbols::new(module(&sections).into()).unwrap();
    let answer = symbols.line_places("a.c", 1);
    assert!(
        matches!(&answer, Err(SymbolsError::TooMuchWork)) || answer.is_ok_and(|a| a.len() < 200)
    );
    let _ = symbols.functions();
}

#[test]
fn blocks_that_share_a_long_list_of_ranges_run_out_of_budget() {
    let abbreviations = [
        abbreviation(1, UNIT, CHILDREN, &[LOW, HIGH, LINES]),
        abbreviation(2, SUBPROGRAM, CHILDREN, &[NAME, LOW, HIGH]),
        abbreviation(3, 0x0b, 0, &[RANGES]),
    ]
    .concat();
    let mut entries = [vec![2], b"f\0".to_vec(), all_code()].concat();
    entries.extend([3, 0, 0, 0, 0].repeat(5_000));
    let mut ranges = Vec::new();
    for begin in 0..30_000u32 {
        ranges.extend((begin % 90 + 2).to_le_bytes());
        ranges.extend((begin % 90 + 3).to_le_bytes());
    }
    let wasm = module(&[
        (".debug_abbrev", &abbreviations),
        (".debug_info", &unit_with_lines(&entries)),
        (".debug_line", &line_table(&program(&[1, 2, 1, 1]))),
        (".debug_ranges", &ranges),
    ]);
    let pc = middle(&wasm);
    let symbols = Symbols::new(wasm.into()).unwrap();
    let answer = symbols.statements(pc);
    assert_eq!(answer.err(), Some(SymbolsError::TooMuchWork));
    assert_eq!(
        symbols.line_places("a.c", 1).err(),
        Some(SymbolsError::TooMuchWork)
    );
}

#[test]
fn a_tower_of_inlined_calls_has_statements_too() {
    let abbreviations = [
        abbreviation(1, UNIT, CHILDREN, &[LOW, HIGH, LINES]),
        abbreviation(2, SUBPROGRAM, CHILDREN, &[NAME, LOW, HIGH]),
        abbreviation(3, INLINED, CHILDREN, &[LOW, HIGH]),
    ]
    .concat();
    let mut entries = [vec![2], b"f\0".to_vec(), all_code()].concat();
    for _ in 0..200_000 {
        entries.push(3);
        entries.extend(all_code());
    }
    let wasm = module(&[
        (".debug_abbrev", &abbreviations),
        (".debug_info", &unit_with_lines(&entries)),
        (".debug_line", &line_table(&program(&[1]))),
    ]);
    let pc = middle(&wasm);
    let symbols = Symbols::new(wasm.into()).unwrap();
    let found = symbols.statements(pc).unwrap().unwrap();
    assert!((2..1000).contains(&found.calls.len()));
    assert!(found.is_within(found.call_at(pc), 0));
    assert_eq!(symbols.line_places("a.c", 1).unwrap().len(), 1);
}

#[test]
fn damaged_source_maps_are_errors_or_answer() {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests");
    let wasm = std::fs::read(guests.join("hello/hello.wasm")).unwrap();
    let map = br#"{"version":3,"sources":["a.ts","b.ts"],"names":[],"mappings":"4sBAAA,AACA,CCAA,KDEA;AAAA,wBACA"}"#;
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let mut read = 0;
    for _ in 0..3000 {
        let mut damaged = map.to_vec();
        for _ in 0..random(4) {
            let at = random(damaged.len());
            damaged[at] = b"A/+zgD,;\"{}[]:0\xff"[random(16)];
        }
        if let Ok(symbols) = Symbols::with_source_map(&wasm, &damaged) {
            ask(&symbols, &mut random, wasm.len());
            read += 1;
        }
    }
    assert!(read > 500, "{read} maps could be read");
}
