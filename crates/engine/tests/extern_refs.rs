//! How long the values behind references live.

mod common;

use common::{block_on, instance, instantiate};
use std::sync::{Arc, Weak};
use trapline::{
    Caller, Engine, Extern, ExternRef, Func, Global, GlobalType, Linker, Mutability, Store, Val,
    ValType,
};

/// A value, and a way to see whether it is still there.
fn watched() -> (ExternRef, Weak<()>) {
    let value = Arc::new(());
    let weak = Arc::downgrade(&value);
    (ExternRef::new(value), weak)
}

const GUEST: &str = r#"(module
    (table $t 10 externref)
    (global $g (mut externref) (ref.null extern))
    (func (export "table.set") (param i32 externref) (table.set (local.get 0) (local.get 1)))
    (func (export "table.get") (param i32) (result externref) (table.get (local.get 0)))
    (func (export "global.set") (param externref) (global.set $g (local.get 0)))
    (func (export "drop") (param externref)))"#;

#[test]
fn a_value_lives_as_long_as_a_table_or_global_holds_it() {
    let (mut store, instance) = instance(GUEST);
    type Ref = Option<ExternRef>;
    let table_set = instance
        .get_typed_func::<(i32, Ref), ()>(&store, "table.set")
        .unwrap();
    let table_get = instance
        .get_typed_func::<i32, Ref>(&store, "table.get")
        .unwrap();
    let global_set = instance
        .get_typed_func::<Ref, ()>(&store, "global.set")
        .unwrap();
    let drop_it = instance.get_typed_func::<Ref, ()>(&store, "drop").unwrap();
    let [(a, a_lives), (b, b_lives), (c, c_lives)] = [watched(), watched(), watched()];
    table_set.call(&mut store, (3, Some(a))).unwrap();
    global_set.call(&mut store, Some(b)).unwrap();
    drop_it.call(&mut store, Some(c)).unwrap();
    store.gc();
    assert!(a_lives.upgrade().is_some() && b_lives.upgrade().is_some());
    assert!(c_lives.upgrade().is_none());
    let a = table_get.call(&mut store, 3).unwrap().unwrap();
    table_set.call(&mut store, (3, None)).unwrap();
    global_set.call(&mut store, None).unwrap();
    store.gc();
    assert!(b_lives.upgrade().is_none());
    // The host has one of its own.
    assert!(a_lives.upgrade().is_some());
    drop(a);
    assert!(a_lives.upgrade().is_none());
}

#[test]
fn values_are_collected_without_being_asked_for() {
    let (mut store, instance) = instance(GUEST);
    let drop_it = instance
        .get_typed_func::<Option<ExternRef>, ()>(&store, "drop")
        .unwrap();
    let values: Vec<_> = (0..100_000)
        .map(|_| {
            let (value, lives) = watched();
            drop_it.call(&mut store, Some(value)).unwrap();
            lives
        })
        .collect();
    let alive = values
        .iter()
        .filter(|value| value.upgrade().is_some())
        .count();
    assert!(alive < 5000, "{alive}");
}

#[test]
fn nothing_is_collected_that_a_guest_may_hold() {
    let mut linker = Linker::<Vec<Weak<()>>>::new(&Engine::default());
    linker
        .func_wrap("host", "make", |mut caller: Caller<'_, Vec<Weak<()>>>| {
            let (value, lives) = watched();
            caller.data_mut().push(lives);
            Some(value)
        })
        .unwrap();
    linker
        .func_wrap(
            "host",
            "check",
            |mut caller: Caller<'_, Vec<Weak<()>>>, value: Option<ExternRef>| {
                caller.gc();
                assert!(value.is_some());
                assert!(caller.data()[0].upgrade().is_some());
            },
        )
        .unwrap();
    let (mut store, instance) = instantiate(
        &linker,
        Vec::new(),
        r#"(module
            (import "host" "make" (func $make (result externref)))
            (import "host" "check" (func $check (param externref)))
            (func (export "run") (local externref i32)
                (local.set 0 (call $make))
                (loop $l
                    (drop (call $make))
                    (br_if $l (i32.lt_u
                        (local.tee 1 (i32.add (local.get 1) (i32.const 1)))
                        (i32.const 5000))))
                (call $check (local.get 0))))"#,
    );
    let run = instance.get_typed_func::<(), ()>(&store, "run").unwrap();
    run.call(&mut store, ()).unwrap();
    store.gc();
    assert!(store.data().iter().all(|value| value.upgrade().is_none()));
}

