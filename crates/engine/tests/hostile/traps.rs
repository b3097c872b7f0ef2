//! Every kind of trap: its kind, its place, from many threads at once, and in nested calls.

use crate::support::{Random, instance, module};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use trapline::{Caller, Engine, Error, Instance, Linker, Module, Store, Trap, TypedFunc};

/// Exports of [`WAT`]: what they trap with, and the bytes of the instruction that does. A stack
/// overflows at a call or at the beginning of a function, which has no locals here.
const TRAPS: &[(&str, Trap, &[u8])] = &[
    ("unreachable", Trap::UnreachableCodeReached, &[0x00]),
    ("div_s", Trap::IntegerDivisionByZero, &[0x6d]),
    ("rem_u", Trap::IntegerDivisionByZero, &[0x70]),
    ("div64", Trap::IntegerDivisionByZero, &[0x80]),
    ("overflow", Trap::IntegerOverflow, &[0x6d]),
    ("overflow64", Trap::IntegerOverflow, &[0x7f]),
    ("trunc", Trap::IntegerOverflow, &[0xaa]),
    ("trunc_nan", Trap::BadConversionToInteger, &[0xa8]),
    ("load", Trap::MemoryOutOfBounds, &[0x28, 2, 0]),
    ("load_offset", Trap::MemoryOutOfBounds, &[0x29, 3]),
    ("store", Trap::MemoryOutOfBounds, &[0x3a]),
    ("load64", Trap::MemoryOutOfBounds, &[0x28, 0x42, 1]),
    ("v128", Trap::MemoryOutOfBounds, &[0xfd, 0x00]),
    ("fill", Trap::MemoryOutOfBounds, &[0xfc, 0x0b]),
    ("copy", Trap::MemoryOutOfBounds, &[0xfc, 0x0a]),
    ("init", Trap::MemoryOutOfBounds, &[0xfc, 0x08]),
    ("table_get", Trap::TableOutOfBounds, &[0x25]),
    ("table_set", Trap::TableOutOfBounds, &[0x26]),
    ("table_fill", Trap::TableOutOfBounds, &[0xfc, 0x11]),
    ("undefined", Trap::UndefinedElement, &[0x11]),
    ("null", Trap::IndirectCallToNull, &[0x11]),
    ("signature", Trap::BadSignature, &[0x11]),
    ("tail_null", Trap::IndirectCallToNull, &[0x13]),
    ("recursion", Trap::StackOverflow, &[0x00, 0x10]),
];

const WAT: &str = r#"(module
    (type $void (func))
    (memory $m 1)
    (memory $n i64 1)
    (data $d "abc")
    (table $t 3 funcref)
    (elem (i32.const 1) $one)
    (func $one (result i32) (i32.const 1))
    (func (export "unreachable") unreachable)
    (func (export "div_s") (drop (i32.div_s (i32.const 1) (call $zero))))
    (func (export "rem_u") (drop (i32.rem_u (i32.const 1) (call $zero))))
    (func (export "div64") (drop (i64.div_u (i64.const 1) (i64.extend_i32_u (call $zero)))))
    (func (export "overflow")
        (drop (i32.div_s (i32.const 0x80000000) (i32.sub (call $zero) (i32.const 1)))))
    (func (export "overflow64")
        (drop (i64.div_s (i64.const 0x8000000000000000)
            (i64.extend_i32_s (i32.sub (call $zero) (i32.const 1))))))
    (func (export "trunc") (drop (i32.trunc_f64_s (f64.const 1e10))))
    (func (export "trunc_nan") (drop (i32.trunc_f32_s (f32.const nan))))
    (func (export "load") (drop (i32.load (i32.const 65533))))
    (func (export "load_offset") (drop (i64.load offset=0xfffffff0 (i32.const -1))))
    (func (export "store") (i32.store8 (i32.const -1) (i32.const 1)))
    (func (export "load64") (drop (i32.load $n (i64.const -1))))
    (func (export "v128") (drop (v128.load (i32.const 65521))))
    (func (export "fill") (memory.fill (i32.const 65535) (i32.const 0) (i32.const 2)))
    (func (export "copy") (memory.copy (i32.const 0) (i32.const 65535) (i32.const 2)))
    (func (export "init") (memory.init $d (i32.const 0) (i32.const 0) (i32.const 4)))
    (func (export "table_get") (drop (table.get (i32.const 3))))
    (func (export "table_set") (table.set (i32.const 3) (ref.null func)))
    (func (export "table_fill") (table.fill (i32.const 2) (ref.null func) (i32.const 2)))
    (func (export "undefined") (call_indirect (type $void) (i32.const 3)))
    (func (export "null") (call_indirect (type $void) (i32.const 0)))
    (func (export "signature") (call_indirect (type $void) (i32.const 1)))
    (func (export "tail_null") (return_call_indirect (type $void) (i32.const 2)))
    (func $recursion (export "recursion") (call $recursion) (call $recursion))
    (func $zero (result i32) (i32.const 0))
    (func (export "fine") (result i32) (i32.const 77)))"#;

