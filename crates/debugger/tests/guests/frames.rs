//! Frames: what is on the stack, and what is in them.

use crate::guest::{debug, place, places, resume, step, to_breakpoint, to_end, value};
use trapline_debugger::{BreakpointKind, FrameKind, Resume};

#[test]
fn inlined_calls_are_frames_with_variables_of_their_own() {
    debug("inlined", &[], |run| {
        run.debugger_mut()
            .add_breakpoint(BreakpointKind::line("inlined.c", 13));
        for _ in 0..2 {
            to_breakpoint(run);
        }
        assert_eq!(
            places(run, 4),
            ["twice:13", "four_times:17", "work:24", "main:31"]
        );
        let kinds: Vec<_> = run
            .frames(0..4)
            .into_iter()
            .map(|frame| frame.kind)
            .collect();
        use FrameKind::{Call, Inlined};
        assert_eq!(kinds, [Inlined, Inlined, Call, Call]);
        assert_eq!(value(run, 0, "x"), "2");
        assert_eq!(value(run, 1, "x"), "2");
        let frame = run.frame(2).unwrap();
        assert_eq!(frame.evaluate("a + 1").unwrap(), "3");
        assert!(
            frame.evaluate("y").is_err(),
            "that is the inlined function's"
        );
    });
}

#[test]
fn a_value_of_a_library_of_which_a_part_has_no_location_is_shown_as_it_is_built() {
    debug("values/rust-O3-5", &[], |run| {
        run.debugger_mut()
            .add_breakpoint(BreakpointKind::function("values::print"));
        to_breakpoint(run);
        let text = value(run, 0, "text");
        assert!(
            text.contains("data_ptr: <no location of this part"),
            "{text}"
        );
        assert!(text.ends_with("length: 7}"), "{text}");
    });
}

#[test]
fn values_are_read_written_and_computed_with() {
    debug("steps", &[], |run| {
        run.debugger_mut()
            .add_breakpoint(BreakpointKind::function("weigh"));
        to_breakpoint(run);
        let frame = run.frame(0).unwrap();
        let arguments = frame.arguments().unwrap();
        assert_eq!(arguments.len(), 1);
        assert_eq!(arguments[0].type_name, "const struct node *");
        assert_eq!(frame.evaluate("node->next->weight * 2").unwrap(), "60");
        assert_eq!(frame.evaluate("node->weight = 13").unwrap(), "13");
        assert_eq!(frame.evaluate("node->weight").unwrap(), "13");
        let calls = "square(node->weight)";
        assert!(frame.evaluate(calls).is_err(), "calls need permission");
        let mut permission = run.calls(0).unwrap();
        let mut environment = frame.environment().unwrap().with_calls(&mut permission);
        let value = environment.evaluate(calls).unwrap();
        assert_eq!(environment.inspector().text(&value).unwrap(), "169");
    });
}

#[test]
fn frames_are_told_by_level_also_of_deep_stacks() {
    debug("recursion", &[], |run| {
        resume(run, Resume::Continue);
        let page = run.frames(1000..1003);
        let levels: Vec<_> = page.iter().map(|frame| frame.level).collect();
        assert_eq!(levels, [1000, 1001, 1002]);
        assert!(page.iter().all(|frame| frame.function == "descend"));
        let last = run.frames(0..usize::MAX).len() - 1;
        assert!(last > 10_000);
        assert!(run.frame(last).is_ok());
        assert!(run.frame(last + 1).is_err());
        assert!(run.frames(last + 1..last + 9).is_empty());
    });
}

#[test]
fn source_lines_are_found_for_frames() {
    debug("steps", &[], |run| {
        run.debugger_mut()
            .add_breakpoint(BreakpointKind::function("square"));
        to_breakpoint(run);
        let frame = run.frames(0..1).pop().unwrap();
        let location = frame.location.unwrap();
        let module = run.debugger().module(frame.module.unwrap()).unwrap();
        let sources = run.debugger().sources();
        let text = sources.text(&location.file, module.path()).unwrap();
        let line = text.line(location.line.unwrap());
        assert_eq!(line, Some("    return x * x;"));
    });
}

#[test]
fn functions_are_disassembled_with_their_lines() {
    debug("steps", &[], |run| {
        run.debugger_mut()
            .add_breakpoint(BreakpointKind::function("square"));
        to_breakpoint(run);
        let frame = run.frames(0..1).pop().unwrap();
        let wasm_pc = frame.wasm_pc.unwrap();
        let module = run.debugger().module(frame.module.unwrap()).unwrap();
        let code = module.disassemble(wasm_pc).unwrap();
        assert_eq!(code.function, "square");
        assert_eq!(Some(code.function_index), frame.function_index);
        let texts: Vec<&str> = code
            .instructions
            .iter()
            .map(|line| line.text.as_str())
            .collect();
        assert!(texts.contains(&"i32.mul"), "{texts:?}");
        assert_eq!(texts.last(), Some(&"end"));
        // Each instruction that a step leads to is there, at its place.
        let pcs: Vec<u32> = code.instructions.iter().map(|line| line.wasm_pc).collect();
        assert!(pcs.is_sorted());
        while place(run).starts_with("square:") {
            let here = run.frames(0..1).pop().unwrap().wasm_pc.unwrap();
            assert!(pcs.contains(&here), "{here:#x}");
            step(run, Resume::StepInstruction);
        }
        let here = code
            .instructions
            .iter()
            .find(|line| line.wasm_pc == wasm_pc);
        let location = here.unwrap().location.clone().unwrap();
        assert_eq!(location.line, Some(18));
    });
}

#[test]
fn a_call_leaves_what_the_function_has_on_the_stack_that_stands_still() {
    debug("steps", &[], |run| {
        // It calls nothing itself, and so has its variables below the stack pointer.
        let weigh = BreakpointKind::function("weigh");
        run.debugger_mut().add_breakpoint(weigh);
        to_breakpoint(run);
        let before = value(run, 0, "node");
        {
            let frame = run.frame(0).unwrap();
            let mut calls = run.calls(0).unwrap();
            let mut environment = frame.environment().unwrap().with_calls(&mut calls);
            let called = environment.evaluate("factorial(6) + square(2)").unwrap();
            assert_eq!(environment.inspector().text(&called).unwrap(), "724");
        }
        assert_eq!(value(run, 0, "node"), before);
        to_end(run);
    });
}
