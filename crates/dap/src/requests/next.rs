//! `next`: a step over calls.

use super::Handle;
use crate::context::{Context, Refusal, Then};
use crate::protocol::{NextArguments, NextRequest, NoBody, SteppingGranularity};
use trapline_debugger::Resume;

impl Handle for NextRequest {
    fn handle(context: &mut Context<'_>, arguments: NextArguments) -> Result<NoBody, Refusal> {
        context.thread(arguments.thread_id)?;
        context.stopped()?;
        context.then = Then::Resume(match arguments.granularity {
            Some(SteppingGranularity::Instruction) => Resume::StepInstructionOver,
            // The lines of a text of instructions are those.
            _ if !context.has_lines() => Resume::StepInstructionOver,
            _ => Resume::StepOver,
        });
        Ok(NoBody)
    }
}
