//! The first stop in a big module that nobody has looked at yet.

use super::Plan;
use super::figures::{BigModule, Figure, Results};
use super::guests;
use crate::clock::{Clock, Seconds};
use crate::corpus::Benchmark;
use crate::poll::block_on;
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;
use trapline::{DebugSession, DebugStepResult, Module};
use wasmparser::{Parser, Payload};

/// A big module, compiled and stored.
pub struct Big {
    module: Module,
    places: Vec<u32>,
    /// Where the function begins in which the program's work does.
    stop: u32,
    /// What the program may read.
    dir: PathBuf,
    // Holds the artifact.
    stored: TempDir,
}

const ARTIFACT: &str = "big.trapline";

/// What there is to be seen at a stop.
#[derive(Default)]
struct Seen {
    frames: u64,
    values: u64,
}

impl Big {
    /// Compiles a module that is `program` with its functions repeated, and notes how big it is.
    pub fn new(program: &Benchmark, wasm: &[u8], results: &mut Results) -> Result<Big> {
        // The functions have the same indices in both.
        let function = function_of_work(program)?;
        let stop = body(wasm, function)?;

        let engine = guests::engine()?;
        let (elapsed, module) = Clock::Wall.time(|| Module::from_binary(&engine, wasm));
        let module = module?;
        results.push(Figure::Compile, elapsed);
        let artifact = module.serialize()?;
        let stored = tempfile::tempdir()?;
        fs::write(stored.path().join(ARTIFACT), &artifact)?;
        let big = Big {
            places: module.debug_places(),
            module,
            stop,
            dir: program.dir.clone(),
            stored,
        };
        let seen = big.stop(&big.module, &mut |_, _| (), Clock::Wall)?;
        results.about.big = Some(BigModule {
            wasm: wasm.len() as u64,
            artifact: artifact.len() as u64,
            functions: bodies(wasm)?.1.len() as u64,
            places: big.places.len() as u64,
            frames: seen.frames,
            values: seen.values,
        });
        Ok(big)
    }

    /// As it is when it has just been compiled and run.
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// Where it can be stopped, in ascending order.
    pub fn places(&self) -> &[u32] {
        &self.places
    }

    /// Loads the module afresh and stops in it, twice.
    pub fn round(&self, plan: &Plan, results: &mut Results) -> Result<()> {
        let path = self.stored.path().join(ARTIFACT);
        let engine = guests::engine()?;
        let load = || Module::deserialize_file(&engine, &path);
        let (elapsed, module) = plan.clock.time(load);
        let module = module?;
        results.push(Figure::Load, elapsed);
        let mut whole = 0.0;
        let mut note = |figure, elapsed| {
            whole += elapsed;
            results.push(figure, elapsed);
        };
        self.stop(&module, &mut note, plan.clock)?;
        results.push(Figure::FirstStop, whole);
        let mut whole = 0.0;
        self.stop(&module, &mut |_, elapsed| whole += elapsed, plan.clock)?;
        results.push(Figure::SecondStop, whole);
        Ok(())
    }

    /// Goes to a breakpoint in a new store and reads everything there. Each part's time is noted.
    fn stop(
        &self,
        module: &Module,
        note: &mut dyn FnMut(Figure, Seconds),
        clock: Clock,
    ) -> Result<Seen> {
        // What the host of the program takes is no part of it.
        let linked = guests::link(module)?;
        let (elapsed, started) = clock.time(|| guests::start(&linked, module.engine(), &self.dir));
        let (mut store, func) = started?;
        note(Figure::Instantiate, elapsed);

        let (elapsed, session) = clock.time(|| {
            let mut session = DebugSession::call(&mut store, func, &[])?;
            session.edit_breakpoints(|breakpoints| breakpoints.add(module, self.stop))?;
            anyhow::Ok(session)
        });
        let mut session = session?;
        note(Figure::Begin, elapsed);

        let (elapsed, event) = clock.time(|| block_on(session.next()));
        if !matches!(event, Some(DebugStepResult::Breakpoint(_))) {
            bail!("instead of the breakpoint: {event:?}");
        }
        note(Figure::Reach, elapsed);

        let (elapsed, seen) = clock.time(|| {
            let mut seen = Seen::default();
            for frame in session.frames().filter(|frame| !frame.is_host()) {
                seen.frames += 1;
                seen.values += frame.locals(&session)?.len() as u64;
                seen.values += frame.operands(&session)?.len() as u64;
            }
            anyhow::Ok(seen)
        });
        note(Figure::Read, elapsed);
        seen
    }
}

/// The index of the function in which the program's work begins.
fn function_of_work(program: &Benchmark) -> Result<u32> {
    let engine = guests::engine()?;
    let module = Module::from_binary(&engine, &program.wasm)?;
    let linked = guests::link(&module)?;
    let (mut store, func) = guests::start(&linked, &engine, &program.dir)?;
    let mut session = DebugSession::call(&mut store, func, &[])?;
    guests::run_to_work(&mut session)?;
    let frame = session.frames().next().context("no frame")?;
    Ok(frame.function()?)
}

/// The offset in the module of the body of a function.
fn body(wasm: &[u8], function: u32) -> Result<u32> {
    let (imported, bodies) = bodies(wasm)?;
    let index = function.checked_sub(imported).context("it is imported")?;
    bodies.get(index as usize).copied().context("no body")
}

/// How many functions a module imports, and the offsets of the bodies of the others.
fn bodies(wasm: &[u8]) -> Result<(u32, Vec<u32>)> {
    let (mut imported, mut bodies) = (0, Vec::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let is_function = matches!(import?.ty, wasmparser::TypeRef::Func(_));
                    imported += u32::from(is_function);
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(u32::try_from(body.range().start)?),
            _ => {}
        }
    }
    Ok((imported, bodies))
}
