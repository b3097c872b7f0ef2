//! Asynchronous calls: waiting, nesting, and dropping a call in the middle.

mod common;

use common::{Never, Yield, block_on, poll_once};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use trapline::{
    Caller, Engine, Error, Extern, Func, FuncType, Instance, Linker, Module, Store, Trap,
    TypedFunc, Val, ValType, WasmBacktrace,
};

const GUEST: &str = r#"(module
    (import "host" "wait" (func $wait (param i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "run") (param i32) (result i32)
        (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
        (i32.add (call $wait (local.get 0)) (i32.const 1)))
    (func (export "count") (result i32) (i32.load (i32.const 0)))
    (func (export "trap") unreachable))"#;

type Data = Vec<&'static str>;

fn guest(linker: &Linker<Data>) -> (Store<Data>, Instance) {
    common::instantiate(linker, Vec::new(), GUEST)
}

fn run(store: &Store<Data>, instance: Instance) -> TypedFunc<i32, i32> {
    instance.get_typed_func(store, "run").unwrap()
}

/// `host.wait` waits for as many polls as it is told.
fn waiting() -> Linker<Data> {
    let mut linker = Linker::new(&Engine::default());
    linker
        .func_wrap_async(
            "host",
            "wait",
            |mut caller: Caller<'_, Data>, (polls,): (i32,)| {
                Box::new(async move {
                    caller.data_mut().push("begin");
                    Yield(polls as u32).await;
                    caller.data_mut().push("end");
                    polls * 10
                })
            },
        )
        .unwrap();
    linker
}

/// The export `run` of the calling instance.
fn run_again(caller: &mut Caller<'_, Data>) -> TypedFunc<i32, i32> {
    let func = caller
        .get_export("run")
        .and_then(Extern::into_func)
        .unwrap();
    func.typed(&caller).unwrap()
}

#[test]
fn a_call_waits_for_asynchronous_functions_of_the_host() {
    let (mut store, instance) = guest(&waiting());
    let run = run(&store, instance);
    assert_eq!(block_on(run.call_async(&mut store, 3)).unwrap(), 31);
    assert_eq!(store.data(), &["begin", "end"]);
    // With values, too.
    let mut results = [Val::I32(0)];
    let call = run.func();
    block_on(call.call_async(&mut store, &[Val::I32(2)], &mut results)).unwrap();
    assert_eq!(results[0].unwrap_i32(), 21);
}

#[test]
fn a_synchronous_call_needs_no_fiber_as_long_as_nothing_waits() {
    let (mut store, instance) = guest(&waiting());
    let run = run(&store, instance);
    assert_eq!(run.call(&mut store, 0).unwrap(), 1);
    let error = run.call(&mut store, 1).unwrap_err();
    assert!(matches!(error, Error::NeedsAsync), "{error}");
    assert_eq!(block_on(run.call_async(&mut store, 1)).unwrap(), 11);
}

#[test]
fn many_stores_wait_at_the_same_time() {
    let linker = waiting();
    let module = Module::new(linker.engine(), GUEST).unwrap();
    let prepared = linker.instantiate_pre(&module).unwrap();
    let mut stores: Vec<_> = (0..50)
        .map(|_| Store::new(linker.engine(), Vec::new()))
        .collect();
    let mut calls: Vec<_> = stores
        .iter_mut()
        .enumerate()
        .map(|(number, store)| {
            let instance = prepared.instantiate(&mut *store).unwrap();
            let run = instance.get_typed_func::<i32, i32>(&*store, "run").unwrap();
            Box::pin(async move { run.call_async(store, number as i32).await })
        })
        .collect();
    let mut done = 0;
    for _round in 0..=50 {
        calls.retain_mut(|call| match poll_once(call.as_mut()) {
            std::task::Poll::Ready(result) => {
                assert_eq!(result.unwrap() % 10, 1);
                done += 1;
                false
            }
            std::task::Poll::Pending => true,
        });
    }
    assert_eq!(done, 50);
}

#[test]
fn a_waiting_call_moves_between_threads() {
    let (store, instance) = guest(&waiting());
    let run = run(&store, instance);
    let mut store = store;
    let mut call = Box::pin(async move {
        let result = run.call_async(&mut store, 4).await;
        (result, store)
    });
    loop {
        let joined = std::thread::spawn(move || {
            let poll = poll_once(call.as_mut());
            (poll, call)
        });
        let poll;
        (poll, call) = joined.join().unwrap();
        if let std::task::Poll::Ready((result, store)) = poll {
            assert_eq!(result.unwrap(), 41);
            assert_eq!(store.data(), &["begin", "end"]);
            break;
        }
    }
}

