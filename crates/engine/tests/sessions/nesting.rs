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

const CALLED: &str = r#"(module
    (import "host" "wait" (func $wait))
    (global $count (mut i32) (i32.const 0))
    (memory (export "memory") 1)
    (func (export "count") (param externref i32) (result i32)
        (global.set $count (i32.add (global.get $count) (local.get 1)))
        (global.get $count))
    (func (export "trap") unreachable)
    (func (export "wait") (call $wait))
    (func (export "write") (i32.store (i32.const 0) (i32.const 7)))
    (func (export "run") (param externref) (result externref i32)
        (local i32)
        (local.set 1 (i32.load (i32.const 0)))
        nop
        (i32.store (i32.const 8) (local.get 1))
        (call $wait)
        (local.get 0)
        (global.get $count)))"#;

fn called() -> (Store<()>, trapline::Instance) {
    let mut config = trapline::Config::new();
    config.observe(trapline::Observe::State);
    let engine = Engine::new(&config).unwrap();
    let mut linker = Linker::<()>::new(&engine);
    linker
        .func_wrap_async("host", "wait", |_: Caller<'_, ()>, (): ()| {
            Box::new(crate::common::Yield(1))
        })
        .unwrap();
    instantiate(&linker, (), CALLED)
}

#[test]
fn functions_are_called_while_the_guest_stands_still_and_it_goes_on_as_before() {
    let (mut store, instance) = called();
    let [count, trap, wait, run] =
        ["count", "trap", "wait", "run"].map(|name| instance.get_func(&store, name).unwrap());
    let reference = trapline::ExternRef::new(42_u32);
    let arguments = [Val::ExternRef(Some(reference))];
    let mut session = DebugSession::call(&mut store, run, &arguments).unwrap();
    block_on(session.step());
    // More than the store keeps without looking whether they are needed, so that it would collect.
    for number in 0..2000 {
        let argument = Val::ExternRef(Some(trapline::ExternRef::new(number)));
        let mut nested = session.nested(count, &[argument, 1.into()]).unwrap();
        assert_eq!(name(&block_on(nested.next())), "returned");
    }
    let mut nested = session.nested(trap, &[]).unwrap();
    assert_eq!(name(&block_on(nested.next())), "trap");
    // Within that one another, and both are left in the middle.
    let mut inner = nested.nested(wait, &[]).unwrap();
    assert!(poll_once(pin!(inner.next())).is_pending());
    drop(inner);
    assert_eq!(nested.frames().count(), 1);
    drop(nested);
    assert_eq!(session.frames().count(), 1);
    let refused = count.call(
        session.store_mut().unwrap(),
        &[Val::ExternRef(None), 1.into()],
        &mut [0.into()],
    );
    assert!(matches!(refused, Err(Error::PausedStore)), "{refused:?}");
    {
        let mut next = pin!(session.next());
        assert!(poll_once(next.as_mut()).is_pending());
    }
    let refused = session
        .nested(count, &[Val::ExternRef(None), 1.into()])
        .err()
        .unwrap();
    assert!(matches!(refused, Error::BusySession), "{refused}");
    let Some(DebugStepResult::Finished(Ok(values))) = block_on(session.next()) else {
        panic!("it ends");
    };
    let Val::ExternRef(Some(returned)) = &values[0] else {
        panic!("{values:?}");
    };
    assert_eq!(returned.data().downcast_ref(), Some(&42_u32));
    assert_eq!(values[1].unwrap_i32(), 2000);
    // A session that is over is nothing that a call would be within.
    let mut after = session
        .nested(count, &[Val::ExternRef(None), 1.into()])
        .unwrap();
    assert_eq!(name(&block_on(after.next())), "returned");
    drop(after);
    drop(session);
    let mut results = [0.into()];
    count
        .call(&mut store, &[Val::ExternRef(None), 1.into()], &mut results)
        .unwrap();
    assert_eq!(results[0].unwrap_i32(), 2002);
}

#[test]
fn a_function_that_is_called_stops_at_breakpoints_and_is_stepped_through() {
    let (mut store, instance) = called();
    let [count, run] = ["count", "run"].map(|name| instance.get_func(&store, name).unwrap());
    let module = instance.module(&store);
    let place = module.debug_places()[0];
    let mut session = DebugSession::call(&mut store, run, &[Val::ExternRef(None)]).unwrap();
    session
        .edit_breakpoints(|edit| edit.add(&module, place).map(drop))
        .unwrap();
    block_on(session.step());
    let mut nested = session
        .nested(count, &[Val::ExternRef(None), 5.into()])
        .unwrap();
    assert_eq!(name(&block_on(nested.next())), "breakpoint");
    assert_eq!(
        nested.frames().count(),
        1,
        "those outside are another call's"
    );
    assert_eq!(name(&block_on(nested.step())), "step");
    assert_eq!(name(&block_on(nested.step_out())), "returned");
    drop(nested);
    assert_eq!(name(&block_on(session.step())), "step");
}

#[test]
fn what_a_called_function_writes_must_not_have_been_read() {
    let (mut store, instance) = called();
    let [write, run] = ["write", "run"].map(|name| instance.get_func(&store, name).unwrap());
    let mut session = DebugSession::call(&mut store, run, &[Val::ExternRef(None)]).unwrap();
    // Beyond the load, on paper.
    for _ in 0..4 {
        block_on(session.step());
    }
    let mut nested = session.nested(write, &[]).unwrap();
    assert_eq!(name(&block_on(nested.next())), "returned");
    drop(nested);
    let step = block_on(session.next());
    assert!(
        matches!(step, Some(DebugStepResult::Refused(Error::LateWrite(_)))),
        "{step:?}"
    );
}
