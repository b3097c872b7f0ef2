//! Debug information that is in files of its own.

use crate::check::{self, Missing};
use crate::guest;
use trapline_symbols::{Symbols, SymbolsError};

#[test]
fn units_in_files_of_their_own_are_completed_by_these() {
    let wasm = guest::read("c-split.wasm");
    let whole = guest::read("c-split.wasm").into();
    let mut symbols = Symbols::new(whole).unwrap();
    let files = symbols.split_files().unwrap();
    assert_eq!(files.len(), 1);
    assert!(files[0].1.ends_with("c-split.dwo"), "{files:?}");
    // Another program's file completes nothing.
    assert_eq!(symbols.add_split(guest::read("c-O0-4.wasm").into()), Ok(0));
    assert_eq!(symbols.add_split(guest::read("c-split.dwo").into()), Ok(1));
    assert!(symbols.split_files().unwrap().is_empty());
    check::program_with("c-split", &wasm, &symbols, Missing::None);
}

#[test]
fn packages_of_such_files_complete_units_too() {
    let wasm = guest::read("c-split.wasm");
    let mut symbols = Symbols::new(wasm.clone().into()).unwrap();
    assert_eq!(symbols.add_split(guest::read("c-split.dwp").into()), Ok(1));
    check::program_with("c-split", &wasm, &symbols, Missing::None);
}

#[test]
fn without_its_file_a_unit_has_lines_only() {
    let wasm = guest::read("c-split.wasm");
    let end = wasm.len() as u32;
    let symbols = Symbols::new(wasm.into()).unwrap();
    let frames = (0..end).map(|pc| symbols.frames(pc).unwrap());
    let mut ours = frames.flatten().filter(|frame| {
        let location = frame.location.as_ref();
        location.is_some_and(|location| location.file.ends_with("values.c"))
    });
    assert!(ours.next().unwrap().function.is_none());
}

#[test]
fn debug_information_in_a_file_beside_the_module_serves_as_its_own() {
    let whole = guest::read("c-O0-5.wasm");
    let name = "elsewhere.wasm";
    let url = [&[name.len() as u8][..], name.as_bytes()].concat();
    let mut wasm = without_debug_sections(&whole);
    wasm.extend(custom("external_debug_info", &url));
    assert_eq!(Symbols::external_file(&wasm), Ok(Some(name.to_string())));
    assert!(matches!(
        Symbols::new(wasm.clone().into()),
        Err(SymbolsError::NoDebugInfo)
    ));
    let symbols = Symbols::with_external(&wasm, whole.into()).unwrap();
    check::program_with("c-O0-5", &wasm, &symbols, Missing::None);
}

fn custom(name: &str, contents: &[u8]) -> Vec<u8> {
    let len = (1 + name.len() + contents.len()) as u8;
    assert!(len < 0x80);
    [&[0, len, name.len() as u8], name.as_bytes(), contents].concat()
}

fn without_debug_sections(wasm: &[u8]) -> Vec<u8> {
    let mut kept = wasm[..8].to_vec();
    let mut at = 8;
    while at < wasm.len() {
        let begin = at;
        let (size, after) = leb(wasm, at + 1);
        at = after + size;
        let is_debug = wasm[begin] == 0 && wasm[after + 1..].starts_with(b".debug_");
        if !is_debug {
            kept.extend_from_slice(&wasm[begin..at]);
        }
    }
    kept
}

fn leb(bytes: &[u8], mut at: usize) -> (usize, usize) {
    let mut number = 0;
    for shift in (0..).step_by(7) {
        number |= usize::from(bytes[at] & 0x7f) << shift;
        at += 1;
        if bytes[at - 1] < 0x80 {
            break;
        }
    }
    (number, at)
}
