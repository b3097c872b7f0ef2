//! Sessions beside and inside of other calls.

use crate::common::{block_on, instantiate, poll_once};
use crate::support::{Guest, HostFrames, TRAP, name};
use std::pin::pin;
use std::sync::Mutex;
use trapline::{
    Caller, DebugSession, DebugStepResult, Engine, Error, Linker, Module, Result, Store, Trap, Val,
};

#[test]
fn a_session_inside_of_a_call_in_its_store_is_refused() {
    fn begin(caller: &mut Caller<'_, ()>) -> Result<()> {
        let run = caller.get_export("run").unwrap().into_func().unwrap();
        let refused = DebugSession::call(caller, run, &[]).expect_err("it is refused");
        assert!(matches!(refused, Error::NestedSession), "{refused}");
        Ok(())
    }
    let mut linker = Linker::<()>::new(&Engine::default());
    linker
        .func_wrap("host", "sync", |mut caller: Caller<'_, ()>| {
            begin(&mut caller)
        })
        .unwrap();
    linker
        .func_wrap_async("host", "async", |mut caller: Caller<'_, ()>, (): ()| {
            Box::new(async move { begin(&mut caller) })
        })
        .unwrap();
    let wat = r#"(module (import "host" "sync" (func $sync)) (import "host" "async" (func $async))
        (func (export "run") (call $sync) (call $async)))"#;
    let (mut store, instance) = instantiate(&linker, (), wat);
    let run = instance.get_func(&store, "run").unwrap();
    run.call(&mut store, &[], &mut []).unwrap();
    block_on(run.call_async(&mut store, &[], &mut [])).unwrap();
    let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
    assert_eq!(name(&block_on(session.next())), "returned");
}

const OTHER: &str = r#"(module (func (export "trap") unreachable))"#;

/// A linker whose `host.other` calls a guest of another store, in a certain manner.
fn linker_to_other(
    engine: &Engine,
    call: impl Fn(&mut Store<()>, trapline::Func) + Send + Sync + 'static,
) -> Linker<()> {
    let module = Module::new(engine, OTHER).unwrap();
    let mut store = Store::new(engine, ());
    let instance = trapline::Instance::new(&mut store, &module, &[]).unwrap();
    let trap = instance.get_func(&store, "trap").unwrap();
    let store = Mutex::new(store);
    let mut linker = Linker::new(engine);
    let other = move |_: Caller<'_, ()>| call(&mut store.lock().unwrap(), trap);
    linker.func_wrap("host", "other", other).unwrap();
    linker
}

const OUTER: &str = r#"(module (import "host" "other" (func $other))
    (func (export "run") (call $other) unreachable))"#;

#[test]
fn a_store_without_a_session_is_not_disturbed_by_one_around_it() {
    let engine = Engine::default();
    let linker = linker_to_other(&engine, |store, trap| {
        let error = trap.call(&mut *store, &[], &mut []).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::UnreachableCodeReached));
        let call = trap.call_async(store, &[], &mut []);
        assert!(block_on(call).unwrap_err().trap().is_some());
    });
    let (mut store, instance) = instantiate(&linker, (), OUTER);
    let run = instance.get_func(&store, "run").unwrap();
    let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
    match block_on(session.next()) {
        Some(DebugStepResult::Trap(info)) => {
            let frame = session.frames().next().unwrap();
            assert_eq!(frame.wasm_pc().unwrap(), info.wasm_pc);
            assert_eq!(session.frames().count(), 1, "it is the outer guest's own");
        }
        step => panic!("{step:?}"),
    }
    assert_eq!(name(&block_on(session.next())), "failed");
    assert!(block_on(session.next()).is_none());
}

#[test]
fn a_session_can_run_inside_of_a_session_of_another_store() {
    let engine = Engine::default();
    let linker = linker_to_other(&engine, |store, trap| {
        let mut session = DebugSession::call(store, trap, &[]).unwrap();
        assert_eq!(name(&block_on(session.next())), "trap");
        assert_eq!(session.frames().count(), 1);
        assert_eq!(name(&block_on(session.next())), "failed");
        assert!(block_on(session.next()).is_none());
    });
    let (mut store, instance) = instantiate(&linker, (), OUTER);
    let run = instance.get_func(&store, "run").unwrap();
    let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
    assert_eq!(name(&block_on(session.next())), "trap");
    assert_eq!(name(&block_on(session.next())), "failed");
}

#[test]
fn calls_without_a_session_run_as_ever_beside_one_that_is_stopped() {
    let engine = Engine::default();
    let mut debugged = Guest::of(&engine, HostFrames::default());
    let mut plain = Guest::of(&engine, HostFrames::default());
    let mut session = debugged.session(2, 0b10, TRAP);
    assert_eq!(name(&block_on(session.next())), "trap");
    let run = plain.func("run");
    let mut results = [Val::I32(0)];
    let params = [2, 0b11, TRAP].map(Val::I32);
    let error = run
        .call(&mut plain.store, &params, &mut results)
        .unwrap_err();
    assert!(error.trap().is_some());
    let params = [2, 0, TRAP].map(Val::I32);
    let error = block_on(run.call_async(&mut plain.store, &params, &mut results)).unwrap_err();
    assert!(error.trap().is_some());
    plain.assert_usable();
    assert_eq!(session.frames().count(), 6);
    assert_eq!(name(&block_on(session.next())), "failed");
}

#[test]
fn a_future_of_a_session_that_is_dropped_loses_nothing() {
    let mut guest = Guest::new();
    let mut session = guest.session(1, 0, crate::support::WAIT);
    for _ in 0..3 {
        assert!(poll_once(pin!(session.next())).is_pending());
    }
    assert_eq!(name(&block_on(session.next())), "returned");
}
