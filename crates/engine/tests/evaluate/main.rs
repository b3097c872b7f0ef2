//! What the evaluator computes is what the machine computes.
//!
//! Every pure operator is run by the engine and by the evaluator on the same operands: on edges
//! crossed with each other and on numbers from a seeded generator, as parameters, loaded from
//! memory, and as constants that the code generator may fold, at both levels of optimization. All
//! bits must agree, those of NaNs included; and where the evaluator says that it cannot know, the
//! machine must be seen to do now this, now that.

mod cases;
mod expressions;
mod guest;
mod loads;
mod negations;
mod operators;

use cases::{Random, cases, few};
use guest::{Constants, From, Guest, Outcome, Program};
use operators::known;
use std::collections::BTreeSet;
use trapline::{Config, Engine, Instance, Module, OptLevel, Store};
use trapline_compile::evaluate::{
    Bits, EvaluateError, Evaluated, arity, evaluate, load, operand_types, result_type,
};
use trapline_compile::types::ValType;
use wasm_encoder::Instruction;
use wasmparser::{HeapType, Operator};

fn engine(level: OptLevel) -> Engine {
    Engine::new(Config::new().opt_level(level)).unwrap()
}

const LEVELS: [OptLevel; 2] = [OptLevel::None, OptLevel::Speed];

fn encoded(ty: ValType) -> wasm_encoder::ValType {
    match ty {
        ValType::I32 => wasm_encoder::ValType::I32,
        ValType::I64 => wasm_encoder::ValType::I64,
        ValType::F32 => wasm_encoder::ValType::F32,
        ValType::F64 => wasm_encoder::ValType::F64,
        ValType::V128 => wasm_encoder::ValType::V128,
        ValType::FUNCREF => wasm_encoder::ValType::FUNCREF,
        ValType::EXTERNREF => wasm_encoder::ValType::EXTERNREF,
        ValType::Ref(_) => panic!("no operator takes {ty}"),
    }
}

/// The types that an operator may take and yield; none that cannot be in memory.
fn types(operator: &Operator<'static>) -> Vec<(Vec<ValType>, ValType)> {
    let numbers = [
        ValType::I32,
        ValType::I64,
        ValType::F32,
        ValType::F64,
        ValType::V128,
    ];
    let select = |ty| (vec![ty, ty, ValType::I32], ty);
    match operator {
        Operator::Select => numbers.map(select).into(),
        Operator::TypedSelect { .. } => {
            let ty = result_type(operator).unwrap();
            let selected = numbers.contains(&ty).then(|| select(ty));
            selected.into_iter().collect()
        }
        Operator::RefIsNull | Operator::RefNull { .. } => Vec::new(),
        _ => {
            let operands = operand_types(operator).expect("the operator is pure");
            let result = result_type(operator).expect("the operator is pure");
            vec![(operands.into(), result)]
        }
    }
}

/// Whether a module with the operator alone is valid: some have immediates out of range.
fn is_valid(operator: &Operator<'static>, operands: &[ValType], result: ValType) -> bool {
    let code = [instruction(operator)];
    let params: Vec<_> = operands.iter().map(|&ty| encoded(ty)).collect();
    let program = Program {
        code: &code,
        params: &params,
        prepared: &[],
        result: encoded(result),
        cases: &[],
        constants: &[],
    };
    let mut validator = wasmparser::Validator::new();
    validator.validate_all(&program.encode()).is_ok()
}

