//! One engine under test. This file is compiled once for each engine: `super::wasm` is the
//! crate of the engine, `super::platform` what differs between the two.

use super::platform;
use super::wasm::{Caller, Engine, InstancePre, Linker, Module, Store};
use crate::clock::{Clock, Seconds};
use crate::engines::{Calls, CodeSize, EngineUnderTest, Observed, Program, Run, Threads};
use anyhow::{Context as _, Error, Result, bail, ensure};
use std::path::Path;

#[path = "calls.rs"]
mod calls;

/// The engine, once for each number of threads.
pub struct Adapter {
    observed: Observed,
    one_thread: Engine,
    all_threads: Engine,
}

impl Adapter {
    /// Makes the engines.
    pub fn new(observed: Observed) -> Result<Adapter> {
        let engine =
            |threads| Engine::new(&platform::config(threads, observed)?).map_err(Error::from);
        Ok(Adapter {
            observed,
            one_thread: engine(Threads::One)?,
            all_threads: engine(Threads::All)?,
        })
    }
}

impl EngineUnderTest for Adapter {
    fn name(&self) -> &'static str {
        platform::name(self.observed)
    }

    fn compile(&self, wasm: &[u8], threads: Threads, clock: Clock) -> Result<Seconds> {
        let engine = match threads {
            Threads::One => &self.one_thread,
            Threads::All => &self.all_threads,
        };
        let (elapsed, module) = clock.time(|| Module::from_binary(engine, wasm));
        module?;
        Ok(elapsed)
    }

    fn load(&self, wasm: &[u8]) -> Result<Box<dyn Program>> {
        let engine = &self.one_thread;
        let module = Module::from_binary(engine, wasm)?;
        let mut linker = Linker::<Host>::new(engine);
        platform::add_wasi(&mut linker)?;
        linker.func_wrap("bench", "start", |mut caller: Caller<'_, Host>| {
            let host = caller.data_mut();
            host.started = Some(host.clock.now());
        })?;
        linker.func_wrap("bench", "end", |mut caller: Caller<'_, Host>| {
            let host = caller.data_mut();
            host.elapsed = host.started.map(|started| host.clock.now() - started);
        })?;
        Ok(Box::new(Loaded {
            engine: engine.clone(),
            linked: linker.instantiate_pre(&module)?,
        }))
    }

    fn code_size(&self, wasm: &[u8]) -> Result<CodeSize> {
        platform::code_size(&self.one_thread, self.observed, wasm)
    }

    fn calls(&self, clock: Clock) -> Result<Box<dyn Calls>> {
        Ok(Box::new(calls::Prepared::new(&self.one_thread, clock)?))
    }
}

/// The data of a store.
pub struct Host {
    /// What WASI keeps; absent where no guest code will ask for it.
    pub wasi: Option<platform::Wasi>,
    clock: Clock,
    started: Option<Seconds>,
    elapsed: Option<Seconds>,
    calls: u64,
}

impl Host {
    fn new(clock: Clock, wasi: Option<platform::Wasi>) -> Host {
        Host {
            wasi,
            clock,
            started: None,
            elapsed: None,
            calls: 0,
        }
    }
}

struct Loaded {
    engine: Engine,
    linked: InstancePre<Host>,
}

impl Program for Loaded {
    fn run(&self, dir: &Path, clock: Clock) -> Result<Run> {
        let (wasi, output) = platform::wasi(dir)?;
        let mut store = Store::new(&self.engine, Host::new(clock, Some(wasi)));
        let instance = self.linked.instantiate(&mut store)?;
        let start = instance.get_typed_func::<(), ()>(&mut store, "_start")?;
        if let Err(error) = start.call(&mut store, ()) {
            match platform::exit_code(&error) {
                Some(0) => {}
                Some(code) => bail!("the program exited with {code}"),
                None => return Err(error.into()),
            }
        }
        let elapsed = store.data().elapsed;
        drop(store);
        Ok(Run {
            elapsed: elapsed.context("the program called no `bench.start` and `bench.end`")?,
            stdout: output.stdout(),
            stderr: output.stderr(),
        })
    }

    fn instantiate(&self, times: u32, clock: Clock) -> Result<Seconds> {
        let start = clock.now();
        for _ in 0..times {
            let mut store = Store::new(&self.engine, Host::new(clock, None));
            self.linked.instantiate(&mut store)?;
        }
        Ok(clock.now() - start)
    }
}
