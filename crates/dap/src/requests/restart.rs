//! `restart`: the program ends, and starts again; with the arguments of a launch request as that would start it.

use super::Handle;
use crate::context::{Context, Refusal, Then};
use crate::launcher::LaunchOptions;
use crate::protocol::{NoBody, RestartArguments, RestartRequest};
use crate::session::Phase;

impl Handle for RestartRequest {
    fn handle(context: &mut Context<'_>, arguments: RestartArguments) -> Result<NoBody, Refusal> {
        if !context.session.can_restart {
            return Err(Refusal::because(
                "only what started the program can start it again",
            ));
        }
        if context.session.phase < Phase::Started {
            return context.live().map(|()| NoBody);
        }
        let options = match arguments.arguments {
            Some(arguments) => {
                let value = serde_json::to_value(arguments).map_err(Refusal::because)?;
                let options: Result<LaunchOptions, _> = serde_json::from_value(value);
                Some(options.map_err(|error| {
                    Refusal::because(format!("the arguments of restart are not valid: {error}"))
                })?)
            }
            None => None,
        };
        context.then = Then::Restart(options.map(Box::new));
        Ok(NoBody)
    }
}
