use super::backtrace::RawFrame;
use super::testing::{Guest, Host};
use super::{HostFailure, RawBacktrace, TrapReport, Unwound, backtrace};
use crate::fiber::GuestStack;
use crate::vm::raw_val::RawVal;
use std::cell::RefCell;
use std::rc::Rc;
use trapline_compile::trap::TrapKind;

fn trap(result: Result<u64, Box<Unwound>>) -> TrapReport {
    match result.map_err(|unwound| *unwound) {
        Err(Unwound::Trap(report)) => report,
        Err(Unwound::Host { .. }) => panic!("a failure of the host, not a trap"),
        Ok(_) => panic!("no trap"),
    }
}

fn host_failure(result: Result<u64, Box<Unwound>>) -> (HostFailure, RawBacktrace) {
    match result.map_err(|unwound| *unwound) {
        Err(Unwound::Host {
            failure, backtrace, ..
        }) => (failure, backtrace),
        Err(Unwound::Trap(report)) => panic!("{}, not a failure of the host", report.kind),
        Ok(_) => panic!("no failure"),
    }
}

/// The function indices and wasm pcs of a backtrace.
fn frames(backtrace: &RawBacktrace) -> Vec<(u32, u32)> {
    let frame = |frame: &RawFrame| {
        let info = frame.code.compiled().info();
        (
            info.function_index(frame.function).as_u32(),
            frame.wasm_pc.unwrap(),
        )
    };
    backtrace.frames.iter().map(frame).collect()
}

const CALL: u8 = 0x10;
const UNREACHABLE: u8 = 0x00;
const LOAD: u8 = 0x28;
const DIV_S: u8 = 0x6d;

#[test]
fn a_call_takes_parameters_and_returns_a_result() {
    let guest = Guest::new(
        r#"(module (func (export "sub") (param i32 i32) (result i32)
            local.get 0 local.get 1 i32.sub))"#,
        vec![],
    );
    assert_eq!(guest.call("sub", &[50, 8]).unwrap() as u32, 42);
}

#[test]
fn every_kind_of_trap_is_reported_at_its_instruction() {
    let guest = Guest::new(
        r#"(module (memory 1)
            (func (export "unreachable") nop unreachable)
            (func (export "load") (param i32) (result i32) local.get 0 i32.load offset=5)
            (func (export "div") (param i32 i32) (result i32)
                local.get 0 local.get 1 i32.div_s))"#,
        vec![],
    );
    let report = trap(guest.call("unreachable", &[]));
    assert_eq!(report.kind, TrapKind::Unreachable);
    assert_eq!(report.fault_address, None);
    // The declarations of locals take one byte, zero.
    let pc = guest.wasm_pc(0, UNREACHABLE, 1);
    assert_eq!(
        (report.wasm_pc, frames(&report.backtrace)),
        (Some(pc), vec![(0, pc)])
    );

    assert_eq!(guest.call("load", &[65527]).unwrap() as u32, 0);
    let report = trap(guest.call("load", &[0xffff_fff0]));
    assert_eq!(report.kind, TrapKind::MemoryOutOfBounds);
    let pc = guest.wasm_pc(1, LOAD, 0);
    assert_eq!(
        (report.wasm_pc, frames(&report.backtrace)),
        (Some(pc), vec![(1, pc)])
    );
    let memory = guest.memory.as_ref().unwrap();
    let address = memory.contains_fault(report.fault_address.unwrap());
    assert_eq!(address, Some(0xffff_fff5));

    let pc = guest.wasm_pc(2, DIV_S, 0);
    for (divisor, kind) in [
        (0, TrapKind::IntegerDivideByZero),
        (-1, TrapKind::IntegerOverflow),
    ] {
        let report = trap(guest.call("div", &[i32::MIN as u32 as u64, divisor as u32 as u64]));
        assert_eq!((report.kind, report.wasm_pc), (kind, Some(pc)));
    }
    // And none of that has left anything behind.
    assert_eq!(guest.call("div", &[84, 2]).unwrap() as u32, 42);
}

const NESTED_CALLS: &str = r#"(module
    (func (export "a") (param i32) (result i32) (i32.add (call 1 (local.get 0)) (i32.const 1)))
    (func (param i32) (result i32) (i32.add (call 2 (local.get 0)) (i32.const 1)))
    (func (param i32) (result i32) (i32.div_s (i32.const 40) (i32.eqz (local.get 0)))))"#;

#[test]
fn a_backtrace_names_the_calls_innermost_first() {
    let guest = Guest::new(NESTED_CALLS, vec![]);
    assert_eq!(guest.call("a", &[0]).unwrap() as u32, 42);
    let report = trap(guest.call("a", &[1]));
    let expected = vec![
        (2, guest.wasm_pc(2, DIV_S, 0)),
        (1, guest.wasm_pc(1, CALL, 0)),
        (0, guest.wasm_pc(0, CALL, 0)),
    ];
    assert_eq!(frames(&report.backtrace), expected);
    assert!(!report.backtrace.truncated);
}

