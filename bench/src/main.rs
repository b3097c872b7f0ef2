//! Measures Trapline beside Wasmtime: one command runs the programs of the sightglass suite on
//! both, in one process, taking turns, and prints and stores what they needed.
#![deny(unsafe_code)]
#![allow(
    clippy::duplicate_mod,
    reason = "one file is compiled against each of the two engines"
)]

mod adapter;
mod big;
mod clock;
mod corpus;
mod debugger;
mod docs;
mod engines;
mod machine;
mod measure;
mod observation;
mod passes;
mod poll;
mod profile;
mod report;
mod results;
mod sessions;

use anyhow::{Result, bail, ensure};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clock::Clock;
use engines::{Case, EngineUnderTest, Observed, trapline, wasmtime};
use measure::Plan;
use results::{About, Measure, Results};
use std::path::PathBuf;

/// Measures Trapline beside Wasmtime on real programs.
///
/// Without a subcommand it measures: every program of the sightglass corpus runs on both engines
/// in one process, turn by turn, for several rounds; what it prints is compared with what the
/// corpus expects. The report is printed. A complete run is stored in bench/results/latest.json
/// and latest.md, from where `docs` carries it into docs/performance.md.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: RunArgs,
}

const EXAMPLES: &str = "\
Examples (after `cargo run --release --manifest-path bench/Cargo.toml --`):
  --quick                            two short rounds of everything
  --filter bz2,regex                 the programs with these in their names
  --measure compile-one,code-text    some measures only
  --measure calls --filter host      the calls with `host` in their ids
  --engines wasmtime,wasmtime        Wasmtime against itself: how much is noise
  --engines trapline-state,trapline  what one level of observation costs
  observation                        what all of them cost, and guest_debug beside them
  sessions                           what debug sessions take
  debugger                           what conditions cost, and steps over long calls
  adapter                            what an editor waits for
  docs                               carry the stored results into docs/performance.md
  profile compile regex -e trapline  one thing again and again, to be looked at with `perf`";

#[derive(Subcommand)]
enum Command {
    /// Write the stored results into docs/performance.md
    Docs {
        /// The results of the comparison of the two engines
        #[arg(long, default_value_os_t = docs::results_dir().join("latest.json"))]
        json: PathBuf,
    },
    /// List the programs and the calls that --filter can name
    List {
        #[command(flatten)]
        corpus: CorpusArgs,
    },
    /// Measure what it costs that guests can be observed, at each level
    Observation(observation::Args),
    /// Measure debug sessions: events, steps, breakpoints, the first stop in a big module, memory
    Sessions(sessions::Args),
    /// Measure what conditions of breakpoints cost, and a step over a long call
    Debugger(debugger::Args),
    /// Measure what an editor waits for: `trapline dap`
    Adapter(adapter::Args),
    /// Tell the memory that sessions of one kind hold, in a process of their own
    #[command(hide = true)]
    SessionMemory(sessions::memory::Args),
    /// Do one thing on one engine for some time, for a profiler to look at
    Profile(profile::Args),
    /// Compile a big module on both engines, and tell time and peak memory
    Big(big::Args),
}

#[derive(Args)]
struct RunArgs {
    #[command(flatten)]
    corpus: CorpusArgs,
    /// How often to go through the whole suite [default: 7, with --quick 2]
    #[arg(long)]
    rounds: Option<u32>,
    /// Few and short rounds: good for a look, not for a claim
    #[arg(long)]
    quick: bool,
    /// Only programs and calls with one of these in their names (comma separated)
    #[arg(long, value_delimiter = ',')]
    filter: Vec<String>,
    /// Only these measures (comma separated)
    #[arg(long, value_enum, value_delimiter = ',')]
    measure: Vec<Measure>,
    /// The clock to read
    #[arg(long, value_enum, default_value_t = Clock::Wall)]
    clock: Clock,
    /// The two engines to compare; the same one twice shows how far apart equal things come out
    #[arg(long, value_enum, value_delimiter = ',', num_args = 1,
          default_values = ["trapline", "wasmtime"], value_names = ["ENGINE,ENGINE"])]
    engines: Vec<EngineName>,
    /// Store the results in this file too, and as Markdown beside it
    #[arg(long, value_name = "OUT")]
    json: Option<PathBuf>,
}

#[derive(Args)]
struct CorpusArgs {
    /// The corpus [default: $TRAPLINE_CORPUS, or shared/corpus next to the repository]
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,
}

