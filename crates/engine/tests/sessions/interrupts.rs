//! Guests that are interrupted from other threads.

use crate::common::{block_on, instantiate};
use crate::support::name;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Barrier, Mutex};
use trapline::{
    Caller, Config, DebugSession, DebugStepResult, Engine, Error, ExnRef, Instance, Linker, Module,
    Observe, Store, Val,
};

fn engine() -> Engine {
    Engine::new(Config::new().observe(Observe::Stacks)).unwrap()
}

/// Calls the export `again` of the caller, synchronously.
fn linker() -> Linker<()> {
    let mut linker = Linker::<()>::new(&engine());
    linker
        .func_wrap("host", "nothing", |_: Caller<'_, ()>| ())
        .unwrap();
    linker
        .func_wrap("host", "throws", |mut caller: Caller<'_, ()>| {
            let tag = caller.get_export("tag").unwrap().into_tag().unwrap();
            let exception = ExnRef::new(&mut caller, &tag, &[])?;
            Err::<(), Error>(Error::from(exception))
        })
        .unwrap();
    linker
        .func_wrap_async("host", "ready", |_: Caller<'_, ()>, (): ()| {
            Box::new(async {})
        })
        .unwrap();
    linker
        .func_wrap("host", "again", |mut caller: Caller<'_, ()>| {
            let again = caller.get_export("again").unwrap().into_func().unwrap();
            again.call(&mut caller, &[], &mut [])
        })
        .unwrap();
    linker
}

/// Guests that run for ever, in different manners.
const ENDLESS: [&str; 11] = [
    "(func (export \"run\") (loop (br 0)))",
    "(func (export \"run\") (loop (call $empty) (br 0)))",
    "(func (export \"run\") (loop (call $nothing) (br 0)))",
    "(func (export \"run\") (loop (call $ready) (br 0)))",
    "(func (export \"run\") (loop (memory.fill (i32.const 0) (i32.const 0) (i32.const 60000)) (br 0)))",
    "(func (export \"run\") (loop (memory.copy (i32.const 0) (i32.const 9) (i32.const 60000)) (br 0)))",
    "(func $tail (export \"run\") (return_call $tail))",
    "(func (export \"run\") (loop (call $again) (br 0))) (func (export \"again\"))",
    "(func (export \"run\") (call $again)) (func (export \"again\") (loop (br 0)))",
    "(tag $e) (func (export \"run\") (loop (block (try_table (catch $e 0) (throw $e))) (br 0)))",
    "(func (export \"run\") (loop (block (try_table (catch_all 0) (call $throws))) (br 0)))",
];

fn endless(linker: &Linker<()>, text: &str) -> (Store<()>, trapline::Func) {
    let wat = format!(
        r#"(module (import "host" "nothing" (func $nothing))
            (import "host" "ready" (func $ready)) (import "host" "again" (func $again)) (import "host" "throws" (func $throws))
            (memory 1) (tag (export "tag")) (func $empty) {text})"#
    );
    let (store, instance) = instantiate(linker, (), &wat);
    let run = instance.get_func(&store, "run").unwrap();
    (store, run)
}

#[test]
fn a_guest_that_runs_for_ever_can_be_interrupted() {
    let linker = linker();
    for text in ENDLESS {
        let (mut store, run) = endless(&linker, text);
        let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
        let handle = session.interrupt_handle().unwrap();
        let (ask, asked) = mpsc::channel::<u32>();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for delay in asked {
                    (0..delay).for_each(|_| std::hint::spin_loop());
                    handle.interrupt();
                }
            });
            for round in 0..60 {
                ask.send(round % 7 * 1000).unwrap();
                loop {
                    match name(&block_on(session.next())) {
                        "exception" => {}
                        step => {
                            assert_eq!(step, "interrupted", "{text}");
                            break;
                        }
                    }
                }
                assert!(session.frames().count() >= 1);
            }
            drop(ask);
        });
        drop(session);
        assert!(!store.debug_instances().is_empty());
    }
}

#[test]
fn an_interrupt_before_the_call_begins_stops_it_at_its_beginning() {
    let (mut store, run) = endless(&linker(), ENDLESS[0]);
    let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
    let handle = session.interrupt_handle().unwrap();
    for _ in 0..3 {
        handle.interrupt();
        handle.interrupt();
        let step = block_on(session.next());
        assert!(
            matches!(step, Some(DebugStepResult::Interrupted)),
            "{step:?}"
        );
    }
    drop(session);
    // After the call there is nothing to interrupt.
    handle.interrupt();
}