fn instruction(operator: &Operator<'static>) -> Instruction<'static> {
    operator.clone().try_into().expect("the encoder knows it")
}

fn describe(operands: &[Bits]) -> String {
    let operands: Vec<_> = operands.iter().map(|bits| format!("{bits:#x}")).collect();
    operands.join(", ")
}

/// The evaluator's outcome, made comparable with the machine's.
fn expected(operator: &Operator<'static>, operands: &[Bits]) -> Result<Evaluated, String> {
    evaluate(operator, operands).map_err(|error| match error {
        EvaluateError::Trap(trap) => trap.to_string(),
        other => panic!("{operator:?}: {other}"),
    })
}

/// Counts comparisons and keeps the first differences.
#[derive(Default)]
struct Tally {
    compared: u64,
    traps: u64,
    swapped: u64,
    wrong: u64,
    in_doubt: u64,
    report: String,
}

impl Tally {
    /// `swapped` says whether the machine takes the right operand first, for operators that may.
    fn compare(
        &mut self,
        what: &str,
        operands: &[Bits],
        evaluated: Result<Evaluated, String>,
        machine: &Outcome,
        swapped: bool,
    ) {
        self.compared += 1;
        self.traps += u64::from(machine.is_err());
        let expected = evaluated.clone().map(|evaluated| {
            let swapped = if swapped { evaluated.doubt.order } else { 0 };
            self.swapped += u64::from(swapped != 0);
            evaluated.bits ^ swapped
        });
        if expected != *machine {
            self.wrong += 1;
            if self.wrong <= 20 {
                let operands = describe(operands);
                self.report += &format!(
                    "{what}({operands}): evaluated {evaluated:x?}, machine {machine:x?}\n"
                );
            }
        }
    }

    fn finish(self, test: &str) -> u64 {
        println!(
            "{test}: {} compared, {} of them traps, {} with operands swapped, {} in doubt, {} wrong",
            self.compared, self.traps, self.swapped, self.in_doubt, self.wrong
        );
        assert_eq!(self.wrong, 0, "\n{}", self.report);
        self.compared
    }
}

/// All pure operators that the engine runs, with the types of their operands and results.
fn pure_operators() -> Vec<(&'static str, Operator<'static>, Vec<ValType>, ValType)> {
    let mut all = Vec::new();
    for known in known() {
        for operator in known.samples {
            if arity(&operator).is_none() {
                continue;
            }
            for (operands, result) in types(&operator) {
                if is_valid(&operator, &operands, result) {
                    all.push((known.name, operator.clone(), operands, result));
                }
            }
        }
    }
    all
}

/// The machine takes the right operand of these first if it is the left one that the operator's
/// own instruction loads: if that is loaded last.
fn swaps(name: &str) -> bool {
    ["F32Add", "F32Mul", "F64Add", "F64Mul"].contains(&name)
}

#[test]
fn pure_operators_compute_what_the_machine_does() {
    let engines = LEVELS.map(engine);
    let mut tally = Tally::default();
    let mut random = Random::new(1);
    for (name, operator, operands, result) in pure_operators() {
        let code = [instruction(&operator)];
        let params: Vec<_> = operands.iter().map(|&ty| encoded(ty)).collect();
        let cases = cases(name, &operands, &mut random);
        let masks = 1_u32..1 << operands.len();
        let each = [0, 40, 20, 8][operands.len()];
        let constants: Vec<_> = masks
            .flat_map(|constant| {
                few(&cases, each, &mut random)
                    .into_iter()
                    .map(move |operands| Constants { operands, constant })
            })
            .collect();
        let program = Program {
            code: &code,
            params: &params,
            prepared: &[],
            result: encoded(result),
            cases: &cases,
            constants: &constants,
        };
        let evaluated: Vec<_> = cases.iter().map(|case| expected(&operator, case)).collect();
        for (engine, level) in engines.iter().zip(LEVELS) {
            let mut guest = Guest::new(engine, &program);
            for from in From::ALL {
                let swapped = swaps(name) && from == From::LoadsReversed;
                let outcomes = guest.run(from);
                let what = format!("{level:?}, {from:?}: {operator:?}");
                for ((case, evaluated), machine) in cases.iter().zip(&evaluated).zip(&outcomes) {
                    tally.compare(&what, case, evaluated.clone(), machine, swapped);
                }
            }
            for (case, machine) in constants.iter().zip(&guest.run_constants()) {
                let swapped = swaps(name) && case.constant == 0b10;
                let what = format!("{level:?}, {:b} constant: {operator:?}", case.constant);
                let evaluated = expected(&operator, &case.operands);
                tally.compare(&what, &case.operands, evaluated, machine, swapped);
            }
        }
    }
    assert!(tally.traps > 0 && tally.swapped > 0);
    let compared = tally.finish("pure operators");
    assert!(compared > 1_000_000);
}

#[test]
fn references_are_selected_and_tested_as_the_machine_does() {
    let is_null = |bits| evaluate(&Operator::RefIsNull, &[bits]).unwrap().bits;
    let select = |a, b, condition| {
        let untyped = evaluate(&Operator::Select, &[a, b, condition]).unwrap();
        for ty in [wasmparser::RefType::FUNCREF, wasmparser::RefType::EXTERNREF] {
            let ty = wasmparser::ValType::Ref(ty);
            let typed = evaluate(&Operator::TypedSelect { ty }, &[a, b, condition]).unwrap();
            assert_eq!(typed, untyped);
        }
        untyped.bits
    };
    let wat = r#"(module
        (table 2 funcref)
        (elem (i32.const 1) $f)
        (func $f)
        (func (export "null func") (result i32) (ref.is_null (ref.null func)))
        (func (export "null extern") (result i32) (ref.is_null (ref.null extern)))
        (func (export "select") (param i32 i32 i32) (result i32)
            (ref.is_null (select (result funcref)
                (table.get (local.get 0)) (table.get (local.get 1)) (local.get 2)))))"#;
    for level in LEVELS {
        let engine = engine(level);
        let mut store = Store::new(&engine, ());
        let module = Module::new(&engine, wat).unwrap();
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        for (name, hty) in [
            ("null func", HeapType::FUNC),
            ("null extern", HeapType::EXTERN),
        ] {
            let null = evaluate(&Operator::RefNull { hty }, &[]).unwrap().bits;
            let run = instance.get_typed_func::<(), u32>(&store, name).unwrap();
            assert_eq!(is_null(null), run.call(&mut store, ()).unwrap().into());
        }
        let run = instance
            .get_typed_func::<(u32, u32, i32), u32>(&store, "select")
            .unwrap();
        for (a, b, condition) in [
            (0, 1, 0),
            (0, 1, 1),
            (1, 0, 0),
            (1, 0, -1),
            (1, 1, 0),
            (0, 0, 1),
        ] {
            let machine = run.call(&mut store, (a, b, condition)).unwrap();
            // Any bits but zero stand for a function.
            let selected = select(
                (a * 0x1000).into(),
                (b * 0x1000).into(),
                condition as u32 as Bits,
            );
            assert_eq!(is_null(selected), machine.into(), "{a} {b} {condition}");
        }
    }
}

