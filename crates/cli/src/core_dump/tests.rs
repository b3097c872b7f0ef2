//! What is taken down is what there is.

use super::*;
use std::path::Path;
use trapline::{
    Caller, Config, DebugSession, DebugStepResult, Engine, ExternRef, Func, Instance, Linker,
    Observe, Store, Val,
};
use trapline_coredump::{CodeMap, Fit, Frame, Function, Value};
use trapline_wasi::WasiCtxBuilder;

fn program() -> Program<'static> {
    Program {
        executable: "test".into(),
        reason: "trap: a reason".into(),
        name: Box::new(|module| ModuleName {
            name: module.name().unwrap_or("main").to_owned(),
            path: Some("/where/it/was".into()),
        }),
    }
}

fn engine(observe: Observe) -> Engine {
    Engine::new(Config::new().observe(observe)).unwrap()
}

/// Writes a dump and reads it again.
fn again(dump: &CoreDump<'_>) -> CoreDump<'static> {
    let mut bytes = Vec::new();
    dump.write(&mut bytes).unwrap();
    let again = CoreDump::read(bytes.into()).unwrap();
    assert!(again == *dump);
    again
}

fn number(val: &Val) -> Value {
    match *val {
        Val::I32(number) => Value::I32(number),
        Val::I64(number) => Value::I64(number),
        Val::F32(bits) => Value::F32(bits),
        Val::F64(bits) => Value::F64(bits),
        ref other => panic!("{other:?} in a C program"),
    }
}

fn vector(low: i64, high: i64) -> Value {
    let halves = [low.to_le_bytes(), high.to_le_bytes()];
    Value::V128(halves.concat().try_into().unwrap())
}

#[test]
fn a_dump_of_a_crash_is_what_the_session_shows() {
    let engine = engine(Observe::State);
    let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests/crash/crash.wasm");
    let module = Module::from_file(&engine, guest).unwrap();
    let mut store = Store::new(&engine, WasiCtxBuilder::new().build());
    let mut linker = Linker::new(&engine);
    trapline_wasi::add_to_linker(&mut linker, |wasi| wasi).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let start = instance.get_func(&mut store, "_start").unwrap();
    let mut session = DebugSession::call(&mut store, start, &[]).unwrap();
    let event = pollster::block_on(session.next());
    assert!(matches!(event, Some(DebugStepResult::Trap(_))), "{event:?}");

    let store = session.store().unwrap();
    let taken = of_stopped(&session, session.frames(), store, &program()).unwrap();
    assert!(taken.unread.is_none());
    let dump = again(&taken.dump);
    assert_eq!(dump.reason.as_deref(), Some("trap: a reason"));
    assert_eq!(dump.modules[0].check(module.wasm()), Ok(Fit::Same));

    let map = CodeMap::new(module.wasm()).unwrap();
    let frames: Vec<_> = session.frames().collect();
    let taken = &dump.threads[0].frames;
    assert_eq!(taken.len(), frames.len());
    assert!(frames.len() > 4);
    let mut values = 0;
    for (taken, frame) in taken.iter().zip(&frames) {
        assert_eq!(taken.instance, 0);
        assert_eq!(taken.function, frame.function().unwrap());
        let pc = map.wasm_pc(taken.function, taken.code_offset.unwrap());
        assert_eq!(pc, frame.wasm_pc().unwrap());
        assert!(!taken.unknown_values);
        let locals = frame.locals(&session).unwrap();
        let locals: Vec<_> = locals.iter().map(|value| number(value.val())).collect();
        assert_eq!(taken.locals, locals);
        let operands = frame.operands(&session).unwrap();
        let operands: Vec<_> = operands.iter().map(|value| number(value.val())).collect();
        assert_eq!(taken.operands, operands);
        values += locals.len() + operands.len();
    }
    assert!(values > 20, "{values}");

    let memory = instance.debug_memory(store, 0).unwrap();
    let contents = memory.data(store);
    let mut read = vec![1; contents.len()];
    dump.memories[0].read(0, &mut read).unwrap();
    assert!(read == contents);
    let global = instance.debug_global(store, 0).unwrap();
    assert_eq!(dump.globals[0].value, number(&global.get(store)));
    let table = instance.debug_table(store, 0).unwrap();
    assert_eq!(dump.tables[0].len(), table.size(store));
}

const LIBRARY: &str = r#"(module $library
    (memory (export "memory") 2) (data (i32.const 70000) "shared")
    (table (export "table") 3 10 funcref) (elem (i32.const 1) $f)
    (global (export "global") (mut i64) (i64.const 7))
    (func $f (export "f")))"#;

