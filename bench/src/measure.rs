//! The measuring itself: rounds over the suite in which the engines take turns.

use crate::clock::{Clock, Seconds};
use crate::corpus::Benchmark;
use crate::engines::{Case, EngineUnderTest, Threads};
use crate::results::{Measure, Results};
use anyhow::{Context as _, Result};

/// What to measure and how long.
pub struct Plan {
    /// How often the whole suite is gone through.
    pub rounds: u32,
    /// What is meant by time.
    pub clock: Clock,
    /// How long each engine should be busy with one row in one round, where the work is short
    /// enough to be repeated.
    pub budget: Seconds,
    /// The measures to take.
    pub measures: Vec<Measure>,
    /// The calls to measure.
    pub cases: Vec<Case>,
}

/// The engine that is measured, and those that it is compared with.
pub type Engines = [Box<dyn EngineUnderTest>];

/// The most samples that one round takes of one row.
const SAMPLES_PER_ROUND: u32 = 16;

/// How many instances are made for one sample.
const INSTANCES: u32 = 50;

/// Takes one round of measurements of everything in the plan.
///
/// The engines take turns at every row. Which one goes first changes from round to round, so
/// that none always finds the caches as the same other one left them.
pub fn round(
    plan: &Plan,
    round: u32,
    engines: &Engines,
    benchmarks: &mut [Benchmark],
    results: &mut Results,
) -> Result<()> {
    let mut order: Vec<usize> = (0..engines.len()).collect();
    order.rotate_left(round as usize % engines.len());
    for benchmark in benchmarks {
        for &measure in &plan.measures {
            take(plan, measure, &order, engines, benchmark, results)
                .with_context(|| format!("{} of {}", measure.title(), benchmark.name))?;
        }
    }
    if plan.measures.contains(&Measure::Calls) && !plan.cases.is_empty() {
        calls(plan, &order, engines, results)?;
    }
    Ok(())
}

/// Takes one measure of one program on all engines.
fn take(
    plan: &Plan,
    measure: Measure,
    order: &[usize],
    engines: &Engines,
    benchmark: &mut Benchmark,
    results: &mut Results,
) -> Result<()> {
    for &side in order {
        let name = benchmark.name.clone();
        let mut record = |value| results.push(measure, &name, side, value);
        take_one(plan, measure, &*engines[side], benchmark, &mut record)
            .with_context(|| engines[side].name().to_owned())?;
    }
    Ok(())
}

/// Takes one measure of one program on one engine.
fn take_one(
    plan: &Plan,
    measure: Measure,
    engine: &dyn EngineUnderTest,
    benchmark: &mut Benchmark,
    record: &mut dyn FnMut(f64),
) -> Result<()> {
    match measure {
        Measure::Execution => {
            // Compiled anew each round: where code lies in memory matters, and should vary.
            let program = engine.load(&benchmark.wasm)?;
            repeat(plan.budget, || {
                let run = program.run(&benchmark.dir, plan.clock)?;
                benchmark.check(&run)?;
                record(run.elapsed);
                Ok(run.elapsed)
            })
        }
        Measure::CompileOne => repeat(plan.budget, || {
            let elapsed = engine.compile(&benchmark.wasm, Threads::One, plan.clock)?;
            record(elapsed);
            Ok(elapsed)
        }),
        // Of work on several threads the processor time of one says nothing.
        Measure::CompileAll => repeat(plan.budget, || {
            let elapsed = engine.compile(&benchmark.wasm, Threads::All, Clock::Wall)?;
            record(elapsed);
            Ok(elapsed)
        }),
        Measure::Instantiate => {
            let program = engine.load(&benchmark.wasm)?;
            program.instantiate(INSTANCES, plan.clock)?;
            repeat(plan.budget, || {
                let elapsed = program.instantiate(INSTANCES, plan.clock)?;
                record(elapsed / f64::from(INSTANCES));
                Ok(elapsed)
            })
        }
        // Sizes are the same in every round, calls the same for every program.
        Measure::CodeText | Measure::CodeFunctions | Measure::Calls => Ok(()),
    }
}

/// Records the sizes of all programs' code, which no round changes.
pub fn code_sizes(
    engines: &Engines,
    benchmarks: &[Benchmark],
    results: &mut Results,
) -> Result<()> {
    for benchmark in benchmarks {
        for (side, engine) in engines.iter().enumerate() {
            let size = engine.code_size(&benchmark.wasm)?;
            results.push(Measure::CodeText, &benchmark.name, side, size.text as f64);
            results.push(
                Measure::CodeFunctions,
                &benchmark.name,
                side,
                size.functions as f64,
            );
        }
    }
    Ok(())
}

/// Repeats `work`, which says how long it took, until the budget is spent.
fn repeat(budget: Seconds, mut work: impl FnMut() -> Result<Seconds>) -> Result<()> {
    let mut spent = 0.0;
    for _ in 0..SAMPLES_PER_ROUND {
        spent += work()?;
        if spent >= budget {
            break;
        }
    }
    Ok(())
}

fn calls(plan: &Plan, order: &[usize], engines: &Engines, results: &mut Results) -> Result<()> {
    let mut prepared = engines
        .iter()
        .map(|engine| engine.calls(plan.clock))
        .collect::<Result<Vec<_>>>()?;
    for &case in &plan.cases {
        for &side in order {
            let calls = &mut *prepared[side];
            let mut run = |times| calls.run(case, times);
            let measured = sample(plan.budget, &mut run, |value| {
                results.push(Measure::Calls, case.title(), side, value);
            });
            measured.with_context(|| format!("{} on {}", case.id(), engines[side].name()))?;
        }
    }
    Ok(())
}

/// Takes samples of something short: finds how many times fill an eighth of the budget, then measures
/// that many at a time. `run` does it so many times, and says how long that took.
///
/// Each sample is taken at another depth of the stack: what lies at addresses with the same low
/// bits gets into each other's way in the processor, so that one depth can be slower than the next
/// by half, for either engine.
pub fn sample(
    budget: Seconds,
    run: &mut dyn FnMut(u64) -> Result<Seconds>,
    mut push: impl FnMut(Seconds),
) -> Result<()> {
    let mut times = 16;
    while run(times)? < budget / 8.0 {
        times *= 2;
    }
    let mut depth = 0;
    repeat(budget, || {
        depth += 1;
        let elapsed = deeper(depth, &mut || run(times))?;
        push(elapsed / times as f64);
        Ok(elapsed)
    })
}

/// Runs something that many small frames deeper in the stack.
#[inline(never)]
fn deeper<R>(depth: u32, work: &mut dyn FnMut() -> R) -> R {
    let frame = [depth; 20];
    std::hint::black_box(&frame);
    match depth {
        0 => work(),
        _ => deeper(depth - 1, work),
    }
}
