//! Sessions that are dropped in the middle.

use crate::common::{block_on, instantiate, poll_once};
use crate::support::{
    FAIL, Guest, HostFrame, HostFrames, NEVER, OVERFLOW, THROW, TRAP, WAIT, name,
};
use std::fmt;
use std::pin::pin;
use trapline::{Caller, Config, DebugSession, Engine, Error, ExnRef, Linker, Observe, Val};

/// What a session can be stopped for, and what the leaf does to get there.
const EVENTS: [(&str, i32); 7] = [
    ("trap", TRAP),
    ("trap", OVERFLOW),
    ("host error", FAIL),
    ("exception", THROW),
    ("breakpoint", TRAP),
    ("step", TRAP),
    ("interrupted", TRAP),
];

/// A guest that can be stopped anywhere.
fn guest() -> Guest {
    let engine = Engine::new(Config::new().observe(Observe::State)).unwrap();
    Guest::of(&engine, HostFrames::default())
}

/// A session that is stopped for an event in a leaf below four functions of the host.
fn stopped<'g>(
    guest: &'g mut Guest,
    sync: i32,
    (event, leaf): (&str, i32),
) -> DebugSession<'g, HostFrames> {
    let by_breakpoint = ["breakpoint", "step", "interrupted"].contains(&event);
    if by_breakpoint {
        guest.break_at_leaf();
    }
    let mut session = guest.session(4, sync, leaf);
    if by_breakpoint {
        assert_eq!(name(&block_on(session.next())), "breakpoint");
    }
    let step = match event {
        "breakpoint" => return session,
        "step" => block_on(session.step()),
        "interrupted" => {
            session.interrupt_handle().unwrap().interrupt();
            block_on(session.next())
        }
        _ => block_on(session.next()),
    };
    assert_eq!(name(&step), event);
    session
}

#[test]
fn a_session_that_is_dropped_at_any_kind_of_event_leaves_the_frames_of_the_host() {
    for event in EVENTS {
        for sync in [0, 0b1010, 0b1111] {
            for moves in [false, true] {
                // Then it belongs to its thread.
                if moves && sync != 0 {
                    continue;
                }
                let mut guest = guest();
                let frames = guest.store.data().clone();
                let session = stopped(&mut guest, sync, event);
                assert_eq!(frames.alive(), 4);
                match moves {
                    false => drop(session),
                    true => std::thread::scope(|scope| {
                        scope.spawn(move || drop(session)).join().unwrap();
                    }),
                }
                guest.assert_usable();
            }
        }
    }
}

#[test]
fn a_session_that_was_refused_on_another_thread_can_be_dropped_on_its_own() {
    for event in EVENTS {
        let mut guest = guest();
        let frames = guest.store.data().clone();
        let mut session = stopped(&mut guest, 0b0001, event);
        let refused =
            std::thread::scope(|scope| scope.spawn(|| block_on(session.next())).join().unwrap());
        assert_eq!(name(&refused), "pinned");
        assert_eq!(frames.alive(), 4);
        drop(session);
        guest.assert_usable();
    }
}

/// An error that counts as a frame of the host.
struct Counted {
    _frame: HostFrame,
}

impl Counted {
    fn of(frames: &HostFrames) -> Counted {
        Counted {
            _frame: frames.enter(),
        }
    }
}

impl fmt::Debug for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("counted")
    }
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("counted")
    }
}

impl std::error::Error for Counted {}

#[test]
fn an_error_that_a_session_is_stopped_for_is_dropped_with_it() {
    let frames = HostFrames::default();
    let mut linker = Linker::new(&Engine::default());
    linker
        .func_wrap("host", "fail", |caller: Caller<'_, HostFrames>| {
            Err::<(), _>(Counted::of(caller.data()))
        })
        .unwrap();
    let wat = r#"(module (import "host" "fail" (func $fail)) (tag $e)
        (func (export "fail") (call $fail)) (func (export "throw") (throw $e)))"#;
    let (mut store, instance) = instantiate(&linker, frames.clone(), wat);
    for export in ["fail", "throw"] {
        let func = instance.get_func(&store, export).unwrap();
        let mut session = DebugSession::call(&mut store, func, &[]).unwrap();
        match name(&block_on(session.next())) {
            "host error" => {}
            _ => drop(session.take_exception(Counted::of(&frames)).unwrap()),
        }
        assert!(session.error().unwrap().downcast_ref::<Counted>().is_some());
        assert_eq!(frames.alive(), 1);
        drop(session);
        assert_eq!(frames.alive(), 0);
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
fn a_host_function_that_throws_at_the_drop_does_not_let_the_guest_go_on() {
    let mut linker = Linker::new(&Engine::default());
    let trap = |mut caller: Caller<'_, ()>| {
        let trap = caller.get_export("trap").unwrap().into_func().unwrap();
        assert!(trap.call(&mut caller, &[], &mut []).is_err());
        let tag = caller.get_export("tag").unwrap().into_tag().unwrap();
        let exception = ExnRef::new(&mut caller, &tag, &[])?;
        Err::<(), Error>(Error::from(exception))
    };
    linker.func_wrap("host", "trap", trap).unwrap();
    let wat = r#"(module (import "host" "trap" (func $trap)) (tag (export "tag"))
        (global (export "went_on") (mut i32) (i32.const 0))
        (func (export "trap") unreachable)
        (func (export "run") (block (try_table (catch_all 0) (call $trap)))
            (global.set 0 (i32.const 1))))"#;
    let (mut store, instance) = instantiate(&linker, (), wat);
    let run = instance.get_func(&store, "run").unwrap();
    let went_on = instance.get_global(&store, "went_on").unwrap();
    let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
    assert_eq!(name(&block_on(session.next())), "trap");
    drop(session);
    assert_eq!(went_on.get(&mut store).unwrap_i32(), 0);
    // Nobody keeps it from being caught otherwise.
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
