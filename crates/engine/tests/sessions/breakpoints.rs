//! Breakpoints: where they are, whom they stop, and whom not.

use crate::common::{block_on, poll_once};
use crate::support::{Guest, HostFrames, TRAP, WAIT, name};
use std::pin::pin;
use trapline::{
    Config, DebugSession, DebugStepResult, Engine, Error, Instance, Module, Observe, Store, Val,
};

fn engine(observe: Observe) -> Engine {
    Engine::new(Config::new().observe(observe)).unwrap()
}

/// Sorts numbers in memory, which the host finds there afterwards.
const SORT: &str = r#"(module
    (memory (export "memory") 1)
    (func $fill (param $i i32) (param $x i32)
        (loop $next
            (local.set $x (i32.add (i32.mul (local.get $x) (i32.const 1103515245)) (i32.const 12345)))
            (i32.store (i32.shl (local.get $i) (i32.const 2)) (local.get $x))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $next (i32.lt_u (local.get $i) (i32.const 40)))))
    (func $swap (param $a i32) (param $b i32) (local $x i32)
        (local.set $x (i32.load (local.get $a)))
        (i32.store (local.get $a) (i32.load (local.get $b)))
        (i32.store (local.get $b) (local.get $x)))
    (func (export "run") (result i64) (local $i i32) (local $j i32) (local $sum i64)
        (call $fill (i32.const 0) (i32.const 7))
        (loop $outer
            (local.set $j (i32.const 0))
            (loop $inner
                (if (i32.gt_u (i32.load (local.get $j)) (i32.load offset=4 (local.get $j)))
                    (then (call $swap (local.get $j) (i32.add (local.get $j) (i32.const 4)))))
                (local.set $j (i32.add (local.get $j) (i32.const 4)))
                (br_if $inner (i32.lt_u (local.get $j) (i32.const 156))))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $outer (i32.lt_u (local.get $i) (i32.const 40))))
        (loop $add
            (local.set $sum (i64.add (i64.rotl (local.get $sum) (i64.const 5))
                (i64.load32_u (local.get $j))))
            (local.set $j (i32.sub (local.get $j) (i32.const 4)))
            (br_if $add (i32.gt_s (local.get $j) (i32.const 0))))
        (local.get $sum)))"#;

