//! Functions of the host in the middle of a session: they panic, swallow errors, and call the guest
//! again.

use crate::common::{block_on, instantiate};
use crate::support::{HostFrames, name};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use trapline::{
    Caller, DebugSession, DebugStepResult, Engine, Error, Instance, Linker, Result, Store,
    TypedFunc, Val,
};

/// `run` goes down through the host, synchronously where the bit of the depth is set in its second
/// argument. At the bottom it calls `bottom`.
const WAT: &str = r#"(module
    (import "host" "sync" (func $sync (param i32 i32) (result i32)))
    (import "host" "async" (func $async (param i32 i32) (result i32)))
    (import "host" "bottom" (func $bottom (result i32)))
    (func $run (export "run") (param $depth i32) (param $sync i32) (result i32)
        (if (i32.eqz (local.get $depth)) (then (return (call $bottom))))
        (local.set $depth (i32.sub (local.get $depth) (i32.const 1)))
        (if (result i32) (i32.and (i32.shr_u (local.get $sync) (local.get $depth)) (i32.const 1))
            (then (call $sync (local.get $depth) (local.get $sync)))
            (else (call $async (local.get $depth) (local.get $sync)))))
    (func (export "trap") (result i32) unreachable)
    (func (export "fine") (result i32) (i32.const 42)))"#;

type Host<'a> = Caller<'a, HostFrames>;

fn export(caller: &mut Host<'_>, name: &str) -> TypedFunc<(), i32> {
    let instance = caller.instance().unwrap();
    instance.get_typed_func(caller, name).unwrap()
}

/// What the synchronous functions between guests do with what their guest's call has come to.
type Between = fn(&mut Host<'_>, std::thread::Result<Result<i32>>) -> Result<i32>;

/// They hand it on.
const HANDS_ON: Between = |_, outcome| match outcome {
    Ok(result) => result,
    Err(payload) => resume_unwind(payload),
};

fn guest(
    between: Between,
    bottom: impl Fn(&mut Host<'_>) -> Result<i32> + Send + Sync + 'static,
) -> (Store<HostFrames>, Instance) {
    let mut linker = Linker::<HostFrames>::new(&Engine::default());
    let run = |caller: &mut Host<'_>| {
        let instance = caller.instance().unwrap();
        let run = instance.get_typed_func::<(i32, i32), i32>(caller, "run");
        run.unwrap()
    };
    let sync = move |mut caller: Host<'_>, depth: i32, sync: i32| {
        let _frame = caller.data().enter();
        let call = AssertUnwindSafe(|| run(&mut caller).call(&mut caller, (depth, sync)));
        let outcome = catch_unwind(call);
        between(&mut caller, outcome)
    };
    linker.func_wrap("host", "sync", sync).unwrap();
    linker
        .func_wrap_async(
            "host",
            "async",
            move |mut caller: Host<'_>, params: (i32, i32)| {
                Box::new(async move {
                    let _frame = caller.data().enter();
                    run(&mut caller).call_async(&mut caller, params).await
                })
            },
        )
        .unwrap();
    linker
        .func_wrap("host", "bottom", move |mut caller: Host<'_>| {
            let _frame = caller.data().enter();
            bottom(&mut caller)
        })
        .unwrap();
    instantiate(&linker, HostFrames::default(), WAT)
}

fn session(
    store: &mut Store<HostFrames>,
    instance: Instance,
    depth: i32,
    sync: i32,
) -> DebugSession<'_, HostFrames> {
    let run = instance.get_func(&*store, "run").unwrap();
    DebugSession::call(store, run, &[depth, sync].map(Val::I32)).unwrap()
}

fn assert_usable(store: &mut Store<HostFrames>, instance: Instance) {
    assert_eq!(store.data().alive(), 0, "frames of the host are left");
    let fine = instance.get_typed_func::<(), i32>(&*store, "fine").unwrap();
    assert_eq!(fine.call(store, ()).unwrap(), 42);
}

fn assert_returned(step: Option<DebugStepResult>, expected: i32) {
    match step {
        Some(DebugStepResult::Finished(Ok(results))) => {
            assert_eq!(results[0].unwrap_i32(), expected);
        }
        step => panic!("{step:?}"),
    }
}