/// `run` goes through the host to `leaf`, which traps.
const USER: &str = r#"(module $user
    (import "library" "memory" (memory 2)) (import "library" "table" (table 3 funcref))
    (import "library" "global" (global (mut i64))) (import "library" "f" (func $f))
    (import "host" "call" (func $call (param externref)))
    (memory 1) (global v128 (v128.const i64x2 1 -1)) (global funcref (ref.func $f))
    (tag $tag (param i32))
    (func $leaf (export "leaf") (param externref)
        (local v128 exnref funcref exnref) (local f64)
        (local.set 1 (v128.const i64x2 2 -2))
        (local.set 2 (block $caught (result exnref)
            (try_table (catch_all_ref $caught) (throw $tag (i32.const 1)))
            (ref.null exn)))
        (local.set 3 (ref.func $leaf))
        (local.set 5 (f64.const nan:0x8000000000001))
        (drop (i32.add (i32.const 8) (i32.div_u (i32.const 1) (i32.const 0)))))
    (func (export "run") (param externref) (param funcref)
        (call $call (local.get 0)))
    (elem declare func $leaf))"#;

/// A store with two instances, one of which uses what the other has, and `run`.
fn linked(engine: &Engine) -> (Store<()>, Func) {
    let mut store = Store::new(engine, ());
    let mut linker = Linker::new(engine);
    let call = |mut caller: Caller<'_, ()>, value: Option<ExternRef>| {
        let leaf = caller.get_export("leaf").unwrap().into_func().unwrap();
        leaf.call(&mut caller, &[Val::ExternRef(value)], &mut [])
    };
    linker.func_wrap("host", "call", call).unwrap();
    let library = Module::new(engine, LIBRARY).unwrap();
    let library = linker.instantiate(&mut store, &library).unwrap();
    for name in ["memory", "table", "global", "f"] {
        let item = library.get_export(&store, name).unwrap();
        linker.define(&store, "library", name, item).unwrap();
    }
    let user = Module::new(engine, USER).unwrap();
    let user = linker.instantiate(&mut store, &user).unwrap();
    let run = user.get_func(&store, "run").unwrap();
    (store, run)
}

/// What the dump has of the store of [`linked`], however it was made.
fn has_linked_items(dump: &CoreDump<'_>) {
    let names: Vec<_> = dump.modules.iter().map(|module| &*module.name).collect();
    assert_eq!(names, ["library", "user"]);
    let instances: Vec<_> = dump.instances.iter().map(|i| i.module).collect();
    assert_eq!(instances, [0, 1]);
    let [library, user] = &dump.instances[..] else {
        panic!("{:?}", dump.instances)
    };
    assert_eq!(
        (&*library.memories, &*user.memories),
        (&[0][..], &[0, 1][..])
    );
    assert_eq!((&*library.tables, &*user.tables), (&[0][..], &[0][..]));
    assert_eq!(
        (&*library.globals, &*user.globals),
        (&[0][..], &[0, 1, 2][..])
    );
    let mut shared = [0; 6];
    dump.memories[0].read(70000, &mut shared).unwrap();
    assert_eq!(&shared, b"shared");
    let f = Some(Function::Guest {
        instance: 0,
        function: 0,
    });
    let values: Vec<_> = dump.globals.iter().map(|global| global.value).collect();
    assert_eq!(values, [Value::I64(7), vector(1, -1), Value::FuncRef(f)]);
    let mutable: Vec<_> = dump.globals.iter().map(|global| global.mutable).collect();
    assert_eq!(mutable, [true, false, false]);
    let elements: Vec<_> = (0..4).map(|index| dump.tables[0].get(index)).collect();
    let null = Some(Value::FuncRef(None));
    assert_eq!(elements, [null, Some(Value::FuncRef(f)), null, None]);
}

