//! Panics of host functions go through the guest to whoever called it.

use crate::support::{Guards, Yields, finish, instance};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use trapline::{Caller, Engine, Error, Linker, Store, Trap, TypedFunc};

/// What the host's functions work with.
#[derive(Default)]
struct Host {
    guards: Guards,
    /// What happened, in order.
    log: Vec<String>,
}

/// Logs when it is dropped that a host frame was left.
struct Logs(std::sync::Arc<std::sync::Mutex<Vec<String>>>, i32);

impl Drop for Logs {
    fn drop(&mut self) {
        self.0
            .lock()
            .expect("no panic while locked")
            .push(format!("left {}", self.1));
    }
}

const WAT: &str = r#"(module
    (import "host" "down" (func $down (param i32) (result i32)))
    (func (export "down") (param i32) (result i32)
        (i32.add (call $down (local.get 0)) (i32.const 1))))"#;

/// The guest calls `down`, which calls the guest, and so on; the innermost one panics.
fn linker() -> Linker<Host> {
    let mut linker = Linker::new(&Engine::default());
    linker
        .func_wrap(
            "host",
            "down",
            |mut caller: Caller<'_, Host>, depth: i32| {
                let _guard = caller.data().guards.guard();
                if depth == 0 {
                    // Like panic!, without the message on stderr.
                    resume_unwind(Box::new("boom"));
                }
                let down = caller
                    .get_export("down")
                    .and_then(|e| e.into_func())
                    .expect("an export");
                let result = down
                    .typed::<i32, i32>(&caller)?
                    .call(&mut caller, depth - 1);
                caller.data_mut().log.push("unreachable".into());
                result
            },
        )
        .unwrap();
    linker
}

fn payload(result: Result<Result<i32, Error>, Box<dyn Any + Send>>) -> &'static str {
    match result {
        Ok(result) => panic!("{result:?}"),
        Err(payload) => payload.downcast_ref::<&str>().expect("a text"),
    }
}

#[test]
fn a_panic_unwinds_all_host_frames() {
    let (mut store, instance) = instance(&linker(), WAT, Host::default());
    let down = instance
        .get_typed_func::<i32, i32>(&mut store, "down")
        .unwrap();
    for round in 0..300 {
        let depth = round % 20;
        let result = catch_unwind(AssertUnwindSafe(|| down.call(&mut store, depth)));
        assert_eq!(payload(result), "boom");
        assert_eq!(store.data().guards.alive(), 0);
        assert!(
            store.data().log.is_empty(),
            "a host frame went on after the panic below it"
        );
    }
}

#[test]
fn frames_are_left_from_the_innermost_outwards() {
    let log = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut linker = Linker::<()>::new(&Engine::default());
    let kept = log.clone();
    linker
        .func_wrap(
            "host",
            "down",
            move |mut caller: Caller<'_, ()>, depth: i32| {
                let _logs = Logs(kept.clone(), depth);
                if depth == 0 {
                    resume_unwind(Box::new("boom"));
                }
                let down = caller
                    .get_export("down")
                    .and_then(|e| e.into_func())
                    .expect("an export");
                down.typed::<i32, i32>(&caller)?
                    .call(&mut caller, depth - 1)
            },
        )
        .unwrap();
    let (mut store, instance) = instance(&linker, WAT, ());
    let down = instance
        .get_typed_func::<i32, i32>(&mut store, "down")
        .unwrap();
    let result = catch_unwind(AssertUnwindSafe(|| down.call(&mut store, 3)));
    assert_eq!(payload(result), "boom");
    assert_eq!(
        *log.lock().unwrap(),
        ["left 0", "left 1", "left 2", "left 3"]
    );
}

#[test]
fn a_payload_of_any_type_arrives_whole() {
    #[derive(PartialEq, Debug)]
    struct Payload(Vec<u32>);
    let mut linker = Linker::<()>::new(&Engine::default());
    linker
        .func_wrap("host", "down", |_: i32| -> i32 {
            resume_unwind(Box::new(Payload(vec![1, 2])))
        })
        .unwrap();
    let (mut store, instance) = instance(&linker, WAT, ());
    let down = instance
        .get_typed_func::<i32, i32>(&mut store, "down")
        .unwrap();
    let result = catch_unwind(AssertUnwindSafe(|| down.call(&mut store, 3)));
    assert_eq!(
        *result.unwrap_err().downcast::<Payload>().unwrap(),
        Payload(vec![1, 2])
    );
}

