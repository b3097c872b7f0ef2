//! Whether real programs notice that they are stopped.
//!
//! Each program runs unwatched, in code that cannot be stopped. Then it runs with a breakpoint at
//! each place where there can be one, and goes on from each stop: with the stacks observed, and with
//! all of its state. It must end in the same way, must have printed the same, and must leave the same
//! memories, globals and tables.
//!
//! What a program is told of time and chance is the same in all runs: clocks stand still, and random
//! numbers are counted. So is what it is told of its files, for all runs use the same ones, which
//! no program changes that is run here.
//!
//! Guests of our own are stopped every time, where their state is observed, if the machine can be
//! stopped there. `TRAPLINE_STOPS` says how often it is otherwise at each place, 20 times if not set.
//! A long run:
//!
//! ```console
//! $ TRAPLINE_STOPS=1000000 cargo test --release -p trapline-wasi --test everywhere -- --nocapture
//! ```

#[allow(dead_code, reason = "it serves other tests too")]
mod common;

use common::{OUTPUT_LIMIT, bits, block_on, copy_folder, corpus, files, linker};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use trapline::{
    Caller, Config, DebugSession, DebugStepResult, Engine, Error, Extern, Func, Instance, Linker,
    Module, Observe, Ref, Store,
};
use trapline_wasi::{ExitCode, OutputPipe, WasiCtx, WasiCtxBuilder};

/// Guests of our own in C, and in C++; the last one traps.
const GUESTS: &[&str] = &[
    "arguments",
    "hello",
    "longjmp",
    "exceptions",
    "stock",
    "crash",
];

/// Programs of the corpus.
const PROGRAMS: &[&str] = &["quicksort", "richards", "shootout-switch"];

/// So many places that a program comes by are compared with its steps.
const STEPS: usize = 200_000;

/// What is left of a program.
#[derive(Default, PartialEq)]
struct Left {
    outcome: String,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    memories: Vec<Vec<u8>>,
    globals: Vec<(&'static str, u128)>,
    /// Of each table, which elements are there.
    tables: Vec<Vec<bool>>,
}

impl Left {
    /// The first thing that differs.
    fn difference(&self, other: &Left) -> Option<String> {
        if self.outcome != other.outcome {
            return Some(format!("ended: {:?}, {:?}", self.outcome, other.outcome));
        }
        if self.memories != other.memories {
            let differs = |(a, b): (&Vec<u8>, &Vec<u8>)| a.iter().zip(b).position(|(a, b)| a != b);
            let at: Vec<_> = self
                .memories
                .iter()
                .zip(&other.memories)
                .map(differs)
                .collect();
            return Some(format!("memory differs, first at {at:x?}"));
        }
        if self.globals != other.globals {
            return Some(format!(
                "globals: {:x?}, {:x?}",
                self.globals, other.globals
            ));
        }
        (self != other).then(|| "output or tables differ".to_owned())
    }
}

/// Has time stand still, and counts instead of choosing at random.
fn make_predictable(linker: &mut Linker<WasiCtx>) -> Result<(), Error> {
    const WASI: &str = "wasi_snapshot_preview1";
    linker.allow_shadowing(true);
    let memory = |caller: &mut Caller<'_, WasiCtx>| {
        let memory = caller.get_export("memory").and_then(Extern::into_memory);
        memory.expect("a program exports its memory")
    };
    linker.func_wrap(
        WASI,
        "clock_time_get",
        move |mut caller: Caller<'_, WasiCtx>, _: i32, _: i64, at: i32| {
            let time = 1_700_000_000_000_000_000_u64.to_le_bytes();
            let memory = memory(&mut caller);
            memory
                .write(&mut caller, at as u32 as usize, &time)
                .map(|()| 0_i32)
        },
    )?;
    linker.func_wrap(
        WASI,
        "random_get",
        move |mut caller: Caller<'_, WasiCtx>, at: i32, len: i32| {
            let bytes: Vec<u8> = (0..len).map(|index| index as u8).collect();
            let memory = memory(&mut caller);
            memory
                .write(&mut caller, at as u32 as usize, &bytes)
                .map(|()| 0_i32)
        },
    )?;
    Ok(())
}

/// A program, and the folder that it runs in.
struct Program {
    name: String,
    wasm: PathBuf,
    folder: TempDir,
    /// Whether to stop each time the machine can be stopped, where state is observed.
    each_time: bool,
}

/// How often a program was stopped.
#[derive(Clone, Copy, Default)]
struct Stops {
    all: u64,
    places: usize,
    /// Of so many.
    of: usize,
}

