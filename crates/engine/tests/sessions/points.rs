//! Points that are prefixes of the instructions after them.

use crate::common::block_on;
use trapline::{
    Config, DebugSession, DebugStepResult, Engine, Instance, Module, Observe, Store, TrapInfo, Val,
};

/// Guests that trap in the first instruction behind a point, or behind several.
const TRAPS: [&str; 5] = [
    // A store behind a store.
    "(i32.store (i32.const 0) (local.get 0)) (i32.store (local.get 0) (i32.const 1))",
    // A load behind a store.
    "(i32.store (i32.const 0) (local.get 0)) (drop (i32.load (local.get 0)))",
    // Nothing between the points of the headers.
    "(loop (loop (loop (loop unreachable))))",
    "(loop (loop (loop (i32.store (local.get 0) (i32.const 1)))))",
    // The arms begin with a point each.
    "(if (local.get 0) (then (i32.store (local.get 0) (i32.const 1))) (else unreachable))",
];

/// The trap of a guest, and how often it stopped before.
fn run(observe: Observe, body: &str, everywhere: bool) -> (TrapInfo, usize) {
    let engine = Engine::new(Config::new().observe(observe)).unwrap();
    let wat = format!(r#"(module (memory 1) (func (export "run") (param i32) {body}))"#);
    let module = Module::new(&engine, &wat).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    if everywhere {
        let end = module.wasm().len() as u32;
        store
            .edit_breakpoints(|breakpoints| {
                for pc in module.code_section_offset()..end {
                    // There is none behind the last.
                    let _ = breakpoints.add(&module, pc);
                }
                Ok(())
            })
            .unwrap();
    }
    let run = instance.get_func(&mut store, "run").unwrap();
    let mut session = DebugSession::call(&mut store, run, &[Val::I32(0x7fff_fff0)]).unwrap();
    let mut stops = 0;
    loop {
        match block_on(session.next()) {
            Some(DebugStepResult::Breakpoint(_)) => stops += 1,
            Some(DebugStepResult::Trap(info)) => {
                let frame = session.frames().next().unwrap();
                assert_eq!(frame.wasm_pc().unwrap(), info.wasm_pc, "in {body}");
                return (info, stops);
            }
            other => panic!("{other:?} in {body}"),
        }
    }
}

#[test]
fn a_trap_right_behind_a_point_is_that_of_its_own_operator() {
    for body in TRAPS {
        let (expected, _) = run(Observe::None, body, false);
        for observe in [Observe::Stacks, Observe::State] {
            for everywhere in [false, true] {
                let (info, stops) = run(observe, body, everywhere);
                let case = format!("{observe:?}, breakpoints {everywhere}, {body}");
                assert_eq!(info.trap, expected.trap, "{case}");
                assert_eq!(info.wasm_pc, expected.wasm_pc, "{case}");
                assert_eq!(info.fault, expected.fault, "{case}");
                assert_eq!(stops > 1, everywhere, "{case}: {stops} stops");
            }
        }
    }
}
