//! `terminate`: the program ends.

use super::Handle;
use crate::context::{Context, Refusal, Then};
use crate::protocol::{NoBody, TerminateArguments, TerminateRequest};
use crate::session::Phase;

impl Handle for TerminateRequest {
    fn handle(context: &mut Context<'_>, _: TerminateArguments) -> Result<NoBody, Refusal> {
        // Before it was started there is nothing to end but the wish to.
        if context.session.phase != Phase::Configuring {
            context.live()?;
        }
        context.then = Then::Terminate;
        Ok(NoBody)
    }
}
