//! Breakpoints: where they are, and what stops at them.

use crate::guest::{debug, place, to_breakpoint, to_end, value};
use trapline_debugger::BreakpointKind;

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
