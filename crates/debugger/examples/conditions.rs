//! What a condition that is false costs: runs a million hits of a breakpoint with conditions, and
//! with a hit count only, and prints the time of each hit.
#![allow(missing_docs)]

use std::path::Path;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
use trapline::{Config, DebugSession, Engine, Linker, Module, Observe, Store};
use trapline_debugger::{
    BreakpointKind, BreakpointSettings, Debuggee, Debugger, Resume, StopReason,
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
    let mut resume = pin!(debuggee.resume(Resume::Continue));
    let mut context = Context::from_waker(Waker::noop());
    match resume.as_mut().poll(&mut context) {
        Poll::Ready(stop) => assert!(
            matches!(
                stop.reason,
                StopReason::Breakpoint { .. } | StopReason::Finished(_) | StopReason::HostError(_)
            ),
            "{stop:?}"
        ),
        Poll::Pending => unreachable!("nothing waits"),
    }
    begin.elapsed()
}
