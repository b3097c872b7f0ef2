//! Messages for the thread that a guest runs on, while a function of the host waits.

use crate::guest::{resume, wait};
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use trapline::{Caller, Config, DebugSession, Engine, Linker, Module, Observe, Store};
use trapline_debugger::{Arrival, BreakpointKind, Debuggee, Debugger, Inbox, Resume, StopReason};

/// A guest that waits for the host, and calls another function then.
const GUEST: &str = r#"(module
    (import "host" "wait" (func $wait))
    (func $after (nop))
    (func (export "run") (call $wait) (call $after)))"#;

/// Runs the guest to where the host waits, with a message that is there already.
fn waiting(test: impl FnOnce(&mut Debuggee<'_, '_, ()>, &mut Inbox<&'static str>, &AtomicBool)) {
    let engine = Engine::new(Config::new().observe(Observe::State)).unwrap();
    let module = Module::new(&engine, GUEST).unwrap();
    let is_ready = Arc::new(AtomicBool::new(false));
    let mut linker: Linker<()> = Linker::new(&engine);
    let waits_for = Arc::clone(&is_ready);
    linker
        .func_wrap_async("host", "wait", move |_: Caller<'_, ()>, (): ()| {
            let is_ready = Arc::clone(&waits_for);
            Box::new(poll_fn(move |_| match is_ready.load(Ordering::Relaxed) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }))
        })
        .unwrap();
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let run = instance.get_func(&mut store, "run").unwrap();
    let session = DebugSession::call(&mut store, run, &[]).unwrap();
    let mut debugger = Debugger::new();
    let mut debuggee = Debuggee::new(&mut debugger, session);
    let (sender, mut inbox) = Inbox::new();
    // The first is given out before the guest has come to the host.
    for message in ["first", "second"] {
        assert!(sender.send(message));
        let arrival = wait(debuggee.resume_or_receive(Resume::AsBefore, &mut inbox));
        assert!(
            matches!(arrival, Arrival::Message(given) if given == message),
            "{arrival:?}"
        );
    }
    assert!(debuggee.is_waiting());
    assert!(debuggee.frames(0..9).is_empty());
    test(&mut debuggee, &mut inbox, &is_ready);
}

#[test]
fn breakpoints_that_are_set_while_the_host_waits_are_met_when_it_is_done() {
    waiting(|debuggee, _, is_ready| {
        let after = BreakpointKind::function("after");
        let id = debuggee.debugger_mut().add_breakpoint(after);
        is_ready.store(true, Ordering::Relaxed);
        let stop = resume(debuggee, Resume::AsBefore);
        assert!(
            matches!(&stop.reason, StopReason::Breakpoint { ids, .. } if *ids == [id]),
            "{stop:?}"
        );
    });
}

#[test]
fn a_guest_whose_host_waits_stops_when_that_is_done() {
    waiting(|debuggee, _, is_ready| {
        // With a breakpoint to be placed besides: one interrupt does for both.
        let after = BreakpointKind::function("after");
        debuggee.debugger_mut().add_breakpoint(after);
        debuggee.interrupt().unwrap();
        is_ready.store(true, Ordering::Relaxed);
        let stop = resume(debuggee, Resume::AsBefore);
        assert!(matches!(stop.reason, StopReason::Interrupted), "{stop:?}");
        assert_eq!(debuggee.frames(0..1)[0].function, "function 2");
        let stop = resume(debuggee, Resume::Continue);
        assert!(
            matches!(stop.reason, StopReason::Breakpoint { .. }),
            "{stop:?}"
        );
        let stop = resume(debuggee, Resume::Continue);
        assert!(
            matches!(stop.reason, StopReason::Finished(Ok(_))),
            "{stop:?}"
        );
    });
}
