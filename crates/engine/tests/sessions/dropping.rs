//! Sessions that are dropped in the middle.

use crate::common::{block_on, instantiate, poll_once};
use crate::support::{FAIL, Guest, NEVER, OVERFLOW, TRAP, WAIT, name};
use std::pin::pin;
use trapline::{Caller, DebugSession, Engine, Error, Linker, Val};

#[test]
fn a_session_can_be_dropped_at_any_event() {
    for leaf in [TRAP, OVERFLOW, FAIL] {
        for sync in [0, 0b1010, 0b1111] {
            let mut guest = Guest::new();
            let frames = guest.store.data().clone();
            let mut session = guest.session(4, sync, leaf);
            let step = block_on(session.next());
            assert!(["trap", "host error"].contains(&name(&step)));
            assert_eq!(frames.alive(), 4);
            drop(session);
            guest.assert_usable();
        }
    }
}

#[test]
fn a_session_can_be_dropped_before_it_begins_and_after_it_ends() {
    let mut guest = Guest::new();
    drop(guest.session(1, 0, TRAP));
    guest.assert_usable();
    let mut session = guest.session(1, 0, TRAP);
    while block_on(session.next()).is_some() {}
    drop(session);
    guest.assert_usable();
}

#[test]
fn a_session_can_be_dropped_while_the_host_waits() {
    for leaf in [NEVER, WAIT] {
        let mut guest = Guest::new();
        let frames = guest.store.data().clone();
        let mut session = guest.session(4, 0, leaf);
        assert!(poll_once(pin!(session.next())).is_pending());
        assert_eq!(frames.alive(), 5);
        // A function of the host may be using it.
        assert!(matches!(session.store(), Err(Error::BusySession)));
        assert!(matches!(session.store_mut(), Err(Error::BusySession)));
        assert_eq!(session.frames().count(), 0);
        drop(session);
        guest.assert_usable();
    }
}

#[test]
fn a_host_function_that_swallows_the_drop_does_not_let_the_guest_go_on() {
    let mut linker = Linker::new(&Engine::default());
    let trap = |mut caller: Caller<'_, ()>| {
        let trap = caller.get_export("trap").unwrap().into_func().unwrap();
        assert!(trap.call(&mut caller, &[], &mut []).is_err());
    };
    linker.func_wrap("host", "trap", trap).unwrap();
    let wat = r#"(module (import "host" "trap" (func $trap))
        (global (export "went_on") (mut i32) (i32.const 0))
        (func (export "trap") unreachable)
        (func (export "run") (call $trap) (global.set 0 (i32.const 1))))"#;
    let (mut store, instance) = instantiate(&linker, (), wat);
    let run = instance.get_func(&store, "run").unwrap();
    let went_on = instance.get_global(&store, "went_on").unwrap();
    let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
    assert_eq!(name(&block_on(session.next())), "trap");
    drop(session);
    assert_eq!(went_on.get(&mut store).unwrap_i32(), 0);
    // Nobody keeps it from going on otherwise.
    run.call(&mut store, &[], &mut []).unwrap();
    assert_eq!(went_on.get(&mut store).unwrap_i32(), 1);
}

#[test]
fn sessions_that_are_dropped_leave_no_memory_behind() {
    let mappings = || {
        std::fs::read_to_string("/proc/self/maps")
            .unwrap()
            .lines()
            .count()
    };
    let mut guest = Guest::new();
    let mut before = 0;
    for round in 0..200 {
        let mut session = guest.session(3, round & 7, [TRAP, OVERFLOW, FAIL][round as usize % 3]);
        block_on(session.next());
        drop(session);
        if round == 20 {
            before = mappings();
        }
    }
    // Other tests run beside this one.
    assert!(mappings() < before + 100);
    guest.assert_usable();
}

#[test]
fn a_leaked_session_leaves_a_store_that_says_why_it_cannot_be_entered() {
    let mut guest = Guest::new();
    let mut session = guest.session(1, 0, TRAP);
    block_on(session.next());
    std::mem::forget(session);
    let fine = guest.func("fine");
    let mut results = [Val::I32(0)];
    let refused = fine.call(&mut guest.store, &[], &mut results).unwrap_err();
    assert!(matches!(refused, Error::PausedStore));
    assert_eq!(guest.store.data().alive(), 1);
}