/// Every place in a module where a breakpoint can be.
fn all_places<T: 'static>(store: &mut Store<T>, module: &Module) -> Vec<u32> {
    let mut places = Vec::new();
    store
        .edit_breakpoints(|breakpoints| {
            for pc in module.code_section_offset()..module.wasm().len() as u32 {
                match breakpoints.add(module, pc) {
                    Ok(place) => places.push(place),
                    Err(Error::NoPoint(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            places.dedup();
            assert_eq!(breakpoints.of_module(module), places);
            breakpoints.clear()
        })
        .unwrap();
    places
}

fn instance(engine: &Engine, wat: &str) -> (Store<()>, Module, Instance) {
    let module = Module::new(engine, wat).unwrap();
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    (store, module, instance)
}

/// Runs a session to its end. Returns where it stopped, and the results.
fn run_through<T: 'static>(session: &mut DebugSession<'_, T>) -> (Vec<u32>, Vec<Val>) {
    let mut stops = Vec::new();
    loop {
        match block_on(session.next()) {
            Some(DebugStepResult::Breakpoint(hit)) => {
                let frame = session.frames().next().unwrap();
                assert_eq!(frame.wasm_pc().unwrap(), Some(hit.wasm_pc));
                stops.push(hit.wasm_pc);
            }
            Some(DebugStepResult::Finished(Ok(results))) => return (stops, results),
            step => panic!("{step:?}"),
        }
    }
}

#[test]
fn stopping_everywhere_changes_nothing() {
    for observe in [Observe::Stacks, Observe::State] {
        let engine = engine(observe);
        let (mut store, module, instance) = instance(&engine, SORT);
        let run = instance.get_func(&store, "run").unwrap();
        let mut expected = [Val::I64(0)];
        run.call(&mut store, &[], &mut expected).unwrap();
        let memory = instance.get_memory(&store, "memory").unwrap();
        let contents = memory.data(&store).to_vec();

        let places = all_places(&mut store, &module);
        assert!(places.len() > 10);
        memory.data_mut(&mut store).fill(0);
        let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
        session
            .edit_breakpoints(|breakpoints| {
                places.iter().try_for_each(|&pc| {
                    assert_eq!(breakpoints.add(&module, pc)?, pc);
                    Ok(())
                })
            })
            .unwrap();
        let (mut stops, results) = run_through(&mut session);
        drop(session);
        assert_eq!(results[0].unwrap_i64(), expected[0].unwrap_i64());
        assert!(memory.data(&store) == contents);
        assert!(stops.len() > 4_000, "{}", stops.len());
        stops.sort_unstable();
        stops.dedup();
        assert_eq!(stops, places, "each was reached");
    }
}

#[test]
fn a_breakpoint_stops_before_its_instruction() {
    let engine = engine(Observe::Stacks);
    let (mut store, module, instance) = instance(&engine, SORT);
    let run = instance.get_func(&store, "run").unwrap();
    // The second store in `$swap`: its first must have been done.
    let stores = |opcode: u8| {
        let bytes = module.wasm().windows(3).enumerate();
        let at = bytes.filter(move |(_, bytes)| *bytes == [opcode, 2, 0]);
        at.map(|(at, _)| at as u32).collect::<Vec<_>>()
    };
    let first_store = stores(0x36)[1];
    let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
    let at = session
        .edit_breakpoints(|breakpoints| breakpoints.add(&module, first_store + 1))
        .unwrap();
    assert!(at > first_store, "it slips forward");
    assert!(
        matches!(block_on(session.next()), Some(DebugStepResult::Breakpoint(hit))
        if hit.wasm_pc == at && hit.module.same(&module))
    );
    let functions: Vec<_> = session
        .frames()
        .map(|frame| frame.function().unwrap())
        .collect();
    assert_eq!(functions, [1, 2]);
    // Both elements are the same now.
    let memory = instance
        .get_memory(session.store().unwrap(), "memory")
        .unwrap();
    let bytes = memory.data(session.store().unwrap());
    let word = |index: usize| &bytes[4 * index..4 * index + 4];
    assert!((0..39).any(|index| word(index) == word(index + 1)));
    // Taken away while the guest stands on it.
    assert!(
        session
            .edit_breakpoints(|breakpoints| breakpoints.remove(&module, at))
            .unwrap()
    );
    assert!(
        !session
            .edit_breakpoints(|breakpoints| breakpoints.remove(&module, at))
            .unwrap()
    );
    let (stops, _) = run_through(&mut session);
    assert!(stops.is_empty());
}

#[test]
fn places_without_an_instruction_are_refused() {
    let (mut store, module, _) = instance(&engine(Observe::Stacks), SORT);
    let end = module.wasm().len() as u32;
    let beyond = store.edit_breakpoints(|breakpoints| breakpoints.add(&module, end));
    assert!(matches!(beyond, Err(Error::NoPoint(pc)) if pc == end));
    let (mut store, module, _) = instance(&engine(Observe::None), SORT);
    let unobserved = store.edit_breakpoints(|breakpoints| breakpoints.add(&module, 60));
    assert!(matches!(unobserved, Err(Error::NotObserved)));
    let (mut other, _, _) = instance(&engine(Observe::Stacks), SORT);
    let foreign = other.edit_breakpoints(|breakpoints| breakpoints.add(&module, 60));
    assert!(matches!(foreign, Err(Error::Signature(_))));
}

#[test]
fn breakpoints_of_a_store_are_its_own() {
    let engine = engine(Observe::Stacks);
    let (mut store, module, instance) = instance(&engine, SORT);
    let mut other = Store::new(&engine, ());
    let other_instance = Instance::new(&mut other, &module, &[]).unwrap();
    let run = instance.get_func(&store, "run").unwrap();
    let other_run = other_instance.get_func(&other, "run").unwrap();
    let places = all_places(&mut store, &module);
    store
        .edit_breakpoints(|breakpoints| breakpoints.add(&module, places[3]))
        .unwrap();
    other
        .edit_breakpoints(|breakpoints| breakpoints.add(&module, places[5]))
        .unwrap();
    let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
    let mut other_session = DebugSession::call(&mut other, other_run, &[]).unwrap();
    let stops = run_through(&mut session).0;
    assert!(stops.iter().all(|&pc| pc == places[3]) && !stops.is_empty());
    let stops = run_through(&mut other_session).0;
    assert!(stops.iter().all(|&pc| pc == places[5]) && !stops.is_empty());
}

#[test]
fn stores_with_breakpoints_run_on_several_threads() {
    let engine = engine(Observe::Stacks);
    let (mut store, module, _) = instance(&engine, SORT);
    let places = all_places(&mut store, &module);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (engine, module, places) = (&engine, &module, &places);
            scope.spawn(move || {
                let mut store = Store::new(engine, ());
                let instance = Instance::new(&mut store, module, &[]).unwrap();
                let run = instance.get_func(&store, "run").unwrap();
                for &place in places.iter().skip(thread) {
                    store
                        .edit_breakpoints(|breakpoints| {
                            breakpoints.clear()?;
                            breakpoints.add(module, place)
                        })
                        .unwrap();
                    let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
                    let (stops, _) = run_through(&mut session);
                    assert!(!stops.is_empty() && stops.iter().all(|&pc| pc == place));
                }
            });
        }
    });
}

