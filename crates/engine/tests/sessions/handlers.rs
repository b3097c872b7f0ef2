//! Debug handlers: events of calls that nobody owns a session of.

use crate::common::{Yield, block_on, poll_once};
use crate::support::{FAIL, Guest, HostFrames, NEVER, OVERFLOW, TRAP, WAIT, name};
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use trapline::{Config, DebugStepResult, Engine, Error, Observe, Result, Val};

type Seen = Arc<Mutex<Vec<(&'static str, usize)>>>;

/// Has a guest's handler note each event, with the number of frames, and wait a number of times.
fn note(guest: &mut Guest, waits: u32) -> Seen {
    let seen = Seen::default();
    let handler_seen = seen.clone();
    guest.store.set_debug_handler(move |guest, event| {
        let seen = handler_seen.clone();
        Box::new(async move {
            let frames = guest.frames().count();
            Yield(waits).await;
            assert_eq!(guest.frames().count(), frames);
            seen.lock().unwrap().push((name(&Some(event)), frames));
            Ok::<(), Error>(())
        })
    });
    seen
}

fn call(guest: &mut Guest, depth: i32, sync: i32, leaf: i32) -> Result<i32> {
    let run = guest.func("run");
    let mut results = [Val::I32(0)];
    let params = [depth, sync, leaf].map(Val::I32);
    block_on(run.call_async(&mut guest.store, &params, &mut results))?;
    Ok(results[0].unwrap_i32())
}

#[test]
fn a_handler_is_called_at_each_event_and_may_wait() {
    for waits in [0, 3] {
        let mut guest = Guest::new();
        let seen = note(&mut guest, waits);
        assert!(call(&mut guest, 2, 0, TRAP).unwrap_err().trap().is_some());
        assert_eq!(
            call(&mut guest, 1, 0, FAIL).unwrap_err().to_string(),
            "disk on fire"
        );
        assert_eq!(call(&mut guest, 1, 0, WAIT).unwrap(), 1);
        assert_eq!(*seen.lock().unwrap(), [("trap", 6), ("host error", 4)]);
        guest.assert_usable();
    }
}

#[test]
fn a_handler_can_be_called_on_changing_threads() {
    let mut guest = Guest::new();
    let seen = note(&mut guest, 4);
    let run = guest.func("run");
    let mut results = [Val::I32(0)];
    let params = [3, 0, TRAP].map(Val::I32);
    {
        let mut call = Box::pin(run.call_async(&mut guest.store, &params, &mut results));
        while std::thread::scope(|scope| {
            let poll = scope.spawn(|| poll_once(call.as_mut()).is_pending());
            poll.join().unwrap()
        }) {}
    }
    assert_eq!(*seen.lock().unwrap(), [("trap", 8)]);
    guest.assert_usable();
}

#[test]
fn under_a_synchronous_host_function_a_handler_must_not_wait() {
    let mut guest = Guest::new();
    let seen = note(&mut guest, 0);
    assert!(
        call(&mut guest, 2, 0b11, TRAP)
            .unwrap_err()
            .trap()
            .is_some()
    );
    assert_eq!(seen.lock().unwrap().len(), 1);
    let seen = note(&mut guest, 1);
    let error = call(&mut guest, 2, 0b11, TRAP).unwrap_err();
    assert!(matches!(error, Error::NeedsAsync), "{error}");
    // That is an error of the host in its turn, and where it meets the outermost frame no
    // synchronous function is left.
    assert_eq!(*seen.lock().unwrap(), [("host error", 1)]);
    guest.assert_usable();
}

#[test]
fn a_handler_that_fails_fails_the_call_with_its_error() {
    let engine = Engine::new(Config::new().observe(Observe::Stacks)).unwrap();
    let mut guest = Guest::of(&engine, HostFrames::default());
    let calls = Arc::new(AtomicU32::new(0));
    let counted = calls.clone();
    guest.store.set_debug_handler(move |_, _| {
        counted.fetch_add(1, Ordering::Relaxed);
        Box::new(async { Err(std::io::Error::other("enough")) })
    });
    let error = call(&mut guest, 2, 0b10, TRAP).unwrap_err();
    assert_eq!(error.to_string(), "enough");
    assert!(error.downcast_ref::<std::io::Error>().is_some());
    assert_eq!(error.backtrace().unwrap().frames().len(), 4);
    assert_eq!(
        calls.load(Ordering::Relaxed),
        1,
        "its own error is no event"
    );
    // At a breakpoint, too.
    let module = guest.module.clone();
    guest
        .store
        .edit_breakpoints(|breakpoints| breakpoints.add(&module, module.code_section_offset()))
        .unwrap();
    let error = call(&mut guest, 2, 0, WAIT).unwrap_err();
    assert_eq!(error.to_string(), "enough");
    assert_eq!(error.backtrace().unwrap().frames().len(), 1);
    guest.assert_usable();
}

#[test]
fn a_panic_of_a_handler_goes_on_in_the_caller() {
    let mut guest = Guest::new();
    guest
        .store
        .set_debug_handler::<Error>(|_, _| std::panic::resume_unwind(Box::new("handler")));
    let panics = std::panic::AssertUnwindSafe(|| call(&mut guest, 2, 0b01, TRAP));
    let payload = std::panic::catch_unwind(panics).unwrap_err();
    assert_eq!(*payload.downcast::<&str>().unwrap(), "handler");
    guest.assert_usable();
}

#[test]
fn a_call_can_be_dropped_while_its_handler_waits() {
    let mut guest = Guest::new();
    let frames = guest.store.data().clone();
    note(&mut guest, u32::MAX);
    let run = guest.func("run");
    let mut results = [Val::I32(0)];
    let params = [3, 0, TRAP].map(Val::I32);
    {
        let mut call = pin!(run.call_async(&mut guest.store, &params, &mut results));
        for _ in 0..3 {
            assert!(poll_once(call.as_mut()).is_pending());
        }
        assert_eq!(frames.alive(), 3);
    }
    guest.assert_usable();
}

#[test]
fn a_handler_can_change_the_store_and_not_call_it() {
    let mut guest = Guest::new();
    let (instance, fine) = (guest.instance, guest.func("fine"));
    guest.store.set_debug_handler(move |mut guest, _| {
        Box::new(async move {
            let mut store = guest.store_mut();
            let global = instance.debug_global(&store, 0).unwrap();
            global.set(&mut store, Val::I32(77))?;
            let refused = fine.call(&mut store, &[], &mut [Val::I32(0)]).unwrap_err();
            assert!(matches!(refused, Error::PausedStore), "{refused}");
            let mut results = [Val::I32(0)];
            let refused = fine
                .call_async(&mut store, &[], &mut results)
                .await
                .unwrap_err();
            assert!(matches!(refused, Error::PausedStore), "{refused}");
            store.gc();
            Ok::<(), Error>(())
        })
    });
    assert!(call(&mut guest, 1, 0, TRAP).unwrap_err().trap().is_some());
    let global = guest.instance.debug_global(&guest.store, 0).unwrap();
    assert_eq!(global.get(&mut guest.store).unwrap_i32(), 77);
    guest.assert_usable();
}

#[test]
fn handlers_leave_sessions_and_synchronous_calls_alone() {
    let mut guest = Guest::new();
    let seen = note(&mut guest, 0);
    let run = guest.func("run");
    let params = [1, 1, TRAP].map(Val::I32);
    let error = run.call(&mut guest.store, &params, &mut [Val::I32(0)]);
    assert!(error.unwrap_err().trap().is_some());
    let mut session = guest.session(1, 0, FAIL);
    assert!(matches!(
        block_on(session.next()),
        Some(DebugStepResult::HostError(_))
    ));
    assert_eq!(name(&block_on(session.next())), "failed");
    drop(session);
    guest.store.clear_debug_handler();
    assert!(call(&mut guest, 0, 0, TRAP).is_err());
    assert!(seen.lock().unwrap().is_empty());
    assert!(call(&mut guest, 0, 0, NEVER - 1).is_err());
}

/// A function that needs a lot of stack.
#[inline(never)]
fn deep(levels: u64) -> u64 {
    let mut page = [levels; 512];
    let page = std::hint::black_box(&mut page);
    match levels {
        0 => page[7],
        _ => deep(levels - 1) + page[11],
    }
}

#[test]
fn a_handler_has_stack_when_the_guest_has_none_left() {
    for waits in [0, 2] {
        let mut guest = Guest::new();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let noted = seen.clone();
        guest.store.set_debug_handler(move |guest, event| {
            let noted = noted.clone();
            Box::new(async move {
                // About 400 KiB, where the guest has left a few.
                let before = deep(100);
                Yield(waits).await;
                assert_eq!(deep(100), before);
                let frames = guest.frames().count();
                noted
                    .lock()
                    .unwrap()
                    .push((name(&Some(event)), frames > 10_000));
                Ok::<(), Error>(())
            })
        });
        for _ in 0..2 {
            let error = call(&mut guest, 1, 0, OVERFLOW).unwrap_err();
            assert_eq!(error.trap(), Some(trapline::Trap::StackOverflow));
        }
        assert_eq!(*seen.lock().unwrap(), [("trap", true); 2]);
        // Dropped while it waits on the other stack.
        if waits != 0 {
            let run = guest.func("run");
            let mut results = [Val::I32(0)];
            let params = [1, 0, OVERFLOW].map(Val::I32);
            let mut call = Box::pin(run.call_async(&mut guest.store, &params, &mut results));
            assert!(poll_once(call.as_mut()).is_pending());
            std::thread::scope(|scope| scope.spawn(move || drop(call)).join().unwrap());
        }
        guest.assert_usable();
    }
}

#[test]
fn a_handler_is_told_the_load_that_traps_not_the_operator_it_is_merged_with() {
    const I64_LOAD: u8 = 0x29;
    let engine = Engine::new(Config::new().observe(Observe::State)).unwrap();
    let wat = r#"(module (memory 1)
        (func (export "run") (param i32 i64) (result i64)
            (i64.add (local.get 1) (i64.load offset=4 (local.get 0)))))"#;
    let module = trapline::Module::new(&engine, wat).unwrap();
    let mut store = trapline::Store::new(&engine, ());
    let instance = trapline::Instance::new(&mut store, &module, &[]).unwrap();
    let run = instance.get_func(&store, "run").unwrap();
    let seen = Arc::new(Mutex::new(None));
    let told = seen.clone();
    store.set_debug_handler(move |guest, event| {
        let DebugStepResult::Trap(info) = event else {
            panic!("{event:?}")
        };
        let frame = guest.frames().next().unwrap();
        assert_eq!(frame.wasm_pc().unwrap(), info.wasm_pc);
        assert_eq!(frame.operands(&guest).unwrap().len(), 2);
        *told.lock().unwrap() = info.wasm_pc;
        Box::new(async { Ok::<(), Error>(()) })
    });
    let mut results = [Val::I64(0)];
    let params = [Val::I32(-8), Val::I64(70)];
    let error = block_on(run.call_async(&mut store, &params, &mut results)).unwrap_err();
    let wasm_pc = seen.lock().unwrap().unwrap();
    assert_eq!(module.wasm()[wasm_pc as usize], I64_LOAD);
    assert_eq!(error.trap_info().unwrap().wasm_pc, Some(wasm_pc));
    assert_eq!(
        error.backtrace().unwrap().frames()[0].wasm_pc(),
        Some(wasm_pc)
    );
}
