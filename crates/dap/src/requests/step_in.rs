//! `stepIn`: a step into calls.

use super::Handle;
use crate::context::{Context, Refusal, Then};
use crate::protocol::{NoBody, StepInArguments, StepInRequest, SteppingGranularity};
use trapline_debugger::Resume;

impl Handle for StepInRequest {
    fn handle(context: &mut Context<'_>, arguments: StepInArguments) -> Result<NoBody, Refusal> {
        context.thread(arguments.thread_id)?;
        context.stopped()?;
        context.then = Then::Resume(match arguments.granularity {
            Some(SteppingGranularity::Instruction) => Resume::StepInstruction,
            _ => Resume::StepIn,
        });
        Ok(NoBody)
    }
}
