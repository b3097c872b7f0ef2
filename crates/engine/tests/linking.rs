//! Finding imports, and saying what is wrong with them.

mod common;

use trapline::{
    Caller, Engine, Error, Extern, ExternRef, ExternType, Func, Global, GlobalType, Instance,
    LinkError, Linker, Memory, MemoryType, Module, Mutability, Ref, RefType, Store, Table,
    TableType, Trap, Val, ValType,
};

fn module(engine: &Engine, wat: &str) -> Module {
    Module::new(engine, wat).unwrap()
}

#[test]
fn an_unknown_import_is_named_with_its_type() {
    let engine = Engine::default();
    let linker = Linker::<()>::new(&engine);
    let module = module(
        &engine,
        r#"(module (import "env" "log" (func (param i32))))"#,
    );
    let error = linker.instantiate_pre(&module).err().unwrap();
    assert_eq!(
        error.to_string(),
        "unknown import: `env::log` has not been defined"
    );
    let Error::Link(error) = error else {
        panic!("{error:?}")
    };
    assert!(matches!(
        *error,
        LinkError::UnknownImport {
            ty: ExternType::Func(_),
            ..
        }
    ));
}

#[test]
fn an_incompatible_import_is_told_with_both_types() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    linker.func_wrap("", "func", |_: i32| ()).unwrap();
    let memory = Memory::new(&mut store, MemoryType::new(2, Some(5))).unwrap();
    linker.define(&store, "", "memory", memory).unwrap();
    let table = TableType::new(RefType::FUNCREF, 2, Some(5));
    let table = Table::new(&mut store, table, Ref::Func(None)).unwrap();
    linker.define(&store, "", "table", table).unwrap();
    let constant = GlobalType::new(ValType::I32, Mutability::Const);
    let constant = Global::new(&mut store, constant, Val::I32(0)).unwrap();
    linker.define(&store, "", "const", constant).unwrap();
    let variable = GlobalType::new(ValType::I32, Mutability::Var);
    let variable = Global::new(&mut store, variable, Val::I32(0)).unwrap();
    linker.define(&store, "", "var", variable).unwrap();

    let good = [
        r#""func" (func (param i32))"#,
        r#""memory" (memory 1)"#,
        r#""memory" (memory 2 5)"#,
        r#""memory" (memory 0 6)"#,
        r#""table" (table 2 5 funcref)"#,
        r#""table" (table 0 funcref)"#,
        r#""const" (global i32)"#,
        r#""var" (global (mut i32))"#,
    ];
    for import in good {
        let module = module(&engine, &format!(r#"(module (import "" {import}))"#));
        linker
            .instantiate(&mut store, &module)
            .unwrap_or_else(|error| panic!("{import}: {error}"));
    }
    let bad = [
        (
            r#""func" (func (param i64))"#,
            "expected func (i64) -> (), found func (i32) -> ()",
        ),
        (
            r#""func" (func (param i32) (result i32))"#,
            "expected func (i32) -> i32, found",
        ),
        (
            r#""func" (memory 1)"#,
            "expected memory 1, found func (i32) -> ()",
        ),
        (
            r#""memory" (memory 3)"#,
            "expected memory 3, found memory 2 5",
        ),
        (
            r#""memory" (memory 2 4)"#,
            "expected memory 2 4, found memory 2 5",
        ),
        (
            r#""memory" (memory i64 2)"#,
            "expected memory i64 2, found memory 2 5",
        ),
        (
            r#""table" (table 3 funcref)"#,
            "expected table 3 funcref, found table 2 5 funcref",
        ),
        (
            r#""table" (table 2 externref)"#,
            "expected table 2 externref, found",
        ),
        (
            r#""table" (table 2 4 funcref)"#,
            "expected table 2 4 funcref, found",
        ),
        (
            r#""const" (global (mut i32))"#,
            "expected global (mut i32), found global i32",
        ),
        (
            r#""const" (global i64)"#,
            "expected global i64, found global i32",
        ),
        (
            r#""var" (global i32)"#,
            "expected global i32, found global (mut i32)",
        ),
    ];
    for (import, expected) in bad {
        let module = module(&engine, &format!(r#"(module (import "" {import}))"#));
        let error = linker.instantiate_pre(&module).err().unwrap().to_string();
        assert!(
            error.starts_with("incompatible import type for `::"),
            "{error}"
        );
        assert!(error.contains(expected), "{import}: {error}");
    }
    // Growth makes more imports fit.
    memory.grow(&mut store, 1).unwrap();
    let module = module(&engine, r#"(module (import "" "memory" (memory 3)))"#);
    Instance::new(&mut store, &module, &[memory.into()]).unwrap();
}

#[test]
fn the_number_of_imports_has_to_be_right() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let module = module(&engine, r#"(module (import "" "f" (func)))"#);
    let error = Instance::new(&mut store, &module, &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the module has 1 imports, but 0 were given"
    );
    let f = Func::wrap(&mut store, || ());
    assert!(Instance::new(&mut store, &module, &[f.into(), f.into()]).is_err());
}

#[test]
fn a_name_is_defined_once_unless_shadowing_is_allowed() {
    let engine = Engine::default();
    let mut linker = Linker::<()>::new(&engine);
    linker
        .func_wrap("a", "f", || 1)
        .unwrap()
        .func_wrap("b", "f", || 1)
        .unwrap();
    let error = linker.func_wrap("a", "f", || 2).err().unwrap();
    assert_eq!(error.to_string(), "`a::f` is defined twice");
    linker.allow_shadowing(true);
    linker.func_wrap("a", "f", || 2).unwrap();
    let mut store = Store::new(&engine, ());
    let f = linker
        .get(&mut store, "a", "f")
        .and_then(Extern::into_func)
        .unwrap();
    assert_eq!(
        f.typed::<(), i32>(&store)
            .unwrap()
            .call(&mut store, ())
            .unwrap(),
        2
    );
    assert!(linker.get(&mut store, "a", "g").is_none());
    assert!(linker.get(&mut store, "c", "f").is_none());
}

#[test]
fn what_an_instance_exports_can_be_imported_by_its_name() {
    let engine = Engine::default();
    let mut linker = Linker::<()>::new(&engine);
    let mut store = Store::new(&engine, ());
    let provider = module(
        &engine,
        r#"(module
            (memory (export "memory") 1)
            (global (export "global") (mut i64) (i64.const 5))
            (table (export "table") 1 externref)
            (func (export "get") (result i64) (global.get 0)))"#,
    );
    let provider = linker.instantiate(&mut store, &provider).unwrap();
    linker.instance(&store, "provider", provider).unwrap();
    let user = module(
        &engine,
        r#"(module
            (import "provider" "get" (func $get (result i64)))
            (import "provider" "global" (global $global (mut i64)))
            (import "provider" "memory" (memory 1))
            (import "provider" "table" (table 1 externref))
            (export "memory-again" (memory 0))
            (export "table-again" (table 0))
            (export "global-again" (global 0))
            (func (export "run") (param externref) (result i64)
                (table.set (i32.const 0) (local.get 0))
                (i32.store (i32.const 0) (i32.const 7))
                (global.set $global (i64.const 6))
                (call $get)))"#,
    );
    let user = linker.instantiate(&mut store, &user).unwrap();
    let run = user
        .get_typed_func::<Option<ExternRef>, i64>(&store, "run")
        .unwrap();
    assert_eq!(run.call(&mut store, Some(ExternRef::new(1))).unwrap(), 6);
    for (instance, suffix) in [(provider, ""), (user, "-again")] {
        let memory = instance
            .get_memory(&store, &format!("memory{suffix}"))
            .unwrap();
        assert_eq!(memory.data(&store)[0], 7);
        let global = instance
            .get_global(&store, &format!("global{suffix}"))
            .unwrap();
        assert_eq!(global.get(&store).unwrap_i64(), 6);
        let table = instance
            .get_table(&store, &format!("table{suffix}"))
            .unwrap();
        assert!(!table.get(&store, 0).unwrap().is_null());
    }
}

#[test]
fn unknown_functions_can_be_defined_to_fail() {
    let engine = Engine::default();
    let mut linker = Linker::<()>::new(&engine);
    let imports = module(
        &engine,
        r#"(module
            (import "env" "missing" (func $missing (param i32) (result f64)))
            (func (export "run") (drop (call $missing (i32.const 1)))))"#,
    );
    linker.define_unknown_imports_as_traps(&imports).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &imports).unwrap();
    let run = instance.get_typed_func::<(), ()>(&store, "run").unwrap();
    let error = run.call(&mut store, ()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`env::missing` was called, but is not defined"
    );
    let memory = module(&engine, r#"(module (import "env" "memory" (memory 1)))"#);
    assert!(linker.define_unknown_imports_as_traps(&memory).is_err());
}

#[test]
fn a_reactor_is_instantiated_once_and_a_command_for_each_call() {
    let counter = r#"
        (global $count (mut i32) (i32.const 0))
        (func (export "count") (result i32)
            (global.set $count (i32.add (global.get $count) (i32.const 1)))
            (global.get $count))"#;
    let engine = Engine::default();
    let mut linker = Linker::<()>::new(&engine);
    let mut store = Store::new(&engine, ());
    let reactor = module(
        &engine,
        &format!(
            r#"(module {counter} (func (export "_initialize") (global.set 0 (i32.const 10))))"#
        ),
    );
    linker.module(&mut store, "reactor", &reactor).unwrap();
    let command = module(
        &engine,
        &format!(r#"(module {counter} (func (export "_start")) (memory (export "memory") 1))"#),
    );
    linker.module(&mut store, "command", &command).unwrap();
    let mut call = |module: &str| {
        let count = linker
            .get(&mut store, module, "count")
            .and_then(Extern::into_func)
            .unwrap();
        count
            .typed::<(), i32>(&store)
            .unwrap()
            .call(&mut store, ())
            .unwrap()
    };
    assert_eq!([call("reactor"), call("reactor")], [11, 12]);
    assert_eq!([call("command"), call("command")], [1, 1]);
    assert!(linker.get(&mut store, "command", "memory").is_none());
}

#[test]
fn modules_and_stores_of_different_engines_do_not_mix() {
    let module = module(&Engine::default(), "(module)");
    let mut store = Store::new(&Engine::default(), ());
    let error = Instance::new(&mut store, &module, &[]).unwrap_err();
    assert!(error.to_string().contains("another engine"), "{error}");
}

#[test]
#[should_panic(expected = "a store that it does not belong to")]
fn an_import_of_another_store_panics() {
    let engine = Engine::default();
    let mut other = Store::new(&engine, ());
    let memory = Memory::new(&mut other, MemoryType::new(1, None)).unwrap();
    let module = module(&engine, r#"(module (import "" "m" (memory 1)))"#);
    let mut store = Store::new(&engine, ());
    let _ = Instance::new(&mut store, &module, &[memory.into()]);
}

#[test]
fn functions_of_a_linker_serve_many_stores() {
    let engine = Engine::default();
    let mut linker = Linker::<i32>::new(&engine);
    linker
        .func_wrap("", "get", |caller: Caller<'_, i32>| *caller.data())
        .unwrap();
    let module = module(
        &engine,
        r#"(module
            (import "" "get" (func $get (result i32)))
            (func (export "run") (result i32) (call $get)))"#,
    );
    let prepared = linker.instantiate_pre(&module).unwrap();
    drop(linker);
    let threads: Vec<_> = (0..4)
        .map(|number| {
            let (engine, prepared) = (engine.clone(), prepared.clone());
            std::thread::spawn(move || {
                for round in 0..20 {
                    let mut store = Store::new(&engine, 100 * number + round);
                    let instance = prepared.instantiate(&mut store).unwrap();
                    let run = instance.get_typed_func::<(), i32>(&store, "run").unwrap();
                    assert_eq!(run.call(&mut store, ()).unwrap(), 100 * number + round);
                }
            })
        })
        .collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
}

#[test]
fn a_failed_instantiation_leaves_the_store_usable() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let bad = module(
        &engine,
        r#"(module (memory 1) (data (i32.const 65536) "x"))"#,
    );
    for _ in 0..10 {
        let error = Instance::new(&mut store, &bad, &[]).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::MemoryOutOfBounds));
    }
    let good = module(
        &engine,
        r#"(module (func (export "f") (result i32) (i32.const 1)))"#,
    );
    let good = Instance::new(&mut store, &good, &[]).unwrap();
    let f = good.get_typed_func::<(), i32>(&store, "f").unwrap();
    assert_eq!(f.call(&mut store, ()).unwrap(), 1);
}
