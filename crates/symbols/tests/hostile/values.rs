//! Types, locations and values that are damaged or made to do harm.

use crate::build::*;
use std::path::Path;
use trapline_symbols::{
    Condition, FrameEnvironment, Inspector, Symbols, Target, TargetError, Value, ValueError,
    WasmValue,
};

/// A machine whose memory is full of one byte.
struct Filled(u8);

const MEMORY: u64 = 1 << 16;

impl Target for Filled {
    fn read_memory(&self, address: u64, buffer: &mut [u8]) -> Result<(), TargetError> {
        let end = address.checked_add(buffer.len() as u64);
        if end.is_none_or(|end| end > MEMORY) {
            return Err(TargetError("there is no memory".to_string()));
        }
        buffer.fill(self.0);
        Ok(())
    }

    fn memory_size(&self) -> u64 {
        MEMORY
    }

    fn local(&self, _: u32) -> Result<WasmValue, TargetError> {
        Ok(WasmValue::I32(64))
    }

    fn operand(&self, index: u32) -> Result<WasmValue, TargetError> {
        match index {
            0 => Ok(WasmValue::F64(0)),
            _ => Err(TargetError("there is no such operand".to_string())),
        }
    }

    fn global(&self, _: u32) -> Result<WasmValue, TargetError> {
        Ok(WasmValue::I64(64))
    }
}

const POINTER: u8 = 0x0f;
const STRUCTURE: u8 = 0x13;
const MEMBER: u8 = 0x0d;
const TYPEDEF: u8 = 0x16;
const ARRAY: u8 = 0x01;
const SUBRANGE: u8 = 0x21;
const BASE: u8 = 0x24;
const VARIABLE: u8 = 0x34;
const TYPE: (u8, u8) = (0x49, 0x13);
const LOCATION: (u8, u8) = (0x02, 0x18);
const FRAME_BASE: (u8, u8) = (0x40, 0x18);
const SIZE: (u8, u8) = (0x0b, 0x0b);
const ENCODING: (u8, u8) = (0x3e, 0x0b);
const COUNT: (u8, u8) = (0x37, 0x0f);

/// Entries of a unit as they are written one after the other.
struct Writer(Vec<u8>);

impl Writer {
    /// Where the next entry is in the unit, in the form of a reference.
    fn here(&self) -> [u8; 4] {
        // The header is before the entries.
        (self.0.len() as u32 + 11).to_le_bytes()
    }

    fn entry(&mut self, code: u8, values: &[&[u8]]) {
        self.0.push(code);
        for value in values {
            self.0.extend_from_slice(value);
        }
    }

    fn end(&mut self) {
        self.0.push(0);
    }
}

fn block(bytes: &[u8]) -> Vec<u8> {
    [leb(bytes.len() as u64), bytes.to_vec()].concat()
}

/// A module with a function `f` with variables; `types` writes the types and returns for each
/// variable its type and its location.
fn with_variables(
    frame_base: &[u8],
    types: impl FnOnce(&mut Writer) -> Vec<([u8; 4], Vec<u8>)>,
) -> (Symbols, u32) {
    let abbreviations = [
        abbreviation(1, UNIT, CHILDREN, &[LOW, HIGH]),
        abbreviation(2, SUBPROGRAM, CHILDREN, &[NAME, LOW, HIGH, FRAME_BASE]),
        abbreviation(3, VARIABLE, 0, &[NAME, TYPE, LOCATION]),
        abbreviation(4, TYPEDEF, 0, &[TYPE]),
        abbreviation(5, STRUCTURE, CHILDREN, &[SIZE]),
        abbreviation(6, MEMBER, 0, &[TYPE]),
        abbreviation(7, ARRAY, CHILDREN, &[TYPE]),
        abbreviation(8, SUBRANGE, 0, &[COUNT]),
        abbreviation(9, BASE, 0, &[NAME, ENCODING, SIZE]),
        abbreviation(10, POINTER, 0, &[TYPE]),
    ]
    .concat();
    let mut writer = Writer(Vec::new());
    writer.entry(1, &[&all_code()]);
    let variables = types(&mut writer);
    writer.entry(2, &[b"f\0", &all_code(), &block(frame_base)]);
    for (number, (type_, location)) in variables.iter().enumerate() {
        let name = format!("v{number}\0");
        writer.entry(3, &[name.as_bytes(), type_, &block(location)]);
    }
    writer.end();
    writer.end();
    let wasm = module(&[
        (".debug_abbrev", &abbreviations),
        (".debug_info", &unit(&writer.0)),
    ]);
    let pc = middle(&wasm);
    (Symbols::new(wasm.into()).unwrap(), pc)
}