#[test]
fn traps_errors_and_panics_leave_an_asynchronous_call() {
    let mut linker = Linker::new(&Engine::default());
    linker
        .func_wrap_async("host", "wait", |_: Caller<'_, Data>, (what,): (i32,)| {
            Box::new(async move {
                Yield(1).await;
                match what {
                    0 => Err(Error::host("an error")),
                    1 => Err(Error::from(Trap::IntegerOverflow)),
                    _ => panic!("a panic"),
                }
                .map(|()| 0)
            })
        })
        .unwrap();
    let (mut store, instance) = guest(&linker);
    let run = run(&store, instance);
    let error = block_on(run.call_async(&mut store, 0)).unwrap_err();
    assert_eq!(error.to_string(), "an error");
    assert_eq!(error.backtrace().unwrap().frames().len(), 1);
    let error = block_on(run.call_async(&mut store, 1)).unwrap_err();
    assert_eq!(error.trap(), Some(Trap::IntegerOverflow));
    let panic = catch_unwind(AssertUnwindSafe(|| block_on(run.call_async(&mut store, 2))));
    assert_eq!(
        *panic.unwrap_err().downcast_ref::<&str>().unwrap(),
        "a panic"
    );
    let trap = instance.get_typed_func::<(), ()>(&store, "trap").unwrap();
    let error = block_on(trap.call_async(&mut store, ())).unwrap_err();
    assert_eq!(error.trap(), Some(Trap::UnreachableCodeReached));
    let count = instance.get_typed_func::<(), i32>(&store, "count").unwrap();
    assert_eq!(count.call(&mut store, ()).unwrap(), 3);
}

/// `host.wait` calls `run` again, one less deep each time, and waits at every depth.
fn nesting() -> Linker<Data> {
    let mut linker = Linker::new(&Engine::default());
    linker
        .func_wrap_async(
            "host",
            "wait",
            |mut caller: Caller<'_, Data>, (depth,): (i32,)| {
                Box::new(async move {
                    caller.data_mut().push("begin");
                    Yield(1).await;
                    let mut result = 0;
                    if depth > 0 {
                        let run = run_again(&mut caller);
                        result = run.call_async(&mut caller, depth - 1).await?;
                        // A second one in the same poll, with a waker that may be out of date.
                        result += run.call_async(&mut caller, 0).await?;
                    }
                    Yield(1).await;
                    caller.data_mut().push("end");
                    Ok::<i32, Error>(result)
                })
            },
        )
        .unwrap();
    linker
}

#[test]
fn nested_asynchronous_calls_share_the_fiber() {
    let (mut store, instance) = guest(&nesting());
    let run = run(&store, instance);
    assert_eq!(block_on(run.call_async(&mut store, 3)).unwrap(), 7);
    assert_eq!(store.data().len(), 2 * 7);
}

#[test]
fn a_synchronous_call_in_between_must_not_wait() {
    let mut linker = Linker::new(&Engine::default());
    linker
        .func_wrap_async(
            "host",
            "wait",
            |mut caller: Caller<'_, Data>, (depth,): (i32,)| {
                Box::new(async move {
                    Yield(depth as u32).await;
                    if depth == 0 {
                        return Ok(0);
                    }
                    let run = run_again(&mut caller);
                    // Nothing waits at depth 0: that is fine.
                    assert_eq!(run.call(&mut caller, 0)?, 1);
                    let error = run.call(&mut caller, 1).unwrap_err();
                    assert!(matches!(error, Error::NeedsAsync), "{error}");
                    // Waiting goes on working around it.
                    Yield(2).await;
                    Ok::<_, Error>(5)
                })
            },
        )
        .unwrap();
    let (mut store, instance) = guest(&linker);
    let run = run(&store, instance);
    assert_eq!(block_on(run.call_async(&mut store, 1)).unwrap(), 6);
}

