//! A module of any size, and what compiling it takes.
//!
//! Programs of the corpus are small. A big one is made by repeating the functions of one of
//! them: every copy has a valid body, since it calls the originals, and is as hard to compile.

use crate::clock::Clock;
use crate::engines::Threads;
use crate::{CorpusArgs, EngineName, corpus};
use anyhow::{Context as _, Result, ensure};
use clap::ValueEnum as _;
use std::fs;
use std::process::Command;
use wasmparser::{Parser, Payload};

#[derive(clap::Args)]
pub struct Args {
    /// How big the module should be, in MB (10⁶ bytes)
    #[arg(long, default_value_t = 64)]
    megabytes: usize,
    /// The program whose functions are repeated
    #[arg(long, default_value = "regex")]
    program: String,
    /// Compile on one thread instead of all
    #[arg(long)]
    one_thread: bool,
    /// Compile in this process on this engine only. Without it, each engine gets a process of
    /// its own.
    #[arg(long, short)]
    engine: Option<EngineName>,
    #[command(flatten)]
    corpus: CorpusArgs,
}

/// Compiles a big module on both engines, and prints time and peak memory of each.
pub fn run(args: &Args) -> Result<()> {
    let Some(engine) = args.engine else {
        for name in EngineName::value_variants() {
            let name = name.to_possible_value().expect("every engine has a name");
            let mut child = Command::new(std::env::current_exe()?);
            child
                .args(std::env::args_os().skip(1))
                .args(["--engine", name.get_name()]);
            ensure!(child.status()?.success(), "{} failed", name.get_name());
        }
        return Ok(());
    };
    let mut found = corpus::read(&args.corpus.dir(), |name| name == args.program)?;
    let program = found
        .pop()
        .with_context(|| format!("no program is named {}", args.program))?;
    let wasm = repeat_functions(&program.wasm, args.megabytes * 1_000_000)?;
    drop(program);

    let threads = if args.one_thread {
        Threads::One
    } else {
        Threads::All
    };
    let engine = engine.make()?;
    let before = peak_memory()?;
    let elapsed = engine.compile(&wasm, threads, Clock::Wall)?;
    let peak = peak_memory()?;
    println!(
        "{}: {:.1} MB compiled in {elapsed:.1} s; peak memory {:.0} MB, {:.1} times the module \
         ({:.0} MB before compiling)",
        engine.name(),
        wasm.len() as f64 / 1e6,
        peak as f64 / 1e6,
        peak as f64 / wasm.len() as f64,
        before as f64 / 1e6,
    );
    Ok(())
}

/// The most memory that the process has had so far, in bytes.
fn peak_memory() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status").context("this needs Linux")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes: u64 = line
        .and_then(|line| line.trim().strip_suffix(" kB"))
        .context("the kernel does not tell peak memory")?
        .parse()?;
    Ok(kilobytes * 1024)
}

/// Appends copies of a module's functions to it until it has at least `size` bytes. Custom
/// sections are left out.
pub fn repeat_functions(wasm: &[u8], size: usize) -> Result<Vec<u8>> {
    let mut types = Vec::new();
    let mut bodies = Vec::new();
    // Section ids and contents in order; those of functions and code are filled in at the end.
    let mut sections: Vec<(u8, &[u8])> = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        match &payload {
            Payload::FunctionSection(functions) => {
                types = functions.clone().into_iter().collect::<Result<_, _>>()?;
            }
            Payload::CodeSectionEntry(body) => bodies.push(body.as_bytes()),
            Payload::CustomSection(_) => continue,
            _ => {}
        }
        if let Some((id, range)) = payload.as_section()
            && !matches!(payload, Payload::CodeSectionEntry(_))
        {
            sections.push((id, &wasm[range.start as usize..range.end as usize]));
        }
    }
    // What a copy takes at the least: its bodies, their lengths, and their types.
    let code: usize = bodies
        .iter()
        .map(|body| leb(body.len()).len() + body.len() + 1)
        .sum();
    ensure!(code > 0, "the module has no functions to repeat");
    let copies = size.div_ceil(code);

    let mut big = b"\0asm\x01\0\0\0".to_vec();
    for (id, contents) in sections {
        match id {
            FUNCTION_SECTION => {
                let mut section = leb(types.len() * copies);
                for ty in std::iter::repeat_n(&types, copies).flatten() {
                    section.extend(leb(*ty as usize));
                }
                append(&mut big, id, &section);
            }
            CODE_SECTION => {
                let mut section = leb(bodies.len() * copies);
                for body in std::iter::repeat_n(&bodies, copies).flatten() {
                    section.extend(leb(body.len()));
                    section.extend_from_slice(body);
                }
                append(&mut big, id, &section);
            }
            _ => append(&mut big, id, contents),
        }
    }
    Ok(big)
}

const FUNCTION_SECTION: u8 = 3;
const CODE_SECTION: u8 = 10;

fn append(module: &mut Vec<u8>, id: u8, contents: &[u8]) {
    module.push(id);
    module.extend(leb(contents.len()));
    module.extend_from_slice(contents);
}

/// A number in LEB128.
fn leb(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_module_is_valid_and_large_enough() {
        let wasm = wat::parse_str(
            "(module (import \"m\" \"f\" (func)) (memory 1) (data (i32.const 0) \"x\")
               (func (export \"g\") call 0) (func (param i32) (result i32) local.get 0))",
        )
        .unwrap();
        let big = repeat_functions(&wasm, 10_000).unwrap();
        assert!(big.len() >= 10_000);
        wasmparser::validate(&big).unwrap();
    }
}
