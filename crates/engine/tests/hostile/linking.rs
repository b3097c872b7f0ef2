//! Imports that are missing or of other types, and handles and values in the wrong place.

use crate::support::{instance, module};
use std::panic::{AssertUnwindSafe, catch_unwind};
use trapline::{
    Caller, Engine, Error, ExternType, Func, FuncType, Global, GlobalType, Instance, Linker,
    Memory, MemoryType, Module, Mutability, Ref, RefType, Store, Table, TableType, Val, ValType,
};

#[test]
fn a_missing_import_is_named() {
    let engine = Engine::default();
    let module = module(
        &engine,
        r#"(module (import "some" "thing" (func (param i32))))"#,
    );
    let mut store = Store::new(&engine, ());
    let error = Linker::new(&engine)
        .instantiate(&mut store, &module)
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("unknown import") && text.contains("some") && text.contains("thing"),
        "{text}"
    );
    assert!(matches!(error, Error::Link(_)));
    let error = Instance::new(&mut store, &module, &[]).unwrap_err();
    assert!(matches!(error, Error::Link(_)), "{error}");
}

/// A linker with one item of each kind.
fn linker(store: &mut Store<()>) -> Linker<()> {
    let mut linker = Linker::new(store.engine());
    linker.func_wrap("m", "f", |_: i32| 1_i64).unwrap();
    let global = GlobalType::new(ValType::I32, Mutability::Const);
    let global = Global::new(&mut *store, global, Val::I32(1)).unwrap();
    linker.define(&mut *store, "m", "g", global).unwrap();
    let global = GlobalType::new(ValType::I64, Mutability::Var);
    let global = Global::new(&mut *store, global, Val::I64(1)).unwrap();
    linker.define(&mut *store, "m", "v", global).unwrap();
    let memory = Memory::new(&mut *store, MemoryType::new(2, Some(4))).unwrap();
    linker.define(&mut *store, "m", "m", memory).unwrap();
    let table = TableType::new(RefType::FUNCREF, 2, Some(4));
    let table = Table::new(&mut *store, table, Ref::Func(None)).unwrap();
    linker.define(&mut *store, "m", "t", table).unwrap();
    linker
}

