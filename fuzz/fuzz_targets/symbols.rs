//! Damaged debug information, and expressions over it, are answers or errors, in bounds.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::arbitrary::{self, Unstructured};
use libfuzzer_sys::fuzz_target;
use std::ops::Range;
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use trapline_symbols::{
    Condition, FrameEnvironment, Inspector, Symbols, Target, TargetError, ValueHistory, WasmValue,
};

/// Programs whose debug information is small, in C, C++ and Zig, DWARF 4 and 5.
const SEEDS: [&[u8]; 5] = [
    include_bytes!("../../tests/guests/values/types-O0-4.wasm"),
    include_bytes!("../../tests/guests/values/types-O0-5.wasm"),
    include_bytes!("../../tests/guests/values/c-Og-5.wasm"),
    include_bytes!("../../tests/guests/values/c-O0-4.wasm"),
    include_bytes!("../../tests/guests/values/zig-O0-4.wasm"),
];

/// What takes longer than this for damaged input of this size has no bound.
const LONGEST: Duration = Duration::from_secs(20);

/// A machine that is full of what it was made with.
struct Machine(Vec<u8>);

const MEMORY: u64 = 1 << 17;

impl Machine {
    fn word(&self, index: u32) -> u32 {
        let byte = |at: u32| {
            let length = self.0.len().max(1);
            self.0.get(at as usize % length).copied().unwrap_or(0)
        };
        u32::from_le_bytes([byte(index * 2), byte(index * 2 + 1), byte(index) & 1, 0])
    }
}

impl Target for Machine {
    fn read_memory(&self, address: u64, buffer: &mut [u8]) -> Result<(), TargetError> {
        let end = address.checked_add(buffer.len() as u64);
        if end.is_none_or(|end| end > MEMORY) {
            return Err(TargetError("there is no memory".to_owned()));
        }
        let mut contents = self.0.iter().cycle().skip(address as usize % self.0.len().max(1));
        buffer.fill_with(|| contents.next().copied().unwrap_or(0));
        Ok(())
    }

    fn memory_size(&self) -> u64 {
        MEMORY
    }

    fn local(&self, index: u32) -> Result<WasmValue, TargetError> {
        Ok(WasmValue::I32(self.word(index)))
    }

    fn operand(&self, index: u32) -> Result<WasmValue, TargetError> {
        Ok(WasmValue::I64(self.word(index).into()))
    }

    fn global(&self, index: u32) -> Result<WasmValue, TargetError> {
        Ok(WasmValue::I32(self.word(index + 7)))
    }

    fn write_memory(&self, _: u64, _: &[u8]) -> Result<(), TargetError> {
        Ok(())
    }
}

fuzz_target!(|data: &[u8]| {
    let begun = Instant::now();
    let _ = ask(&mut Unstructured::new(data));
    assert!(begun.elapsed() < LONGEST, "it has taken {:?}", begun.elapsed());
});

/// The places of each seed's custom sections.
fn sections(seed: usize) -> &'static [Range<usize>] {
    static SECTIONS: OnceLock<Vec<Vec<Range<usize>>>> = OnceLock::new();
    let all = SECTIONS.get_or_init(|| {
        let of = |wasm: &&[u8]| {
            let payloads = wasmparser::Parser::new(0).parse_all(wasm);
            let custom = payloads.filter_map(|payload| match payload {
                Ok(wasmparser::Payload::CustomSection(section)) => {
                    let begin = section.data_offset() as usize;
                    Some(begin..begin + section.data().len())
                }
                _ => None,
            });
            custom.filter(|range| !range.is_empty()).collect()
        };
        SEEDS.iter().map(of).collect()
    });
    &all[seed]
}

fn ask(u: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let seed = u.choose_index(SEEDS.len())?;
    let mut wasm = SEEDS[seed].to_vec();
    for _ in 0..u.int_in_range(0..=16)? {
        let section = u.choose(sections(seed))?.clone();
        let at = u.int_in_range(section.start..=section.end - 1)?;
        match u.int_in_range(0..=3)? {
            0 => wasm[at] = u.arbitrary()?,
            1 => wasm[at] ^= 1 << u.int_in_range(0..=7)?,
            2 => wasm[at] = *u.choose(&[0, 1, 0x7f, 0x80, 0xff])?,
            _ => {
                let from = u.int_in_range(section.start..=section.end - 1)?;
                wasm[at] = wasm[from];
            }
        }
    }
    let code: u32 = u.int_in_range(0..=wasm.len() as u32)?;
    let machine = Machine(u.bytes(u.len().min(64))?.to_vec());
    let Ok(symbols) = Symbols::new(Bytes::from(wasm)) else {
        return Ok(());
    };
    let _ = (symbols.files(), symbols.functions(), symbols.functions_named("main"));
    let file = symbols.files().ok().and_then(|files| files.into_iter().next());
    if let Some(file) = file {
        let _ = (symbols.line_places(&file, code % 200), symbols.breakpoint_lines(&file, 1..200));
    }
    let text = String::from_utf8_lossy(u.bytes(u.len().min(60))?).into_owned();
    for wasm_pc in [code, code / 2, code / 4] {
        let _ = (symbols.frames(wasm_pc), symbols.statements(wasm_pc));
        look(&symbols, &machine, wasm_pc, &text);
    }
    Ok(())
}

fn look(symbols: &Symbols, machine: &Machine, wasm_pc: u32, text: &str) {
    let inspector = Inspector::new(symbols, machine);
    let mut names = vec![text.to_owned()];
    for frame in symbols.scopes(wasm_pc).unwrap_or_default() {
        for variable in frame.variables() {
            let value = inspector.variable(variable);
            let _ = (inspector.text(&value), inspector.type_name(&value));
            for child in inspector.children(&value, 0..4).unwrap_or_default() {
                let _ = inspector.text(&child);
            }
            if let Some(name) = &variable.name {
                names.push(format!("{name}{text}"));
            }
        }
    }
    let mut history = ValueHistory::new();
    for source in names.iter().take(8) {
        if let Ok(environment) = FrameEnvironment::new(symbols, machine, Some(wasm_pc), 0)
            && let Ok(value) = environment.with_history(&mut history).evaluate(source)
        {
            let _ = inspector.text(&value);
        }
        if let Ok(condition) = Condition::bind(symbols, source, wasm_pc) {
            let _ = condition.holds(symbols, machine);
        }
    }
}
