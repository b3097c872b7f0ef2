//! Expressions of many operators, as recipes are: what the code generator makes of several
//! operators at once must still be what they yield one by one.

use super::cases::{Random, cases};
use super::guest::constant;
use super::{LEVELS, Tally, encoded, engine, expected, instruction, pure_operators};
use std::collections::HashMap;
use trapline::{Instance, Module, Store, V128, Val};
use trapline_compile::evaluate::{Bits, Evaluated};
use trapline_compile::types::ValType;
use wasm_encoder::{
    CodeSection, ExportKind, ExportSection, Function, FunctionSection, Instruction, MemArg,
    MemArgTarget, MemorySection, MemoryType, TypeSection,
};
use wasmparser::Operator;

const TYPES: [ValType; 5] = [
    ValType::I32,
    ValType::I64,
    ValType::F32,
    ValType::F64,
    ValType::V128,
];

#[derive(Debug)]
enum Expression {
    /// The parameter of this type, of which there are two.
    Parameter(ValType, usize),
    /// The same from memory.
    Loaded(ValType, usize),
    Constant(ValType, Bits),
    Applied(Operator<'static>, Vec<Expression>),
}

/// The values of the parameters of each type, and in memory.
type Inputs = Vec<[Bits; 4]>;

fn position(ty: ValType) -> usize {
    TYPES
        .iter()
        .position(|&it| it == ty)
        .expect("a number or a vector")
}

struct Generator {
    /// The operators by the type of the result, with those of the operands.
    operators: HashMap<ValType, Vec<(Operator<'static>, Vec<ValType>)>>,
    /// Operands that are edges.
    values: HashMap<ValType, Vec<Bits>>,
    random: Random,
}

impl Generator {
    fn new(seed: u64) -> Generator {
        let mut operators: HashMap<_, Vec<_>> = HashMap::new();
        for (_, operator, operands, result) in pure_operators() {
            if !operands.is_empty() {
                operators
                    .entry(result)
                    .or_default()
                    .push((operator, operands));
            }
        }
        let mut random = Random::new(seed);
        let mut values: HashMap<_, Vec<_>> = HashMap::new();
        for ty in TYPES {
            for name in ["", "F32x4", "F64x2", "I16x8"] {
                let edges = cases(name, &[ty], &mut random).into_iter().flatten();
                values.entry(ty).or_default().extend(edges);
            }
        }
        Generator {
            operators,
            values,
            random,
        }
    }

    fn value(&mut self, ty: ValType) -> Bits {
        let values = &self.values[&ty];
        values[self.random.below(values.len())]
    }

    fn expression(&mut self, ty: ValType, depth: u32) -> Expression {
        if depth == 0 || self.random.below(8) == 0 {
            return match self.random.below(5) {
                0 => Expression::Constant(ty, self.value(ty)),
                leaf @ 1..3 => Expression::Parameter(ty, leaf - 1),
                leaf => Expression::Loaded(ty, leaf - 3),
            };
        }
        let operators = &self.operators[&ty];
        let (operator, operands) = operators[self.random.below(operators.len())].clone();
        let operands = operands
            .into_iter()
            .map(|ty| self.expression(ty, depth - 1))
            .collect();
        Expression::Applied(operator, operands)
    }
}

impl Expression {
    fn encode(&self, function: &mut Function) {
        match self {
            Expression::Parameter(ty, which) => {
                let local = position(*ty) * 2 + which;
                function.instruction(&Instruction::LocalGet(local as u32));
            }
            Expression::Loaded(ty, which) => {
                let address = (position(*ty) * 2 + which) * 16;
                function.instruction(&Instruction::I32Const(address as i32));
                let memarg = MemArg {
                    offset: 0,
                    align: 0,
                    target: MemArgTarget::Memory(0),
                    ordering: None,
                };
                function.instruction(&match ty {
                    ValType::I32 => Instruction::I32Load(memarg),
                    ValType::I64 => Instruction::I64Load(memarg),
                    ValType::F32 => Instruction::F32Load(memarg),
                    ValType::F64 => Instruction::F64Load(memarg),
                    _ => Instruction::V128Load(memarg),
                });
            }
            Expression::Constant(ty, bits) => {
                function.instruction(&constant(encoded(*ty), *bits));
            }
            Expression::Applied(operator, operands) => {
                operands.iter().for_each(|operand| operand.encode(function));
                function.instruction(&instruction(operator));
            }
        }
    }

