//! `stackTrace`: the frames of the guest, as many as are asked for.

use super::Handle;
use crate::address;
use crate::context::{Context, Refusal};
use crate::protocol::{
    ModuleId, StackFrame, StackFrameFormat, StackFramePresentationHint, StackTraceArguments,
    StackTraceBody, StackTraceRequest,
};
use crate::references::Referent;
use trapline_debugger::{DebuggerError, FrameKind, StackFrame as Frame};
use trapline_symbols::{Format, Radix, ValueError, VariableKind};

/// A stack of endless recursion is told so far only, if all of it is asked for.
const MOST_FRAMES: usize = 20_000;

impl Handle for StackTraceRequest {
    fn handle(
        context: &mut Context<'_>,
        arguments: StackTraceArguments,
    ) -> Result<StackTraceBody, Refusal> {
        context.thread(arguments.thread_id)?;
        context.stopped()?;
        let first = arguments.start_frame.unwrap_or(0) as usize;
        let count = match arguments.levels.unwrap_or(0) as usize {
            0 => MOST_FRAMES,
            levels => levels.min(MOST_FRAMES),
        };
        let end = first.saturating_add(count);
        // One more tells whether there are more.
        let mut frames = context.guest.frames(first..end.saturating_add(1));
        let is_complete = frames.len() <= count && (first == 0 || !frames.is_empty());
        frames.truncate(count);
        let total = is_complete.then_some((first + frames.len()) as u32);
        let format = arguments.format.unwrap_or_default();
        let told = frames.iter().map(|frame| shown(context, frame, &format));
        Ok(StackTraceBody {
            stack_frames: told.collect(),
            total_frames: total,
        })
    }
}

fn shown(context: &mut Context<'_>, frame: &Frame, format: &StackFrameFormat) -> StackFrame {
    let mut name = frame.function.clone();
    if format.parameters == Some(true) {
        name += &parameters(context, frame, format);
    }
    let debugger = context.guest.debugger();
    let session = &mut *context.session;
    let module = frame.module.and_then(|id| debugger.module(id).ok());
    if let (Some(true), Some(module)) = (format.module, module) {
        name = format!("{}!{name}", module.name());
    }
    let (source, line, column) = session.sources.place(debugger, frame);
    if let (Some(true), Some(_)) = (format.line, &source) {
        name += &format!(" Line {line}");
    }
    let id = session
        .references
        .add(Referent::Frame { level: frame.level });
    let at = frame.module.zip(frame.wasm_pc);
    StackFrame {
        id,
        name,
        source,
        line: if line == 0 {
            0
        } else {
            session.line_to_client(line)
        },
        column: if column == 0 {
            0
        } else {
            session.column_to_client(column)
        },
        can_restart: Some(false),
        instruction_pointer_reference: at.map(|(module, wasm_pc)| address::code(module, wasm_pc)),
        module_id: frame
            .module
            .map(|module| ModuleId::Number(i64::from(module.index()))),
        presentation_hint: (frame.kind == FrameKind::Host)
            .then_some(StackFramePresentationHint::Label),
        ..StackFrame::default()
    }
}

/// The parameters of a frame, in parentheses.
fn parameters(context: &Context<'_>, frame: &Frame, format: &StackFrameFormat) -> String {
    let parts = || -> Result<Vec<String>, DebuggerError> {
        let view = context.guest.frame(frame.level)?;
        let radix = match format.hex {
            Some(true) => Radix::Hexadecimal,
            _ => Radix::Decimal,
        };
        let inspector = view.inspector()?;
        let inspector = inspector.with_format(Format::default().radix(radix));
        let shown = |text: Result<String, ValueError>| {
            text.unwrap_or_else(|problem| format!("<{problem}>"))
        };
        let values = view.values()?.into_iter();
        let parameters = values.filter(|(kind, _)| *kind == VariableKind::Parameter);
        let parts = parameters.map(|(_, value)| {
            let mut text = String::new();
            if format.parameter_types == Some(true) {
                text += &shown(inspector.type_name(&value));
            }
            if format.parameter_names != Some(false) && !value.name().is_empty() {
                text += if text.is_empty() { "" } else { " " };
                text += value.name();
            }
            if format.parameter_values == Some(true) {
                text += if text.is_empty() { "" } else { " = " };
                text += &shown(inspector.text(&value));
            }
            text
        });
        Ok(parts.collect())
    };
    format!("({})", parts().unwrap_or_default().join(", "))
}
