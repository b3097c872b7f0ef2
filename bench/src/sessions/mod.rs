//! What debug sessions take: events, steps, breakpoints, the first stop in a big module, memory.
//!
//! Trapline is measured here, with guests compiled for all of their state to be read. Where Wasmtime
//! with `guest_debug` can do the same, it does so in the same rounds; and so does the least that any
//! event can cost, a signal that a handler takes and returns from.

mod breakpoints;
mod events;
mod figures;
mod first_stop;
mod guests;
pub mod memory;
mod peer;
mod report;
mod signal;

pub use events::{hits_to_profile, steps_to_profile};
pub use figures::Results;
pub use report::markdown;

use crate::clock::{Clock, Seconds};
use crate::{CorpusArgs, big, corpus, docs, machine};
use anyhow::{Context as _, Result};
use clap::ValueEnum;
use figures::About;
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Args {
    /// How often to take each figure [default: 7, with --quick 2]
    #[arg(long)]
    rounds: Option<u32>,
    /// Few and short rounds, a smaller module: good for a look, not for a claim
    #[arg(long)]
    quick: bool,
    /// Only these groups of figures (comma separated)
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Group>,
    /// The clock to read
    #[arg(long, value_enum, default_value_t = Clock::Wall)]
    clock: Clock,
    /// The program that is stepped through, and whose functions the big module repeats
    #[arg(long, default_value = "regex")]
    program: String,
    /// How big the big module should be, in MB (10⁶ bytes) [default: 60, with --quick 6]
    #[arg(long)]
    megabytes: Option<usize>,
    /// How many sessions live at once when their memory is measured
    #[arg(long, default_value_t = 1000)]
    live: u32,
    /// Store the results in this file too, and as Markdown beside it
    #[arg(long, value_name = "OUT")]
    json: Option<PathBuf>,
    #[command(flatten)]
    corpus: CorpusArgs,
}

/// Figures that are taken together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Group {
    /// Stops and steps
    Events,
    /// Placing and removing breakpoints
    Breakpoints,
    /// The first stop in a big module
    FirstStop,
    /// Memory that sessions hold
    Memory,
}

/// How to measure what is measured in time.
pub struct Plan {
    clock: Clock,
    /// How long one figure should take in one round.
    budget: Seconds,
    /// How many steps are made through the program in one round.
    steps: u32,
}

/// Measures, prints, and stores the results if they are complete.
pub fn run(args: &Args) -> Result<()> {
    let plan = Plan {
        clock: args.clock,
        budget: if args.quick { 0.02 } else { 0.15 },
        steps: if args.quick { 20_000 } else { 200_000 },
    };
    let rounds = args.rounds.unwrap_or(if args.quick { 2 } else { 7 });
    let megabytes = args.megabytes.unwrap_or(if args.quick { 6 } else { 60 });
    let wanted = |group| args.only.is_empty() || args.only.contains(&group);
    let mut found = corpus::read(&args.corpus.dir(), |name| name == args.program)?;
    let program = found
        .pop()
        .with_context(|| format!("no program is named {}", args.program))?;
    let mut results = Results {
        about: About {
            rounds,
            clock: args.clock,
            machine: machine::describe(),
            program: args.program.clone(),
            steps: plan.steps,
            live: args.live,
            big: None,
        },
        rows: Vec::new(),
        memory: Vec::new(),
    };

    if wanted(Group::Events) {
        let mut events = events::Prepared::new(&program)?;
        for round in 0..rounds {
            eprintln!("events: round {} of {rounds}", round + 1);
            events.round(&plan, round, &mut results)?;
        }
    }
    if wanted(Group::Breakpoints) || wanted(Group::FirstStop) {
        eprintln!("compiling {megabytes} MB");
        let wasm = big::repeat_functions(&program.wasm, megabytes * 1_000_000)?;
        let big = first_stop::Big::new(&program, &wasm, &mut results)?;
        for round in 0..rounds {
            eprintln!("big module: round {} of {rounds}", round + 1);
            if wanted(Group::Breakpoints) {
                breakpoints::round(&big, &plan, &mut results)?;
            }
            if wanted(Group::FirstStop) {
                big.round(&plan, &mut results)?;
            }
        }
    }
    if wanted(Group::Memory) {
        eprintln!("memory");
        memory::measure(args.live, &mut results)?;
    }
    results.sort();

    let report = markdown(&results);
    print!("{report}");
    if args.only.is_empty() && !args.quick {
        docs::store(
            &results,
            &report,
            &docs::results_dir().join("sessions.json"),
        )?;
    }
    if let Some(json) = &args.json {
        docs::store(&results, &report, json)?;
    }
    Ok(())
}
