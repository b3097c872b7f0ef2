//! Several guest modules.

use crate::guest::Guest;
use trapline::{Caller, Error, Instance, Module};
use trapline_wasi::WasiCtx;

const LIBRARY: &str = r#"(module $same
    (memory 1)
    (data (i32.const 0) "library")
    (global i32 (i32.const 10))
    (func $add (export "add") (param i32) (result i32)
        (i32.add (local.get 0) (global.get 0))))"#;

const MAIN: &str = r#"(module $same
    (import "library" "add" (func $add (param i32) (result i32)))
    (memory 1)
    (data (i32.const 0) "main")
    (global i32 (i32.const 20))
    (func (export "run") (result i32) (call $add (global.get 0))))"#;

#[test]
fn modules_have_names_of_their_own() {
    let mut guest = Guest::linked(&[("library", LIBRARY), ("", MAIN)]).serve();
    let list = "<library-list>\
        <library name=\"same\"><section address=\"0x4000000000000000\"/></library>\
        <library name=\"same#1\"><section address=\"0x4000000100000000\"/></library>\
        </library-list>";
    let client = &mut guest.client;
    assert_eq!(
        client.ask("qXfer:libraries:read::0,1000"),
        format!("l{list}")
    );
    let mut parts = String::new();
    for offset in (0..).step_by(16) {
        let part = client.ask(&format!("qXfer:libraries:read::{offset:x},10"));
        parts += &part[1..];
        if part.starts_with('l') {
            break;
        }
        assert_eq!(part.len(), 17);
    }
    assert_eq!(parts, list);
    let malformed = ["::", "::0", "::0,", "::x,1", "::fffffffffffffff,1"];
    for range in malformed {
        let answer = client.ask(&format!("qXfer:libraries:read{range}"));
        assert!(answer.starts_with('E'), "{range}: {answer}");
    }
    for object in [
        "qXfer:features:read:target.xml:0,10",
        "qXfer:libraries:write::0:x",
        "qXfer",
    ] {
        assert_eq!(client.ask(object), "", "{object}");
    }
}

#[test]
fn frames_globals_and_memories_are_their_modules_own() {
    let mut guest = Guest::linked(&[("library", LIBRARY), ("", MAIN)]).serve();
    let client = &mut guest.client;
    assert_eq!(client.ask("m0,4"), "6d61696e", "main");
    while client.pcs().len() < 2 {
        client.ask("s");
    }
    let modules: Vec<u64> = client.pcs().iter().map(|pc| pc >> 32).collect();
    assert_eq!(modules, [0x4000_0000, 0x4000_0001]);
    assert_eq!(client.ask("m0,7"), "6c696272617279", "library");
    assert_eq!(client.ask("m100000000,7"), "6c696272617279");
    assert_eq!(client.ask("m200000000,4"), "6d61696e");
    assert_eq!(client.ask("qWasmGlobal:0;0"), "0a000000");
    assert_eq!(client.ask("qWasmGlobal:1;0"), "14000000");
    assert_eq!(client.ask("qWasmGlobal:0;instance:0;"), "0a000000");
    assert_eq!(client.ask("qWasmGlobal:0;instance:1;"), "14000000");
    assert_eq!(client.ask("qWasmLocal:0;0"), "14000000");
    // The module's bytes are all that a client has of it.
    assert_eq!(client.ask("m4000000100000000,4"), "0061736d");
    assert_eq!(client.ask("c"), "W00");
    assert_eq!(guest.served(), "returned 30");
}

#[test]
fn a_module_that_comes_later_is_told_of_with_the_next_stop() {
    let guest = Guest::text(
        r#"(module $first (import "host" "load" (func $load))
            (func (export "run") (call $load) (nop)))"#,
    );
    let guest = guest.with_host(|linker| {
        let load = |mut caller: Caller<'_, WasiCtx>| -> Result<(), Error> {
            let module = Module::new(caller.engine(), "(module $second)")?;
            Instance::new(&mut caller, &module, &[]).map(drop)
        };
        linker.func_wrap("host", "load", load).map(drop)
    });
    let mut guest = guest.serve();
    let client = &mut guest.client;
    assert!(
        !client
            .ask("qXfer:libraries:read::0,1000")
            .contains("second")
    );
    assert!(!client.ask("?").contains("library"));
    assert!(client.ask("s").contains("library:;"));
    let list = client.ask("qXfer:libraries:read::0,1000");
    let expected = "<library name=\"second\"><section address=\"0x4000000100000000\"/></library>";
    assert!(list.contains(expected), "{list}");
    assert!(!client.ask("?").contains("library"));
}
