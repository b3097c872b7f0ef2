//! Exceptions in calls that wait, move between threads, and are dropped.

use crate::common::{Never, Yield, block_on, instantiate, poll_once};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use trapline::{
    Caller, Engine, Error, ExnRef, Extern, Func, FuncType, Linker, Module, Store, Tag, TagType,
    Val, ValType,
};

const GUEST: &str = r#"(module
    (import "host" "tag" (tag $t (param i32)))
    (import "host" "wait" (func $wait (param i32)))
    (global $entered (export "entered") (mut i32) (i32.const 0))
    (func (export "run") (param i32) (result i32)
        (local $before i32)
        (local.set $before (i32.mul (local.get 0) (i32.const 10)))
        (block $caught (result i32)
            (try_table (catch $t $caught) (call $wait (local.get 0)))
            (i32.const -1))
        (global.set $entered (i32.add (global.get $entered) (i32.const 1)))
        ;; A handler may wait and throw again.
        (block $again (result i32)
            (try_table (catch $t $again) (call $wait (i32.const 1)))
            (i32.const -1))
        (i32.add)
        (i32.add (local.get $before)))
    (func (export "all") (param i32)
        (block $caught
            (try_table (catch_all $caught) (call $wait (local.get 0))))
        (global.set $entered (i32.add (global.get $entered) (i32.const 1)))))"#;

/// `host.wait` waits for as many polls as it is told and then throws that number; for ever if that
/// is negative.
fn fixture() -> (Store<()>, trapline::Instance) {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let ty = TagType::new(FuncType::new([ValType::I32], []));
    let tag = Tag::new(&mut store, &ty).unwrap();
    let mut linker = Linker::new(&engine);
    linker.define(&store, "host", "tag", tag).unwrap();
    linker
        .func_wrap_async(
            "host",
            "wait",
            move |mut caller: Caller<'_, ()>, (polls,): (i32,)| {
                Box::new(async move {
                    match u32::try_from(polls) {
                        Ok(polls) => Yield(polls).await,
                        Err(_) => Never.await,
                    }
                    let exception = ExnRef::new(&mut caller, &tag, &[Val::I32(polls)])?;
                    Err::<(), Error>(exception.into())
                })
            },
        )
        .unwrap();
    let module = Module::new(&engine, GUEST).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    (store, instance)
}

fn entered(store: &Store<()>, instance: trapline::Instance) -> i32 {
    let global = instance.get_global(store, "entered").unwrap();
    global.get(store).unwrap_i32()
}

#[test]
fn a_function_that_has_waited_throws_and_its_caller_catches() {
    let (mut store, instance) = fixture();
    let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
    for polls in [0, 1, 5] {
        let result = block_on(run.call_async(&mut store, polls)).unwrap();
        assert_eq!(result, polls * 11 + 1);
    }
    assert_eq!(entered(&store, instance), 3);
}

#[test]
fn a_call_is_polled_by_many_threads_and_catches_on_any() {
    let (mut store, instance) = fixture();
    let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
    let mut call = Box::pin(run.call_async(&mut store, 3));
    let mut polls = 0;
    let result = loop {
        polls += 1;
        let done = std::thread::scope(|scope| {
            let polled = scope.spawn(|| match poll_once(call.as_mut()) {
                std::task::Poll::Ready(result) => Some(result),
                std::task::Poll::Pending => None,
            });
            polled.join().unwrap()
        });
        if let Some(result) = done {
            break result;
        }
    };
    assert_eq!(result.unwrap(), 34);
    assert_eq!(polls, 5);
}

#[test]
fn a_call_that_is_dropped_enters_no_handler() {
    let (mut store, instance) = fixture();
    let all = instance.get_typed_func::<i32, ()>(&store, "all").unwrap();
    {
        let mut call = pin!(all.call_async(&mut store, -1));
        assert!(poll_once(call.as_mut()).is_pending());
    }
    assert_eq!(entered(&store, instance), 0);
    // Dropped while the handler's own call waits.
    let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
    {
        let mut call = pin!(run.call_async(&mut store, 0));
        assert!(poll_once(call.as_mut()).is_pending());
    }
    assert_eq!(entered(&store, instance), 1);
    block_on(all.call_async(&mut store, 2)).unwrap();
    assert_eq!(entered(&store, instance), 2);
}

