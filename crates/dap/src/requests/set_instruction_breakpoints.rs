//! `setInstructionBreakpoints`: all breakpoints at instructions.

use super::Handle;
use crate::address::{self, Address};
use crate::breakpoints::{Group, Wanted};
use crate::context::{Context, Refusal};
use crate::protocol::{
    SetBreakpointsBody, SetInstructionBreakpointsArguments, SetInstructionBreakpointsRequest,
};
use trapline_debugger::{BreakpointKind, Debugger};

impl Handle for SetInstructionBreakpointsRequest {
    fn handle(
        context: &mut Context<'_>,
        arguments: SetInstructionBreakpointsArguments,
    ) -> Result<SetBreakpointsBody, Refusal> {
        let debugger = context.guest.debugger();
        let wanted = arguments.breakpoints.into_iter().map(|breakpoint| Wanted {
            kind: place(
                debugger,
                &breakpoint.instruction_reference,
                breakpoint.offset.unwrap_or(0),
            ),
            condition: breakpoint.condition,
            hit_condition: breakpoint.hit_condition,
            log_message: None,
        });
        let wanted = wanted.collect();
        Ok(context.set_breakpoints(Group::Instructions, wanted))
    }
}

fn place(debugger: &Debugger, reference: &str, offset: i64) -> Result<BreakpointKind, String> {
    let Some(Address::Code { module, wasm_pc }) = address::parse(reference, offset) else {
        return Err(format!("{reference} is no place in code"));
    };
    let module = debugger.module(module);
    let module = module.map_err(|error| error.to_string())?;
    Ok(BreakpointKind::address(module.id(), wasm_pc))
}
