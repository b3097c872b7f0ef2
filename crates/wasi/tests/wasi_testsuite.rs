//! The conformance tests of WASI preview 1, as far as they are in the corpus.

#[allow(dead_code, reason = "it serves other tests too")]
mod common;

use std::path::Path;

use common::{copy_folder, corpus, files, report, run};
use serde_json::Value;
use tempfile::TempDir;
use trapline::Engine;
use trapline_wasi::WasiCtxBuilder;

#[test]
fn conformance_programs_end_as_they_say() {
    let Some(suite) = corpus("wasi-testsuite") else {
        return;
    };
    let engine = Engine::default();
    let programs = files(&suite, "wasm");
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
    report("wasi-testsuite", programs.len(), &failures);
}

/// Runs a program as the file beside it says, and compares how it ends.
fn check(engine: &Engine, wasm: &Path) -> Result<(), String> {
    let specification = match std::fs::read(wasm.with_extension("json")) {
        Ok(json) => serde_json::from_slice(&json).map_err(|error| error.to_string())?,
        Err(_) => Value::Null,
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |name: &str| -> Vec<String> {
        specification[name]
            .as_array()
            .into_iter()
            .flatten()
            .map(text)
            .collect()
    };

    let mut builder = WasiCtxBuilder::new();
    builder
        .arg(wasm.file_name().unwrap().to_str().unwrap())
        .args(list("args"));
    if let Some(variables) = specification["env"].as_object() {
        builder.envs(variables.iter().map(|(key, value)| (key, text(value))));
    }
    let folder = TempDir::new().map_err(|error| error.to_string())?;
    let roots = specification["root"]
        .as_str()
        .map(|root| (root.to_owned(), "/".to_owned()));
    let dirs = list("dirs").into_iter().map(|dir| (dir.clone(), dir));
    for (index, (source, guest_path)) in roots.into_iter().chain(dirs).enumerate() {
        let copy = folder.path().join(index.to_string());
        copy_folder(&wasm.with_file_name(source), &copy);
        builder
            .preopened_dir(copy, guest_path)
            .map_err(|error| error.to_string())?;
    }

    let outcome = run(engine, wasm, &mut builder);
    let stderr = String::from_utf8_lossy(&outcome.stderr).into_owned();
    let exit = outcome.exit.map_err(|error| format!("{error} {stderr}"))?;
    let expected = specification["exit_code"].as_i64().unwrap_or(0);
    if i64::from(exit) != expected {
        return Err(format!("exited with {exit}, not {expected}. {stderr}"));
    }
    let stdout = String::from_utf8_lossy(&outcome.stdout);
    if let Some(expected) = specification["stdout"].as_str()
        && stdout != expected
    {
        return Err(format!("printed {stdout:?}, not {expected:?}. {stderr}"));
    }
    Ok(())
}