const CHAR: u8 = 6;
const SIGNED: u8 = 5;

fn base(writer: &mut Writer, name: &[u8], encoding: u8, size: u8) -> [u8; 4] {
    let here = writer.here();
    writer.entry(9, &[name, &[encoding, size]]);
    here
}

/// The first address of memory.
fn in_memory() -> Vec<u8> {
    vec![0x03, 0, 1, 0, 0]
}

/// The texts of the variables, or why they have none.
fn texts(symbols: &Symbols, pc: u32, target: &dyn Target) -> Vec<Result<String, ValueError>> {
    let inspector = Inspector::new(symbols, target);
    let frames = symbols.scopes(pc).unwrap();
    let values = frames[0]
        .variables()
        .map(|variable| inspector.variable(variable));
    values.map(|value| inspector.text(&value)).collect()
}

/// Goes through the parts of a value, and the parts of those.
fn explore(inspector: &Inspector<'_>, value: &Value, depth: usize) {
    let _ = inspector.text(value);
    let _ = inspector.type_name(value);
    let count = inspector.child_count(value).unwrap_or(0);
    if depth < 3 {
        for range in [0..4, count.saturating_sub(1)..count, u64::MAX - 1..u64::MAX] {
            for child in inspector.children(value, range).unwrap_or_default() {
                explore(inspector, &child, depth + 1);
            }
        }
    }
}

#[test]
fn types_that_are_made_of_themselves_are_errors() {
    let (symbols, pc) = with_variables(&[0x91, 0], |writer| {
        let alias = writer.here();
        writer.entry(4, &[&alias]);
        let array = writer.here();
        writer.entry(7, &[&array]);
        writer.entry(8, &[&leb(2)]);
        writer.end();
        let structure = writer.here();
        writer.entry(5, &[&[8]]);
        writer.entry(6, &[&structure]);
        writer.entry(6, &[&structure]);
        writer.end();
        let pointer = writer.here();
        writer.entry(10, &[&pointer]);
        [alias, array, structure, pointer]
            .map(|type_| (type_, in_memory()))
            .to_vec()
    });
    let found = texts(&symbols, pc, &Filled(1));
    assert!(
        matches!(found[0], Err(ValueError::Malformed(_))),
        "{found:?}"
    );
    assert!(found[1].is_err(), "{found:?}");
    let nested = found[2].as_ref().unwrap();
    assert!(nested.contains("...") && nested.len() < 1000, "{nested}");
    assert_eq!(
        found[3],
        Ok("0x1010101 -> <there is no memory>".to_string())
    );
    let inspector = Inspector::new(&symbols, &Filled(1));
    for variable in symbols.scopes(pc).unwrap()[0].variables() {
        explore(&inspector, &inspector.variable(variable), 0);
    }
}

