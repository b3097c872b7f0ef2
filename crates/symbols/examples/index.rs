//! Measures how long the debug information of a module takes to be read: opened, indexed as a
//! whole, which is the most that a question can ask for, and then asked for what a debugger asks.
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
    let begin = Instant::now();
    let files = symbols.files()?;
    println!("{} files, in {:?}", files.len(), begin.elapsed());
    let begin = Instant::now();
    let functions = symbols.functions()?;
    println!("{} functions, in {:?}", functions.len(), begin.elapsed());
    println!("memory grown by {} KiB", (resident() - before) / 1024);
    let begin = Instant::now();
    let named = symbols.functions_named("main")?.len();
    println!("{named} functions named main, in {:?}", begin.elapsed());
    let file = files.first().ok_or("no files")?;
    let begin = Instant::now();
    let places = symbols.line_places(file, 1)?.len();
    println!("{places} places in {file}, in {:?}", begin.elapsed());
    let instances = functions.iter().filter_map(|f| f.instances.first());
    let pcs: Vec<u32> = instances.map(|instance| instance.body).take(200).collect();
    for what in ["first", "again"] {
        let begin = Instant::now();
        for &pc in &pcs {
            symbols.statements(pc)?;
        }
        let each = begin.elapsed() / pcs.len().max(1) as u32;
        println!(
            "statements of {} functions, {what}: {each:?} each",
            pcs.len()
        );
    }
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
