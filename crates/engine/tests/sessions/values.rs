//! Locals and operands at traps.

use crate::common::block_on;
use trapline::{
    Config, DebugSession, DebugStepResult, Engine, Error, Instance, Module, Observe, Store, Trap,
    Val,
};

/// Calls `run` with these arguments, up to the trap. Returns the opcode at which the innermost frame
/// is, its locals and its operands.
fn at_trap(wat: &str, arguments: &[Val]) -> (u8, Vec<i64>, Vec<i64>) {
    let engine = Engine::new(Config::new().observe(Observe::State)).unwrap();
    let module = Module::new(&engine, wat).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let run = instance.get_func(&mut store, "run").unwrap();
    let mut session = DebugSession::call(&mut store, run, arguments).unwrap();
    let step = block_on(session.next());
    let Some(DebugStepResult::Trap(info)) = step else {
        panic!("{step:?}")
    };
    let frame = session.frames().next().unwrap();
    let wasm_pc = frame.wasm_pc().unwrap();
    assert_eq!(info.wasm_pc, wasm_pc);
    let numbers = |values: Vec<trapline::FrameValue>| {
        let number = |value: &trapline::FrameValue| match *value.val() {
            Val::I32(value) => i64::from(value),
            Val::I64(value) => value,
            ref other => panic!("{other:?}"),
        };
        values.iter().map(number).collect()
    };
    (
        module.wasm()[wasm_pc.unwrap() as usize],
        numbers(frame.locals(&session).unwrap()),
        numbers(frame.operands(&session).unwrap()),
    )
}

const I32_LOAD: u8 = 0x28;
const I64_LOAD: u8 = 0x29;
const I32_STORE: u8 = 0x36;
const I32_DIV_U: u8 = 0x6e;

#[test]
fn a_load_that_is_one_instruction_with_what_takes_its_result_traps_by_itself() {
    let wat = r#"(module (memory 1)
        (func (export "run") (param i32 i64) (result i64) (local i64)
            (local.set 2 (i64.const 9))
            (i64.const 3)
            (i64.add (local.get 1) (i64.load offset=4 (local.get 0)))
            i64.sub))"#;
    let (opcode, locals, operands) = at_trap(wat, &[Val::I32(-8), Val::I64(70)]);
    assert_eq!((opcode, locals), (I64_LOAD, vec![-8, 70, 9]));
    assert_eq!(operands, [3, 70, -8]);
}

#[test]
fn of_several_loads_the_one_that_traps_is_found() {
    let wat = r#"(module (memory 1)
        (func (export "run") (param i32 i32) (result i32)
            (i32.add (i32.load (local.get 0)) (i32.load (local.get 1)))
            (i32.xor (i32.load (i32.const 8)))))"#;
    let (opcode, _, operands) = at_trap(wat, &[Val::I32(0), Val::I32(-1)]);
    assert_eq!((opcode, operands), (I32_LOAD, vec![0, -1]));
    let (opcode, _, operands) = at_trap(wat, &[Val::I32(-1), Val::I32(0)]);
    assert_eq!((opcode, operands), (I32_LOAD, vec![-1]));
}

#[test]
fn locals_that_were_set_before_a_trap_are_what_they_were_set_to() {
    let wat = r#"(module (memory 1)
        (func (export "run") (param i32 i32)
            (i32.store (i32.const 16) (i32.const 11))
            (local.set 0 (i32.load (i32.const 16)))
            (local.set 1 (i32.add (local.get 1) (i32.const 1)))
            (i32.store (local.get 1) (i32.const 5))
            (local.set 0 (i32.const 1))))"#;
    let (opcode, locals, operands) = at_trap(wat, &[Val::I32(1), Val::I32(-5)]);
    assert_eq!((opcode, locals), (I32_STORE, vec![11, -4]));
    assert_eq!(operands, [-4, 5]);
}

#[test]
fn a_division_by_zero_shows_what_it_divides() {
    let wat = r#"(module
        (func (export "run") (param i32) (result i32)
            (i32.div_u (i32.add (local.get 0) (i32.const 2)) (i32.sub (local.get 0) (local.get 0)))))"#;
    let (opcode, locals, operands) = at_trap(wat, &[Val::I32(5)]);
    assert_eq!((opcode, locals, operands), (I32_DIV_U, vec![5], vec![7, 0]));
}

#[test]
fn a_function_that_could_not_begin_has_no_values_and_those_that_called_it_have() {
    // So many locals that the frame's own making runs out of stack, not the call.
    let wat = format!(
        r#"(module (func $run (export "run") (param i32) (local{})
            (call $run (i32.add (local.get 0) (i32.const 1)))))"#,
        " i64".repeat(1500)
    );
    let engine = Engine::new(Config::new().observe(Observe::State)).unwrap();
    let module = Module::new(&engine, &wat).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let run = instance.get_func(&mut store, "run").unwrap();
    let mut session = DebugSession::call(&mut store, run, &[Val::I32(0)]).unwrap();
    let step = block_on(session.next());
    assert!(matches!(step, Some(DebugStepResult::Trap(info)) if info.trap == Trap::StackOverflow));
    let mut frames: Vec<_> = session.frames().collect();
    let innermost = frames.remove(0);
    for values in [innermost.locals(&session), innermost.operands(&session)] {
        assert!(matches!(values, Err(Error::NoFrameYet)), "{values:?}");
    }
    assert!(frames.len() > 100);
    for (depth, frame) in frames.iter().rev().enumerate() {
        let locals = frame.locals(&session).unwrap();
        assert_eq!(locals[0].val().unwrap_i32(), depth as i32);
        assert!(
            locals[1..]
                .iter()
                .all(|local| local.val().unwrap_i64() == 0)
        );
        assert!(frame.operands(&session).unwrap().is_empty());
    }
}
