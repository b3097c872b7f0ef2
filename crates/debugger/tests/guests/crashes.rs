//! Crashes: what is said of them, and which frame is looked at first.

use crate::guest::{debug, places, resume, to_end};
use trapline::Trap;
use trapline_debugger::{PanicKind, Resume, StopReason};

fn hint_of(guest: &str, arguments: &[&str], expected: Trap) -> (String, String) {
    debug(guest, arguments, |run| {
        let stop = resume(run, Resume::Continue);
        let StopReason::Trap { info, hint } = stop.reason else {
            panic!("{stop:?}");
        };
        assert_eq!(info.trap, expected);
        let place = places(run, stop.level + 1).pop().unwrap();
        let end = resume(run, Resume::Continue).reason;
        assert!(matches!(end, StopReason::Finished(Err(_))), "{end:?}");
        (place, hint.unwrap())
    })
}

#[test]
fn a_division_by_zero_is_told_at_its_line() {
    let (place, hint) = hint_of("divide", &["7", "0"], Trap::IntegerDivisionByZero);
    assert_eq!(place, "divide:7");
    assert_eq!(hint, "the divisor is zero");
}

#[test]
fn an_endless_recursion_is_told() {
    let (place, hint) = hint_of("recursion", &[], Trap::StackOverflow);
    assert!(place.starts_with("descend:"), "{place}");
    assert_eq!(hint, "`descend` calls itself without end");
}

#[test]
fn an_access_far_beyond_memory_is_told() {
    let (place, hint) = hint_of("crash", &[], Trap::MemoryOutOfBounds);
    assert!(place.starts_with("load_u"), "{place}");
    assert!(hint.contains("no place in memory"), "{hint}");
}

#[test]
fn a_call_by_a_wrong_function_pointer_is_told() {
    let (place, hint) = hint_of("indirect", &[], Trap::BadSignature);
    assert_eq!(place, "apply:17");
    assert_eq!(
        hint,
        "the function pointer is to `add`, which has other parameters or another result"
    );
    let null = hint_of("indirect", &["null"], Trap::IndirectCallToNull).1;
    assert_eq!(null, "the function pointer is null");
    let wild = hint_of("indirect", &["wild"], Trap::UndefinedElement).1;
    assert!(wild.starts_with("the function pointer is 0x7000"), "{wild}");
}

#[test]
fn a_failed_assertion_stops_with_its_text_in_the_function_that_made_it() {
    debug("steps", &["assert"], |run| {
        let stop = resume(run, Resume::Continue);
        let StopReason::Panic { kind, message } = &stop.reason else {
            panic!("{stop:?}");
        };
        assert_eq!(*kind, PanicKind::Assertion);
        assert_eq!(
            message.as_deref(),
            Some("argc < 2 || strcmp(argv[1], \"assert\")")
        );
        assert_eq!(places(run, stop.level + 1).pop().unwrap(), "main:67");
    });
}

#[test]
fn panics_are_not_stopped_at_if_that_is_not_wanted() {
    debug("steps", &["assert"], |run| {
        run.debugger_mut().settings_mut().stop_at_panics = false;
        let stop = resume(run, Resume::Continue);
        assert!(matches!(stop.reason, StopReason::Trap { .. }), "{stop:?}");
    });
}

#[test]
fn an_exit_is_no_failure() {
    debug("steps", &[], to_end);
}
