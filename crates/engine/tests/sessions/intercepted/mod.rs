//! Exceptions that the host takes, or throws others in the place of.

mod handlers;
mod sessions;

use crate::common::{Yield, block_on, instantiate};
use crate::support::HostFrames;
use trapline::{
    AsContextMut, Caller, DebugSession, DebugStepResult, Engine, Error, ExnRef, Instance, Linker,
    Result, Store, Val,
};

/// `bare` throws an `e` of 5, in one of the manners below. `run` does the same under handlers: its
/// result is 100 and the field of an `e`, or 200 and that of an `other`. `nested` calls `bare`
/// through the host; its result is 300 and the field of an `other`.
const WAT: &str = r#"(module
    (import "host" "throw" (func $throw (param i32)))
    (import "host" "throw_async" (func $throw_async (param i32)))
    (import "host" "again" (func $again (param i32) (result i32)))
    (import "host" "again_async" (func $again_async (param i32) (result i32)))
    (tag $e (export "e") (param i32))
    (tag $other (export "other") (param i32))
    (func $thrower (param $how i32)
        (block $async (block $sync (block $ref (block $throw
            (br_table $throw $ref $sync $async (local.get $how)))
            (throw $e (i32.const 5)))
            (block $caught (result exnref)
                (try_table (catch_all_ref $caught) (throw $e (i32.const 5)))
                unreachable)
            throw_ref)
            (call $throw (i32.const 5)) unreachable)
        (call $throw_async (i32.const 5)) unreachable)
    (func $inner (param $how i32) (result i32)
        (block $caught (result i32)
            (try_table (catch $e $caught) (call $thrower (local.get $how)))
            unreachable)
        (i32.add (i32.const 100)))
    (func $run (export "run") (param $how i32) (result i32)
        (block $caught (result i32)
            (return (try_table (result i32) (catch $other $caught)
                (call $inner (local.get $how)))))
        (i32.add (i32.const 200)))
    (func (export "bare") (param $how i32) (result i32)
        (call $thrower (local.get $how)) unreachable)
    (func $nested (export "nested") (param $how i32) (param $async i32) (result i32)
        (block $caught (result i32)
            (return (try_table (result i32) (catch $other $caught)
                (if (result i32) (local.get $async)
                    (then (call $again_async (local.get $how)))
                    (else (call $again (local.get $how)))))))
        (i32.add (i32.const 300)))
    (func (export "fine") (result i32) (i32.const 42))
    (func (export "trap") (result i32) unreachable)
    (func (export "keep") (result i32) (local $kept exnref) (local $i i32)
        (local.set $kept (block $caught (result exnref)
            (try_table (catch_all_ref $caught) (throw $e (i32.const 5)))
            unreachable))
        (loop $more
            (block $caught (result exnref)
                (try_table (catch_all_ref $caught) (throw $e (i32.const 6)))
                unreachable)
            drop
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $more (i32.lt_u (local.get $i) (i32.const 5000))))
        (block $caught (result i32)
            (try_table (catch $e $caught) (throw_ref (local.get $kept)))
            unreachable)))"#;

/// By `throw`.
const THROW: i32 = 0;
/// By `throw_ref`; before that it is thrown and caught.
const THROW_REF: i32 = 1;
/// By a function of the host.
const SYNC: i32 = 2;
/// By an asynchronous function of the host.
const ASYNC: i32 = 3;

const ALL: [i32; 4] = [THROW, THROW_REF, SYNC, ASYNC];

fn exception(mut store: impl AsContextMut, instance: Instance, tag: &str, field: i32) -> ExnRef {
    let mut store = store.as_context_mut();
    let tag = instance.get_export(&mut store, tag).unwrap();
    ExnRef::new(&mut store, &tag.into_tag().unwrap(), &[Val::I32(field)]).unwrap()
}

fn throw(caller: &mut Caller<'_, HostFrames>, field: i32) -> Result<()> {
    let _frame = caller.data().enter();
    let instance = caller.instance().unwrap();
    Err(Error::from(exception(caller, instance, "e", field)))
}