/// One instance with its functions, in the order of [`TRAPS`].
struct Fixture {
    store: Store<()>,
    module: Module,
    functions: Vec<TypedFunc<(), ()>>,
    fine: TypedFunc<(), i32>,
}

impl Fixture {
    fn new(module: &Module) -> Fixture {
        let mut store = Store::new(module.engine(), ());
        let instance = Instance::new(&mut store, module, &[]).expect("an instance");
        let functions = TRAPS
            .iter()
            .map(|(name, ..)| {
                instance
                    .get_typed_func(&mut store, name)
                    .expect("a function")
            })
            .collect();
        let fine = instance
            .get_typed_func(&mut store, "fine")
            .expect("a function");
        Fixture {
            store,
            module: module.clone(),
            functions,
            fine,
        }
    }

    /// Calls one function and checks everything about its trap.
    fn check(&mut self, index: usize) {
        let (name, trap, opcode) = TRAPS[index];
        let error = self.functions[index].call(&mut self.store, ()).unwrap_err();
        assert_eq!(error.trap(), Some(trap), "{name}: {error}");
        let info = error.trap_info().expect("a trap");
        let pc = info.wasm_pc.unwrap_or_else(|| panic!("{name}: no pc")) as usize;
        let code = &self.module.wasm()[pc..];
        let overflows_in_a_call = trap == Trap::StackOverflow && code.starts_with(&[0x10]);
        assert!(
            code.starts_with(opcode) || overflows_in_a_call,
            "{name}: {pc:#x} is {:x?}",
            &code[..4]
        );
        let frames = error.backtrace().expect("a backtrace").frames();
        assert_eq!(frames[0].wasm_pc(), info.wasm_pc, "{name}");
        assert_eq!(frames.len() > 1, name == "recursion", "{name}");
    }
}

#[test]
fn each_kind_is_told_with_its_place() {
    let mut fixture = Fixture::new(&module(&Engine::default(), WAT));
    for index in 0..TRAPS.len() {
        fixture.check(index);
    }
}

#[test]
fn each_kind_from_many_threads_at_once() {
    let module = module(&Engine::default(), WAT);
    let threads = 8;
    let barrier = Barrier::new(threads);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (module, barrier) = (&module, &barrier);
            scope.spawn(move || {
                let mut fixture = Fixture::new(module);
                let mut random = Random(thread as u64 + 1);
                barrier.wait();
                for _ in 0..1500 {
                    fixture.check(random.below(TRAPS.len()));
                    assert_eq!(fixture.fine.call(&mut fixture.store, ()).unwrap(), 77);
                }
            });
        }
    });
}

