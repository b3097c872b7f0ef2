//! Values of programs that run, against what these programs print.
//!
//! The guests are in `tests/guests/values`: each function of theirs has some values in its variables,
//! calls `mark`, and then prints them. They are stopped in `mark`, all variables of the calling
//! function are read, and in the end each line that was printed is compared with what was read. What
//! was read is also compared with `tests/live/golden`; `TRAPLINE_BLESS=1` writes that anew.
#![allow(missing_docs)]

mod check;
mod conditions;
mod corrupt;
mod effects;
mod expressions;
mod formats;
mod guest;
mod show;
mod split;

use check::Missing;

#[test]
fn c_without_optimization_has_every_value() {
    check::program("c-O0-4", Missing::None);
    check::program("c-O0-5", Missing::None);
}

#[test]
fn types_in_units_of_their_own_are_found() {
    check::program("types-O0-4", Missing::None);
    check::program("types-O0-5", Missing::None);
}

#[test]
fn optimized_c_has_right_values_or_says_why_not() {
    check::program("c-Og-5", Missing::Counted);
    check::program("c-O2-4", Missing::Counted);
    check::program("c-O2-5", Missing::Counted);
}

#[test]
fn cpp_without_optimization_has_every_value() {
    check::program("cpp-O0-5", Missing::None);
}

#[test]
fn optimized_cpp_has_right_values_or_says_why_not() {
    check::program("cpp-Og-4", Missing::Counted);
    check::program("cpp-O2-5", Missing::Counted);
}

#[test]
fn whatever_is_in_memory_values_are_shown_in_bounds() {
    for name in ["c-O0-5", "cpp-O0-5", "cpp-O2-5", "rust-O0-4", "zig-O0-4"] {
        corrupt::program(name);
    }
}

#[test]
fn zig_has_right_values() {
    check::program("zig-O0-4", Missing::None);
    check::program("zig-O3-4", Missing::Counted);
}

#[test]
fn rust_without_optimization_has_every_value() {
    check::program("rust-O0-4", Missing::None);
}

#[test]
fn optimized_rust_has_right_values_or_says_why_not() {
    check::program("rust-O1-5", Missing::Counted);
    check::program("rust-O3-5", Missing::Counted);
}
