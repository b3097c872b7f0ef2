//! `configurationDone`: breakpoints are set, the program may start.

use super::Handle;
use crate::context::{Context, Refusal, Then};
use crate::protocol::{ConfigurationDoneRequest, NoArguments, NoBody};
use crate::session::Phase;

impl Handle for ConfigurationDoneRequest {
    fn handle(context: &mut Context<'_>, _: NoArguments) -> Result<NoBody, Refusal> {
        match context.session.phase {
            Phase::New | Phase::Initialized => {
                Err(Refusal::because("it is not said yet what is debugged"))
            }
            _ => {
                context.then = Then::Configured;
                Ok(NoBody)
            }
        }
    }
}
