//! In handlers.

use super::*;
use crate::common::poll_once;
use crate::support::name;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use trapline::StoppedGuest;

/// What a handler does at an exception.
#[derive(Clone, Copy, PartialEq)]
enum Answer {
    Replace,
    Take,
    ReplaceAndFail,
    TakeAndFail,
}

type Log = Arc<Mutex<Vec<(&'static str, i32)>>>;

/// Has a guest's handler answer to exceptions with the field 5, after it has waited. Returns what it
/// will have seen: each event, and the field of an exception.
fn answer(guest: &mut Guest, answer: Answer, waits: u32) -> Log {
    let log = Log::default();
    let noted = log.clone();
    let instance = guest.instance;
    guest.store.set_debug_handler(move |mut guest, event| {
        let noted = noted.clone();
        Box::new(async move {
            Yield(waits).await;
            let field = match &event {
                DebugStepResult::Exception(thrown) => {
                    let field = thrown.exception.field(guest.store(), 0);
                    field.unwrap().unwrap_i32()
                }
                _ => 0,
            };
            noted.lock().unwrap().push((name(&Some(event)), field));
            match field {
                5 => act(&mut guest, instance, answer),
                _ => {
                    let refused = guest.take_exception("no");
                    assert_eq!(refused.is_err(), field == 0);
                    Ok(())
                }
            }
        })
    });
    log
}

fn act(guest: &mut StoppedGuest<'_, HostFrames>, instance: Instance, answer: Answer) -> Result<()> {
    match answer {
        Answer::Replace | Answer::ReplaceAndFail => {
            let other = exception(guest.store_mut(), instance, "other", 9);
            guest.replace_exception(other)?;
        }
        Answer::Take | Answer::TakeAndFail => {
            guest.take_exception(enough())?;
            assert_enough(guest.error().unwrap());
        }
    }
    match answer {
        Answer::ReplaceAndFail | Answer::TakeAndFail => Err(Error::host("it failed")),
        _ => Ok(()),
    }
}

#[test]
fn a_handler_can_take_and_replace_exceptions() {
    for how in [THROW, SYNC, ASYNC] {
        for waits in [0, 2] {
            let mut guest = Guest::new();
            let log = answer(&mut guest, Answer::Replace, waits);
            assert_eq!(guest.call("run", &[how]).unwrap(), 209);
            assert_eq!(*log.lock().unwrap(), [("exception", 5)]);
            let log = answer(&mut guest, Answer::Take, waits);
            assert_enough(&guest.call("run", &[how]).unwrap_err());
            assert_enough(&guest.call("nested", &[how, 1]).unwrap_err());
            assert_eq!(*log.lock().unwrap(), [("exception", 5); 2]);
            guest.assert_usable();
        }
    }
}

#[test]
fn an_exception_is_neither_taken_nor_replaced_by_a_handler_that_fails() {
    for answered in [Answer::ReplaceAndFail, Answer::TakeAndFail] {
        for is_async in [0, 1] {
            let mut guest = Guest::new();
            let log = answer(&mut guest, answered, 0);
            let error = guest.call("nested", &[THROW, is_async]).unwrap_err();
            assert_eq!(error.to_string(), "it failed");
            // The function of the host passes it on, and the handler knows it.
            assert_eq!(*log.lock().unwrap(), [("exception", 5)]);
            guest.assert_usable();
        }
    }
}

#[test]
fn a_handler_that_replaces_an_exception_is_called_again_where_that_gets_to() {
    let mut guest = Guest::new();
    let log = answer(&mut guest, Answer::Replace, 0);
    // Out there the handler takes it.
    let error = guest.call("nested", &[THROW, 0]).unwrap_err();
    assert_eq!(error.to_string(), "no");
    assert_eq!(*log.lock().unwrap(), [("exception", 5), ("exception", 9)]);
    let error = guest.call("trap", &[]).unwrap_err();
    assert!(error.trap().is_some());
    assert_eq!(log.lock().unwrap().last(), Some(&("trap", 0)));
    guest.assert_usable();
}

#[test]
fn a_call_can_be_dropped_while_its_handler_waits_after_it_took_the_exception() {
    for takes in [false, true] {
        let mut guest = Guest::new();
        let instance = guest.instance;
        guest.store.set_debug_handler(move |mut guest, _| {
            Box::new(async move {
                let does = match takes {
                    true => Answer::Take,
                    false => Answer::Replace,
                };
                act(&mut guest, instance, does)?;
                Yield(u32::MAX).await;
                Ok::<(), Error>(())
            })
        });
        let frames = guest.store.data().clone();
        let func = guest.instance.get_func(&guest.store, "nested").unwrap();
        let params = [THROW, 1].map(Val::I32);
        let mut results = [Val::I32(0)];
        {
            let mut call = pin!(func.call_async(&mut guest.store, &params, &mut results));
            assert!(poll_once(call.as_mut()).is_pending());
            assert_eq!(frames.alive(), 1);
        }
        guest.assert_usable();
    }
}
