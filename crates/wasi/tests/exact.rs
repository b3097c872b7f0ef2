//! Whether what a debugger reads of real programs is exactly what they compute.
//!
//! The programs are compiled with a reference: each local and operand is also stored as soon as it
//! is there. They are stopped at each of their operators that they come to, the first few times,
//! and everything that can be read of each frame is compared with the reference. In the end a
//! program must have printed what it should.
//!
//! `TRAPLINE_EXACT_HITS` says how often to stop at each operator; 2 if not set. A long run:
//!
//! ```console
//! $ TRAPLINE_EXACT_HITS=2000 cargo test --release -p trapline-wasi --test exact -- --nocapture
//! ```

#[allow(dead_code, reason = "it serves other tests too")]
mod common;

use common::{OUTPUT_LIMIT, copy_folder, corpus, files, linker};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use tempfile::TempDir;
use trapline::{Config, DebugSession, DebugStepResult, Engine, Module, Observe, Store};
use trapline_wasi::{ExitCode, OutputPipe, WasiCtxBuilder};

/// The guests of our own that are compared.
const EXACT_GUESTS: &[&str] = &["exceptions", "hello", "longjmp"];

/// So many of the innermost frames are compared at each stop.
const FRAMES: usize = 4;

/// What was compared.
#[derive(Clone, Copy, Default)]
struct Compared {
    stops: u64,
    values: u64,
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

fn hits() -> u32 {
    match std::env::var("TRAPLINE_EXACT_HITS") {
        Ok(hits) => hits.parse().expect("TRAPLINE_EXACT_HITS is a number"),
        Err(_) => 2,
    }
}

/// Runs a program, and compares at each operator for the first `hits` times.
fn compare(engine: &Engine, wasm: &Path, hits: u32) -> Result<(Compared, Vec<u8>), String> {
    let text = |error: trapline::Error| error.to_string();
    let folder = TempDir::new().map_err(|error| error.to_string())?;
    copy_folder(wasm.parent().unwrap(), folder.path());
    let stdout = OutputPipe::new(OUTPUT_LIMIT);
    let wasi = WasiCtxBuilder::new()
        .arg(wasm.file_name().unwrap().to_str().unwrap())
        .preopened_dir(folder.path(), ".")
        .map_err(|error| error.to_string())?
        .stdout(stdout.clone())
        .stderr(OutputPipe::new(OUTPUT_LIMIT))
        .build();
    let module = Module::from_file(engine, wasm).map_err(text)?;
    let mut store = Store::new(engine, wasi);
    let linker = linker(engine).map_err(text)?;
    let instance = linker.instantiate(&mut store, &module).map_err(text)?;
    let start = instance.get_func(&mut store, "_start").unwrap();
    let mut session = DebugSession::call(&mut store, start, &[]).map_err(text)?;
    session
        .edit_breakpoints(|breakpoints| {
            for place in module.debug_places() {
                breakpoints.add(&module, place)?;
            }
            Ok(())
        })
        .map_err(text)?;
    let mut compared = Compared::default();
    let mut hit: HashMap<u32, u32> = HashMap::new();
    loop {
        match block_on(session.next()) {
            Some(DebugStepResult::Breakpoint(stop)) => {
                compared.stops += 1;
                for frame in session
                    .frames()
                    .filter(|frame| !frame.is_host())
                    .take(FRAMES)
                {
                    compared.values += frame.compare_with_reference(&session).map_err(text)?;
                }
                let times = hit.entry(stop.wasm_pc).or_default();
                *times += 1;
                if *times == hits {
                    session
                        .edit_breakpoints(|breakpoints| breakpoints.remove(&module, stop.wasm_pc))
                        .map_err(text)?;
                }
            }
            Some(DebugStepResult::HostError(_)) => {}
            Some(DebugStepResult::Finished(outcome)) => {
                if let Err(error) = outcome
                    && !matches!(error.downcast_ref(), Some(ExitCode(0)))
                {
                    return Err(error.to_string());
                }
                return Ok((compared, stdout.take()));
            }
            step => return Err(format!("{step:?}")),
        }
    }
}

fn observing(reference: bool) -> Engine {
    let mut config = Config::new();
    config.observe(Observe::State).observe_reference(reference);
    Engine::new(&config).unwrap()
}

#[test]
fn all_locals_and_operands_of_real_programs_are_exact() {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests");
    let mut programs: Vec<PathBuf> = files(&guests, "wasm")
        .into_iter()
        .filter(|wasm| EXACT_GUESTS.contains(&wasm.file_stem().unwrap().to_str().unwrap()))
        .collect();
    assert_eq!(programs.len(), EXACT_GUESTS.len());
    if let Some(suite) = corpus("sightglass") {
        let suite = files(&suite, "wasm").into_iter();
        // The Markdown that it reads is not in the corpus.
        programs.extend(suite.filter(|wasm| !wasm.to_str().unwrap().contains("pulldown")));
    }
    let engine = observing(true);
    let mut all = Compared::default();
    let mut wrong = Vec::new();
    for wasm in programs {
        let name = wasm.file_stem().unwrap().to_str().unwrap().to_owned();
        match compare(&engine, &wasm, hits()) {
            Ok((compared, stdout)) => {
                println!(
                    "{name}: {} values at {} stops",
                    compared.values, compared.stops
                );
                all.stops += compared.stops;
                all.values += compared.values;
                let expected = std::fs::read(wasm.with_extension("stdout.expected"));
                if let Ok(expected) = expected
                    && expected != stdout
                {
                    wrong.push(format!("{name} printed something else"));
                }
            }
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
    }
    println!("in all: {} values at {} stops", all.values, all.stops);
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(all.values > 100_000, "{} values", all.values);
}