#[test]
fn a_panic_of_the_host_goes_through_all_activations_of_a_session() {
    for sync in [0, 0b0101, 0b1111] {
        let (mut store, instance) = guest(HANDS_ON, |_| resume_unwind(Box::new("boom")));
        let frames = store.data().clone();
        let mut session = session(&mut store, instance, 4, sync);
        let next = AssertUnwindSafe(|| block_on(session.next()));
        let payload = catch_unwind(next).unwrap_err();
        assert_eq!(*payload.downcast::<&str>().unwrap(), "boom");
        assert_eq!(frames.alive(), 0);
        assert!(block_on(session.next()).is_none());
        drop(session);
        assert_usable(&mut store, instance);
    }
}

#[test]
fn a_panic_that_the_host_catches_between_guests_is_no_event_and_the_session_goes_on() {
    let catches: Between = |caller, outcome| match outcome {
        Ok(result) => result,
        Err(_) => export(caller, "trap").call(caller, ()),
    };
    let (mut store, instance) = guest(catches, |_| resume_unwind(Box::new("boom")));
    let mut session = session(&mut store, instance, 2, 0b01);
    // After it was caught the host has called the guest again.
    assert_eq!(name(&block_on(session.next())), "trap");
    assert_eq!(session.frames().filter(|frame| !frame.is_host()).count(), 3);
    assert_eq!(name(&block_on(session.next())), "failed");
    drop(session);
    assert_usable(&mut store, instance);
}

#[test]
fn a_host_function_may_call_the_guest_again_after_each_error_that_it_swallows() {
    let (mut store, instance) = guest(HANDS_ON, |caller| {
        let (trap, fine) = (export(caller, "trap"), export(caller, "fine"));
        let mut sum = 0;
        for _ in 0..3 {
            assert!(trap.call(&mut *caller, ()).is_err());
            sum += fine.call(&mut *caller, ())?;
        }
        Ok(sum)
    });
    for sync in [0, 0b10, 0b11] {
        let mut session = session(&mut store, instance, 2, sync);
        for _ in 0..3 {
            assert_eq!(name(&block_on(session.next())), "trap");
            assert_eq!(session.frames().filter(|frame| !frame.is_host()).count(), 4);
        }
        assert_returned(block_on(session.next()), 3 * 42);
        drop(session);
        assert_usable(&mut store, instance);
    }
}

#[test]
fn a_host_function_that_calls_the_guest_again_as_its_session_is_dropped_is_refused() {
    for sync in [0, 0b10, 0b11] {
        let (send, refusals) = std::sync::mpsc::channel();
        let (mut store, instance) = guest(HANDS_ON, move |caller| {
            let (trap, fine) = (export(caller, "trap"), export(caller, "fine"));
            let error = trap.call(&mut *caller, ()).unwrap_err();
            // It would run, and its trap be an event.
            let again = [fine.call(&mut *caller, ()), trap.call(&mut *caller, ())];
            let refused = again.map(|result| matches!(result, Err(Error::Dropped)));
            send.send((matches!(error, Error::Dropped), refused))
                .unwrap();
            Ok(7)
        });
        let mut session = session(&mut store, instance, 2, sync);
        assert_eq!(name(&block_on(session.next())), "trap");
        drop(session);
        assert_eq!(refusals.try_iter().collect::<Vec<_>>(), [(true, [true; 2])]);
        assert_usable(&mut store, instance);
    }
}

#[test]
fn a_host_function_may_panic_as_its_session_is_dropped() {
    for sync in [0, 0b01, 0b11] {
        let (mut store, instance) = guest(HANDS_ON, |caller| {
            let trap = export(caller, "trap");
            match trap.call(caller, ()) {
                Err(Error::Dropped) => resume_unwind(Box::new("not without me")),
                result => result,
            }
        });
        let mut session = session(&mut store, instance, 2, sync);
        assert_eq!(name(&block_on(session.next())), "trap");
        let dropping = AssertUnwindSafe(|| drop(session));
        let payload = catch_unwind(dropping).unwrap_err();
        assert_eq!(*payload.downcast::<&str>().unwrap(), "not without me");
        assert_usable(&mut store, instance);
    }
}
