//! Compiles a module and tells what it took: `measure FILE.wasm [--serial] [--none]`.
//!
//! Prints the progress as it is reported, then the time, the size of the code and the process's
//! peak of resident memory, also as a multiple of the module's size.

use bytes::Bytes;
use std::error::Error;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use trapline_compile::{Compiler, CompilerOptions, OptLevel, Progress};

fn main() -> Result<(), Box<dyn Error>> {
    let mut options = CompilerOptions::default();
    let mut path = None;
    for arg in std::env::args().skip(1) {
        match arg.as_str() {
            "--serial" => options.parallel = false,
            "--none" => options.opt_level = OptLevel::None,
            _ => path = Some(arg),
        }
    }
    let wasm = Bytes::from(std::fs::read(path.ok_or("usage: measure FILE.wasm")?)?);
    let size = wasm.len();

    let started = Instant::now();
    let printed = Mutex::new(Duration::ZERO);
    let report = |progress: Progress| {
        let mut printed = printed.lock().expect("no panic while locked");
        let elapsed = started.elapsed();
        if elapsed - *printed > Duration::from_secs(5)
            || progress.done_bytes == progress.total_bytes
        {
            *printed = elapsed;
            let Progress {
                done_bytes,
                total_bytes,
            } = progress;
            println!(
                "{:6.1} s  {done_bytes:>10} of {total_bytes}",
                elapsed.as_secs_f64()
            );
        }
    };
    let module = Compiler::new(&options)?.compile(wasm, Some(&report))?;

    println!("time      {:.1} s", started.elapsed().as_secs_f64());
    println!("module    {size} bytes");
    println!("code      {} bytes", module.text().len());
    if let Some(peak) = peak_memory() {
        println!(
            "peak      {peak} bytes, {:.1} times the module",
            peak as f64 / size as f64
        );
    }
    Ok(())
}

/// The largest amount of memory this process has had resident, where the system tells it.
fn peak_memory() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: usize = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kilobytes << 10)
}
