//! Where guests can be stopped is found by reading operators. It is what the translation of each
//! function says of its regions.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use trapline_compile::observe::Place;
use trapline_compile::types::DefinedFuncIndex;
use trapline_compile::{CompiledModule, Compiler, CompilerOptions, Observe};

fn compiler(observe: Observe, reference: bool) -> Compiler {
    let options = CompilerOptions {
        observe,
        reference,
        ..CompilerOptions::default()
    };
    Compiler::new(&options).expect("this machine is supported")
}

/// All modules in a folder and those in it.
fn modules(root: PathBuf) -> Vec<PathBuf> {
    let mut folders = vec![root];
    let mut modules = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match path.extension() {
                _ if path.is_dir() => folders.push(path),
                Some(extension) if extension == "wasm" => modules.push(path),
                _ => {}
            }
        }
    }
    modules.sort();
    modules
}

/// Compares all places of a function with what its translation says. Returns how many there are,
/// and how many of them are no points.
fn compare(compiler: &Compiler, module: &CompiledModule, func: DefinedFuncIndex) -> (usize, usize) {
    let states = compiler.states(module, func).unwrap();
    let compiled: HashSet<u32> = module.points(func).map(|point| point.wasm_pc).collect();
    let expected: Vec<Place> = states
        .operators()
        .iter()
        .filter_map(|&wasm_pc| {
            let region = states.region(wasm_pc).expect("control can reach it");
            // With a reference each operator has a point.
            let point = if compiled.contains(&wasm_pc) {
                wasm_pc
            } else {
                region
            };
            // What the code generator has found that control cannot reach has no points.
            let is_reached = compiled.contains(&region);
            is_reached.then_some(Place { wasm_pc, point })
        })
        .collect();
    let points = module.points_by_pc(func);
    let found = points.places(module);
    if found != expected {
        let differs = found
            .iter()
            .zip(&expected)
            .find(|(one, other)| one != other);
        panic!("function {func:?}: {differs:x?}");
    }
    // From each byte it is the next of them.
    let body = module.info().bodies[func].clone();
    let step = (body.len() / 2000).max(1);
    for wasm_pc in body.step_by(step) {
        let next = expected.partition_point(|place| place.wasm_pc < wasm_pc);
        let place = points.place(module, wasm_pc);
        assert_eq!(place, expected.get(next).copied(), "{wasm_pc:#x}");
    }
    let between = expected.iter().filter(|place| place.wasm_pc != place.point);
    (expected.len(), between.count())
}

fn compare_all(compiler: &Compiler, paths: &[PathBuf]) -> (usize, usize) {
    let mut all = (0, 0);
    for path in paths {
        let wasm = std::fs::read(path).unwrap();
        // Not everything in a corpus is supported.
        let Ok(module) = compiler.compile(wasm.into(), None) else {
            continue;
        };
        let functions = module.info().bodies.keys();
        for (places, between) in functions.map(|func| compare(compiler, &module, func)) {
            all.0 += places;
            all.1 += between;
        }
    }
    all
}

#[test]
fn places_are_the_operators_that_the_translation_says_control_can_reach() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = modules(here.join("../../tests/guests"));
    assert!(paths.len() > 10);
    // If this checkout has a corpus beside it.
    let corpus = here.join("../../../shared/corpus/sightglass");
    paths.extend(modules(
        std::env::var_os("TRAPLINE_CORPUS").map_or(corpus, PathBuf::from),
    ));
    let (places, between) = compare_all(&compiler(Observe::State, false), &paths);
    println!("{places} places, {between} between points");
    assert!(between > 100_000 && places > between, "{places}, {between}");
}

#[test]
fn code_with_a_reference_has_a_point_at_each_place() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let paths = [here.join("../../tests/guests/crash/crash.wasm")];
    let (places, between) = compare_all(&compiler(Observe::State, true), &paths);
    assert!(places > 5_000 && between == 0, "{places}, {between}");
}

#[test]
fn dead_code_and_all_kinds_of_control_are_told_apart() {
    let compiler = compiler(Observe::State, false);
    let wat = r#"(module
        (memory 1) (table 2 funcref) (tag $e (param i32)) (global $g (mut i32) (i32.const 0))
        (func (param i32) (result i32)
            (block $a (block $b (block $c
                (br_if $a (i32.const 0)) (br_table $a $b $c (local.get 0)) nop nop)
                (br $a) (drop (i32.const 1)))
                (if (i32.const 0) (then nop nop (drop (local.get 0)))))
            (loop (br_if 0 (i32.eqz (local.get 0))))
            (block (nop) (nop))
            (if (local.get 0) (then (return (i32.const 3)) nop) (else unreachable))
            (i32.const 2))
        (func (param i32)
            (block $h (result i32)
                (try_table (catch $e $h) nop (throw $e (local.get 0)) nop)
                unreachable)
            (drop (i32.div_u (i32.const 0)))
            (global.set $g (i32.const 3)) (global.set $g (i32.const 3))
            (return_call 1 (call 0 (i32.const 1)))))"#;
    let module = compiler.compile(wat::parse_str(wat).unwrap().into(), None);
    let module = module.unwrap();
    let functions = module.info().bodies.keys();
    let places: usize = functions
        .map(|func| compare(&compiler, &module, func).0)
        .sum();
    assert!(places > 30, "{places}");
}

#[test]
fn code_whose_state_cannot_be_read_is_stopped_at_its_points_only() {
    let compiler = compiler(Observe::Stacks, false);
    let wat = "(module (memory 1) (func (i32.store (i32.const 0) (i32.const 1))))";
    let module = compiler.compile(wat::parse_str(wat).unwrap().into(), None);
    let module = module.unwrap();
    let func = DefinedFuncIndex::from_u32(0);
    let points = module.points_by_pc(func);
    let places = points.places(&module);
    assert_eq!(places.len(), 2);
    let body = module.info().bodies[func].clone();
    for wasm_pc in body {
        let next = places.iter().find(|place| place.wasm_pc >= wasm_pc);
        assert_eq!(points.place(&module, wasm_pc).as_ref(), next);
    }
    // A region is read all the same.
    let operators: Vec<_> = points.operators(&module, places[0].point).collect();
    assert_eq!(operators.len(), 3);
    assert_eq!(operators[2].end, places[1].wasm_pc);
}
