//! `stepIn`: a step into calls.

use super::Handle;
use crate::context::{Context, Refusal, Then};
use crate::protocol::{NoBody, StepInArguments, StepInRequest, SteppingGranularity};
use crate::references::Referent;
use trapline_debugger::Resume;

impl Handle for StepInRequest {
    fn handle(context: &mut Context<'_>, arguments: StepInArguments) -> Result<NoBody, Refusal> {
        context.thread(arguments.thread_id)?;
        context.stopped()?;
        let target = match arguments.target_id {
            Some(id) => match context.referent(id)? {
                Referent::Call { wasm_pc } => Some(*wasm_pc),
                _ => return Err(Refusal::because(format!("{id} is no call"))),
            },
            None => None,
        };
        context.then = Then::Resume(match (arguments.granularity, target) {
            (_, Some(wasm_pc)) => Resume::StepIntoCall { wasm_pc },
            (Some(SteppingGranularity::Instruction), None) => Resume::StepInstruction,
            // The lines of a text of instructions are those.
            _ if !context.has_lines() => Resume::StepInstruction,
            _ => Resume::StepIn,
        });
        Ok(NoBody)
    }
}