#[test]
fn a_host_that_throws_while_its_call_is_torn_down_is_not_caught() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let ty = TagType::new(FuncType::new([], []));
    let tag = Tag::new(&mut store, &ty).unwrap();
    let swallowed = Arc::new(AtomicU32::new(0));
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap_async("host", "never", |_: Caller<'_, ()>, (): ()| Box::new(Never))
        .unwrap();
    let count = swallowed.clone();
    linker
        .func_wrap_async("host", "nest", move |mut caller: Caller<'_, ()>, (): ()| {
            let count = count.clone();
            Box::new(async move {
                let inner = caller.get_export("inner").and_then(Extern::into_func);
                let inner = inner.unwrap().typed::<(), ()>(&caller).unwrap();
                let error = inner.call_async(&mut caller, ()).await.unwrap_err();
                assert!(matches!(error, Error::Dropped));
                count.fetch_add(1, Ordering::Relaxed);
                let exception = ExnRef::new(&mut caller, &tag, &[])?;
                Err::<(), Error>(exception.into())
            })
        })
        .unwrap();
    let module = Module::new(
        &engine,
        r#"(module
            (import "host" "never" (func $never))
            (import "host" "nest" (func $nest))
            (global $entered (export "entered") (mut i32) (i32.const 0))
            (func (export "inner") (call $never))
            (func (export "run")
                (block $caught (try_table (catch_all $caught) (call $nest)))
                (global.set $entered (i32.const 1))))"#,
    )
    .unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let run = instance.get_typed_func::<(), ()>(&store, "run").unwrap();
    {
        let mut call = pin!(run.call_async(&mut store, ()));
        assert!(poll_once(call.as_mut()).is_pending());
    }
    assert_eq!(swallowed.load(Ordering::Relaxed), 1);
    assert_eq!(entered(&store, instance), 0);
}

#[test]
fn an_exception_passes_through_an_asynchronous_host_function_and_the_guests_around_it() {
    let mut linker = Linker::new(&Engine::default());
    linker
        .func_wrap_async(
            "host",
            "nest",
            |mut caller: Caller<'_, u32>, (depth,): (i32,)| {
                Box::new(async move {
                    *caller.data_mut() += 1;
                    Yield(1).await;
                    let down: Func = caller
                        .get_export("down")
                        .and_then(Extern::into_func)
                        .unwrap();
                    let down = down.typed::<i32, ()>(&caller)?;
                    down.call_async(&mut caller, depth - 1).await
                })
            },
        )
        .unwrap();
    let (mut store, instance) = instantiate(
        &linker,
        0,
        r#"(module
            (import "host" "nest" (func $nest (param i32)))
            (tag $t (param i32)) (tag $other)
            (func $down (export "down") (param i32)
                (if (i32.eqz (local.get 0)) (then (throw $t (i32.const 77))))
                (block $caught
                    (try_table (catch $other $caught) (call $nest (local.get 0)))
                    (return))
                (unreachable))
            (func (export "run") (param i32) (result i32)
                (try_table (result i32) (catch $t 0)
                    (call $down (local.get 0))
                    (i32.const 0))))"#,
    );
    let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
    assert_eq!(block_on(run.call_async(&mut store, 6)).unwrap(), 77);
    assert_eq!(*store.data(), 6);
    let down = instance.get_typed_func::<i32, ()>(&store, "down").unwrap();
    let error = block_on(down.call_async(&mut store, 3)).unwrap_err();
    let thrown = error.exception().unwrap();
    assert_eq!(thrown.exn().field(&store, 0).unwrap().unwrap_i32(), 77);
    assert_eq!(thrown.backtrace().unwrap().frames().len(), 4);
}