#[test]
fn expressions_over_types_that_are_made_of_themselves_end() {
    let (symbols, pc) = with_variables(&[0x91, 0], |writer| {
        let alias = writer.here();
        writer.entry(4, &[&alias]);
        let array = writer.here();
        writer.entry(7, &[&array]);
        writer.entry(8, &[&leb(2)]);
        writer.end();
        let endless = writer.here();
        writer.entry(7, &[&alias]);
        writer.entry(8, &[&leb(1 << 60)]);
        writer.end();
        let structure = writer.here();
        writer.entry(5, &[&[8]]);
        writer.entry(6, &[&structure]);
        writer.end();
        let pointer = writer.here();
        writer.entry(10, &[&pointer]);
        [alias, array, endless, structure, pointer]
            .map(|type_| (type_, in_memory()))
            .to_vec()
    });
    for target in [Filled(0), Filled(1)] {
        for number in 0..5 {
            compute(&symbols, &target, pc, &format!("v{number}"));
        }
    }
    // A chain is as long as people write it.
    let filled = Filled(0);
    let mut environment = FrameEnvironment::new(&symbols, &filled, Some(pc), 0).unwrap();
    let stars = "*".repeat(60);
    let value = environment.evaluate(&format!("{stars}v4")).unwrap();
    assert_eq!(environment.inspector().text(&value).unwrap(), "0x0");
}

#[test]
fn a_pointer_to_itself_is_followed_as_far_as_one_asks() {
    let (symbols, pc) = with_variables(&[0x91, 0], |writer| {
        let pointer = writer.here();
        writer.entry(10, &[&pointer]);
        vec![(pointer, in_memory())]
    });
    // The address of the pointer is what it holds.
    let inspector = Inspector::new(&symbols, &Filled(0));
    let frames = symbols.scopes(pc).unwrap();
    let mut value = inspector.variable(frames[0].variables().next().unwrap());
    assert_eq!(inspector.text(&value).unwrap(), "0x0");
    let symbols_of_ones = Inspector::new(&symbols, &Filled(1));
    for _ in 0..3 {
        let mut children = symbols_of_ones.children(&value, 0..10).unwrap_or_default();
        let Some(child) = children.pop() else { break };
        value = child;
    }
}

#[test]
fn locations_that_lead_nowhere_say_why() {
    let expressions: [(&[u8], &str); 9] = [
        (&[0x2f, 0xfd, 0xff], "damaged debug information"), // DW_OP_skip to itself
        (&[0x91, 0], "damaged debug information"),          // DW_OP_fbreg, whose base is that too
        (&[0xed, 2, 7, 0x9f], "the compiler describes it wrongly"),
        (&[0xed, 2, 0, 0x06, 0x9f], "damaged debug information"), // an address that is a float
        (&[0x9c], "its location needs the frame's address"),
        (&[0x50], "its location needs register 0"),
        (
            &[0x03, 0, 0, 0, 0, 0xe0],
            "its location needs the thread's own memory",
        ),
        (
            &[0xf3, 1, 0x50, 0x9f],
            "its location needs a value from when",
        ),
        (&[0x93, 4], "no location of this part"),
    ];
    let (symbols, pc) = with_variables(&[0x91, 0], |writer| {
        let int = base(writer, b"int\0", SIGNED, 4);
        let variables = expressions.iter().map(|(bytes, _)| (int, bytes.to_vec()));
        variables.collect()
    });
    let found = texts(&symbols, pc, &Filled(0));
    for ((_, expected), found) in expressions.iter().zip(found) {
        let error = found.unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}, not {expected}");
    }
}

#[test]
fn endless_arrays_and_texts_are_cut_and_paged() {
    let (symbols, pc) = with_variables(&[0x91, 0], |writer| {
        let int = base(writer, b"int\0", SIGNED, 4);
        let character = base(writer, b"char\0", CHAR, 1);
        let array = |writer: &mut Writer, element: [u8; 4]| {
            let here = writer.here();
            writer.entry(7, &[&element]);
            writer.entry(8, &[&leb(1 << 60)]);
            writer.end();
            here
        };
        let numbers = array(writer, int);
        let text = array(writer, character);
        let grid = array(writer, numbers);
        let pointer = writer.here();
        writer.entry(10, &[&character]);
        [numbers, text, grid, pointer]
            .map(|type_| (type_, in_memory()))
            .to_vec()
    });
    // The pointer of zeros leads nowhere, that of ones out of memory.
    for target in [Filled(0), Filled(b'a')] {
        for text in texts(&symbols, pc, &target) {
            assert!(text.is_err() || text.unwrap().len() < 2000);
        }
        let inspector = Inspector::new(&symbols, &target);
        let frames = symbols.scopes(pc).unwrap();
        let numbers = inspector.variable(frames[0].variables().next().unwrap());
        assert_eq!(inspector.child_count(&numbers), Ok(1 << 60));
        let all = inspector.children(&numbers, 0..u64::MAX).unwrap();
        assert_eq!(all.len(), 1000);
        let last = inspector
            .children(&numbers, (1 << 60) - 1..u64::MAX)
            .unwrap();
        assert_eq!(last[0].name(), "[1152921504606846975]");
        assert!(inspector.text(&last[0]).is_err());
        for variable in frames[0].variables() {
            explore(&inspector, &inspector.variable(variable), 0);
        }
    }
}

