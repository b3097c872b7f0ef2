//! One thing done again and again on one engine, for a profiler to look at.

use crate::clock::Clock;
use crate::engines::{Case, EngineUnderTest, Threads};
use crate::passes::Passes;
use crate::{CorpusArgs, EngineName, corpus, sessions};
use anyhow::{Context as _, Result};
use clap::ValueEnum;

#[derive(clap::Args)]
pub struct Args {
    /// What to do
    #[arg(value_enum)]
    work: Work,
    /// The program, or for `call` the id of a call (see `list`)
    name: String,
    /// The engine to do it on
    #[arg(long, short, value_enum, default_value = "trapline")]
    engine: EngineName,
    /// For how long, in seconds
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// The clock to read
    #[arg(long, value_enum, default_value_t = Clock::Cpu)]
    clock: Clock,
    #[command(flatten)]
    corpus: CorpusArgs,
}

/// What a profile can be taken of.
#[derive(Clone, Copy, ValueEnum)]
enum Work {
    /// Compile a program on one thread
    Compile,
    /// Run a program
    Run,
    /// Instantiate a program
    Instantiate,
    /// Make a call
    Call,
    /// Meet a breakpoint in a debug session, in a small loop (on Trapline, whatever the name)
    Hit,
    /// Step through a program in a debug session (on Trapline)
    Step,
}

/// How often a call is made, a breakpoint met, or a step made at once.
const TIMES: u64 = 10_000;

/// Does the work until the time is over, and says how long one took.
pub fn run(args: &Args) -> Result<()> {
    let engine = args.engine.make()?;
    let mut work = prepare(args, &*engine)?;
    let passes = Passes::collect();
    work()?;
    passes.reset();
    let start = Clock::Wall.now();
    let mut times = 0u64;
    let mut spent = 0.0;
    while Clock::Wall.now() - start < args.seconds {
        spent += work()?;
        times += 1;
    }
    println!("{times} times, {:.3} ms each", spent * 1e3 / times as f64);
    if matches!(args.work, Work::Compile) {
        print!("{}", passes.table(spent, times));
    }
    Ok(())
}

type Step<'a> = Box<dyn FnMut() -> Result<f64> + 'a>;

fn prepare<'a>(args: &Args, engine: &'a dyn EngineUnderTest) -> Result<Step<'a>> {
    let clock = args.clock;
    if matches!(args.work, Work::Call) {
        let mut calls = engine.calls(clock)?;
        let case = Case::ALL
            .iter()
            .copied()
            .find(|case| case.id() == args.name);
        let case = case.with_context(|| format!("no call is named {}: see `list`", args.name))?;
        return Ok(Box::new(move || calls.run(case, TIMES)));
    }
    if matches!(args.work, Work::Hit) {
        let mut hits = sessions::hits_to_profile()?;
        return Ok(Box::new(move || hits(TIMES, clock)));
    }
    let mut found = corpus::read(&args.corpus.dir(), |name| name == args.name)?;
    let benchmark = found
        .pop()
        .with_context(|| format!("no program is named {}: see `list`", args.name))?;
    Ok(match args.work {
        Work::Compile => Box::new(move || engine.compile(&benchmark.wasm, Threads::One, clock)),
        Work::Step => {
            let mut steps = sessions::steps_to_profile(&benchmark)?;
            Box::new(move || steps(TIMES, clock))
        }
        Work::Run => {
            let program = engine.load(&benchmark.wasm)?;
            Box::new(move || Ok(program.run(&benchmark.dir, clock)?.elapsed))
        }
        _ => {
            let program = engine.load(&benchmark.wasm)?;
            Box::new(move || Ok(program.instantiate(1000, clock)? / 1000.0))
        }
    })
}
