//! Modules without DWARF that have a source map.

use crate::guest::resume;
use trapline::{Config, DebugSession, Engine, Instance, Module, Observe, Store};
use trapline_debugger::{BreakpointKind, Debuggee, Debugger, Resume, StopReason};

const SOURCE: &str = "let a = load(0);\nlet b = a + 1;\nstore(0, b);\n";

/// A number as mappings have it.
fn number(number: i64) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut rest = number.unsigned_abs() << 1 | u64::from(number < 0);
    let mut text = String::new();
    loop {
        let digit = rest & 31 | if rest > 31 { 32 } else { 0 };
        text.push(DIGITS[digit as usize].into());
        rest >>= 5;
        if rest == 0 {
            return text;
        }
    }
}

/// A map in which line after line of the source begins at these places of the module.
fn map(places: &[u32]) -> String {
    let mut before = 0;
    let mappings = places.iter().enumerate().map(|(line, place)| {
        let further = number(i64::from(*place) - before);
        before = i64::from(*place);
        further + "A" + if line == 0 { "A" } else { "C" } + "A"
    });
    let mappings = mappings.collect::<Vec<_>>().join(",");
    let source = SOURCE.replace('\n', "\\n");
    format!(
        r#"{{"version":3,"sources":["app.ts"],"names":[],"sourcesContent":["{source}"],"mappings":"{mappings}"}}"#
    )
}

fn section(name: &str, contents: &str) -> Vec<u8> {
    let leb = |mut number: usize| {
        let mut bytes = Vec::new();
        while number >= 128 {
            bytes.push(number as u8 | 128);
            number >>= 7;
        }
        bytes.push(number as u8);
        bytes
    };
    let name = [leb(name.len()), name.into()].concat();
    let contents = [leb(contents.len()), contents.into()].concat();
    [vec![0], leb(name.len() + contents.len()), name, contents].concat()
}

#[test]
fn lines_come_from_a_source_map_and_so_does_the_source() {
    let engine = Engine::new(Config::new().observe(Observe::State)).unwrap();
    let wat = r#"(module (memory 1) (func (export "run") (local i32 i32)
        (local.set 0 (i32.load (i32.const 0)))
        (local.set 1 (i32.add (local.get 0) (i32.const 1)))
        (i32.store (i32.const 0) (local.get 1))))"#;
    let plain = Module::new(&engine, wat).unwrap();
    let places = plain.debug_places();
    // The operators with which the statements begin.
    let map = map(&[places[0], places[3], places[7]]);
    let url = format!(
        "data:application/json,{}",
        map.replace('%', "%25").replace('#', "%23")
    );
    let wasm = [plain.wasm(), &section("sourceMappingURL", &url)].concat();
    let module = Module::new(&engine, &wasm).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let run = instance.get_func(&mut store, "run").unwrap();
    let mut debugger = Debugger::new();
    let session = DebugSession::call(&mut store, run, &[]).unwrap();
    let mut debuggee = Debuggee::new(&mut debugger, session);
    let id = debuggee
        .debugger_mut()
        .add_breakpoint(BreakpointKind::line("app.ts", 2));
    let stop = resume(&mut debuggee, Resume::Continue);
    assert!(
        matches!(&stop.reason, StopReason::Breakpoint { ids, .. } if *ids == [id]),
        "{stop:?}"
    );
    let line = |debuggee: &Debuggee<'_, '_, ()>| {
        let frame = debuggee.frames(0..1).remove(0);
        let location = frame.location.unwrap();
        assert_eq!(location.file, "app.ts");
        location.line
    };
    assert_eq!(line(&debuggee), Some(2));
    resume(&mut debuggee, Resume::StepOver);
    assert_eq!(line(&debuggee), Some(3));
    let module = debuggee.frames(0..1)[0].module;
    let source = debuggee.debugger().source_text("app.ts", module).unwrap();
    assert_eq!(source.line(3), Some("store(0, b);"));
}

#[test]
fn a_map_that_cannot_be_read_is_told() {
    let engine = Engine::new(Config::new().observe(Observe::State)).unwrap();
    let plain = Module::new(&engine, "(module (func))").unwrap();
    let mut debugger = Debugger::new();
    for (url, problem) in [
        ("data:application/json,{}", "the source map: "),
        ("data:no", "the source map is in a URL that is damaged"),
        (
            "http://host/app.map",
            "the source map is at http://host/app.map, and only files are read",
        ),
        (
            "no/such/file.map",
            "the source map is in no/such/file.map, which cannot be read: ",
        ),
    ] {
        let wasm = [plain.wasm(), &section("sourceMappingURL", url)].concat();
        let module = Module::new(&engine, &wasm).unwrap();
        let id = debugger.add_module(&module, None);
        let opened = debugger.module(id).unwrap().module_symbols();
        assert!(opened.symbols.is_none());
        assert!(
            opened.notes[0].starts_with(problem),
            "{url}: {:?}",
            opened.notes
        );
    }
}