impl Program {
    fn new(wasm: &Path, each_time: bool) -> Program {
        let folder = TempDir::new().unwrap();
        copy_folder(wasm.parent().unwrap(), folder.path());
        Program {
            name: common::name(wasm),
            wasm: wasm.to_owned(),
            folder,
            each_time,
        }
    }

    /// Runs it, stopping everywhere if it is observed. Returns what it leaves, and how often it was
    /// stopped.
    fn run(&self, observe: Observe) -> Result<(Left, Stops), Error> {
        let (mut outcome, mut stops) = (Ok(()), Stops::default());
        let (instance, mut store, outputs) = self.call(observe, |store, start, module| {
            if observe == Observe::None {
                outcome = start.call(store, &[], &mut []);
                return Ok(());
            }
            let session = DebugSession::call(store, start, &[])?;
            let mut each_time = HashSet::new();
            if self.each_time && observe == Observe::State {
                let engine = Engine::new(Config::new().observe(Observe::Stacks))?;
                let points = Module::from_file(&engine, &self.wasm)?;
                each_time.extend(points.debug_places());
            }
            (outcome, stops) = self.stop_everywhere(session, module, &each_time)?;
            Ok(())
        })?;
        let outcome = match outcome {
            Ok(()) => "returned".to_owned(),
            Err(error) => match error.downcast_ref() {
                Some(ExitCode(code)) => format!("exit code {code}"),
                None => error
                    .trap()
                    .map_or(error.to_string(), |trap| trap.to_string()),
            },
        };
        let [stdout, stderr] = outputs.map(|output| output.take());
        let left = Left {
            outcome,
            stdout,
            stderr,
            ..left(&mut store, instance)
        };
        Ok((left, stops))
    }

    /// The first places that the program comes by: where it is after each step, or if it does not
    /// `step`, where breakpoints at all places stop it.
    fn trace(&self, step: bool) -> Result<Vec<u32>, Error> {
        let mut trace = Vec::new();
        self.call(Observe::State, |store, start, module| {
            let mut session = DebugSession::call(store, start, &[])?;
            if !step {
                let places = module.debug_places();
                session.edit_breakpoints(|breakpoints| {
                    let mut places = places.into_iter();
                    places.try_for_each(|place| breakpoints.add(module, place).map(drop))
                })?;
            }
            while trace.len() < STEPS {
                let next = match step {
                    true => block_on(session.step()),
                    false => block_on(session.next()),
                };
                match next {
                    Some(DebugStepResult::Step | DebugStepResult::Breakpoint(_)) => {
                        let frame = session.frames().next().expect("it is stopped");
                        trace.extend(frame.wasm_pc()?);
                    }
                    Some(DebugStepResult::Finished(_)) => break,
                    Some(
                        DebugStepResult::Trap(_)
                        | DebugStepResult::HostError(_)
                        | DebugStepResult::Exception(_),
                    ) => {}
                    step => panic!("{}: {step:?}", self.name),
                }
            }
            Ok(())
        })?;
        Ok(trace)
    }

    /// Makes an instance and has `run` call its program.
    fn call(
        &self,
        observe: Observe,
        run: impl FnOnce(&mut Store<WasiCtx>, Func, &Module) -> Result<(), Error>,
    ) -> Result<(Instance, Store<WasiCtx>, [OutputPipe; 2]), Error> {
        let engine = Engine::new(Config::new().observe(observe))?;
        // When a file was read last can be seen once.
        for entry in std::fs::read_dir(self.folder.path()).unwrap() {
            let _ = std::fs::read(entry.unwrap().path());
        }
        let outputs = [(); 2].map(|()| OutputPipe::new(OUTPUT_LIMIT));
        let [stdout, stderr] = outputs.clone();
        let wasi = WasiCtxBuilder::new()
            .arg(&self.name)
            .preopened_dir(self.folder.path(), ".")
            .unwrap()
            .stdout(stdout)
            .stderr(stderr)
            .build();
        let module = Module::from_file(&engine, &self.wasm)?;
        let mut store = Store::new(&engine, wasi);
        let mut linker = linker(&engine)?;
        make_predictable(&mut linker)?;
        let instance = linker.instantiate(&mut store, &module)?;
        let start = instance.get_func(&mut store, "_start").unwrap();
        run(&mut store, start, &module)?;
        Ok((instance, store, outputs))
    }

