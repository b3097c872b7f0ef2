//! What variables held where a program crashed.

use crate::text::harmless;
use trapline_debugger::{Debuggee, FrameKind};
use trapline_wasi::WasiCtx;

/// Values of more frames are of no interest.
const FRAMES: usize = 32;
/// So many variables of a frame are told.
const VARIABLES: usize = 16;
/// Longer values are cut.
const LONGEST: usize = 100;

/// What the variables of a crashed program's frames held.
#[derive(Debug, Default)]
pub(crate) struct CrashValues {
    /// What is likely wrong with the program.
    pub(crate) hint: Option<String>,
    /// A line for each variable that has a value, for each call of the guest, innermost first.
    frames: Vec<Vec<String>>,
}

impl CrashValues {
    /// Reads the frames of a program that is about to be unwound.
    pub(crate) fn of(debuggee: &Debuggee<'_, '_, WasiCtx>, hint: Option<String>) -> CrashValues {
        let frames = debuggee.frames(0..FRAMES).into_iter();
        let frames = frames.filter(|frame| frame.kind != FrameKind::Host);
        CrashValues {
            hint,
            frames: frames.map(|frame| lines(debuggee, frame.level)).collect(),
        }
    }

    /// The variables of a call, counted as in the report.
    pub(crate) fn of_frame(&self, number: usize) -> &[String] {
        self.frames.get(number).map_or(&[], Vec::as_slice)
    }
}

/// The variables that have a value, arguments first.
fn lines(debuggee: &Debuggee<'_, '_, WasiCtx>, level: usize) -> Vec<String> {
    let frame = debuggee.frame(level);
    // Without debug information there are none.
    let Ok(mut variables) = frame.and_then(|frame| frame.variables()) else {
        return Vec::new();
    };
    variables.sort_by_key(|variable| !variable.is_parameter);
    let known = variables.iter().filter_map(|variable| {
        let value = variable.value.as_ref().ok()?;
        let text = format!("{} = {value}", variable.name);
        Some(match text.char_indices().nth(LONGEST) {
            Some((at, _)) => harmless(&text[..at]) + "...",
            None => harmless(&text),
        })
    });
    let mut lines: Vec<_> = known.collect();
    let more = lines.len().saturating_sub(VARIABLES);
    if more > 1 {
        lines.truncate(VARIABLES);
        lines.push(format!("... and {more} more"));
    }
    lines
}
