//! Clients that say something while the guest runs.

use crate::guest::{Guest, options};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

/// Counts in memory, for ever.
const ENDLESS: &str = r#"(module
    (memory 1)
    (func (export "run")
        (loop $again
            (i64.store (i32.const 0) (i64.add (i64.load (i32.const 0)) (i64.const 1)))
            (br $again))))"#;

fn count(digits: &str) -> u64 {
    u64::from_str_radix(digits, 16).unwrap().swap_bytes()
}

#[test]
fn a_guest_that_runs_is_interrupted() {
    let mut guest = Guest::text(ENDLESS).serve();
    let client = &mut guest.client;
    for _ in 0..20 {
        client.send("c");
        client.acknowledged();
        client.send_raw(b"\x03");
        assert_eq!(client.answer(), "T02thread:1;reason:signal;");
        assert_eq!(client.pcs().len(), 1);
    }
    // Nobody runs.
    client.send_raw(b"\x03\x03");
    assert_eq!(client.ask("qC"), "QC1");
    client.send("k");
    assert_eq!(guest.served(), "Killed");
}

#[test]
fn a_guest_that_runs_goes_on_behind_each_answer() {
    let mut guest = Guest::text(ENDLESS).serve();
    let client = &mut guest.client;
    client.send("c");
    client.acknowledged();
    let mut last = 0;
    for _ in 0..200 {
        let now = count(&client.ask("m0,8"));
        assert!(now >= last);
        last = now;
    }
    assert!(last > 0);
    assert!(client.ask("c").starts_with('E'), "it runs already");
    assert!(client.ask("s").starts_with('E'));
    assert_eq!(client.ask("bogus"), "");
    client.send_raw(b"\x03");
    assert!(client.answer().starts_with("T02"));
    assert!(count(&client.ask("m0,8")) >= last);
}

#[test]
fn a_breakpoint_that_is_set_while_the_guest_runs_is_met() {
    let mut guest = Guest::text(ENDLESS).serve();
    let client = &mut guest.client;
    client.ask("s");
    client.ask("s");
    let place = client.pcs()[0];
    client.send("c");
    client.acknowledged();
    client.send(&format!("Z0,{place:x},1"));
    client.acknowledged();
    assert_eq!(client.answer(), "OK");
    assert!(client.answer().contains("reason:breakpoint;"));
    assert_eq!(client.pcs(), [place]);
    assert_eq!(client.ask(&format!("z0,{place:x},1")), "OK");
    client.send("D");
    // It never ends, but nobody is served any more.
    client.acknowledged();
    assert_eq!(client.answer(), "OK");
    assert_eq!(guest.served(), "Detached");
}

static IS_DONE: AtomicBool = AtomicBool::new(false);

#[test]
fn a_guest_that_waits_for_the_host_stops_when_that_is_done() {
    let guest = Guest::text(
        r#"(module (import "host" "wait" (func $wait (result i32)))
            (func (export "run") (result i32) (call $wait)))"#,
    );
    let guest = guest.with_host(|linker| {
        linker
            .func_wrap_async("host", "wait", |_, (): ()| {
                Box::new(std::future::poll_fn(|context| {
                    if IS_DONE.load(Ordering::Acquire) {
                        return std::task::Poll::Ready(17);
                    }
                    context.waker().wake_by_ref();
                    std::task::Poll::Pending
                }))
            })
            .map(drop)
    });
    let mut guest = guest.serve();
    let client = &mut guest.client;
    client.send("c");
    client.acknowledged();
    // It cannot be looked at, and that is told.
    while !client.ask("m0,1").starts_with('E') {}
    assert_eq!(client.ask("qWasmCallStack:1"), "");
    client.send_raw(b"\x03");
    IS_DONE.store(true, Ordering::Release);
    assert!(client.answer().starts_with("T02"));
    assert_eq!(client.ask("qWasmStackValue:0;0"), "11000000");
    assert_eq!(client.ask("c"), "W00");
    assert_eq!(guest.served(), "returned 17");
}

static WAS_ENDED: AtomicBool = AtomicBool::new(false);

/// What the host waits for, in a function that blocks its thread.
static GATE: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());

#[test]
fn a_guest_that_does_not_hear_of_its_end_is_told_of() {
    let guest = Guest::text(
        r#"(module (import "host" "block" (func $block)) (func (export "run") (call $block)))"#,
    );
    let guest = guest.with_host(|linker| {
        let block = || {
            let is_shut = |is_open: &mut bool| !*is_open;
            drop(GATE.1.wait_while(GATE.0.lock().unwrap(), is_shut));
        };
        linker.func_wrap("host", "block", block).map(drop)
    });
    // One that is let go is to go on, whenever it hears of that.
    let mut let_go = guest.clone().serve_with(|| {
        let tell = || WAS_ENDED.store(true, Ordering::Release);
        options().when_unheard(Duration::from_millis(1), tell)
    });
    let_go.client.send("c");
    let_go.client.acknowledged();
    let_go.client.send("D");
    let let_go = let_go.leave();
    for end in [&b"$k#6b"[..], b"$vKill;1#6e", b""] {
        *GATE.0.lock().unwrap() = false;
        let mut guest = guest.clone().serve_with(|| {
            options().when_unheard(Duration::from_millis(1), || {
                *GATE.0.lock().unwrap() = true;
                GATE.1.notify_all();
            })
        });
        guest.client.send("c");
        guest.client.acknowledged();
        guest.client.send_raw(end);
        let expected = if end.is_empty() {
            "Disconnected"
        } else {
            "Killed"
        };
        assert_eq!(guest.served(), expected);
    }
    assert_eq!(let_go.join().unwrap(), "Detached");
    assert!(!WAS_ENDED.load(Ordering::Acquire));
}
