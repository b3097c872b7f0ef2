//! The frames of a guest that stands still, in terms of its source.

mod calls;
mod machine;
mod target;
mod view;

pub use calls::FrameCalls;
pub use machine::Machine;
pub use target::FrameTarget;
pub use view::{FrameView, Local};

use crate::modules::{DebugModule, ModuleId};
use std::sync::Arc;
use trapline::Frame;
use trapline_symbols::SourceLocation;

/// What a frame on the stack is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// A call in the machine.
    Call,
    /// A call that the compiler has inlined into that of a frame further out.
    Inlined,
    /// A mark for the frames of the host between one entry into the guest and the next.
    Host,
}

/// A frame on the stack.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StackFrame {
    /// Its number: 0 is the innermost.
    pub level: usize,
    /// What it is.
    pub kind: FrameKind,
    /// The function's name, readable.
    pub function: String,
    /// Where in the source it is, if that is known.
    pub location: Option<SourceLocation>,
    /// The module of its function; `None` for the host.
    pub module: Option<ModuleId>,
    /// The function's index in the module.
    pub function_index: Option<u32>,
    /// The offset in the module file of the instruction that comes next in the innermost frame, and
    /// of the call in the others.
    pub wasm_pc: Option<u32>,
}

/// The frames of one stop, found as far as they were asked for.
#[derive(Default)]
pub(crate) struct Stack {
    /// The frames of the machine, and marks for the host.
    pub(crate) frames: Vec<Arc<Frame>>,
    /// What they are in the source. The second number leads back: which of `frames` it is.
    pub(crate) levels: Vec<(StackFrame, usize)>,
    /// Whether there are no more.
    pub(crate) is_complete: bool,
    /// In how many of the inlined calls at the innermost frame the user is; `None` for all of them.
    pub(crate) entered: Option<usize>,
}

impl Stack {
    /// Adds a frame of the machine, with the calls that are inlined into it.
    pub(crate) fn push(&mut self, frame: Frame, module: Option<&DebugModule>) {
        let entered = self.entered.filter(|_| self.frames.is_empty());
        let index = self.frames.len();
        let (function, wasm_pc) = (frame.function().ok(), frame.wasm_pc().ok().flatten());
        for mut shown in describe(function, wasm_pc, module, entered) {
            shown.level = self.levels.len();
            self.levels.push((shown, index));
        }
        self.frames.push(Arc::new(frame));
    }
}

/// What a frame of the machine is in the source, innermost first. Without a module, or function, it is the
/// host's.
pub(crate) fn describe(
    function_index: Option<u32>,
    wasm_pc: Option<u32>,
    module: Option<&DebugModule>,
    entered: Option<usize>,
) -> Vec<StackFrame> {
    let (Some(module), Some(index)) = (module, function_index) else {
        return vec![StackFrame {
            level: 0,
            kind: FrameKind::Host,
            function: "the host".to_owned(),
            location: None,
            module: None,
            function_index: None,
            wasm_pc: None,
        }];
    };
    let shown = |kind, function, location| StackFrame {
        level: 0,
        kind,
        function,
        location,
        module: Some(module.id()),
        function_index,
        wasm_pc,
    };
    let source = wasm_pc
        .zip(module.symbols())
        .and_then(|(pc, symbols)| symbols.frames(pc).ok())
        .unwrap_or_default();
    if source.is_empty() {
        return vec![shown(FrameKind::Call, module.function_name(index), None)];
    }
    let inlined = source.len() - 1;
    let not_entered = entered.map_or(0, |entered| inlined.saturating_sub(entered));
    let source = source.into_iter().skip(not_entered);
    let frames = source.map(|source| {
        let kind = match source.inlined {
            true => FrameKind::Inlined,
            false => FrameKind::Call,
        };
        let name = source.function;
        let name = name.unwrap_or_else(|| module.function_name(index));
        shown(kind, name, source.location)
    });
    frames.collect()
}
