//! Exceptions: which of them are stopped at, and steps that they end.

use crate::guest::{Run, debug, place, places, resume, step, to_breakpoint};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use trapline::{Config, DebugSession, Engine, Instance, Module, Observe, Store};
use trapline_debugger::{BreakpointKind, ExceptionFilters, PanicKind, Resume, StopReason};
use trapline_debugger::{Debuggee, Debugger};

fn filter(run: &mut Run<'_, '_>, edit: impl FnOnce(&mut ExceptionFilters)) {
    let filters = &mut run.debugger_mut().settings_mut().exceptions;
    *filters = ExceptionFilters::default();
    filters.uncaught = false;
    edit(filters);
}

/// The next stop, which is an exception: its tag, and who catches it.
fn thrown(run: &mut Run<'_, '_>) -> (Option<String>, Option<String>) {
    match resume(run, Resume::Continue).reason {
        StopReason::Exception { tag, catcher, .. } => (tag, catcher),
        reason => panic!("{reason:?}"),
    }
}

#[test]
fn exceptions_stop_as_the_filters_say() {
    debug("exceptions", &[], |run| {
        filter(run, |filters| filters.caught = true);
        let catcher = thrown(run).1.unwrap();
        assert!(catcher.contains("Limited::take"), "{catcher}");
        filter(run, |filters| filters.tags = vec!["another".to_owned()]);
        let end = resume(run, Resume::Continue).reason;
        assert!(matches!(end, StopReason::Finished(_)), "{end:?}");
    });
}

#[test]
fn an_exception_that_nothing_catches_stops_by_default() {
    debug("exceptions", &["uncaught"], |run| {
        let stop = resume(run, Resume::Continue);
        let StopReason::Exception { catcher, .. } = &stop.reason else {
            panic!("{stop:?}");
        };
        assert_eq!(*catcher, None);
        assert!(
            places(run, stop.level + 1)
                .pop()
                .unwrap()
                .starts_with("main:")
        );
    });
}

#[test]
fn terminate_stops_where_it_is_called_for() {
    debug("exceptions", &["noexcept"], |run| {
        filter(run, |_| {});
        let stop = resume(run, Resume::Continue);
        let StopReason::Panic { kind, .. } = stop.reason else {
            panic!("{stop:?}");
        };
        assert_eq!(kind, PanicKind::Terminate);
    });
}

#[test]
fn a_step_over_what_throws_ends_where_that_is_caught() {
    debug("exceptions", &[], |run| {
        let id = run
            .debugger_mut()
            .add_breakpoint(BreakpointKind::line("exceptions.cc", 94));
        to_breakpoint(run);
        run.debugger_mut().breakpoints_mut().remove(id);
        let function = "(anonymous namespace)::values_and_rethrown()";
        assert_eq!(place(run), format!("{function}:94"));
        assert_eq!(step(run, Resume::StepOver), format!("{function}:95"));
    });
}

/// A module whose one exception has a tag with a name.
const TAGGED: &str = r#"(module
    (tag $code (export "code") (param i32))
    (func (export "run")
        (block $caught (result i32)
            (try_table (catch $code $caught) (throw $code (i32.const 7)))
            unreachable)
        drop))"#;

#[test]
fn exceptions_are_told_by_their_tags() {
    let engine = Engine::new(Config::new().observe(Observe::State)).unwrap();
    let module = Module::new(&engine, TAGGED).unwrap();
    for (wanted, stops) in [("code", true), ("other", false)] {
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let function = instance.get_func(&mut store, "run").unwrap();
        let session = DebugSession::call(&mut store, function, &[]).unwrap();
        let mut debugger = Debugger::new();
        debugger.settings_mut().exceptions.tags = vec![wanted.to_owned()];
        let mut run = Debuggee::new(&mut debugger, session);
        let mut future = pin!(run.resume(Resume::Continue));
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(stop) = future.as_mut().poll(&mut context) else {
            unreachable!("nothing waits");
        };
        match stop.reason {
            StopReason::Exception { tag, catcher, .. } => {
                assert_eq!((tag.as_deref(), stops), (Some("code"), true));
                assert_eq!(catcher.as_deref(), Some("function 0"));
            }
            StopReason::Finished(Ok(_)) => assert!(!stops),
            reason => panic!("{reason:?}"),
        }
    }
}
