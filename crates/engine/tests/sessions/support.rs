//! A guest that calls functions of the host, which call it again.

use crate::common::{Never, Yield};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use trapline::{
    Caller, DebugSession, DebugStepResult, Engine, Error, Func, Instance, Linker, Module, Result,
    Store, Val,
};

/// `run` goes down through the host: synchronously while the bit of the depth is set in its second
/// argument, otherwise asynchronously; at the bottom it calls `leaf` with its third argument.
pub const NESTED: &str = r#"(module $nested
    (import "host" "sync" (func $sync (param i32 i32 i32) (result i32)))
    (import "host" "async" (func $async (param i32 i32 i32) (result i32)))
    (import "host" "fail" (func $fail (param i32)))
    (import "host" "wait" (func $wait (param i32)))
    (memory $memory 1)
    (global $global (mut i32) (i32.const 5))
    (tag $e)
    (func $run (export "run") (param $depth i32) (param $sync i32) (param $leaf i32) (result i32)
        (if (result i32) (i32.eqz (local.get $depth))
            (then (call $leaf (local.get $leaf)))
            (else
                (local.set $depth (i32.sub (local.get $depth) (i32.const 1)))
                (i32.add (i32.const 1)
                    (if (result i32)
                        (i32.and (i32.shr_u (local.get $sync) (local.get $depth)) (i32.const 1))
                        (then (call $sync
                            (local.get $depth) (local.get $sync) (local.get $leaf)))
                        (else (call $async
                            (local.get $depth) (local.get $sync) (local.get $leaf))))))))
    (func $leaf (param $what i32) (result i32)
        (i32.store (i32.const 8) (local.get $what))
        (block $throw (block $wait (block $never (block $fail
            (block $overflow (block $load (block $trap
            (br_table $trap $load $overflow $fail $never $wait $throw (local.get $what)))
            unreachable)
            (return (i32.load (i32.const 0x7fffffff))))
            (return (call $leaf (i32.const 2))))
            (call $fail (i32.const 1)))
            (call $wait (i32.const -1)))
        (call $wait (i32.const 3))
        (return (i32.const 0)))
        (throw $e))
    (func (export "fine") (result i32) (i32.const 42)))"#;

/// What the leaf does.
pub const TRAP: i32 = 0;
pub const LOAD: i32 = 1;
pub const OVERFLOW: i32 = 2;
pub const FAIL: i32 = 3;
pub const NEVER: i32 = 4;
pub const WAIT: i32 = 5;
pub const THROW: i32 = 6;

/// Counts the frames of the host that are alive.
#[derive(Clone, Default, Debug)]
pub struct HostFrames {
    alive: Arc<AtomicUsize>,
    /// What a synchronous function does with an error of its guest: nothing, if this is set.
    pub swallows: bool,
}

/// A frame of the host.
pub struct HostFrame(Arc<AtomicUsize>);

impl HostFrames {
    pub fn enter(&self) -> HostFrame {
        self.alive.fetch_add(1, Ordering::SeqCst);
        HostFrame(self.alive.clone())
    }

    pub fn alive(&self) -> usize {
        self.alive.load(Ordering::SeqCst)
    }
}

impl Drop for HostFrame {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

type Params = (i32, i32, i32);

fn run_of(caller: &mut Caller<'_, HostFrames>) -> trapline::TypedFunc<Params, i32> {
    let instance = caller.instance().expect("an instance called");
    instance.get_typed_func(caller, "run").expect("it has run")
}

pub fn linker(engine: &Engine) -> Linker<HostFrames> {
    let mut linker = Linker::<HostFrames>::new(engine);
    let sync = |mut caller: Caller<'_, HostFrames>, a: i32, b: i32, c: i32| -> Result<i32> {
        let _frame = caller.data().enter();
        let result = run_of(&mut caller).call(&mut caller, (a, b, c));
        match result {
            Err(_) if caller.data().swallows => Ok(1000),
            result => result,
        }
    };
    linker.func_wrap("host", "sync", sync).unwrap();
    linker
        .func_wrap_async(
            "host",
            "async",
            |mut caller: Caller<'_, HostFrames>, params: Params| {
                Box::new(async move {
                    let _frame = caller.data().enter();
                    run_of(&mut caller).call_async(&mut caller, params).await
                })
            },
        )
        .unwrap();
    let fail = |caller: Caller<'_, HostFrames>, _: i32| {
        let _frame = caller.data().enter();
        Err::<(), _>(std::io::Error::other("disk on fire"))
    };
    linker.func_wrap("host", "fail", fail).unwrap();
    linker
        .func_wrap_async(
            "host",
            "wait",
            |caller: Caller<'_, HostFrames>, (times,): (i32,)| {
                Box::new(async move {
                    let _frame = caller.data().enter();
                    match times {
                        -1 => Never.await,
                        times => Yield(times as u32).await,
                    }
                })
            },
        )
        .unwrap();
    linker
}

/// A store with an instance of [`NESTED`].
pub struct Guest {
    pub store: Store<HostFrames>,
    pub instance: Instance,
    pub module: Module,
}

impl Guest {
    pub fn new() -> Guest {
        Guest::of(&Engine::default(), HostFrames::default())
    }

    pub fn of(engine: &Engine, frames: HostFrames) -> Guest {
        let linker = linker(engine);
        let module = Module::new(engine, NESTED).unwrap();
        let mut store = Store::new(engine, frames);
        let instance = linker.instantiate(&mut store, &module).unwrap();
        Guest {
            store,
            instance,
            module,
        }
    }

    pub fn func(&self, name: &str) -> Func {
        self.instance.get_func(&self.store, name).unwrap()
    }

    /// A session of a call of `run`.
    pub fn session(&mut self, depth: i32, sync: i32, leaf: i32) -> DebugSession<'_, HostFrames> {
        let run = self.func("run");
        let params = [depth, sync, leaf].map(Val::I32);
        DebugSession::call(&mut self.store, run, &params).unwrap()
    }

    /// Places a breakpoint where `leaf` begins. Returns where that is.
    pub fn break_at_leaf(&mut self) -> u32 {
        // The first store of the module.
        let is_store = |bytes: &[u8]| bytes == [0x36, 2, 0];
        let store = self.module.wasm().windows(3).position(is_store);
        let (module, at) = (self.module.clone(), store.unwrap() as u32);
        let place = self
            .store
            .edit_breakpoints(|breakpoints| breakpoints.add(&module, at));
        place.unwrap()
    }

    /// Checks that the store can be used as if nothing had happened.
    pub fn assert_usable(&mut self) {
        assert_eq!(self.store.data().alive(), 0, "frames of the host are left");
        let fine = self.instance.get_typed_func::<(), i32>(&self.store, "fine");
        assert_eq!(fine.unwrap().call(&mut self.store, ()).unwrap(), 42);
    }
}

/// What a step is, in a word.
pub fn name(step: &Option<DebugStepResult>) -> &'static str {
    match step {
        None => "none",
        Some(DebugStepResult::Trap(_)) => "trap",
        Some(DebugStepResult::HostError(_)) => "host error",
        Some(DebugStepResult::Breakpoint(_)) => "breakpoint",
        Some(DebugStepResult::Finished(Ok(_))) => "returned",
        Some(DebugStepResult::Finished(Err(_))) => "failed",
        Some(DebugStepResult::Refused(Error::PinnedSession)) => "pinned",
        Some(DebugStepResult::Exception(_)) => "exception",
        Some(DebugStepResult::Interrupted) => "interrupted",
        Some(DebugStepResult::Step) => "step",
        Some(_) => "another",
    }
}