#[test]
fn imports_of_other_types_are_refused() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let linker = linker(&mut store);
    for (good, import) in [
        (true, r#""f" (func (param i32) (result i64))"#),
        (false, r#""f" (func (param i32))"#),
        (false, r#""f" (func (param i64) (result i64))"#),
        (false, r#""f" (func (param i32 i32) (result i64))"#),
        (false, r#""f" (global i32)"#),
        (false, r#""f" (memory 1)"#),
        (false, r#""f" (table 1 funcref)"#),
        (true, r#""g" (global i32)"#),
        (false, r#""g" (global (mut i32))"#),
        (false, r#""g" (global i64)"#),
        (false, r#""g" (func)"#),
        (true, r#""v" (global (mut i64))"#),
        (false, r#""v" (global i64)"#),
        (true, r#""m" (memory 1)"#),
        (true, r#""m" (memory 2 4)"#),
        (false, r#""m" (memory 3)"#),
        (false, r#""m" (memory 1 3)"#),
        (false, r#""m" (memory i64 1)"#),
        (true, r#""t" (table 1 funcref)"#),
        (true, r#""t" (table 2 4 funcref)"#),
        (false, r#""t" (table 3 funcref)"#),
        (false, r#""t" (table 1 3 funcref)"#),
        (false, r#""t" (table 1 externref)"#),
        (false, r#""t" (table i64 1 funcref)"#),
        (false, r#""none" (func)"#),
    ] {
        let module = module(&engine, &format!(r#"(module (import "m" {import}))"#));
        match linker.instantiate(&mut store, &module) {
            Ok(_) => assert!(good, "{import} was linked"),
            Err(error) => {
                assert!(
                    !good && matches!(error, Error::Link(_)),
                    "{import}: {error}"
                );
            }
        }
    }
}

#[test]
fn an_instantiation_that_fails_midway_leaves_the_store_whole() {
    let wat = r#"(module
        (memory (export "m") 1) (table (export "t") 10 funcref)
        (type $f (func (result i32)))
        (func (export "peek") (result i32) (i32.load (i32.const 0)))
        (func (export "call") (param i32) (result i32) (call_indirect (type $f) (local.get 0))))"#;
    let engine = Engine::default();
    let (mut store, first) = instance(&Linker::new(&engine), wat, ());
    let mut linker = Linker::new(&engine);
    linker.instance(&mut store, "first", first).unwrap();
    let wat = r#"(module
        (import "first" "m" (memory 1)) (import "first" "t" (table 10 funcref))
        (memory $own 1)
        (func $f (result i32) (i32.load $own (i32.const 8)))
        (elem (i32.const 3) $f)
        (data (i32.const 0) "\2a")
        (data (memory $own) (i32.const 8) "\07")
        (data (i32.const 65535) "no room"))"#;
    let second = module(&engine, wat);
    let peek = first.get_typed_func::<(), i32>(&mut store, "peek").unwrap();
    let call = first
        .get_typed_func::<i32, i32>(&mut store, "call")
        .unwrap();
    for _ in 0..100 {
        let error = linker.instantiate(&mut store, &second).unwrap_err();
        assert!(error.trap().is_some(), "{error}");
        // What came before the failure stays, and the function in the table lives on.
        assert_eq!(peek.call(&mut store, ()).unwrap(), 0x2a);
        assert_eq!(call.call(&mut store, 3).unwrap(), 7);
    }
}

#[test]
fn data_after_a_segment_that_traps_is_not_seen() {
    let wat = r#"(module
        (memory (export "m") 1) (table (export "t") 10 funcref)
        (type $f (func (result i32)))
        (func (export "call") (param i32) (result i32) (call_indirect (type $f) (local.get 0))))"#;
    let engine = Engine::default();
    let (mut store, first) = instance(&Linker::new(&engine), wat, ());
    let mut linker = Linker::new(&engine);
    linker.instance(&mut store, "first", first).unwrap();
    // Enough data that an engine may prefer to map it.
    let data = "x".repeat(100_000);
    let wat = format!(
        r#"(module
            (import "first" "m" (memory 1)) (import "first" "t" (table 10 funcref))
            (memory $own 2)
            (func $f (result i32) (i32.load $own (i32.const 8)))
            (elem (i32.const 3) $f)
            (data (i32.const 65535) "no room")
            (data (memory $own) (i32.const 0) "{data}"))"#
    );
    assert!(
        linker
            .instantiate(&mut store, &module(&engine, &wat))
            .is_err()
    );
    let call = first
        .get_typed_func::<i32, i32>(&mut store, "call")
        .unwrap();
    assert_eq!(call.call(&mut store, 3).unwrap(), 0);
}

#[test]
fn calls_with_other_types_are_errors() {
    let wat = r#"(module (func (export "f") (param i32) (result i64) (i64.const 1)))"#;
    let (mut store, instance) = instance(&Linker::new(&Engine::default()), wat, ());
    assert!(
        instance
            .get_typed_func::<i32, i32>(&mut store, "f")
            .is_err()
    );
    assert!(instance.get_typed_func::<(), i64>(&mut store, "f").is_err());
    assert!(
        instance
            .get_typed_func::<i32, i64>(&mut store, "g")
            .is_err()
    );
    let f = instance.get_func(&mut store, "f").unwrap();
    let mut results = [Val::I32(0)];
    assert!(f.call(&mut store, &[], &mut results).is_err());
    assert!(f.call(&mut store, &[Val::I64(0)], &mut results).is_err());
    assert!(
        f.call(&mut store, &[Val::I32(0), Val::I32(0)], &mut results)
            .is_err()
    );
    assert!(f.call(&mut store, &[Val::I32(0)], &mut []).is_err());
    f.call(&mut store, &[Val::I32(0)], &mut results).unwrap();
    assert!(matches!(results, [Val::I64(1)]));
}

#[test]
fn a_host_function_that_returns_another_type_is_an_error() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let ty = FuncType::new([], [ValType::I32]);
    let lie = Func::new(&mut store, ty, |_, _, results| {
        results[0] = Val::I64(1);
        Ok::<(), Error>(())
    });
    let wat = r#"(module (import "m" "f" (func $f (result i32))) (func (export "run") (drop (call $f))))"#;
    let module = module(&engine, wat);
    let instance = Instance::new(&mut store, &module, &[lie.into()]).unwrap();
    let run = instance
        .get_typed_func::<(), ()>(&mut store, "run")
        .unwrap();
    for _ in 0..100 {
        assert!(run.call(&mut store, ()).is_err());
    }
}

#[test]
fn a_caller_finds_only_what_is_exported() {
    let mut linker = Linker::new(&Engine::default());
    linker
        .func_wrap("m", "f", |mut caller: Caller<'_, ()>| {
            i32::from(caller.get_export("nothing").is_none() && caller.get_export("run").is_some())
        })
        .unwrap();
    let wat = r#"(module (import "m" "f" (func $f (result i32)))
        (func (export "run") (result i32) (call $f)))"#;
    let (mut store, instance) = instance(&linker, wat, ());
    let run = instance
        .get_typed_func::<(), i32>(&mut store, "run")
        .unwrap();
    assert_eq!(run.call(&mut store, ()).unwrap(), 1);
}

#[test]
fn handles_of_another_store_panic_and_harm_nothing() {
    let wat = r#"(module (memory (export "m") 1) (table (export "t") 1 funcref)
        (global (export "g") (mut i32) (i32.const 1)) (func (export "f")))"#;
    let linker = Linker::new(&Engine::default());
    let (mut first, instance) = instance(&linker, wat, ());
    let mut second = Store::new(linker.engine(), ());
    let memory = instance.get_memory(&mut first, "m").unwrap();
    let global = instance.get_global(&mut first, "g").unwrap();
    let func = instance.get_func(&mut first, "f").unwrap();
    let outcomes = [
        catch_unwind(AssertUnwindSafe(|| memory.size(&second))).is_err(),
        catch_unwind(AssertUnwindSafe(|| memory.data(&second).len())).is_err(),
        catch_unwind(AssertUnwindSafe(|| drop(global.get(&mut second)))).is_err(),
        catch_unwind(AssertUnwindSafe(|| {
            drop(func.call(&mut second, &[], &mut []))
        }))
        .is_err(),
        catch_unwind(AssertUnwindSafe(|| {
            instance.get_func(&mut second, "f").is_some()
        }))
        .is_err(),
    ];
    assert_eq!(outcomes, [true; 5]);
    func.call(&mut first, &[], &mut []).unwrap();
}

#[test]
fn unreadable_and_foreign_files_are_errors() {
    let engine = Engine::default();
    assert!(Module::from_file(&engine, "/does/not/exist.wasm").is_err());
    assert!(Module::from_file(&engine, "/").is_err());
    assert!(Module::from_file(&engine, "/dev/null").is_err());
    for bytes in [
        &b"\0"[..],
        b"\0asm",
        b"\0asm\x01\0\0",
        b"\x7fELF",
        b"(module",
        b"\xff\xfe",
    ] {
        assert!(Module::new(&engine, bytes).is_err(), "{bytes:?}");
    }
    assert!(Module::from_binary(&engine, b"(module)").is_err());
}

#[test]
fn import_and_export_types_are_told() {
    let engine = Engine::default();
    let wat = r#"(module (import "a" "b" (func (param i32))) (memory (export "m") 1 2))"#;
    let module = module(&engine, wat);
    let imports: Vec<_> = module.imports().collect();
    assert_eq!((imports[0].module(), imports[0].name()), ("a", "b"));
    assert!(matches!(imports[0].ty(), ExternType::Func(_)));
    assert!(matches!(
        module.exports().next().unwrap().ty(),
        ExternType::Memory(_)
    ));
}
