//! Measures what evaluating conditions costs, as of breakpoints that are met often: nanoseconds each,
//! without what stopping the guest costs.
//!
//! ```text
//! cargo run --release -p trapline-symbols --example conditions
//! ```
#![allow(missing_docs)]

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;
use trapline_symbols::{
    Condition, FrameEnvironment, Symbols, Target, TargetError, WasmValue, expression,
};

/// So many evaluations are measured.
const TIMES: u32 = 200_000;

/// A guest of which only the memory matters.
struct Guest(Vec<u8>);

impl Target for Guest {
    fn read_memory(&self, address: u64, buffer: &mut [u8]) -> Result<(), TargetError> {
        let begin = usize::try_from(address).unwrap_or(usize::MAX);
        let end = begin.saturating_add(buffer.len());
        match self.0.get(begin..end) {
            Some(bytes) => buffer.copy_from_slice(bytes),
            None => return Err(TargetError(format!("there is no memory at {address:#x}"))),
        }
        Ok(())
    }

    fn memory_size(&self) -> u64 {
        self.0.len() as u64
    }

    fn local(&self, _: u32) -> Result<WasmValue, TargetError> {
        Ok(WasmValue::I32(1024))
    }

    fn operand(&self, _: u32) -> Result<WasmValue, TargetError> {
        Err(TargetError("there are no operands".to_string()))
    }

    fn global(&self, _: u32) -> Result<WasmValue, TargetError> {
        Ok(WasmValue::I32(1024))
    }
}

fn main() {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests/values");
    for (guest, function, variable, sources) in [
        (
            "c-O0-5",
            "pointers",
            "number",
            &[
                "number > 3",
                "first->number == 7",
                "text == \"abc\"",
                "first->next->number == 7 && number",
                "number > 3 && *first == 1",
            ][..],
        ),
        (
            "cpp-O0-5",
            "strings",
            "small",
            &["small == \"abc\"", "large == \"abc\""],
        ),
        (
            "rust-O0-4",
            "text",
            "owned",
            &["owned == \"abc\"", "borrowed == \"abc\""],
        ),
        (
            "rust-O0-4",
            "choices",
            "nested",
            &["some == None", "right == Ok(7)"],
        ),
    ] {
        let wasm = std::fs::read(guests.join(format!("{guest}.wasm"))).expect("a guest");
        let code = wasm.len() as u32;
        let symbols = Symbols::new(wasm.into()).expect("symbols");
        let is_there = |pc: &u32| {
            let scopes = symbols.scopes(*pc).unwrap_or_default();
            let Some(frame) = scopes.first() else {
                return false;
            };
            let name = frame.function.as_deref().unwrap_or_default();
            let name = name.split('(').next().unwrap_or_default();
            name.rsplit(':').next() == Some(function) && frame.find(variable).is_some()
        };
        let begin = (0..code).step_by(8).find(is_there).expect("the function");
        let wasm_pc = (begin..code).take_while(is_there).last().expect("its end");
        // Pointers lead to where there is memory.
        let guest = Guest([16, 4, 0, 0].repeat(1 << 14));
        for source in sources {
            measure(&symbols, &guest, wasm_pc, source);
        }
    }
}

fn measure(symbols: &Symbols, guest: &Guest, wasm_pc: u32, source: &str) {
    let condition = match Condition::bind(symbols, source, wasm_pc) {
        Ok(condition) => condition,
        Err(error) => return println!("{source}: {error}"),
    };
    let begin = Instant::now();
    for _ in 0..TIMES {
        let _ = black_box(condition.holds(symbols, black_box(guest)));
    }
    let bound = begin.elapsed() / TIMES;
    let names = FrameEnvironment::new(symbols, guest, Some(wasm_pc), 0);
    let mut environment = names.expect("an environment");
    let parsed = environment.parse(source).expect("an expression");
    let begin = Instant::now();
    for _ in 0..TIMES / 100 {
        let _ = black_box(expression::evaluate_condition(&parsed, &mut environment));
    }
    let evaluated = begin.elapsed() / (TIMES / 100);
    let outcome = condition.holds(symbols, guest);
    let outcome = outcome.map_or_else(|error| format!("error: {error}"), |it| it.to_string());
    println!(
        "{source:36} {:>6} ns bound{}, {:>7} ns evaluated ({outcome})",
        bound.as_nanos(),
        if condition.is_fast() { "" } else { " (slow)" },
        evaluated.as_nanos()
    );
}
