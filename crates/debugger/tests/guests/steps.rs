//! Steps: where they end.

use crate::guest::{
    Run, debug, debug_with, place, places, resume, step, steps, to_breakpoint, to_end, value, wait,
};
use bytes::Bytes;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;
use trapline_debugger::{
    Arrival, BreakpointKind, BreakpointSettings, Debugger, Files, Inbox, Resume, StopReason,
};

/// Debugs a guest from the first time that it comes to a place.
fn from(guest: &str, kind: BreakpointKind, test: impl FnOnce(&mut Run<'_, '_>)) {
    debug(guest, &[], |run| {
        let id = run.debugger_mut().add_breakpoint(kind);
        to_breakpoint(run);
        run.debugger_mut().breakpoints_mut().remove(id);
        test(run);
    });
}

#[test]
fn steps_over_lead_from_line_to_line_and_out_to_the_caller() {
    from("steps", BreakpointKind::line("steps.c", 12), |run| {
        assert_eq!(place(run), "factorial:12");
        // What is left of a line after a call of it has returned belongs to the step.
        assert_eq!(
            steps(run, Resume::StepOver, 5),
            [
                "factorial:15",
                "factorial:14",
                "factorial:15",
                "factorial:14",
                "factorial:15"
            ]
        );
    });
}

#[test]
fn a_call_that_recurs_is_one_step() {
    from("steps", BreakpointKind::line("steps.c", 13), |run| {
        assert_eq!(value(run, 0, "n"), "5");
        assert_eq!(step(run, Resume::StepOver), "factorial:14");
        assert_eq!(value(run, 0, "n"), "5");
        assert_eq!(value(run, 0, "rest"), "24");
        assert_eq!(steps(run, Resume::StepOver, 2), ["factorial:15", "main:62"]);
    });
}

#[test]
fn steps_in_enter_functions_whose_source_is_known() {
    from("steps", BreakpointKind::function("calls"), |run| {
        assert_eq!(place(run), "calls:31");
        assert_eq!(
            steps(run, Resume::StepIn, 3),
            ["square:18", "square:18", "calls:32"]
        );
        // A function without source is stepped over, but for one that only leads to another.
        assert_eq!(
            steps(run, Resume::StepIn, 3),
            ["calls:33", "square:18", "calls:34"]
        );
    });
}

#[test]
fn a_step_in_does_not_end_in_a_function_without_source_that_a_call_in_it_returns_to() {
    // `printf` calls one function only, as if it were there to lead to it.
    from("steps", BreakpointKind::line("steps.c", 57), |run| {
        assert_eq!(steps(run, Resume::StepIn, 2), ["main:67", "main:68"]);
    });
}

#[test]
fn a_step_in_ends_at_the_next_line_where_a_call_without_source_returns_to_its_beginning() {
    from(
        "values/c-O0-5",
        BreakpointKind::line("values.c", 216),
        |run| {
            assert_eq!(
                steps(run, Resume::StepIn, 2),
                ["inlined:217", "inlined:218"]
            );
        },
    );
}

#[test]
fn a_step_out_ends_behind_the_call() {
    from("steps", BreakpointKind::line("steps.c", 12), |run| {
        let out = |level| Resume::StepOut { level };
        assert_eq!(value(run, 0, "n"), "1");
        assert_eq!(step(run, out(0)), "factorial:13");
        assert_eq!(value(run, 0, "n"), "2");
        assert_eq!(step(run, out(2)), "factorial:13");
        assert_eq!(value(run, 0, "n"), "5");
        assert_eq!(step(run, out(0)), "main:61");
    });
}

#[test]
fn until_leaves_a_loop() {
    from("steps", BreakpointKind::line("steps.c", 40), |run| {
        let over = steps(run, Resume::StepOver, 2);
        assert_eq!(over, ["count:39", "count:40"]);
        assert_eq!(step(run, Resume::StepOver), "count:39");
        assert_eq!(step(run, Resume::Until), "count:42");
        assert_eq!(value(run, 0, "total"), "499999500000");
    });
}

#[test]
fn inlined_calls_are_stepped_over_with_their_line() {
    from("inlined", BreakpointKind::function("work"), |run| {
        assert_eq!(place(run), "work:22");
        assert_eq!(
            steps(run, Resume::StepOver, 4),
            ["work:23", "work:24", "work:25", "work:26"]
        );
        assert_eq!(places(run, 2), ["work:26", "main:31"]);
    });
}

