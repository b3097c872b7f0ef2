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

use common::{OUTPUT_LIMIT, bits, block_on, copy_folder, corpus, files, linker, name};
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use trapline::{
    BreakpointEditor, Config, DebugSession, DebugStepResult, Engine, Error, Frame, Module, Observe,
    Store, Trap,
};
use trapline_wasi::{ExitCode, OutputPipe, WasiCtx, WasiCtxBuilder};

/// The guests of our own that are compared, with their arguments: those that end well, and those
/// that trap or throw what nobody catches.
const GUESTS: &[(&str, &[&str])] = &[
    ("hello", &[]),
    ("longjmp", &[]),
    ("exceptions", &[]),
    ("exceptions", &["uncaught"]),
    ("exceptions", &["noexcept"]),
    ("assertion", &[]),
    ("crash", &[]),
    ("divide", &["1", "0"]),
    ("divide", &["-2147483648", "-1"]),
    ("indirect", &["mismatch"]),
    ("indirect", &["null"]),
    ("indirect", &["wild"]),
    ("recursion", &[]),
];

/// So many of the innermost frames are compared at each stop; at traps and throws all of them.
const FRAMES: usize = 4;

/// So many of the innermost frames are compared at traps and throws with those in code without the
/// reference.
const FRAMES_AGAIN: usize = 64;

/// What was compared.
#[derive(Clone, Copy, Default)]
struct Compared {
    stops: u64,
    /// Traps and throws.
    traps: u64,
    values: u64,
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Compared {
            stops,
            traps,
            values,
        } = self;
        write!(
            f,
            "{values} values at {stops} stops, {traps} traps and throws"
        )
    }
}

/// A frame at a trap or throw: where it is, and the types and bits of its locals and operands.
type SeenFrame = (Option<u32>, Vec<(&'static str, u128)>);

/// How often to stop.
#[derive(Clone, Copy)]
struct Plan {
    /// At each operator.
    hits: u32,
    /// In each program.
    stops: u64,
    /// At throws, in each program. Traps are all compared.
    throws: u64,
}

impl Plan {
    fn from_env() -> Plan {
        match std::env::var("TRAPLINE_EXACT_HITS") {
            Ok(hits) => Plan {
                hits: hits.parse().expect("TRAPLINE_EXACT_HITS is a number"),
                stops: u64::MAX,
                throws: u64::MAX,
            },
            Err(_) => Plan {
                hits: 2,
                stops: 1500,
                throws: 100,
            },
        }
    }
}

/// A program and its arguments.
struct Program {
    name: String,
    wasm: PathBuf,
    args: &'static [&'static str],
}

impl Program {
    fn new(wasm: PathBuf, args: &'static [&'static str]) -> Program {
        let name = [&[&*name(&wasm)], args].concat().join(" ");
        Program { name, wasm, args }
    }

    /// Runs it, and compares with the reference if there is one.
    fn run(&self, engine: &Engine, reference: bool) -> Result<Run, Error> {
        let folder = TempDir::new().unwrap();
        copy_folder(self.wasm.parent().unwrap(), folder.path());
        let stdout = OutputPipe::new(OUTPUT_LIMIT);
        let wasi = WasiCtxBuilder::new()
            .arg(self.wasm.file_name().unwrap().to_str().unwrap())
            .args(self.args)
            .preopened_dir(folder.path(), ".")
            .unwrap()
            .stdout(stdout.clone())
            .stderr(OutputPipe::new(OUTPUT_LIMIT))
            .build();
        let module = Module::from_file(engine, &self.wasm)?;
        let mut store = Store::new(engine, wasi);
        let instance = linker(engine)?.instantiate(&mut store, &module)?;
        let start = instance.get_func(&mut store, "_start").unwrap();
        let session = DebugSession::call(&mut store, start, &[])?;
        let mut run = Run::new(reference);
        run.go(session, &module)?;
        run.stdout = stdout.take();
        Ok(run)
    }
}

/// A run of a program, and what came of it.
struct Run {
    plan: Plan,
    /// Whether to compare with a reference.
    reference: bool,
    compared: Compared,
    hit: HashMap<u32, u32>,
    /// At each trap or throw the innermost frames.
    traps: Vec<Vec<SeenFrame>>,
    /// The trap that it ended with.
    trap: Option<Trap>,
    stdout: Vec<u8>,
}

impl Run {
    fn new(reference: bool) -> Run {
        Run {
            plan: Plan::from_env(),
            reference,
            compared: Compared::default(),
            hit: HashMap::new(),
            traps: Vec::new(),
            trap: None,
            stdout: Vec::new(),
        }
    }

