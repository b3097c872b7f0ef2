//! The programs that are measured: the sightglass suite, kept beside the repository.

use crate::engines::Run;
use anyhow::{Context as _, Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A program whose input the corpus may lack, the file that it reads, and what stands in for it.
///
/// What the corpus expects it to print does not hold for the stand-in; the engines must still
/// agree.
const STAND_IN: (&str, &str, &str) = (
    "pulldown-cmark",
    "default.input.md",
    include_str!("../inputs/default.input.md"),
);

/// How often the stand-in is repeated, for a run that takes long enough to be timed.
const STAND_IN_COPIES: usize = 300;

/// A program of the corpus.
pub struct Benchmark {
    /// What the report calls it.
    pub name: String,
    /// Its module, in memory before anything is timed.
    pub wasm: Vec<u8>,
    /// The folder that it may read.
    pub dir: PathBuf,
    stdout: Option<Vec<u8>>,
    stderr: Option<Vec<u8>>,
    first_run: Option<[Vec<u8>; 2]>,
    // Kept for as long as the program may run in it.
    _stand_in: Option<TempDir>,
}

/// Where the corpus is: `TRAPLINE_CORPUS`, or `shared/corpus` next to the repository.
pub fn default_dir() -> PathBuf {
    if let Some(dir) = std::env::var_os("TRAPLINE_CORPUS") {
        return dir.into();
    }
    let bench = Path::new(env!("CARGO_MANIFEST_DIR"));
    // A worktree may lie one folder deeper than the repository itself.
    let candidates = bench
        .ancestors()
        .skip(2)
        .map(|dir| dir.join("shared/corpus"));
    candidates
        .into_iter()
        .find(|dir| dir.is_dir())
        .unwrap_or_else(|| bench.join("../../shared/corpus"))
}

/// Reads the programs of the corpus whose names `wanted` accepts, sorted by name.
pub fn read(corpus: &Path, wanted: impl Fn(&str) -> bool) -> Result<Vec<Benchmark>> {
    let suite = corpus.join("sightglass");
    ensure!(
        suite.is_dir(),
        "no corpus at {}: set TRAPLINE_CORPUS or pass --corpus",
        suite.display()
    );
    let mut benchmarks = Vec::new();
    for dir in entries(&suite)? {
        if !dir.is_dir() {
            continue;
        }
        for file in entries(&dir)? {
            if file.extension().is_none_or(|extension| extension != "wasm") {
                continue;
            }
            let name = name(&dir, &file);
            if wanted(&name) {
                benchmarks.push(Benchmark::read(name, &dir, &file)?);
            }
        }
    }
    benchmarks.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(benchmarks)
}

fn entries(dir: &Path) -> Result<Vec<PathBuf>> {
    let listing = fs::read_dir(dir).with_context(|| format!("listing {}", dir.display()))?;
    Ok(listing
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<_>>()?)
}

/// A folder with one program gives it its name; in a folder of many each has its own.
fn name(dir: &Path, file: &Path) -> String {
    let part = |path: &Path| {
        path.file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    match part(file).as_str() {
        "benchmark" => part(dir),
        stem => stem.to_owned(),
    }
}

impl Benchmark {
    fn read(name: String, dir: &Path, file: &Path) -> Result<Benchmark> {
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let expected = |stream: &str| {
            // Some programs name what they print after their input.
            [&*stem, "default"]
                .iter()
                .find_map(|stem| fs::read(dir.join(format!("{stem}.{stream}.expected"))).ok())
        };
        let mut benchmark = Benchmark {
            name,
            wasm: fs::read(file).with_context(|| format!("reading {}", file.display()))?,
            dir: dir.to_owned(),
            stdout: expected("stdout"),
            stderr: expected("stderr"),
            first_run: None,
            _stand_in: None,
        };
        let (name, input, text) = STAND_IN;
        if benchmark.name == name && !dir.join(input).exists() {
            let stand_in = tempfile::tempdir()?;
            fs::write(stand_in.path().join(input), text.repeat(STAND_IN_COPIES))?;
            benchmark.dir = stand_in.path().to_owned();
            benchmark._stand_in = Some(stand_in);
            (benchmark.stdout, benchmark.stderr) = (None, None);
        }
        Ok(benchmark)
    }

    /// Checks what a run printed against what the corpus says. Where it says nothing, the first
    /// run that is checked sets the text that all later ones, on either engine, must print; such
    /// programs print the time they took, so numbers may differ there.
    pub fn check(&mut self, run: &Run) -> Result<()> {
        let first = self
            .first_run
            .get_or_insert_with(|| [without_numbers(&run.stdout), without_numbers(&run.stderr)]);
        let streams = [
            ("stdout", &self.stdout, &run.stdout),
            ("stderr", &self.stderr, &run.stderr),
        ];
        for ((stream, expected, actual), first) in streams.into_iter().zip(first) {
            match expected {
                Some(expected) => check(stream, expected, actual)?,
                None => check(stream, first, &without_numbers(actual))?,
            }
        }
        Ok(())
    }
}

fn check(stream: &str, expected: &[u8], actual: &[u8]) -> Result<()> {
    if expected == actual {
        return Ok(());
    }
    let same = expected
        .iter()
        .zip(actual)
        .take_while(|(a, b)| a == b)
        .count();
    bail!(
        "wrong result: {stream} differs from what is expected at byte {same} \
         ({} bytes expected, {} printed)",
        expected.len(),
        actual.len()
    )
}

fn without_numbers(text: &[u8]) -> Vec<u8> {
    text.iter()
        .copied()
        .filter(|byte| !byte.is_ascii_digit())
        .collect()
}
