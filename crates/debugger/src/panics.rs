//! Errors that programs find in themselves.
//!
//! A panic, a failed assertion or an abort ends in a trap, deep in a library. It is caught earlier, at
//! the functions that libraries call for it.

use crate::modules::DebugModule;
use std::fmt;

/// How a program says that it has found an error in itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PanicKind {
    /// A panic of Rust.
    Rust,
    /// A panic of Zig.
    Zig,
    /// `std::terminate` of C++: an exception that nothing catches, or that leaves a function which
    /// must not throw.
    Terminate,
    /// A failed `assert` of C.
    Assertion,
    /// `abort`.
    Abort,
}

impl fmt::Display for PanicKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PanicKind::Rust | PanicKind::Zig => "panic",
            PanicKind::Terminate => "std::terminate",
            PanicKind::Assertion => "failed assertion",
            PanicKind::Abort => "abort",
        })
    }
}

/// Functions that are called for panics, by their readable names. Of those of one group only the first
/// that a module has is watched, since it calls the others.
const GROUPS: [(PanicKind, &[&str]); 5] = [
    (
        PanicKind::Rust,
        &[
            "core::panicking::panic_fmt",
            "rust_begin_unwind",
            "__rustc::rust_begin_unwind",
            "rust_panic",
            "__rustc::rust_panic",
        ],
    ),
    (
        PanicKind::Zig,
        &["debug.defaultPanic", "builtin.default_panic"],
    ),
    (
        PanicKind::Terminate,
        &["std::terminate()", "std::terminate", "__cxa_terminate"],
    ),
    (PanicKind::Assertion, &["__assert_fail", "__assert"]),
    (PanicKind::Abort, &["abort"]),
];

/// The functions of a module that are called for panics: their indices, and for which.
///
/// They are looked for by the names that the linker has left. To look through the debug information would
/// delay the start of each program.
pub(crate) fn functions(module: &DebugModule) -> Vec<(u32, PanicKind)> {
    let mut found: [Option<(usize, u32)>; GROUPS.len()] = [None; GROUPS.len()];
    for (function, name) in module.linker_names() {
        // To make all names readable would take long.
        if !is_candidate(name) {
            continue;
        }
        let name = trapline_symbols::demangle(name);
        for (slot, (_, names)) in found.iter_mut().zip(&GROUPS) {
            let rank = names.iter().position(|known| *known == name);
            if let Some(rank) = rank
                && slot.is_none_or(|(best, _)| rank < best)
            {
                *slot = Some((rank, function));
            }
        }
    }
    let found = found.iter().zip(&GROUPS);
    found
        .filter_map(|(slot, (kind, _))| slot.map(|(_, function)| (function, *kind)))
        .collect()
}

fn is_candidate(name: &str) -> bool {
    ["anic", "abort", "assert", "terminate", "rust_begin_unwind"]
        .iter()
        .any(|part| name.contains(part))
}

/// Whether a source file is part of a language's library, by where libraries are built.
pub(crate) fn is_library(file: &str) -> bool {
    const PARTS: [&str; 11] = [
        "/rustc/",
        "library/core/src",
        "library/std/src",
        "library/alloc/src",
        "library/panic_",
        "lib/std/",
        "wasi-libc",
        "libc-top-half",
        "libc-bottom-half",
        "libcxx",
        "compiler-rt",
    ];
    PARTS.iter().any(|part| file.contains(part))
}
