//! `scopes`: what a frame has of variables, by kinds.

use super::Handle;
use crate::context::{Context, Refusal};
use crate::protocol::{Scope, ScopePresentationHint, ScopesArguments, ScopesBody, ScopesRequest};
use crate::references::{Referent, ScopeKind};
use trapline_debugger::FrameKind;
use trapline_symbols::VariableKind;

impl Handle for ScopesRequest {
    fn handle(
        context: &mut Context<'_>,
        arguments: ScopesArguments,
    ) -> Result<ScopesBody, Refusal> {
        let level = context.level(arguments.frame_id)?;
        let frame = context.guest.frame(level)?;
        if frame.shown().kind == FrameKind::Host {
            return Ok(ScopesBody { scopes: Vec::new() });
        }
        let mut kinds = Vec::new();
        if let Some(scopes) = frame.scopes() {
            let variables = scopes.variables();
            let own = variables.filter(|variable| variable.kind != VariableKind::Global);
            kinds.push((ScopeKind::Locals, Some(own.count())));
            kinds.push((ScopeKind::Globals, None));
        }
        let machine = frame.target();
        kinds.push((ScopeKind::WasmLocals, Some(machine.num_locals() as usize)));
        kinds.push((
            ScopeKind::WasmOperands,
            Some(machine.num_operands() as usize),
        ));
        kinds.push((ScopeKind::WasmGlobals, None));
        drop(frame);
        let scopes = kinds.into_iter().map(|(kind, count)| {
            let number = context
                .session
                .references
                .add(Referent::Scope { level, kind });
            scope(kind, number, count)
        });
        Ok(ScopesBody {
            scopes: scopes.collect(),
        })
    }
}

fn scope(kind: ScopeKind, number: i64, count: Option<usize>) -> Scope {
    let (name, hint) = match kind {
        ScopeKind::Locals => ("Locals", Some(ScopePresentationHint::Locals)),
        ScopeKind::Globals => (
            "Globals",
            Some(ScopePresentationHint::Other("globals".to_owned())),
        ),
        ScopeKind::WasmLocals => ("WebAssembly locals", Some(ScopePresentationHint::Registers)),
        ScopeKind::WasmOperands => (
            "WebAssembly operands",
            Some(ScopePresentationHint::Registers),
        ),
        ScopeKind::WasmGlobals => (
            "WebAssembly globals",
            Some(ScopePresentationHint::Registers),
        ),
    };
    Scope {
        name: name.to_owned(),
        presentation_hint: hint,
        variables_reference: number,
        named_variables: count.map(|count| count as u32),
        // What is not of the source is not unfolded at every step.
        expensive: kind != ScopeKind::Locals,
        ..Scope::default()
    }
}
