//! The same session in each language, with and without optimization.

use crate::guest::{debug, place, step, to_breakpoint, to_end, value};
use trapline_debugger::{BreakpointKind, Resume};

/// Stops in `mark` for the first time, steps out of it and over the next line.
fn session(guest: &str, expected: &[&str], variables: &[(&str, &str)]) {
    debug(&format!("values/{guest}"), &[], |run| {
        let mark = run
            .debugger_mut()
            .add_breakpoint(BreakpointKind::function("mark"));
        to_breakpoint(run);
        run.debugger_mut().breakpoints_mut().remove(mark);
        let mut places = vec![place(run)];
        places.push(step(run, Resume::StepOut { level: 0 }));
        for (name, expected) in variables {
            assert_eq!(value(run, 0, name), *expected, "{guest}: {name}");
        }
        places.push(step(run, Resume::StepOver));
        places.push(step(run, Resume::StepOver));
        assert_eq!(places, expected, "{guest}");
        to_end(run);
    });
}

#[test]
fn c_is_stepped_through() {
    let values = [
        ("tiny", "45 '-'"),
        ("positive", "4000000000"),
        ("yes", "true"),
    ];
    session(
        "c-O0-5",
        &["mark:5", "integers:28", "integers:29", "integers:30"],
        &values,
    );
    session(
        "c-O2-5",
        &["mark:5", "integers:28", "integers:29", "integers:30"],
        &[],
    );
}

#[test]
fn cpp_is_stepped_through() {
    session(
        "cpp-O0-5",
        &["mark:5", "classes:85", "classes:86", "classes:87"],
        &[],
    );
    session(
        "cpp-O2-5",
        &["mark:5", "classes:85", "classes:86", "classes:87"],
        &[],
    );
}

#[test]
fn rust_is_stepped_through() {
    let values = [("small", "-5"), ("letter", "223 'ß'"), ("tuple", "(1, -2)")];
    session(
        "rust-O0-4",
        &[
            "values::mark:31",
            "values::scalars:68",
            "values::scalars:69",
            "values::scalars:70",
        ],
        &values,
    );
    session(
        "rust-O3-5",
        &[
            "values::mark:32",
            "values::scalars:68",
            "values::scalars:69",
            // Where the compiler has put code of the line before.
            "values::scalars:68",
        ],
        &[],
    );
}

#[test]
fn zig_is_stepped_through() {
    let values = [("small", "-5"), ("odd", "100"), ("array", "{1, 2, 3}")];
    session(
        "zig-O0-4",
        &["mark:22", "scalars:51", "scalars:52", "scalars:53"],
        &values,
    );
    session(
        "zig-O3-4",
        &["mark:23", "scalars:51", "scalars:52", "scalars:51"],
        &[],
    );
}
