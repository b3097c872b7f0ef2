//! Endless recursion of every kind ends in a trap, again and again.

use crate::support::{Guards, Yields, finish, instance, mappings, module, resident};
use std::fmt::Write;
use trapline::{Caller, Config, Engine, Instance, Linker, Store, Trap, TypedFunc};

/// An engine whose stacks are soon used up.
fn engine() -> Engine {
    let mut config = Config::new();
    config.stack_size(1 << 20).host_stack_headroom(256 << 10);
    Engine::new(&config).expect("an engine")
}

const RECURSION: &str = r#"(module
    (func $down (export "down") (param i32) (result i32)
        (i32.add (call $down (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
    (func (export "add") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))"#;

/// Calls a function that overflows the stack.
fn overflow(store: &mut Store<()>, down: &TypedFunc<i32, i32>) {
    let error = down.call(store, 0).unwrap_err();
    assert_eq!(error.trap(), Some(Trap::StackOverflow), "{error}");
}

#[test]
fn thousands_of_overflows_leak_nothing_and_leave_the_guard_whole() {
    let linker = Linker::new(&engine());
    let (mut store, instance) = instance(&linker, RECURSION, ());
    let down = instance
        .get_typed_func::<i32, i32>(&mut store, "down")
        .unwrap();
    let add = instance
        .get_typed_func::<i32, i32>(&mut store, "add")
        .unwrap();
    for _ in 0..50 {
        overflow(&mut store, &down);
    }
    let (mapped, used) = (mappings(), resident());
    for _ in 0..3000 {
        overflow(&mut store, &down);
        assert_eq!(add.call(&mut store, 1).unwrap(), 2);
    }
    // Other tests run in this process at the same time; a leak of one stack a call is far more.
    assert!(mappings() < mapped + 2000, "{mapped} -> {}", mappings());
    assert!(resident() < used + (512 << 20), "{used} -> {}", resident());
}

#[test]
fn overflow_on_a_thread_with_a_small_stack_of_its_own() {
    let engine = engine();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let engine = engine.clone();
            let run = move || {
                let linker = Linker::new(&engine);
                let (mut store, instance) = instance(&linker, RECURSION, ());
                let down = instance.get_typed_func(&mut store, "down").unwrap();
                for _ in 0..200 {
                    overflow(&mut store, &down);
                }
            };
            std::thread::Builder::new()
                .stack_size(256 << 10)
                .spawn(run)
                .unwrap()
        })
        .collect();
    for thread in threads {
        thread.join().expect("no panic");
    }
}

#[test]
fn overflow_inside_an_asynchronous_call() {
    let mut linker = Linker::new(&engine());
    linker
        .func_wrap_async("host", "wait", |_: Caller<'_, ()>, (): ()| {
            Box::new(Yields(2))
        })
        .unwrap();
    let wat = r#"(module
        (import "host" "wait" (func $wait))
        (func $down (param i32)
            (if (i32.eq (local.get 0) (i32.const 100)) (then (call $wait)))
            (call $down (i32.add (local.get 0) (i32.const 1)))
            (call $wait))
        (func (export "run") (call $down (i32.const 0))))"#;
    let (mut store, instance) = instance(&linker, wat, ());
    let run = instance
        .get_typed_func::<(), ()>(&mut store, "run")
        .unwrap();
    for _ in 0..200 {
        let error = finish(run.call_async(&mut store, ())).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::StackOverflow), "{error}");
    }
}

#[test]
fn mutual_recursion_of_guest_and_host_traps_and_drops_the_host_frames() {
    let mut linker = Linker::<Guards>::new(&engine());
    linker
        .func_wrap(
            "host",
            "down",
            |mut caller: Caller<'_, Guards>, depth: i32| {
                let _guard = caller.data().guard();
                let down = caller
                    .get_export("down")
                    .and_then(|e| e.into_func())
                    .expect("an export");
                let down = down.typed::<i32, i32>(&caller)?;
                down.call(&mut caller, depth + 1)
            },
        )
        .unwrap();
    let wat = r#"(module
        (import "host" "down" (func $down (param i32) (result i32)))
        (func (export "down") (param i32) (result i32)
            (i32.add (call $down (local.get 0)) (i32.const 1))))"#;
    let (mut store, instance) = instance(&linker, wat, Guards::default());
    let down = instance
        .get_typed_func::<i32, i32>(&mut store, "down")
        .unwrap();
    for _ in 0..100 {
        let error = down.call(&mut store, 0).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::StackOverflow), "{error}");
        assert_eq!(store.data().alive(), 0);
    }
    assert!(store.data().made() > 100);
}

#[test]
fn a_host_function_has_its_headroom_at_every_depth_of_the_guest() {
    let mut linker = Linker::new(&engine());
    linker
        .func_wrap("host", "work", |x: i32| {
            // Uses much of the headroom that was set.
            let mut buffer = [0_u8; 150 << 10];
            buffer[x as usize % 1000] = 1;
            std::hint::black_box(&mut buffer);
            buffer.iter().map(|&byte| i32::from(byte)).sum::<i32>()
        })
        .unwrap();
    let wat = r#"(module
        (import "host" "work" (func $work (param i32) (result i32)))
        (func $down (export "down") (param i32) (result i32)
            (if (result i32) (local.get 0)
                (then (i32.add (call $down (i32.sub (local.get 0) (i32.const 1))) (i32.const 0)))
                (else (call $work (i32.const 7))))))"#;
    let (mut store, instance) = instance(&linker, wat, ());
    let down = instance
        .get_typed_func::<i32, i32>(&mut store, "down")
        .unwrap();
    let (mut fine, mut overflows) = (0, 0);
    for depth in (0..80_000).step_by(61) {
        match down.call(&mut store, depth) {
            Ok(1) => fine += 1,
            Ok(other) => panic!("{other}"),
            Err(error) => {
                assert_eq!(error.trap(), Some(Trap::StackOverflow), "{error}");
                overflows += 1;
            }
        }
    }
    assert!(fine > 100 && overflows > 100, "{fine} {overflows}");
}

