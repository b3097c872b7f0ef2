//! `terminate`: the program ends.

use super::Handle;
use crate::context::{Context, Refusal, Then};
use crate::protocol::{NoBody, TerminateArguments, TerminateRequest};

impl Handle for TerminateRequest {
    fn handle(context: &mut Context<'_>, _: TerminateArguments) -> Result<NoBody, Refusal> {
        context.live()?;
        context.then = Then::Terminate;
        Ok(NoBody)
    }
}
