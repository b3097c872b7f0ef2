//! What a session stops for, in which order.

use crate::common::{block_on, instance, instantiate};
use crate::support::{FAIL, Guest, LOAD, OVERFLOW, TRAP, WAIT, name};
use trapline::{Caller, DebugSession, DebugStepResult, Engine, Error, Func, Linker, Trap, Val};

#[test]
fn a_trap_is_an_event_before_it_is_an_error() {
    for (leaf, trap) in [
        (TRAP, Trap::UnreachableCodeReached),
        (LOAD, Trap::MemoryOutOfBounds),
        (OVERFLOW, Trap::StackOverflow),
    ] {
        let mut guest = Guest::new();
        let mut session = guest.session(0, 0, leaf);
        match block_on(session.next()) {
            Some(DebugStepResult::Trap(info)) => {
                assert_eq!(info.trap, trap);
                if leaf == LOAD {
                    assert_eq!(info.fault.unwrap().address, 0x7fff_ffff);
                }
            }
            step => panic!("{step:?}"),
        }
        match block_on(session.next()) {
            Some(DebugStepResult::Finished(Err(error))) => {
                assert_eq!(error.trap(), Some(trap));
                assert!(!error.backtrace().unwrap().frames().is_empty());
            }
            step => panic!("{step:?}"),
        }
        assert!(block_on(session.next()).is_none());
        assert!(block_on(session.next()).is_none());
        drop(session);
        guest.assert_usable();
    }
}

#[test]
fn a_call_without_events_finishes_with_its_results() {
    let mut guest = Guest::new();
    let mut session = guest.session(6, 0b10_1010, WAIT);
    // What waits under a synchronous function of the host fails. That is an event, as often as
    // an error of the engine itself is handed on.
    for _ in 0..7 {
        assert_eq!(name(&block_on(session.next())), "host error");
        assert!(matches!(session.error(), Some(Error::NeedsAsync)));
    }
    assert_eq!(name(&block_on(session.next())), "failed");
    drop(session);
    let mut session = guest.session(6, 0, WAIT);
    match block_on(session.next()) {
        Some(DebugStepResult::Finished(Ok(results))) => {
            assert!(matches!(results[..], [Val::I32(6)]));
        }
        step => panic!("{step:?}"),
    }
    assert!(block_on(session.next()).is_none());
    // The store is the session's no more.
    let fine = session.store().unwrap().debug_instances()[0];
    let fine = fine
        .get_typed_func::<(), i32>(session.store().unwrap(), "fine")
        .unwrap();
    assert_eq!(fine.call(session.store_mut().unwrap(), ()).unwrap(), 42);
    drop(session);
    guest.assert_usable();
}

#[test]
fn an_error_of_the_host_is_an_event_before_the_frames_are_gone() {
    for sync in [0, 0b111] {
        let mut guest = Guest::new();
        let mut session = guest.session(3, sync, FAIL);
        match block_on(session.next()) {
            Some(DebugStepResult::HostError(text)) => assert_eq!(text, "disk on fire"),
            step => panic!("{step:?}"),
        }
        let error = session.error().unwrap();
        assert!(error.downcast_ref::<std::io::Error>().is_some());
        assert_eq!(session.frames().filter(|frame| !frame.is_host()).count(), 5);
        // It is reported once, although it goes through three more functions of the host.
        match block_on(session.next()) {
            Some(DebugStepResult::Finished(Err(error))) => {
                assert!(error.downcast_ref::<std::io::Error>().is_some());
                assert_eq!(error.backtrace().unwrap().frames().len(), 5);
            }
            step => panic!("{step:?}"),
        }
        drop(session);
        guest.assert_usable();
    }
}

#[test]
fn a_trap_that_the_host_answers_with_is_a_trap() {
    let mut linker = Linker::new(&Engine::default());
    let answer = |_: Caller<'_, ()>| Err::<(), Trap>(Trap::IntegerOverflow);
    linker.func_wrap("host", "answer", answer).unwrap();
    let wat = r#"(module (import "host" "answer" (func $answer))
        (func (export "run") nop (call $answer)))"#;
    let (mut store, instance) = instantiate(&linker, (), wat);
    let run = instance.get_func(&store, "run").unwrap();
    let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
    match block_on(session.next()) {
        Some(DebugStepResult::Trap(info)) => {
            assert_eq!(info.trap, Trap::IntegerOverflow);
            let frame = session.frames().next().unwrap();
            assert_eq!(info.wasm_pc, frame.wasm_pc().unwrap());
            assert!(info.wasm_pc.is_some());
        }
        step => panic!("{step:?}"),
    }
    assert_eq!(name(&block_on(session.next())), "failed");
}

