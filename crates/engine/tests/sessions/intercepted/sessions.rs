//! In sessions.

use super::*;
use crate::common::poll_once;
use crate::support::name;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use trapline::{Config, FuncType, Observe, Tag, TagType, ValType};

#[test]
fn another_exception_is_caught_where_that_one_would_have_been() {
    for how in ALL {
        for (tag, result) in [("e", 109), ("other", 209)] {
            let mut guest = Guest::new();
            let instance = guest.instance;
            let mut session = guest.stopped("run", &[how]);
            let other = exception(session.store_mut().unwrap(), instance, tag, 9);
            session.replace_exception(other).unwrap();
            // It is not an event in its turn.
            assert_eq!(finish(&mut session).unwrap(), result);
            drop(session);
            guest.assert_usable();
        }
    }
}

#[test]
fn another_exception_that_nobody_catches_is_the_error_of_the_call() {
    for how in ALL {
        let mut guest = Guest::new();
        let ty = TagType::new(FuncType::new([ValType::I32], []));
        let tag = Tag::new(&mut guest.store, &ty).unwrap();
        let mut session = guest.stopped("run", &[how]);
        let other = ExnRef::new(session.store_mut().unwrap(), &tag, &[Val::I32(9)]).unwrap();
        session.replace_exception(other.clone()).unwrap();
        let error = finish(&mut session).unwrap_err();
        assert!(error.exception().unwrap().exn().ptr_eq(&other));
        assert_eq!(error.backtrace().unwrap().frames().len(), 3);
        drop(session);
        guest.assert_usable();
    }
}

#[test]
fn the_exception_itself_and_the_last_of_several_can_be_thrown_in_its_place() {
    let mut guest = Guest::new();
    let instance = guest.instance;
    let mut session = guest.begin("run", &[THROW]);
    let thrown = assert_exception(&mut session, 5);
    let other = exception(session.store_mut().unwrap(), instance, "other", 9);
    session.replace_exception(other).unwrap();
    session.replace_exception(thrown).unwrap();
    assert_eq!(finish(&mut session).unwrap(), 105);
}

#[test]
fn another_exception_is_an_event_of_the_entries_further_out_that_it_gets_to() {
    for how in ALL {
        for is_async in [0, 1] {
            // What waits must not do so under a synchronous function.
            if (how, is_async) == (ASYNC, 0) {
                continue;
            }
            let mut guest = Guest::new();
            let instance = guest.instance;
            let mut session = guest.stopped("nested", &[how, is_async]);
            let other = exception(session.store_mut().unwrap(), instance, "other", 9);
            session.replace_exception(other.clone()).unwrap();
            assert!(assert_exception(&mut session, 9).ptr_eq(&other));
            assert_eq!(finish(&mut session).unwrap(), 309);
            drop(session);
            guest.assert_usable();
        }
    }
}

#[test]
fn an_exception_that_is_taken_unwinds_the_guest_with_the_error_of_the_host() {
    for how in ALL {
        for (export, frames) in [("run", 3), ("bare", 2)] {
            let mut guest = Guest::new();
            let mut session = guest.stopped(export, &[how]);
            assert_eq!(session.frames().count(), frames);
            let taken = session.take_exception(enough()).unwrap();
            let field = taken.field(session.store().unwrap(), 0).unwrap();
            assert_eq!(field.unwrap_i32(), 5);
            assert_enough(session.error().unwrap());
            assert_eq!(
                session.frames().count(),
                frames,
                "the frames are still there"
            );
            let error = finish(&mut session).unwrap_err();
            assert_enough(&error);
            assert_eq!(error.backtrace().unwrap().frames().len(), frames);
            drop(session);
            guest.assert_usable();
        }
    }
}

#[test]
fn the_error_of_who_takes_an_exception_is_seen_by_the_function_of_the_host_outside() {
    for is_async in [0, 1] {
        let mut guest = Guest::new();
        let mut session = guest.stopped("nested", &[THROW, is_async]);
        session.take_exception(enough()).unwrap();
        // The function passes it on, and it is no event again.
        let error = finish(&mut session).unwrap_err();
        assert_enough(&error);
        drop(session);
        guest.assert_usable();
    }
    let mut guest = Guest::new();
    guest.store.data_mut().swallows = true;
    let mut session = guest.stopped("nested", &[THROW, 0]);
    session.take_exception(enough()).unwrap();
    assert_eq!(finish(&mut session).unwrap(), 1000);
}

#[test]
fn an_exception_can_be_taken_with_another_to_be_thrown_further_out() {
    let mut guest = Guest::new();
    let instance = guest.instance;
    let mut session = guest.stopped("nested", &[THROW, 0]);
    let other = exception(session.store_mut().unwrap(), instance, "other", 9);
    session.take_exception(Error::from(other)).unwrap();
    assert_exception(&mut session, 9);
    assert_eq!(finish(&mut session).unwrap(), 309);
    drop(session);
    // This entry's own handlers are not asked.
    let mut session = guest.stopped("run", &[THROW]);
    let other = exception(session.store_mut().unwrap(), instance, "other", 9);
    session.take_exception(Error::from(other)).unwrap();
    assert!(finish(&mut session).unwrap_err().exception().is_some());
    drop(session);
    guest.assert_usable();
}

