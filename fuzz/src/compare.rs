//! Compares two runs of a module.

use crate::outcome::{Outcome, Reason};
use crate::{engine, ours, theirs};

/// Runs a module on Trapline and on the interpreter, which must agree. Panics if they do not.
pub fn compare(wasm: &[u8], optimize: bool) {
    let (Some(ours), Some(theirs)) = (ours::run(engine(optimize), wasm), theirs::run(wasm)) else {
        return;
    };
    if let Some((ours, theirs)) = first_difference(&ours, &theirs) {
        let text = wasmprinter::print_bytes(wasm).unwrap_or_default();
        panic!("Trapline: {ours:#?}\n\ninterpreter: {theirs:#?}\n\n{text}");
    }
}

/// The first step at which two runs differ, as far as they must not.
pub fn first_difference<'a>(
    ours: &'a [Outcome],
    theirs: &'a [Outcome],
) -> Option<(&'a Outcome, &'a Outcome)> {
    for (ours, theirs) in ours.iter().zip(theirs) {
        let stack = |outcome: &Outcome| outcome.result == Err(Reason::Stack);
        if stack(ours) || stack(theirs) {
            return None;
        }
        if failed_to_start(ours) && failed_to_start(theirs) {
            // Engines have their own words for segments that do not fit.
            return None;
        }
        if ours != theirs {
            return Some((ours, theirs));
        }
        if ours.is_last() {
            return None;
        }
    }
    None
}

fn failed_to_start(outcome: &Outcome) -> bool {
    outcome.function.is_empty() && outcome.result.is_err()
}