#[test]
fn a_breakpoint_can_be_placed_before_its_module_is_instantiated() {
    let engine = engine(Observe::Stacks);
    let module = Module::new(&engine, SORT).unwrap();
    let mut store = Store::new(&engine, ());
    let start = module.code_section_offset();
    let at = store
        .edit_breakpoints(|breakpoints| breakpoints.add(&module, start))
        .unwrap();
    for _ in 0..2 {
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let run = instance.get_func(&store, "run").unwrap();
        let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
        assert_eq!(run_through(&mut session).0, [at]);
    }
}

#[test]
fn calls_that_nobody_watches_pass_breakpoints() {
    let engine = engine(Observe::Stacks);
    let (mut store, module, instance) = instance(&engine, SORT);
    let run = instance.get_typed_func::<(), i64>(&store, "run").unwrap();
    let expected = run.call(&mut store, ()).unwrap();
    let places = all_places(&mut store, &module);
    store
        .edit_breakpoints(|breakpoints| {
            let mut places = places.iter();
            places.try_for_each(|&pc| breakpoints.add(&module, pc).map(drop))
        })
        .unwrap();
    assert_eq!(run.call(&mut store, ()).unwrap(), expected);
    assert_eq!(block_on(run.call_async(&mut store, ())).unwrap(), expected);
}

