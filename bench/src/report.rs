//! Results as Markdown.

use crate::clock::Clock;
use crate::results::{About, BOTH, Measure, Results, Row, Table};
use std::fmt::Write as _;

/// The whole report: how it was made, the summary, a table for each measure.
pub fn markdown(results: &Results) -> String {
    let mut out = circumstances(results);
    out.push('\n');
    out.push_str(&summary(results));
    for table in &results.tables {
        let _ = write!(
            out,
            "\n### {}\n\n{}",
            table.measure.title(),
            detail(results, table)
        );
    }
    out
}

fn circumstances(results: &Results) -> String {
    let about = &results.about;
    let [subject, yardstick] = both(about);
    let clock = clock(about.clock);
    format!(
        "{subject} beside {yardstick}; {} rounds, interleaved; {clock}; {}. \
         A ratio under 1 means that {subject} needs less.\n",
        about.rounds, about.machine
    )
}

/// What was meant by time, in words.
pub fn clock(clock: Clock) -> &'static str {
    match clock {
        Clock::Wall => "wall-clock time",
        Clock::Cpu => "processor time of the measuring thread (several threads: wall clock)",
    }
}

/// The names of the two engines that are compared.
fn both(about: &About) -> [&str; 2] {
    BOTH.map(|side| &*about.engines[side])
}

fn min_ratio(row: &Row) -> f64 {
    row.min_ratio(BOTH)
}

fn median_ratio(row: &Row) -> f64 {
    row.median_ratio(BOTH)
}

/// One line for each measure, and one for each of the calls that matter most.
fn summary(results: &Results) -> String {
    let mut out = String::from(
        "| measure | ratio of minima | ratio of medians | worst row (minima) | goal |\n\
         |---|---:|---:|---|---:|\n",
    );
    for table in &results.tables {
        let Some(worst) = table.worst(BOTH) else {
            continue;
        };
        let goal = table
            .measure
            .goal()
            .map_or(String::new(), |goal| format!("≤ {goal}"));
        let _ = writeln!(
            out,
            "| {} (geomean of {}) | {:.3} | {:.3} | {:.3} {} | {goal} |",
            table.measure.title(),
            table.rows.len(),
            table.geomean(min_ratio),
            table.geomean(median_ratio),
            min_ratio(worst),
            worst.name,
        );
        if table.measure == Measure::Calls {
            for row in table
                .rows
                .iter()
                .filter(|row| row.name.starts_with("empty"))
            {
                let (min, median) = (min_ratio(row), median_ratio(row));
                let _ = writeln!(out, "| {} | {min:.3} | {median:.3} | | ≤ 1 |", row.name);
            }
        }
    }
    out
}

fn detail(results: &Results, table: &Table) -> String {
    let [subject, yardstick] = both(&results.about);
    let exact = matches!(table.measure, Measure::CodeText | Measure::CodeFunctions);
    let mut out = if exact {
        format!("| | {subject} | {yardstick} | ratio |\n|---|---:|---:|---:|\n")
    } else {
        format!(
            "| | {subject} (min) | {yardstick} (min) | ratio of minima | ratio of medians | spread |\n\
             |---|---:|---:|---:|---:|---:|\n"
        )
    };
    for row in &table.rows {
        let [ours, theirs] = BOTH.map(|side| &row.samples[side]);
        let show = |value| table.measure.show(value);
        let _ = write!(
            out,
            "| {} | {} | {} | {:.3} |",
            row.name,
            show(ours.min()),
            show(theirs.min()),
            min_ratio(row)
        );
        if !exact {
            let (ours, theirs) = (ours.spread() * 1e2, theirs.spread() * 1e2);
            let _ = write!(
                out,
                " {:.3} | {ours:.1} % / {theirs:.1} % |",
                median_ratio(row)
            );
        }
        out.push('\n');
    }
    if table.measure != Measure::Calls {
        let _ = write!(
            out,
            "| **geomean** | | | **{:.3}** |",
            table.geomean(min_ratio)
        );
        if !exact {
            let _ = write!(out, " **{:.3}** | |", table.geomean(median_ratio));
        }
        out.push('\n');
    }
    out
}
