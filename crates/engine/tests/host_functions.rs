//! Functions of the host: how they fail, and how they call the guest again.

mod common;

use common::instantiate;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use trapline::{
    Caller, Engine, Error, Extern, Func, FuncType, Instance, Linker, Module, Store, Trap,
    TypedFunc, Val, ValType, WasmBacktrace,
};

#[derive(Debug)]
struct MyError(u32);

impl fmt::Display for MyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "my error {}", self.0)
    }
}

impl std::error::Error for MyError {}

/// A guest that calls `host.f` in `run`, and exports some things that `host.f` may use.
const GUEST: &str = r#"(module
    (import "host" "f" (func $f))
    (memory (export "memory") 1)
    (global (export "global") (mut i32) (i32.const 1))
    (func $run (export "run") (call $f))
    (func (export "trap") unreachable)
    (func (export "noop")))"#;

fn guest<P, R>(
    linker: &mut Linker<Vec<u32>>,
    func: impl trapline::IntoFunc<Vec<u32>, P, R>,
) -> (Store<Vec<u32>>, TypedFunc<(), ()>) {
    linker.func_wrap("host", "f", func).unwrap();
    let (store, instance) = instantiate(linker, Vec::new(), GUEST);
    let run = instance.get_typed_func(&store, "run").unwrap();
    (store, run)
}

fn linker() -> Linker<Vec<u32>> {
    Linker::new(&Engine::default())
}

fn export(caller: &mut Caller<'_, Vec<u32>>, name: &str) -> TypedFunc<(), ()> {
    let func = caller.get_export(name).and_then(Extern::into_func).unwrap();
    func.typed(&caller).unwrap()
}

#[test]
fn an_error_comes_back_as_what_it_was_with_the_guests_frames() {
    let (mut store, run) = guest(&mut linker(), || Err::<(), _>(MyError(7)));
    let error = run.call(&mut store, ()).unwrap_err();
    assert_eq!(error.to_string(), "my error 7");
    assert_eq!(error.downcast_ref::<MyError>().unwrap().0, 7);
    assert!(error.trap().is_none());
    let frames = error.backtrace().unwrap().frames();
    assert_eq!(frames.len(), 1);
    assert_eq!(frames[0].func_name(), Some("run"));
    assert_eq!(error.downcast::<MyError>().unwrap().0, 7);
    // Strings, and errors in a box, do as well.
    let (mut store, run) = guest(&mut linker(), || Err::<(), _>("a text"));
    assert_eq!(run.call(&mut store, ()).unwrap_err().to_string(), "a text");
    let (mut store, run) = guest(&mut linker(), || {
        let number: u32 = "x".parse()?;
        assert_eq!(number, 0);
        Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    });
    assert!(
        run.call(&mut store, ())
            .unwrap_err()
            .downcast_ref::<std::num::ParseIntError>()
            .is_some()
    );
}

#[test]
fn an_error_goes_through_nested_guests_as_it_is() {
    // Each call goes one guest deeper, and the innermost fails.
    let (mut store, run) = guest(&mut linker(), |mut caller: Caller<'_, Vec<u32>>| {
        let depth = caller.data().len();
        if depth == 3 {
            return Err(Error::host(MyError(3)));
        }
        caller.data_mut().push(0);
        export(&mut caller, "run").call(&mut caller, ())
    });
    let error = run.call(&mut store, ()).unwrap_err();
    assert_eq!(error.downcast_ref::<MyError>().unwrap().0, 3);
    // The frames were noted where the error began, with all four guests on the stack.
    assert_eq!(error.backtrace().unwrap().frames().len(), 4);
    // A function of the host may also get over it.
    let (mut store, run) = guest(&mut linker(), |mut caller: Caller<'_, Vec<u32>>| {
        let error = export(&mut caller, "trap")
            .call(&mut caller, ())
            .unwrap_err();
        assert_eq!(error.trap(), Some(Trap::UnreachableCodeReached));
        export(&mut caller, "noop").call(&mut caller, ())
    });
    run.call(&mut store, ()).unwrap();
}

