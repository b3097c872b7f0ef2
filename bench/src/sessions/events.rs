//! Stops and steps.

use super::figures::{Figure, Results};
use super::guests::{self, Host, Loop};
use super::{Plan, peer, signal};
use crate::clock::{Clock, Seconds};
use crate::corpus::Benchmark;
use crate::measure::sample;
use crate::poll::block_on;
use anyhow::{Context as _, Result, bail, ensure};
use std::collections::HashSet;
use std::hint::{black_box, spin_loop};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use trapline::{DebugSession, DebugStepResult, InstancePre, Module, Val};

/// Guests, compiled.
pub struct Prepared {
    small: Loop,
    program: Program,
    peer: peer::Prepared,
}

struct Program {
    linked: InstancePre<Host>,
    module: Module,
    dir: PathBuf,
    points: HashSet<u32>,
}

type Measure = fn(&Prepared, &Plan, &mut Results) -> Result<()>;

/// Everything that is measured in a round.
const ALL: [Measure; 7] = [
    bare_signals,
    hits,
    hits_read,
    hits_handled,
    steps_in_loop,
    steps_in_program,
    interrupts,
];

impl Prepared {
    /// Compiles the small loop on both engines, and the program.
    pub fn new(program: &Benchmark) -> Result<Prepared> {
        let module = Module::from_binary(&guests::engine()?, &program.wasm)?;
        Ok(Prepared {
            small: Loop::new()?,
            program: Program {
                linked: guests::link(&module)?,
                points: guests::points(&program.wasm)?,
                module,
                dir: program.dir.clone(),
            },
            peer: peer::Prepared::new()?,
        })
    }

    /// Takes every figure once, each round in another order.
    pub fn round(&mut self, plan: &Plan, round: u32, results: &mut Results) -> Result<()> {
        let mut order = ALL;
        order.rotate_left(round as usize % ALL.len());
        for measure in order {
            measure(self, plan, results)?;
        }
        Ok(())
    }
}

/// Work that is done as often as one says, on a clock; tells how long that takes.
pub type Repeated = Box<dyn FnMut(u64, Clock) -> Result<Seconds>>;

/// Meets the breakpoint in the small loop.
pub fn hits_to_profile() -> Result<Repeated> {
    let small = Loop::new()?;
    Ok(Box::new(move |times, clock| {
        let mut elapsed = 0.0;
        at_breakpoint(&small, |session| {
            elapsed = many_hits(session, times, clock)?;
            Ok(())
        })?;
        Ok(elapsed)
    }))
}

/// Makes steps through a program, from where its work begins.
pub fn steps_to_profile(program: &Benchmark) -> Result<Repeated> {
    let module = Module::from_binary(&guests::engine()?, &program.wasm)?;
    let linked = guests::link(&module)?;
    let dir = program.dir.clone();
    Ok(Box::new(move |times, clock| {
        let (mut store, func) = guests::start(&linked, module.engine(), &dir)?;
        let mut session = DebugSession::call(&mut store, func, &[])?;
        guests::run_to_work(&mut session)?;
        steps(&mut session, times, clock)
    }))
}

fn bare_signals(_: &Prepared, plan: &Plan, results: &mut Results) -> Result<()> {
    let mut run = |times| signal::breakpoints(times, plan.clock);
    sample(plan.budget, &mut run, |value| {
        results.push(Figure::Signal, value);
    })?;
    let mut run = |times| signal::steps(times, plan.clock);
    sample(plan.budget, &mut run, |value| {
        results.push(Figure::StepSignal, value);
    })
}

fn hits(prepared: &Prepared, plan: &Plan, results: &mut Results) -> Result<()> {
    at_breakpoint(&prepared.small, |session| {
        let mut run = |times| many_hits(session, times, plan.clock);
        sample(plan.budget, &mut run, |value| {
            results.push(Figure::Hit, value);
        })
    })?;
    let mut run = |times| prepared.peer.hits(times, plan.clock);
    sample(plan.budget, &mut run, |value| {
        results.push_peer(Figure::Hit, value);
    })
}

