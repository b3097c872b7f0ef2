//! Exceptions as events.

use crate::common::{block_on, instantiate};
use crate::support::name;
use std::sync::{Arc, Mutex};
use trapline::{
    Caller, DebugSession, DebugStepResult, Engine, Error, ExnRef, Instance, Linker, Store, Val,
};

/// `run` calls `middle`, which calls `thrower` in a block that catches if told so, and `again`
/// calls `run` through the host.
const WAT: &str = r#"(module
    (import "host" "throw" (func $host_throw (param i32)))
    (import "host" "again" (func $again (param i32)))
    (tag $e (export "tag") (param i32))
    (global $caught (export "caught") (mut i32) (i32.const 0))
    (func $thrower (param $what i32)
        (if (i32.and (local.get $what) (i32.const 2))
            (then (call $host_throw (i32.const 5)))
            (else (throw $e (i32.const 5)))))
    (func $catcher (param $what i32)
        (global.set $caught
            (block $caught (result i32)
                (try_table (catch $e $caught) (call $thrower (local.get $what)))
                (i32.const -1))))
    (func (export "run") (param $what i32)
        (if (i32.and (local.get $what) (i32.const 1))
            (then (call $catcher (local.get $what)))
            (else (call $thrower (local.get $what)))))
    (func (export "outer") (param $what i32)
        (global.set $caught
            (block $caught (result i32)
                (try_table (catch $e $caught) (call $again (local.get $what)))
                (i32.const -2)))))"#;

fn guest() -> (Store<()>, Instance) {
    let mut linker = Linker::<()>::new(&Engine::default());
    linker
        .func_wrap("host", "throw", |mut caller: Caller<'_, ()>, field: i32| {
            let tag = caller.get_export("tag").unwrap().into_tag().unwrap();
            let exception = ExnRef::new(&mut caller, &tag, &[Val::I32(field)])?;
            Err::<(), Error>(Error::from(exception))
        })
        .unwrap();
    linker
        .func_wrap("host", "again", |mut caller: Caller<'_, ()>, what: i32| {
            let run = caller.get_export("run").unwrap().into_func().unwrap();
            run.call(&mut caller, &[Val::I32(what)], &mut [])
        })
        .unwrap();
    instantiate(&linker, (), WAT)
}

/// The name of the function that will catch what was thrown, and how many frames there are.
fn thrown(session: &mut DebugSession<'_, ()>) -> (Option<String>, usize) {
    match block_on(session.next()) {
        Some(DebugStepResult::Exception(thrown)) => {
            let field = thrown.exception.field(session.store().unwrap(), 0);
            assert_eq!(field.unwrap().unwrap_i32(), 5);
            let catcher = thrown.catcher.as_ref().and_then(|frame| frame.func_name());
            (catcher.map(str::to_owned), session.frames().count())
        }
        step => panic!("{step:?}"),
    }
}

#[test]
fn an_exception_is_an_event_before_it_is_caught() {
    for what in [1, 3] {
        let (mut store, instance) = guest();
        let run = instance.get_func(&store, "run").unwrap();
        let caught = instance.get_global(&store, "caught").unwrap();
        let mut session = DebugSession::call(&mut store, run, &[Val::I32(what)]).unwrap();
        assert_eq!(thrown(&mut session), (Some("catcher".to_owned()), 3));
        assert_eq!(caught.get(session.store_mut().unwrap()).unwrap_i32(), 0);
        // It lives as long as it is stopped at.
        session.store_mut().unwrap().gc();
        assert_eq!(name(&block_on(session.next())), "returned");
        drop(session);
        assert_eq!(caught.get(&mut store).unwrap_i32(), 5);
    }
}

#[test]
fn an_exception_that_nobody_catches_is_an_event_and_then_the_error() {
    for what in [0, 2] {
        let (mut store, instance) = guest();
        let run = instance.get_func(&store, "run").unwrap();
        let mut session = DebugSession::call(&mut store, run, &[Val::I32(what)]).unwrap();
        assert_eq!(thrown(&mut session), (None, 2));
        match block_on(session.next()) {
            Some(DebugStepResult::Finished(Err(Error::Exception(_)))) => {}
            step => panic!("{step:?}"),
        }
        assert!(block_on(session.next()).is_none());
    }
}

#[test]
fn an_exception_is_reported_by_each_entry_into_the_guest_that_it_gets_to() {
    for what in [0, 2] {
        let (mut store, instance) = guest();
        let outer = instance.get_func(&store, "outer").unwrap();
        let caught = instance.get_global(&store, "caught").unwrap();
        let mut session = DebugSession::call(&mut store, outer, &[Val::I32(what)]).unwrap();
        assert_eq!(thrown(&mut session), (None, 4));
        // The function of the host has passed it on.
        let (catcher, frames) = thrown(&mut session);
        assert_eq!((catcher, frames), (None, 1), "the function has no name");
        assert_eq!(name(&block_on(session.next())), "returned");
        drop(session);
        assert_eq!(caught.get(&mut store).unwrap_i32(), 5);
    }
}

#[test]
fn a_session_can_be_dropped_at_an_exception() {
    for (export, what) in [
        ("run", 1),
        ("run", 3),
        ("run", 0),
        ("outer", 0),
        ("outer", 2),
    ] {
        let (mut store, instance) = guest();
        let func = instance.get_func(&store, export).unwrap();
        let caught = instance.get_global(&store, "caught").unwrap();
        let mut session = DebugSession::call(&mut store, func, &[Val::I32(what)]).unwrap();
        thrown(&mut session);
        drop(session);
        assert_eq!(caught.get(&mut store).unwrap_i32(), 0, "it went on");
        func.call(&mut store, &[Val::I32(1)], &mut []).unwrap();
    }
}

#[test]
fn a_handler_sees_exceptions_and_may_fail_the_call() {
    let (mut store, instance) = guest();
    let run = instance.get_func(&store, "run").unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = seen.clone();
    store.set_debug_handler(move |_, event| {
        noted
            .lock()
            .unwrap()
            .push(matches!(event, DebugStepResult::Exception(_)));
        let fails = noted.lock().unwrap().len() > 1;
        Box::new(async move {
            match fails {
                true => Err(std::io::Error::other("enough")),
                false => Ok(()),
            }
        })
    });
    block_on(run.call_async(&mut store, &[Val::I32(1)], &mut [])).unwrap();
    for what in [1, 3, 0, 2] {
        let params = [Val::I32(what)];
        let call = run.call_async(&mut store, &params, &mut []);
        assert_eq!(block_on(call).unwrap_err().to_string(), "enough");
    }
    assert_eq!(*seen.lock().unwrap(), [true; 5]);
}