#[test]
fn an_error_that_a_host_function_makes_of_another_is_an_event_too() {
    let mut linker = Linker::new(&Engine::default());
    linker
        .func_wrap("host", "again", |mut caller: Caller<'_, ()>| {
            let trap = caller.get_export("trap").unwrap().into_func().unwrap();
            let error = trap.call(&mut caller, &[], &mut []).unwrap_err();
            Err::<(), _>(format!("it said {error}"))
        })
        .unwrap();
    let wat = r#"(module (import "host" "again" (func $again))
        (func (export "trap") unreachable)
        (func (export "run") (call $again)))"#;
    let (mut store, instance) = instantiate(&linker, (), wat);
    let run = instance.get_func(&store, "run").unwrap();
    let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
    assert_eq!(name(&block_on(session.next())), "trap");
    match block_on(session.next()) {
        Some(DebugStepResult::HostError(text)) => assert_eq!(text, "it said unreachable"),
        step => panic!("{step:?}"),
    }
    assert_eq!(name(&block_on(session.next())), "failed");
}

#[test]
fn an_error_of_a_builtin_is_an_event() {
    let wat = r#"(module (memory 1)
        (func (export "run") (drop (memory.grow (i32.const 1)))))"#;
    let (store, _) = instance(wat);
    let engine = store.engine().clone();
    struct Strict;
    impl trapline::ResourceLimiter for Strict {
        fn memory_growing(
            &mut self,
            current: usize,
            _: usize,
            _: Option<usize>,
        ) -> trapline::Result<bool> {
            match current {
                0 => Ok(true),
                _ => Err(Error::host("no more")),
            }
        }
        fn table_growing(
            &mut self,
            _: usize,
            _: usize,
            _: Option<usize>,
        ) -> trapline::Result<bool> {
            Ok(true)
        }
    }
    let (mut store, instance) = {
        let module = trapline::Module::new(&engine, wat).unwrap();
        let mut store = trapline::Store::new(&engine, Strict);
        store.limiter(|strict| strict);
        let instance = trapline::Instance::new(&mut store, &module, &[]).unwrap();
        (store, instance)
    };
    let run = instance.get_func(&store, "run").unwrap();
    let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
    match block_on(session.next()) {
        Some(DebugStepResult::HostError(text)) => assert_eq!(text, "no more"),
        step => panic!("{step:?}"),
    }
    assert_eq!(name(&block_on(session.next())), "failed");
}

#[test]
fn an_error_that_the_host_swallows_was_an_event_and_the_call_goes_on() {
    let mut guest = Guest::new();
    guest.store.data_mut().swallows = true;
    let mut session = guest.session(3, 0b111, TRAP);
    assert_eq!(name(&block_on(session.next())), "trap");
    match block_on(session.next()) {
        Some(DebugStepResult::Finished(Ok(results))) => {
            assert!(matches!(results[..], [Val::I32(1003)]));
        }
        step => panic!("{step:?}"),
    }
    drop(session);
    guest.assert_usable();
}

#[test]
fn a_panic_of_the_host_goes_on_in_who_waits_for_the_session() {
    let mut linker = Linker::new(&Engine::default());
    let panics = |_: Caller<'_, ()>| -> () { std::panic::resume_unwind(Box::new("help")) };
    linker.func_wrap("host", "panic", panics).unwrap();
    let wat = r#"(module (import "host" "panic" (func $panic))
        (func (export "run") (call $panic)) (func (export "fine")))"#;
    let (mut store, instance) = instantiate(&linker, (), wat);
    let run = instance.get_func(&store, "run").unwrap();
    let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
    let next = std::panic::AssertUnwindSafe(|| block_on(session.next()));
    let payload = std::panic::catch_unwind(next).unwrap_err();
    assert_eq!(*payload.downcast::<&str>().unwrap(), "help");
    assert!(block_on(session.next()).is_none());
    assert!(session.store_mut().is_ok());
    drop(session);
    let fine = instance.get_func(&store, "fine").unwrap();
    fine.call(&mut store, &[], &mut []).unwrap();
}

#[test]
fn arguments_are_checked_before_the_call_begins() {
    let (mut store, instance) =
        instance(r#"(module (func (export "run") (param i32 funcref) (result i64) unreachable))"#);
    let run = instance.get_func(&store, "run").unwrap();
    let mut refused = |params: &[Val]| {
        DebugSession::call(&mut store, run, params)
            .expect_err("it is refused")
            .to_string()
    };
    assert_eq!(
        refused(&[]),
        "the function has 2 parameters, but 0 were given"
    );
    let wrong = refused(&[Val::I64(1), Val::FuncRef(None)]);
    assert_eq!(wrong, "type mismatch: expected i32, found i64");
    let null = [Val::I32(1), Val::FuncRef(None)];
    assert!(DebugSession::call(&mut store, run, &null).is_ok());
}

#[test]
fn functions_of_the_host_can_be_called_in_a_session() {
    let mut store = trapline::Store::new(&Engine::default(), 7);
    let func = Func::wrap(&mut store, |caller: Caller<'_, i32>| *caller.data());
    let mut session = DebugSession::call(&mut store, func, &[]).unwrap();
    match block_on(session.next()) {
        Some(DebugStepResult::Finished(Ok(results))) => {
            assert!(matches!(results[..], [Val::I32(7)]));
        }
        step => panic!("{step:?}"),
    }
}
