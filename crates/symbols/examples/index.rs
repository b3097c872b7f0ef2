//! Measures how long the debug information of a module takes to be read: opened, and indexed as a
//! whole, which is the most that a question can ask for.
//!
//! ```console
//! $ cargo run --release -p trapline-symbols --example index -- program.wasm
//! ```

use std::time::Instant;
use trapline_symbols::Symbols;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("which file?")?;
    let wasm = std::fs::read(path)?;
    let size = wasm.len();
    let before = resident();
    let begin = Instant::now();
    let symbols = Symbols::new(wasm.into())?;
    println!("{size} bytes, opened in {:?}", begin.elapsed());
    let begin = Instant::now();
    let globals = symbols.globals()?.len();
    println!(
        "all units indexed in {:?}, {globals} globals",
        begin.elapsed()
    );
    println!("memory grown by {} KiB", (resident() - before) / 1024);
    Ok(())
}

/// The bytes of memory that the process holds, as Linux tells them; 0 elsewhere.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * 4096
}
