//! Expressions that change the program: assignments and calls.

use crate::expressions::Stops;
use crate::guest::Snapshot;
use std::cell::RefCell;
use trapline_symbols::{
    CallTarget, Calls, FrameEnvironment, Inspector, Symbols, Target, TargetError, WasmValue,
};

/// A guest that can be written to.
struct Writable {
    snapshot: RefCell<Snapshot>,
}

impl Target for Writable {
    fn read_memory(&self, address: u64, buffer: &mut [u8]) -> Result<(), TargetError> {
        self.snapshot.borrow().read_memory(address, buffer)
    }

    fn write_memory(&self, address: u64, bytes: &[u8]) -> Result<(), TargetError> {
        let begin = usize::try_from(address).unwrap();
        let memory = &mut self.snapshot.borrow_mut().memory;
        let place = memory.get_mut(begin..begin + bytes.len());
        let place = place.ok_or_else(|| TargetError("there is no memory".to_string()))?;
        place.copy_from_slice(bytes);
        Ok(())
    }

    fn memory_size(&self) -> u64 {
        self.snapshot.borrow().memory_size()
    }

    fn local(&self, index: u32) -> Result<WasmValue, TargetError> {
        self.snapshot.borrow().local(index)
    }

    fn operand(&self, index: u32) -> Result<WasmValue, TargetError> {
        self.snapshot.borrow().operand(index)
    }

    fn global(&self, index: u32) -> Result<WasmValue, TargetError> {
        self.snapshot.borrow().global(index)
    }

    fn write_global(&self, index: u32, value: WasmValue) -> Result<(), TargetError> {
        self.snapshot.borrow_mut().globals[index as usize] = value;
        Ok(())
    }
}

/// Writes down what is called, and returns what it is told to.
struct Recorded {
    calls: Vec<(CallTarget, Vec<WasmValue>)>,
    result: Option<WasmValue>,
}

impl Calls for Recorded {
    fn call(
        &mut self,
        function: &CallTarget,
        arguments: &[WasmValue],
    ) -> Result<Option<WasmValue>, String> {
        self.calls.push((function.clone(), arguments.to_vec()));
        Ok(self.result)
    }
}

fn text(
    symbols: &Symbols,
    target: &dyn Target,
    environment: &mut FrameEnvironment<'_, '_>,
    source: &str,
) -> String {
    match environment.evaluate(source) {
        Ok(value) => Inspector::new(symbols, target).text(&value).unwrap(),
        Err(error) => format!("{}: {error}", error.span.start + 1),
    }
}

/// Evaluates expressions one after the other in a guest that can be written to.
fn check(name: &str, function: &str, table: &[(&str, &str)]) {
    let mut stops = Stops::of(name);
    let (found, frame) = stops.find(function);
    let wasm_pc = found.wasm_pc;
    let number = stops.stops.iter().position(|stop| stop.wasm_pc == wasm_pc);
    let snapshot = stops.stops.remove(number.unwrap());
    let target = Writable {
        snapshot: RefCell::new(snapshot),
    };
    let symbols = &stops.symbols;
    let mut environment = FrameEnvironment::new(symbols, &target, Some(wasm_pc), frame).unwrap();
    for (source, expected) in table {
        let found = text(symbols, &target, &mut environment, source);
        assert_eq!(found, *expected, "{source}");
    }
}

#[test]
fn variables_of_c_in_memory_are_assigned_to() {
    check(
        "c-O0-5",
        "integers",
        &[
            ("number = 12", "12"),
            ("number += 3", "15"),
            ("number", "15"),
            ("small = -1", "65535"),
            ("big = number * 2", "30"),
            ("letter = 'z'", "122 'z'"),
            ("yes = 0", "false"),
            ("yes = 7", "true"),
            ("number = 2.9", "2"),
            ("$memory[&number] = 77", "77"),
            ("number", "77"),
            ("$global0 = 70000", "70000"),
            ("$global0", "70000"),
            (
                "$local0 = 1",
                "1: `$local0` is in local 0 of the function: only what is in memory can be assigned to",
            ),
            (
                "number + 1 = 3",
                "1: nothing can be assigned to this: it is not a variable or a part of one",
            ),
        ],
    );
    check(
        "c-O0-5",
        "records",
        &[
            ("flags.middle = -2", "-2"),
            ("flags.set = false", "false"),
            (
                "flags",
                "{low = 5, middle = -2, high = 549755813888, set = false}",
            ),
            ("flags.high = 3", "3"),
            ("flags.low = 9", "1"),
            ("flags", "{low = 1, middle = -2, high = 3, set = false}"),
            ("point = line->to", "{x = 3, y = 4}"),
            ("point.x = point.y * 2", "8"),
            ("number.fraction = 0.25", "0.25"),
            ("number.whole", "1048576000"),
            (
                "point = 3",
                "1: cannot convert a value of type `int` to `struct point`",
            ),
            ("packed.value = -1", "-1"),
            ("packed", "{tag = 35 '#', value = -1}"),
        ],
    );
    check(
        "c-O0-5",
        "enums",
        &[
            ("color = BLUE", "BLUE"),
            ("other = (color_t)0", "RED"),
            ("mode = 3", "MODE_READ | MODE_WRITE"),
        ],
    );
    check(
        "c-O0-5",
        "pointers",
        &[
            (
                "first = first->next",
                "0xffd8 -> {number = 200, next = 0xffe0}",
            ),
            ("first->number = 5", "5"),
            ("*first", "{number = 5, next = 0xffe0}"),
            ("address = 0", "0x0"),
            ("*address = 1", "1"),
            ("text = text + 1", "0x10149 \"ello\""),
            ("*(int *)0x7fffffff = 1", "1: there is no memory"),
        ],
    );
    check(
        "c-O0-5",
        "arrays",
        &[
            ("grid[1][0] = 9", "9"),
            ("grid", "{{11, 12, 13}, {9, 22, 23}}"),
            ("points[0] = points[1]", "{x = 3, y = 4}"),
            ("text[0] = 'x'", "120 'x'"),
            ("text", "\"xbc\""),
        ],
    );
}