fn hits_read(prepared: &Prepared, plan: &Plan, results: &mut Results) -> Result<()> {
    at_breakpoint(&prepared.small, |session| {
        let mut run = |times| {
            let start = plan.clock.now();
            for _ in 0..times {
                hit(session)?;
                let frame = session.frames().next().context("no frame")?;
                black_box((frame.function()?, frame.wasm_pc()?));
                black_box((frame.locals(session)?, frame.operands(session)?));
            }
            Ok(plan.clock.now() - start)
        };
        sample(plan.budget, &mut run, |value| {
            results.push(Figure::HitRead, value);
        })
    })?;
    let mut run = |times| prepared.peer.hits_read(times, plan.clock);
    sample(plan.budget, &mut run, |value| {
        results.push_peer(Figure::HitRead, value);
    })
}

/// The peer has handlers only, so that its figure for a hit stands here too.
fn hits_handled(prepared: &Prepared, plan: &Plan, results: &mut Results) -> Result<()> {
    let (mut store, func) = prepared.small.instantiate()?;
    let (module, pc) = (&prepared.small.module, prepared.small.pc);
    let count = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&count);
    store.set_debug_handler(move |_, event| {
        if let DebugStepResult::Breakpoint(_) = event {
            counter.fetch_add(1, Ordering::Relaxed);
        }
        Box::new(async { Ok::<(), trapline::Error>(()) })
    });
    store.edit_breakpoints(|breakpoints| breakpoints.add(module, pc))?;
    let func = func.typed::<u64, ()>(&store)?;
    let mut run = |times| {
        count.store(0, Ordering::Relaxed);
        let (elapsed, result) = plan
            .clock
            .time(|| block_on(func.call_async(&mut store, times)));
        result?;
        let hits = count.load(Ordering::Relaxed);
        ensure!(hits == times, "{hits} of {times} breakpoints were hit");
        Ok(elapsed)
    };
    sample(plan.budget, &mut run, |value| {
        results.push(Figure::HitHandled, value);
    })
}

fn steps_in_loop(prepared: &Prepared, plan: &Plan, results: &mut Results) -> Result<()> {
    let points = &prepared.small.points;
    at_breakpoint(&prepared.small, |session| {
        session.edit_breakpoints(|breakpoints| breakpoints.clear())?;
        let mut run = |times| steps(session, times, plan.clock);
        sample(plan.budget, &mut run, |value| {
            results.push(Figure::StepLoop, value);
        })?;
        let split = Split::of(session, plan.steps / 10, points, plan.clock)?;
        results.push(Figure::StepLoopPaper, split.paper);
        results.push(Figure::StepLoopMachine, split.machine);
        results.push(Figure::StepLoopShare, split.share);
        Ok(())
    })?;
    let mut run = |times| prepared.peer.steps(times, plan.clock);
    sample(plan.budget, &mut run, |value| {
        results.push_peer(Figure::StepLoop, value);
    })
}

/// From where the program's work begins, in a store of its own. What the engine works out when it
/// first meets a function is in the figure.
fn steps_in_program(prepared: &Prepared, plan: &Plan, results: &mut Results) -> Result<()> {
    let program = &prepared.program;
    for classified in [false, true] {
        let engine = program.module.engine();
        let (mut store, func) = guests::start(&program.linked, engine, &program.dir)?;
        let mut session = DebugSession::call(&mut store, func, &[])?;
        guests::run_to_work(&mut session)?;
        if !classified {
            let elapsed = steps(&mut session, plan.steps.into(), plan.clock)?;
            results.push(Figure::StepProgram, elapsed / f64::from(plan.steps));
            continue;
        }
        let split = Split::of(&mut session, plan.steps, &program.points, plan.clock)?;
        results.push(Figure::StepProgramPaper, split.paper);
        results.push(Figure::StepProgramMachine, split.machine);
        results.push(Figure::StepProgramShare, split.share);
    }
    Ok(())
}

/// Steps of the two kinds, told apart by where they lead. The machine is stopped at points only; a step
/// that ends between two was made on paper.
struct Split {
    /// Seconds of a step on paper, reading the clock included.
    paper: Seconds,
    /// Seconds of a step that runs the machine, reading the clock included.
    machine: Seconds,
    /// The share of steps on paper.
    share: f64,
}

