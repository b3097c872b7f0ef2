//! What can be seen, and changed, while a guest is stopped.

use crate::common::{block_on, instantiate};
use crate::support::{FAIL, Guest, OVERFLOW, TRAP, name};
use trapline::{
    Caller, Config, DebugSession, DebugStepResult, Engine, Error, ExternRef, Func, Instance,
    Linker, Module, Observe, Ref, Store, Val,
};

/// Functions by name, `-` for the host.
fn names<T>(session: &DebugSession<'_, T>) -> Vec<String> {
    let name = |frame: trapline::Frame| match frame.is_host() {
        true => "-".to_owned(),
        false => frame.function_name().unwrap().unwrap(),
    };
    session.frames().map(name).collect()
}

#[test]
fn frames_are_seen_through_the_host() {
    for sync in 0..4 {
        let mut guest = Guest::new();
        let (instance, module) = (guest.instance, guest.module.clone());
        let mut session = guest.session(2, sync, TRAP);
        assert!(names(&session).is_empty(), "it has not begun");
        let Some(DebugStepResult::Trap(info)) = block_on(session.next()) else {
            panic!("no trap")
        };
        let expected = ["leaf", "run", "-", "run", "-", "run"];
        assert_eq!(names(&session), expected);
        let frames: Vec<_> = session.frames().filter(|frame| !frame.is_host()).collect();
        assert_eq!(frames[0].wasm_pc().unwrap(), info.wasm_pc);
        let unreachable = info.wasm_pc.unwrap() as usize;
        assert_eq!(module.wasm()[unreachable], 0x00);
        for frame in &frames {
            assert_eq!(frame.instance().unwrap(), Some(instance));
            assert_eq!(frame.module().unwrap().name(), Some("nested"));
        }
        for frame in &frames[1..] {
            // Each of them is at a call.
            let pc = frame.wasm_pc().unwrap().unwrap() as usize;
            assert_eq!(module.wasm()[pc], 0x10);
        }
        assert_eq!(frames[0].function().unwrap(), 5);
        assert_eq!(frames[1].info().unwrap().func_name(), Some("run"));
        block_on(session.next());
        assert!(names(&session).is_empty(), "it is over");
    }
}

#[test]
fn the_frames_of_a_deep_recursion_can_all_be_seen() {
    let mut guest = Guest::new();
    let mut session = guest.session(1, 0, OVERFLOW);
    assert_eq!(name(&block_on(session.next())), "trap");
    let (mut leaves, mut runs, mut hosts) = (0, 0, 0);
    for frame in session.frames() {
        match frame.is_host() {
            true => hosts += 1,
            false if frame.function().unwrap() == 5 => leaves += 1,
            false => runs += 1,
        }
    }
    assert!(leaves > 10_000, "{leaves}");
    assert_eq!((runs, hosts), (2, 1));
    assert_eq!(name(&block_on(session.next())), "failed");
}

#[test]
fn a_frame_that_was_kept_answers_with_an_error() {
    let mut guest = Guest::new();
    guest.store.data_mut().swallows = true;
    let mut session = guest.session(1, 1, TRAP);
    block_on(session.next());
    let frames: Vec<_> = session.frames().collect();
    assert!(frames[0].wasm_pc().is_ok());
    assert!(matches!(frames[2].wasm_pc(), Err(Error::HostFrame)));
    block_on(session.next());
    let answers = |frame: &trapline::Frame| {
        [
            frame.function().err(),
            frame.function_name().err(),
            frame.module().err(),
            frame.instance().err(),
            frame.wasm_pc().err(),
            frame.info().err(),
        ]
    };
    for answer in frames.iter().flat_map(answers) {
        assert!(matches!(answer, Some(Error::StaleFrame)), "{answer:?}");
    }
    assert!(format!("{:?}", frames[0]).contains("StaleFrame"));
}

#[test]
fn frames_are_stale_when_their_session_is_dropped() {
    let mut guest = Guest::new();
    let mut session = guest.session(1, 0, FAIL);
    block_on(session.next());
    let frame = session.frames().next().unwrap();
    drop(session);
    assert!(matches!(frame.function(), Err(Error::StaleFrame)));
}

