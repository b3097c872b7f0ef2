//! Wasmtime with `guest_debug`, at what it can do of the same. It has no sessions: a handler is called
//! at each event, as if by the guest, and the guest goes on when it is done.

use super::guests::small_loop;
use crate::clock::{Clock, Seconds};
use crate::poll::block_on;
use anyhow::{Context as _, Result, ensure};
use std::future::{Future, ready};
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use wasmtime::{
    Config, DebugEvent, DebugHandler, Engine, Instance, Module, ModulePC, Store, StoreContextMut,
    TypedFunc,
};

/// The small loop, compiled.
pub struct Prepared {
    module: Module,
    pc: u32,
}

/// Counts breakpoints, and reads the frame there if it is to.
#[derive(Clone)]
struct Handler {
    hits: Arc<AtomicU64>,
    reads: bool,
}

impl DebugHandler for Handler {
    type Data = ();

    fn handle(
        &self,
        mut store: StoreContextMut<'_, ()>,
        event: DebugEvent<'_>,
    ) -> impl Future<Output = ()> + Send {
        if let DebugEvent::Breakpoint = event {
            self.hits.fetch_add(1, Ordering::Relaxed);
            if self.reads {
                read(&mut store).expect("the frame can be read");
            }
        }
        ready(())
    }
}

/// Reads the innermost frame's place, locals and operands.
fn read(store: &mut StoreContextMut<'_, ()>) -> Result<()> {
    let frame = store.debug_exit_frames().next().context("no frame")?;
    black_box(frame.wasm_function_index_and_pc(&mut *store)?);
    let mut values = Vec::new();
    for index in 0..frame.num_locals(&mut *store)? {
        values.push(frame.local(&mut *store, index)?);
    }
    for index in 0..frame.num_stacks(&mut *store)? {
        values.push(frame.stack(&mut *store, index)?);
    }
    black_box(values);
    Ok(())
}

/// What the guest is stopped for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Breakpoint,
    EachInstruction,
}

impl Prepared {
    /// Compiles the guest.
    pub fn new() -> Result<Prepared> {
        let (wasm, pc) = small_loop()?;
        let mut config = Config::new();
        config.guest_debug(true);
        let module = Module::from_binary(&Engine::new(&config)?, &wasm)?;
        Ok(Prepared { module, pc })
    }

    /// Has a breakpoint met many times, and says how long that takes.
    pub fn hits(&self, times: u64, clock: Clock) -> Result<Seconds> {
        let (elapsed, hits) = self.run(At::Breakpoint, times, false, clock)?;
        ensure!(hits == times, "{hits} of {times} breakpoints were hit");
        Ok(elapsed)
    }

    /// The same, with the frame read each time.
    pub fn hits_read(&self, times: u64, clock: Clock) -> Result<Seconds> {
        let (elapsed, hits) = self.run(At::Breakpoint, times, true, clock)?;
        ensure!(hits == times, "{hits} of {times} breakpoints were hit");
        Ok(elapsed)
    }

    /// Makes as many steps as rounds of the loop take, and says how long so many as asked would
    /// take.
    pub fn steps(&self, times: u64, clock: Clock) -> Result<Seconds> {
        let (elapsed, hits) = self.run(At::EachInstruction, times / 8, false, clock)?;
        Ok(elapsed / hits as f64 * times as f64)
    }

    /// Lets the loop run so many rounds; returns for how long, and how often it was stopped.
    fn run(&self, at: At, rounds: u64, reads: bool, clock: Clock) -> Result<(Seconds, u64)> {
        let mut store = Store::new(self.module.engine(), ());
        let hits = Arc::new(AtomicU64::new(0));
        store.set_debug_handler(Handler {
            hits: Arc::clone(&hits),
            reads,
        });
        let instance = block_on(Instance::new_async(&mut store, &self.module, &[]))?;
        let run: TypedFunc<u64, ()> = instance.get_typed_func(&mut store, "run")?;
        {
            let mut edit = store.edit_breakpoints().context("no breakpoints")?;
            match at {
                At::Breakpoint => edit.add_breakpoint(&self.module, ModulePC::new(self.pc))?,
                At::EachInstruction => edit.single_step(true)?,
            }
        }
        let (elapsed, result) = clock.time(|| block_on(run.call_async(&mut store, rounds)));
        result?;
        Ok((elapsed, hits.load(Ordering::Relaxed)))
    }
}