#[test]
fn breakpoints_work_in_code_that_was_mapped_from_a_file() {
    let engine = engine(Observe::State);
    let compiled = Module::new(&engine, SORT).unwrap();
    let path = std::env::temp_dir().join(format!("trapline-breakpoints-{}", std::process::id()));
    std::fs::write(&path, compiled.serialize().unwrap()).unwrap();
    let module = Module::deserialize_file(&engine, &path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let run = instance.get_func(&store, "run").unwrap();
    let places = all_places(&mut store, &module);
    store
        .edit_breakpoints(|breakpoints| breakpoints.add(&module, places[0]))
        .unwrap();
    let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
    assert_eq!(run_through(&mut session).0, [places[0]]);
}

/// Thousands of functions over several chunks of code.
#[test]
fn thousands_of_breakpoints_come_and_go() {
    let functions: String = (0..3000)
        .map(|at| {
            format!(
                "(func (i32.store (i32.const {at}) (i32.const 1)) (call {}))",
                at + 1
            )
        })
        .collect();
    let wat = format!(r#"(module (memory 1) {functions} (func) (export "run" (func 0)))"#);
    let engine = engine(Observe::Stacks);
    let (mut store, module, instance) = instance(&engine, &wat);
    let run = instance.get_func(&store, "run").unwrap();
    let places = all_places(&mut store, &module);
    assert!(places.len() >= 6000);
    for _ in 0..2 {
        let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
        session
            .edit_breakpoints(|breakpoints| {
                let mut places = places.iter();
                places.try_for_each(|&pc| breakpoints.add(&module, pc).map(drop))
            })
            .unwrap();
        // Some are met on the way back.
        let mut stops = Vec::new();
        for _ in &places {
            match block_on(session.next()) {
                Some(DebugStepResult::Breakpoint(hit)) => stops.push(hit.wasm_pc),
                step => panic!("{step:?}"),
            }
        }
        stops.sort_unstable();
        assert_eq!(stops, places);
        session
            .edit_breakpoints(|breakpoints| {
                places.iter().try_for_each(|&pc| {
                    assert!(breakpoints.remove(&module, pc)?);
                    Ok(())
                })
            })
            .unwrap();
        assert_eq!(name(&block_on(session.next())), "returned");
        drop(session);
        let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
        assert!(run_through(&mut session).0.is_empty());
    }
}

#[test]
fn no_memory_is_writable_and_executable() {
    let engine = engine(Observe::Stacks);
    let (mut store, module, _instance) = instance(&engine, SORT);
    store
        .edit_breakpoints(|breakpoints| breakpoints.add(&module, module.code_section_offset()))
        .unwrap();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    assert!(maps.lines().any(|line| line.contains("wasm-patched-code")));
    for line in maps.lines() {
        let access = line.split_whitespace().nth(1).unwrap();
        assert!(!(access.contains('w') && access.contains('x')), "{line}");
    }
}

/// The guest of the other tests, with a breakpoint where `leaf` begins.
fn nested() -> (Guest, u32) {
    let engine = engine(Observe::State);
    let mut guest = Guest::of(&engine, HostFrames::default());
    let place = guest.break_at_leaf();
    (guest, place)
}

#[test]
fn a_session_can_be_dropped_or_moved_at_a_breakpoint() {
    for sync in [0, 0b11] {
        let (mut guest, _) = nested();
        let mut session = guest.session(2, sync, TRAP);
        assert_eq!(name(&block_on(session.next())), "breakpoint");
        assert_eq!(session.frames().count(), 6);
        drop(session);
        guest.assert_usable();
        let mut session = guest.session(2, sync, TRAP);
        assert_eq!(name(&block_on(session.next())), "breakpoint");
        let step =
            std::thread::scope(|scope| scope.spawn(|| block_on(session.next())).join().unwrap());
        assert_eq!(name(&step), if sync == 0 { "trap" } else { "pinned" });
        drop(session);
        guest.assert_usable();
    }
}

#[test]
fn a_guest_that_goes_on_after_a_breakpoint_can_wait() {
    let (mut guest, _) = nested();
    let module = guest.module.clone();
    let mut session = guest.session(3, 0, WAIT);
    assert_eq!(name(&block_on(session.next())), "breakpoint");
    let mut polls = 0;
    loop {
        polls += 1;
        let poll = std::thread::scope(|scope| {
            scope
                .spawn(|| poll_once(pin!(session.next())))
                .join()
                .unwrap()
        });
        match poll {
            std::task::Poll::Pending => {
                let refused = session.edit_breakpoints(|breakpoints| breakpoints.add(&module, 0));
                assert!(matches!(refused, Err(Error::BusySession)));
            }
            std::task::Poll::Ready(step) => {
                assert_eq!((name(&step), polls), ("returned", 4));
                break;
            }
        }
    }
    drop(session);
    guest.assert_usable();
}

#[test]
fn a_breakpoint_can_be_met_at_the_end_of_the_stack() {
    let (mut guest, place) = nested();
    let mut session = guest.session(1, 0, crate::support::OVERFLOW);
    let mut hits = 0;
    loop {
        match block_on(session.next()) {
            Some(DebugStepResult::Breakpoint(hit)) => {
                assert_eq!(hit.wasm_pc, place);
                hits += 1;
            }
            step => {
                assert_eq!(name(&step), "trap");
                break;
            }
        }
    }
    assert!(hits > 10_000, "{hits}");
    assert!(session.frames().count() >= hits);
    assert_eq!(name(&block_on(session.next())), "failed");
    drop(session);
    guest.assert_usable();
}
