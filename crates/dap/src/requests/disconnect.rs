//! `disconnect`: the client goes.

use super::Handle;
use crate::context::{Context, Refusal, Then};
use crate::protocol::{DisconnectArguments, DisconnectRequest, NoBody};

impl Handle for DisconnectRequest {
    fn handle(
        context: &mut Context<'_>,
        arguments: DisconnectArguments,
    ) -> Result<NoBody, Refusal> {
        context.then = Then::Disconnect {
            terminate: arguments.terminate_debuggee,
        };
        Ok(NoBody)
    }
}
