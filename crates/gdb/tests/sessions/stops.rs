//! Why the guest has stopped, and where.

use crate::client::{Client, unhex};
use crate::guest::Guest;

/// The text of a stop.
fn description(stop: &str) -> String {
    let fields = stop.split(';');
    let text = fields
        .filter_map(|field| field.strip_prefix("description:"))
        .next();
    unhex(text.unwrap_or_else(|| panic!("{stop}")))
}

fn pc(client: &mut Client) -> u32 {
    client.pcs()[0] as u32
}

#[test]
fn a_trap_is_told_with_its_text_and_then_the_exit_code() {
    let mut guest = Guest::program("crash", &[]).serve();
    let client = &mut guest.client;
    let stop = client.ask("c");
    assert!(stop.starts_with("T05thread:1;reason:exception;"), "{stop}");
    let text = description(&stop);
    let expected = "out of bounds memory access: address 0x22010000 of memory 0";
    assert!(text.starts_with(expected), "{text}");
    assert_eq!(client.pcs().len(), 6);
    assert_eq!(client.ask("?"), stop);
    assert_eq!(client.ask("c"), "W86");
    assert!(guest.served().starts_with("failed: "));
}

#[test]
fn an_exception_that_nothing_catches_is_told_and_others_are_not() {
    let mut guest = Guest::program("exceptions", &["uncaught"]).serve();
    let stop = guest.client.ask("c");
    assert!(stop.contains("reason:exception;"), "{stop}");
    let text = description(&stop);
    assert!(text.starts_with("uncaught exception"), "{text}");
    assert_eq!(guest.client.ask("c"), "W86");
}

#[test]
fn a_failure_of_the_host_is_told_with_its_text() {
    let guest = Guest::text(
        r#"(module (import "host" "fail" (func $fail)) (func (export "run") (call $fail)))"#,
    );
    let guest = guest.with_host(|linker| {
        let fail = || Err::<(), _>(std::io::Error::other("the disk is full"));
        linker.func_wrap("host", "fail", fail).map(drop)
    });
    let mut guest = guest.serve();
    let stop = guest.client.ask("c");
    assert!(description(&stop).contains("the disk is full"), "{stop}");
    // The host's own frame is not told of.
    assert_eq!(guest.client.pcs().len(), 1);
    assert_eq!(guest.client.ask("c"), "W86");
}

#[test]
fn an_exit_is_told_with_its_code() {
    let mut guest = Guest::program("exit", &["3"]).serve();
    assert_eq!(guest.client.ask("c"), "W03");
    assert_eq!(guest.client.byte(), None, "the connection is closed");
    assert!(guest.served().starts_with("failed: "));
}

#[test]
fn a_breakpoint_is_told_as_often_as_it_is_met() {
    let mut guest = Guest::text(
        r#"(module (func (export "run") (result i32) (local i32)
            (loop $again
                (local.set 0 (i32.add (local.get 0) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get 0) (i32.const 3))))
            (local.get 0)))"#,
    )
    .serve();
    let client = &mut guest.client;
    // Past `loop`, to what is done each time.
    assert!(client.ask("s").contains("reason:trace;"));
    let place = 1_u64 << 62 | u64::from(pc(client));
    assert_eq!(client.ask(&format!("Z0,{place:x},1")), "OK");
    for round in 1..3 {
        assert!(client.ask("c").contains("reason:breakpoint;"));
        assert_eq!(client.pcs(), [place]);
        assert_eq!(client.ask("qWasmLocal:0;0"), format!("0{round}000000"));
    }
    assert_eq!(client.ask("c"), "W00");
    assert_eq!(guest.served(), "returned 3");
}

#[test]
fn a_function_begins_where_its_locals_are_declared() {
    let text = r#"(module
        (func $inner (result i32) (local i32 i64) (nop) (i32.const 5))
        (func (export "run") (result i32) (drop (call $inner)) (call $inner)))"#;
    let mut guest = Guest::text(text).serve();
    let client = &mut guest.client;
    assert!(client.ask("s").contains("reason:trace;"));
    let begin = client.pcs()[0];
    // Two groups of locals, of two bytes each, and their number.
    let first = begin + 5;
    assert!(client.ask("s").contains("reason:trace;"));
    assert_eq!(client.pcs()[0], first + 1);
    // A breakpoint at the first instruction is met by who stands at the beginning.
    let mut guest = Guest::text(r#"(module (func (export "run") (nop)))"#).serve();
    let client = &mut guest.client;
    let place = client.pcs()[0] + 1;
    assert_eq!(client.ask(&format!("Z0,{place:x},1")), "OK");
    assert!(client.ask("c").contains("reason:breakpoint;"));
    assert_eq!(client.pcs(), [place]);
    assert_eq!(client.ask("c"), "W00");
    // Whoever has asked for one of both places is told of that.
    for place in [begin, first] {
        let mut guest = Guest::text(text).serve();
        let client = &mut guest.client;
        assert_eq!(client.ask(&format!("Z0,{place:x},1")), "OK");
        for _ in 0..2 {
            assert!(client.ask("c").contains("reason:breakpoint;"));
            assert_eq!(client.pcs()[0], place);
        }
        assert_eq!(client.ask("c"), "W00");
    }
}

#[test]
fn stacks_are_told_as_deep_as_they_fit_in_a_packet() {
    let mut guest = Guest::program("recursion", &[]).serve();
    let client = &mut guest.client;
    let stop = client.ask("c");
    assert!(
        description(&stop).contains("call stack exhausted"),
        "{stop}"
    );
    assert_eq!(client.pcs().len(), 4096);
    assert_eq!(client.ask("qWasmLocal:4095;0").len(), 8);
    assert!(client.ask("qWasmLocal:4096;0").starts_with('E'));
}
