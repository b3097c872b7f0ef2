//! `pause`: the guest is to stand still.

use super::Handle;
use crate::context::{Context, Refusal, Then};
use crate::protocol::{NoBody, PauseArguments, PauseRequest};

impl Handle for PauseRequest {
    fn handle(context: &mut Context<'_>, arguments: PauseArguments) -> Result<NoBody, Refusal> {
        context.live()?;
        context.thread(arguments.thread_id)?;
        if context.session.stopped.is_none() {
            context.then = Then::Pause;
        }
        Ok(NoBody)
    }
}
