//! `setFunctionBreakpoints`: all breakpoints at functions.

use super::Handle;
use crate::breakpoints::{Group, Wanted};
use crate::context::{Context, Refusal};
use crate::protocol::{
    SetBreakpointsBody, SetFunctionBreakpointsArguments, SetFunctionBreakpointsRequest,
};
use trapline_debugger::BreakpointKind;

impl Handle for SetFunctionBreakpointsRequest {
    fn handle(
        context: &mut Context<'_>,
        arguments: SetFunctionBreakpointsArguments,
    ) -> Result<SetBreakpointsBody, Refusal> {
        let wanted = arguments.breakpoints.into_iter().map(|breakpoint| Wanted {
            kind: match breakpoint.name.trim() {
                "" => Err("there is no name".to_owned()),
                name => Ok(BreakpointKind::function(name)),
            },
            condition: breakpoint.condition,
            hit_condition: breakpoint.hit_condition,
            log_message: None,
        });
        Ok(context.set_breakpoints(Group::Functions, wanted.collect()))
    }
}