#[test]
fn an_interrupt_while_the_host_is_busy_comes_when_it_is_done() {
    let (send, entered) = mpsc::channel();
    let (leave, wait) = mpsc::channel::<()>();
    let (send, wait) = (Mutex::new(send), Mutex::new(wait));
    let mut linker = Linker::<()>::new(&engine());
    linker
        .func_wrap("host", "busy", move |_: Caller<'_, ()>| {
            send.lock().unwrap().send(()).unwrap();
            // Not disturbed by signals.
            wait.lock().unwrap().recv().unwrap();
        })
        .unwrap();
    let wat = r#"(module (import "host" "busy" (func $busy))
        (func (export "run") (call $busy) (loop (br 0))))"#;
    let (mut store, instance) = instantiate(&linker, (), wat);
    let run = instance.get_func(&store, "run").unwrap();
    let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
    let handle = session.interrupt_handle().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            entered.recv().unwrap();
            handle.interrupt();
            leave.send(()).unwrap();
        });
        let step = block_on(session.next());
        assert!(
            matches!(step, Some(DebugStepResult::Interrupted)),
            "{step:?}"
        );
    });
}

/// The system ends a process that makes a single step while it blocks the signal for that.
#[test]
fn an_interrupt_while_the_host_blocks_signals_comes_when_it_is_done() {
    let entered = Arc::new(AtomicBool::new(false));
    let interrupted = Arc::new(AtomicBool::new(false));
    let (enters, waits) = (entered.clone(), interrupted.clone());
    let mut linker = Linker::<()>::new(&engine());
    linker
        .func_wrap("host", "busy", move |_: Caller<'_, ()>| {
            block_traps(libc::SIG_BLOCK);
            enters.store(true, Ordering::SeqCst);
            while !waits.load(Ordering::SeqCst) {
                std::hint::spin_loop();
            }
            block_traps(libc::SIG_UNBLOCK);
        })
        .unwrap();
    let wat = r#"(module (import "host" "busy" (func $busy))
        (func (export "run") (call $busy) (loop (br 0))))"#;
    let (mut store, instance) = instantiate(&linker, (), wat);
    let run = instance.get_func(&store, "run").unwrap();
    let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
    let handle = session.interrupt_handle().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            while !entered.load(Ordering::SeqCst) {
                std::hint::spin_loop();
            }
            handle.interrupt();
            interrupted.store(true, Ordering::SeqCst);
        });
        let step = block_on(session.next());
        assert!(
            matches!(step, Some(DebugStepResult::Interrupted)),
            "{step:?}"
        );
    });
}

/// Blocks the signal that tells of single steps and breakpoints on this thread, or no more.
fn block_traps(how: libc::c_int) {
    // SAFETY: valid pointers. No guest runs while the signal is blocked.
    unsafe {
        let mut set = std::mem::zeroed();
        libc::sigemptyset(&mut set);
        libc::sigaddset(&mut set, libc::SIGTRAP);
        assert_eq!(libc::pthread_sigmask(how, &set, std::ptr::null_mut()), 0);
    }
}

const WORK: &str = r#"(module
    (import "host" "nothing" (func $nothing))
    (memory 1)
    (func $mix (param i64) (result i64)
        (i64.xor (i64.rotl (local.get 0) (i64.const 13)) (i64.load (i32.const 8))))
    (func (export "run") (param $count i32) (result i64) (local $i i32) (local $x i64)
        (loop $next
            (local.set $x (i64.add (call $mix (local.get $x)) (i64.extend_i32_u (local.get $i))))
            (i64.store (i32.and (local.get $i) (i32.const 0xff8)) (local.get $x))
            (if (i32.eqz (i32.and (local.get $i) (i32.const 63)))
                (then (call $nothing)
                    (memory.copy (i32.const 16) (i32.const 8) (i32.and (local.get $i) (i32.const 31)))))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $next (i32.lt_u (local.get $i) (local.get $count))))
        (local.get $x)))"#;