#[test]
fn a_panic_can_be_caught_between_guests() {
    let mut linker = Linker::<()>::new(&Engine::default());
    linker
        .func_wrap("host", "down", |mut caller: Caller<'_, ()>, depth: i32| {
            if depth == 0 {
                resume_unwind(Box::new("boom"));
            }
            let down = caller
                .get_export("down")
                .and_then(|e| e.into_func())
                .expect("an export");
            let down = down.typed::<i32, i32>(&caller)?;
            let call = AssertUnwindSafe(|| down.call(&mut caller, depth - 1));
            match catch_unwind(call) {
                Ok(result) => result,
                Err(_) => Ok::<i32, Error>(100),
            }
        })
        .unwrap();
    let (mut store, instance) = instance(&linker, WAT, ());
    let down = instance
        .get_typed_func::<i32, i32>(&mut store, "down")
        .unwrap();
    for _ in 0..100 {
        assert_eq!(down.call(&mut store, 5).unwrap(), 105);
        let result = catch_unwind(AssertUnwindSafe(|| down.call(&mut store, 0)));
        assert_eq!(payload(result), "boom");
    }
}

#[test]
fn a_panic_in_an_asynchronous_host_function() {
    let mut linker = Linker::<Host>::new(&Engine::default());
    linker
        .func_wrap_async(
            "host",
            "down",
            |mut caller: Caller<'_, Host>, (depth,): (i32,)| {
                Box::new(async move {
                    let _guard = caller.data().guards.guard();
                    Yields(2).await;
                    if depth == 0 {
                        resume_unwind(Box::new("boom"));
                    }
                    let down = caller
                        .get_export("down")
                        .and_then(|e| e.into_func())
                        .expect("an export");
                    let down = down.typed::<i32, i32>(&caller)?;
                    down.call_async(&mut caller, depth - 1).await
                })
            },
        )
        .unwrap();
    let (mut store, instance) = instance(&linker, WAT, Host::default());
    let down = instance
        .get_typed_func::<i32, i32>(&mut store, "down")
        .unwrap();
    for depth in 0..20 {
        let call = AssertUnwindSafe(|| finish(down.call_async(&mut store, depth)));
        assert_eq!(payload(catch_unwind(call)), "boom");
        assert_eq!(store.data().guards.alive(), 0);
    }
}

#[test]
fn panics_from_many_threads_at_once() {
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let (mut store, instance) = instance(&linker(), WAT, Host::default());
                let down = instance
                    .get_typed_func::<i32, i32>(&mut store, "down")
                    .unwrap();
                for _ in 0..200 {
                    let result = catch_unwind(AssertUnwindSafe(|| down.call(&mut store, 4)));
                    assert_eq!(payload(result), "boom");
                }
            });
        }
    });
}

#[test]
fn a_store_is_usable_and_droppable_after_a_panic() {
    let run = |store: &mut Store<Host>, down: &TypedFunc<i32, i32>| {
        payload(catch_unwind(AssertUnwindSafe(|| down.call(store, 2))))
    };
    for _ in 0..50 {
        let (mut store, instance) = instance(&linker(), WAT, Host::default());
        let down = instance
            .get_typed_func::<i32, i32>(&mut store, "down")
            .unwrap();
        assert_eq!(run(&mut store, &down), "boom");
    }
}

#[test]
fn a_destructor_that_calls_the_guest_while_a_panic_unwinds() {
    /// Calls a guest of another store as it is dropped.
    struct Calls(Store<()>, TypedFunc<(), ()>);
    impl Drop for Calls {
        fn drop(&mut self) {
            let error = self.1.call(&mut self.0, ()).unwrap_err();
            assert_eq!(error.trap(), Some(Trap::UnreachableCodeReached));
        }
    }
    let engine = Engine::default();
    let mut linker = Linker::<()>::new(&engine);
    linker
        .func_wrap(
            "host",
            "down",
            move |caller: Caller<'_, ()>, _: i32| -> i32 {
                let wat = r#"(module (func (export "f") unreachable))"#;
                let (mut store, instance) = instance(&Linker::new(caller.engine()), wat, ());
                let f = instance.get_typed_func(&mut store, "f").unwrap();
                let _calls = Calls(store, f);
                resume_unwind(Box::new("boom"));
            },
        )
        .unwrap();
    let (mut store, instance) = instance(&linker, WAT, ());
    let down = instance
        .get_typed_func::<i32, i32>(&mut store, "down")
        .unwrap();
    for _ in 0..20 {
        let result = catch_unwind(AssertUnwindSafe(|| down.call(&mut store, 3)));
        assert_eq!(payload(result), "boom");
    }
}
