//! Breakpoints at any instruction.

use crate::common::block_on;
use crate::stepping::{GUEST, all_instructions, guest, place};
use crate::support::name;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use trapline::{
    Config, DebugSession, DebugStepResult, Engine, Error, Func, Instance, Module, Observe, Store,
    Val,
};

fn engine() -> Engine {
    Engine::new(Config::new().observe(Observe::State)).unwrap()
}

/// A store with an instance of a module that exports `run`.
pub fn instance(wat: &str) -> (Store<()>, Module, Instance, Func) {
    let engine = engine();
    let module = Module::new(&engine, wat).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let run = instance.get_func(&store, "run").unwrap();
    (store, module, instance, run)
}

/// Where the first instruction with an opcode is, among those that control can reach.
pub fn first(module: &Module, opcode: u8) -> u32 {
    let wasm = module.wasm();
    let places = module.debug_places().into_iter();
    let mut found = places.filter(|&place| wasm[place as usize] == opcode);
    found.next().unwrap()
}

const LOCAL_GET: u8 = 0x20;
const LOCAL_SET: u8 = 0x21;
const GLOBAL_GET: u8 = 0x23;
const I32_LOAD: u8 = 0x28;
const I32_STORE: u8 = 0x36;
pub const I32_CONST: u8 = 0x41;
const I32_ADD: u8 = 0x6a;
const I32_MUL: u8 = 0x6c;
const I32_DIV_U: u8 = 0x6e;
const DROP: u8 = 0x1a;

fn add_all<T: 'static>(session: &mut DebugSession<'_, T>, module: &Module) -> usize {
    let places = module.debug_places();
    session
        .edit_breakpoints(|breakpoints| {
            for &place in &places {
                assert_eq!(breakpoints.add(module, place)?, place);
            }
            assert_eq!(breakpoints.of_module(module), places);
            Ok(places.len())
        })
        .unwrap()
}

/// One region: two loads, and a store at its end.
const REGION: &str = r#"(module
    (memory 1) (global $g (mut i32) (i32.const 5))
    (func (export "run") (param i32) (result i32)
        (local.set 0 (i32.add (i32.load (local.get 0)) (global.get $g)))
        (i32.store (i32.const 16) (i32.mul (local.get 0) (i32.const 2)))
        (local.get 0)))"#;

/// A session in [`REGION`], stopped at the first instruction with an opcode.
fn stopped_at<'a>(
    store: &'a mut Store<()>,
    module: &Module,
    run: Func,
    opcode: u8,
) -> (DebugSession<'a, ()>, u32) {
    let mut session = DebugSession::call(store, run, &[Val::I32(8)]).unwrap();
    let at = first(module, opcode);
    session
        .edit_breakpoints(|breakpoints| breakpoints.add(module, at))
        .unwrap();
    assert_eq!(hit(&mut session), at);
    (session, at)
}

/// Goes on to a breakpoint, and tells where it is.
fn hit(session: &mut DebugSession<'_, ()>) -> u32 {
    match block_on(session.next()) {
        Some(DebugStepResult::Breakpoint(hit)) => {
            let frame = session.frames().next().unwrap();
            assert_eq!(frame.wasm_pc().unwrap(), Some(hit.wasm_pc));
            hit.wasm_pc
        }
        step => panic!("{step:?}"),
    }
}

/// Makes a step, and tells where it ends.
fn step(session: &mut DebugSession<'_, ()>) -> u32 {
    let step = block_on(session.step());
    assert!(matches!(step, Some(DebugStepResult::Step)), "{step:?}");
    place(session).0
}

fn result(session: &mut DebugSession<'_, ()>) -> i32 {
    match block_on(session.next()) {
        Some(DebugStepResult::Finished(Ok(results))) => results[0].unwrap_i32(),
        step => panic!("{step:?}"),
    }
}

