//! Throwing and catching across functions of the host.

use crate::common::{instance, instantiate};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use trapline::{
    Caller, Engine, Error, ExnRef, Extern, Func, FuncType, Instance, Linker, Module,
    ResourceLimiter, Store, Tag, TagType, ThrownException, Trap, Val, ValType,
};

/// The tag that an instance exports as `tag`.
fn tag(store: &Store<u32>, instance: Instance) -> Tag {
    instance.get_tag(store, "tag").unwrap()
}

/// The error of a call of an exported function without parameters.
fn fails<T>(store: &mut Store<T>, instance: Instance, name: &str) -> Error {
    let func = instance.get_typed_func::<(), ()>(&*store, name).unwrap();
    func.call(store, ()).unwrap_err()
}

#[test]
fn an_exception_that_is_not_caught_tells_what_it_is_and_where_it_was_thrown() {
    let (mut store, instance) = instance(
        r#"(module
            (tag $t (export "tag") (param i32 f64))
            (func $inner (throw $t (i32.const 7) (f64.const 0.5)))
            (func $outer (call $inner))
            (func (export "run") (call $outer)))"#,
    );
    let error = fails(&mut store, instance, "run");
    assert_eq!(error.to_string(), "an exception was thrown and not caught");
    assert!(error.trap().is_none());
    let frames = error.backtrace().unwrap().frames();
    let functions: Vec<_> = frames.iter().map(|frame| frame.func_index()).collect();
    assert_eq!(functions, [0, 1, 2]);
    assert!(frames.iter().all(|frame| frame.wasm_pc().is_some()));
    let thrown = error.exception().unwrap();
    assert!(error.downcast_ref::<ThrownException>().is_some());
    let exception = thrown.exn();
    assert_eq!(
        exception.tag(&store),
        instance.get_tag(&store, "tag").unwrap()
    );
    let fields = exception.fields(&store);
    assert_eq!(fields.len(), 2);
    assert_eq!(fields[0].unwrap_i32(), 7);
    assert_eq!(fields[1].unwrap_f64(), 0.5);
    assert!(exception.field(&store, 2).is_none());
}

/// Calls the export `inner` of the caller.
fn call_inner(caller: &mut Caller<'_, u32>) -> Result<(), Error> {
    let inner = caller.get_export("inner").and_then(Extern::into_func);
    let inner = inner.unwrap().typed::<(), ()>(&caller)?;
    inner.call(&mut *caller, ())
}

const NESTED: &str = r#"(module
    (import "host" "call" (func $call))
    (tag $t (export "tag") (param i32))
    (global $g (export "caught") (mut i32) (i32.const 0))
    (func $throw (export "inner") (throw $t (i32.const 5)))
    (func (export "run")
        (block $caught (result i32)
            (try_table (catch $t $caught) (call $call))
            (return))
        (global.set $g))
    (func (export "pass") (call $call))
    (func (export "catch all")
        (block $caught (try_table (catch_all $caught) (call $call)) (return))
        (global.set $g (i32.const -1))))"#;

fn caught(store: &mut Store<u32>, instance: Instance) -> i32 {
    let global = instance.get_global(&*store, "caught").unwrap();
    global.get(&*store).unwrap_i32()
}

#[test]
fn an_exception_goes_on_in_the_outer_guest_if_the_host_passes_it_on() {
    struct Count(Arc<AtomicU32>);
    impl Drop for Count {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let mut linker = Linker::new(&Engine::default());
    let dropped = Arc::new(AtomicU32::new(0));
    let count = dropped.clone();
    let call = move |mut caller: Caller<'_, u32>| {
        let _destroyed = Count(count.clone());
        call_inner(&mut caller)
    };
    linker.func_wrap("host", "call", call).unwrap();
    let (mut store, instance) = instantiate(&linker, 0, NESTED);
    let run = instance.get_typed_func::<(), ()>(&store, "run").unwrap();
    for calls in 1..4 {
        run.call(&mut store, ()).unwrap();
        assert_eq!(caught(&mut store, instance), 5);
        assert_eq!(dropped.load(Ordering::Relaxed), calls);
    }
    let error = fails(&mut store, instance, "pass");
    let exception = error.exception().unwrap();
    assert_eq!(exception.exn().tag(&store), tag(&store, instance));
    // The frames of both guests, from where it was thrown.
    let frames = exception.backtrace().unwrap().frames();
    let functions: Vec<_> = frames.iter().map(|frame| frame.func_index()).collect();
    assert_eq!(functions, [1, 3]);
}