#[test]
fn everything_in_the_store_can_be_read_and_written_while_the_guest_is_stopped() {
    let mut guest = Guest::new();
    let instance = guest.instance;
    let mut session = guest.session(1, 1, TRAP);
    block_on(session.next());
    let mut store = session.store_mut().unwrap();
    assert_eq!(store.debug_instances(), [instance]);
    assert_eq!(store.debug_modules().len(), 1);
    // Neither is exported.
    let memory = instance.debug_memory(&store, 0).unwrap();
    assert_eq!(memory.data(&store)[8], TRAP as u8);
    memory.write(&mut store, 100, b"seen").unwrap();
    let global = instance.debug_global(&store, 0).unwrap();
    assert_eq!(global.get(&mut store).unwrap_i32(), 5);
    global.set(&mut store, Val::I32(6)).unwrap();
    let leaf = instance.debug_function(&mut store, 5).unwrap();
    assert_eq!(leaf.ty(&store).params().len(), 1);
    assert!(instance.debug_function(&mut store, 6).is_some());
    assert!(instance.debug_function(&mut store, 7).is_none());
    assert!(instance.debug_memory(&store, 1).is_none());
    assert!(instance.debug_global(&store, 1).is_none());
    assert!(instance.debug_table(&store, 0).is_none());
    store.data_mut().swallows = true;
    assert_eq!(name(&block_on(session.next())), "returned");
    drop(session);
    assert_eq!(&memory.data(&guest.store)[100..104], b"seen");
    assert_eq!(global.get(&mut guest.store).unwrap_i32(), 6);
}

#[test]
fn any_function_of_an_instance_can_be_called() {
    let wat = r#"(module (import "host" "double" (func (param i32) (result i32)))
        (func (param i32) (result i32) (i32.add (call 0 (local.get 0)) (i32.const 1))))"#;
    let mut linker = Linker::new(&Engine::default());
    linker.func_wrap("host", "double", |x: i32| 2 * x).unwrap();
    let (mut store, instance) = instantiate(&linker, (), wat);
    for (index, expected) in [(0, 42), (1, 43)] {
        for _ in 0..2 {
            let func = instance.debug_function(&mut store, index).unwrap();
            let func = func.typed::<i32, i32>(&store).unwrap();
            assert_eq!(func.call(&mut store, 21).unwrap(), expected);
        }
    }
}

#[test]
fn functions_and_items_are_traced_to_where_they_are_from() {
    for observe in [Observe::None, Observe::State] {
        let engine = Engine::new(Config::new().observe(observe)).unwrap();
        let mut store = Store::new(&engine, ());
        let host = Func::wrap(&mut store, || {});
        let library = r#"(module (func) (func (export "f")) (memory (export "m") 1)
            (table (export "t") 1 funcref) (global (export "g") i32 (i32.const 1)))"#;
        let library = Module::new(&engine, library).unwrap();
        let user = r#"(module (import "" "host" (func)) (import "" "f" (func))
            (import "" "m" (memory 1)) (import "" "t" (table 1 funcref)) (import "" "g" (global i32))
            (memory 1) (table 1 funcref) (global i32 (i32.const 1)) (func)
            (table 4 funcref) (elem (table 2) (i32.const 0) func 0 1 2))"#;
        let user = Module::new(&engine, user).unwrap();
        // The same module twice: code alone does not tell an instance.
        let libraries = [0, 1].map(|_| Instance::new(&mut store, &library, &[]).unwrap());
        for defining in libraries {
            let item = |store: &Store<()>, name| defining.get_export(store, name).unwrap();
            let mut imports = vec![host.into()];
            imports.extend(["f", "m", "t", "g"].map(|name| item(&store, name)));
            let using = Instance::new(&mut store, &user, &imports).unwrap();
            let expected = [None, Some((defining, 1)), Some((using, 2))];
            let table = using.debug_table(&store, 2).unwrap();
            for (index, expected) in (0..).zip(expected) {
                let of_instance = using.debug_function(&mut store, index).unwrap();
                assert_eq!(of_instance.debug_definition(&store), expected);
                let Some(Ref::Func(Some(of_table))) = table.get(&store, index.into()) else {
                    panic!("no function")
                };
                assert_eq!(of_table.debug_definition(&store), expected);
            }
            let memories = [0, 1].map(|index| using.debug_memory(&store, index));
            assert_eq!(memories[0], defining.debug_memory(&store, 0));
            assert_ne!(memories[0], memories[1]);
            let tables = [0, 1].map(|index| using.debug_table(&store, index));
            assert_eq!(tables[0], defining.debug_table(&store, 0));
            assert_ne!(tables[0], tables[1]);
            let globals = [0, 1].map(|index| using.debug_global(&store, index));
            assert_eq!(globals[0], defining.debug_global(&store, 0));
            assert_ne!(globals[0], globals[1]);
        }
    }
}

