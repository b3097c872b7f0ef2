//! The source-level debugger: what a condition costs, and a step over a long call.

use crate::clock::{Clock, Seconds};
use crate::poll::block_on;
use anyhow::{Context as _, Result, ensure};
use std::path::Path;
use trapline::{Config, DebugSession, Engine, Instance, Linker, Module, Observe, Store};
use trapline_debugger::{
    BreakpointKind, BreakpointSettings, Debuggee, Debugger, Resume, StopReason,
};
use trapline_wasi::{OutputPipe, WasiCtx, WasiCtxBuilder, add_to_linker};

/// How often the guest comes by the line with the breakpoint.
const HITS: u32 = 1_000_000;

/// Conditions that are never true.
const CONDITIONS: [&str; 3] = ["i == -1", "total < 0", "i % 10 == 9 && total < 5"];

/// A function that makes a billion instructions, 21 a round, and one that calls it.
const LONG_CALL: &str = r#"(module
    (memory 1)
    (func $long (param $rounds i32) (local $x i32)
        (local.set $x (i32.const 1))
        (loop $again
            (local.set $x (i32.xor (local.get $x) (i32.shl (local.get $x) (i32.const 13))))
            (i32.store
                (i32.and (local.get $x) (i32.const 0xfffc))
                (i32.add (i32.load (i32.and (local.get $x) (i32.const 0xfffc))) (local.get $x)))
            (br_if $again
                (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1))))))
    (func (export "run")
        (call $long (i32.const 50000000))
        nop))"#;

#[derive(clap::Args)]
pub struct Args {
    /// How often to measure everything; what is told is the median
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// The clock to read
    #[arg(long, value_enum, default_value_t = Clock::Wall)]
    clock: Clock,
}

/// Measures, and prints what there is to say.
pub fn run(args: &Args) -> Result<()> {
    let median = |measure: &dyn Fn() -> Result<Seconds>| -> Result<Seconds> {
        let mut all = (0..args.rounds.max(1))
            .map(|_| measure())
            .collect::<Result<Vec<_>>>()?;
        all.sort_by(Seconds::total_cmp);
        Ok(all[all.len() / 2])
    };
    let microseconds = |time: Seconds| time * 1e6 / f64::from(HITS);

    let bare = median(&|| hits(args.clock, None))?;
    println!("{:6.2} us a hit that does not stop", microseconds(bare));
    for condition in CONDITIONS {
        let time = median(&|| hits(args.clock, Some(condition)))?;
        println!(
            "{:6.2} us with the condition {condition}: {:.2} us more",
            microseconds(time),
            microseconds(time - bare),
        );
    }
    let alone = median(&|| long_call(args.clock, false))?;
    let stepped = median(&|| long_call(args.clock, true))?;
    println!(
        "{:6.1} ms for a call of a billion instructions, {:.1} ms stepped over: {:.3} of it",
        alone * 1e3,
        stepped * 1e3,
        stepped / alone,
    );
    Ok(())
}

/// The time in which a guest comes by a breakpoint a million times that does not stop it.
fn hits(clock: Clock, condition: Option<&str>) -> Result<Seconds> {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/guests");
    let engine = Engine::new(Config::new().observe(Observe::State))?;
    let module = Module::from_file(&engine, guests.join("steps/steps.wasm"))?;
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi)?;
    let stdout = OutputPipe::new(1 << 20);
    let wasi = WasiCtxBuilder::new().stdout(stdout).build();
    let mut store = Store::new(&engine, wasi);
    let instance = linker.instantiate(&mut store, &module)?;
    let start = instance
        .get_func(&mut store, "_start")
        .context("the guest has no `_start`")?;
    let session = DebugSession::call(&mut store, start, &[])?;
    let mut debugger = Debugger::new();
    let mut debuggee = Debuggee::new(&mut debugger, session);
    let mut settings = BreakpointSettings::default();
    settings.condition = condition.map(str::to_owned);
    if condition.is_none() {
        settings.hit_condition = Some(format!("> {HITS}").parse()?);
    }
    let line = BreakpointKind::line("steps.c", 40);
    let breakpoint = debuggee.debugger_mut().add_breakpoint_with(line, settings);
    let (time, stop) = clock.time(|| block_on(debuggee.resume(Resume::Continue)));
    ensure!(
        matches!(
            stop.reason,
            StopReason::Finished(_) | StopReason::HostError(_)
        ),
        "the breakpoint stopped the guest: {stop:?}"
    );
    let breakpoint = debuggee.debugger().breakpoints().get(breakpoint);
    let hits = breakpoint.context("the breakpoint is gone")?.hits();
    let expected = if condition.is_some() { 0 } else { HITS };
    ensure!(
        hits == u64::from(expected),
        "{hits} hits instead of {expected}"
    );
    Ok(time)
}

/// The time of a call that makes a billion instructions, by itself or in a step over.
fn long_call(clock: Clock, step: bool) -> Result<Seconds> {
    let engine = Engine::new(Config::new().observe(Observe::State))?;
    let module = Module::new(&engine, LONG_CALL)?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    let run = instance
        .get_func(&mut store, "run")
        .context("the guest has no `run`")?;
    if !step {
        let (time, result) = clock.time(|| run.call(&mut store, &[], &mut []));
        result?;
        return Ok(time);
    }
    let mut debugger = Debugger::new();
    let session = DebugSession::call(&mut store, run, &[])?;
    let mut debuggee = Debuggee::new(&mut debugger, session);
    // To the constant, and to the call.
    for _ in 0..2 {
        block_on(debuggee.resume(Resume::StepInstruction));
    }
    let (time, stop) = clock.time(|| block_on(debuggee.resume(Resume::StepInstructionOver)));
    ensure!(matches!(stop.reason, StopReason::Step), "{stop:?}");
    Ok(time)
}