    /// Goes on from every stop, so many times at each place, and every time at some. Returns what
    /// becomes of the call.
    fn stop_everywhere(
        &self,
        mut session: DebugSession<'_, WasiCtx>,
        module: &Module,
        each_time: &HashSet<u32>,
    ) -> Result<(Result<(), Error>, Stops), Error> {
        let places = module.debug_places();
        session.edit_breakpoints(|breakpoints| {
            places
                .iter()
                .try_for_each(|&place| breakpoints.add(module, place).map(drop))
        })?;
        let most = hits();
        let mut hit: HashMap<u32, u64> = HashMap::new();
        loop {
            match block_on(session.next()) {
                Some(DebugStepResult::Breakpoint(stop)) => {
                    let times = hit.entry(stop.wasm_pc).or_default();
                    *times += 1;
                    if *times == most && !each_time.contains(&stop.wasm_pc) {
                        session.edit_breakpoints(|breakpoints| {
                            breakpoints.remove(module, stop.wasm_pc)
                        })?;
                    }
                }
                Some(DebugStepResult::Finished(outcome)) => {
                    let stops = Stops {
                        all: hit.values().sum(),
                        places: hit.len(),
                        of: places.len(),
                    };
                    return Ok((outcome.map(drop), stops));
                }
                Some(
                    DebugStepResult::Trap(_)
                    | DebugStepResult::HostError(_)
                    | DebugStepResult::Exception(_),
                ) => {}
                step => panic!("{}: {step:?}", self.name),
            }
        }
    }
}

/// What is in the memories, globals and tables of an instance.
fn left(store: &mut Store<WasiCtx>, instance: Instance) -> Left {
    let mut left = Left::default();
    for index in 0.. {
        let memory = instance.debug_memory(&*store, index);
        let global = instance.debug_global(&*store, index);
        let table = instance.debug_table(&*store, index);
        if memory.is_none() && global.is_none() && table.is_none() {
            break;
        }
        left.memories
            .extend(memory.map(|memory| memory.data(&*store).to_vec()));
        left.globals
            .extend(global.map(|global| bits(&global.get(&mut *store))));
        left.tables.extend(table.map(|table| {
            let elements = 0..table.size(&*store);
            let is_there = |index| match table.get(&mut *store, index) {
                Some(Ref::Func(func)) => func.is_some(),
                Some(Ref::Extern(value)) => value.is_some(),
                Some(Ref::Exn(exception)) => exception.is_some(),
                None => false,
            };
            elements.map(is_there).collect()
        }));
    }
    left
}

fn hits() -> u64 {
    match std::env::var("TRAPLINE_STOPS") {
        Ok(hits) => hits.parse().expect("TRAPLINE_STOPS is a number"),
        Err(_) => 20,
    }
}

/// The programs that are run here: our own, and some of the corpus.
fn programs() -> Vec<Program> {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests");
    let mut programs: Vec<Program> = GUESTS
        .iter()
        .map(|name| Program::new(&guests.join(name).join(name).with_extension("wasm"), true))
        .collect();
    if let Some(suite) = corpus("sightglass") {
        let suite = files(&suite, "wasm").into_iter();
        let chosen = suite.filter(|wasm| PROGRAMS.contains(&&*common::name(wasm)));
        programs.extend(chosen.map(|wasm| Program::new(&wasm, false)));
        assert_eq!(programs.len(), GUESTS.len() + PROGRAMS.len());
    }
    programs
}

/// Steps plant breakpoints where they think that the program comes to next.
#[test]
fn steps_come_by_each_place_that_breakpoints_everywhere_come_by() {
    for program in programs() {
        let name = &program.name;
        let expected = program.trace(false).unwrap();
        let trace = program.trace(true).unwrap();
        println!("{name}: {} steps", trace.len());
        assert!(trace.len() > 1000, "{name}");
        let differs = expected.iter().zip(&trace).position(|(a, b)| a != b);
        assert_eq!(differs, None, "{name}");
        assert_eq!(trace.len(), expected.len(), "{name}");
    }
}

#[test]
fn programs_that_are_stopped_everywhere_end_as_if_they_had_not_been() {
    let mut wrong = Vec::new();
    for program in &programs() {
        let name = &program.name;
        let (expected, _) = program.run(Observe::None).unwrap();
        let bytes: usize = expected.memories.iter().map(Vec::len).sum();
        for observe in [Observe::Stacks, Observe::State] {
            let (left, stops) = program.run(observe).unwrap();
            println!(
                "{name}, {observe:?}: {} stops at {} of {} places, {}; {bytes} bytes of memory and \
                 {} globals compared",
                stops.all,
                stops.places,
                stops.of,
                left.outcome,
                left.globals.len()
            );
            assert!(stops.places > 20, "{name}");
            if let Some(difference) = expected.difference(&left) {
                wrong.push(format!("{name}, {observe:?}: {difference}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
