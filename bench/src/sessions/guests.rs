//! Guests that sessions are measured with.

use crate::poll::block_on;
use anyhow::{Context as _, Result, bail};
use std::collections::HashSet;
use std::path::Path;
use trapline::{
    Config, DebugSession, DebugStepResult, Engine, Func, Instance, InstancePre, InterruptHandle,
    Linker, Module, Observe, Store,
};
use trapline_compile::{Compiler, CompilerOptions};
use trapline_wasi::{OutputPipe, WasiCtx, WasiCtxBuilder, add_to_linker};
use wasmparser::{Operator, Parser, Payload};

/// An engine whose guests can be stopped and read.
pub fn engine() -> Result<Engine> {
    let mut config = Config::new();
    config.observe(Observe::State);
    Ok(Engine::new(&config)?)
}

/// The wasm pcs of the points of a module's code, which are where the machine can be stopped.
pub fn points(wasm: &[u8]) -> Result<HashSet<u32>> {
    // The engine does not show them; the compiler under it does.
    let options = CompilerOptions {
        observe: Observe::State,
        ..CompilerOptions::default()
    };
    let module = Compiler::new(&options)?.compile(wasm.to_vec().into(), None)?;
    let functions = module.info().bodies.keys();
    let points = functions.flat_map(|function| module.points(function));
    Ok(points.map(|point| point.wasm_pc).collect())
}

/// A module that does nothing but run in a small loop.
pub struct Loop {
    /// Compiled.
    pub module: Module,
    /// Where the machine can be stopped in it.
    pub points: HashSet<u32>,
    /// In the loop; run once in each round.
    pub pc: u32,
}

/// The bytes of [`Loop`], and its wasm pc.
pub fn small_loop() -> Result<(Vec<u8>, u32)> {
    let wasm = wat::parse_str(include_str!("../guests/stops.wat"))?;
    let pc = store_in(&wasm)?;
    Ok((wasm, pc))
}

/// The wasm pc of the module's first store.
fn store_in(wasm: &[u8]) -> Result<u32> {
    for payload in Parser::new(0).parse_all(wasm) {
        let Payload::CodeSectionEntry(body) = payload? else {
            continue;
        };
        for operator in body.get_operators_reader()?.into_iter_with_offsets() {
            if let (Operator::I32Store { .. }, pc) = operator? {
                return Ok(u32::try_from(pc)?);
            }
        }
    }
    bail!("the guest does not store")
}

impl Loop {
    /// Compiles it.
    pub fn new() -> Result<Loop> {
        let (wasm, pc) = small_loop()?;
        Ok(Loop {
            module: Module::from_binary(&engine()?, &wasm)?,
            points: points(&wasm)?,
            pc,
        })
    }

    /// A store with the loop's function.
    pub fn instantiate(&self) -> Result<(Store<()>, Func)> {
        let mut store = Store::new(self.module.engine(), ());
        let instance = Instance::new(&mut store, &self.module, &[])?;
        let run = instance.get_func(&mut store, "run");
        Ok((store, run.context("no export `run`")?))
    }
}

/// The data of a program's store.
pub struct Host {
    wasi: WasiCtx,
    /// Who is to be stopped when the program says that its work begins.
    watcher: Option<InterruptHandle>,
}

/// Links a program with WASI.
pub fn link(module: &Module) -> Result<InstancePre<Host>> {
    let mut linker = Linker::<Host>::new(module.engine());
    add_to_linker(&mut linker, |host: &mut Host| &mut host.wasi)?;
    linker.func_wrap("bench", "start", |caller: trapline::Caller<'_, Host>| {
        if let Some(watcher) = &caller.data().watcher {
            watcher.interrupt();
        }
    })?;
    linker.func_wrap("bench", "end", || {})?;
    Ok(linker.instantiate_pre(module)?)
}

/// A store with an instance of a program, which may read `dir`, and its entry.
pub fn start(
    linked: &InstancePre<Host>,
    engine: &Engine,
    dir: &Path,
) -> Result<(Store<Host>, Func)> {
    let wasi = WasiCtxBuilder::new()
        .arg("benchmark.wasm")
        .stdout(OutputPipe::new(usize::MAX))
        .stderr(OutputPipe::new(usize::MAX))
        .preopened_dir(dir, ".")?
        .build();
    let mut store = Store::new(
        engine,
        Host {
            wasi,
            watcher: None,
        },
    );
    let instance = linked.instantiate(&mut store)?;
    let start = instance.get_func(&mut store, "_start");
    Ok((store, start.context("no export `_start`")?))
}

/// Runs a program to where its work begins.
pub fn run_to_work(session: &mut DebugSession<'_, Host>) -> Result<()> {
    let handle = session.interrupt_handle()?;
    session.store_mut()?.data_mut().watcher = Some(handle);
    match block_on(session.next()) {
        Some(DebugStepResult::Interrupted) => Ok(()),
        other => bail!("the program calls no `bench.start`: {other:?}"),
    }
}
