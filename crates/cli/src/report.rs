//! The report of a crash.

use crate::crash_values::CrashValues;
use crate::frames::{self, Calls, Frame, Line};
use crate::invoke::show_one;
use crate::source::excerpt;
use crate::text::{ERROR, FAINT, NOTE, STRONG, count, harmless};
use std::fmt::Write;
use trapline::{
    AsContext, ExnRef, MemoryFault, Store, ThrownException, Trap, TrapInfo, WasmBacktrace,
};
use trapline_symbols::{SourceLocation, SymbolsError};

const PAGE: u64 = 65536;

/// The report of a trap.
pub(crate) fn trap(
    info: &TrapInfo,
    backtrace: Option<&WasmBacktrace>,
    values: &CrashValues,
    module: &str,
) -> String {
    report("trap", &describe_trap(info), backtrace, values, module)
}

/// Why a guest trapped.
pub(crate) fn describe_trap(info: &TrapInfo) -> String {
    let mut headline = info.trap.to_string();
    if let Some(fault) = &info.fault {
        let _ = write!(headline, " {}", describe(fault));
    } else if let Some(meaning) = meaning(info.trap) {
        let _ = write!(headline, " ({meaning})");
    }
    headline
}

/// The report of an exception that was not caught: its tag, and what it carries.
pub(crate) fn exception<T: 'static>(
    thrown: &ThrownException,
    store: &Store<T>,
    values: &CrashValues,
    module: &str,
) -> String {
    let headline = describe_exception(thrown.exn(), store);
    report(
        "uncaught exception",
        &headline,
        thrown.backtrace(),
        values,
        module,
    )
}

/// An exception's tag, and what it carries.
pub(crate) fn describe_exception(exception: &ExnRef, store: impl AsContext) -> String {
    let name = exception.tag(&store).name(&store);
    let name = name.map_or("a tag without a name".to_string(), |name| harmless(&name));
    let fields: Vec<String> = exception.fields(&store).iter().map(show_one).collect();
    format!("{name} ({})", fields.join(", "))
}

/// The report of a failure of the host under a guest.
pub(crate) fn host(
    error: &str,
    backtrace: Option<&WasmBacktrace>,
    values: &CrashValues,
    module: &str,
) -> String {
    report("error", error, backtrace, values, module)
}

fn describe(fault: &MemoryFault) -> String {
    let MemoryFault {
        memory,
        address,
        memory_size,
        ..
    } = *fault;
    let pages = count(memory_size / PAGE, "page");
    format!("at address {address:#x} (memory {memory} is {memory_size} bytes, {pages})")
}

/// In the words of the source, for the traps whose names speak of WebAssembly's tables.
fn meaning(trap: Trap) -> Option<&'static str> {
    match trap {
        Trap::UndefinedElement => Some("call through a function pointer beyond all functions"),
        Trap::IndirectCallToNull => Some("call through a null function pointer"),
        Trap::BadSignature => Some("call through a function pointer of another type"),
        _ => None,
    }
}

fn report(
    word: &str,
    headline: &str,
    trace: Option<&WasmBacktrace>,
    values: &CrashValues,
    module: &str,
) -> String {
    let mut text = format!("{ERROR}{word}:{ERROR:#} {STRONG}{headline}{STRONG:#}\n");
    if let Some(hint) = &values.hint {
        let _ = writeln!(text, "{NOTE}hint:{NOTE:#} {}", harmless(hint));
    }
    let Some(trace) = trace.filter(|trace| !trace.frames().is_empty()) else {
        return text;
    };
    let module = harmless(module);
    let calls = frames::read(trace);
    write_excerpt(&mut text, &calls);
    let _ = writeln!(
        text,
        "{STRONG}backtrace of {module}, innermost call first:{STRONG:#}"
    );
    let mut number = 0;
    // Behind calls that are not shown it is not known which they are.
    let mut all_shown = true;
    for line in &calls.lines {
        let left_out = match line {
            Line::Frame(frame) => {
                write_frame(&mut text, number, frame, &module);
                let values = values.of_frame(number).iter().filter(|_| all_shown);
                for value in values {
                    let _ = writeln!(text, "          {FAINT}{value}{FAINT:#}");
                }
                number += 1;
                continue;
            }
            Line::Repeated(times) => {
                all_shown = false;
                number += times;
                format!("{times} more of it")
            }
            Line::Omitted(calls) => {
                all_shown = false;
                number += calls;
                count(*calls as u64, "call")
            }
            Line::Beyond => "more calls, which were not recorded".to_string(),
        };
        let _ = writeln!(text, "      {FAINT}... {left_out} ...{FAINT:#}");
    }
    write_note(&mut text, &calls, &module);
    text
}

/// The innermost place whose source can be read: in a library there may be none.
fn write_excerpt(text: &mut String, calls: &Calls) {
    let locations = calls.lines.iter().filter_map(|line| match line {
        Line::Frame(frame) => frame.location.as_ref(),
        _ => None,
    });
    for location in locations {
        let excerpt = excerpt(location, &place(location));
        if !excerpt.is_empty() {
            text.push_str(&excerpt);
            return;
        }
    }
}

fn write_frame(text: &mut String, number: usize, frame: &Frame, module: &str) {
    let name = harmless(&frame.name);
    let inlined = if frame.inlined { " (inlined)" } else { "" };
    let _ = writeln!(text, "{number:>4}: {STRONG}{name}{STRONG:#}{inlined}");
    let place = match (&frame.location, frame.wasm_pc) {
        (Some(location), _) => place(location),
        (None, Some(pc)) => format!("{module}@{pc:#x}"),
        (None, None) => return,
    };
    let _ = writeln!(text, "        at {place}");
}

fn write_note(text: &mut String, calls: &Calls, module: &str) {
    let note = match &calls.obstacle {
        None => return,
        Some(SymbolsError::NoDebugInfo) => {
            format!("{module} has no debug information; build it with -g to see source lines here")
        }
        Some(error) => harmless(&error.to_string()),
    };
    let _ = writeln!(text, "{NOTE}note:{NOTE:#} {note}");
}

fn place(location: &SourceLocation) -> String {
    let mut place = harmless(&location.file);
    for number in [location.line, location.column].into_iter().flatten() {
        let _ = write!(place, ":{number}");
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_as_many_parts_as_are_known() {
        let mut location = SourceLocation {
            file: "a.c".into(),
            line: Some(3),
            column: Some(7),
        };
        assert_eq!(place(&location), "a.c:3:7");
        location.column = None;
        assert_eq!(place(&location), "a.c:3");
        location.line = None;
        assert_eq!(place(&location), "a.c");
    }
}