#[test]
fn inlined_calls_are_stepped_into_one_by_one() {
    from("inlined", BreakpointKind::function("work"), |run| {
        assert_eq!(
            steps(run, Resume::StepIn, 4),
            ["work:23", "twice:12", "twice:13", "work:24"]
        );
        assert_eq!(
            steps(run, Resume::StepIn, 4),
            ["four_times:17", "twice:12", "twice:13", "four_times:18"]
        );
        assert_eq!(places(run, 3), ["four_times:18", "work:24", "main:31"]);
        assert_eq!(step(run, Resume::StepIn), "twice:12");
        assert_eq!(
            places(run, 4),
            ["twice:12", "four_times:18", "work:24", "main:31"]
        );
        let out = |level| Resume::StepOut { level };
        assert_eq!(step(run, out(1)), "work:25");
    });
}

/// A machine with no files but those of this name.
struct FilesNamed(&'static str);

impl Files for FilesNamed {
    fn read(&self, _: &Path, _: u64) -> io::Result<Bytes> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn modified(&self, _: &Path) -> Option<SystemTime> {
        None
    }

    fn exists(&self, path: &Path) -> bool {
        path.ends_with(self.0)
    }
}

/// Where a step in leads from a line that calls `black_box`, which is inlined.
fn step_into_black_box(files: FilesNamed) -> String {
    let mut debugger = Debugger::with_files(Arc::new(files));
    debug_with(&mut debugger, "values/rust-O3-5", &[], |run| {
        let choices = BreakpointKind::function("choices");
        run.debugger_mut().add_breakpoint(choices);
        to_breakpoint(run);
        assert_eq!(place(run), "values::choices:119");
        step(run, Resume::StepIn)
    })
}

#[test]
fn inlined_calls_of_functions_without_source_are_stepped_over() {
    let place = step_into_black_box(FilesNamed("main.rs"));
    assert_eq!(place, "values::choices:122");
}

#[test]
fn where_no_source_is_to_be_found_steps_lead_into_what_has_lines() {
    let place = step_into_black_box(FilesNamed("none"));
    assert!(
        place.starts_with("core::hint::black_box"),
        "entered {place}"
    );
}

#[test]
fn instructions_are_steps_too() {
    from("steps", BreakpointKind::line("steps.c", 13), |run| {
        let mut depth = run.frames(0..20).len();
        while run.frames(0..20).len() == depth {
            step(run, Resume::StepInstruction);
        }
        depth += 1;
        assert_eq!(run.frames(0..20).len(), depth);
        // A call is one step, and the end of a function leads out.
        while run.frames(0..20).len() == depth {
            step(run, Resume::StepInstructionOver);
            assert!(run.frames(0..20).len() <= depth);
        }
        assert_eq!(value(run, 0, "n"), "5");
    });
}

#[test]
fn a_program_runs_to_a_place() {
    debug("steps", &[], |run| {
        let stop = resume(run, Resume::RunTo(BreakpointKind::function("weigh")));
        assert!(matches!(stop.reason, StopReason::Reached), "{stop:?}");
        assert_eq!(place(run), "weigh:52");
        let stop = resume(run, Resume::RunTo(BreakpointKind::line("steps.c", 1000)));
        let StopReason::Refused(error) = stop.reason else {
            panic!("{stop:?}");
        };
        assert!(
            error.to_string().contains("no code at line 1000"),
            "{error}"
        );
        to_end(run);
        assert!(matches!(
            resume(run, Resume::Continue).reason,
            StopReason::Over
        ));
    });
}

#[test]
fn a_program_that_has_not_begun_is_stepped_to_its_first_instruction() {
    debug("steps", &[], |run| {
        assert!(run.frames(0..9).is_empty());
        step(run, Resume::StepIn);
        assert_eq!(run.frames(0..9).len(), 1);
        to_end(run);
        assert!(run.frames(0..9).is_empty());
    });
}

#[test]
fn breakpoints_whose_conditions_are_false_do_not_end_steps() {
    from("steps", BreakpointKind::line("steps.c", 13), |run| {
        // On the way, where the step ends, and at the beginning of the function that is stepped into.
        for line in [11, 12, 14] {
            let mut settings = BreakpointSettings::default();
            settings.condition = Some("n == 77".to_owned());
            let kind = BreakpointKind::line("steps.c", line);
            run.debugger_mut().add_breakpoint_with(kind, settings);
        }
        assert_eq!(step(run, Resume::StepIn), "factorial:11");
        assert_eq!(value(run, 0, "n"), "4");
        assert_eq!(step(run, Resume::StepOver), "factorial:13");
        assert_eq!(step(run, Resume::StepOver), "factorial:14");
        assert_eq!(value(run, 0, "n"), "4");
        assert_eq!(step(run, Resume::StepOut { level: 1 }), "main:61");
    });
}

#[test]
fn a_breakpoint_in_a_call_stops_a_step_over_it() {
    from("steps", BreakpointKind::line("steps.c", 13), |run| {
        let id = run
            .debugger_mut()
            .add_breakpoint(BreakpointKind::line("steps.c", 12));
        let stop = resume(run, Resume::StepOver);
        assert!(matches!(stop.reason, StopReason::Breakpoint { ids, .. } if ids == [id]));
        assert_eq!(value(run, 0, "n"), "1");
        assert_eq!(value(run, 4, "n"), "5");
    });
}

#[test]
fn a_step_that_another_thread_interrupts_stops_there() {
    from("steps", BreakpointKind::line("steps.c", 63), |run| {
        let handle = run.session().interrupt_handle().unwrap();
        handle.interrupt();
        let stop = resume(run, Resume::StepOver);
        assert!(matches!(stop.reason, StopReason::Interrupted), "{stop:?}");
        to_end(run);
    });
}

#[test]
fn one_of_the_calls_on_a_line_can_be_stepped_into() {
    from("steps", BreakpointKind::line("steps.c", 31), |run| {
        let targets = run.step_targets();
        let names: Vec<_> = targets
            .iter()
            .map(|call| call.function.as_deref())
            .collect();
        assert_eq!(names, [Some("square"), Some("square")]);
        let second = Resume::StepIntoCall {
            wasm_pc: targets[1].wasm_pc,
        };
        assert_eq!(step(run, second), "square:18");
        assert_eq!(value(run, 0, "x"), "4");
        assert_eq!(step(run, Resume::StepOver), "calls:32");
        // One without source is entered all the same, if it is asked for.
        let targets = run.step_targets();
        assert_eq!(targets.len(), 1);
        let hidden = Resume::StepIntoCall {
            wasm_pc: targets[0].wasm_pc,
        };
        resume(run, hidden);
        let frames = run.frames(0..2);
        assert_eq!(Some(&frames[0].function), targets[0].function.as_ref());
        assert_eq!(frames[1].function, "calls");
        assert!(frames[0].location.is_none());
    });
}

#[test]
fn an_interrupt_in_a_step_makes_it_neither_longer_nor_shorter() {
    let places = |interrupts: bool| {
        let mut places = Vec::new();
        from("steps", BreakpointKind::function("calls"), |run| {
            let handle = run.session().interrupt_handle().unwrap();
            for _ in 0..200 {
                // As if it had come too late for the stop before.
                if interrupts {
                    handle.interrupt();
                }
                let mut stop = resume(run, Resume::StepInstruction);
                while matches!(stop.reason, StopReason::Interrupted) {
                    stop = resume(run, Resume::AsBefore);
                }
                assert!(matches!(stop.reason, StopReason::Step), "{stop:?}");
                places.push(run.frames(0..1)[0].wasm_pc);
            }
        });
        places
    };
    assert_eq!(places(true), places(false));
}

#[test]
fn a_step_that_is_held_up_goes_on_to_where_it_was_going() {
    from("steps", BreakpointKind::line("steps.c", 63), |run| {
        // The call on this line makes a million rounds.
        let (sender, mut inbox) = Inbox::new();
        let mut messages = 0;
        let mut how = Resume::StepOver;
        assert!(sender.send(0));
        loop {
            let arrival = wait(run.resume_or_receive(how, &mut inbox));
            match arrival {
                Arrival::Stop(stop) => {
                    assert!(matches!(stop.reason, StopReason::Step), "{stop:?}");
                    break;
                }
                Arrival::Message(number) => {
                    assert_eq!(number, messages);
                    messages += 1;
                    // The frames are there as at any stop.
                    assert!(!run.frames(0..9).is_empty());
                    if messages < 100 {
                        assert!(sender.send(messages));
                    }
                }
            }
            how = Resume::AsBefore;
        }
        assert_eq!(messages, 100);
        assert_eq!(place(run), "main:64");
    });
}

#[test]
fn exceptions_that_a_call_catches_itself_do_not_end_a_step_over_it() {
    from("exceptions", BreakpointKind::function("main"), |run| {
        // Each of these functions throws and catches.
        let mut lines = Vec::new();
        while lines.last().is_none_or(|line| line != "main:240") {
            lines.push(step(run, Resume::StepOver));
            assert!(lines.len() < 20, "{lines:?}");
        }
        let expected: Vec<String> = (234..=240).map(|line| format!("main:{line}")).collect();
        assert!(lines.ends_with(&expected), "{lines:?}");
    });
}
