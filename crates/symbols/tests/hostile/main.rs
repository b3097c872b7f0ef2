//! Debug information that is damaged or made to do harm: an answer or an error, in little time.
#![allow(missing_docs)]

mod build;
mod lines;
mod values;

use build::*;
use std::path::Path;
use trapline_symbols::{Symbols, SymbolsError};

#[test]
fn a_tower_of_inlined_calls_is_cut() {
    let abbreviations = [
        abbreviation(1, UNIT, CHILDREN, &[LOW, HIGH]),
        abbreviation(2, SUBPROGRAM, CHILDREN, &[NAME, LOW, HIGH]),
        abbreviation(3, INLINED, CHILDREN, &[LOW, HIGH]),
    ]
    .concat();
    let mut entries = [vec![1], all_code(), vec![2], b"f\0".to_vec(), all_code()].concat();
    for _ in 0..200_000 {
        entries.push(3);
        entries.extend(all_code());
    }
    let wasm = module(&[
        (".debug_abbrev", &abbreviations),
        (".debug_info", &unit(&entries)),
    ]);
    let pc = middle(&wasm);
    let frames = Symbols::new(wasm.into()).unwrap().frames(pc).unwrap();
    assert!((2..1000).contains(&frames.len()), "{} frames", frames.len());
    assert_eq!(frames.last().unwrap().function.as_deref(), Some("f"));
    assert!(frames.iter().rev().skip(1).all(|frame| frame.inlined));
}

#[test]
fn entries_with_thousands_of_empty_attributes_run_out_of_budget() {
    // DW_FORM_flag_present takes no bytes.
    let flags = vec![(0x3f, 0x19); 50_000];
    let abbreviations = [
        abbreviation(1, UNIT, CHILDREN, &[LOW, HIGH]),
        abbreviation(2, SUBPROGRAM, 0, &flags),
    ]
    .concat();
    let mut entries = [vec![1], all_code()].concat();
    entries.resize(1_000_000, 2);
    let wasm = module(&[
        (".debug_abbrev", &abbreviations),
        (".debug_info", &unit(&entries)),
    ]);
    let pc = middle(&wasm);
    let answer = Symbols::new(wasm.into()).unwrap().frames(pc);
    assert_eq!(answer, Err(SymbolsError::TooMuchWork));
}

#[test]
fn units_that_share_a_long_list_of_ranges_run_out_of_budget() {
    let abbreviations = abbreviation(1, UNIT, 0, &[RANGES]);
    let units = unit(&[1, 0, 0, 0, 0]).repeat(20_000);
    let mut ranges = Vec::new();
    for begin in 0..100_000u32 {
        ranges.extend(begin.to_le_bytes());
        ranges.extend((begin + 1).to_le_bytes());
    }
    let sections: [(&str, &[u8]); 3] = [
        (".debug_abbrev", &abbreviations),
        (".debug_info", &units),
        (".debug_ranges", &ranges),
    ];
    // What was read before serves: the question is only that it ends.
    match Symbols::new(module(&sections).into()) {
        Ok(symbols) => {
            let answer = symbols.frames(middle(&module(&sections)));
            assert!(answer.is_err(), "{answer:?}");
        }
        Err(error) => assert_eq!(error, SymbolsError::TooMuchWork),
    }
}

#[test]
fn names_that_refer_to_each_other_in_a_circle_end() {
    let origin = (0x31, 0x13);
    let abbreviations = [
        abbreviation(1, UNIT, CHILDREN, &[LOW, HIGH]),
        abbreviation(2, SUBPROGRAM, 0, &[LOW, HIGH, origin]),
    ]
    .concat();
    // The subprogram, 20 bytes into the unit, names itself as its origin.
    let entries = [
        vec![1],
        all_code(),
        vec![2],
        all_code(),
        vec![20, 0, 0, 0, 0],
    ]
    .concat();
    let wasm = module(&[
        (".debug_abbrev", &abbreviations),
        (".debug_info", &unit(&entries)),
    ]);
    let pc = middle(&wasm);
    let frames = Symbols::new(wasm.into()).unwrap().frames(pc).unwrap();
    assert_eq!(frames.len(), 1);
    assert_eq!(frames[0].function, None);
}

#[test]
fn damaged_sections_of_real_programs_give_answers_or_errors() {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests");
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    for name in ["hello", "stock"] {
        let wasm = std::fs::read(guests.join(name).join(format!("{name}.wasm"))).unwrap();
        let first = wasm
            .windows(7)
            .position(|bytes| bytes == b".debug_")
            .unwrap();
        for _ in 0..150 {
            let mut damaged = wasm.clone();
            for _ in 0..1 + random(16) {
                let at = first + 12 + random(wasm.len() - first - 12);
                damaged[at] = random(256) as u8;
            }
            let Ok(symbols) = Symbols::new(damaged.into()) else {
                continue;
            };
            for _ in 0..20 {
                let _ = symbols.frames(random(first) as u32);
            }
            lines::ask(&symbols, &mut random, first);
        }
    }
}