#[test]
fn references_items_of_others_and_frames_of_the_host_are_taken_down() {
    let (mut store, run) = linked(&engine(Observe::State));
    let host = Func::wrap(&mut store, || {});
    let value = Val::ExternRef(Some(ExternRef::new("a value")));
    let arguments = [value, Val::FuncRef(Some(host))];
    let mut session = DebugSession::call(&mut store, run, &arguments).unwrap();
    let event = loop {
        match pollster::block_on(session.next()) {
            Some(DebugStepResult::Exception(_)) => {}
            event => break event,
        }
    };
    assert!(matches!(event, Some(DebugStepResult::Trap(_))), "{event:?}");
    let store = session.store().unwrap();
    let taken = of_stopped(&session, session.frames(), store, &program()).unwrap();
    let dump = again(&taken.dump);
    has_linked_items(&dump);
    let thread = &dump.threads[0];
    assert_eq!(thread.host_frames, [1]);
    let [leaf, run] = &thread.frames[..] else {
        panic!("{thread:?}")
    };
    let this = Some(Function::Guest {
        instance: 1,
        function: 2,
    });
    let expected = [
        Value::ExternRef(Some(0)),
        vector(2, -2),
        Value::ExnRef(Some(0)),
        Value::FuncRef(this),
        Value::ExnRef(None),
        Value::F64(0x7ff8_0000_0000_0001),
    ];
    assert_eq!(leaf.locals, expected);
    assert_eq!(leaf.operands, [8, 1, 0].map(Value::I32));
    let expected = [
        Value::ExternRef(Some(0)),
        Value::FuncRef(Some(Function::Host)),
    ];
    assert_eq!(run.locals, expected, "the same value has the same number");
    assert_eq!((leaf.instance, run.instance), (1, 1));
}

#[test]
fn without_observation_a_dump_has_places_and_no_values() {
    let (mut store, run) = linked(&engine(Observe::None));
    let arguments = [Val::ExternRef(None), Val::FuncRef(None)];
    let error = run.call(&mut store, &arguments, &mut []).unwrap_err();
    let backtrace = error.backtrace().unwrap();
    let dump = of_store((&store).into(), Some(backtrace), &program());
    let dump = again(&dump);
    has_linked_items(&dump);
    let wasm = backtrace.frames()[0].module().wasm();
    let map = CodeMap::new(wasm).unwrap();
    let frames = &dump.threads[0].frames;
    assert_eq!(frames.len(), backtrace.frames().len());
    for (taken, frame) in frames.iter().zip(backtrace.frames()) {
        let pc = map.wasm_pc(taken.function, taken.code_offset.unwrap());
        assert_eq!(pc, frame.wasm_pc());
        let bare = Frame {
            instance: 1,
            function: frame.func_index(),
            code_offset: taken.code_offset,
            unknown_values: true,
            ..Frame::default()
        };
        assert_eq!(*taken, bare);
    }
    assert_eq!(
        wasm[map.wasm_pc(2, frames[0].code_offset.unwrap()).unwrap() as usize],
        0x6e
    );
    assert!(
        of_store((&store).into(), None, &program())
            .threads
            .is_empty()
    );
}

#[test]
fn of_a_function_that_could_not_begin_no_values_are_known() {
    let engine = engine(Observe::State);
    let wat = "(module (func $down (export \"down\") (param i32) (call $down (local.get 0))))";
    let module = Module::new(&engine, wat).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let down = instance.get_func(&store, "down").unwrap();
    let mut session = DebugSession::call(&mut store, down, &[Val::I32(7)]).unwrap();
    pollster::block_on(session.next());
    let store = session.store().unwrap();
    let taken = of_stopped(&session, session.frames(), store, &program()).unwrap();
    assert!(taken.unread.is_none());
    let dump = again(&taken.dump);
    let frames = &dump.threads[0].frames;
    assert!(frames.len() > 1000, "{}", frames.len());
    assert_eq!(frames.len(), session.frames().count());
    let (first, others) = frames.split_first().unwrap();
    assert!(first.unknown_values || first.locals == [Value::I32(7)]);
    for frame in others {
        assert!(!frame.unknown_values);
        assert_eq!(frame.locals, [Value::I32(7)]);
        assert_eq!(frame.operands, []);
    }
}