#[test]
fn a_synchronous_function_of_the_host_cannot_suspend_its_caller() {
    // `wait` is synchronous, and runs an executor of its own in it.
    let mut linker = Linker::new(&Engine::default());
    linker
        .func_wrap(
            "host",
            "wait",
            |mut caller: Caller<'_, Data>, depth: i32| {
                let run = run_again(&mut caller);
                match depth {
                    0 => Ok(0),
                    1 => block_on(run.call_async(&mut caller, 0)),
                    _ => {
                        let wait = Func::wrap_async(&mut caller, |_: Caller<'_, Data>, (): ()| {
                            Box::new(Yield(1))
                        });
                        let wait = wait.typed::<(), ()>(&caller)?;
                        let error = wait.call(&mut caller, ()).unwrap_err();
                        assert!(matches!(error, Error::NeedsAsync), "{error}");
                        block_on(wait.call_async(&mut caller, ())).map(|()| 0)
                    }
                }
            },
        )
        .unwrap();
    let (mut store, instance) = guest(&linker);
    let run = run(&store, instance);
    assert_eq!(run.call(&mut store, 1).unwrap(), 2);
    assert_eq!(block_on(run.call_async(&mut store, 1)).unwrap(), 2);
    let error = block_on(run.call_async(&mut store, 2)).unwrap_err();
    assert!(matches!(error, Error::NeedsAsync), "{error}");
}

#[test]
fn an_executor_inside_of_an_asynchronous_function_cannot_suspend_it() {
    let mut linker = Linker::new(&Engine::default());
    linker
        .func_wrap_async(
            "host",
            "wait",
            |mut caller: Caller<'_, Data>, (depth,): (i32,)| {
                Box::new(async move {
                    if depth == 0 {
                        Yield(1).await;
                        return Ok(0);
                    }
                    let run = run_again(&mut caller);
                    let error = block_on(run.call_async(&mut caller, 0)).unwrap_err();
                    assert!(matches!(error, Error::NeedsAsync), "{error}");
                    run.call_async(&mut caller, 0).await
                })
            },
        )
        .unwrap();
    let (mut store, instance) = guest(&linker);
    let run = run(&store, instance);
    assert_eq!(block_on(run.call_async(&mut store, 1)).unwrap(), 2);
}

/// Counts how often it is dropped.
struct Counted(Arc<AtomicU32>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn dropping_a_waiting_call_drops_what_is_on_its_stack() {
    let dropped = Arc::new(AtomicU32::new(0));
    let mut linker = Linker::new(&Engine::default());
    let counter = dropped.clone();
    linker
        .func_wrap_async(
            "host",
            "wait",
            move |mut caller: Caller<'_, Data>, (depth,): (i32,)| {
                let counter = counter.clone();
                Box::new(async move {
                    let _guard = Counted(counter);
                    if depth == 0 {
                        Never.await;
                    }
                    let run = run_again(&mut caller);
                    let result = run.call_async(&mut caller, depth - 1).await;
                    // Only seen if the call is dropped: the guest can neither be called nor wait.
                    assert!(matches!(result, Err(Error::Dropped)));
                    let again = run.call_async(&mut caller, 0).await;
                    assert!(matches!(again, Err(Error::Dropped)));
                    assert!(matches!(run.call(&mut caller, 0), Err(Error::Dropped)));
                    caller.data_mut().push("told");
                    Never.await;
                    caller.data_mut().push("not reached");
                    result
                })
            },
        )
        .unwrap();
    let (mut store, instance) = guest(&linker);
    let run = run(&store, instance);
    for depth in [0, 3] {
        dropped.store(0, Ordering::Relaxed);
        store.data_mut().clear();
        {
            let mut call = pin!(run.call_async(&mut store, depth));
            assert!(poll_once(call.as_mut()).is_pending());
            assert!(poll_once(call.as_mut()).is_pending());
            assert_eq!(dropped.load(Ordering::Relaxed), 0);
        }
        assert_eq!(dropped.load(Ordering::Relaxed), depth as u32 + 1);
        assert_eq!(store.data().len(), depth as usize);
    }
    // The store is as the guest left it, and works.
    let count = instance.get_typed_func::<(), i32>(&store, "count").unwrap();
    assert_eq!(count.call(&mut store, ()).unwrap(), 5);
    assert_eq!(block_on(count.call_async(&mut store, ())).unwrap(), 5);
}

