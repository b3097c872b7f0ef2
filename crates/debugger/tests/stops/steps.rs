//! Steps from a stop, and what must hold of each.

use crate::guest::{Run, resume};
use crate::shown::{self, Frame};
use trapline_debugger::{Resume, Stop, StopReason};

/// Where a step has led.
pub enum Step {
    /// To a place whose source is known.
    To(Frame),
    /// To the end, or to something else to stop for.
    Ended(&'static str),
}

/// Goes to the next line.
pub fn over(run: &mut Run<'_, '_>, from: &Frame) -> Result<Step, String> {
    let to = match make(run, Resume::StepOver)? {
        Step::To(to) => to,
        ended => return Ok(ended),
    };
    let is_callee = to.stack.len() > from.stack.len() || to.id != from.id && from.is_on(&to);
    check(!is_callee, "a step over has entered a call", from, &to)?;
    let is_plain = to.inlined == 0 && from.inlined == 0;
    let has_moved = to.id != from.id || (&to.file, to.line) != (&from.file, from.line);
    check(
        has_moved || !is_plain,
        "a step over ends on its own line",
        from,
        &to,
    )?;
    Ok(Step::To(to))
}

/// Goes to the next line, or into a call.
pub fn into(run: &mut Run<'_, '_>, from: &Frame) -> Result<Step, String> {
    let to = match make(run, Resume::StepIn)? {
        Step::To(to) => to,
        ended => return Ok(ended),
    };
    let is_deeper = to.stack.len() > from.stack.len();
    check(
        !is_deeper || from.is_on(&to),
        "a step in has lost its frame",
        from,
        &to,
    )?;
    // A function that is called twice on a line has frames that look the same.
    let is_begun = from.wasm_pc >= to.wasm_pc;
    let is_same = to.id == from.id && to.inlined == from.inlined && !is_begun;
    let has_moved = (&to.file, to.line) != (&from.file, from.line);
    check(
        !is_same || to.inlined > 0 || has_moved,
        "a step in ends on its own line",
        from,
        &to,
    )?;
    Ok(Step::To(to))
}

impl Frame {
    /// Whether the frame is one of those on the stack of another.
    fn is_on(&self, other: &Frame) -> bool {
        other.stack.contains(&self.id)
    }
}

fn make(run: &mut Run<'_, '_>, how: Resume) -> Result<Step, String> {
    let stop = resume(run, how);
    if let Some(end) = end(&stop) {
        return Ok(Step::Ended(end));
    }
    let frame = shown::innermost(run);
    let frame =
        frame.ok_or_else(|| format!("a step ends without source: {:?}", run.frames(0..3)))?;
    match frame.line {
        0 => Err(format!("a step ends at a line 0 of {}", frame.function)),
        _ => Ok(Step::To(frame)),
    }
}

fn end(stop: &Stop) -> Option<&'static str> {
    match &stop.reason {
        StopReason::Step => None,
        StopReason::Finished(_) => Some("finished"),
        StopReason::Trap { .. } => Some("trap"),
        StopReason::Exception { .. } => Some("exception"),
        StopReason::Panic { .. } => Some("panic"),
        reason => panic!("{reason:?}"),
    }
}

fn check(holds: bool, promise: &str, from: &Frame, to: &Frame) -> Result<(), String> {
    let place = |frame: &Frame| format!("{} {}:{}", frame.function, frame.file, frame.line);
    match holds {
        true => Ok(()),
        false => Err(format!("{promise}: {} -> {}", place(from), place(to))),
    }
}
