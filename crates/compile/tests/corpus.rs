//! Real programs compile, and the code generator's verifier finds nothing wrong in their IR.

use std::path::{Path, PathBuf};
use trapline_compile::{Compiler, CompilerOptions};

/// All modules in the shared corpus, if this checkout has one beside it.
fn modules() -> Vec<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let root = std::env::var_os("TRAPLINE_CORPUS").map_or(beside, PathBuf::from);
    let mut folders = vec![root];
    let mut modules = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "wasm")
            {
                modules.push(path);
            }
        }
    }
    modules
}

#[test]
fn the_programs_of_the_corpus_compile() {
    let modules = modules();
    if modules.is_empty() {
        println!("skipped: no corpus beside this checkout");
    }
    let compiler = Compiler::new(&CompilerOptions::default()).unwrap();
    for path in modules {
        let wasm = std::fs::read(&path).unwrap();
        if let Err(error) = compiler.compile(wasm.into(), None) {
            panic!("{}: {error}", path.display());
        }
    }
}
