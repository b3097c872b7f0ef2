//! How fast the debugger is.
//!
//! What a condition that is false costs: a million hits of a breakpoint with conditions, and with a hit
//! count only. And what it costs to step over a call that runs a billion instructions, beside the time that
//! the call takes by itself.
#![allow(missing_docs)]

use std::path::Path;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
use trapline::{Config, DebugSession, Engine, Instance, Linker, Module, Observe, Store};
use trapline_debugger::{
    BreakpointKind, BreakpointSettings, Debuggee, Debugger, Resume, Stop, StopReason,
};
use trapline_wasi::{OutputPipe, WasiCtx, WasiCtxBuilder, add_to_linker};

const HITS: u32 = 1_000_000;

fn main() {
    let bare = run(|settings| settings.hit_condition = "== 1000000".parse().ok());
    println!("no condition: {:?} a hit", bare / HITS);
    for condition in [
        "i == 999999",
        "total < 0",
        "i % 1000000 == 999999 && total > 5",
    ] {
        let time = run(|settings| settings.condition = Some(condition.to_owned()));
        let more = time.saturating_sub(bare) / HITS;
        println!("{condition}: {:?} a hit, {more:?} more", time / HITS);
    }
    let (alone, stepped) = (long_call(false), long_call(true));
    println!("a call of a billion instructions: {alone:?} by itself, {stepped:?} stepped over");
}

/// Calls a function that runs a billion instructions, by itself or in a step over.
fn long_call(step: bool) -> Duration {
    let engine = Engine::new(Config::new().observe(Observe::State)).unwrap();
    // Five instructions a round.
    let wat = r#"(module
        (func $long (param i32)
            (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
        (func (export "run") (call $long (i32.const 200000000)) nop))"#;
    let module = Module::new(&engine, wat).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let run = instance.get_func(&mut store, "run").unwrap();
    if !step {
        let begin = Instant::now();
        run.call(&mut store, &[], &mut []).unwrap();
        return begin.elapsed();
    }
    let mut debugger = Debugger::new();
    let session = DebugSession::call(&mut store, run, &[]).unwrap();
    let mut debuggee = Debuggee::new(&mut debugger, session);
    // Ahead of the call.
    for _ in 0..2 {
        resume(&mut debuggee, Resume::StepInstruction);
    }
    let begin = Instant::now();
    let stop = resume(&mut debuggee, Resume::StepInstructionOver);
    let elapsed = begin.elapsed();
    assert!(matches!(stop.reason, StopReason::Step), "{stop:?}");
    elapsed
}

fn resume<T: 'static>(debuggee: &mut Debuggee<'_, '_, T>, how: Resume) -> Stop {
    let mut resume = pin!(debuggee.resume(how));
    let mut context = Context::from_waker(Waker::noop());
    match resume.as_mut().poll(&mut context) {
        Poll::Ready(stop) => stop,
        Poll::Pending => unreachable!("nothing waits"),
    }
}

fn run(edit: impl FnOnce(&mut BreakpointSettings)) -> Duration {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests");
    let engine = Engine::new(Config::new().observe(Observe::State)).unwrap();
    let module = Module::from_file(&engine, guests.join("steps/steps.wasm")).unwrap();
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi).unwrap();
    let wasi = WasiCtxBuilder::new()
        .stdout(OutputPipe::new(1 << 20))
        .build();
    let mut store = Store::new(&engine, wasi);
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let start = instance.get_func(&mut store, "_start").unwrap();
    let session = DebugSession::call(&mut store, start, &[]).unwrap();
    let mut debugger = Debugger::new();
    let mut debuggee = Debuggee::new(&mut debugger, session);
    let mut settings = BreakpointSettings::default();
    edit(&mut settings);
    let line = BreakpointKind::line("steps.c", 40);
    debuggee.debugger_mut().add_breakpoint_with(line, settings);
    let begin = Instant::now();
    let stop = resume(&mut debuggee, Resume::Continue);
    assert!(
        matches!(
            stop.reason,
            StopReason::Breakpoint { .. } | StopReason::Finished(_) | StopReason::HostError(_)
        ),
        "{stop:?}"
    );
    begin.elapsed()
}