#[test]
fn overflowing_the_stack_is_a_trap_again_and_again() {
    let guest = Guest::new(
        r#"(module
            (func (export "f") (param i32) (result i32)
                (i32.add (call 0 (local.get 0)) (i32.const 1))))"#,
        vec![],
    );
    let stack = GuestStack::new(super::testing::STACK).unwrap();
    for _ in 0..3 {
        let report = trap(guest.call_on(Some(&stack), "f", &[1]));
        assert_eq!(report.kind, TrapKind::StackOverflow);
        assert!(report.backtrace.truncated);
        let frames = frames(&report.backtrace);
        assert_eq!(frames.len(), backtrace::MAX_FRAMES);
        assert!(
            frames[1..]
                .iter()
                .all(|&frame| frame == (0, guest.wasm_pc(0, CALL, 0)))
        );
    }
}

/// Recursion with frames of many sizes, so that the stack's end is met in all kinds of places.
/// The guest counts its calls in memory.
#[test]
fn a_stack_can_overflow_anywhere_in_a_frame() {
    const COUNTER: usize = 2 << 16;
    for locals in [0, 1, 3, 8, 60, 200, 511, 512, 513, 600, 3000, 6000] {
        let values = "i64 ".repeat(locals);
        let of_each = |text: fn(usize) -> String| (0..locals).map(text).collect::<String>();
        let keep = of_each(|i| format!("(local.set {} (i64.load (i32.const {})))", i + 1, i * 8));
        let reuse = of_each(|i| format!("(i64.store (i32.const {}) (local.get {}))", i * 8, i + 1));
        let wat = format!(
            r#"(module (memory 3) (func (export "f") (param i32) (local {values})
                (i32.store (i32.const {COUNTER}) (local.get 0))
                {keep} (call 0 (i32.add (local.get 0) (i32.const 1))) {reuse}))"#
        );
        let guest = Guest::new(&wat, vec![]);
        let report = trap(guest.call("f", &[1]));
        assert_eq!(report.kind, TrapKind::StackOverflow, "with {locals} locals");
        let counter = guest.memory.as_ref().unwrap().base().wrapping_add(COUNTER);
        // SAFETY: within the memory, which nobody uses at this moment.
        let counted = unsafe { counter.cast::<u32>().read() } as usize;
        let frames = frames(&report.backtrace);
        if report.backtrace.truncated {
            assert!(counted >= frames.len());
        } else {
            // The innermost may not have come to count itself.
            let frames = frames.len();
            assert!(
                counted == frames || counted + 1 == frames,
                "{counted} calls, {frames} frames"
            );
        }
        assert!(frames[1..].iter().all(|frame| *frame == frames[1]));
    }
}

#[test]
fn an_error_of_the_host_is_handed_on_with_the_guest_frames() {
    let fail: Host = Box::new(|_, slots| {
        Err(HostFailure::Error(
            format!("no {}", slots[0].as_u32()).into(),
        ))
    });
    let guest = Guest::new(
        r#"(module (import "" "" (func (param i32)))
            (func (export "f") (param i32) nop (call 0 (local.get 0))))"#,
        vec![fail],
    );
    let (failure, backtrace) = host_failure(guest.call("f", &[7]));
    let HostFailure::Error(error) = failure else {
        panic!("not an error")
    };
    assert_eq!(error.to_string(), "no 7");
    assert_eq!(frames(&backtrace), vec![(1, guest.wasm_pc(1, CALL, 0))]);
}

#[test]
fn a_panic_of_the_host_is_handed_on() {
    let fail: Host = Box::new(|_, _| std::panic::resume_unwind(Box::new("hello")));
    let guest = Guest::new(
        r#"(module (import "" "" (func)) (func (export "f") call 0))"#,
        vec![fail],
    );
    match host_failure(guest.call("f", &[])).0 {
        HostFailure::Panic(payload) => assert_eq!(*payload.downcast::<&str>().unwrap(), "hello"),
        _ => panic!("not a panic"),
    }
}

const REENTRANT: &str = r#"(module (import "" "" (func (param i32) (result i32)))
    (func (export "f") (param i32) (result i32)
        (i32.add (call 0 (local.get 0)) (i32.const 1)))
    (func (export "g") (param i32) (result i32)
        (drop (i32.div_s (i32.const 1) (local.get 0)))
        (i32.add (call 1 (local.get 0)) (i32.const 1))))"#;

