//! The figures as Markdown.

use super::Group;
use super::figures::{Figure, Goal, Held, Results, Row};
use super::memory::IN_TURN;
use crate::report::clock;
use std::fmt::Write as _;

/// The whole report: how it was made, and a table for each group of figures.
pub fn markdown(results: &Results) -> String {
    let about = &results.about;
    let mut out = format!(
        "trapline (state); {} rounds; {}; {}.\n",
        about.rounds,
        clock(about.clock),
        about.machine
    );
    let groups = [
        (
            Group::Events,
            "Events and steps",
            events as fn(&Results) -> String,
        ),
        (Group::Breakpoints, "Placing breakpoints", breakpoints),
        (Group::FirstStop, "The first stop", first_stop),
    ];
    for (group, title, table) in groups {
        if of_group(results, group).next().is_some() {
            let _ = write!(out, "\n### {title}\n\n{}", table(results));
        }
    }
    if !results.memory.is_empty() {
        let _ = write!(out, "\n### Memory of a session\n\n{}", memory(results));
    }
    out
}

fn of_group(results: &Results, group: Group) -> impl Iterator<Item = &Row> {
    results
        .rows
        .iter()
        .filter(move |row| row.figure.group() == group)
}

fn events(results: &Results) -> String {
    let about = &results.about;
    let signal = results.find(Figure::Signal).map(|row| row.samples.min());
    let mut out = format!(
        "The small loop has two stretches of code without effects. The real program is {}, from where \
         its work begins, {} steps. *Signals* are minima divided by that of a bare signal.\n\n\
         | | min | median | a second (min) | signals | wasmtime (guest_debug), min | goal |\n\
         |---|---:|---:|---:|---:|---:|---|\n",
        about.program,
        count(about.steps.into())
    );
    for row in of_group(results, Group::Events) {
        let (min, median) = (row.samples.min(), row.samples.median());
        if row.figure.is_share() {
            let title = row.figure.title();
            let _ = writeln!(
                out,
                "| {title} | {:.0} % | {:.0} % | | | | |",
                min * 1e2,
                median * 1e2
            );
            continue;
        }
        let signals = signal.map_or(String::new(), |signal| format!("{:.2}", min / signal));
        let peer = row.peer.min();
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {signals} | {} | {} |",
            row.figure.title(),
            time(min),
            time(median),
            count(1.0 / min),
            if peer.is_nan() {
                String::new()
            } else {
                time(peer)
            },
            verdicts(row, signal),
        );
    }
    out
}

/// The goals of a row, and whether they are met.
fn verdicts(row: &Row, signal: Option<f64>) -> String {
    let min = row.samples.min();
    let verdict = |goal: &Goal| {
        let (goal, met) = match *goal {
            Goal::PerSecond(times) => (format!("≥ {} a second", count(times)), 1.0 / min >= times),
            Goal::Signals(times) => {
                let met = signal.is_some_and(|signal| min < times * signal);
                (format!("< {times} signals"), met)
            }
        };
        format!("{goal}: {}", if met { "met" } else { "missed" })
    };
    let all: Vec<String> = row.figure.goals().iter().map(verdict).collect();
    all.join("; ")
}

fn breakpoints(results: &Results) -> String {
    let mut out = big_module(results);
    out.push_str("\n\n| | min | median | for one (min) |\n|---|---:|---:|---:|\n");
    for row in of_group(results, Group::Breakpoints) {
        let min = row.samples.min();
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} |",
            row.figure.title(),
            time(min),
            time(row.samples.median()),
            time(min / f64::from(row.figure.things())),
        );
    }
    out
}

fn first_stop(results: &Results) -> String {
    let mut out = big_module(results);
    if let Some(big) = &results.about.big {
        let _ = write!(
            out,
            " At the first stop it has {} frames with {} locals and operands together.",
            big.frames, big.values
        );
    }
    out.push_str("\n\n| | min | median |\n|---|---:|---:|\n");
    for row in of_group(results, Group::FirstStop) {
        let (min, median) = (row.samples.min(), row.samples.median());
        let title = row.figure.title();
        let _ = writeln!(out, "| {title} | {} | {} |", time(min), time(median));
    }
    out
}

fn big_module(results: &Results) -> String {
    let Some(big) = &results.about.big else {
        return String::new();
    };
    format!(
        "The module is {} with its functions repeated: {:.1} MB, {} functions, {} places to stop at; \
         compiled and stored it has {:.1} MB.",
        results.about.program,
        big.wasm as f64 / 1e6,
        count(big.functions as f64),
        count(big.places as f64),
        big.artifact as f64 / 1e6,
    )
}

fn memory(results: &Results) -> String {
    let mut out = format!(
        "Of {} at once, or {} one after another; the mean of one, in bytes. The guest is the small loop, \
         with a memory of one page. Resident pages that are mapped several times count each time in \
         the first column, and once in the second.\n\n\
         | | resident | pages counted once | page tables | mappings | open files |\n\
         |---|---:|---:|---:|---:|---:|\n",
        count(results.about.live.into()),
        count((results.about.live * IN_TURN).into())
    );
    for held in &results.memory {
        let Held {
            held: kind,
            resident,
            once,
            page_tables,
            mappings,
            files,
        } = held;
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {mappings:.2} | {files:.2} |",
            kind.title(),
            count(*resident),
            count(*once),
            count(*page_tables),
        );
    }
    out
}

/// A length of time, in the unit that suits it.
fn time(seconds: f64) -> String {
    match seconds {
        _ if seconds < 1e-6 => format!("{:.0} ns", seconds * 1e9),
        _ if seconds < 1e-3 => format!("{:.2} µs", seconds * 1e6),
        _ if seconds < 1.0 => format!("{:.2} ms", seconds * 1e3),
        _ => format!("{seconds:.2} s"),
    }
}

/// A whole number, its digits in groups of three.
fn count(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let mut out = String::new();
    if number <= -0.5 {
        out.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::sessions::figures::About;

    #[test]
    fn large_numbers_are_grouped() {
        let grouped = [0.0, -0.2, 999.0, 1000.0, 1234567.4, -41000.0].map(count);
        assert_eq!(grouped, ["0", "0", "999", "1,000", "1,234,567", "-41,000"]);
    }

    #[test]
    fn a_hit_is_held_to_both_its_goals() {
        let mut results = Results {
            about: About {
                rounds: 1,
                clock: Clock::Wall,
                machine: String::new(),
                program: String::new(),
                steps: 1,
                live: 1,
                big: None,
            },
            rows: Vec::new(),
            memory: Vec::new(),
        };
        results.push(Figure::Signal, 2e-6);
        results.push(Figure::Hit, 4.5e-6);
        results.push_peer(Figure::Hit, 1e-3);
        let report = markdown(&results);
        let row = "| 4.50 µs | 4.50 µs | 222,222 | 2.25 | 1.00 ms | \
                   ≥ 200,000 a second: met; < 2 signals: missed |";
        assert!(report.contains(row), "{report}");
    }
}