/// Interrupts as many as fit, and breakpoints among them.
#[test]
fn interrupts_change_nothing() {
    let linker = linker();
    let module = Module::new(linker.engine(), WORK).unwrap();
    let mut store = Store::new(linker.engine(), ());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let run = instance.get_func(&store, "run").unwrap();
    let memory = instance.debug_memory(&store, 0).unwrap();
    for (count, breakpoints) in [(1_000_000, false), (10_000, true)] {
        memory.data_mut(&mut store).fill(0);
        let mut expected = [Val::I64(0)];
        let params = [Val::I32(count)];
        run.call(&mut store, &params, &mut expected).unwrap();
        let contents = memory.data(&store).to_vec();
        memory.data_mut(&mut store).fill(0);
        let mut session = DebugSession::call(&mut store, run, &params).unwrap();
        if breakpoints {
            session
                .edit_breakpoints(|edit| edit.add(&module, module.code_section_offset() + 30))
                .unwrap();
        }
        let handle = session.interrupt_handle().unwrap();
        let done = AtomicBool::new(false);
        let (mut interrupts, mut hits) = (0, 0);
        handle.interrupt();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    handle.interrupt();
                    (0..500).for_each(|_| std::hint::spin_loop());
                }
            });
            loop {
                match block_on(session.next()) {
                    Some(DebugStepResult::Interrupted) => interrupts += 1,
                    Some(DebugStepResult::Breakpoint(_)) => hits += 1,
                    Some(DebugStepResult::Finished(Ok(results))) => {
                        assert_eq!(results[0].unwrap_i64(), expected[0].unwrap_i64());
                        break;
                    }
                    step => panic!("{step:?}"),
                }
            }
            done.store(true, Ordering::Relaxed);
        });
        assert!(interrupts > 0, "at the beginning, at least");
        assert!(!breakpoints || hits >= 10_000, "{hits}");
        drop(session);
        assert!(memory.data(&store) == contents);
    }
}

#[test]
fn only_the_session_is_interrupted_that_was_meant() {
    let linker = linker();
    let (mut store, run) = endless(&linker, ENDLESS[0]);
    let (mut other_store, other_run) = endless(&linker, ENDLESS[1]);
    let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
    let mut other = DebugSession::call(&mut other_store, other_run, &[]).unwrap();
    let (handle, other_handle) = (
        session.interrupt_handle().unwrap(),
        other.interrupt_handle().unwrap(),
    );
    let stopped = Arc::new(AtomicBool::new(false));
    std::thread::scope(|scope| {
        let seen = stopped.clone();
        scope.spawn(move || {
            let step = block_on(other.next());
            assert!(matches!(step, Some(DebugStepResult::Interrupted)));
            seen.store(true, Ordering::SeqCst);
        });
        for _ in 0..50 {
            let handle = handle.clone();
            let asks = scope.spawn(move || handle.interrupt());
            let step = block_on(session.next());
            assert!(matches!(step, Some(DebugStepResult::Interrupted)));
            asks.join().unwrap();
        }
        assert!(!stopped.load(Ordering::SeqCst));
        other_handle.interrupt();
    });
    assert!(stopped.load(Ordering::SeqCst));
}

#[test]
fn guests_that_cannot_be_stopped_have_no_handle() {
    let linker = Linker::new(&Engine::default());
    let (mut store, instance) = instantiate(&linker, (), r#"(module (func (export "run")))"#);
    let run = instance.get_func(&store, "run").unwrap();
    let session = DebugSession::call(&mut store, run, &[]).unwrap();
    assert!(matches!(
        session.interrupt_handle(),
        Err(Error::NotObserved)
    ));
}

/// The function's first place, and that of the loop behind it, are next to each other in the code.
#[test]
fn an_interrupt_is_not_lost_however_early_it_comes() {
    let engine = Engine::new(Config::new().observe(Observe::State)).unwrap();
    let wat = r#"(module (func (export "run") (call $loop)) (func $loop (loop (br 0))))"#;
    let module = Module::new(&engine, wat).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let run = instance.get_func(&mut store, "run").unwrap();
    let places = module.debug_places();
    for spin in 0..300_u32 {
        let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
        session
            .edit_breakpoints(|edit| edit.add(&module, places[2]).map(drop))
            .unwrap();
        assert_eq!(name(&block_on(session.next())), "breakpoint");
        let handle = session.interrupt_handle().unwrap();
        let barrier = Arc::new(Barrier::new(2));
        let other = std::thread::spawn({
            let barrier = Arc::clone(&barrier);
            move || {
                barrier.wait();
                (0..spin * 4).for_each(|_| std::hint::spin_loop());
                handle.interrupt();
            }
        });
        barrier.wait();
        assert_eq!(name(&block_on(session.next())), "interrupted", "{spin}");
        other.join().unwrap();
    }
}