#[test]
fn a_guest_that_waits_on_another_stack_counts_as_well() {
    let mut linker = Linker::<Vec<Weak<()>>>::new(&Engine::default());
    linker
        .func_wrap("host", "make", |mut caller: Caller<'_, Vec<Weak<()>>>| {
            let (value, lives) = watched();
            caller.data_mut().push(lives);
            Some(value)
        })
        .unwrap();
    linker
        .func_wrap(
            "host",
            "elsewhere",
            |mut caller: Caller<'_, Vec<Weak<()>>>| {
                let noop = caller
                    .get_export("noop")
                    .and_then(Extern::into_func)
                    .unwrap();
                let noop = noop.typed::<(), ()>(&caller).unwrap();
                std::thread::scope(|scope| {
                    scope.spawn(|| {
                        caller.gc();
                        block_on(noop.call_async(&mut caller, ())).unwrap();
                        let collect =
                            Func::wrap(&mut caller, |mut caller: Caller<'_, _>| caller.gc());
                        let collect = collect.typed::<(), ()>(&caller).unwrap();
                        block_on(collect.call_async(&mut caller, ())).unwrap();
                    });
                });
            },
        )
        .unwrap();
    linker
        .func_wrap(
            "host",
            "check",
            |caller: Caller<'_, Vec<Weak<()>>>, value: Option<ExternRef>| {
                assert!(value.is_some());
                assert!(caller.data()[0].upgrade().is_some());
            },
        )
        .unwrap();
    let (mut store, instance) = instantiate(
        &linker,
        Vec::new(),
        r#"(module
            (import "host" "make" (func $make (result externref)))
            (import "host" "elsewhere" (func $elsewhere))
            (import "host" "check" (func $check (param externref)))
            (func (export "noop"))
            (func (export "run") (local externref)
                (local.set 0 (call $make))
                (call $elsewhere)
                (call $check (local.get 0))))"#,
    );
    let run = instance.get_typed_func::<(), ()>(&store, "run").unwrap();
    run.call(&mut store, ()).unwrap();
    store.gc();
    assert!(store.data()[0].upgrade().is_none());
}

#[test]
fn what_the_host_made_counts_too_and_all_goes_with_the_store() {
    let mut store = Store::new(&Engine::default(), ());
    let (value, lives) = watched();
    let ty = GlobalType::new(ValType::EXTERNREF, Mutability::Var);
    let global = Global::new(&mut store, ty, Val::from(value)).unwrap();
    store.gc();
    assert!(lives.upgrade().is_some());
    global.set(&mut store, Val::ExternRef(None)).unwrap();
    store.gc();
    assert!(lives.upgrade().is_none());
    let (value, lives) = watched();
    global.set(&mut store, Val::from(value)).unwrap();
    drop(store);
    assert!(lives.upgrade().is_none());
}

#[test]
fn a_destructor_may_panic_or_use_other_stores() {
    struct Other(Option<Store<()>>);
    impl Drop for Other {
        fn drop(&mut self) {
            if let Some(store) = &mut self.0 {
                store.gc();
            }
        }
    }
    let (mut store, instance) = instance(GUEST);
    let drop_it = instance
        .get_typed_func::<Option<ExternRef>, ()>(&store, "drop")
        .unwrap();
    let other = std::sync::Mutex::new(Other(Some(Store::new(store.engine(), ()))));
    drop_it
        .call(&mut store, Some(ExternRef::new(other)))
        .unwrap();
    store.gc();
    drop_it.call(&mut store, None).unwrap();
}