#[test]
fn breakpoints_at_all_instructions_are_come_to_as_single_steps_would() {
    let (mut store, module, run) = guest(Config::new().observe(Observe::State));
    let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
    add_all(&mut session, &module);
    let mut stops = Vec::new();
    loop {
        match block_on(session.next()) {
            Some(DebugStepResult::Breakpoint(hit)) => {
                stops.push(place(&session));
                assert_eq!(hit.wasm_pc, stops[stops.len() - 1].0);
            }
            Some(DebugStepResult::Exception(_)) => {}
            Some(DebugStepResult::Finished(Ok(_))) => break,
            step => panic!("{step:?}"),
        }
    }
    assert_eq!(stops, all_instructions());
}

#[test]
fn a_step_onto_a_breakpoint_is_the_breakpoint() {
    let (mut store, module, run) = guest(Config::new().observe(Observe::State));
    let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
    add_all(&mut session, &module);
    let mut stops = Vec::new();
    loop {
        match block_on(session.step()) {
            Some(DebugStepResult::Breakpoint(_)) => stops.push(place(&session)),
            Some(DebugStepResult::Exception(_)) => {}
            Some(DebugStepResult::Finished(Ok(_))) => break,
            step => panic!("{step:?}"),
        }
    }
    assert_eq!(stops, all_instructions());
}

#[test]
fn handlers_see_breakpoints_at_all_instructions() {
    let (mut store, module, run) = guest(Config::new().observe(Observe::State));
    store
        .edit_breakpoints(|breakpoints| {
            let mut places = module.debug_places().into_iter();
            places.try_for_each(|place| breakpoints.add(&module, place).map(drop))
        })
        .unwrap();
    let stops = Arc::new(Mutex::new(Vec::new()));
    let seen = stops.clone();
    store.set_debug_handler(move |guest, event| {
        if let DebugStepResult::Breakpoint(hit) = event {
            let frame = guest.frames().next().unwrap();
            assert_eq!(frame.wasm_pc().unwrap(), Some(hit.wasm_pc));
            let operands = frame.operands(&guest).unwrap().len();
            seen.lock().unwrap().push((hit.wasm_pc, operands));
        }
        Box::new(async { Ok::<(), Error>(()) })
    });
    block_on(run.call_async(&mut store, &[], &mut [])).unwrap();
    assert_eq!(*stops.lock().unwrap(), all_instructions());
}

#[test]
fn breakpoints_of_a_region_come_one_after_the_other_before_anything_runs() {
    let (mut store, module, instance, run) = instance(REGION);
    let memory = instance.debug_memory(&store, 0).unwrap();
    memory.data_mut(&mut store)[8] = 7;
    let (mut session, load) = stopped_at(&mut store, &module, run, I32_LOAD);
    let places = [I32_ADD, LOCAL_SET, I32_MUL, I32_STORE].map(|opcode| first(&module, opcode));
    session
        .edit_breakpoints(|breakpoints| {
            let mut places = places.into_iter();
            places.try_for_each(|place| breakpoints.add(&module, place).map(drop))?;
            // Behind the guest: it does not come there.
            let behind = first(&module, LOCAL_GET);
            assert_eq!(breakpoints.add(&module, behind)?, behind);
            Ok(())
        })
        .unwrap();
    for at in places {
        // One is taken away while the guest stands before it.
        if at == places[1] {
            session
                .edit_breakpoints(|breakpoints| {
                    assert!(breakpoints.remove(&module, at)?);
                    assert!(!breakpoints.remove(&module, at)?);
                    assert!(!breakpoints.of_module(&module).contains(&at));
                    assert!(breakpoints.of_module(&module).contains(&load));
                    Ok(())
                })
                .unwrap();
            continue;
        }
        assert_eq!(hit(&mut session), at);
        assert_eq!(memory.data(session.store().unwrap())[16], 0);
    }
    assert_eq!(result(&mut session), 12);
    assert_eq!(memory.data(session.store().unwrap())[16], 24);
    drop(session);
    // The others are where they were.
    let mut session = DebugSession::call(&mut store, run, &[Val::I32(8)]).unwrap();
    let left = session.edit_breakpoints(|breakpoints| Ok(breakpoints.of_module(&module)));
    for at in left.unwrap() {
        assert_eq!(hit(&mut session), at);
    }
    session
        .edit_breakpoints(|breakpoints| breakpoints.clear())
        .unwrap();
    assert_eq!(result(&mut session), 12);
    drop(session);
    let mut session = DebugSession::call(&mut store, run, &[Val::I32(8)]).unwrap();
    assert_eq!(result(&mut session), 12);
}

