//! Runs a module on Trapline.

use crate::outcome::{Outcome, Reason, Value, argument, hash};
use std::sync::OnceLock;
use trapline::{Config, Engine, Error, Extern, Instance, Module, OptLevel, Store, Trap, Val, ValType};
use trapline_compile::{Compiler, CompilerOptions};

/// An engine, made once for each setting.
pub fn engine(optimize: bool) -> &'static Engine {
    static ENGINES: [OnceLock<Engine>; 2] = [const { OnceLock::new() }; 2];
    ENGINES[usize::from(optimize)].get_or_init(|| {
        let mut config = Config::new();
        config.parallel_compilation(false);
        config.opt_level(if optimize { OptLevel::Speed } else { OptLevel::None });
        Engine::new(&config).expect("an engine for this machine")
    })
}

/// A compiler, made once.
pub fn compiler() -> &'static Compiler {
    static COMPILER: OnceLock<Compiler> = OnceLock::new();
    COMPILER.get_or_init(|| {
        let options = CompilerOptions { opt_level: OptLevel::Speed, parallel: false, ..CompilerOptions::default() };
        Compiler::new(&options).expect("a compiler for this machine")
    })
}

/// Instantiates a module and calls all that it exports. `None` if the module is too large.
pub fn run(engine: &Engine, wasm: &[u8]) -> Option<Vec<Outcome>> {
    let module = match Module::from_binary(engine, wasm) {
        Ok(module) => module,
        Err(Error::Compile(error)) if is_limit(&error) => return None,
        Err(error) => panic!("a valid module was refused: {error}"),
    };
    let mut store = Store::new(engine, ());
    let instance = match Instance::new(&mut store, &module, &[]) {
        Ok(instance) => instance,
        Err(error) => {
            let function = String::new();
            return Some(vec![Outcome { function, result: Err(reason(&error)), state: vec![] }]);
        }
    };
    let state = state(&mut store, instance);
    let mut outcomes = vec![Outcome { function: String::new(), result: Ok(vec![]), state }];
    let mut exports: Vec<String> = module.exports().map(|export| export.name().to_owned()).collect();
    exports.sort();
    for function in exports {
        let Some(func) = instance.get_func(&mut store, &function) else { continue };
        let ty = func.ty(&store);
        let arguments: Vec<Val> = (0..)
            .zip(ty.params())
            .map(|(index, ty)| argument_of_type(*ty, argument(&function, index)))
            .collect();
        let mut results = vec![Val::I32(0); ty.results().len()];
        let result = match func.call(&mut store, &arguments, &mut results) {
            Ok(()) => Ok(results.iter().map(value).collect()),
            Err(error) => Err(reason(&error)),
        };
        outcomes.push(Outcome { function, result, state: crate::ours::state(&mut store, instance) });
    }
    Some(outcomes)
}

fn is_limit(error: &trapline_compile::CompileError) -> bool {
    use trapline_compile::CompileError::{Codegen, TooLarge};
    matches!(error, TooLarge(_)) || matches!(error, Codegen { message, .. } if message.contains("limit"))
}

fn argument_of_type(ty: ValType, bits: u64) -> Val {
    match ty {
        ValType::I32 => Val::I32(bits as i32),
        ValType::I64 => Val::I64(bits as i64),
        ValType::F32 => Val::F32((bits as i32 as f32).to_bits()),
        ValType::F64 => Val::F64((bits as i64 as f64).to_bits()),
        ValType::V128 => Val::V128((u128::from(bits) << 64 | u128::from(!bits)).into()),
        ty if ty == ValType::FUNCREF => Val::FuncRef(None),
        _ => Val::ExternRef(None),
    }
}

fn value(value: &Val) -> Value {
    match value {
        Val::I32(x) => Value::Number(*x as u32 as u128),
        Val::I64(x) => Value::Number(*x as u64 as u128),
        Val::F32(x) => Value::Number(u128::from(*x)),
        Val::F64(x) => Value::Number(u128::from(*x)),
        Val::V128(x) => Value::Number(x.as_u128()),
        Val::FuncRef(x) => Value::Reference { null: x.is_none() },
        Val::ExternRef(x) => Value::Reference { null: x.is_none() },
        Val::ExnRef(x) => Value::Reference { null: x.is_none() },
    }
}

fn reason(error: &Error) -> Reason {
    match error.trap() {
        Some(Trap::UnreachableCodeReached) => Reason::Unreachable,
        Some(Trap::MemoryOutOfBounds) => Reason::Memory,
        Some(Trap::TableOutOfBounds | Trap::UndefinedElement) => Reason::Table,
        Some(Trap::IndirectCallToNull) => Reason::NullCall,
        Some(Trap::BadSignature) => Reason::Signature,
        Some(Trap::IntegerDivisionByZero) => Reason::DivisionByZero,
        Some(Trap::IntegerOverflow) => Reason::Overflow,
        Some(Trap::BadConversionToInteger) => Reason::Conversion,
        Some(Trap::StackOverflow) => Reason::Stack,
        _ => Reason::Other,
    }
}

fn state(store: &mut Store<()>, instance: Instance) -> Vec<(String, Vec<Value>)> {
    let exports: Vec<(String, Extern)> = instance
        .exports(&mut *store)
        .map(|export| (export.name().to_owned(), export.into_extern()))
        .collect();
    let mut state = Vec::new();
    for (name, export) in exports {
        let values = match export {
            Extern::Global(global) => vec![value(&global.get(&mut *store))],
            Extern::Memory(memory) => vec![
                Value::Number(u128::from(memory.size(&*store))),
                hash(memory.data(&*store)),
            ],
            Extern::Table(table) => vec![Value::Number(u128::from(table.size(&*store)))],
            _ => continue,
        };
        state.push((name, values));
    }
    state.sort_by(|a, b| a.0.cmp(&b.0));
    state
}
