//! Calling guests: types, values, and who may call what.

mod common;

use common::{instance, instantiate};
use trapline::{
    Engine, Error, Extern, ExternRef, Func, FuncType, Instance, Linker, Module, Store, V128, Val,
    ValType,
};

#[test]
fn values_of_all_types_cross_unchanged_in_both_directions() {
    let (mut store, instance) = instance(
        r#"(module
            (func (export "all")
                (param i32 i64 f32 f64 v128 funcref externref)
                (result externref funcref v128 f64 f32 i64 i32)
                (local.get 6) (local.get 5) (local.get 4) (local.get 3)
                (local.get 2) (local.get 1) (local.get 0)))"#,
    );
    let all = instance.get_func(&store, "all").unwrap();
    type Params = (i32, i64, f32, f64, V128, Option<Func>, Option<ExternRef>);
    type Results = (Option<ExternRef>, Option<Func>, V128, f64, f32, i64, i32);
    let typed = all.typed::<Params, Results>(&store).unwrap();
    let value = ExternRef::new("value");
    let vector = V128::from(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10);
    let params = (
        -1,
        i64::MIN,
        f32::MIN_POSITIVE,
        -0.0,
        vector,
        Some(all),
        Some(value.clone()),
    );
    let results = typed.call(&mut store, params).unwrap();
    assert!(results.0.unwrap().ptr_eq(&value));
    assert_eq!(results.1.unwrap().ty(&store), all.ty(&store));
    assert_eq!(
        (results.2, results.3.to_bits()),
        (vector, (-0.0_f64).to_bits())
    );
    assert_eq!(
        (results.4, results.5, results.6),
        (f32::MIN_POSITIVE, i64::MIN, -1)
    );

    let nan = 0x7fa0_0001;
    let params = [
        Val::I32(i32::MIN),
        Val::I64(7),
        Val::F32(nan),
        Val::F64(0x7ff4_0000_0000_0001),
        Val::V128(vector),
        Val::FuncRef(None),
        Val::ExternRef(None),
    ];
    let mut results = vec![Val::I32(0); 7];
    all.call(&mut store, &params, &mut results).unwrap();
    assert!(matches!(results[0], Val::ExternRef(None)));
    assert!(matches!(results[1], Val::FuncRef(None)));
    assert!(matches!(results[2], Val::V128(found) if found == vector));
    assert!(matches!(results[3], Val::F64(0x7ff4_0000_0000_0001)));
    assert!(matches!(results[4], Val::F32(found) if found == nan));
    assert!(matches!(results[6], Val::I32(i32::MIN)));
}

#[test]
fn many_parameters_and_results_are_more_than_registers_hold() {
    let params = "i64 ".repeat(40);
    let gets: String = (0..40)
        .rev()
        .map(|index| format!("(local.get {index}) "))
        .collect();
    let (mut store, instance) = instance(&format!(
        r#"(module (func (export "reverse") (param {params}) (result {params}) {gets}))"#
    ));
    let reverse = instance.get_func(&store, "reverse").unwrap();
    let params: Vec<_> = (0..40).map(Val::I64).collect();
    let mut results = vec![Val::I32(0); 40];
    reverse.call(&mut store, &params, &mut results).unwrap();
    let found: Vec<_> = results.iter().map(Val::unwrap_i64).collect();
    assert_eq!(found, (0..40).rev().collect::<Vec<_>>());
}

#[test]
fn sixteen_typed_parameters_arrive_in_order() {
    let mut linker = Linker::new(&Engine::default());
    linker
        .func_wrap(
            "host",
            "sum",
            |a: i32,
             b: i32,
             c: i32,
             d: i32,
             e: i32,
             f: i32,
             g: i32,
             h: i32,
             i: i64,
             j: i64,
             k: i64,
             l: i64,
             m: f64,
             n: f64,
             o: f64,
             p: f64| {
                let digits = [a, b, c, d, e, f, g, h].map(i64::from);
                let more = [i, j, k, l];
                let floats = [m, n, o, p].map(|float| float as i64);
                let all = digits.iter().chain(&more).chain(&floats);
                all.fold(0_i64, |sum, digit| sum * 3 + digit)
            },
        )
        .unwrap();
    let (mut store, instance) = instantiate(
        &linker,
        (),
        r#"(module
            (import "host" "sum" (func $sum
                (param i32 i32 i32 i32 i32 i32 i32 i32 i64 i64 i64 i64 f64 f64 f64 f64)
                (result i64)))
            (export "sum" (func $sum)))"#,
    );
    let sum = instance.get_func(&store, "sum").unwrap();
    let mut params: Vec<_> = (0..8).map(|digit| Val::I32(digit % 3)).collect();
    params.extend((8..12).map(|digit| Val::I64(digit % 3)));
    params.extend((12..16).map(|digit| Val::from((digit % 3) as f64)));
    let mut results = [Val::I32(0)];
    sum.call(&mut store, &params, &mut results).unwrap();
    let expected = (0..16).fold(0_i64, |sum, digit| sum * 3 + digit % 3);
    assert_eq!(results[0].unwrap_i64(), expected);
}