impl CorpusArgs {
    fn dir(&self) -> PathBuf {
        self.corpus.clone().unwrap_or_else(corpus::default_dir)
    }
}

/// An engine, as the command line names it.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EngineName {
    Trapline,
    TraplineStacks,
    TraplineState,
    Wasmtime,
    WasmtimeDebug,
}

impl EngineName {
    fn make(self) -> Result<Box<dyn EngineUnderTest>> {
        Ok(match self {
            EngineName::Trapline => Box::new(trapline::Adapter::new(Observed::No)?),
            EngineName::TraplineStacks => Box::new(trapline::Adapter::new(Observed::Stacks)?),
            EngineName::TraplineState => Box::new(trapline::Adapter::new(Observed::State)?),
            EngineName::Wasmtime => Box::new(wasmtime::Adapter::new(Observed::No)?),
            EngineName::WasmtimeDebug => Box::new(wasmtime::Adapter::new(Observed::State)?),
        })
    }
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    match cli.command {
        None => run(&cli.run),
        Some(Command::Docs { json }) => {
            let page = docs::update(&json)?;
            println!("wrote {}", page.display());
            Ok(())
        }
        Some(Command::List { corpus }) => list(&corpus),
        Some(Command::Observation(args)) => observation::run(&args),
        Some(Command::Sessions(args)) => sessions::run(&args),
        Some(Command::Adapter(args)) => adapter::run(&args),
        Some(Command::Debugger(args)) => debugger::run(&args),
        Some(Command::SessionMemory(args)) => sessions::memory::run(&args),
        Some(Command::Profile(args)) => profile::run(&args),
        Some(Command::Big(args)) => big::run(&args),
    }
}

fn list(corpus: &CorpusArgs) -> Result<()> {
    println!("programs:");
    for benchmark in corpus::read(&corpus.dir(), |_| true)? {
        println!("  {:24} {:8} bytes", benchmark.name, benchmark.wasm.len());
    }
    println!("calls:");
    for case in Case::ALL {
        println!("  {:24} {}", case.id(), case.title());
    }
    Ok(())
}

fn run(args: &RunArgs) -> Result<()> {
    let &[first, second] = &args.engines[..] else {
        bail!("--engines takes two names");
    };
    let engines = [first.make()?, second.make()?];
    let wanted = |name: &str| {
        args.filter.is_empty() || args.filter.iter().any(|part| name.contains(&**part))
    };
    let plan = Plan {
        rounds: args.rounds.unwrap_or(if args.quick { 2 } else { 7 }),
        clock: args.clock,
        budget: if args.quick { 0.02 } else { 0.15 },
        measures: if args.measure.is_empty() {
            Measure::ALL.to_vec()
        } else {
            args.measure.clone()
        },
        cases: Case::ALL
            .iter()
            .copied()
            .filter(|case| wanted(case.id()))
            .collect(),
    };
    let mut benchmarks = corpus::read(&args.corpus.dir(), wanted)?;
    ensure!(
        !benchmarks.is_empty() || !plan.cases.is_empty(),
        "the filter leaves nothing to measure: see `list`"
    );

    let mut results = Results {
        about: About {
            engines: engines
                .iter()
                .map(|engine| engine.name().to_owned())
                .collect(),
            rounds: plan.rounds,
            clock: plan.clock,
            machine: machine::describe(),
        },
        tables: Vec::new(),
    };
    if plan.measures.contains(&Measure::CodeText) || plan.measures.contains(&Measure::CodeFunctions)
    {
        measure::code_sizes(&engines, &benchmarks, &mut results)?;
    }
    for round in 0..plan.rounds {
        eprintln!("round {} of {}", round + 1, plan.rounds);
        measure::round(&plan, round, &engines, &mut benchmarks, &mut results)?;
    }
    results.sort();
    results
        .tables
        .retain(|table| plan.measures.contains(&table.measure));
    let report = report::markdown(&results);
    print!("{report}");

    let complete = args.filter.is_empty()
        && args.measure.is_empty()
        && !args.quick
        && [first, second] == [EngineName::Trapline, EngineName::Wasmtime];
    if complete {
        docs::store(&results, &report, &docs::results_dir().join("latest.json"))?;
    }
    if let Some(json) = &args.json {
        docs::store(&results, &report, json)?;
    }
    Ok(())
}
