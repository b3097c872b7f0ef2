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
        let debugger = context.guest.debugger_mut();
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
        let breakpoints = &mut context.session.breakpoints;
        let made = breakpoints.set(debugger, Group::Instructions, wanted);
        let debugger = context.guest.debugger();
        let told = made
            .iter()
            .map(|made| context.session.breakpoint(debugger, made));
        Ok(SetBreakpointsBody {
            breakpoints: told.collect(),
        })
    }
}

fn place(debugger: &Debugger, reference: &str, offset: i64) -> Result<BreakpointKind, String> {
    let Some(Address::Code { module, wasm_pc }) = address::parse(reference, offset) else {
        return Err(format!("{reference} is no place in code"));
    };
    let mut modules = debugger.modules().iter();
    let module = modules.find(|known| known.id().index() == module);
    let module = module.ok_or_else(|| format!("{reference} is in no module"))?;
    Ok(BreakpointKind::address(module.id(), wasm_pc))
}