#[test]
fn variables_of_other_languages_in_memory_are_assigned_to() {
    check(
        "cpp-O0-5",
        "classes",
        &[
            ("square.side = 8", "8"),
            ("square.id += 1", "2"),
            ("Point::made = 4", "4"),
            ("both.base = 6", "6"),
            ("both.base", "6"),
        ],
    );
    check(
        "cpp-O0-5",
        "sequences",
        &[("numbers[1] = 20", "20"), ("numbers", "size 3 {1, 20, 3}")],
    );
    check(
        "rust-O0-4",
        "records",
        &[
            ("point.x = 4", "4"),
            ("color = Color::Red", "Color::Red"),
            ("pair.0 += 1", "4"),
        ],
    );
    check(
        "zig-O0-4",
        "records",
        &[("copy.x = 5", "5"), ("color = Color.red", "red")],
    );
}

#[test]
fn what_is_kept_in_a_local_cannot_be_assigned_to() {
    let mut stops = Stops::of("c-O2-5");
    let (found, frame) = stops.find("integers");
    let wasm_pc = found.wasm_pc;
    let number = stops.stops.iter().position(|stop| stop.wasm_pc == wasm_pc);
    let snapshot = stops.stops.remove(number.unwrap());
    let target = Writable {
        snapshot: RefCell::new(snapshot),
    };
    let symbols = &stops.symbols;
    let mut environment = FrameEnvironment::new(symbols, &target, Some(wasm_pc), frame).unwrap();
    let error = environment.evaluate("big = 3").unwrap_err().to_string();
    assert!(error.starts_with("`big` is in local "), "{error}");
}

#[test]
fn a_program_that_cannot_be_written_to_says_so() {
    let stops = Stops::of("c-O0-5");
    let (stop, frame) = stops.find("integers");
    let mut environment =
        FrameEnvironment::new(&stops.symbols, stop, Some(stop.wasm_pc), frame).unwrap();
    let error = environment.evaluate("number = 3").unwrap_err().to_string();
    assert_eq!(error, "the memory of this program can only be read");
}

#[test]
fn functions_are_called_with_what_they_take() {
    let stops = Stops::of("c-O0-5");
    let (stop, frame) = stops.find("pointers");
    let mut calls = Recorded {
        calls: Vec::new(),
        result: Some(WasmValue::I32(7)),
    };
    let mut call = |source: &str| {
        let environment =
            FrameEnvironment::new(&stops.symbols, stop, Some(stop.wasm_pc), frame).unwrap();
        let mut environment = environment.with_calls(&mut calls);
        text(&stops.symbols, stop, &mut environment, source)
    };
    assert_eq!(call("add(number, 'a') + 1"), "8");
    assert_eq!(call("operation(1, 2)"), "7");
    assert_eq!(call("add(1)"), "1: `add` takes 2 arguments, not 1");
    assert_eq!(call("number(1)"), "1: cannot call a value of type `int`");
    assert_eq!(
        call("any_float(1)"),
        "1: the function has not returned what its description says"
    );
    let (function, arguments) = &calls.calls[0];
    assert_eq!(function.name.as_deref(), Some("add"));
    assert_eq!(*arguments, [WasmValue::I32(42), WasmValue::I32(97)]);
    // The code begins where the function is found.
    let frames = stops.symbols.frames(function.wasm_pc.unwrap()).unwrap();
    assert_eq!(frames[0].function.as_deref(), Some("add"));
    assert_eq!(calls.calls[1].0.table_index, Some(1));
    assert_eq!(calls.calls[2].1, [WasmValue::F64(1f64.to_bits())]);
}

#[test]
fn methods_are_called_with_their_object() {
    let stops = Stops::of("cpp-O0-5");
    let (stop, frame) = stops.find("classes");
    let mut calls = Recorded {
        calls: Vec::new(),
        result: Some(WasmValue::I32(9)),
    };
    let environment =
        FrameEnvironment::new(&stops.symbols, stop, Some(stop.wasm_pc), frame).unwrap();
    let mut environment = environment.with_calls(&mut calls);
    assert_eq!(
        text(&stops.symbols, stop, &mut environment, "square.area()"),
        "9"
    );
    let address = environment.evaluate("(int)&square").unwrap();
    let address = environment.inspector().text(&address).unwrap();
    let (function, arguments) = &calls.calls[0];
    // It is the method of this class, and not the other one of that name.
    let frames = stops.symbols.frames(function.wasm_pc.unwrap()).unwrap();
    let source = include_str!("../../../../tests/guests/values/values.cc");
    let line = frames[0].location.as_ref().unwrap().line.unwrap() as usize;
    let line = source.lines().nth(line - 1).unwrap();
    assert!(line.starts_with("int Square::area()"), "{line}");
    assert_eq!(*arguments, [WasmValue::I32(address.parse().unwrap())]);
}