    fn go(&mut self, mut session: DebugSession<'_, WasiCtx>, module: &Module) -> Result<(), Error> {
        if self.reference {
            session.edit_breakpoints(|breakpoints| {
                let mut places = module.debug_places().into_iter();
                places.try_for_each(|place| breakpoints.add(module, place).map(drop))
            })?;
        }
        while let Some(step) = block_on(session.next()) {
            let frames = session.frames().filter(|frame| !frame.is_host());
            match step {
                DebugStepResult::Breakpoint(stop) => {
                    self.compare(frames.take(FRAMES), &session)?;
                    session.edit_breakpoints(|breakpoints| {
                        self.stopped(breakpoints, module, stop.wasm_pc)
                    })?;
                }
                DebugStepResult::Exception(_) if self.compared.traps >= self.plan.throws => {}
                DebugStepResult::Exception(_) => self.trapped(frames.collect(), &session, false)?,
                DebugStepResult::Trap(info) => {
                    let deep = info.trap == Trap::StackOverflow;
                    self.trapped(frames.collect(), &session, deep)?;
                }
                DebugStepResult::HostError(_) => {}
                DebugStepResult::Finished(Ok(_)) => {}
                DebugStepResult::Finished(Err(error)) => {
                    self.trap = error.trap();
                    let is_end = self.trap.is_some()
                        || error.exception().is_some()
                        || error.downcast_ref() == Some(&ExitCode(0));
                    assert!(is_end, "{error}");
                }
                step => panic!("{step:?}"),
            }
        }
        Ok(())
    }

    fn compare(
        &mut self,
        mut frames: impl Iterator<Item = Frame>,
        session: &DebugSession<'_, WasiCtx>,
    ) -> Result<(), Error> {
        frames.try_for_each(|frame| {
            self.compared.values += frame.compare_with_reference(session)?;
            Ok(())
        })
    }

    /// Notes a stop, and sees to it that there are not too many.
    fn stopped(
        &mut self,
        breakpoints: &mut BreakpointEditor<'_>,
        module: &Module,
        wasm_pc: u32,
    ) -> Result<(), Error> {
        self.compared.stops += 1;
        let times = self.hit.entry(wasm_pc).or_default();
        *times += 1;
        if self.compared.stops == self.plan.stops {
            breakpoints.clear()?;
        } else if *times == self.plan.hits {
            breakpoints.remove(module, wasm_pc)?;
        }
        Ok(())
    }

    /// Looks at all frames at a trap or throw; `deep` if the stack has overflowed.
    fn trapped(
        &mut self,
        mut frames: Vec<Frame>,
        session: &DebugSession<'_, WasiCtx>,
        deep: bool,
    ) -> Result<(), Error> {
        self.compared.traps += 1;
        if deep && matches!(frames[0].locals(session), Err(Error::NoFrameYet)) {
            // It could not begin.
            frames.remove(0);
        }
        // How deep a stack becomes depends on the size of its frames.
        let again = if deep { 0 } else { FRAMES_AGAIN };
        let seen = frames.iter().take(again).map(|frame| see(frame, session));
        self.traps.push(seen.collect::<Result<_, _>>()?);
        match self.reference {
            true => self.compare(frames.into_iter(), session),
            false => Ok(()),
        }
    }
}

fn see(frame: &Frame, session: &DebugSession<'_, WasiCtx>) -> Result<SeenFrame, Error> {
    let (locals, operands) = (frame.locals(session)?, frame.operands(session)?);
    let values = locals.iter().chain(&operands).map(|value| {
        let (ty, bits) = bits(value.val());
        (ty, bits & !value.doubt())
    });
    Ok((frame.wasm_pc()?, values.collect()))
}

/// Compares a program with the reference, and what it shows at traps and throws with what it
/// shows without: in the code that everybody runs, where an operator can be one instruction with
/// the load that traps.
fn compare(plain: &Engine, reference: &Engine, program: &Program) -> Result<Compared, String> {
    let text = |error: Error| error.to_string();
    let outcome = program.run(reference, true).map_err(text)?;
    let expected = std::fs::read(program.wasm.with_extension("stdout.expected"));
    if let Ok(expected) = expected
        && expected != outcome.stdout
    {
        return Err("printed something else".to_owned());
    }
    if outcome.traps.is_empty() {
        return Ok(outcome.compared);
    }
    let again = program.run(plain, false).map_err(text)?;
    if (&again.stdout, again.trap) != (&outcome.stdout, outcome.trap) {
        return Err(format!("ended with {:?}, {:?}", again.trap, outcome.trap));
    }
    if again.traps != outcome.traps {
        return Err(format!("{:x?}, not {:x?}", again.traps, outcome.traps));
    }
    Ok(outcome.compared)
}

fn engine(reference: bool) -> Engine {
    let mut config = Config::new();
    config.observe(Observe::State).observe_reference(reference);
    Engine::new(&config).unwrap()
}

#[test]
fn all_locals_and_operands_of_real_programs_are_exact() {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests");
    let mut programs: Vec<Program> = GUESTS
        .iter()
        .map(|&(name, args)| {
            Program::new(guests.join(name).join(name).with_extension("wasm"), args)
        })
        .collect();
    if let Some(suite) = corpus("sightglass") {
        let suite = files(&suite, "wasm").into_iter();
        // The Markdown that it reads is not in the corpus.
        let suite = suite.filter(|wasm| !wasm.to_str().unwrap().contains("pulldown"));
        programs.extend(suite.map(|wasm| Program::new(wasm, &[])));
    }
    let (plain, reference) = (engine(false), engine(true));
    let mut all = Compared::default();
    let mut wrong = Vec::new();
    for program in programs {
        let name = &program.name;
        match compare(&plain, &reference, &program) {
            Ok(compared) => {
                println!("{name}: {compared}");
                all.stops += compared.stops;
                all.traps += compared.traps;
                all.values += compared.values;
            }
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
    }
    println!("in all: {all}");
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(all.values > 100_000 && all.traps >= 10, "{all}");
}
