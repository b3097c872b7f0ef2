//! What can be read at each operator of small functions, as written down in `states/*.wat`.
//!
//! A listing gives a line for each operator that control can reach: where it stands (an asterisk
//! marks a point), what it is, and for a point the operands, each with its recipe, and the locals
//! that are not in their homes. The same after an arrow is the state during a call. With
//! `TRAPLINE_BLESS=1` in the environment the listings are written anew.

use cranelift_entity::EntityRef;
use std::fmt::Write;
use std::path::Path;
use trapline_compile::observe::{FunctionStates, Recipe, RecipeId, State};
use trapline_compile::types::DefinedFuncIndex;
use trapline_compile::{
    CompileError, CompiledModule, Compiler, CompilerOptions, Observe, may_be_point,
};
use wasmparser::{BinaryReader, OperatorsReader};

fn compiler(observe: Observe) -> Compiler {
    let options = CompilerOptions {
        observe,
        ..CompilerOptions::default()
    };
    Compiler::new(&options).expect("this machine is supported")
}

/// The first word of the operator at a place.
fn operator(wasm: &[u8], wasm_pc: u32) -> String {
    // These two cannot be read without what they end.
    match wasm[wasm_pc as usize] {
        0x05 => return "Else".to_owned(),
        0x0b => return "End".to_owned(),
        _ => {}
    }
    let reader = BinaryReader::new(&wasm[wasm_pc as usize..], u64::from(wasm_pc));
    let operator = OperatorsReader::new(reader).read().expect("an operator");
    let text = format!("{operator:?}");
    text.split([' ', '{']).next().unwrap_or_default().to_owned()
}

fn recipe(wasm: &[u8], states: &FunctionStates, id: RecipeId) -> String {
    match states.recipes().get(id) {
        Recipe::Home(local) => format!("home {local}"),
        Recipe::Slot(depth) => format!("slot {depth}"),
        Recipe::Global(index) => format!("global {index}"),
        Recipe::Operator { wasm_pc, operands } => {
            let operands: Vec<_> = operands
                .into_iter()
                .flatten()
                .map(|operand| recipe(wasm, states, operand))
                .collect();
            format!("{}({})", operator(wasm, wasm_pc), operands.join(", "))
        }
    }
}

fn state(wasm: &[u8], states: &FunctionStates, state: &State) -> String {
    let operands: Vec<_> = state
        .operands
        .iter()
        .map(|operand| format!("{}: {}", operand.ty, recipe(wasm, states, operand.recipe)))
        .collect();
    let mut text = format!("[{}]", operands.join(", "));
    for &(local, id) in &state.locals {
        write!(text, " {local} = {}", recipe(wasm, states, id)).unwrap();
    }
    text
}

fn listing(module: &CompiledModule, compiler: &Compiler) -> String {
    let wasm = module.wasm();
    let mut text = String::new();
    for index in (0..module.info().bodies.len()).map(DefinedFuncIndex::new) {
        let states = compiler.states(module, index).expect("it was compiled");
        let map = states.frame_map();
        write!(text, "\n;; function {}:", index.index()).unwrap();
        for local in 0..map.num_locals() {
            let (ty, offset) = map.local(local).expect("there are so many");
            write!(text, " {ty} at {offset},").unwrap();
        }
        writeln!(text, " slots at {}", map.slot(0)).unwrap();
        for &wasm_pc in states.operators() {
            let point = states.at_point(wasm_pc);
            let call = states.in_call(wasm_pc);
            let mark = if point.is_some() { '*' } else { ' ' };
            write!(
                text,
                ";; {mark}{wasm_pc:#06x} {:<14}",
                operator(wasm, wasm_pc)
            )
            .unwrap();
            if let Some(point) = point {
                write!(text, " {}", state(wasm, &states, &point)).unwrap();
            }
            if let Some(call) = call {
                write!(text, " -> {}", state(wasm, &states, &call)).unwrap();
            }
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
    }
    text
}

#[test]
fn operands_have_recipes_as_written_down() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/states");
    let bless = std::env::var_os("TRAPLINE_BLESS").is_some();
    let compiler = compiler(Observe::State);
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let source = text.split("\n\n;; function ").next().unwrap().trim_end();
        let wasm = wat::parse_str(source).unwrap();
        let module = compiler.compile(wasm.into(), None).unwrap();
        let expected = format!("{source}\n{}", listing(&module, &compiler));
        seen += 1;
        if bless {
            std::fs::write(&path, expected).unwrap();
        } else {
            assert_eq!(
                text,
                expected,
                "{} (TRAPLINE_BLESS=1 to accept)",
                path.display()
            );
        }
    }
    assert!(seen > 0);
}

/// The wasm pcs of the points in a function's code, as often as they occur.
fn points(module: &CompiledModule, func: DefinedFuncIndex) -> Vec<u32> {
    let mut points: Vec<_> = module.points(func).map(|point| point.wasm_pc).collect();
    points.sort_unstable();
    points
}

#[test]
fn the_points_of_a_program_are_those_where_regions_begin_and_bytes_that_do_nothing() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/guests/crash/crash.wasm"
    );
    let wasm = std::fs::read(path).unwrap();
    let compiler = compiler(Observe::State);
    let module = compiler.compile(wasm.into(), None).unwrap();
    let mut count = 0;
    for index in module.info().bodies.keys() {
        let states = compiler.states(&module, index).unwrap();
        let operators = states.operators().iter().copied();
        let regions: Vec<u32> = operators
            .filter(|&wasm_pc| states.region(wasm_pc) == Some(wasm_pc))
            .collect();
        let points = points(&module, index);
        // The optimizer drops code that control cannot reach, never adds any.
        assert!(points.is_sorted_by(|one, next| one < next));
        assert!(points.iter().all(|point| regions.contains(point)));
        assert!(points.first() == regions.first());
        for point in module.points(index) {
            assert!(may_be_point(module.text()[point.text_offset as usize]));
            assert_eq!(module.point_at(point.text_offset), Some(point));
            let next = module.point_at(point.text_offset + 1);
            assert!(next.is_none_or(|next| points.contains(&next.wasm_pc)));
            count += 1;
        }
    }
    assert!(count > 1000, "{count} points");
}

#[test]
fn states_are_those_of_modules_that_offer_them() {
    let wasm = wat::parse_str("(module (func))").unwrap();
    for observe in [Observe::None, Observe::Stacks] {
        let compiler = compiler(observe);
        let module = compiler.compile(wasm.clone().into(), None).unwrap();
        let func = DefinedFuncIndex::new(0);
        assert_eq!(module.frame_area(func), None);
        let error = compiler.states(&module, func).unwrap_err();
        assert!(matches!(error, CompileError::NotObserved), "{error}");
    }
}
