//! Sessions and threads.

use crate::common::{block_on, poll_once};
use crate::support::{FAIL, Guest, HostFrames, THROW, TRAP, WAIT, name};
use std::pin::pin;
use std::sync::Barrier;
use std::task::Poll;
use trapline::{Config, DebugSession, DebugStepResult, Engine, Error, Observe, Val};

fn elsewhere<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    std::thread::scope(|scope| scope.spawn(work).join().unwrap())
}

#[test]
fn a_session_and_its_future_can_be_sent_if_the_store_can() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let mut guest = Guest::new();
    let mut session = is_send(guest.session(0, 0, TRAP));
    drop(is_send(session.next()));
    is_send(block_on(session.next()));
    is_send(session.frames().next());
}

#[test]
fn a_session_can_be_polled_from_changing_threads() {
    for leaf in [TRAP, FAIL, WAIT] {
        let mut guest = Guest::new();
        let frames = guest.store.data().clone();
        let mut session = guest.session(4, 0, leaf);
        let mut polls = 0;
        let mut steps = Vec::new();
        loop {
            polls += 1;
            match elsewhere(|| poll_once(pin!(session.next()))) {
                Poll::Pending => {}
                Poll::Ready(None) => break,
                Poll::Ready(step) => {
                    if !matches!(step, Some(DebugStepResult::Finished(_))) {
                        assert_eq!(elsewhere(|| session.frames().count()), 10);
                        assert_eq!(frames.alive(), 4);
                    }
                    steps.push(name(&step));
                }
            }
        }
        let (expected, least): (&[_], _) = match leaf {
            TRAP => (&["trap", "failed"], 3),
            FAIL => (&["host error", "failed"], 3),
            _ => (&["returned"], 5),
        };
        assert_eq!((steps, polls), (expected.to_vec(), least));
        drop(session);
        guest.assert_usable();
    }
}

#[test]
fn a_session_can_go_on_from_each_kind_of_event_in_another_thread() {
    let engine = Engine::new(Config::new().observe(Observe::State)).unwrap();
    let mut guest = Guest::of(&engine, HostFrames::default());
    guest.break_at_leaf();
    let frames = guest.store.data().clone();
    for (leaf, event) in [(THROW, "exception"), (FAIL, "host error"), (TRAP, "trap")] {
        let mut session = guest.session(3, 0, leaf);
        assert_eq!(name(&elsewhere(|| block_on(session.next()))), "breakpoint");
        assert_eq!(name(&elsewhere(|| block_on(session.step()))), "step");
        session.interrupt_handle().unwrap().interrupt();
        assert_eq!(name(&elsewhere(|| block_on(session.next()))), "interrupted");
        assert_eq!(name(&elsewhere(|| block_on(session.next()))), event);
        assert_eq!(elsewhere(|| session.frames().count()), 8);
        assert_eq!(frames.alive(), 3);
        // An exception is reported by each entry.
        while leaf == THROW && session.frames().count() > 2 {
            assert_eq!(name(&elsewhere(|| block_on(session.next()))), "exception");
        }
        assert_eq!(name(&elsewhere(|| block_on(session.next()))), "failed");
        assert!(elsewhere(|| block_on(session.next())).is_none());
    }
    guest.assert_usable();
}

#[test]
fn a_session_can_be_dropped_on_another_thread() {
    for leaf in [TRAP, FAIL, WAIT] {
        let mut guest = Guest::new();
        let mut session = guest.session(3, 0, leaf);
        let _ = poll_once(pin!(session.next()));
        elsewhere(move || drop(session));
        guest.assert_usable();
    }
}

#[test]
fn a_session_under_a_synchronous_host_function_stays_on_its_thread() {
    for sync in [0b1, 0b10, 0b11] {
        let mut guest = Guest::new();
        let mut session = guest.session(2, sync, TRAP);
        assert_eq!(name(&block_on(session.next())), "trap");
        for _ in 0..2 {
            assert_eq!(name(&elsewhere(|| block_on(session.next()))), "pinned");
        }
        // It can be looked at from anywhere, and is not stale by that.
        assert_eq!(elsewhere(|| session.frames().count()), 6);
        assert_eq!(name(&block_on(session.next())), "failed");
        drop(session);
        guest.assert_usable();
    }
}