#[test]
fn no_operator_is_forgotten() {
    let supported = [
        "mvp",
        "sign_extension",
        "saturating_float_to_int",
        "bulk_memory",
        "reference_types",
        "simd",
        "relaxed_simd",
        "tail_call",
    ];
    let effects: BTreeSet<_> = NOT_PURE.iter().copied().collect();
    let tested: BTreeSet<_> = pure_operators()
        .into_iter()
        .map(|(name, ..)| name)
        .collect();
    let (mut pure, mut loads, mut others) = (0, 0, 0);
    for operator in known() {
        let name = operator.name;
        let listed = effects.contains(name);
        if !supported.contains(&operator.proposal) {
            assert!(operator.samples.is_empty());
            continue;
        }
        if operator.samples.is_empty() {
            assert!(listed, "{name} has no sample");
        }
        for sample in &operator.samples {
            let kinds = [arity(sample).is_some(), load(sample).is_some(), listed];
            assert_eq!(
                kinds.iter().filter(|&&it| it).count(),
                1,
                "{name} must be one of: pure, a load, listed as neither"
            );
        }
        match operator.samples.first() {
            Some(sample) if arity(sample).is_some() => {
                pure += 1;
                let of_references = ["RefNull", "RefIsNull"].contains(&name);
                assert!(tested.contains(name) || of_references, "{name} is not run");
            }
            Some(sample) if load(sample).is_some() => loads += 1,
            _ => others += 1,
        }
    }
    println!("{pure} pure operators, {loads} loads, {others} others");
    assert_eq!(others, NOT_PURE.len());
}

/// The operators of the supported proposals that are neither pure nor loads.
const NOT_PURE: &[&str] = &[
    "Unreachable",
    "Nop",
    "Block",
    "Loop",
    "If",
    "Else",
    "End",
    "Br",
    "BrIf",
    "BrTable",
    "Return",
    "Call",
    "CallIndirect",
    "ReturnCall",
    "ReturnCallIndirect",
    "Drop",
    "LocalGet",
    "LocalSet",
    "LocalTee",
    "GlobalGet",
    "GlobalSet",
    "I32Store",
    "I64Store",
    "F32Store",
    "F64Store",
    "I32Store8",
    "I32Store16",
    "I64Store8",
    "I64Store16",
    "I64Store32",
    "V128Store",
    "V128Store8Lane",
    "V128Store16Lane",
    "V128Store32Lane",
    "V128Store64Lane",
    "MemorySize",
    "MemoryGrow",
    "MemoryInit",
    "MemoryCopy",
    "MemoryFill",
    "DataDrop",
    "TableInit",
    "TableCopy",
    "TableFill",
    "TableGet",
    "TableSet",
    "TableGrow",
    "TableSize",
    "ElemDrop",
    "RefFunc",
    "TypedSelectMulti",
];
