//! `stepOut`: to where the function returns.

use super::Handle;
use crate::context::{Context, Refusal, Then};
use crate::protocol::{NoBody, StepOutArguments, StepOutRequest};
use trapline_debugger::Resume;

impl Handle for StepOutRequest {
    fn handle(context: &mut Context<'_>, arguments: StepOutArguments) -> Result<NoBody, Refusal> {
        context.thread(arguments.thread_id)?;
        context.stopped()?;
        context.then = Then::Resume(Resume::StepOut { level: 0 });
        Ok(NoBody)
    }
}