#[test]
fn a_breakpoint_where_the_guest_stands_is_for_the_next_time() {
    let wat = r#"(module (global $g (mut i32) (i32.const 0))
        (func (export "run") (param $i i32) (result i32)
            (loop $next
                (global.set $g (i32.add (global.get $g) (i32.const 1)))
                (br_if $next (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
            (global.get $g)))"#;
    let (mut store, module, _, run) = instance(wat);
    // At a point, and between points.
    for opcode in [GLOBAL_GET, I32_ADD] {
        let place = first(&module, opcode);
        let mut session = DebugSession::call(&mut store, run, &[Val::I32(3)]).unwrap();
        while step(&mut session) != place {}
        session
            .edit_breakpoints(|breakpoints| breakpoints.add(&module, place))
            .unwrap();
        let hits = [hit(&mut session), hit(&mut session)];
        assert_eq!(hits, [place; 2]);
        session
            .edit_breakpoints(|breakpoints| breakpoints.clear())
            .unwrap();
        assert_eq!(name(&block_on(session.next())), "returned");
    }
}

#[test]
fn an_instruction_behind_one_that_traps_is_not_come_to() {
    let wat = r#"(module
        (func (export "run") (param i32) (result i32)
            (i32.add (i32.div_u (i32.const 100) (local.get 0)) (i32.const 1))))"#;
    let (mut store, module, _, run) = instance(wat);
    let places = [I32_DIV_U, I32_ADD].map(|opcode| first(&module, opcode));
    store
        .edit_breakpoints(|breakpoints| {
            places
                .into_iter()
                .try_for_each(|at| breakpoints.add(&module, at).map(drop))
        })
        .unwrap();
    let mut session = DebugSession::call(&mut store, run, &[Val::I32(0)]).unwrap();
    assert_eq!(hit(&mut session), places[0]);
    let step = block_on(session.next());
    assert!(
        matches!(&step, Some(DebugStepResult::Trap(info)) if info.wasm_pc == Some(places[0])),
        "{step:?}"
    );
    drop(session);
    let mut session = DebugSession::call(&mut store, run, &[Val::I32(5)]).unwrap();
    assert_eq!([hit(&mut session), hit(&mut session)], places);
    assert_eq!(result(&mut session), 21);
}

#[test]
fn a_breakpoint_in_dead_code_or_within_an_instruction_slips_to_what_control_can_reach() {
    let wat = r#"(module
        (func (export "run") (param i32) (result i32)
            (block
                (br_if 0 (local.get 0))
                (return (i32.const 300))
                nop nop)
            (i32.const 100000)))"#;
    let (mut store, module, _, run) = instance(wat);
    let nop = module.wasm().iter().rposition(|&byte| byte == 1).unwrap() as u32;
    let [first_const, second_const] = {
        let places = module.debug_places().into_iter();
        let mut consts = places.filter(|&at| module.wasm()[at as usize] == I32_CONST);
        [consts.next().unwrap(), consts.next().unwrap()]
    };
    let at = |store: &mut Store<()>, wasm_pc| {
        store
            .edit_breakpoints(|breakpoints| breakpoints.add(&module, wasm_pc))
            .unwrap()
    };
    assert_eq!(at(&mut store, nop), second_const);
    // In the middle of the constant; the next is `return`.
    assert_eq!(at(&mut store, first_const + 1), first_const + 3);
    assert_eq!(module.wasm()[first_const as usize + 3], 0x0f);
    let mut session = DebugSession::call(&mut store, run, &[Val::I32(0)]).unwrap();
    assert_eq!(hit(&mut session), first_const + 3);
    assert_eq!(result(&mut session), 300);
    drop(session);
    let mut session = DebugSession::call(&mut store, run, &[Val::I32(1)]).unwrap();
    assert_eq!(hit(&mut session), second_const);
    assert_eq!(result(&mut session), 100_000);
}

