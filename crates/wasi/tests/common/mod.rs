//! What the suites of whole programs need: finding them, copying their folders, running them.

use std::fs;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use trapline::{Engine, Error, Linker, Module, Store, Val};
use trapline_wasi::{ExitCode, OutputPipe, WasiCtx, WasiCtxBuilder};

/// The most a program may print.
pub const OUTPUT_LIMIT: usize = 64 << 20;

/// A part of the corpus: in the folder that the variable `TRAPLINE_CORPUS` names, or in
/// `shared/corpus` beside the repository or further up. `None`, after saying so, if there is none.
pub fn corpus(part: &str) -> Option<PathBuf> {
    let named = std::env::var_os("TRAPLINE_CORPUS").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("shared/corpus"));
    let found = named
        .into_iter()
        .chain(beside)
        .map(|corpus| corpus.join(part))
        .find(|p| p.is_dir());
    if found.is_none() {
        println!("skipped: there is no corpus with {part} (see the variable TRAPLINE_CORPUS)");
    }
    found
}

/// Every file with this extension in a folder and in those below it, in order.
pub fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Copies what is in a folder, as files that may be changed.
pub fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            fs::write(&target, fs::read(&path).unwrap()).unwrap();
        }
    }
}

/// How a program ended.
pub struct Outcome {
    pub exit: Result<i32, Error>,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

/// Runs a program.
pub fn run(engine: &Engine, wasm: &Path, builder: &mut WasiCtxBuilder) -> Outcome {
    let (stdout, stderr) = (OutputPipe::new(OUTPUT_LIMIT), OutputPipe::new(OUTPUT_LIMIT));
    let wasi = builder
        .stdout(stdout.clone())
        .stderr(stderr.clone())
        .build();
    let exit = start(engine, wasm, wasi);
    Outcome {
        exit,
        stdout: stdout.take(),
        stderr: stderr.take(),
    }
}

/// What programs can import.
pub fn linker(engine: &Engine) -> Result<Linker<WasiCtx>, Error> {
    let mut linker = Linker::new(engine);
    trapline_wasi::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi)?;
    // Benchmarks mark the part of them that counts.
    linker.func_wrap("bench", "start", || {})?;
    linker.func_wrap("bench", "end", || {})?;
    Ok(linker)
}

fn start(engine: &Engine, wasm: &Path, wasi: WasiCtx) -> Result<i32, Error> {
    let linker = linker(engine)?;
    let module = Module::from_file(engine, wasm)?;
    let mut store = Store::new(engine, wasi);
    let instance = linker.instantiate(&mut store, &module)?;
    let start = instance.get_typed_func::<(), ()>(&mut store, "_start")?;
    match start.call(&mut store, ()) {
        Ok(()) => Ok(0),
        Err(error) => match error.downcast_ref::<ExitCode>() {
            Some(&ExitCode(code)) => Ok(code),
            None => Err(error),
        },
    }
}

/// Prints how many programs did what they should, and fails for those that did not.
pub fn report(suite: &str, total: usize, failures: &[String]) {
    println!("{suite}: {} of {total} passed", total - failures.len());
    assert!(failures.is_empty(), "{suite}:\n{}", failures.join("\n"));
}

/// Runs a future that waits for nothing.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

/// The name of a program's file, or of its folder if all are called alike.
pub fn name(wasm: &Path) -> String {
    let stem = wasm.file_stem().unwrap().to_str().unwrap();
    let folder = wasm
        .parent()
        .unwrap()
        .file_name()
        .unwrap()
        .to_str()
        .unwrap();
    if stem == "benchmark" { folder } else { stem }.to_owned()
}

/// The type and bits of a value; of a reference, whether it is null.
pub fn bits(value: &Val) -> (&'static str, u128) {
    match value {
        Val::I32(bits) => ("i32", u128::from(*bits as u32)),
        Val::I64(bits) => ("i64", u128::from(*bits as u64)),
        Val::F32(bits) => ("f32", u128::from(*bits)),
        Val::F64(bits) => ("f64", u128::from(*bits)),
        Val::V128(bits) => ("v128", bits.as_u128()),
        Val::FuncRef(func) => ("funcref", u128::from(func.is_some())),
        Val::ExternRef(value) => ("externref", u128::from(value.is_some())),
        Val::ExnRef(exception) => ("exnref", u128::from(exception.is_some())),
    }
}