/// Evaluates expressions with a name in them, and binds them as conditions.
fn compute(symbols: &Symbols, target: &dyn Target, wasm_pc: u32, name: &str) {
    let Ok(mut environment) = FrameEnvironment::new(symbols, target, Some(wasm_pc), 0) else {
        return;
    };
    for pattern in [
        "x",
        "*x",
        "x.y",
        "x->next",
        "x.0",
        "x[1]",
        "x[0..3]",
        "x[0]@4",
        "x.?",
        "&x",
        "x + 1",
        "x == \"abc\"",
        "x == x",
        "x == None",
        "x == Some(1)",
        "sizeof x",
        "(int)x",
        "(x)x",
        "(struct point *)x",
        "x = 3",
        "x(1)",
        "x[\"key\"]",
        "x ? *x : x[2]",
    ] {
        // A name in quotes can be anything.
        let source = pattern.replace('x', name);
        if let Ok(value) = environment.evaluate(&source) {
            explore(&environment.inspector(), &value, 2);
        }
        if let Ok(condition) = Condition::bind(symbols, &source, wasm_pc) {
            let _ = condition.holds(symbols, target);
        }
    }
}

/// How often each program is damaged: more often if `TRAPLINE_DAMAGE_ROUNDS` says so.
fn rounds() -> usize {
    let rounds = std::env::var("TRAPLINE_DAMAGE_ROUNDS");
    rounds.map_or(40, |rounds| {
        rounds.parse().expect("TRAPLINE_DAMAGE_ROUNDS is a number")
    })
}

#[test]
fn damaged_types_and_locations_of_real_programs_give_values_or_errors() {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests/values");
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    for name in ["c-O2-5", "c-O0-4", "types-O0-4", "zig-O0-4", "cpp-O2-5"] {
        let wasm = std::fs::read(guests.join(format!("{name}.wasm"))).unwrap();
        let first = wasm
            .windows(7)
            .position(|bytes| bytes == b".debug_")
            .unwrap();
        for round in 0..rounds() {
            let mut damaged = wasm.clone();
            for _ in 0..1 + random(64) {
                let at = first + 12 + random(wasm.len() - first - 12);
                damaged[at] = match random(3) {
                    0 => random(256) as u8,
                    1 => damaged[at].wrapping_add(1),
                    _ => damaged[first + random(wasm.len() - first)],
                };
            }
            let Ok(symbols) = Symbols::new(damaged.into()) else {
                continue;
            };
            let target = Filled(round as u8);
            let inspector = Inspector::new(&symbols, &target);
            let mut variables = symbols.globals().unwrap_or_default();
            variables.truncate(20);
            for _ in 0..4 {
                let wasm_pc = random(first) as u32;
                for frame in symbols.scopes(wasm_pc).unwrap_or_default() {
                    variables.extend(frame.variables().cloned());
                }
                if let Some(name) = variables.last().and_then(|it| it.name.as_deref())
                    && !name.contains('\'')
                {
                    compute(&symbols, &target, wasm_pc, &format!("'{name}'"));
                }
            }
            for variable in &variables {
                explore(&inspector, &inspector.variable(variable), 1);
            }
        }
    }
}