impl Split {
    fn of<T>(
        session: &mut DebugSession<'_, T>,
        count: u32,
        points: &HashSet<u32>,
        clock: Clock,
    ) -> Result<Split> {
        let (mut paper, mut machine) = ((0u32, 0.0), (0u32, 0.0));
        for _ in 0..count {
            let elapsed = steps(session, 1, clock)?;
            let frame = session.frames().next().context("no frame")?;
            let pc = frame.wasm_pc()?.context("no wasm pc")?;
            let kind = match points.contains(&pc) {
                true => &mut machine,
                false => &mut paper,
            };
            *kind = (kind.0 + 1, kind.1 + elapsed);
        }
        let mean = |(count, sum): (u32, Seconds)| sum / f64::from(count);
        Ok(Split {
            paper: mean(paper),
            machine: mean(machine),
            share: f64::from(paper.0) / f64::from(count),
        })
    }
}

/// Makes steps, and says how long they take.
fn steps<T>(session: &mut DebugSession<'_, T>, times: u64, clock: Clock) -> Result<Seconds> {
    let start = clock.now();
    for _ in 0..times {
        match block_on(session.step()) {
            Some(DebugStepResult::Step) => {}
            other => bail!("a step has ended with {other:?}"),
        }
    }
    Ok(clock.now() - start)
}

/// From when another thread asks until the session is there. Waited for as time passes, whatever
/// clock the others are read from.
fn interrupts(prepared: &Prepared, plan: &Plan, results: &mut Results) -> Result<()> {
    let (mut store, func) = prepared.small.instantiate()?;
    let mut session = DebugSession::call(&mut store, func, &[Val::I64(-1)])?;
    let handle = session.interrupt_handle()?;
    let asked = AtomicU64::new(0);
    let (begun, ended) = (AtomicU64::new(0), AtomicU64::new(u64::MAX));
    thread::scope(|scope| {
        scope.spawn(|| {
            for turn in 1.. {
                while begun.load(Ordering::Acquire) < turn {
                    if ended.load(Ordering::Acquire) < turn {
                        return;
                    }
                    spin_loop();
                }
                // Until the guest is surely running.
                let now = Clock::Wall.now();
                while Clock::Wall.now() < now + 20e-6 {}
                asked.store(Clock::Wall.now().to_bits(), Ordering::Release);
                handle.interrupt();
            }
        });
        let mut turn = 0;
        let end = Clock::Wall.now() + plan.budget;
        let mut interrupt = || {
            turn += 1;
            begun.store(turn, Ordering::Release);
            let event = block_on(session.next());
            let now = Clock::Wall.now();
            match event {
                Some(DebugStepResult::Interrupted) => {
                    Ok(now - f64::from_bits(asked.load(Ordering::Acquire)))
                }
                other => bail!("instead of the interrupt: {other:?}"),
            }
        };
        let mut all = Vec::new();
        let result = loop {
            match interrupt() {
                Ok(latency) => all.push(latency),
                Err(error) => break Err(error),
            }
            if Clock::Wall.now() > end {
                break Ok(());
            }
        };
        ended.store(turn, Ordering::Release);
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        results.push(Figure::Interrupt, mean);
        result
    })
}

/// Does something with a session that has stopped at the breakpoint in the loop.
fn at_breakpoint(
    small: &Loop,
    work: impl FnOnce(&mut DebugSession<'_, ()>) -> Result<()>,
) -> Result<()> {
    let (mut store, func) = small.instantiate()?;
    let mut session = DebugSession::call(&mut store, func, &[Val::I64(-1)])?;
    session.edit_breakpoints(|breakpoints| breakpoints.add(&small.module, small.pc))?;
    hit(&mut session)?;
    work(&mut session)
}

fn many_hits(session: &mut DebugSession<'_, ()>, times: u64, clock: Clock) -> Result<Seconds> {
    let start = clock.now();
    for _ in 0..times {
        hit(session)?;
    }
    Ok(clock.now() - start)
}

fn hit(session: &mut DebugSession<'_, ()>) -> Result<()> {
    match block_on(session.next()) {
        Some(DebugStepResult::Breakpoint(_)) => Ok(()),
        other => bail!("instead of the breakpoint: {other:?}"),
    }
}