#[test]
fn the_host_catches_by_not_passing_it_on() {
    let mut linker = Linker::new(&Engine::default());
    let call = |mut caller: Caller<'_, u32>| {
        let error = call_inner(&mut caller).unwrap_err();
        let exception = error.exception().unwrap().exn().clone();
        *caller.data_mut() += exception.field(&caller, 0).unwrap().unwrap_i32() as u32;
    };
    linker.func_wrap("host", "call", call).unwrap();
    let (mut store, instance) = instantiate(&linker, 0, NESTED);
    let run = instance.get_typed_func::<(), ()>(&store, "run").unwrap();
    run.call(&mut store, ()).unwrap();
    run.call(&mut store, ()).unwrap();
    assert_eq!(*store.data(), 10);
    assert_eq!(caught(&mut store, instance), 0);
}

#[test]
fn an_inner_call_does_not_reach_the_handlers_of_the_outer_by_itself() {
    // The host's frame lies between: it must see the failure, whatever it makes of it.
    let mut linker = Linker::new(&Engine::default());
    let call = |mut caller: Caller<'_, u32>| {
        call_inner(&mut caller).map_err(|_| Error::host("not passed on"))
    };
    linker.func_wrap("host", "call", call).unwrap();
    let (mut store, instance) = instantiate(&linker, 0, NESTED);
    let error = fails(&mut store, instance, "catch all");
    assert_eq!(error.to_string(), "not passed on");
    assert!(error.exception().is_none());
    assert_eq!(caught(&mut store, instance), 0);
}

#[test]
fn only_exceptions_are_caught_by_catch_all() {
    let failures: [fn() -> Error; 3] = [
        || Trap::IntegerOverflow.into(),
        || Error::host("host"),
        || std::panic::resume_unwind(Box::new("panic")),
    ];
    for failure in failures {
        let mut linker = Linker::new(&Engine::default());
        let call = move || Err::<(), _>(failure());
        linker.func_wrap("host", "call", call).unwrap();
        let (mut store, instance) = instantiate(&linker, 0, NESTED);
        let func = instance
            .get_typed_func::<(), ()>(&store, "catch all")
            .unwrap();
        let call = std::panic::AssertUnwindSafe(|| func.call(&mut store, ()));
        match std::panic::catch_unwind(call) {
            Ok(result) => assert!(result.unwrap_err().exception().is_none()),
            Err(panic) => assert_eq!(*panic.downcast::<&str>().unwrap(), "panic"),
        }
        assert_eq!(caught(&mut store, instance), 0);
    }
}

#[test]
fn an_error_because_of_an_exception_is_not_thrown() {
    #[derive(Debug)]
    struct Because(Error);
    impl std::fmt::Display for Because {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("it did not work")
        }
    }
    impl std::error::Error for Because {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }
    let mut linker = Linker::new(&Engine::default());
    let call = |mut caller: Caller<'_, u32>| call_inner(&mut caller).map_err(Because);
    linker.func_wrap("host", "call", call).unwrap();
    let (mut store, instance) = instantiate(&linker, 0, NESTED);
    let error = fails(&mut store, instance, "catch all");
    assert!(error.exception().is_none());
    let because = error.downcast_ref::<Because>().unwrap();
    assert!(because.0.exception().is_some());
}

/// A module that lets `host.throw` be called in several ways, and what it throws.
const CALLERS: &str = r#"(module
    (import "host" "tag" (tag $t (param i64 v128)))
    (import "host" "throw" (func $throw (param i64) (result i32)))
    (type $throw (func (param i64) (result i32)))
    (table funcref (elem $throw))
    (func $tail (param i64) (result i32) (return_call $throw (local.get 0)))
    (func $tail-in-try (param i64) (result i32)
        (block $caught
            (try_table (catch_all $caught) (return_call $throw (local.get 0))))
        (i32.const -1))
    (func $catch (param $how i32) (param i64) (result i64)
        (local $kept i64)
        (local.set $kept (i64.mul (local.get 1) (i64.const 1000)))
        (block $caught (result i64 v128)
            (try_table (catch $t $caught)
                (block $direct
                    (block $indirect
                        (block $tail
                            (br_table $direct $indirect $tail 3 (local.get $how)))
                        (drop (call $tail (local.get 1)))
                        (return (i64.const -1)))
                    (drop (call_indirect (type $throw) (local.get 1) (i32.const 0)))
                    (return (i64.const -1)))
                (drop (call $throw (local.get 1)))
                (return (i64.const -1)))
            (unreachable))
        (i64x2.extract_lane 1)
        (i64.add)
        (i64.add (local.get $kept)))
    (export "catch" (func $catch)))"#;