/// A function that calls itself with very many values alive across the call.
fn huge_frame(locals: usize, params: usize) -> String {
    let mut wat = String::from("(module (memory 1) (func $down (export \"down\")");
    write!(wat, "{}", " (param v128)".repeat(params)).unwrap();
    write!(wat, "{}", " (local v128)".repeat(locals)).unwrap();
    for i in params..params + locals {
        write!(
            wat,
            "(local.set {i} (v128.load offset={} (i32.const 0)))",
            i * 16 % 60_000
        )
        .unwrap();
    }
    wat.push_str("(call $down");
    for i in 0..params {
        write!(wat, "(local.get {i})").unwrap();
    }
    wat.push(')');
    for i in 0..params + locals {
        write!(
            wat,
            "(v128.store offset={} (i32.const 0) (local.get {i}))",
            i * 16 % 60_000
        )
        .unwrap();
    }
    wat.push_str("))");
    wat
}

#[test]
fn frames_larger_than_any_guard_do_not_step_over_it() {
    let engine = engine();
    for (locals, params) in [(300, 0), (3000, 0), (6000, 0), (0, 900), (3000, 900)] {
        let module = module(&engine, &huge_frame(locals, params));
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let down = instance.get_func(&mut store, "down").unwrap();
        let args = vec![trapline::Val::V128(7.into()); params];
        for _ in 0..20 {
            let error = down.call(&mut store, &args, &mut []).unwrap_err();
            assert_eq!(
                error.trap(),
                Some(Trap::StackOverflow),
                "{locals} {params}: {error}"
            );
        }
    }
}

#[test]
fn overflow_in_a_start_function() {
    let engine = engine();
    let module = module(
        &engine,
        "(module (func $down (call $down) (call $down)) (start $down))",
    );
    let mut store = Store::new(&engine, ());
    for _ in 0..50 {
        let error = Instance::new(&mut store, &module, &[]).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::StackOverflow), "{error}");
    }
}

#[test]
fn overflow_through_tables_and_between_instances() {
    let engine = engine();
    let wat = r#"(module
        (table (export "t") 1 funcref)
        (type $f (func (param i64) (result i64)))
        (elem (i32.const 0) $down)
        (func $down (export "down") (type $f)
            (i64.add (call_indirect (type $f) (i64.const 1) (i32.const 0)) (local.get 0))))"#;
    let first = module(&engine, wat);
    let wat = r#"(module
        (import "first" "t" (table 1 funcref))
        (import "first" "down" (func $first (param i64) (result i64)))
        (elem (i32.const 0) $down)
        (func $down (param i64) (result i64) (i64.add (call $first (i64.const 1)) (i64.const 1))))"#;
    let second = module(&engine, wat);
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    let instance = linker.instantiate(&mut store, &first).unwrap();
    linker.instance(&mut store, "first", instance).unwrap();
    let down = instance
        .get_typed_func::<i64, i64>(&mut store, "down")
        .unwrap();
    let error = down.call(&mut store, 0).unwrap_err();
    assert_eq!(error.trap(), Some(Trap::StackOverflow), "{error}");
    linker.instantiate(&mut store, &second).unwrap();
    let error = down.call(&mut store, 0).unwrap_err();
    assert_eq!(error.trap(), Some(Trap::StackOverflow), "{error}");
}

#[test]
fn endless_tail_calls_need_no_stack() {
    let wat = r#"(module
        (func $even (export "even") (param i64) (result i32)
            (if (i64.eqz (local.get 0)) (then (return (i32.const 1))))
            (return_call $odd (i64.sub (local.get 0) (i64.const 1)) (i64.const 1) (i64.const 2)
                (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6) (i64.const 7)))
        (func $odd (param i64 i64 i64 i64 i64 i64 i64 i64) (result i32)
            (if (i64.eqz (local.get 0)) (then (return (i32.const 0))))
            (return_call $even (i64.sub (local.get 0) (i64.const 1)))))"#;
    let (mut store, instance) = instance(&Linker::new(&engine()), wat, ());
    let even = instance
        .get_typed_func::<i64, i32>(&mut store, "even")
        .unwrap();
    assert_eq!(even.call(&mut store, 5_000_001).unwrap(), 0);
}

#[test]
fn a_backtrace_of_an_overflow_is_bounded_and_cheap() {
    let linker = Linker::new(&engine());
    let (mut store, instance) = instance(&linker, RECURSION, ());
    let down = instance
        .get_typed_func::<i32, i32>(&mut store, "down")
        .unwrap();
    let error = down.call(&mut store, 0).unwrap_err();
    let frames = error.backtrace().expect("a backtrace").frames();
    assert!(!frames.is_empty());
    assert!(frames.iter().take(10).all(|frame| frame.func_index() == 0));
}