#[test]
fn wrong_types_are_errors_that_name_both() {
    let (mut store, instance) =
        instance(r#"(module (func (export "f") (param i32) (result i64) (i64.const 1)))"#);
    let f = instance.get_func(&store, "f").unwrap();
    let error = f.typed::<i64, i64>(&store).unwrap_err().to_string();
    assert!(
        error.contains("(i32) -> i64") && error.contains("(i64) -> i64"),
        "{error}"
    );
    assert!(f.typed::<i32, ()>(&store).is_err());
    assert!(f.typed::<(), i64>(&store).is_err());
    assert!(f.typed::<u32, u64>(&store).is_ok());

    let mut results = [Val::I32(0)];
    let error = f.call(&mut store, &[], &mut results).unwrap_err();
    assert!(
        error.to_string().contains("1 parameters, but 0 were given"),
        "{error}"
    );
    assert!(f.call(&mut store, &[Val::I32(1)], &mut []).is_err());
    let error = f
        .call(&mut store, &[Val::F32(1)], &mut results)
        .unwrap_err();
    assert!(matches!(
        error,
        Error::Value {
            expected: ValType::I32,
            found: ValType::F32
        }
    ));

    let error = instance
        .get_typed_func::<(), ()>(&mut store, "g")
        .unwrap_err();
    assert_eq!(error.to_string(), "there is no export named `g`");
}

#[test]
#[should_panic(expected = "a store that it does not belong to")]
fn a_function_of_another_store_panics() {
    let (store, instance) = instance(r#"(module (func (export "f")))"#);
    let f = instance.get_typed_func::<(), ()>(&store, "f").unwrap();
    let mut other = Store::new(store.engine(), ());
    let _ = f.call(&mut other, ());
}

#[test]
fn functions_of_the_host_can_be_called_through_tables_by_any_module_with_their_type() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    // The function comes before any module that has its type.
    let triple = Func::wrap(&mut store, |x: i32| 3 * x);
    let exporter = Module::new(&engine, r#"(module (table (export "t") 2 funcref))"#).unwrap();
    let exporter = Instance::new(&mut store, &exporter, &[]).unwrap();
    let table = exporter.get_table(&store, "t").unwrap();
    table.set(&mut store, 0, triple.into()).unwrap();
    let caller = Module::new(
        &engine,
        r#"(module
            (import "" "t" (table 2 funcref))
            (type $f (func (param i32) (result i32)))
            (func (export "call") (param i32 i32) (result i32)
                (call_indirect (type $f) (local.get 0) (local.get 1)))
            (func (export "call-ref") (param funcref i32) (result i32)
                (table.set (i32.const 1) (local.get 0))
                (call_indirect (type $f) (local.get 1) (i32.const 1))))"#,
    )
    .unwrap();
    let caller = Instance::new(&mut store, &caller, &[table.into()]).unwrap();
    let call = caller
        .get_typed_func::<(i32, i32), i32>(&store, "call")
        .unwrap();
    assert_eq!(call.call(&mut store, (5, 0)).unwrap(), 15);

    // This one comes after the module.
    let negate = Func::wrap(&mut store, |x: i32| -x);
    let call_ref = caller
        .get_typed_func::<(Option<Func>, i32), i32>(&store, "call-ref")
        .unwrap();
    assert_eq!(call_ref.call(&mut store, (Some(negate), 5)).unwrap(), -5);
    // And what stands in the table can be called by the host.
    let found = table.get(&store, 1).unwrap();
    let trapline::Ref::Func(Some(found)) = found else {
        panic!("{found:?}")
    };
    assert_eq!(
        found
            .typed::<i32, i32>(&store)
            .unwrap()
            .call(&mut store, 6)
            .unwrap(),
        -6
    );
    // One of another type is still told apart.
    let other = Func::wrap(&mut store, |_: i64| ());
    let error = call_ref.call(&mut store, (Some(other), 5)).unwrap_err();
    assert_eq!(error.trap(), Some(trapline::Trap::BadSignature));
}

#[test]
fn functions_go_from_one_instance_to_another() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let first = Module::new(
        &engine,
        r#"(module
            (global $count (mut i32) (i32.const 0))
            (func (export "next") (result i32)
                (global.set $count (i32.add (global.get $count) (i32.const 1)))
                (global.get $count)))"#,
    )
    .unwrap();
    let second = Module::new(
        &engine,
        r#"(module
            (import "" "next" (func $next (result i32)))
            (export "again" (func $next))
            (func (export "twice") (result i32) (drop (call $next)) (call $next)))"#,
    )
    .unwrap();
    let first = Instance::new(&mut store, &first, &[]).unwrap();
    let next = first.get_func(&store, "next").unwrap();
    let second = Instance::new(&mut store, &second, &[next.into()]).unwrap();
    let twice = second.get_typed_func::<(), i32>(&store, "twice").unwrap();
    assert_eq!(twice.call(&mut store, ()).unwrap(), 2);
    let again = second.get_typed_func::<(), i32>(&store, "again").unwrap();
    assert_eq!(again.call(&mut store, ()).unwrap(), 3);
    assert_eq!(
        next.typed::<(), i32>(&store)
            .unwrap()
            .call(&mut store, ())
            .unwrap(),
        4
    );
}

