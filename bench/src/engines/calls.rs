//! The calls whose cost is measured, made through the embedder API of one engine.

use super::super::wasm::{Error, Func, Instance, TypedFunc, Val, ValType};
use super::*;
use crate::engines::Case;
use crate::poll::{block_on, suspend_once};

/// Three instances and their stores: one entered by calls, one by async calls.
pub struct Prepared {
    clock: Clock,
    store: Store<Host>,
    plain: Instance,
    async_store: Store<Host>,
    asynchronous: Instance,
}

type Loop = TypedFunc<u64, ()>;
type CountingLoop = TypedFunc<u64, u32>;
type Add = TypedFunc<(i32, i32, i32), i32>;

impl Prepared {
    pub fn new(engine: &Engine, clock: Clock) -> Result<Prepared> {
        let mut store = Store::new(engine, Host::new(clock, None));
        let other = module(engine, include_str!("../guests/other.wat"))?;
        let other = Linker::new(engine).instantiate(&mut store, &other)?;
        let mut linker = Linker::new(engine);
        linker.func_wrap("host", "empty", || {})?;
        linker.func_wrap("host", "params", |a: i32, b: i32, c: i32| a ^ b ^ c)?;
        linker.func_wrap("host", "caller", |mut caller: Caller<'_, Host>| {
            caller.data_mut().calls += 1;
        })?;
        let i32 = || ValType::I32;
        let add = platform::func_type(engine, [i32(), i32(), i32()], [i32()]);
        linker.func_new("host", "untyped", add, |_, params, results| {
            let [Val::I32(a), Val::I32(b), Val::I32(c)] = params else {
                unreachable!()
            };
            results[0] = Val::I32(a ^ b ^ c);
            Ok::<(), Error>(())
        })?;
        linker.instance(&mut store, "other", other)?;
        let plain = module(engine, include_str!("../guests/calls.wat"))?;
        let plain = linker.instantiate(&mut store, &plain)?;

        let mut async_store = Store::new(engine, Host::new(clock, None));
        let mut linker = Linker::new(engine);
        linker.func_wrap_async("host", "ready", |_: Caller<'_, Host>, (): ()| {
            Box::new(async {})
        })?;
        linker.func_wrap_async("host", "suspend", |_: Caller<'_, Host>, (): ()| {
            Box::new(suspend_once())
        })?;
        let asynchronous = module(engine, include_str!("../guests/async.wat"))?;
        let asynchronous = block_on(linker.instantiate_async(&mut async_store, &asynchronous))?;
        Ok(Prepared {
            clock,
            store,
            plain,
            async_store,
            asynchronous,
        })
    }

    /// Has the guest do the export's thing `times` times in one call.
    fn guest_loop(&mut self, export: &str, times: u64) -> Result<Seconds> {
        let run: Loop = self.plain.get_typed_func(&mut self.store, export)?;
        let (elapsed, result) = self.clock.time(|| run.call(&mut self.store, times));
        result?;
        Ok(elapsed)
    }

    /// The same for exports that return something computed on the way.
    fn guest_counting_loop(&mut self, export: &str, times: u64) -> Result<Seconds> {
        let run: CountingLoop = self.plain.get_typed_func(&mut self.store, export)?;
        let (elapsed, result) = self.clock.time(|| run.call(&mut self.store, times));
        result?;
        Ok(elapsed)
    }

    /// The same for async host functions, in one async call.
    fn async_guest_loop(&mut self, export: &str, times: u64) -> Result<Seconds> {
        let run: Loop = self
            .asynchronous
            .get_typed_func(&mut self.async_store, export)?;
        let store = &mut self.async_store;
        let (elapsed, result) = self.clock.time(|| block_on(run.call_async(store, times)));
        result?;
        Ok(elapsed)
    }

    fn guest_empty(&mut self, times: u64) -> Result<Seconds> {
        let nop: TypedFunc<(), ()> = self.plain.get_typed_func(&mut self.store, "nop")?;
        let start = self.clock.now();
        for _ in 0..times {
            nop.call(&mut self.store, ())?;
        }
        Ok(self.clock.now() - start)
    }

    fn guest_params(&mut self, times: u64) -> Result<Seconds> {
        let add: Add = self.plain.get_typed_func(&mut self.store, "add")?;
        let start = self.clock.now();
        let mut sum = 0;
        for _ in 0..times {
            sum = add.call(&mut self.store, (sum, 1, 1))?;
        }
        let elapsed = self.clock.now() - start;
        ensure!(
            sum == 2i32.wrapping_mul(times as i32),
            "the guest added wrongly"
        );
        Ok(elapsed)
    }

    fn guest_untyped(&mut self, times: u64) -> Result<Seconds> {
        let Some(add): Option<Func> = self.plain.get_func(&mut self.store, "add") else {
            bail!("no export `add`");
        };
        let start = self.clock.now();
        let mut results = [Val::I32(0)];
        for _ in 0..times {
            let params = [Val::I32(1), Val::I32(2), Val::I32(3)];
            add.call(&mut self.store, &params, &mut results)?;
        }
        Ok(self.clock.now() - start)
    }

    fn async_guest(&mut self, times: u64) -> Result<Seconds> {
        let nop: TypedFunc<(), ()> = self
            .asynchronous
            .get_typed_func(&mut self.async_store, "nop")?;
        let start = self.clock.now();
        for _ in 0..times {
            block_on(nop.call_async(&mut self.async_store, ()))?;
        }
        Ok(self.clock.now() - start)
    }

    fn trap(&mut self, times: u64) -> Result<Seconds> {
        let trap: TypedFunc<(), ()> = self.plain.get_typed_func(&mut self.store, "trap")?;
        let start = self.clock.now();
        for _ in 0..times {
            ensure!(
                trap.call(&mut self.store, ()).is_err(),
                "`unreachable` was passed"
            );
        }
        Ok(self.clock.now() - start)
    }
}

impl Calls for Prepared {
    fn run(&mut self, case: Case, times: u64) -> Result<Seconds> {
        match case {
            Case::HostEmpty => self.guest_loop("host-empty", times),
            Case::HostParams => self.guest_counting_loop("host-params", times),
            Case::HostCaller => self.guest_loop("host-caller", times),
            Case::HostUntyped => self.guest_counting_loop("host-untyped", times),
            Case::GuestEmpty => self.guest_empty(times),
            Case::GuestParams => self.guest_params(times),
            Case::GuestUntyped => self.guest_untyped(times),
            Case::AsyncGuest => self.async_guest(times),
            Case::AsyncReady => self.async_guest_loop("ready", times),
            Case::AsyncSuspend => self.async_guest_loop("suspend", times),
            Case::Direct => self.guest_loop("direct", times),
            Case::Indirect => self.guest_loop("indirect", times),
            Case::Imported => self.guest_loop("imported", times),
            Case::MemoryCopy => self.guest_loop("memory-copy", times),
            Case::MemoryFill => self.guest_loop("memory-fill", times),
            Case::MemoryGrow => self.guest_counting_loop("memory-grow", times),
            Case::Trap => self.trap(times),
        }
    }
}

fn module(engine: &Engine, text: &str) -> Result<Module> {
    Ok(Module::from_binary(engine, &wat::parse_str(text)?)?)
}
