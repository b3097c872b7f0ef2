//! Runs a module on the interpreter that is compared with.

use crate::outcome::{Outcome, Reason, Value, argument, hash};
use std::sync::OnceLock;
use wasmi::{
    Config, Engine, Error, Extern, Instance, Linker, Module, Ref, Store, TrapCode, V128, Val,
    ValType,
};

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let mut config = Config::default();
        config.wasm_memory64(true).wasm_multi_memory(true).wasm_simd(true).wasm_tail_call(true);
        // Deeper than the fuel of a generated module lasts.
        config.set_max_recursion_depth(10_000).set_max_stack_height(64 << 20);
        Engine::new(&config)
    })
}

/// Instantiates a module and calls all that it exports. `None` if the interpreter cannot run it.
pub fn run(wasm: &[u8]) -> Option<Vec<Outcome>> {
    let module = Module::new(engine(), wasm).ok()?;
    let mut store = Store::new(engine(), ());
    let instance = match Linker::new(engine()).instantiate_and_start(&mut store, &module) {
        Ok(instance) => instance,
        Err(error) => {
            let function = String::new();
            return Some(vec![Outcome { function, result: Err(reason(&error)), state: vec![] }]);
        }
    };
    let state = state(&store, instance);
    let mut outcomes = vec![Outcome { function: String::new(), result: Ok(vec![]), state }];
    let mut exports: Vec<String> = module.exports().map(|export| export.name().to_owned()).collect();
    exports.sort();
    for function in exports {
        let Some(func) = instance.get_func(&store, &function) else { continue };
        let ty = func.ty(&store);
        let arguments: Vec<Val> = (0..)
            .zip(ty.params())
            .map(|(index, ty)| argument_of_type(*ty, argument(&function, index)))
            .collect();
        let mut results: Vec<Val> = ty.results().iter().map(|_| Val::I32(0)).collect();
        let result = match func.call(&mut store, &arguments, &mut results) {
            Ok(()) => Ok(results.iter().map(value).collect()),
            Err(error) => Err(reason(&error)),
        };
        outcomes.push(Outcome { function, result, state: crate::theirs::state(&store, instance) });
    }
    Some(outcomes)
}

fn argument_of_type(ty: ValType, bits: u64) -> Val {
    match ty {
        ValType::I32 => Val::I32(bits as i32),
        ValType::I64 => Val::I64(bits as i64),
        ValType::F32 => Val::F32((bits as i32 as f32).into()),
        ValType::F64 => Val::F64((bits as i64 as f64).into()),
        ValType::V128 => Val::V128(V128::from(u128::from(bits) << 64 | u128::from(!bits))),
        ValType::FuncRef => Val::FuncRef(Ref::Null),
        ValType::ExternRef => Val::ExternRef(Ref::Null),
    }
}

fn value(value: &Val) -> Value {
    match value {
        Val::I32(x) => Value::Number(*x as u32 as u128),
        Val::I64(x) => Value::Number(*x as u64 as u128),
        Val::F32(x) => Value::Number(u128::from(x.to_bits())),
        Val::F64(x) => Value::Number(u128::from(x.to_bits())),
        Val::V128(x) => Value::Number(x.as_u128()),
        Val::FuncRef(x) => Value::Reference { null: x.is_null() },
        Val::ExternRef(x) => Value::Reference { null: x.is_null() },
    }
}

fn reason(error: &Error) -> Reason {
    match error.as_trap_code() {
        Some(TrapCode::UnreachableCodeReached) => Reason::Unreachable,
        Some(TrapCode::MemoryOutOfBounds) => Reason::Memory,
        Some(TrapCode::TableOutOfBounds) => Reason::Table,
        Some(TrapCode::IndirectCallToNull) => Reason::NullCall,
        Some(TrapCode::BadSignature) => Reason::Signature,
        Some(TrapCode::IntegerDivisionByZero) => Reason::DivisionByZero,
        Some(TrapCode::IntegerOverflow) => Reason::Overflow,
        Some(TrapCode::BadConversionToInteger) => Reason::Conversion,
        Some(TrapCode::StackOverflow) => Reason::Stack,
        _ => Reason::Other,
    }
}

fn state(store: &Store<()>, instance: Instance) -> Vec<(String, Vec<Value>)> {
    let mut state = Vec::new();
    for export in instance.exports(store) {
        let name = export.name().to_owned();
        let values = match export.into_extern() {
            Extern::Global(global) => vec![value(&global.get(store))],
            Extern::Memory(memory) => {
                vec![Value::Number(u128::from(memory.size(store))), hash(memory.data(store))]
            }
            Extern::Table(table) => vec![Value::Number(u128::from(table.size(store)))],
            Extern::Func(_) => continue,
        };
        state.push((name, values));
    }
    state.sort_by(|a, b| a.0.cmp(&b.0));
    state
}
