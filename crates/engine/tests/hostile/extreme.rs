//! Valid modules that are extreme in one way: each compiles or is refused, in bounded time and
//! memory, on threads with ordinary stacks.

use trapline::{Config, Engine, Error, Instance, Module, OptLevel, Store, Val};

/// An engine for each level of optimization.
fn engines() -> [Engine; 2] {
    [OptLevel::None, OptLevel::Speed].map(|level| {
        let mut config = Config::new();
        config.opt_level(level);
        Engine::new(&config).expect("an engine")
    })
}

/// Compiles a module on every engine. One that is refused must be for its size.
fn compile(name: &str, wat: &str) -> Vec<Module> {
    let mut modules = Vec::new();
    for engine in engines() {
        match Module::new(&engine, wat) {
            Ok(module) => modules.push(module),
            Err(Error::Compile(error)) => println!("{name}: {error}"),
            Err(error) => panic!("{name}: {error}"),
        }
    }
    modules
}

/// Calls the export `run`, which returns a number.
fn run(module: &Module) -> i32 {
    let mut store = Store::new(module.engine(), ());
    let instance = Instance::new(&mut store, module, &[]).expect("an instance");
    let run = instance
        .get_typed_func::<(), i32>(&mut store, "run")
        .expect("a function");
    run.call(&mut store, ()).expect("a result")
}

/// Compiles and runs a function, which must work or be refused.
fn works(name: &str, body: &str, expected: i32) {
    let wat = format!(r#"(module (memory 4) (func (export "run") (result i32) {body}))"#);
    for module in compile(name, &wat) {
        assert_eq!(run(&module), expected, "{name}");
    }
}

#[test]
fn deep_nesting() {
    let deep = 8000;
    let blocks = "block ".repeat(deep) + &format!("br {}", deep - 1) + &" end".repeat(deep);
    works("blocks", &format!("{blocks} i32.const 7"), 7);
    let loops = "loop ".repeat(deep) + &" end".repeat(deep);
    works("loops", &format!("{loops} i32.const 7"), 7);
    let ifs = "i32.const 1 if ".repeat(deep) + &" end".repeat(deep);
    works("ifs", &format!("{ifs} i32.const 7"), 7);
    let elses = "i32.const 0 if else ".repeat(deep) + &" end".repeat(deep);
    works("elses", &format!("{elses} i32.const 7"), 7);
    let values = "(block (result i32) ".repeat(400) + "i32.const 7" + &")".repeat(400);
    works("values", &values, 7);
}

#[test]
fn deep_expressions() {
    let deep = 50_000;
    let chain = "i32.const 0 ".to_owned() + &"i32.const 1 i32.add ".repeat(deep);
    works("chain of constants", &chain, deep as i32);
    let loads = "i32.const 0 ".to_owned() + &"i32.load ".repeat(deep);
    works("chain of loads", &loads, 0);
    let xors = "(i32.load (i32.const 0)) ".to_owned()
        + &"(i32.load (i32.const 4)) i32.xor i32.const 3 i32.shl ".repeat(deep);
    works("mixed chain", &xors, 0);
}

#[test]
fn very_many_values_at_once() {
    // Operands that all wait for the last of them, ...
    let count = 50_000;
    let load = |i| format!("(i32.load (i32.const {})) ", i * 4);
    let tower: String = (0..count).map(load).collect();
    works("tower", &(tower + &"i32.add ".repeat(count - 1)), 0);

    // ... and the same in locals, with control flow in between.
    let count = 9000;
    let mut body = "(local i32) ".repeat(count);
    for i in 0..count {
        body += &format!("(local.set {i} (i32.load (i32.const {})))", i * 4);
    }
    for i in 0..200 {
        body += &format!(
            "(if (local.get {i}) (then (local.set {} (i32.const 1))))",
            i * 40
        );
    }
    body += "i32.const 5";
    for i in 0..count {
        body += &format!("(i32.add (local.get {i}))");
    }
    works("locals", &body, 5);
}

#[test]
fn wide_switches() {
    let targets = "0 1 ".repeat(50_000);
    let body = format!("(block (block (br_table {targets} 1 (i32.const 99)))) i32.const 7");
    works("targets", &body, 7);
    let blocks = 3000;
    let targets: String = (0..blocks).map(|i| format!("{i} ")).collect();
    let body = "block ".repeat(blocks)
        + &format!("i32.const 5 br_table {targets}")
        + &"end ".repeat(blocks)
        + "i32.const 7";
    works("distinct targets", &body, 7);
}

#[test]
fn many_branches_that_carry_many_values() {
    for (values, branches) in [(1000, 100), (1000, 5000), (100, 10_000)] {
        let results = "i32 ".repeat(values);
        let constants = "i32.const 1 ".repeat(values);
        let branch = "i32.const 0 br_if 0 ".repeat(branches);
        let drops = "drop ".repeat(values - 1);
        let body = format!("(block (result {results}) {constants} {branch}) {drops}");
        works("carried values", &body, 1);
    }
}

#[test]
fn many_locals_parameters_and_results() {
    let mut body = "(local i32) ".repeat(10_000);
    for i in 0..9_999 {
        body += &format!(
            "(local.set {} (i32.add (local.get {i}) (i32.const 1)))",
            i + 1
        );
    }
    works("locals", &(body + "local.get 9999"), 9_999);

    let types = "i64 ".repeat(1000);
    let gets: String = (0..1000).map(|i| format!("local.get {i} ")).collect();
    let wat = format!(
        r#"(module (func $same (export "same") (param {types}) (result {types})
            {gets} return)
        (func (export "twice") (param {types}) (result {types}) {gets} call $same call $same)
        (func (export "tail") (param {types}) (result {types}) {gets} return_call $same))"#
    );
    for module in compile("parameters and results", &wat) {
        let mut store = Store::new(module.engine(), ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let args: Vec<Val> = (0..1000).map(Val::I64).collect();
        for name in ["same", "twice", "tail"] {
            let func = instance.get_func(&mut store, name).unwrap();
            let mut results = vec![Val::I32(0); 1000];
            func.call(&mut store, &args, &mut results).unwrap();
            for (index, result) in results.iter().enumerate() {
                assert!(
                    matches!(result, Val::I64(x) if *x == index as i64),
                    "{name} {index}"
                );
            }
        }
    }
}