#[test]
fn no_guest_can_be_called_while_one_is_stopped() {
    let mut guest = Guest::new();
    let (run, fine) = (guest.func("run"), guest.func("fine"));
    let instance = guest.instance;
    let start = r#"(module (func $start) (start $start))"#;
    let start = Module::new(guest.store.engine(), start).unwrap();
    for depth in [0, 2] {
        let mut session = guest.session(depth, 0b11, TRAP);
        for _ in 0..2 {
            let mut store = session.store_mut().unwrap();
            let mut results = [Val::I32(0)];
            let refused = fine.call(&mut store, &[], &mut results).unwrap_err();
            assert!(matches!(refused, Error::PausedStore), "{refused}");
            let typed = fine.typed::<(), i32>(&store).unwrap();
            let refused = typed.call(&mut store, ()).unwrap_err();
            assert!(matches!(refused, Error::PausedStore), "{refused}");
            let refused = block_on(typed.call_async(&mut store, ())).unwrap_err();
            assert!(matches!(refused, Error::PausedStore), "{refused}");
            let refused = Instance::new(&mut store, &start, &[]).unwrap_err();
            assert!(matches!(refused, Error::PausedStore), "{refused}");
            let imported = instance.debug_function(&mut store, 2).unwrap();
            let refused = imported
                .call(&mut store, &[Val::I32(0)], &mut [])
                .unwrap_err();
            assert!(matches!(refused, Error::PausedStore), "{refused}");
            let again = DebugSession::call(store, run, &[0, 0, TRAP].map(Val::I32));
            assert!(matches!(again.unwrap_err(), Error::PausedStore));
            block_on(session.next());
        }
        drop(session);
        guest.assert_usable();
    }
}

#[test]
fn values_that_only_a_stopped_guest_refers_to_are_not_collected() {
    let mut linker = Linker::<Option<u32>>::new(&Engine::default());
    linker
        .func_wrap("host", "trap", |mut caller: Caller<'_, Option<u32>>| {
            let trap = caller.get_export("trap").unwrap().into_func().unwrap();
            assert!(trap.call(&mut caller, &[], &mut []).is_err());
        })
        .unwrap();
    linker
        .func_wrap(
            "host",
            "take",
            |mut caller: Caller<'_, Option<u32>>, value: Option<ExternRef>| {
                let value = value.expect("it is there");
                *caller.data_mut() = value.data().downcast_ref().copied();
            },
        )
        .unwrap();
    let wat = r#"(module
        (import "host" "trap" (func $trap)) (import "host" "take" (func $take (param externref)))
        (func (export "trap") unreachable)
        (func (export "run") (param externref) (call $trap) (call $take (local.get 0))))"#;
    let (mut store, instance) = instantiate(&linker, None, wat);
    let run = instance.get_func(&store, "run").unwrap();
    let value = Val::ExternRef(Some(ExternRef::new(77_u32)));
    let mut session = DebugSession::call(&mut store, run, &[value]).unwrap();
    assert_eq!(name(&block_on(session.next())), "trap");
    session.store_mut().unwrap().gc();
    assert_eq!(name(&block_on(session.next())), "returned");
    drop(session);
    assert_eq!(*store.data(), Some(77));
}

#[test]
fn the_instance_of_a_frame_is_unknown_where_there_are_several() {
    let engine = Engine::default();
    let module = Module::new(&engine, r#"(module (func (export "f") unreachable))"#).unwrap();
    let mut store = Store::new(&engine, ());
    let first = Instance::new(&mut store, &module, &[]).unwrap();
    for expected in [Some(first), None] {
        let func = first.get_func(&store, "f").unwrap();
        let mut session = DebugSession::call(&mut store, func, &[]).unwrap();
        block_on(session.next());
        let frame = session.frames().next().unwrap();
        assert_eq!(frame.instance().unwrap(), expected);
        drop(session);
        Instance::new(&mut store, &module, &[]).unwrap();
    }
    assert_eq!(store.debug_modules().len(), 1);
    assert_eq!(store.debug_instances().len(), 3);
}
