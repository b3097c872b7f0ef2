//! `stepInTargets`: the calls on the line that can be stepped into.

use super::Handle;
use crate::context::{Context, Refusal};
use crate::protocol::{
    StepInTarget, StepInTargetsArguments, StepInTargetsBody, StepInTargetsRequest,
};
use crate::references::Referent;

impl Handle for StepInTargetsRequest {
    fn handle(
        context: &mut Context<'_>,
        arguments: StepInTargetsArguments,
    ) -> Result<StepInTargetsBody, Refusal> {
        let level = context.level(arguments.frame_id)?;
        // Frames further out are in a call already.
        let calls = match level {
            0 => context.guest.step_targets(),
            _ => Vec::new(),
        };
        let references = &mut context.session.references;
        let targets = calls.into_iter().map(|call| StepInTarget {
            id: references.add(Referent::Call {
                wasm_pc: call.wasm_pc,
            }),
            label: match call.function {
                Some(function) => function,
                None => "an indirect call".to_owned(),
            },
            ..StepInTarget::default()
        });
        Ok(StepInTargetsBody {
            targets: targets.collect(),
        })
    }
}
