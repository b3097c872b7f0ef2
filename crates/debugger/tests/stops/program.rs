//! Stops a guest in each of its functions.

use crate::counts::Counts;
use crate::golden;
use crate::guest::{Guest, Run, resume};
use crate::shown::{self, Frame, Known, Variable};
use crate::steps::{self, Step};
use std::fmt::Write;
use trapline_debugger::{BreakpointId, BreakpointKind, Resume, StopReason};

/// So many steps are made from each stop.
const STEPS: usize = 8;

/// Variables that have no value at first, by their functions: arrays of variable length, which have
/// no memory before their declarations have run, and whose locations say so.
const WITHOUT_MEMORY: [(&str, &str); 1] = [("arrays", "variable")];

/// What is expected of variables.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// All have values.
    Unoptimized,
    /// Some may have no location.
    Optimized,
}

struct Record<'f> {
    /// The program's own source.
    files: &'f [&'f str],
    text: String,
    counts: Counts,
    /// Variables without a value, and steps that have gone wrong.
    missing: Vec<String>,
    wrong: Vec<String>,
}

/// Stops a guest at the beginning of each function that is declared in one of these files, steps from
/// there, and compares what there is to be seen with the golden file.
pub fn program(name: &str, files: &[&str], level: Level) {
    let mut guest = Guest::new(name);
    let mut record = Record {
        files,
        text: String::new(),
        counts: Counts::default(),
        missing: Vec::new(),
        wrong: Vec::new(),
    };
    let functions = own_functions(&guest, files);
    let mut unreached = Vec::new();
    for function in functions {
        let kind = BreakpointKind::function(function.as_str());
        let id = guest.debugger.add_breakpoint(kind);
        if !guest.run(|run| record.lines(run, id)) {
            unreached.push(function);
            continue;
        }
        guest.run(|run| record.calls(run, id));
        guest.debugger.breakpoints_mut().remove(id);
    }
    if !unreached.is_empty() {
        let unreached = unreached.join(", ");
        writeln!(record.text, "not reached: {unreached}").unwrap();
    }
    println!("{name:<18}{}", record.counts);
    record.counts.save(name);
    golden::compare(name, &record.text);
    assert!(record.wrong.is_empty(), "{}", record.wrong.join("\n"));
    if level == Level::Unoptimized {
        assert!(record.missing.is_empty(), "{}", record.missing.join("\n"));
    }
}

/// The names of the functions that are declared in one of the files, in the order of the source.
fn own_functions(guest: &Guest, files: &[&str]) -> Vec<String> {
    let functions = guest.symbols.functions().unwrap().into_iter();
    let mut own: Vec<_> = functions
        .filter_map(|function| {
            let declared = function.declared?;
            let place = files
                .iter()
                .position(|file| *file == shown::file_name(&declared.file))?;
            Some((place, declared.line, function.name))
        })
        .collect();
    own.sort();
    own.dedup();
    own.into_iter().map(|(.., name)| name).collect()
}

impl Record<'_> {
    /// Goes to a breakpoint, which is there no more then.
    fn stop(&mut self, run: &mut Run<'_, '_>, id: BreakpointId) -> Option<Frame> {
        let breakpoints = run.debugger_mut().breakpoints_mut();
        breakpoints.edit(id, |settings| settings.enabled = true);
        let stop = resume(run, Resume::Continue);
        let breakpoints = run.debugger_mut().breakpoints_mut();
        breakpoints.edit(id, |settings| settings.enabled = false);
        let is_met = matches!(&stop.reason, StopReason::Breakpoint { ids, .. } if ids == &[id]);
        is_met.then(|| {
            shown::innermost(run).unwrap_or_else(|| panic!("no source at {:?}", run.frames(0..3)))
        })
    }

    /// All that there is at a breakpoint, and what changes with each line from there. Returns whether
    /// the breakpoint was met.
    fn lines(&mut self, run: &mut Run<'_, '_>, id: BreakpointId) -> bool {
        let Some(mut frame) = self.stop(run, id) else {
            return false;
        };
        let backtrace = shown::backtrace(run, self.files);
        writeln!(self.text, "{backtrace}").unwrap();
        self.look_at(&frame);
        for variable in &frame.variables {
            writeln!(self.text, "  {}", equation(variable)).unwrap();
        }
        let mut line = "  next".to_owned();
        for _ in 0..STEPS {
            let next = match steps::over(run, &frame) {
                Ok(Step::To(next)) => next,
                Ok(Step::Ended(how)) => {
                    write!(line, " {how}").unwrap();
                    break;
                }
                Err(wrong) => {
                    self.wrong.push(wrong);
                    break;
                }
            };
            if (next.id, next.inlined) != (frame.id, frame.inlined) {
                write!(line, " {}", place(&next, None)).unwrap();
                break;
            }
            self.look_at(&next);
            write!(line, " {}", place(&next, Some(&frame))).unwrap();
            let changes = changes(&frame, &next);
            if !changes.is_empty() {
                writeln!(self.text, "{line}: {}", changes.join("; ")).unwrap();
                line = "  next".to_owned();
            }
            frame = next;
        }
        if line != "  next" {
            writeln!(self.text, "{line}").unwrap();
        }
        true
    }

    /// Steps into calls from a breakpoint.
    fn calls(&mut self, run: &mut Run<'_, '_>, id: BreakpointId) {
        let mut frame = self.stop(run, id).unwrap();
        let mut line = "  step".to_owned();
        for _ in 0..STEPS {
            match steps::into(run, &frame) {
                Ok(Step::To(next)) => {
                    write!(line, " {}", place(&next, Some(&frame))).unwrap();
                    if self.files.contains(&&*next.file) {
                        self.look_at(&next);
                    }
                    frame = next;
                }
                Ok(Step::Ended(how)) => {
                    write!(line, " {how}").unwrap();
                    break;
                }
                Err(wrong) => {
                    self.wrong.push(wrong);
                    break;
                }
            }
        }
        writeln!(self.text, "{line}").unwrap();
    }

    fn look_at(&mut self, frame: &Frame) {
        self.counts.add(frame);
        let Frame { function, line, .. } = frame;
        for variable in &frame.variables {
            let is_excused = WITHOUT_MEMORY.contains(&(&**function, &*variable.name))
                && variable.text == shown::NOT_HERE;
            if variable.known != Known::Whole && !is_excused {
                let equation = equation(variable);
                self.missing.push(format!("{function}:{line}: {equation}"));
            }
        }
    }
}

fn equation(variable: &Variable) -> String {
    format!("{} = {}", variable.name, variable.text)
}

/// The line of a frame, with the function where that is another than before.
fn place(frame: &Frame, before: Option<&Frame>) -> String {
    let Frame { function, line, .. } = frame;
    match before.filter(|before| before.function == *function && before.file == frame.file) {
        Some(_) => line.to_string(),
        None => format!("{function}:{line}"),
    }
}

/// The variables that are in scope now and were not, or that had other values.
fn changes(before: &Frame, now: &Frame) -> Vec<String> {
    let variables = now.variables.iter();
    let changed = variables.filter(|variable| {
        let mut before = before.variables.iter();
        let same = before.find(|before| before.is_same(variable));
        same.is_none_or(|before| before.text != variable.text)
    });
    changed.map(equation).collect()
}
