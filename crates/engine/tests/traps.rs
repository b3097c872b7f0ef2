//! What a trap tells the embedder.

mod common;

use common::{instance, instantiate};
use trapline::{Caller, Engine, Extern, Instance, Linker, Memory, MemoryType, Module, Store, Trap};

#[test]
fn every_trap_is_told_with_the_text_of_the_standard() {
    let (mut store, instance) = instance(
        r#"(module
            (memory 1)
            (table 3 funcref)
            (elem (i32.const 0) $void)
            (type $int (func (result i32)))
            (func $void)
            (func (export "unreachable") unreachable)
            (func (export "load") (drop (i32.load (i32.const 65533))))
            (func (export "fill") (memory.fill (i32.const 1) (i32.const 0) (i32.const 65536)))
            (func (export "table") (drop (table.get (i32.const 3))))
            (func (export "element") (drop (call_indirect (type $int) (i32.const 3))))
            (func (export "null") (drop (call_indirect (type $int) (i32.const 1))))
            (func (export "type") (drop (call_indirect (type $int) (i32.const 0))))
            (func (export "overflow")
                (drop (i32.div_s (i32.const 0x80000000) (i32.const -1))))
            (func (export "zero") (drop (i64.rem_u (i64.const 1) (i64.const 0))))
            (func (export "nan") (drop (i32.trunc_f32_s (f32.const nan))))
            (func $stack (export "stack") (call $stack)))"#,
    );
    let cases = [
        ("unreachable", Trap::UnreachableCodeReached, "unreachable"),
        (
            "load",
            Trap::MemoryOutOfBounds,
            "out of bounds memory access",
        ),
        (
            "fill",
            Trap::MemoryOutOfBounds,
            "out of bounds memory access",
        ),
        (
            "table",
            Trap::TableOutOfBounds,
            "out of bounds table access",
        ),
        ("element", Trap::UndefinedElement, "undefined element"),
        ("null", Trap::IndirectCallToNull, "uninitialized element"),
        ("type", Trap::BadSignature, "indirect call type mismatch"),
        ("overflow", Trap::IntegerOverflow, "integer overflow"),
        (
            "zero",
            Trap::IntegerDivisionByZero,
            "integer divide by zero",
        ),
        (
            "nan",
            Trap::BadConversionToInteger,
            "invalid conversion to integer",
        ),
        ("stack", Trap::StackOverflow, "call stack exhausted"),
    ];
    for (name, trap, text) in cases {
        let func = instance.get_typed_func::<(), ()>(&store, name).unwrap();
        // The store goes on working after each.
        for _ in 0..2 {
            let error = func.call(&mut store, ()).unwrap_err();
            assert_eq!(error.trap(), Some(trap), "{name}");
            assert!(error.to_string().starts_with(text), "{name}: {error}");
            assert_eq!(error.downcast_ref::<Trap>(), Some(&trap));
            let innermost = &error.backtrace().unwrap().frames()[0];
            assert_eq!(
                error.trap_info().unwrap().wasm_pc,
                innermost.wasm_pc(),
                "{name}"
            );
        }
    }
}

#[test]
fn a_fault_names_the_memory_as_the_module_counts_it() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let imported = Memory::new(&mut store, MemoryType::new(2, None)).unwrap();
    let module = Module::new(
        &engine,
        r#"(module
            (import "" "m" (memory $imported 1))
            (memory $own 3)
            (func (export "imported") (param i32) (drop (i32.load8_u $imported (local.get 0))))
            (func (export "own") (param i32)
                (i64.store $own offset=8 (local.get 0) (i64.const 0))))"#,
    )
    .unwrap();
    let instance = Instance::new(&mut store, &module, &[imported.into()]).unwrap();
    let mut fault = |name: &str, address: u32| {
        let func = instance.get_typed_func::<u32, ()>(&store, name).unwrap();
        let error = func.call(&mut store, address).unwrap_err();
        let fault = error.trap_info().unwrap().fault.unwrap();
        (fault.memory, fault.address, fault.memory_size)
    };
    assert_eq!(fault("imported", 2 << 16), (0, 2 << 16, 2 << 16));
    assert_eq!(fault("imported", u32::MAX), (0, u32::MAX.into(), 2 << 16));
    assert_eq!(fault("own", 3 << 16), (1, (3 << 16) + 8, 3 << 16));
    // The access begins inside and ends outside.
    assert_eq!(fault("own", (3 << 16) - 12), (1, 3 << 16, 3 << 16));
}

