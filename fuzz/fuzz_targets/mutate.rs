//! Mutated modules: the sample programs compile or are refused, and a generated module that was
//! changed without changing its meaning does what it did before.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::arbitrary::{self, Unstructured};
use libfuzzer_sys::fuzz_target;
use std::path::Path;
use std::sync::OnceLock;
use trapline_compile::CompileError;
use trapline_fuzz::{Purpose, compiler, engine, generate, run};
use wasm_mutate::WasmMutate;

fuzz_target!(|data: &[u8]| {
    let mut u = Unstructured::new(data);
    let _ = if u.ratio(1, 2).unwrap_or(true) { samples(&mut u) } else { same_meaning(&mut u) };
});

/// Mutates a sample program, and compiles what comes of it.
fn samples(u: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let Ok(original) = u.choose(seeds()) else { return Ok(()) };
    let mutated = mutate(original, u, false)?;
    let valid = compiler().validate(&mutated);
    match (valid, compiler().compile(Bytes::from(mutated), None)) {
        (Ok(()), Err(CompileError::TooLarge(_) | CompileError::Codegen { .. })) => {}
        (Ok(()), Err(error)) => panic!("valid, but: {error}"),
        (Err(error), Ok(_)) => panic!("compiled, but: {error}"),
        _ => {}
    }
    Ok(())
}

/// Mutates a generated module in ways that should make no difference when it runs.
fn same_meaning(u: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let seed: u64 = u.arbitrary()?;
    let original = generate(u, Purpose::Run)?;
    let mut u = Unstructured::new(&original);
    let mutated = mutate(&original, &mut Unstructured::new(&seed.to_le_bytes()), true)
        .or_else(|_| mutate(&original, &mut u, true))?;
    let (Some(before), Some(after)) = (run(engine(true), &original), run(engine(true), &mutated))
    else {
        return Ok(());
    };
    for (before, after) in before.iter().zip(&after) {
        if before.result != after.result || before.function != after.function {
            panic!("before: {before:#?}\n\nafter: {after:#?}");
        }
        if before.is_last() {
            break;
        }
    }
    Ok(())
}

fn mutate(
    wasm: &[u8],
    u: &mut Unstructured<'_>,
    preserve_semantics: bool,
) -> arbitrary::Result<Vec<u8>> {
    let mut wasm = wasm.to_vec();
    for _ in 0..u.int_in_range(1..=8)? {
        let mut mutate = WasmMutate::default();
        mutate.seed(u.arbitrary()?).fuel(300).preserve_semantics(preserve_semantics);
        let mutated = match mutate.run(&wasm) {
            Ok(mut mutations) => mutations.next(),
            Err(_) => None,
        };
        if let Some(Ok(mutated)) = mutated {
            wasm = mutated;
        }
    }
    Ok(wasm)
}

/// The sample programs that are not too large to be mutated often.
fn seeds() -> &'static [Vec<u8>] {
    static SEEDS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    SEEDS.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/guests");
        let folders = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let files = folders.flat_map(|folder| std::fs::read_dir(folder.path()).into_iter().flatten());
        files
            .flatten()
            .filter(|file| file.path().extension().is_some_and(|extension| extension == "wasm"))
            .filter_map(|file| std::fs::read(file.path()).ok())
            .filter(|wasm| wasm.len() < 200_000)
            .collect()
    })
}
