//! Benchmark programs of the sightglass suite: real programs that must print what they should.

#[allow(dead_code, reason = "it serves other tests too")]
mod common;

use std::path::{Path, PathBuf};

use common::{copy_folder, corpus, files, report, run};
use tempfile::TempDir;
use trapline::Engine;
use trapline_wasi::WasiCtxBuilder;

#[test]
fn benchmark_programs_print_what_is_expected() {
    let Some(suite) = corpus("sightglass") else {
        return;
    };
    let engine = Engine::default();
    let (programs, incomplete): (Vec<PathBuf>, Vec<PathBuf>) = files(&suite, "wasm")
        .into_iter()
        .partition(|wasm| has_its_input(wasm));
    for wasm in incomplete {
        println!(
            "skipped: the input of {} is not in the corpus",
            wasm.display()
        );
    }
    let failures: Vec<String> = programs
        .iter()
        .filter_map(|wasm| {
            let complaint = check(&engine, wasm).err()?;
            Some(format!(
                "{}: {complaint}",
                wasm.strip_prefix(&suite).unwrap().display()
            ))
        })
        .collect();
    report("sightglass", programs.len(), &failures);
}

/// Whether the file that a program reads, if any, is beside it.
fn has_its_input(wasm: &Path) -> bool {
    let code = std::fs::read(wasm).unwrap();
    let reads = |name: &str| {
        code.windows(name.len())
            .any(|bytes| bytes == name.as_bytes())
    };
    match ["default.input.md", "default.input"]
        .into_iter()
        .find(|name| reads(name))
    {
        Some(name) => wasm.with_file_name(name).exists(),
        None => true,
    }
}

fn check(engine: &Engine, wasm: &Path) -> Result<(), String> {
    let folder = TempDir::new().map_err(|error| error.to_string())?;
    copy_folder(wasm.parent().unwrap(), folder.path());
    let mut builder = WasiCtxBuilder::new();
    builder
        .arg(wasm.file_name().unwrap().to_str().unwrap())
        .preopened_dir(folder.path(), ".")
        .map_err(|error| error.to_string())?;

    let outcome = run(engine, wasm, &mut builder);
    let exit = outcome.exit.map_err(|error| error.to_string())?;
    if exit != 0 {
        return Err(format!(
            "exited with {exit}: {}",
            String::from_utf8_lossy(&outcome.stderr)
        ));
    }
    for (stream, printed) in [("stdout", &outcome.stdout), ("stderr", &outcome.stderr)] {
        if let Some(expected) = expected(wasm, stream)
            && *printed != expected
        {
            return Err(format!(
                "{stream} is {:?}, not {:?}",
                String::from_utf8_lossy(printed),
                String::from_utf8_lossy(&expected)
            ));
        }
    }
    Ok(())
}

/// What a program should print: the file named after it, or after the default input.
fn expected(wasm: &Path, stream: &str) -> Option<Vec<u8>> {
    let named = wasm.with_extension(format!("{stream}.expected"));
    let default = wasm.with_file_name(format!("default.{stream}.expected"));
    std::fs::read(named)
        .or_else(|_| std::fs::read(default))
        .ok()
}
