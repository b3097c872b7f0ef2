//! What it costs that guests can be observed: each of Trapline's levels beside the engine without, and
//! beside Wasmtime without and with `guest_debug`, all in the same rounds.

use crate::clock::Clock;
use crate::measure::{self, Plan};
use crate::results::{About, Measure, Results, Row, Sides, Table};
use crate::{CorpusArgs, EngineName, corpus, docs, machine, report};
use anyhow::{Result, ensure};
use std::fmt::Write as _;
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Args {
    /// How often to go through the whole suite [default: 4, with --quick 1]
    #[arg(long)]
    rounds: Option<u32>,
    /// One short round: good for a look, not for a claim
    #[arg(long)]
    quick: bool,
    /// Only programs with one of these in their names (comma separated)
    #[arg(long, value_delimiter = ',')]
    filter: Vec<String>,
    /// The clock to read
    #[arg(long, value_enum, default_value_t = Clock::Wall)]
    clock: Clock,
    /// Store the results in this file too, and as Markdown beside it
    #[arg(long, value_name = "OUT")]
    json: Option<PathBuf>,
    #[command(flatten)]
    corpus: CorpusArgs,
}

/// The engines, in the order in which they are stored.
const ENGINES: [EngineName; 5] = [
    EngineName::Trapline,
    EngineName::TraplineStacks,
    EngineName::TraplineState,
    EngineName::Wasmtime,
    EngineName::WasmtimeDebug,
];

const MEASURES: [Measure; 3] = [
    Measure::Execution,
    Measure::CompileOne,
    Measure::CodeFunctions,
];

/// The places of two of [`ENGINES`], and the ratios to stay under.
struct Comparison {
    sides: Sides,
    /// Of the geometric means, in the order of [`MEASURES`].
    goals: [Option<f64>; 3],
    /// Of the execution of each program.
    worst: Option<f64>,
}

/// A third of the time.
const THREE_TIMES_FASTER: Option<f64> = Some(1.0 / 3.0);

const COMPARISONS: [Comparison; 4] = [
    Comparison {
        sides: [1, 0],
        goals: [Some(1.01), Some(1.3), Some(1.25)],
        worst: Some(1.5),
    },
    Comparison {
        sides: [2, 0],
        goals: [Some(1.12), Some(1.3), Some(1.25)],
        worst: Some(1.5),
    },
    Comparison {
        sides: [2, 3],
        goals: [None; 3],
        worst: None,
    },
    Comparison {
        sides: [2, 4],
        goals: [THREE_TIMES_FASTER, THREE_TIMES_FASTER, None],
        worst: None,
    },
];

/// Measures, prints, and stores the results if they are of the whole suite.
pub fn run(args: &Args) -> Result<()> {
    let engines = ENGINES
        .iter()
        .map(|name| name.make())
        .collect::<Result<Vec<_>>>()?;
    let plan = Plan {
        rounds: args.rounds.unwrap_or(if args.quick { 1 } else { 4 }),
        clock: args.clock,
        budget: if args.quick { 0.02 } else { 0.15 },
        measures: MEASURES.to_vec(),
        cases: Vec::new(),
    };
    let wanted = |name: &str| {
        args.filter.is_empty() || args.filter.iter().any(|part| name.contains(&**part))
    };
    let mut benchmarks = corpus::read(&args.corpus.dir(), wanted)?;
    ensure!(!benchmarks.is_empty(), "the filter leaves no program");

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
    measure::code_sizes(&engines, &benchmarks, &mut results)?;
    for round in 0..plan.rounds {
        eprintln!("round {} of {}", round + 1, plan.rounds);
        measure::round(&plan, round, &engines, &mut benchmarks, &mut results)?;
    }
    results.sort();
    results
        .tables
        .retain(|table| MEASURES.contains(&table.measure));
    let report = markdown(&results);
    print!("{report}");
    if args.filter.is_empty() && !args.quick {
        docs::store(
            &results,
            &report,
            &docs::results_dir().join("observation.json"),
        )?;
    }
    if let Some(json) = &args.json {
        docs::store(&results, &report, json)?;
    }
    Ok(())
}

/// The whole report: how it was made, the summary, and a table for each measure.
pub fn markdown(results: &Results) -> String {
    let about = &results.about;
    let mut out = format!(
        "{}; {} rounds, interleaved; {}; {}. A ratio under 1 means that the first of the two needs \
         less.\n\n",
        about.engines.join(", "),
        about.rounds,
        report::clock(about.clock),
        about.machine
    );
    out.push_str(&summary(results));
    for table in &results.tables {
        let _ = write!(
            out,
            "\n### {}, observed\n\n{}",
            table.measure.title(),
            detail(about, table)
        );
    }
    out
}

