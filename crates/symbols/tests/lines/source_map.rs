//! Source maps, for modules that have nothing else.

use crate::{line_of, read, symbols};
use std::fmt::Write;
use trapline_symbols::{Symbols, SymbolsError};

/// A mapping: the offset in the module file, and the source, line and column that it comes from,
/// the latter counted from 0.
type Mapping = (u32, Option<(u32, u32, u32)>);

fn number(text: &mut String, number: i64) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut rest = number.unsigned_abs() << 1 | u64::from(number < 0);
    loop {
        let more = if rest > 31 { 32 } else { 0 };
        text.push(DIGITS[(rest & 31 | more) as usize].into());
        rest >>= 5;
        if rest == 0 {
            return;
        }
    }
}

fn mappings(all: &[Mapping]) -> String {
    let mut text = String::new();
    let mut last = [0; 4];
    for (pc, source) in all {
        if !text.is_empty() {
            text.push(',');
        }
        let mut fields = vec![*pc];
        fields.extend(
            source
                .iter()
                .flat_map(|&(file, line, column)| [file, line, column]),
        );
        for (last, field) in last.iter_mut().zip(fields) {
            number(&mut text, i64::from(field) - *last);
            *last = i64::from(field);
        }
    }
    text
}

fn map(all: &[Mapping]) -> String {
    let mut text = String::from(r#"{"version":3,"sourceRoot":"src","names":[],"#);
    let mappings = mappings(all);
    write!(text, r#""sources":["a.ts","/lib/b.ts"],"sourcesContent":["let a;\n",null],"mappings":"{mappings}"}}"#).unwrap();
    text
}

/// A module, and two functions of it: their entries and the ends of their code.
fn module() -> (Vec<u8>, [u32; 2]) {
    let known = symbols("crash/crash");
    let entry = |name| known.functions_named(name).unwrap()[0].instances[0].entry;
    (
        read("crash/crash"),
        [entry("archive_open"), entry("archive_summarize")],
    )
}

#[test]
fn files_lines_and_places_are_those_of_the_map() {
    let (wasm, [first, second]) = module();
    let map = map(&[
        (first + 1, Some((0, 9, 4))),
        (first + 4, Some((1, 2, 0))),
        (first + 8, Some((0, 9, 8))),
        (first + 9, None),
        (second + 1, Some((0, 9, 4))),
        (second + 3, Some((0, 11, 0))),
    ]);
    let symbols = Symbols::with_source_map(&wasm, map.as_bytes()).unwrap();
    let files = symbols.files().unwrap();
    let files: Vec<&str> = files.iter().map(|file| &**file).collect();
    assert_eq!(files, ["/lib/b.ts", "src/a.ts"]);
    let at = |pc| {
        let mut frames = symbols.frames(pc).unwrap();
        let location = frames.pop()?.location?;
        Some((location.file, location.line?, location.column?))
    };
    assert_eq!(at(first), None);
    assert_eq!(at(first + 1), Some(("src/a.ts".to_string(), 10, 5)));
    assert_eq!(at(first + 3), Some(("src/a.ts".to_string(), 10, 5)));
    assert_eq!(at(first + 4), Some(("/lib/b.ts".to_string(), 3, 1)));
    assert_eq!(at(first + 9), None);
    // One place in each function, and the next line with code if there is none.
    let pcs = |line| {
        let places = symbols.line_places("a.ts", line).unwrap();
        let pcs = places.iter().map(|place| place.wasm_pc);
        pcs.collect::<Vec<u32>>()
    };
    assert_eq!(pcs(10), [first + 1, second + 1]);
    assert_eq!(pcs(11), [second + 3]);
    assert_eq!(pcs(13), [0; 0]);
    let statements = symbols.statements(second + 5).unwrap().unwrap();
    let lines: Vec<u32> = statements.statements.iter().map(|at| at.line).collect();
    assert_eq!(lines, [10, 12]);
    assert_eq!(statements.body, second + 1);
    assert_eq!(
        symbols.source_text("src/a.ts").unwrap().as_deref(),
        Some("let a;\n")
    );
    assert_eq!(symbols.source_text("/lib/b.ts").unwrap(), None);
    assert_eq!(symbols.source_text("a.ts").unwrap(), None);
    // What a map does not have there is none of.
    assert!(symbols.functions().unwrap().is_empty());
    assert!(symbols.scopes(first + 1).unwrap().is_empty());
    assert!(symbols.globals().unwrap().is_empty());
}

#[test]
fn a_map_made_of_the_line_table_answers_as_that_does() {
    let wasm = read("crash/crash");
    let known = symbols("crash/crash");
    let line = line_of("crash/archive.c", "struct archive archive = {bytes");
    let mut mapped = Vec::new();
    for pc in 0..wasm.len() as u32 {
        let frames = known.frames(pc).unwrap();
        let location = frames.first().and_then(|frame| frame.location.clone());
        let ours = location.filter(|location| location.file.ends_with("archive.c"));
        mapped.push((
            pc,
            ours.and_then(|ours| Some((0, ours.line? - 1, ours.column? - 1))),
        ));
    }
    let symbols = Symbols::with_source_map(&wasm, map(&mapped).as_bytes()).unwrap();
    let place = &symbols.line_places("a.ts", line).unwrap()[0];
    let frames = known.frames(place.wasm_pc).unwrap();
    assert_eq!(frames[0].function.as_deref(), Some("archive_open"));
    assert_eq!(frames[0].location.as_ref().unwrap().line, Some(line));
}

#[test]
fn the_module_says_where_its_map_is() {
    let (mut wasm, _) = module();
    assert_eq!(Symbols::source_map_url(&wasm), Ok(None));
    let url = "./crash.wasm.map";
    let section = [
        &b"\x10sourceMappingURL"[..],
        &[url.len() as u8],
        url.as_bytes(),
    ]
    .concat();
    wasm.extend([0, section.len() as u8]);
    wasm.extend(section);
    assert_eq!(Symbols::source_map_url(&wasm), Ok(Some(url.to_string())));
}

#[test]
fn what_is_no_map_is_an_error() {
    let (wasm, [first, _]) = module();
    for map in [
        "",
        "{}",
        "[]",
        r#"{"version":3}"#,
        r#"{"version":2,"sources":[],"names":[],"mappings":""}"#,
        r#"{"version":3,"sources":[],"names":[],"mappings":"AAAA"}"#,
        r#"{"version":3,"sources":["a"],"names":[],"mappings":"AADA"}"#,
        r#"{"version":3,"sources":["a"],"names":[],"mappings":"!"}"#,
        r#"{"version":3,"sources":["a"],"names":[],"mappings":"ggggggggggggggggggggggggggA"}"#,
    ] {
        let error = Symbols::with_source_map(&wasm, map.as_bytes())
            .err()
            .unwrap();
        assert!(
            matches!(error, SymbolsError::SourceMap(_)),
            "{map}: {error}"
        );
    }
    assert!(Symbols::with_source_map(&wasm, b"\xff\xfe").is_err());
    assert!(Symbols::with_source_map(b"no module", b"{}").is_err());
    // The guard that keeps browsers from running it is none of its text.
    let guarded = format!(")]}}'\n{}", map(&[(first + 1, Some((0, 0, 0)))]));
    assert!(Symbols::with_source_map(&wasm, guarded.as_bytes()).is_ok());
}