#[test]
fn a_panic_unwinds_the_guest_and_goes_on_in_its_caller() {
    struct Guard<'a>(&'a std::cell::Cell<u32>);
    impl Drop for Guard<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }
    thread_local!(static DROPPED: std::cell::Cell<u32> = const { std::cell::Cell::new(0) });

    let (mut store, run) = guest(&mut linker(), |mut caller: Caller<'_, Vec<u32>>| {
        DROPPED.with(|dropped| {
            let _guard = Guard(dropped);
            caller.data_mut().push(0);
            if caller.data().len() == 3 {
                std::panic::panic_any(MyError(9));
            }
            export(&mut caller, "run").call(&mut caller, ()).unwrap();
        });
    });
    let payload = catch_unwind(AssertUnwindSafe(|| run.call(&mut store, ()))).unwrap_err();
    assert_eq!(payload.downcast_ref::<MyError>().unwrap().0, 9);
    assert_eq!(DROPPED.get(), 3);
    assert_eq!(store.data().len(), 3);
    // The store works afterwards.
    store.data_mut().clear();
    let payload = catch_unwind(AssertUnwindSafe(|| run.call(&mut store, ()))).unwrap_err();
    assert!(payload.is::<MyError>());
}

#[test]
fn a_function_of_the_host_can_be_called_by_the_host() {
    let mut store = Store::new(&Engine::default(), Vec::<u32>::new());
    let push = Func::wrap(&mut store, |mut caller: Caller<'_, Vec<u32>>, x: u32| {
        assert!(caller.get_export("memory").is_none());
        assert!(caller.instance().is_none());
        caller.data_mut().push(x);
        if x == 0 { Err(MyError(1)) } else { Ok(x + 1) }
    });
    let push = push.typed::<u32, u32>(&store).unwrap();
    assert_eq!(push.call(&mut store, 4).unwrap(), 5);
    let error = push.call(&mut store, 0).unwrap_err();
    assert!(error.downcast_ref::<MyError>().is_some());
    assert!(error.backtrace().is_none());
    let panics = Func::wrap(&mut store, || -> i32 { panic!("oh") })
        .typed::<(), i32>(&store)
        .unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| panics.call(&mut store, ()))).is_err());
    assert_eq!(push.call(&mut store, 4).unwrap(), 5);
}

#[test]
fn results_of_the_wrong_type_are_an_error() {
    let mut linker = linker();
    let ty = FuncType::new([], [ValType::I32]);
    linker
        .func_new("host", "f", ty, |_, _, results| {
            results[0] = Val::I64(1);
            Ok::<(), Error>(())
        })
        .unwrap();
    let (mut store, instance) = instantiate(
        &linker,
        Vec::new(),
        r#"(module (import "host" "f" (func $f (result i32))) (export "f" (func $f)))"#,
    );
    let f = instance.get_typed_func::<(), i32>(&store, "f").unwrap();
    let error = f.call(&mut store, ()).unwrap_err();
    assert_eq!(error.to_string(), "type mismatch: expected i32, found i64");
}

#[test]
fn a_result_of_another_store_panics_and_the_guest_is_unwound() {
    let engine = Engine::default();
    let mut other = Store::new(&engine, ());
    let foreign = Func::wrap(&mut other, || {});
    let mut linker = Linker::<()>::new(&engine);
    linker
        .func_wrap("host", "f", move || Some(foreign))
        .unwrap();
    let (mut store, instance) = instantiate(
        &linker,
        (),
        r#"(module
            (import "host" "f" (func $f (result funcref)))
            (func (export "f") (drop (call $f))))"#,
    );
    let f = instance.get_typed_func::<(), ()>(&store, "f").unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| f.call(&mut store, ()))).is_err());
}

#[test]
fn the_caller_is_the_instance_that_imported_the_function() {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap("host", "who", |mut caller: Caller<'_, Vec<i32>>| {
            let global = caller
                .get_export("id")
                .and_then(Extern::into_global)
                .unwrap();
            let id = global.get(&caller).unwrap_i32();
            caller.data_mut().push(id);
        })
        .unwrap();
    let mut store = Store::new(&engine, Vec::new());
    let wat = |id: i32| {
        format!(
            r#"(module
                (import "host" "who" (func $who))
                (global (export "id") i32 (i32.const {id}))
                (export "who" (func $who))
                (func (export "run") (call $who)))"#
        )
    };
    let mut run = |id| {
        let module = Module::new(&engine, wat(id)).unwrap();
        let instance = linker.instantiate(&mut store, &module).unwrap();
        for name in ["run", "who"] {
            let run = instance.get_typed_func::<(), ()>(&store, name).unwrap();
            run.call(&mut store, ()).unwrap();
        }
    };
    run(1);
    run(2);
    assert_eq!(store.data(), &[1, 1, 2, 2]);
}