#[test]
fn a_backtrace_shows_all_frames_with_the_places_they_are_at() {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap("host", "again", |mut caller: Caller<'_, ()>| {
            let inner = caller
                .get_export("inner")
                .and_then(Extern::into_func)
                .unwrap();
            inner.typed::<(), ()>(&caller)?.call(&mut caller, ())
        })
        .unwrap();
    let wat = r#"(module $program
        (import "host" "again" (func $again))
        (func $inner (export "inner") nop unreachable)
        (func $middle (call $again))
        (func $outer (export "outer") (call $middle)))"#;
    let (mut store, instance) = instantiate(&linker, (), wat);
    let outer = instance.get_typed_func::<(), ()>(&store, "outer").unwrap();
    let error = outer.call(&mut store, ()).unwrap_err();
    assert_eq!(error.trap(), Some(Trap::UnreachableCodeReached));
    let frames = error.backtrace().unwrap().frames();
    let names: Vec<_> = frames
        .iter()
        .map(|frame| frame.func_name().unwrap())
        .collect();
    assert_eq!(names, ["inner", "middle", "outer"]);
    let indices: Vec<_> = frames.iter().map(|frame| frame.func_index()).collect();
    assert_eq!(indices, [1, 2, 3]);
    let module = frames[0].module();
    assert_eq!(module.name(), Some("program"));
    let opcode = |frame: usize| module.wasm()[frames[frame].wasm_pc().unwrap() as usize];
    assert_eq!([opcode(0), opcode(1), opcode(2)], [0x00, 0x10, 0x10]);
    let text = error.backtrace().unwrap().to_string();
    assert!(text.contains("program!middle"), "{text}");
}

#[test]
fn a_very_deep_backtrace_is_cut_and_says_so() {
    let (mut store, instance) = instance(r#"(module (func $f (export "f") (call $f)))"#);
    let f = instance.get_typed_func::<(), ()>(&store, "f").unwrap();
    let error = f.call(&mut store, ()).unwrap_err();
    let backtrace = error.backtrace().unwrap();
    assert!(backtrace.is_truncated());
    assert!(backtrace.frames().len() > 10);
    assert!(backtrace.to_string().ends_with("and more\n"));
}

#[test]
fn a_function_of_the_host_can_trap_as_the_guest_does() {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap("host", "trap", || Err::<(), _>(Trap::IntegerOverflow))
        .unwrap();
    let wat = r#"(module
        (import "host" "trap" (func $trap))
        (func (export "run") (call $trap)))"#;
    let (mut store, instance) = instantiate(&linker, (), wat);
    let run = instance.get_typed_func::<(), ()>(&store, "run").unwrap();
    let error = run.call(&mut store, ()).unwrap_err();
    assert_eq!(error.trap(), Some(Trap::IntegerOverflow));
    let frames = error.backtrace().unwrap().frames();
    assert_eq!(frames.len(), 1);
    assert_eq!(error.trap_info().unwrap().wasm_pc, frames[0].wasm_pc());
    assert!(frames[0].wasm_pc().is_some());
}

#[test]
fn guests_of_many_threads_trap_at_once() {
    let engine = Engine::default();
    let module = Module::new(
        &engine,
        r#"(module (memory 1) (func (export "f") (param i32) (drop (i32.load (local.get 0)))))"#,
    )
    .unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut store = Store::new(&engine, ());
                let instance = Instance::new(&mut store, &module, &[]).unwrap();
                let f = instance.get_typed_func::<i32, ()>(&store, "f").unwrap();
                for _ in 0..200 {
                    assert!(f.call(&mut store, 0).is_ok());
                    assert!(f.call(&mut store, -1).unwrap_err().trap().is_some());
                }
            });
        }
    });
}
