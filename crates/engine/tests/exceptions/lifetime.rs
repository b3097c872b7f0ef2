//! How long exceptions, and what they carry, live.

use crate::common::{instance, instantiate};
use std::sync::{Arc, Weak};
use trapline::{
    Caller, Engine, Error, ExnRef, ExternRef, FuncType, Instance, Linker, Module, Store, Tag,
    TagType, Val, ValType,
};

/// A value, and a way to see whether it is still there.
fn watched() -> (ExternRef, Weak<()>) {
    let value = Arc::new(());
    let weak = Arc::downgrade(&value);
    (ExternRef::new(value), weak)
}

const GUEST: &str = r#"(module
    (tag $t (export "tag") (param externref exnref))
    (table $kept (export "kept") 4 exnref)
    (global $last (export "last") (mut exnref) (ref.null exn))
    ;; Makes an exception that holds a value and another exception.
    (func $make (param externref exnref) (result exnref)
        (block $caught (result exnref)
            (try_table (catch_all_ref $caught) (throw $t (local.get 0) (local.get 1)))
            (unreachable)))
    (func (export "keep") (param i32 externref)
        (table.set $kept (local.get 0) (call $make (local.get 1) (ref.null exn))))
    (func (export "chain") (param externref i32)
        (loop $again
            (global.set $last (call $make (local.get 0) (global.get $last)))
            (local.set 0 (ref.null extern))
            (br_if $again
                (local.tee 1 (i32.sub (local.get 1) (i32.const 1))))))
    (func (export "throw") (param externref) (throw $t (local.get 0) (ref.null exn)))
    (func (export "catch") (param externref)
        (block $caught
            (try_table (catch_all $caught) (throw $t (local.get 0) (ref.null exn)))))
    (func (export "clear")
        (table.set $kept (i32.const 0) (ref.null exn))
        (global.set $last (ref.null exn))))"#;

fn call(store: &mut Store<()>, instance: Instance, name: &str, params: &[Val]) {
    let func = instance.get_func(&*store, name).unwrap();
    func.call(store, params, &mut []).unwrap();
}

#[test]
fn a_value_in_an_exception_lives_as_long_as_a_guest_can_reach_it() {
    let (mut store, instance) = instance(GUEST);
    let (value, weak) = watched();
    call(&mut store, instance, "keep", &[Val::I32(0), value.into()]);
    store.gc();
    assert!(weak.upgrade().is_some());
    call(&mut store, instance, "clear", &[]);
    store.gc();
    assert!(weak.upgrade().is_none());
}

#[test]
fn a_chain_of_exceptions_of_any_length_lives_by_its_last() {
    let (mut store, instance) = instance(GUEST);
    let (value, weak) = watched();
    let length = Val::I32(300_000);
    call(&mut store, instance, "chain", &[value.into(), length]);
    store.gc();
    assert!(weak.upgrade().is_some());
    call(&mut store, instance, "clear", &[]);
    store.gc();
    assert!(weak.upgrade().is_none());
}

#[test]
fn an_exception_lives_as_long_as_the_embedder_holds_it() {
    let (mut store, instance) = instance(GUEST);
    let (value, weak) = watched();
    let throw = instance.get_func(&store, "throw").unwrap();
    let error = throw
        .call(&mut store, &[value.into()], &mut [])
        .unwrap_err();
    let exception: ExnRef = error.exception().unwrap().exn().clone();
    drop(error);
    store.gc();
    assert!(weak.upgrade().is_some());
    let field = exception.field(&store, 0).unwrap();
    assert!(field.unwrap_externref().is_some());
    drop((exception, field));
    store.gc();
    assert!(weak.upgrade().is_none());
}

#[test]
fn an_exception_that_was_caught_without_a_reference_is_gone() {
    let (mut store, instance) = instance(GUEST);
    let (value, weak) = watched();
    call(&mut store, instance, "catch", &[value.into()]);
    store.gc();
    assert!(weak.upgrade().is_none());
}

/// Throws often in one call, and keeps some references in frames alone while it does.
const OFTEN: &str = r#"(module
    (import "host" "check" (func $check (param exnref)))
    (tag $t (param i32))
    (global (export "thrown") (mut i32) (i32.const 0))
    (func $make (param i32) (result exnref)
        (local $made exnref)
        (block $caught (result i32 exnref)
            (try_table (catch_ref $t $caught) (throw $t (local.get 0)))
            (unreachable))
        (local.set $made)
        (drop)
        (local.get $made))
    (func $read (param exnref) (result i32)
        (try_table (result i32) (catch $t 0) (throw_ref (local.get 0))))
    ;; The reference lives across calls that throw very often, in a frame of each depth.
    (func $keep (export "keep") (param $depth i32) (param $often i32) (result i32)
        (local $kept exnref) (local $n i32)
        (local.set $kept (call $make (local.get $depth)))
        (if (local.get $depth)
            (then (local.set $n
                (call $keep (i32.sub (local.get $depth) (i32.const 1)) (local.get $often))))
            (else
                (loop $again
                    (drop (call $make (local.get $n)))
                    (br_if $again (i32.lt_u
                        (local.tee $n (i32.add (local.get $n) (i32.const 1)))
                        (local.get $often))))
                (local.set $n (i32.const 0))))
        (call $check (local.get $kept))
        (i32.add (local.get $n) (call $read (local.get $kept)))))"#;

