//! Breakpoints: where they are, and what stops at them.

use crate::guest::{Run, debug, debug_with, place, places, resume, to_breakpoint, to_end, value};
use trapline_debugger::{
    BreakpointKind, BreakpointSettings, Debugger, LogMessage, ModuleId, Resume, StopReason,
};

#[test]
fn a_line_stops_the_program_there_each_time() {
    debug("steps", &[], |run| {
        let line = BreakpointKind::line("steps.c", 14);
        let id = run.debugger_mut().add_breakpoint(line);
        for n in [2, 3, 4, 5] {
            assert_eq!(to_breakpoint(run), [id.number()]);
            assert_eq!(place(run), "factorial:14");
            assert_eq!(value(run, 0, "n"), n.to_string());
        }
        to_end(run);
    });
}

#[test]
fn a_function_that_is_inlined_stops_the_program_at_its_first_line() {
    // The code of the inlined call begins with some that is on no line.
    debug("values/c-O0-5", &[], |run| {
        let function = BreakpointKind::function("inlined");
        let id = run.debugger_mut().add_breakpoint(function);
        assert_eq!(to_breakpoint(run), [id.number()]);
        assert_eq!(places(run, 2), ["inlined:214", "inlining:223"]);
        assert_eq!(value(run, 0, "factor"), "6");
        to_end(run);
    });
}

#[test]
fn a_condition_stops_nothing_where_it_is_false() {
    debug("steps", &[], |run| {
        let id = add(run, 40, |settings| {
            settings.condition = Some("i == 99999".to_owned())
        });
        assert_eq!(to_breakpoint(run), [id]);
        assert_eq!(value(run, 0, "i"), "99999");
        let breakpoint = run.debugger().breakpoints().get(id.into()).unwrap();
        assert_eq!(breakpoint.hits(), 1, "only where the condition is true");
        run.debugger_mut().breakpoints_mut().remove(id.into());
        to_end(run);
    });
}

#[test]
fn a_condition_that_cannot_be_evaluated_stops_and_says_so() {
    debug("steps", &[], |run| {
        let id = add(run, 40, |settings| {
            settings.condition = Some("i == limit".to_owned())
        });
        let StopReason::Breakpoint { ids, problems } = resume(run, Resume::Continue).reason else {
            panic!("{}", place(run));
        };
        assert_eq!((ids[0].number(), problems.len()), (id, 1));
        assert!(
            problems[0].message.contains("limit"),
            "{}",
            problems[0].message
        );
        run.debugger_mut()
            .breakpoints_mut()
            .edit(id.into(), |settings| {
                settings.condition = Some("i == 3".to_owned())
            });
        assert_eq!(to_breakpoint(run), [id]);
        assert_eq!(value(run, 0, "i"), "3");
    });
}

#[test]
fn hits_are_counted_and_passed_by_as_asked() {
    debug("steps", &[], |run| {
        let third = add(run, 40, |settings| {
            settings.hit_condition = "% 3".parse().ok()
        });
        let late = add(run, 40, |settings| settings.ignore = 4);
        let stops: Vec<_> = (0..4)
            .map(|_| (to_breakpoint(run), value(run, 0, "i")))
            .collect();
        let stop = |ids: &[u32], i: &str| (ids.to_vec(), i.to_owned());
        assert_eq!(
            stops,
            [
                stop(&[third], "2"),
                stop(&[late], "4"),
                stop(&[third, late], "5"),
                stop(&[late], "6")
            ]
        );
    });
}

#[test]
fn a_message_is_written_instead_of_stopping() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let mut debugger = Debugger::new();
    debugger.set_log(move |entry| sender.send(entry.text).unwrap());
    debug_with(&mut debugger, "steps", &[], |run| {
        add(run, 14, |settings| {
            settings.log = LogMessage::new("{n} * {rest} in {{braces}}, {nothing}").ok();
        });
        to_end(run);
    });
    let messages: Vec<String> = receiver.try_iter().collect();
    assert_eq!(messages.len(), 4);
    let problem = "<there is no `nothing` here>";
    assert_eq!(messages[0], format!("2 * 1 in {{braces}}, {problem}"));
    assert_eq!(messages[3], format!("5 * 24 in {{braces}}, {problem}"));
}

#[test]
fn breakpoints_are_disabled_and_gone_after_one_stop_as_asked() {
    debug("steps", &[], |run| {
        let once = add(run, 14, |settings| settings.one_shot = true);
        add(run, 12, |settings| settings.enabled = false);
        assert_eq!(to_breakpoint(run), [once]);
        assert!(run.debugger().breakpoints().get(once.into()).is_none());
        to_end(run);
    });
}

#[test]
fn a_program_is_run_again_with_the_same_breakpoints() {
    let mut debugger = Debugger::new();
    debugger.add_breakpoint(BreakpointKind::function("weigh"));
    for _ in 0..2 {
        debug_with(&mut debugger, "steps", &[], |run| {
            assert_eq!(to_breakpoint(run), [1]);
            let breakpoint = run.debugger().breakpoints().get(1.into()).unwrap();
            assert_eq!((breakpoint.hits(), breakpoint.places().len()), (1, 1));
            assert_eq!(place(run), "weigh:52");
        });
    }
    assert_eq!(debugger.modules().iter().len(), 1);
}

#[test]
fn a_breakpoint_that_is_nowhere_says_why() {
    debug("steps", &[], |run| {
        let kinds = [
            (BreakpointKind::line("steps.c", 900), "no code at line 900"),
            (BreakpointKind::line("other.c", 1), "no source file"),
            (
                BreakpointKind::function("nothing"),
                "no function named nothing",
            ),
            (
                BreakpointKind::address(ModuleId::default(), 4),
                "no code at 0x4",
            ),
        ];
        for (kind, words) in kinds {
            let id = run.debugger_mut().add_breakpoint(kind);
            let breakpoint = run.debugger().breakpoints().get(id).unwrap();
            let problem = breakpoint.problem().unwrap();
            assert!(problem.contains(words), "{problem}");
        }
        to_end(run);
    });
}

#[test]
fn a_breakpoint_of_an_inlined_function_is_in_each_copy() {
    debug("inlined", &[], |run| {
        let id = run
            .debugger_mut()
            .add_breakpoint(BreakpointKind::function("twice"));
        for outer in ["work:23", "four_times:17", "four_times:18"] {
            assert_eq!(to_breakpoint(run), [id.number()]);
            assert_eq!(places(run, 2), ["twice:12", outer]);
        }
        to_end(run);
    });
}

/// Adds a breakpoint at a line of `steps.c`.
fn add(run: &mut Run<'_, '_>, line: u32, edit: impl FnOnce(&mut BreakpointSettings)) -> u32 {
    let mut settings = BreakpointSettings::default();
    edit(&mut settings);
    let kind = BreakpointKind::line("steps.c", line);
    let id = run.debugger_mut().add_breakpoint_with(kind, settings);
    id.number()
}