/// A line for each comparison and measure.
fn summary(results: &Results) -> String {
    let mut out = String::from(
        "| | geomean of minima | geomean of medians | goal | worst program (minima) | goal |\n\
         |---|---:|---:|---|---|---|\n",
    );
    for comparison in &COMPARISONS {
        let sides = comparison.sides;
        for (measure, goal) in MEASURES.into_iter().zip(comparison.goals) {
            let found = results.tables.iter().find(|table| table.measure == measure);
            let Some((table, worst)) = found.and_then(|table| Some((table, table.worst(sides)?)))
            else {
                continue;
            };
            let is_execution = measure == Measure::Execution;
            let worst_goal = comparison.worst.filter(|_| is_execution);
            let geomean = table.geomean(|row| row.min_ratio(sides));
            let _ = writeln!(
                out,
                "| {}: {} | {geomean:.3} | {:.3} | {} | {:.3} {} | {} |",
                names(&results.about, sides),
                measure.title(),
                table.geomean(|row| row.median_ratio(sides)),
                verdict(geomean, goal),
                worst.min_ratio(sides),
                worst.name,
                verdict(worst.min_ratio(sides), worst_goal),
            );
        }
    }
    out
}

fn names(about: &About, [subject, yardstick]: Sides) -> String {
    format!("{} / {}", about.engines[subject], about.engines[yardstick])
}

/// A goal, and whether it is met; nothing if there is none.
fn verdict(ratio: f64, goal: Option<f64>) -> String {
    let Some(goal) = goal else {
        return String::new();
    };
    let met = if ratio <= goal { "met" } else { "missed" };
    // As many digits as the goal has, and three of one that is a fraction.
    let goal = (goal * 1e3).round() / 1e3;
    format!("≤ {goal}: {met}")
}

/// What the engine without needs for each program, and all the ratios.
fn detail(about: &About, table: &Table) -> String {
    let mut out = format!("| | {} (min) |", about.engines[0]);
    for comparison in &COMPARISONS {
        let _ = write!(out, " {} |", names(about, comparison.sides));
    }
    out.push_str("\n|---|---:|---:|---:|---:|---:|\n");
    for row in &table.rows {
        let plain = table.measure.show(row.samples[0].min());
        let _ = write!(out, "| {} | {plain} |", row.name);
        ratios(&mut out, |sides| row.min_ratio(sides));
    }
    out.push_str("| **geomean** | |");
    ratios(&mut out, |sides| {
        table.geomean(|row: &Row| row.min_ratio(sides))
    });
    out
}

fn ratios(out: &mut String, ratio: impl Fn(Sides) -> f64) {
    for comparison in &COMPARISONS {
        let _ = write!(out, " {:.3} |", ratio(comparison.sides));
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_up_to_its_own_value() {
        assert_eq!(verdict(1.12, Some(1.12)), "≤ 1.12: met");
        assert_eq!(verdict(1.121, Some(1.12)), "≤ 1.12: missed");
        assert_eq!(verdict(0.3, THREE_TIMES_FASTER), "≤ 0.333: met");
        assert_eq!(verdict(2.0, None), "");
    }

    #[test]
    fn each_engine_is_compared_by_its_place() {
        let mut results = Results {
            about: About {
                engines: ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec(),
                rounds: 1,
                clock: Clock::Wall,
                machine: String::new(),
            },
            tables: Vec::new(),
        };
        for (side, value) in [1.0, 1.25, 1.5, 3.0, 6.0].into_iter().enumerate() {
            results.push(Measure::Execution, "program", side, value);
        }
        let report = markdown(&results);
        for line in [
            "| b / a: Execution | 1.250 | 1.250 | ≤ 1.01: missed | 1.250 program | ≤ 1.5: met |",
            "| c / d: Execution | 0.500 | 0.500 |  | 0.500 program |  |",
            "| c / e: Execution | 0.250 | 0.250 | ≤ 0.333: met | 0.250 program |  |",
            "| program | 1000.000 ms | 1.250 | 1.500 | 0.500 | 0.250 |",
        ] {
            assert!(report.contains(line), "{line}\nis not in\n{report}");
        }
    }
}