fn linker(engine: &Engine) -> Linker<HostFrames> {
    let mut linker = Linker::<HostFrames>::new(engine);
    let sync = |mut caller: Caller<'_, HostFrames>, field: i32| throw(&mut caller, field);
    linker.func_wrap("host", "throw", sync).unwrap();
    linker
        .func_wrap_async(
            "host",
            "throw_async",
            |mut caller: Caller<'_, HostFrames>, (field,): (i32,)| {
                Box::new(async move {
                    Yield(1).await;
                    throw(&mut caller, field)
                })
            },
        )
        .unwrap();
    let bare = |caller: &mut Caller<'_, HostFrames>| {
        let instance = caller.instance().unwrap();
        instance.get_typed_func::<i32, i32>(caller, "bare").unwrap()
    };
    linker
        .func_wrap("host", "again", {
            move |mut caller: Caller<'_, HostFrames>, how: i32| {
                let _frame = caller.data().enter();
                let result = bare(&mut caller).call(&mut caller, how);
                match result {
                    Err(_) if caller.data().swallows => Ok(1000),
                    result => result,
                }
            }
        })
        .unwrap();
    linker
        .func_wrap_async(
            "host",
            "again_async",
            move |mut caller: Caller<'_, HostFrames>, (how,): (i32,)| {
                Box::new(async move {
                    let _frame = caller.data().enter();
                    bare(&mut caller).call_async(&mut caller, how).await
                })
            },
        )
        .unwrap();
    linker
}

struct Guest {
    store: Store<HostFrames>,
    instance: Instance,
}

impl Guest {
    fn new() -> Guest {
        Guest::of(&Engine::default())
    }

    fn of(engine: &Engine) -> Guest {
        let (store, instance) = instantiate(&linker(engine), HostFrames::default(), WAT);
        Guest { store, instance }
    }

    /// A session of a call.
    fn begin(&mut self, export: &str, params: &[i32]) -> DebugSession<'_, HostFrames> {
        let func = self.instance.get_func(&self.store, export).unwrap();
        let params: Vec<_> = params.iter().copied().map(Val::I32).collect();
        DebugSession::call(&mut self.store, func, &params).unwrap()
    }

    /// A session that is stopped at an exception; the first is let pass if it is thrown again.
    fn stopped(&mut self, export: &str, params: &[i32]) -> DebugSession<'_, HostFrames> {
        let mut session = self.begin(export, params);
        assert_exception(&mut session, 5);
        if params[0] == THROW_REF {
            assert_exception(&mut session, 5);
        }
        session
    }

    fn call(&mut self, export: &str, params: &[i32]) -> Result<i32> {
        let func = self.instance.get_func(&self.store, export).unwrap();
        let params: Vec<_> = params.iter().copied().map(Val::I32).collect();
        let mut results = [Val::I32(0)];
        block_on(func.call_async(&mut self.store, &params, &mut results))?;
        Ok(results[0].unwrap_i32())
    }

    fn assert_usable(&mut self) {
        assert_eq!(self.store.data().alive(), 0, "frames of the host are left");
        self.store.clear_debug_handler();
        assert_eq!(self.call("fine", &[]).unwrap(), 42);
    }
}

/// Runs on to an exception with this field. Returns it.
fn assert_exception(session: &mut DebugSession<'_, HostFrames>, field: i32) -> ExnRef {
    match block_on(session.next()) {
        Some(DebugStepResult::Exception(thrown)) => {
            let found = thrown.exception.field(session.store().unwrap(), 0);
            assert_eq!(found.unwrap().unwrap_i32(), field);
            thrown.exception
        }
        step => panic!("{step:?}"),
    }
}

/// Runs to the end, which is the next event.
fn finish(session: &mut DebugSession<'_, HostFrames>) -> Result<i32> {
    let step = block_on(session.next());
    let Some(DebugStepResult::Finished(outcome)) = step else {
        panic!("{step:?}");
    };
    assert!(block_on(session.next()).is_none());
    outcome.map(|results| results[0].unwrap_i32())
}

/// An error that tells itself apart from what the engine makes.
fn enough() -> std::io::Error {
    std::io::Error::other("enough")
}

fn assert_enough(error: &Error) {
    assert_eq!(error.to_string(), "enough");
    assert!(error.downcast_ref::<std::io::Error>().is_some());
}