#[test]
fn an_interrupt_at_a_breakpoint_comes_first_and_the_breakpoint_is_not_lost() {
    let (mut store, module, _, run) = instance(REGION);
    // The first is where the machine stops, the others it comes to on paper.
    let places = [LOCAL_GET, I32_LOAD, LOCAL_SET].map(|opcode| first(&module, opcode));
    for removes in [false, true] {
        for steps in [false, true] {
            store
                .edit_breakpoints(|breakpoints| {
                    places
                        .into_iter()
                        .try_for_each(|at| breakpoints.add(&module, at).map(drop))
                })
                .unwrap();
            let mut session = DebugSession::call(&mut store, run, &[Val::I32(8)]).unwrap();
            let handle = session.interrupt_handle().unwrap();
            for at in places {
                handle.interrupt();
                assert_eq!(name(&block_on(session.next())), "interrupted");
                assert_eq!(place(&session).0, at);
                if removes {
                    session
                        .edit_breakpoints(|breakpoints| breakpoints.remove(&module, at))
                        .unwrap();
                } else if steps {
                    assert_eq!(name(&block_on(session.step_over())), "breakpoint");
                    assert_eq!(place(&session).0, at);
                } else {
                    assert_eq!(hit(&mut session), at);
                }
            }
            assert_eq!(result(&mut session), 5);
        }
    }
}

/// However often it is interrupted, no breakpoint is passed over, and none reported twice.
#[test]
fn all_breakpoints_are_reported_among_interrupts() {
    let (mut store, module, run) = guest(Config::new().observe(Observe::State));
    let expected = all_instructions();
    for steps in [false, true] {
        let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
        add_all(&mut session, &module);
        let handle = session.interrupt_handle().unwrap();
        let done = AtomicBool::new(false);
        let (mut stops, mut interrupts) = (Vec::new(), 0);
        handle.interrupt();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    handle.interrupt();
                    (0..300).for_each(|_| std::hint::spin_loop());
                }
            });
            loop {
                let step = if steps {
                    block_on(session.step())
                } else {
                    block_on(session.next())
                };
                match step {
                    Some(DebugStepResult::Breakpoint(_)) => stops.push(place(&session)),
                    Some(DebugStepResult::Interrupted) => interrupts += 1,
                    Some(DebugStepResult::Exception(_)) => {}
                    Some(DebugStepResult::Finished(Ok(_))) => break,
                    step => panic!("{step:?}"),
                }
            }
            done.store(true, Ordering::Relaxed);
        });
        assert_eq!(stops, expected);
        assert!(interrupts > 0);
    }
}

#[test]
fn going_ahead_to_a_breakpoint_makes_frames_stale() {
    let (mut store, module, _, run) = instance(REGION);
    let (mut session, _) = stopped_at(&mut store, &module, run, LOCAL_GET);
    let frame = session.frames().next().unwrap();
    session
        .edit_breakpoints(|breakpoints| breakpoints.add(&module, first(&module, I32_ADD)))
        .unwrap();
    assert!(frame.wasm_pc().is_ok());
    hit(&mut session);
    assert!(matches!(frame.wasm_pc(), Err(Error::StaleFrame)));
}