#[test]
fn dropping_a_call_through_synchronous_functions_unwinds_all_of_them() {
    // run(1) -> synchronous `wait` -> run(0) is not entered by an asynchronous one, so nothing
    // can wait there; but an asynchronous function may wait below a guest that is below one.
    let mut linker = Linker::new(&Engine::default());
    linker
        .func_wrap_async(
            "host",
            "wait",
            |mut caller: Caller<'_, Data>, (depth,): (i32,)| {
                Box::new(async move {
                    if depth > 0 {
                        let run = run_again(&mut caller);
                        return run.call_async(&mut caller, depth - 1).await;
                    }
                    Never.await;
                    Ok(0)
                })
            },
        )
        .unwrap();
    let (mut store, instance) = guest(&linker);
    let run = run(&store, instance);
    for _ in 0..100 {
        let mut call = Box::pin(run.call_async(&mut store, 5));
        assert!(poll_once(call.as_mut()).is_pending());
    }
    // A call that was never polled has done nothing.
    drop(run.call_async(&mut store, 5));
    let count = instance.get_typed_func::<(), i32>(&store, "count").unwrap();
    assert_eq!(count.call(&mut store, ()).unwrap(), 600);
}

#[test]
fn a_function_that_insists_on_success_while_it_is_dropped_does_not_return_to_the_guest() {
    let mut linker = Linker::new(&Engine::default());
    linker
        .func_wrap_async(
            "host",
            "wait",
            |mut caller: Caller<'_, Data>, (depth,): (i32,)| {
                Box::new(async move {
                    if depth > 0 {
                        let run = run_again(&mut caller);
                        let _ = run.call_async(&mut caller, depth - 1).await;
                        return 1;
                    }
                    Never.await;
                    0
                })
            },
        )
        .unwrap();
    linker
        .func_wrap("host", "after", |mut caller: Caller<'_, Data>| {
            caller.data_mut().push("after");
        })
        .unwrap();
    let wat = r#"(module
        (import "host" "wait" (func $wait (param i32) (result i32)))
        (import "host" "after" (func $after))
        (func (export "run") (param i32) (result i32) (call $wait (local.get 0)) (call $after)))"#;
    let (mut store, instance) = common::instantiate(&linker, Vec::new(), wat);
    let run = run(&store, instance);
    let mut call = Box::pin(run.call_async(&mut store, 2));
    assert!(poll_once(call.as_mut()).is_pending());
    drop(call);
    assert!(store.data().is_empty());
}

#[test]
fn a_panic_while_a_call_is_dropped_stays_a_panic() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            if !std::thread::panicking() {
                panic!("dropped");
            }
        }
    }
    let mut linker = Linker::new(&Engine::default());
    linker
        .func_wrap_async("host", "wait", |_: Caller<'_, Data>, (_,): (i32,)| {
            Box::new(async move {
                let _bomb = Bomb;
                Never.await;
                0
            })
        })
        .unwrap();
    let (mut store, instance) = guest(&linker);
    let run = run(&store, instance);
    let mut call = Box::pin(run.call_async(&mut store, 0));
    assert!(poll_once(call.as_mut()).is_pending());
    let panic = catch_unwind(AssertUnwindSafe(|| drop(call)));
    assert!(panic.is_err());
    let count = instance.get_typed_func::<(), i32>(&store, "count").unwrap();
    assert_eq!(count.call(&mut store, ()).unwrap(), 1);
}

#[test]
fn a_leaked_call_does_no_harm() {
    let (mut store, instance) = guest(&waiting());
    let run = run(&store, instance);
    let mut call = Box::pin(run.call_async(&mut store, 3));
    assert!(poll_once(call.as_mut()).is_pending());
    std::mem::forget(call);
    assert_eq!(block_on(run.call_async(&mut store, 1)).unwrap(), 11);
    assert_eq!(run.call(&mut store, 0).unwrap(), 1);
}

#[test]
fn the_start_function_can_wait() {
    let linker = waiting();
    let module = Module::new(
        linker.engine(),
        r#"(module
            (import "host" "wait" (func $wait (param i32) (result i32)))
            (func $start (drop (call $wait (i32.const 2))))
            (start $start))"#,
    )
    .unwrap();
    let mut store = Store::new(linker.engine(), Vec::new());
    block_on(linker.instantiate_async(&mut store, &module)).unwrap();
    assert_eq!(store.data(), &["begin", "end"]);
    let error = linker.instantiate(&mut store, &module).unwrap_err();
    assert!(matches!(error, Error::NeedsAsync), "{error}");
    // In the middle of it the call can be dropped.
    let mut instantiation = Box::pin(linker.instantiate_async(&mut store, &module));
    assert!(poll_once(instantiation.as_mut()).is_pending());
    drop(instantiation);
    let wait = linker.get(&mut store, "host", "wait").unwrap();
    block_on(Instance::new_async(&mut store, &module, &[wait])).unwrap();
}

