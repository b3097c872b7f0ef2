//! Programs in C, C++, Rust and Zig, at several levels of optimization and in DWARF 4 and 5, stopped
//! in each of their functions and stepped from there: where they are then, what all variables hold,
//! and which line comes next, against golden files (`TRAPLINE_BLESS=1` writes them anew).
//!
//! Each test prints what it has counted; `--nocapture --test-threads=1` makes a table of that.
//! With `TRAPLINE_STOPS_FOLDER=FOLDER` it also leaves what there was at each place in a file there, to be
//! compared with other debuggers (`tests/lldb`).
#![allow(missing_docs)]

mod counts;
mod golden;
mod guest;
mod program;
mod shown;
mod steps;

use program::{Level, program};

/// Without optimization each variable has a value wherever it is in scope.
mod unoptimized {
    use super::*;

    #[test]
    fn c_in_dwarf_4() {
        program("values/c-O0-4", &["values.c"], Level::Unoptimized);
    }

    #[test]
    fn c_in_dwarf_5() {
        program("values/c-O0-5", &["values.c"], Level::Unoptimized);
    }

    #[test]
    fn cpp_in_dwarf_5() {
        program("values/cpp-O0-5", &["values.cc"], Level::Unoptimized);
    }

    #[test]
    fn cpp_with_type_units_in_dwarf_4() {
        program("values/types-O0-4", &["types.cc"], Level::Unoptimized);
    }

    #[test]
    fn cpp_with_type_units_in_dwarf_5() {
        program("values/types-O0-5", &["types.cc"], Level::Unoptimized);
    }

    #[test]
    fn rust_in_dwarf_4() {
        program("values/rust-O0-4", &["main.rs"], Level::Unoptimized);
    }

    #[test]
    fn zig_in_dwarf_4() {
        program("values/zig-O0-4", &["values.zig"], Level::Unoptimized);
    }

    #[test]
    fn c_with_lines_to_step_through() {
        program("steps", &["steps.c"], Level::Unoptimized);
    }
}

/// With optimization some variables have no location.
mod optimized {
    use super::*;

    #[test]
    fn c_for_debugging_in_dwarf_5() {
        program("values/c-Og-5", &["values.c"], Level::Optimized);
    }

    #[test]
    fn c_in_dwarf_4() {
        program("values/c-O2-4", &["values.c"], Level::Optimized);
    }

    #[test]
    fn c_in_dwarf_4_and_5() {
        program("values/c-O2-5", &["values.c"], Level::Optimized);
    }

    #[test]
    fn cpp_for_debugging_in_dwarf_4() {
        program("values/cpp-Og-4", &["values.cc"], Level::Optimized);
    }

    #[test]
    fn cpp_in_dwarf_5() {
        program("values/cpp-O2-5", &["values.cc"], Level::Optimized);
    }

    #[test]
    fn rust_a_little_in_dwarf_5() {
        program("values/rust-O1-5", &["main.rs"], Level::Optimized);
    }

    #[test]
    fn rust_in_dwarf_5() {
        program("values/rust-O3-5", &["main.rs"], Level::Optimized);
    }

    #[test]
    fn zig_in_dwarf_4() {
        program("values/zig-O3-4", &["values.zig"], Level::Optimized);
    }

    #[test]
    fn c_that_crashes() {
        let files = ["crash.c", "archive.c", "archive.h", "report.c"];
        program("crash", &files, Level::Optimized);
    }

    #[test]
    fn cpp_that_crashes() {
        program("stock", &["stock.cc", "ledger.h"], Level::Optimized);
    }

    #[test]
    fn c_with_inlined_calls() {
        program("inlined", &["inlined.c"], Level::Optimized);
    }

    #[test]
    fn cpp_with_exceptions() {
        program("exceptions", &["exceptions.cc"], Level::Optimized);
    }
}
