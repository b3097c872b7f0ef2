//! Asynchronous calls that are dropped, moved, forgotten or left half done.

use crate::support::{Guards, Yields, finish, instance, mappings, poll};
use std::future::Future;
use std::pin::Pin;
use std::task::Poll;
use trapline::{Caller, Engine, Error, Instance, Linker, Store, Trap};

/// The guest alternates between guest frames and asynchronous host functions that wait, down to a
/// depth, and back.
const WAT: &str = r#"(module
    (import "host" "wait" (func $wait (param i32)))
    (import "host" "down" (func $down (param i32) (result i32)))
    (import "host" "sync" (func $sync (param i32) (result i32)))
    (memory (export "m") 1)
    (func $frame (export "run") (param i32) (result i32)
        (call $wait (i32.const 2))
        (if (result i32) (i32.eqz (local.get 0))
            (then (i32.const 0))
            (else
                (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1))))
                (call $wait (i32.const 1)))))
    (func (export "sync") (result i32) (call $sync (i32.const 1)))
    (func (export "trap") (call $wait (i32.const 1)) unreachable)
    (func (export "fine") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))"#;

fn linker() -> Linker<Guards> {
    let mut linker = Linker::<Guards>::new(&Engine::default());
    linker
        .func_wrap_async(
            "host",
            "wait",
            |caller: Caller<'_, Guards>, (times,): (i32,)| {
                Box::new(async move {
                    let _guard = caller.data().guard();
                    Yields(times as usize).await;
                })
            },
        )
        .unwrap();
    linker
        .func_wrap_async(
            "host",
            "down",
            |mut caller: Caller<'_, Guards>, (depth,): (i32,)| {
                Box::new(async move {
                    let _guard = caller.data().guard();
                    let run = caller
                        .get_export("run")
                        .and_then(|e| e.into_func())
                        .expect("an export");
                    let run = run.typed::<i32, i32>(&caller)?;
                    run.call_async(&mut caller, depth).await
                })
            },
        )
        .unwrap();
    linker
        .func_wrap(
            "host",
            "sync",
            |mut caller: Caller<'_, Guards>, depth: i32| {
                let _guard = caller.data().guard();
                let run = caller
                    .get_export("run")
                    .and_then(|e| e.into_func())
                    .expect("an export");
                run.typed::<i32, i32>(&caller)?.call(&mut caller, depth)
            },
        )
        .unwrap();
    linker
}

fn fixture() -> (Store<Guards>, Instance) {
    instance(&linker(), WAT, Guards::default())
}

/// How often a call of `run` is pending before it is done.
fn suspends(depth: i32) -> usize {
    let (mut store, instance) = fixture();
    let run = instance
        .get_typed_func::<i32, i32>(&mut store, "run")
        .unwrap();
    let mut call = Box::pin(run.call_async(&mut store, depth));
    let mut count = 0;
    loop {
        match poll(&mut call) {
            Poll::Pending => count += 1,
            Poll::Ready(result) => {
                assert_eq!(result.unwrap(), depth);
                return count;
            }
        }
    }
}

#[test]
fn a_call_dropped_at_any_suspend_unwinds_its_host_frames() {
    let depth = 5;
    let (mut store, instance) = fixture();
    let run = instance
        .get_typed_func::<i32, i32>(&mut store, "run")
        .unwrap();
    let fine = instance
        .get_typed_func::<i32, i32>(&mut store, "fine")
        .unwrap();
    let guards = store.data().clone();
    for stop in 0..=suspends(depth) {
        let mut call = Box::pin(run.call_async(&mut store, depth));
        for _ in 0..stop {
            assert!(poll(&mut call).is_pending());
        }
        assert_eq!(guards.alive() > 0, stop > 0);
        drop(call);
        assert_eq!(guards.alive(), 0, "dropped at suspend {stop}");
        assert_eq!(fine.call(&mut store, 1).unwrap(), 2);
        assert_eq!(finish(run.call_async(&mut store, 2)).unwrap(), 2);
    }
}

#[test]
fn dropping_again_and_again_leaks_no_stacks() {
    let (mut store, instance) = fixture();
    let run = instance
        .get_typed_func::<i32, i32>(&mut store, "run")
        .unwrap();
    let mut cycle = |stop: usize| {
        let mut call = Box::pin(run.call_async(&mut store, 3));
        for _ in 0..stop {
            assert!(poll(&mut call).is_pending());
        }
    };
    (0..100).for_each(|i| cycle(i % 8));
    let before = mappings();
    (0..5000).for_each(|i| cycle(i % 8));
    assert!(mappings() < before + 2000, "{before} -> {}", mappings());
}

#[test]
fn a_call_is_polled_by_many_threads_in_turn() {
    let (mut store, instance) = fixture();
    let run = instance
        .get_typed_func::<i32, i32>(&mut store, "run")
        .unwrap();
    let trap = instance
        .get_typed_func::<(), ()>(&mut store, "trap")
        .unwrap();
    for _ in 0..20 {
        let result = std::thread::scope(|scope| {
            let mut call: Pin<Box<dyn Future<Output = _> + Send + '_>> =
                Box::pin(run.call_async(&mut store, 4));
            loop {
                let thread = scope.spawn(move || (poll(&mut call), call));
                let (state, rest) = thread.join().expect("no panic");
                match state {
                    Poll::Ready(result) => break result,
                    Poll::Pending => call = rest,
                }
            }
        });
        assert_eq!(result.unwrap(), 4);
        let mut call = Box::pin(trap.call_async(&mut store, ()));
        assert!(poll(&mut call).is_pending());
        let error = std::thread::scope(|scope| scope.spawn(|| finish(call)).join())
            .expect("no panic")
            .unwrap_err();
        assert_eq!(error.trap(), Some(Trap::UnreachableCodeReached));
    }
}