#[test]
fn entries_nest_and_a_backtrace_shows_the_frames_of_all() {
    let seen = Rc::new(RefCell::new(Vec::new()));
    let host: Host = {
        let seen = Rc::clone(&seen);
        Box::new(move |guest, slots| {
            let depth = slots[0].as_u64() as u32;
            // SAFETY: within a function of the host.
            let before = unsafe { backtrace(guest.store()) };
            if depth > 0 {
                let report = trap(guest.call("g", &[u64::from(depth - 1)]));
                seen.borrow_mut().push(frames(&report.backtrace));
                assert_eq!(report.kind, TrapKind::IntegerDivideByZero);
            }
            // SAFETY: as above; the entry has ended.
            let after = unsafe { backtrace(guest.store()) };
            assert_eq!(frames(&before), frames(&after));
            slots[0] = RawVal::from_u32(depth);
            Ok(())
        })
    };
    let guest = Guest::new(REENTRANT, vec![host]);
    assert_eq!(guest.call("f", &[1]).unwrap() as u32, 2);
    let f = (1, guest.wasm_pc(1, CALL, 0));
    let division = (2, guest.wasm_pc(2, DIV_S, 0));
    assert_eq!(*seen.borrow(), vec![vec![division, f]]);
}

#[test]
fn a_failure_deep_inside_goes_through_every_entry() {
    let host: Host = Box::new(|guest, slots| match slots[0].as_u32() {
        0 => Err(HostFailure::Error("at the bottom".into())),
        depth => match guest
            .call("g", &[u64::from(depth - 1).max(1)])
            .map_err(|u| *u)
        {
            Err(Unwound::Host { failure, .. }) => Err(failure),
            Err(Unwound::Trap(report)) => Err(HostFailure::Error(report.kind.to_string().into())),
            Ok(result) => {
                slots[0] = RawVal::from_u64(result);
                Ok(())
            }
        },
    });
    let guest = Guest::new(REENTRANT, vec![host]);
    // Each entry takes one off, but stays at one: so this recurses through host and guest until
    // the stack lacks room for the host.
    let (failure, backtrace) = host_failure(guest.call("f", &[20]));
    let HostFailure::Error(error) = failure else {
        panic!("not an error")
    };
    assert_eq!(error.to_string(), "call stack exhausted");
    assert_eq!(frames(&backtrace).len(), 1);
    assert_eq!(host_failure(guest.call("f", &[0])).1.frames.len(), 1);
}

#[test]
fn the_host_is_not_called_without_room_on_the_stack() {
    let host: Host = Box::new(|guest, _| {
        // SAFETY: the context is live.
        let context = unsafe { guest.store().as_ref() };
        assert!(super::stack_pointer() + 4096 > context.host_stack_limit);
        Ok(())
    });
    let guest = Guest::new(
        r#"(module (import "" "" (func))
            (func (export "f") (call 0) (call 1) (call 0)))"#,
        vec![host],
    );
    let report = trap(guest.call("f", &[]));
    assert_eq!(report.kind, TrapKind::StackOverflow);
    assert_eq!(report.wasm_pc, Some(guest.wasm_pc(1, CALL, 0)));
}

/// A guest that traps with next to no stack left, but not because of that.
#[test]
fn any_trap_can_be_reported_at_the_end_of_the_stack() {
    let guest = Guest::new(
        r#"(module
            (func (export "f") (param i32) (result i32)
                (if (i32.eqz (local.get 0)) (then unreachable))
                (i32.add (call 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 1))))"#,
        vec![],
    );
    let kind = |depth: u64| trap(guest.call("f", &[depth])).kind;
    let (mut fits, mut overflows) = (0_u64, 1 << 20);
    while overflows - fits > 1 {
        let middle = fits.midpoint(overflows);
        match kind(middle) {
            TrapKind::Unreachable => fits = middle,
            TrapKind::StackOverflow => overflows = middle,
            other => panic!("{other}"),
        }
    }
    for depth in fits - 300..=fits {
        assert_eq!(kind(depth), TrapKind::Unreachable);
    }
}

#[test]
fn many_threads_can_trap_at_once() {
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let guest = Guest::new(NESTED_CALLS, vec![]);
                    assert_eq!(trap(guest.call("a", &[1])).backtrace.frames.len(), 3);
                }
            });
        }
    });
}

#[test]
fn the_store_is_idle_after_every_way_out() {
    let fail: Host = Box::new(|_, _| Err(HostFailure::Teardown));
    let guest = Guest::new(
        r#"(module (import "" "" (func))
            (func (export "fail") call 0)
            (func (export "trap") unreachable)
            (func (export "return")))"#,
        vec![fail],
    );
    for name in ["fail", "trap", "return"] {
        let _ = guest.call(name, &[]);
        // SAFETY: the context is live.
        let context = unsafe { guest.store().as_ref() };
        assert!(context.activation.is_null() && !context.runs_here());
        assert!(super::activation::current().is_null());
        // SAFETY: as above.
        assert!(unsafe { backtrace(guest.store()) }.frames.is_empty());
    }
}
