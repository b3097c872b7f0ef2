//! Whether what a debugger reads of real programs is exactly what they compute.
//!
//! The programs are compiled with a reference: each local and operand is also stored as soon as it
//! is there. They are stopped at each of their operators that they come to, the first few times,
//! and everything that can be read of each frame is compared with the reference. In the end a
//! program must have printed what it should.
//!
//! `TRAPLINE_EXACT_HITS` says how often to stop at each operator, 2 if not set; then each program
//! is stopped 1500 times at most. A long run:
//!
//! ```console
//! $ TRAPLINE_EXACT_HITS=100 cargo test --release -p trapline-wasi --test exact -- --nocapture
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

/// How often to stop.
#[derive(Clone, Copy)]
struct Plan {
    /// At each operator.
    hits: u32,
    /// In each program.
    stops: u64,
}

impl Plan {
    fn from_env() -> Plan {
        match std::env::var("TRAPLINE_EXACT_HITS") {
            Ok(hits) => Plan {
                hits: hits.parse().expect("TRAPLINE_EXACT_HITS is a number"),
                stops: u64::MAX,
            },
            Err(_) => Plan {
                hits: 2,
                stops: 1500,
            },
        }
    }
}

/// Runs a program, and compares where the plan says.
fn compare(engine: &Engine, wasm: &Path, plan: Plan) -> Result<(Compared, Vec<u8>), String> {
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
                let frames = session.frames().filter(|frame| !frame.is_host());
                for (depth, frame) in frames.take(FRAMES).enumerate() {
                    let values = frame.compare_with_reference(&session);
                    compared.values += values.map_err(|error| {
                        format!("stopped at {:#x}, frame {depth}: {error}", stop.wasm_pc)
                    })?;
                }
                let times = hit.entry(stop.wasm_pc).or_default();
                *times += 1;
                if compared.stops == plan.stops {
                    session
                        .edit_breakpoints(|breakpoints| breakpoints.clear())
                        .map_err(text)?;
                } else if *times == plan.hits {
                    session
                        .edit_breakpoints(|breakpoints| breakpoints.remove(&module, stop.wasm_pc))
                        .map_err(text)?;
                }
            }
            Some(DebugStepResult::HostError(_) | DebugStepResult::Exception(_)) => {}
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

/// The name of a program's file, or of its folder if all are called alike.
fn name(wasm: &Path) -> String {
    let stem = wasm.file_stem().unwrap().to_str().unwrap();
    let folder = wasm
        .parent()
        .unwrap()
        .file_name()
        .unwrap()
        .to_str()
        .unwrap();
    if stem == "benchmark" { folder } else { stem }.to_owned()
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
    let mut config = Config::new();
    config.observe(Observe::State).observe_reference(true);
    let engine = Engine::new(&config).unwrap();
    let mut all = Compared::default();
    let mut wrong = Vec::new();
    for wasm in programs {
        let name = name(&wasm);
        match compare(&engine, &wasm, Plan::from_env()) {
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