#[test]
fn a_call_is_dropped_by_another_thread() {
    let (mut store, instance) = fixture();
    let run = instance
        .get_typed_func::<i32, i32>(&mut store, "run")
        .unwrap();
    let guards = store.data().clone();
    for stop in 1..10 {
        let mut call = Box::pin(run.call_async(&mut store, 5));
        for _ in 0..stop {
            assert!(poll(&mut call).is_pending());
        }
        std::thread::scope(|scope| scope.spawn(move || drop(call)).join()).expect("no panic");
        assert_eq!(guards.alive(), 0);
    }
}

#[test]
fn many_stores_are_suspended_at_once_in_any_order() {
    let mut stores: Vec<_> = (0..200).map(|_| fixture()).collect();
    let mut calls: Vec<_> = stores
        .iter_mut()
        .map(|(store, instance)| {
            let run = instance
                .get_typed_func::<i32, i32>(&mut *store, "run")
                .unwrap();
            let call: Pin<Box<dyn Future<Output = _> + '_>> =
                Box::pin(async move { run.call_async(store, 3).await });
            call
        })
        .collect();
    let mut round = 0;
    while !calls.is_empty() {
        round += 1;
        let mut index = 0;
        calls.retain_mut(|call| {
            index += 1;
            // Some are dropped on the way.
            if round == 4 && index % 5 == 0 {
                return false;
            }
            match poll(call) {
                Poll::Pending => true,
                Poll::Ready(result) => {
                    assert_eq!(result.unwrap(), 3);
                    false
                }
            }
        });
    }
    drop(calls);
    for (store, _) in &stores {
        assert_eq!(store.data().alive(), 0);
    }
}

#[test]
fn waiting_in_a_synchronous_call_is_an_error() {
    let (mut store, instance) = fixture();
    let run = instance
        .get_typed_func::<i32, i32>(&mut store, "run")
        .unwrap();
    let guards = store.data().clone();
    for _ in 0..50 {
        let error = run.call(&mut store, 1).unwrap_err();
        assert!(matches!(error, Error::NeedsAsync), "{error}");
        assert_eq!(guards.alive(), 0);
    }
    assert_eq!(finish(run.call_async(&mut store, 3)).unwrap(), 3);
}

#[test]
fn waiting_below_a_synchronous_host_function_is_an_error() {
    let (mut store, instance) = fixture();
    let sync = instance
        .get_typed_func::<(), i32>(&mut store, "sync")
        .unwrap();
    for _ in 0..50 {
        let error = finish(sync.call_async(&mut store, ())).unwrap_err();
        assert!(matches!(error, Error::NeedsAsync), "{error}");
        assert_eq!(store.data().alive(), 0);
    }
}

#[test]
fn an_asynchronous_function_that_need_not_wait_serves_synchronous_calls() {
    let mut linker = Linker::<()>::new(&Engine::default());
    linker
        .func_wrap_async("host", "f", |_: Caller<'_, ()>, (x,): (i32,)| {
            Box::new(async move { x + 1 })
        })
        .unwrap();
    let wat = r#"(module (import "host" "f" (func $f (param i32) (result i32)))
        (func (export "run") (param i32) (result i32) (call $f (local.get 0))))"#;
    let (mut store, instance) = instance(&linker, wat, ());
    let run = instance
        .get_typed_func::<i32, i32>(&mut store, "run")
        .unwrap();
    assert_eq!(run.call(&mut store, 1).unwrap(), 2);
}

#[test]
fn a_start_function_that_waits() {
    let linker = linker();
    let wat = r#"(module
        (import "host" "wait" (func $wait (param i32)))
        (memory (export "m") 1)
        (func $start (call $wait (i32.const 3)) (i32.store8 (i32.const 0) (i32.const 9)))
        (start $start))"#;
    let module = crate::support::module(linker.engine(), wat);
    let mut store = Store::new(linker.engine(), Guards::default());
    for stop in 0..4 {
        let mut call = Box::pin(linker.instantiate_async(&mut store, &module));
        for _ in 0..stop {
            assert!(poll(&mut call).is_pending());
        }
        drop(call);
        assert_eq!(store.data().alive(), 0);
    }
    let instance = finish(linker.instantiate_async(&mut store, &module)).unwrap();
    let memory = instance.get_memory(&mut store, "m").unwrap();
    assert_eq!(memory.data(&store)[0], 9);
    assert!(matches!(
        linker.instantiate(&mut store, &module),
        Err(Error::NeedsAsync)
    ));
}

#[test]
fn a_forgotten_call_does_not_endanger_its_store() {
    for stop in [1, 2, 3, 5] {
        let (mut store, instance) = fixture();
        let run = instance
            .get_typed_func::<i32, i32>(&mut store, "run")
            .unwrap();
        let mut call = Box::pin(run.call_async(&mut store, 5));
        for _ in 0..stop {
            assert!(poll(&mut call).is_pending());
        }
        // Its destructor never runs; the store must take note by itself.
        std::mem::forget(call);
        let usable = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            run.call(&mut store, 0).is_ok() && finish(run.call_async(&mut store, 1)).is_ok()
        }));
        drop(usable);
        drop(store);
    }
}

#[test]
fn a_call_that_was_never_polled_does_nothing() {
    let (mut store, instance) = fixture();
    let run = instance
        .get_typed_func::<i32, i32>(&mut store, "run")
        .unwrap();
    drop(run.call_async(&mut store, 3));
    assert_eq!(store.data().made(), 0);
}