#[test]
fn places_are_those_of_one_store() {
    let engine = engine();
    let module = Module::new(&engine, REGION).unwrap();
    let [load, mul] = [I32_LOAD, I32_MUL].map(|opcode| first(&module, opcode));
    let mut stores: Vec<_> = [load, mul, mul]
        .into_iter()
        .map(|at| {
            let mut store = Store::new(&engine, ());
            let add = |store: &mut Store<()>| {
                let placed = store.edit_breakpoints(|breakpoints| breakpoints.add(&module, at));
                assert_eq!(placed.unwrap(), at);
            };
            // Before the module is instantiated or after.
            if at == load {
                add(&mut store);
            }
            let instance = Instance::new(&mut store, &module, &[]).unwrap();
            let run = instance.get_func(&store, "run").unwrap();
            if at != load {
                add(&mut store);
            }
            (store, run, at)
        })
        .collect();
    stores[2]
        .0
        .edit_breakpoints(|breakpoints| breakpoints.clear())
        .unwrap();
    let calls = stores.iter_mut().map(|(store, run, at)| {
        let session = DebugSession::call(store, *run, &[Val::I32(8)]).unwrap();
        (session, *at)
    });
    let mut calls: Vec<_> = calls.collect();
    let (mut unstopped, _) = calls.pop().unwrap();
    for (session, at) in &mut calls {
        assert_eq!(hit(session), *at);
    }
    assert_eq!(result(&mut unstopped), 5);
    for (session, _) in &mut calls {
        assert_eq!(result(session), 5);
    }
}