#[test]
fn functions_of_any_type_can_wait() {
    let mut linker = Linker::<Data>::new(&Engine::default());
    let ty = FuncType::new([ValType::I32], [ValType::I32]);
    linker
        .func_new_async("host", "wait", ty, |mut caller, params, results| {
            Box::new(async move {
                Yield(2).await;
                caller.data_mut().push("waited");
                results[0] = Val::I32(params[0].unwrap_i32() * 2);
                Ok::<(), Error>(())
            })
        })
        .unwrap();
    let (mut store, instance) = guest(&linker);
    let run = run(&store, instance);
    assert_eq!(block_on(run.call_async(&mut store, 4)).unwrap(), 9);
    assert_eq!(store.data(), &["waited"]);
}

#[test]
fn an_asynchronous_function_called_by_the_host_can_wait_too() {
    let mut store = Store::new(&Engine::default(), Vec::new());
    let wait = Func::wrap_async(
        &mut store,
        |mut caller: Caller<'_, Data>, (polls,): (u32,)| {
            Box::new(async move {
                Yield(polls).await;
                assert!(WasmBacktrace::capture(&caller).frames().is_empty());
                // A guest that is called from here can wait as well.
                if polls == 2 {
                    let again = Func::wrap_async(&mut caller, |_: Caller<'_, Data>, (): ()| {
                        Box::new(async {
                            Yield(1).await;
                            7
                        })
                    });
                    let again = again.typed::<(), i32>(&caller).unwrap();
                    return again.call_async(&mut caller, ()).await.unwrap();
                }
                8
            })
        },
    );
    let wait = wait.typed::<u32, i32>(&store).unwrap();
    assert_eq!(block_on(wait.call_async(&mut store, 3)).unwrap(), 8);
    assert_eq!(block_on(wait.call_async(&mut store, 2)).unwrap(), 7);
    assert_eq!(wait.call(&mut store, 0).unwrap(), 8);
    assert!(matches!(wait.call(&mut store, 1), Err(Error::NeedsAsync)));
    let mut call = Box::pin(wait.call_async(&mut store, 5));
    assert!(poll_once(call.as_mut()).is_pending());
    drop(call);
    assert_eq!(block_on(wait.call_async(&mut store, 3)).unwrap(), 8);
}

#[test]
fn the_futures_can_be_sent() {
    fn sendable<F: Send>(future: F) -> F {
        future
    }
    let linker = waiting();
    let module = Module::new(linker.engine(), GUEST).unwrap();
    let mut store = Store::new(linker.engine(), Vec::new());
    let instance = block_on(sendable(linker.instantiate_async(&mut store, &module))).unwrap();
    let run = run(&store, instance);
    block_on(sendable(run.call_async(&mut store, 1))).unwrap();
    let mut results = [Val::I32(0)];
    let params = [Val::I32(1)];
    block_on(sendable(run.func().call_async(
        &mut store,
        &params,
        &mut results,
    )))
    .unwrap();
    block_on(sendable(async {
        let prepared = linker.instantiate_pre(&module)?;
        prepared.instantiate_async(&mut store).await
    }))
    .unwrap();
}

#[test]
fn a_deep_stack_waits_and_overflows_like_any_other() {
    let mut linker = waiting();
    linker.allow_shadowing(true);
    let wat = r#"(module
        (import "host" "wait" (func $wait (param i32) (result i32)))
        (func $deep (export "run") (param i32) (result i32)
            (if (i32.eqz (local.get 0)) (then (return (call $wait (i32.const 2)))))
            (i32.add (call $deep (i32.sub (local.get 0) (i32.const 1))) (i32.const 1))))"#;
    let (mut store, instance) = common::instantiate(&linker, Vec::new(), wat);
    let run = run(&store, instance);
    assert_eq!(
        block_on(run.call_async(&mut store, 10_000)).unwrap(),
        10_020
    );
    for _ in 0..3 {
        let error = block_on(run.call_async(&mut store, -1)).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::StackOverflow));
    }
    assert_eq!(block_on(run.call_async(&mut store, 10)).unwrap(), 30);
}