#[test]
fn traps_while_modules_come_and_go() {
    let engine = Engine::default();
    let steady = module(&engine, WAT);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (steady, done) = (&steady, &done);
            scope.spawn(move || {
                let mut fixture = Fixture::new(steady);
                let mut random = Random(thread + 1);
                while !done.load(Ordering::Relaxed) {
                    fixture.check(random.below(TRAPS.len()));
                }
            });
        }
        let come_and_go = || {
            for round in 0..30 {
                // Now and then with an engine of its own.
                let own = round % 5 == 0;
                let engine = if own {
                    Engine::default()
                } else {
                    engine.clone()
                };
                let mut fixture = Fixture::new(&module(&engine, WAT));
                fixture.check(round % TRAPS.len());
            }
        };
        let comers: Vec<_> = (0..4).map(|_| scope.spawn(come_and_go)).collect();
        let results: Vec<_> = comers.into_iter().map(|comer| comer.join()).collect();
        done.store(true, Ordering::Relaxed);
        results
            .into_iter()
            .for_each(|result| result.expect("no panic"));
    });
}

#[test]
fn a_store_moves_between_threads() {
    let mut fixture = Fixture::new(&module(&Engine::default(), WAT));
    for _ in 0..20 {
        fixture = std::thread::spawn(move || {
            for index in 0..TRAPS.len() {
                fixture.check(index);
            }
            fixture
        })
        .join()
        .expect("no panic");
    }
}

#[test]
fn the_fault_of_a_memory_access_is_told() {
    let mut fixture = Fixture::new(&module(&Engine::default(), WAT));
    for (name, memory, address) in [
        ("load", 0, 65_536),
        ("store", 0, 0xffff_ffff),
        ("v128", 0, 65_536),
    ] {
        let index = TRAPS.iter().position(|trap| trap.0 == name).unwrap();
        let error = fixture.functions[index]
            .call(&mut fixture.store, ())
            .unwrap_err();
        let fault = error
            .trap_info()
            .unwrap()
            .fault
            .unwrap_or_else(|| panic!("{name}"));
        assert_eq!(
            (fault.memory, fault.memory_size),
            (memory, 65_536),
            "{name}"
        );
        // Where an access straddles the end, either its start or the first byte beyond is right.
        assert!(
            fault.address.abs_diff(address) < 16,
            "{name}: {:#x}",
            fault.address
        );
    }
}

/// Calls the guest again from a host function, and swallows what comes of it.
fn linker(engine: &Engine) -> Linker<u32> {
    let mut linker = Linker::<u32>::new(engine);
    linker
        .func_wrap("host", "try", |mut caller: Caller<'_, u32>| {
            let inner = caller
                .get_export("inner")
                .and_then(|e| e.into_func())
                .expect("an export");
            let inner = inner.typed::<(), ()>(&caller).expect("its type");
            let error = inner.call(&mut caller, ()).unwrap_err();
            assert_eq!(error.trap(), Some(Trap::MemoryOutOfBounds), "{error}");
            *caller.data_mut() += 1;
        })
        .unwrap();
    linker
        .func_wrap("host", "through", |mut caller: Caller<'_, u32>| {
            let inner = caller
                .get_export("inner")
                .and_then(|e| e.into_func())
                .expect("an export");
            inner.typed::<(), ()>(&caller)?.call(&mut caller, ())
        })
        .unwrap();
    linker
        .func_wrap("host", "fail", || Err::<(), _>("the host failed"))
        .unwrap();
    linker
        .func_wrap("host", "trap", || Err::<(), _>(Trap::BadSignature))
        .unwrap();
    linker
}

const NESTED: &str = r#"(module
    (import "host" "try" (func $try))
    (import "host" "through" (func $through))
    (import "host" "fail" (func $fail))
    (import "host" "trap" (func $trap))
    (memory 1)
    (func $inner (export "inner") (drop (i32.load (i32.const -1))))
    (func $outer (export "outer") (result i32) (local i32)
        (loop $again
            (call $try)
            (br_if $again (i32.lt_u
                (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 100))))
        (local.get 0))
    (func (export "outer-trap") (drop (call $outer)) unreachable)
    (func $deep (export "deep") (call $through))
    (func (export "fail") (call $fail))
    (func (export "trap") (call $trap)))"#;