#[test]
fn references_in_frames_survive_collections_in_the_middle_of_a_call() {
    let mut linker = Linker::new(&Engine::default());
    let check = |mut caller: Caller<'_, Vec<i32>>, exception: Option<ExnRef>| {
        let depth = exception.unwrap().field(&caller, 0).unwrap().unwrap_i32();
        caller.data_mut().push(depth);
    };
    linker.func_wrap("host", "check", check).unwrap();
    let (mut store, instance) = instantiate(&linker, Vec::new(), OFTEN);
    let keep = instance
        .get_typed_func::<(i32, i32), i32>(&store, "keep")
        .unwrap();
    assert_eq!(keep.call(&mut store, (50, 100_000)).unwrap(), 50 * 51 / 2);
    assert_eq!(*store.data(), (0..=50).collect::<Vec<_>>());
}

#[test]
fn references_in_frames_of_outer_calls_survive_too() {
    // The host calls the guest again before it lets the outer one go on.
    let mut linker = Linker::new(&Engine::default());
    let check = |mut caller: Caller<'_, u32>, exception: Option<ExnRef>| {
        *caller.data_mut() += 1;
        if *caller.data() == 1 {
            drop(exception);
            let keep = caller.get_export("keep").and_then(|it| it.into_func());
            let keep = keep.unwrap().typed::<(i32, i32), i32>(&caller).unwrap();
            assert_eq!(keep.call(&mut caller, (3, 20_000)).unwrap(), 6);
        }
    };
    linker.func_wrap("host", "check", check).unwrap();
    let (mut store, instance) = instantiate(&linker, 0, OFTEN);
    let keep = instance
        .get_typed_func::<(i32, i32), i32>(&store, "keep")
        .unwrap();
    assert_eq!(keep.call(&mut store, (20, 10)).unwrap(), 20 * 21 / 2);
}

/// A guest that keeps one exception in a frame while the host throws very often.
const HOST_THROWS: &str = r#"(module
    (import "host" "tag" (tag $t (param i32)))
    (import "host" "throw" (func $throw (param i32)))
    (func $catch (param i32) (result exnref)
        (local $caught exnref)
        (block $caught (result i32 exnref)
            (try_table (catch_ref $t $caught) (call $throw (local.get 0)))
            (unreachable))
        (local.set $caught)
        (drop)
        (local.get $caught))
    (func (export "run") (param $often i32) (result i32)
        (local $kept exnref) (local $n i32)
        (local.set $kept (call $catch (i32.const 42)))
        (loop $again
            (drop (call $catch (local.get $n)))
            (br_if $again (i32.lt_u
                (local.tee $n (i32.add (local.get $n) (i32.const 1)))
                (local.get $often))))
        (try_table (result i32) (catch $t 0) (throw_ref (local.get $kept)))))"#;

#[test]
fn what_the_host_throws_is_collected_while_its_guest_runs() {
    let engine = Engine::default();
    // The exception thrown first, seen by the number that it is told by.
    let mut store = Store::new(&engine, Vec::new());
    let ty = TagType::new(FuncType::new([ValType::I32], []));
    let tag = Tag::new(&mut store, &ty).unwrap();
    let mut linker = Linker::new(&engine);
    linker.define(&store, "host", "tag", tag).unwrap();
    let throw = move |mut caller: Caller<'_, Vec<String>>, value: i32| {
        let exception = ExnRef::new(&mut caller, &tag, &[Val::I32(value)])?;
        caller.data_mut().push(format!("{exception:?}"));
        Err::<(), Error>(exception.into())
    };
    linker.func_wrap("host", "throw", throw).unwrap();
    let module = Module::new(&engine, HOST_THROWS).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let run = instance.get_typed_func::<i32, i32>(&store, "run").unwrap();
    assert_eq!(run.call(&mut store, 10_000).unwrap(), 42);
    // Places were used again, but not the one that was kept.
    let seen = store.data();
    let again = seen.iter().filter(|&it| *it == seen[1]).count();
    assert!(again > 1, "{again}");
    assert_eq!(seen.iter().filter(|&it| *it == seen[0]).count(), 1);
}