#[test]
fn a_backtrace_can_be_taken_in_a_function_of_the_host() {
    let (mut store, run) = guest(&mut linker(), |mut caller: Caller<'_, Vec<u32>>| {
        let frames = WasmBacktrace::capture(&caller).frames().len() as u32;
        caller.data_mut().push(frames);
        if frames == 1 {
            export(&mut caller, "run").call(&mut caller, ()).unwrap();
        }
    });
    run.call(&mut store, ()).unwrap();
    assert_eq!(store.data(), &[1, 2]);
    assert_eq!(WasmBacktrace::capture(&mut store).frames().len(), 0);
}

#[test]
fn a_function_of_the_host_may_hand_the_store_to_another_thread() {
    let (mut store, run) = guest(&mut linker(), |mut caller: Caller<'_, Vec<u32>>| {
        if !caller.data().is_empty() {
            return;
        }
        caller.data_mut().push(1);
        let [run, trap] = ["run", "trap"].map(|name| export(&mut caller, name));
        std::thread::scope(|scope| {
            let caller = &mut caller;
            scope.spawn(move || {
                run.call(&mut *caller, ()).unwrap();
                assert!(trap.call(&mut *caller, ()).unwrap_err().trap().is_some());
                let recurse = Module::new(
                    caller.engine(),
                    r#"(module (func $f (export "f") (call $f)))"#,
                )
                .unwrap();
                let recurse = Instance::new(&mut *caller, &recurse, &[]).unwrap();
                let recurse = recurse.get_typed_func::<(), ()>(&*caller, "f").unwrap();
                let error = recurse.call(&mut *caller, ()).unwrap_err();
                assert_eq!(error.trap(), Some(Trap::StackOverflow));
            });
        });
        // And back on this thread.
        run.call(&mut caller, ()).unwrap();
    });
    run.call(&mut store, ()).unwrap();
}

#[test]
fn endless_recursion_through_the_host_is_a_stack_overflow() {
    let (mut store, run) = guest(&mut linker(), |mut caller: Caller<'_, Vec<u32>>| {
        export(&mut caller, "run").call(&mut caller, ())
    });
    for _ in 0..2 {
        let error = run.call(&mut store, ()).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::StackOverflow));
    }
}

#[test]
fn instances_can_be_made_in_a_function_of_the_host() {
    let (mut store, run) = guest(&mut linker(), |mut caller: Caller<'_, Vec<u32>>| {
        let module = Module::new(
            caller.engine(),
            r#"(module (global (mut i32) (i32.const 0)) (func $s) (start $s) (memory 1))"#,
        )?;
        for _ in 0..20 {
            Instance::new(&mut caller, &module, &[])?;
        }
        Ok::<(), Error>(())
    });
    run.call(&mut store, ()).unwrap();
    run.call(&mut store, ()).unwrap();
}

#[test]
fn functions_of_a_linker_live_as_long_as_the_stores_that_use_them() {
    let engine = Engine::default();
    let module = Module::new(
        &engine,
        r#"(module (import "" "f" (func $f (result i32))) (export "f" (func $f)))"#,
    )
    .unwrap();
    let mut store = Store::new(&engine, ());
    let value = std::sync::Arc::new(5);
    let weak = std::sync::Arc::downgrade(&value);
    let instance = {
        let mut linker = Linker::new(&engine);
        linker.func_wrap("", "f", move || *value).unwrap();
        linker.instantiate(&mut store, &module).unwrap()
    };
    let f = instance.get_typed_func::<(), i32>(&store, "f").unwrap();
    assert_eq!(f.call(&mut store, ()).unwrap(), 5);
    assert!(weak.upgrade().is_some());
    drop(store);
    assert!(weak.upgrade().is_none());
}