#[test]
fn a_trap_caught_by_the_host_leaves_the_outer_call_running() {
    let (mut store, instance) = instance(&linker(&Engine::default()), NESTED, 0);
    let outer = instance
        .get_typed_func::<(), i32>(&mut store, "outer")
        .unwrap();
    let trap = instance
        .get_typed_func::<(), ()>(&mut store, "outer-trap")
        .unwrap();
    for round in 1..50 {
        assert_eq!(outer.call(&mut store, ()).unwrap(), 100);
        assert_eq!(*store.data(), round * 200 - 100);
        let error = trap.call(&mut store, ()).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::UnreachableCodeReached));
    }
}

#[test]
fn a_trap_goes_through_host_frames_with_its_backtrace() {
    let (mut store, instance) = instance(&linker(&Engine::default()), NESTED, 0);
    let deep = instance
        .get_typed_func::<(), ()>(&mut store, "deep")
        .unwrap();
    for _ in 0..100 {
        let error = deep.call(&mut store, ()).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::MemoryOutOfBounds), "{error}");
        let frames = error.backtrace().expect("a backtrace").frames();
        let names: Vec<_> = frames.iter().map(|frame| frame.func_name()).collect();
        assert_eq!(names, [Some("inner"), Some("deep")]);
    }
}

#[test]
fn errors_and_traps_of_the_host_reach_the_caller() {
    let (mut store, instance) = instance(&linker(&Engine::default()), NESTED, 0);
    let fail = instance
        .get_typed_func::<(), ()>(&mut store, "fail")
        .unwrap();
    let trap = instance
        .get_typed_func::<(), ()>(&mut store, "trap")
        .unwrap();
    for _ in 0..100 {
        let error = fail.call(&mut store, ()).unwrap_err();
        assert_eq!(
            (error.trap(), error.to_string().as_str()),
            (None, "the host failed")
        );
        assert_eq!(error.backtrace().expect("a backtrace").frames().len(), 1);
        let error = trap.call(&mut store, ()).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::BadSignature));
    }
}

#[test]
fn two_stores_interleave_on_one_thread() {
    let engine = Engine::default();
    let mut linker = Linker::<Option<Fixture>>::new(&engine);
    linker
        .func_wrap(
            "host",
            "other",
            |mut caller: Caller<'_, Option<Fixture>>, index: i32| {
                // The other store runs, and traps, on top of this one.
                caller
                    .data_mut()
                    .as_mut()
                    .expect("the other store")
                    .check(index as usize);
            },
        )
        .unwrap();
    let wat = r#"(module
        (import "host" "other" (func $other (param i32)))
        (func (export "run") (param i32) (result i32)
            (call $other (local.get 0))
            (i32.div_u (i32.const 5) (i32.sub (local.get 0) (i32.const 3)))))"#;
    let fixture = Fixture::new(&module(&engine, WAT));
    let (mut store, instance) = instance(&linker, wat, Some(fixture));
    let run = instance
        .get_typed_func::<i32, i32>(&mut store, "run")
        .unwrap();
    for round in 0..50 {
        for index in 0..TRAPS.len() as i32 {
            match run.call(&mut store, index) {
                Ok(_) => assert_ne!(index, 3),
                Err(error) => {
                    let expected = (3, Some(Trap::IntegerDivisionByZero));
                    assert_eq!((index, error.trap()), expected, "{round}: {error}");
                }
            }
        }
    }
}

#[test]
fn an_error_outlives_its_store() -> Result<(), Error> {
    let (mut store, instance) = instance(&linker(&Engine::default()), NESTED, 0);
    let deep = instance.get_typed_func::<(), ()>(&mut store, "deep")?;
    let error = deep.call(&mut store, ()).unwrap_err();
    drop(store);
    let frames = error.backtrace().expect("a backtrace").frames();
    assert_eq!(frames[0].func_name(), Some("inner"));
    assert_eq!(frames[0].module().name(), None);
    Ok(())
}
