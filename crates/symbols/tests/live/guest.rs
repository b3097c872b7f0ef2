//! Runs a guest, and stops it where it says.

use std::path::Path;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use trapline::{
    Config, DebugSession, DebugStepResult, Engine, Frame, Linker, Module, Observe, Store, Val,
};
use trapline_symbols::{Symbols, Target, TargetError, WasmValue};
use trapline_wasi::{ExitCode, OutputPipe, WasiCtx, WasiCtxBuilder, add_to_linker};

pub fn read(name: &str) -> Vec<u8> {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests/values");
    std::fs::read(guests.join(name)).unwrap()
}

/// The state of a frame at a stop, so that the guest need not stand still while it is looked at.
pub struct Snapshot {
    /// Where the frame stands: the call of what stopped.
    pub wasm_pc: u32,
    pub memory: Vec<u8>,
    locals: Vec<WasmValue>,
    operands: Vec<WasmValue>,
    pub globals: Vec<WasmValue>,
}

/// Runs a guest to its end, and calls `stopped` with the frame that has called `mark`, each time
/// that is called. Returns what the guest has printed.
pub fn run(wasm: &[u8], symbols: &Symbols, mut stopped: impl FnMut(Snapshot)) -> String {
    let engine = Engine::new(Config::new().observe(Observe::State)).unwrap();
    let module = Module::new(&engine, wasm).unwrap();
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi).unwrap();
    let stdout = OutputPipe::new(1 << 20);
    let wasi = WasiCtxBuilder::new().stdout(stdout.clone()).build();
    let mut store = Store::new(&engine, wasi);
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let start = instance.get_func(&mut store, "_start").unwrap();
    let mut session = DebugSession::call(&mut store, start, &[]).unwrap();
    let mark = mark(symbols);
    session
        .edit_breakpoints(|breakpoints| breakpoints.add(&module, mark))
        .unwrap();
    loop {
        match block_on(session.next()) {
            Some(DebugStepResult::Breakpoint(_)) => {
                let frame = session.frames().nth(1).unwrap();
                stopped(snapshot(&session, &frame));
            }
            Some(DebugStepResult::HostError(_)) => {}
            Some(DebugStepResult::Finished(outcome)) => {
                if let Err(error) = outcome {
                    let code: Option<&ExitCode> = error.downcast_ref();
                    assert!(matches!(code, Some(ExitCode(0))), "{error}");
                }
                return String::from_utf8(stdout.take()).unwrap();
            }
            step => panic!("{step:?}"),
        }
    }
}

/// Where the body of the function begins that the guests call to be stopped.
fn mark(symbols: &Symbols) -> u32 {
    let functions = symbols.functions_named("mark").unwrap();
    let mut instances = functions.iter().flat_map(|function| &function.instances);
    let mark = instances.next().unwrap();
    assert_eq!(instances.next(), None);
    mark.body
}

fn snapshot(session: &DebugSession<'_, WasiCtx>, frame: &Frame) -> Snapshot {
    let instance = frame.instance().unwrap().unwrap();
    let store = session.store().unwrap();
    let memory = instance.debug_memory(store, 0).unwrap();
    let values = |values: Vec<trapline::FrameValue>| {
        let values = values.into_iter();
        values.map(|value| wasm_value(value.into_val())).collect()
    };
    let globals = (0..).map_while(|index| instance.debug_global(store, index));
    Snapshot {
        wasm_pc: frame.wasm_pc().unwrap().unwrap(),
        memory: memory.data(store).to_vec(),
        locals: values(frame.locals(session).unwrap()),
        operands: values(frame.operands(session).unwrap()),
        globals: globals
            .map(|global| wasm_value(global.get(store)))
            .collect(),
    }
}

fn wasm_value(val: Val) -> WasmValue {
    match val {
        Val::I32(number) => WasmValue::I32(number as u32),
        Val::I64(number) => WasmValue::I64(number as u64),
        Val::F32(bits) => WasmValue::F32(bits),
        Val::F64(bits) => WasmValue::F64(bits),
        Val::V128(bits) => WasmValue::V128(bits.as_u128()),
        _ => WasmValue::Reference,
    }
}

impl Target for Snapshot {
    fn read_memory(&self, address: u64, buffer: &mut [u8]) -> Result<(), TargetError> {
        let range = usize::try_from(address).ok().and_then(|begin| {
            let end = begin.checked_add(buffer.len())?;
            self.memory.get(begin..end)
        });
        let bytes = range.ok_or_else(|| {
            TargetError(format!("no memory at {address:#x}, {} bytes", buffer.len()))
        })?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }

    fn memory_size(&self) -> u64 {
        self.memory.len() as u64
    }

    fn local(&self, index: u32) -> Result<WasmValue, TargetError> {
        get(&self.locals, index, "local")
    }

    fn operand(&self, index: u32) -> Result<WasmValue, TargetError> {
        get(&self.operands, index, "operand")
    }

    fn global(&self, index: u32) -> Result<WasmValue, TargetError> {
        get(&self.globals, index, "global")
    }
}

fn get(values: &[WasmValue], index: u32, what: &str) -> Result<WasmValue, TargetError> {
    let value = values.get(index as usize).copied();
    value.ok_or_else(|| TargetError(format!("there is no {what} {index}")))
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return done;
        }
    }
}