#[test]
fn thousands_of_breakpoints_in_regions_come_and_go() {
    let (mut store, module, run) = {
        let body = "(local.set $x (i32.add (local.get $x) (i32.const 1)))".repeat(30);
        let functions: String = (0..100)
            .map(|at| format!("(func (local $x i32) {body} (call {}))", at + 1))
            .collect();
        let wat = format!(r#"(module {functions} (func) (export "run" (func 0)))"#);
        let (store, module, _, run) = instance(&wat);
        (store, module, run)
    };
    let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
    let count = add_all(&mut session, &module);
    assert!(count > 12_000, "{count}");
    let mut hits: Vec<u32> = (0..count).map(|_| hit(&mut session)).collect();
    hits.sort_unstable();
    assert_eq!(hits, module.debug_places());
    session
        .edit_breakpoints(|breakpoints| breakpoints.clear())
        .unwrap();
    assert_eq!(name(&block_on(session.next())), "returned");
}

#[test]
fn breakpoints_of_guests_without_state_slip_to_the_next_point() {
    let engine = Engine::new(Config::new().observe(Observe::Stacks)).unwrap();
    let module = Module::new(&engine, GUEST).unwrap();
    let exact = Module::new(&self::engine(), GUEST).unwrap();
    let mut store = Store::new(&engine, ());
    let (points, places) = (module.debug_places(), exact.debug_places());
    assert!(points.len() * 2 < places.len());
    assert!(points.iter().all(|point| places.contains(point)));
    for place in places {
        let next = points.iter().find(|&&point| point >= place).copied();
        let placed = store.edit_breakpoints(|breakpoints| breakpoints.add(&module, place));
        match placed {
            Ok(placed) => assert_eq!(Some(placed), next),
            Err(Error::NoPoint(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn a_write_to_what_was_read_on_paper_is_refused_until_it_is_undone() {
    let (mut store, module, instance, run) = instance(REGION);
    let memory = instance.debug_memory(&store, 0).unwrap();
    let global = instance.debug_global(&store, 0).unwrap();
    memory.data_mut(&mut store)[8] = 7;
    // Behind the load and ahead of `global.get`: an operand; behind `local.set`: a local.
    for (opcode, what) in [(GLOBAL_GET, "operand 0"), (I32_CONST, "local 0")] {
        let (mut session, at) = stopped_at(&mut store, &module, run, opcode);
        for step in 0..4 {
            memory.data_mut(session.store_mut().unwrap())[8] = 9;
            let refused = match step {
                0 => block_on(session.next()),
                1 => block_on(session.step()),
                2 => block_on(session.step_over()),
                _ => block_on(session.step_out()),
            };
            let Some(DebugStepResult::Refused(Error::LateWrite(changed))) = refused else {
                panic!("{refused:?}");
            };
            assert_eq!(changed, what);
            assert_eq!(place(&session).0, at);
        }
        // What was read is what counts, not who has written how often.
        memory.data_mut(session.store_mut().unwrap())[8] = 7;
        // Nor does it matter what else is written.
        memory.data_mut(session.store_mut().unwrap())[20] = 1;
        if opcode == GLOBAL_GET {
            global
                .set(session.store_mut().unwrap(), Val::I32(6))
                .unwrap();
        }
        let expected = if opcode == GLOBAL_GET { 13 } else { 12 };
        assert_eq!(result(&mut session), expected);
        drop(session);
        global.set(&mut store, Val::I32(5)).unwrap();
        store
            .edit_breakpoints(|breakpoints| breakpoints.clear())
            .unwrap();
    }
    // Ahead of the load nothing was read.
    let (mut session, _) = stopped_at(&mut store, &module, run, I32_LOAD);
    memory.data_mut(session.store_mut().unwrap())[8] = 9;
    global
        .set(session.store_mut().unwrap(), Val::I32(1))
        .unwrap();
    assert_eq!(result(&mut session), 10);
}

#[test]
fn a_write_that_would_have_an_operator_trap_that_has_not_is_refused() {
    let wat = r#"(module (memory 1)
        (func (export "run") (param i32) (result i32)
            (drop (i32.div_u (i32.const 1) (i32.load (local.get 0))))
            (i32.const 3)))"#;
    let (mut store, module, instance, run) = instance(wat);
    let memory = instance.debug_memory(&store, 0).unwrap();
    memory.data_mut(&mut store)[8] = 1;
    let (mut session, _) = stopped_at(&mut store, &module, run, DROP);
    // The quotient is gone with the next step, and with it what could differ.
    step(&mut session);
    memory.data_mut(session.store_mut().unwrap())[8] = 2;
    step(&mut session);
    memory.data_mut(session.store_mut().unwrap())[8] = 0;
    let refused = block_on(session.next());
    assert!(
        matches!(&refused, Some(DebugStepResult::Refused(Error::LateWrite(what)))
            if what.starts_with("what the operator at")),
        "{refused:?}"
    );
    memory.data_mut(session.store_mut().unwrap())[8] = 3;
    assert_eq!(result(&mut session), 3);
}

#[test]
fn a_late_write_of_a_handler_fails_the_call() {
    let (mut store, module, instance, run) = instance(REGION);
    let memory = instance.debug_memory(&store, 0).unwrap();
    let at = first(&module, GLOBAL_GET);
    store
        .edit_breakpoints(|breakpoints| breakpoints.add(&module, at))
        .unwrap();
    let writes = Arc::new(AtomicBool::new(true));
    let asked = writes.clone();
    store.set_debug_handler(move |mut guest, event| {
        let value = u8::from(asked.load(Ordering::Relaxed));
        Box::new(async move {
            if let DebugStepResult::Breakpoint(_) = event {
                memory.data_mut(guest.store_mut())[8] = value;
            }
            Ok::<(), Error>(())
        })
    });
    let mut results = [Val::I32(0)];
    let failed = block_on(run.call_async(&mut store, &[Val::I32(8)], &mut results));
    assert!(matches!(failed, Err(Error::LateWrite(_))), "{failed:?}");
    writes.store(false, Ordering::Relaxed);
    memory.data_mut(&mut store)[8] = 0;
    block_on(run.call_async(&mut store, &[Val::I32(8)], &mut results)).unwrap();
    assert_eq!(results[0].unwrap_i32(), 5);
}