    /// The value; `None` once there is a doubt.
    fn evaluate(&self, inputs: &Inputs) -> Result<Option<Bits>, String> {
        Ok(match self {
            Expression::Parameter(ty, which) => Some(inputs[position(*ty)][*which]),
            Expression::Loaded(ty, which) => Some(inputs[position(*ty)][2 + which]),
            Expression::Constant(_, bits) => Some(*bits),
            Expression::Applied(operator, operands) => {
                let mut values = Vec::new();
                for operand in operands {
                    match operand.evaluate(inputs)? {
                        Some(bits) => values.push(bits),
                        None => return Ok(None),
                    }
                }
                let Evaluated { bits, doubt } = expected(operator, &values)?;
                doubt.is_none().then_some(bits)
            }
        })
    }
}

fn encode(expressions: &[(ValType, Expression)]) -> Vec<u8> {
    let mut types = TypeSection::new();
    let mut functions = FunctionSection::new();
    let mut exports = ExportSection::new();
    let mut code = CodeSection::new();
    let params: Vec<_> = TYPES.iter().flat_map(|&ty| [encoded(ty); 2]).collect();
    for ty in TYPES {
        types.ty().function(params.iter().copied(), [encoded(ty)]);
    }
    for (index, (ty, expression)) in expressions.iter().enumerate() {
        functions.function(position(*ty) as u32);
        exports.export(&index.to_string(), ExportKind::Func, index as u32);
        let mut function = Function::new([]);
        expression.encode(&mut function);
        function.instruction(&Instruction::End);
        code.function(&function);
    }
    exports.export("memory", ExportKind::Memory, 0);
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut module = wasm_encoder::Module::new();
    module
        .section(&types)
        .section(&functions)
        .section(&memories)
        .section(&exports)
        .section(&code);
    module.finish()
}

fn val(ty: ValType, bits: Bits) -> Val {
    match ty {
        ValType::I32 => Val::I32(bits as i32),
        ValType::I64 => Val::I64(bits as i64),
        ValType::F32 => Val::F32(bits as u32),
        ValType::F64 => Val::F64(bits as u64),
        _ => Val::V128(V128::from(bits)),
    }
}

fn bits(val: &Val) -> Bits {
    match *val {
        Val::I32(value) => (value as u32).into(),
        Val::I64(value) => (value as u64).into(),
        Val::F32(value) => value.into(),
        Val::F64(value) => value.into(),
        Val::V128(value) => value.as_u128(),
        _ => panic!("no expression yields a reference"),
    }
}

#[test]
fn expressions_yield_what_the_machine_does() {
    let mut generator = Generator::new(4);
    let expressions: Vec<_> = (0..1500)
        .map(|index| {
            let ty = TYPES[index % TYPES.len()];
            let depth = 2 + index as u32 % 4;
            (ty, generator.expression(ty, depth))
        })
        .collect();
    let inputs: Vec<Inputs> = (0..12)
        .map(|_| {
            TYPES
                .iter()
                .map(|&ty| [(); 4].map(|()| generator.value(ty)))
                .collect()
        })
        .collect();
    let wasm = encode(&expressions);
    let mut tally = Tally::default();
    for level in LEVELS {
        let engine = engine(level);
        let mut store = Store::new(&engine, ());
        let module = Module::new(&engine, &wasm).unwrap();
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let memory = instance.get_memory(&store, "memory").unwrap();
        for inputs in &inputs {
            let mut params = Vec::new();
            for (&ty, values) in TYPES.iter().zip(inputs) {
                for which in 0..2 {
                    params.push(val(ty, values[which]));
                    let address = (position(ty) * 2 + which) * 16;
                    let place = &mut memory.data_mut(&mut store)[address..address + 16];
                    place.copy_from_slice(&values[2 + which].to_le_bytes());
                }
            }
            for (index, (ty, expression)) in expressions.iter().enumerate() {
                let name = index.to_string();
                let func = instance.get_func(&store, &name).unwrap();
                let mut results = [val(*ty, 0)];
                let machine = match func.call(&mut store, &params, &mut results) {
                    Ok(()) => Ok(bits(&results[0])),
                    Err(error) => Err(error.trap().expect("only traps").to_string()),
                };
                let evaluated = match expression.evaluate(inputs) {
                    Ok(None) => {
                        tally.in_doubt += 1;
                        continue;
                    }
                    Ok(Some(bits)) => Ok(Evaluated {
                        bits,
                        doubt: Default::default(),
                    }),
                    Err(trap) => Err(trap),
                };
                let what = format!("{level:?}: {expression:?}");
                tally.compare(&what, &[], evaluated, &machine, false);
            }
        }
    }
    assert!(tally.in_doubt < tally.compared / 4);
    tally.finish("expressions");
}
