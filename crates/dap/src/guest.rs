//! The guest as requests see it: the debugger, with a program that stands still or without one.

use std::ops::Range;
use trapline::InterruptHandle;
use trapline_debugger::{Debuggee, Debugger, DebuggerError, FrameView, StackFrame, StepTarget};
use trapline_symbols::Calls;

/// What is done with the permission to call functions.
pub(crate) type CallWork<'w> = &'w mut dyn FnMut(&mut dyn Calls);

/// The debugger, with a program or without.
pub(crate) trait Guest {
    fn debugger(&self) -> &Debugger;

    fn debugger_mut(&mut self) -> &mut Debugger;

    /// Some of the frames on the stack, by their levels.
    fn frames(&self, levels: Range<usize>) -> Vec<StackFrame>;

    /// The frame of a level, to be looked into.
    fn frame(&self, level: usize) -> Result<FrameView<'_>, DebuggerError>;

    /// The calls on the line that the innermost frame is at.
    fn step_targets(&self) -> Vec<StepTarget>;

    /// Works with the permission to call functions of the program. `begin` is given what stops each.
    fn with_calls(
        &self,
        level: usize,
        begin: &mut dyn FnMut(InterruptHandle),
        work: CallWork<'_>,
    ) -> Result<(), DebuggerError>;
}

/// The debugger without a program.
pub(crate) struct Idle<'d>(pub(crate) &'d mut Debugger);

impl Guest for Idle<'_> {
    fn debugger(&self) -> &Debugger {
        self.0
    }

    fn debugger_mut(&mut self) -> &mut Debugger {
        self.0
    }

    fn frames(&self, _: Range<usize>) -> Vec<StackFrame> {
        Vec::new()
    }

    fn frame(&self, level: usize) -> Result<FrameView<'_>, DebuggerError> {
        Err(DebuggerError::NoFrame(level))
    }

    fn step_targets(&self) -> Vec<StepTarget> {
        Vec::new()
    }

    fn with_calls(
        &self,
        level: usize,
        _: &mut dyn FnMut(InterruptHandle),
        _: CallWork<'_>,
    ) -> Result<(), DebuggerError> {
        Err(DebuggerError::NoFrame(level))
    }
}

impl<T: 'static> Guest for Debuggee<'_, '_, T> {
    fn debugger(&self) -> &Debugger {
        Debuggee::debugger(self)
    }

    fn debugger_mut(&mut self) -> &mut Debugger {
        Debuggee::debugger_mut(self)
    }

    fn frames(&self, levels: Range<usize>) -> Vec<StackFrame> {
        Debuggee::frames(self, levels)
    }

    fn frame(&self, level: usize) -> Result<FrameView<'_>, DebuggerError> {
        Debuggee::frame(self, level)
    }

    fn step_targets(&self) -> Vec<StepTarget> {
        Debuggee::step_targets(self)
    }

    fn with_calls(
        &self,
        level: usize,
        begin: &mut dyn FnMut(InterruptHandle),
        work: CallWork<'_>,
    ) -> Result<(), DebuggerError> {
        let mut calls = self.calls(level)?.on_begin(begin);
        work(&mut calls);
        Ok(())
    }
}
