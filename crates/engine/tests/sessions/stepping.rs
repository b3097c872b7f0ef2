//! Stepping by instructions.

use crate::common::block_on;
use trapline::{
    Config, DebugSession, DebugStepResult, Engine, Func, Instance, Module, Observe, Store,
};

/// Calls, tail calls, loops, branches of all kinds, blocks with parameters, exceptions, effects.
pub const GUEST: &str = r#"(module
    (memory 1)
    (global $g (mut i32) (i32.const 3))
    (table funcref (elem $double $count))
    (type $unary (func (param i32) (result i32)))
    (tag $odd (param i32))
    (func $double (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
    (func $count (param i32) (result i32)
        (if (i32.eqz (local.get 0)) (then (return (global.get $g))))
        (global.set $g (i32.add (global.get $g) (i32.const 1)))
        (return_call $count (i32.sub (local.get 0) (i32.const 1))))
    (func $throw (param i32) (result i32)
        (if (i32.and (local.get 0) (i32.const 1)) (then (throw $odd (local.get 0))))
        (local.get 0))
    (func $try (param i32) (result i32)
        (block $caught (result i32)
            (return (try_table (result i32) (catch $odd $caught) (call $throw (local.get 0)))))
        (i32.add (i32.const 100)))
    (func $arms (param i32) (result i32)
        (i32.const 7)
        (local.get 0)
        (if (param i32) (result i32) (then (i32.add (i32.const 1))) (else drop (i32.const 9)))
        (block $two (param i32) (result i32)
            (block $one (param i32) (result i32)
                (br_table $one $two $one (local.get 0)))
            (i32.add (i32.const 40))))
    (func (export "run") (local $i i32) (local $sum i64)
        (loop $next
            (i32.store (i32.shl (local.get $i) (i32.const 2))
                (call_indirect (type $unary)
                    (local.get $i) (i32.and (local.get $i) (i32.const 1))))
            (local.set $sum (i64.add (local.get $sum)
                (i64.extend_i32_u (call $arms (local.get $i)))))
            (drop (call $try (local.get $i)))
            (memory.fill (i32.const 100) (local.get $i) (i32.const 30))
            (local.tee $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $next (i32.lt_u (i32.const 5)))
            nop)))"#;

pub fn guest(config: &Config) -> (Store<()>, Module, Func) {
    let engine = Engine::new(config).unwrap();
    let module = Module::new(&engine, GUEST).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let run = instance.get_func(&mut store, "run").unwrap();
    (store, module, run)
}

/// Where the innermost frame is, and how many operands it has.
pub fn place(session: &DebugSession<'_, ()>) -> (u32, usize) {
    let frame = session.frames().next().unwrap();
    let pc = frame.wasm_pc().unwrap().unwrap();
    (pc, frame.operands(session).unwrap().len())
}

/// All instructions that run, as breakpoints at each of them tell, in code that has a place for one
/// at each.
pub fn all_instructions() -> Vec<(u32, usize)> {
    let mut config = Config::new();
    config.observe(Observe::State).observe_reference(true);
    let (mut store, module, run) = guest(&config);
    let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
    session
        .edit_breakpoints(|breakpoints| {
            let mut places = module.debug_places().into_iter();
            places.try_for_each(|place| breakpoints.add(&module, place).map(drop))
        })
        .unwrap();
    let mut all = Vec::new();
    loop {
        match block_on(session.next()) {
            Some(DebugStepResult::Breakpoint(_)) => all.push(place(&session)),
            Some(DebugStepResult::Exception(_)) => {}
            Some(DebugStepResult::Finished(Ok(_))) => return all,
            step => panic!("{step:?}"),
        }
    }
}

#[test]
fn each_instruction_that_runs_is_a_step() {
    let expected = all_instructions();
    assert!(expected.len() > 300, "{}", expected.len());
    let (mut store, _, run) = guest(Config::new().observe(Observe::State));
    let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
    let mut steps = Vec::new();
    loop {
        match block_on(session.step()) {
            Some(DebugStepResult::Step) => steps.push(place(&session)),
            Some(DebugStepResult::Exception(_)) => {}
            Some(DebugStepResult::Finished(Ok(_))) => break,
            step => panic!("{step:?}"),
        }
    }
    let differs = steps
        .iter()
        .zip(&expected)
        .position(|(step, expected)| step != expected);
    assert_eq!(differs, None, "{:x?}", &steps[differs.unwrap_or(0)..][..1]);
    assert_eq!(steps.len(), expected.len());
}

/// The places of nested loops stand side by side in the code.
#[test]
fn no_instruction_is_passed_over_that_comes_with_nothing_in_between() {
    let engine = Engine::new(Config::new().observe(Observe::State)).unwrap();
    let wat = r#"(module (func (export "run")
        (loop (loop (loop nop)) (loop nop)) nop))"#;
    let module = Module::new(&engine, wat).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let run = instance.get_func(&mut store, "run").unwrap();
    let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
    let mut steps = Vec::new();
    while let Some(DebugStepResult::Step) = block_on(session.step()) {
        steps.push(place(&session).0);
    }
    assert_eq!(steps, module.debug_places());
}

#[test]
fn a_guest_that_was_stepped_goes_on_as_if_it_had_not_been() {
    let (mut store, _, run) = guest(Config::new().observe(Observe::State));
    for stop in 0..60 {
        let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
        for _ in 0..stop {
            let step = block_on(session.step());
            assert!(matches!(step, Some(DebugStepResult::Step)), "{step:?}");
        }
        loop {
            match block_on(session.next()) {
                Some(DebugStepResult::Exception(_)) => {}
                Some(DebugStepResult::Finished(Ok(_))) => break,
                step => panic!("{step:?}"),
            }
        }
        assert!(block_on(session.step()).is_none());
    }
}

#[test]
fn a_step_makes_frames_stale() {
    let (mut store, _, run) = guest(Config::new().observe(Observe::State));
    let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
    for _ in 0..20 {
        block_on(session.step());
        let frame = session.frames().next().unwrap();
        assert!(frame.wasm_pc().is_ok());
        block_on(session.step());
        assert!(frame.wasm_pc().is_err());
    }
}

#[test]
fn engines_that_observe_nothing_refuse_to_step() {
    let (mut store, _, run) = guest(&Config::new());
    let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
    let step = block_on(session.step());
    assert!(
        matches!(step, Some(DebugStepResult::Refused(_))),
        "{step:?}"
    );
}