#[test]
fn an_exception_that_was_replaced_and_then_taken_is_gone() {
    let mut guest = Guest::new();
    let instance = guest.instance;
    let mut session = guest.stopped("run", &[THROW]);
    let other = exception(session.store_mut().unwrap(), instance, "other", 9);
    session.replace_exception(other.clone()).unwrap();
    assert!(session.take_exception(enough()).unwrap().ptr_eq(&other));
    let refused = session.take_exception("again").unwrap_err();
    assert!(matches!(refused, Error::NoException), "{refused}");
    let refused = session.replace_exception(other).unwrap_err();
    assert!(matches!(refused, Error::NoException), "{refused}");
    assert_enough(&finish(&mut session).unwrap_err());
}

#[test]
fn where_no_exception_is_stopped_at_none_can_be_taken_or_replaced() {
    fn refuses(session: &mut DebugSession<'_, HostFrames>, exception: &ExnRef) {
        let refused = session.replace_exception(exception.clone()).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the guest is not stopped at an exception"
        );
        let refused = session.take_exception("no").unwrap_err();
        assert!(matches!(refused, Error::NoException), "{refused}");
    }
    let mut guest = Guest::new();
    let other = exception(&mut guest.store, guest.instance, "other", 9);
    let mut session = guest.begin("trap", &[]);
    refuses(&mut session, &other);
    assert_eq!(name(&block_on(session.next())), "trap");
    refuses(&mut session, &other);
    assert_eq!(name(&block_on(session.next())), "failed");
    refuses(&mut session, &other);
    drop(session);
    let mut session = guest.begin("run", &[ASYNC]);
    assert!(poll_once(pin!(session.next())).is_pending());
    refuses(&mut session, &other);
    assert_exception(&mut session, 5);
    assert_eq!(finish(&mut session).unwrap(), 105);
}

#[test]
fn an_exception_of_another_store_cannot_be_thrown_in_the_place_of_one() {
    let mut stranger = Guest::new();
    let foreign = exception(&mut stranger.store, stranger.instance, "e", 9);
    let mut guest = Guest::new();
    let mut session = guest.stopped("run", &[THROW]);
    let replace = AssertUnwindSafe(|| session.replace_exception(foreign));
    assert!(catch_unwind(replace).is_err());
    assert_eq!(finish(&mut session).unwrap(), 105);
}

#[test]
fn a_session_can_be_dropped_after_its_exception_was_taken_or_replaced() {
    for (export, params) in [
        ("run", &[THROW][..]),
        ("nested", &[SYNC, 0]),
        ("nested", &[ASYNC, 1]),
    ] {
        for takes in [false, true] {
            let mut guest = Guest::new();
            let instance = guest.instance;
            let mut session = guest.stopped(export, params);
            match takes {
                true => drop(session.take_exception(enough()).unwrap()),
                false => {
                    let other = exception(session.store_mut().unwrap(), instance, "e", 9);
                    session.replace_exception(other).unwrap();
                }
            }
            drop(session);
            guest.assert_usable();
        }
    }
}

#[test]
fn what_was_decided_about_an_exception_waits_for_the_thread_that_the_session_is_bound_to() {
    let mut guest = Guest::new();
    let instance = guest.instance;
    let mut session = guest.stopped("nested", &[SYNC, 0]);
    let step = std::thread::scope(|scope| {
        let decide = scope.spawn(|| {
            let other = exception(session.store_mut().unwrap(), instance, "other", 9);
            session.replace_exception(other).unwrap();
            block_on(session.next())
        });
        decide.join().unwrap()
    });
    assert_eq!(name(&step), "pinned");
    assert_exception(&mut session, 9);
    assert_eq!(finish(&mut session).unwrap(), 309);
}

#[test]
fn an_exception_that_replaces_one_lives_as_long_as_the_guest_can_refer_to_it() {
    let mut guest = Guest::new();
    let instance = guest.instance;
    let mut session = guest.begin("keep", &[]);
    assert_exception(&mut session, 5);
    let other = exception(session.store_mut().unwrap(), instance, "e", 9);
    session.replace_exception(other).unwrap();
    // More than make a collection due, while it is known to nobody but the session.
    for field in 0..10_000 {
        exception(session.store_mut().unwrap(), instance, "e", field);
    }
    session.store_mut().unwrap().gc();
    // The guest keeps it in a local while it throws others, which are collected.
    for _ in 0..5000 {
        assert_exception(&mut session, 6);
    }
    assert_exception(&mut session, 9);
    assert_eq!(finish(&mut session).unwrap(), 9);
}

#[test]
fn a_step_leads_to_the_handler_of_the_exception_that_is_thrown_instead() {
    let engine = Engine::new(Config::new().observe(Observe::State)).unwrap();
    for (tag, function) in [("e", "inner"), ("other", "run")] {
        let mut guest = Guest::of(&engine);
        let instance = guest.instance;
        let mut session = guest.stopped("run", &[THROW]);
        let other = exception(session.store_mut().unwrap(), instance, tag, 9);
        session.replace_exception(other).unwrap();
        assert!(matches!(
            block_on(session.step()),
            Some(DebugStepResult::Step)
        ));
        let frame = session.frames().next().unwrap();
        assert_eq!(frame.function_name().unwrap().unwrap(), function);
        let operands = frame.operands(&session).unwrap();
        assert_eq!(operands.len(), 1, "the handler has the field");
        assert!(matches!(operands[0].val(), Val::I32(9)), "{operands:?}");
    }
    let mut guest = Guest::of(&engine);
    let mut session = guest.stopped("run", &[THROW]);
    session.take_exception(enough()).unwrap();
    let step = block_on(session.step());
    assert!(matches!(&step, Some(DebugStepResult::Finished(Err(error)))
        if error.to_string() == "enough"));
}