#[test]
fn a_session_is_bound_only_while_it_is_stopped_under_the_host_function() {
    let mut guest = Guest::new();
    guest.store.data_mut().swallows = true;
    // The trap is swallowed by the innermost function; what waits then waits unbound.
    let mut session = guest.session(1, 1, TRAP);
    assert_eq!(name(&block_on(session.next())), "trap");
    assert_eq!(name(&block_on(session.next())), "returned");
    assert!(elsewhere(|| block_on(session.next())).is_none());
    elsewhere(move || drop(session));
    guest.assert_usable();
}

#[test]
fn a_bound_session_that_is_dropped_elsewhere_is_leaked_and_its_store_refuses_calls() {
    let mut guest = Guest::new();
    let frames = guest.store.data().clone();
    let (run, fine) = (guest.func("run"), guest.func("fine"));
    let mut session = guest.session(3, 0b10, TRAP);
    assert_eq!(name(&block_on(session.next())), "trap");
    let frame = session.frames().next().unwrap();
    elsewhere(move || drop(session));
    assert_eq!(
        frames.alive(),
        3,
        "a frame was dropped on a thread that is not its own"
    );
    assert!(matches!(frame.function(), Err(Error::StaleFrame)));
    let mut results = [Val::I32(0)];
    let refused = fine.call(&mut guest.store, &[], &mut results).unwrap_err();
    assert!(matches!(refused, Error::PoisonedStore));
    assert!(
        refused.to_string().contains("dropped on a thread"),
        "{refused}"
    );
    let again = DebugSession::call(&mut guest.store, run, &[0, 0, 0].map(Val::I32));
    assert!(matches!(again.unwrap_err(), Error::PoisonedStore));
    // All else still works.
    let memory = guest.instance.debug_memory(&guest.store, 0).unwrap();
    memory.write(&mut guest.store, 0, &[1]).unwrap();
    guest.store.gc();
    drop(guest);
}

#[test]
fn sessions_in_two_stores_run_on_two_threads() {
    let engine = Engine::default();
    let barrier = Barrier::new(2);
    std::thread::scope(|scope| {
        for leaf in [TRAP, FAIL] {
            let (engine, barrier) = (&engine, &barrier);
            scope.spawn(move || {
                let mut guest = Guest::of(engine, HostFrames::default());
                for round in 0..50 {
                    let mut session = guest.session(round % 4, 0b101, leaf);
                    barrier.wait();
                    let step = block_on(session.next());
                    assert_eq!(
                        name(&step),
                        if leaf == TRAP { "trap" } else { "host error" }
                    );
                    // Both are stopped now.
                    barrier.wait();
                    assert_eq!(session.frames().count(), 2 + 2 * (round as usize % 4));
                    assert_eq!(name(&block_on(session.next())), "failed");
                    drop(session);
                    guest.assert_usable();
                }
            });
        }
    });
}

#[test]
fn a_guest_that_is_stopped_leaves_its_thread_to_others() {
    let engine = Engine::default();
    let mut guests: Vec<_> = (0..8)
        .map(|_| Guest::of(&engine, HostFrames::default()))
        .collect();
    let mut sessions: Vec<_> = guests
        .iter_mut()
        .map(|guest| guest.session(2, 0b01, TRAP))
        .collect();
    for session in &mut sessions {
        assert_eq!(name(&block_on(session.next())), "trap");
    }
    let mut other = Guest::of(&engine, HostFrames::default());
    other.assert_usable();
    // Not in the order in which they were stopped.
    for session in sessions.iter_mut().step_by(2) {
        assert_eq!(name(&block_on(session.next())), "failed");
    }
    drop(sessions);
    guests.iter_mut().for_each(Guest::assert_usable);
}