#[test]
fn a_function_of_the_host_throws_to_whoever_calls_it_and_however() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, 0_u32);
    let ty = TagType::new(FuncType::new([ValType::I64, ValType::V128], []));
    let tag = Tag::new(&mut store, &ty).unwrap();
    let mut linker = Linker::new(&engine);
    linker.define(&store, "host", "tag", tag).unwrap();
    let throw = move |mut caller: Caller<'_, u32>, value: i64| -> Result<i32, BoxError> {
        *caller.data_mut() += 1;
        let vector = Val::V128((u128::from(value as u64) << 64).into());
        let exception = ExnRef::new(&mut caller, &tag, &[Val::I64(value), vector])?;
        // As one of the errors that the function may have.
        Err(ThrownException::new(exception).into())
    };
    type BoxError = Box<dyn std::error::Error + Send + Sync>;
    linker.func_wrap("host", "throw", throw).unwrap();
    let module = Module::new(&engine, CALLERS).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let catch = instance
        .get_typed_func::<(i32, i64), i64>(&store, "catch")
        .unwrap();
    for how in 0..3 {
        for value in [1, -9] {
            let result = catch.call(&mut store, (how, value)).unwrap();
            assert_eq!(result, value * 1002, "{how}");
        }
    }
    assert_eq!(*store.data(), 6);
}

#[test]
fn an_exception_of_another_store_is_an_error_and_not_thrown() {
    let engine = Engine::default();
    let mut other = Store::new(&engine, ());
    let ty = TagType::new(FuncType::new([], []));
    let foreign = Tag::new(&mut other, &ty).unwrap();
    let foreign = ExnRef::new(&mut other, &foreign, &[]).unwrap();
    let mut linker = Linker::new(&engine);
    let throw = move || Err::<(), Error>(foreign.clone().into());
    linker.func_wrap("host", "call", throw).unwrap();
    let (mut store, instance) = instantiate(&linker, 0, NESTED);
    let error = fails(&mut store, instance, "catch all");
    assert_eq!(caught(&mut store, instance), 0);
    assert!(error.exception().unwrap().exn().fields(&other).is_empty());
}

#[test]
fn a_limiter_that_fails_with_an_exception_throws_nothing() {
    struct Throws(Option<ExnRef>);
    impl ResourceLimiter for Throws {
        fn memory_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> Result<bool, Error> {
            match &self.0 {
                Some(exception) => Err(exception.clone().into()),
                None => Ok(true),
            }
        }
        fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> Result<bool, Error> {
            Ok(true)
        }
    }
    let wat = r#"(module
        (memory 1)
        (func $grow (drop (memory.grow (i32.const 1))))
        (func (export "run")
            (block $caught
                (try_table (catch_all $caught) (call $grow)))))"#;
    let engine = Engine::default();
    let mut store = Store::new(&engine, Throws(None));
    store.limiter(|limiter| limiter);
    let ty = TagType::new(FuncType::new([], []));
    let tag = Tag::new(&mut store, &ty).unwrap();
    let exception = ExnRef::new(&mut store, &tag, &[]).unwrap();
    let module = Module::new(&engine, wat).unwrap();
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    store.data_mut().0 = Some(exception.clone());
    let error = fails(&mut store, instance, "run");
    assert!(error.exception().unwrap().exn().ptr_eq(&exception));
}

#[test]
fn an_exception_in_the_start_function_is_the_error_of_instantiating() {
    let engine = Engine::default();
    let wat = "(module (tag $t (param i32)) (func $f (throw $t (i32.const 3))) (start $f))";
    let module = Module::new(&engine, wat).unwrap();
    let mut store = Store::new(&engine, ());
    let error = Instance::new(&mut store, &module, &[]).unwrap_err();
    let exception = error.exception().unwrap().exn();
    assert_eq!(exception.field(&store, 0).unwrap().unwrap_i32(), 3);
}

#[test]
fn the_host_calls_its_own_function_that_throws() {
    let mut store = Store::new(&Engine::default(), ());
    let ty = TagType::new(FuncType::new([], []));
    let tag = Tag::new(&mut store, &ty).unwrap();
    let throw = Func::wrap(&mut store, move |mut caller: Caller<'_, ()>| {
        let exception = ExnRef::new(&mut caller, &tag, &[])?;
        Err::<(), Error>(exception.into())
    });
    let error = throw.call(&mut store, &[], &mut []).unwrap_err();
    let thrown = error.exception().unwrap();
    assert_eq!(thrown.exn().tag(&store), tag);
    assert!(thrown.backtrace().is_none());
}

#[test]
fn a_store_works_on_after_exceptions_from_the_depth_of_its_stack() {
    let (mut store, instance) = instance(
        r#"(module
            (tag $t)
            (func $down (param i32)
                (if (local.get 0)
                    (then (call $down (i32.sub (local.get 0) (i32.const 1))))
                    (else (throw $t))))
            (func $forever (call $forever))
            (func (export "down") (param i32) (call $down (local.get 0)))
            (func (export "forever")
                (block $caught
                    (try_table (catch_all $caught) (call $down (i32.const 3000))))
                (call $forever)))"#,
    );
    let down = instance.get_typed_func::<i32, ()>(&store, "down").unwrap();
    for _ in 0..3 {
        let error = down.call(&mut store, 5000).unwrap_err();
        let backtrace = error.backtrace().unwrap();
        assert!(backtrace.is_truncated());
        let error = fails(&mut store, instance, "forever");
        assert_eq!(error.trap(), Some(Trap::StackOverflow));
    }
}