#[test]
fn the_start_function_runs_at_the_end_of_instantiation() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, Vec::new());
    let log = Func::wrap(
        &mut store,
        |mut caller: trapline::Caller<'_, Vec<i32>>, x: i32| {
            caller.data_mut().push(x);
        },
    );
    let module = Module::new(
        &engine,
        r#"(module
            (import "" "log" (func $log (param i32)))
            (memory 1)
            (data (i32.const 0) "\2a")
            (func $start (call $log (i32.load8_u (i32.const 0))))
            (start $start))"#,
    )
    .unwrap();
    Instance::new(&mut store, &module, &[Extern::Func(log)]).unwrap();
    assert_eq!(store.data(), &[42]);

    // An imported function can be the start function too, be it of the host or of a guest.
    let hello = Func::wrap(&mut store, |mut caller: trapline::Caller<'_, Vec<i32>>| {
        caller.data_mut().push(7);
    });
    let module = Module::new(&engine, r#"(module (import "" "f" (func $f)) (start $f))"#).unwrap();
    Instance::new(&mut store, &module, &[hello.into()]).unwrap();
    assert_eq!(store.data(), &[42, 7]);
}

#[test]
fn a_trap_in_the_start_function_is_the_error_of_instantiation() {
    let engine = Engine::default();
    let module = Module::new(&engine, "(module (func $f unreachable) (start $f))").unwrap();
    let mut store = Store::new(&engine, ());
    let error = Instance::new(&mut store, &module, &[]).unwrap_err();
    assert_eq!(error.trap(), Some(trapline::Trap::UnreachableCodeReached));
    assert_eq!(error.backtrace().unwrap().frames().len(), 1);
}

#[test]
fn functions_know_their_types() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let ty = FuncType::new([ValType::I32, ValType::EXTERNREF], [ValType::V128]);
    let func = Func::new(&mut store, ty.clone(), |_, _, _| Ok::<(), Error>(()));
    assert_eq!(func.ty(&store), ty);
    let mut results = [Val::I32(0)];
    func.call(
        &mut store,
        &[Val::I32(1), Val::ExternRef(None)],
        &mut results,
    )
    .unwrap();
    assert_eq!(results[0].unwrap_v128(), V128::default());
}

#[test]
fn a_store_can_be_used_by_one_thread_after_the_other() {
    let (store, instance) = instance(
        r#"(module
            (func (export "div") (param i32 i32) (result i32)
                (i32.div_s (local.get 0) (local.get 1))))"#,
    );
    let mut store = store;
    let div = instance
        .get_typed_func::<(i32, i32), i32>(&store, "div")
        .unwrap();
    for round in 1..5 {
        store = std::thread::spawn(move || {
            assert_eq!(div.call(&mut store, (100, round)).unwrap(), 100 / round);
            assert!(div.call(&mut store, (100, 0)).is_err());
            store
        })
        .join()
        .unwrap();
    }
}