#[test]
fn many_loops_that_assign_many_locals() {
    // Each loop head merges all that is assigned in it.
    let mut body = "(local i32) ".repeat(2000);
    for _ in 0..100 {
        body += "(loop ";
    }
    for i in 0..2000 {
        body += &format!("(local.set {i} (i32.load (i32.const {})))", i * 4);
    }
    body += &"(br_if 0 (local.get 3)) )".repeat(100);
    works("loops over locals", &(body + "i32.const 7"), 7);
}

#[test]
fn many_items() {
    let functions = r#"(func (result i32) (i32.const 7))"#.repeat(20_000);
    let wat = format!(r#"(module {functions} (export "run" (func 19999)))"#);
    for module in compile("functions", &wat) {
        assert_eq!(run(&module), 7);
    }
    let globals = "(global (mut i64) (i64.const 1))".repeat(60_000);
    let exports: String = (0..50_000)
        .map(|i| format!("(export \"e{i}\" (func 0))"))
        .collect();
    let data = r#"(data (i32.const 5) "abc")"#.repeat(50_000);
    let elements = "(elem (i32.const 0) 0 0 0)".repeat(50_000);
    for (name, items) in [
        ("globals", &globals),
        ("exports", &exports),
        ("data", &data),
        ("elements", &elements),
    ] {
        let wat = format!(
            r#"(module (memory 1) (table 3 funcref) {items}
                (func (export "run") (result i32) (i32.const 7)))"#
        );
        for module in compile(name, &wat) {
            assert_eq!(run(&module), 7, "{name}");
        }
    }
}

#[test]
fn many_types_and_names() {
    let types: String = (0..5000)
        .map(|i| {
            let params: String = (0..13).map(|bit| ["i32 ", "f64 "][i >> bit & 1]).collect();
            format!("(type (func (param {params})))")
        })
        .collect();
    let functions: String = (0..1000)
        .map(|i| format!("(func (type {i}))(export \"f{i}\" (func {i}))"))
        .collect();
    let modules = compile("types", &format!("(module {types} {functions})"));
    assert!(!modules.is_empty());
    for module in modules {
        let mut store = Store::new(module.engine(), ());
        Instance::new(&mut store, &module, &[]).unwrap();
        assert_eq!(module.exports().count(), 1000);
    }
    let name = "n".repeat(90_000);
    let wat = format!(r#"(module ${name} (func ${name} (export "{name}") unreachable))"#);
    for module in compile("names", &wat) {
        let mut store = Store::new(module.engine(), ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let func = instance.get_func(&mut store, &name).unwrap();
        let error = func.call(&mut store, &[], &mut []).unwrap_err();
        let frame = &error.backtrace().unwrap().frames()[0];
        assert_eq!(frame.func_name(), Some(name.as_str()));
    }
}

#[test]
fn text_that_nests_without_end_is_an_error() {
    let engine = Engine::default();
    for text in [
        "(".repeat(1_000_000),
        "(module (func ".to_owned() + &"(block ".repeat(1_000_000),
        "(module ".repeat(100_000),
        "(;".repeat(1_000_000),
        "(module (func ".to_owned() + &"(i32.add ".repeat(500_000) + &")".repeat(500_002),
    ] {
        assert!(Module::new(&engine, &text).is_err());
    }
}
