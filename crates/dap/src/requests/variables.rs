//! `variables`: those of a scope, or the parts of a value.

use super::Handle;
use crate::context::{Container, Context, Refusal};
use crate::protocol::{
    Variable, VariableAttribute, VariablePresentationHint, VariablesArguments, VariablesBody,
    VariablesFilter, VariablesRequest,
};
use crate::references::{ScopeKind, ShownValue};
use crate::values::{is_hex, is_index, wasm_value};
use trapline_symbols::{TargetError, Variable as Known, VariableKind, WasmValue};

/// More are not told at once.
const MOST: u64 = 10_000;

impl Handle for VariablesRequest {
    fn handle(
        context: &mut Context<'_>,
        arguments: VariablesArguments,
    ) -> Result<VariablesBody, Refusal> {
        let is_hex = is_hex(arguments.format.as_ref());
        let start = u64::from(arguments.start.unwrap_or(0));
        let count = match arguments.count.unwrap_or(0) {
            0 => MOST,
            count => u64::from(count).min(MOST),
        };
        let variables = match context.container(arguments.variables_reference)? {
            Container::Scope(_, _) if arguments.filter == Some(VariablesFilter::Indexed) => {
                Vec::new()
            }
            Container::Scope(level, kind) => {
                let all = of_scope(context, level, kind, is_hex)?;
                let part = all.into_iter().skip(start as usize);
                part.take(count as usize).collect()
            }
            Container::Value(mut whole) => {
                whole.is_hex |= is_hex;
                let parts = context.parts(&whole, start..start.saturating_add(count))?;
                let wanted = parts.iter().filter(|part| match arguments.filter {
                    Some(VariablesFilter::Indexed) => is_index(part.value.name()),
                    Some(VariablesFilter::Named) => !is_index(part.value.name()),
                    None => true,
                });
                let told = wanted.map(|part| context.variable(part, None));
                told.collect::<Result<_, _>>()?
            }
        };
        Ok(VariablesBody { variables })
    }
}

fn of_scope(
    context: &mut Context<'_>,
    level: usize,
    kind: ScopeKind,
    is_hex: bool,
) -> Result<Vec<Variable>, Refusal> {
    match kind {
        ScopeKind::Locals | ScopeKind::Globals => {
            let known = known(context, level, kind)?;
            let mut told = Vec::with_capacity(known.len());
            let mut names: Vec<&str> = Vec::new();
            for variable in &known {
                let name = variable.name.as_deref().unwrap_or_default();
                // Of several with one name only the innermost is what the name stands for.
                let is_first = !name.is_empty() && !names.contains(&name);
                names.push(name);
                let value = context.inspect(level, |inspector| Ok(inspector.variable(variable)))?;
                let shown = ShownValue {
                    level,
                    value,
                    expression: is_first.then(|| name.to_owned()),
                    is_raw: false,
                    is_hex,
                };
                told.push(context.variable(&shown, Some(variable))?);
            }
            Ok(told)
        }
        ScopeKind::WasmLocals | ScopeKind::WasmOperands | ScopeKind::WasmGlobals => {
            of_machine(context, level, kind, is_hex)
        }
    }
}

/// The variables of a scope; those of inner blocks before those of outer ones.
pub(super) fn known(
    context: &Context<'_>,
    level: usize,
    kind: ScopeKind,
) -> Result<Vec<Known>, Refusal> {
    let frame = context.guest.frame(level)?;
    if kind == ScopeKind::Globals {
        let symbols = frame.symbols().zip(frame.shown().wasm_pc);
        let globals = symbols.map(|(symbols, wasm_pc)| symbols.unit_globals(wasm_pc));
        let mut globals = globals
            .unwrap_or(Ok(Vec::new()))
            .map_err(Refusal::because)?;
        // Compilers make variables of the texts in a program, which have no names.
        globals.retain(|variable| variable.name.is_some());
        return Ok(globals);
    }
    let Some(scopes) = frame.scopes() else {
        return Ok(Vec::new());
    };
    let of = |wanted| {
        let variables = scopes.variables();
        variables.filter(move |variable| variable.kind == wanted)
    };
    let all = of(VariableKind::Parameter).chain(of(VariableKind::Local));
    Ok(all.cloned().collect())
}

fn of_machine(
    context: &Context<'_>,
    level: usize,
    kind: ScopeKind,
    is_hex: bool,
) -> Result<Vec<Variable>, Refusal> {
    type Read<'r> = Box<dyn Fn(u32) -> Result<WasmValue, TargetError> + 'r>;
    let frame = context.guest.frame(level)?;
    let machine = frame.target();
    let (count, name, read): (u32, &str, Read<'_>) = match kind {
        ScopeKind::WasmLocals => (
            machine.num_locals(),
            "$local",
            Box::new(|i| machine.local(i)),
        ),
        ScopeKind::WasmOperands => (
            machine.num_operands(),
            "$stack",
            Box::new(|i| machine.operand(i)),
        ),
        _ => (
            machine.num_globals(),
            "$global",
            Box::new(|i| machine.global(i)),
        ),
    };
    let variables = (0..count).map(|index| {
        let name = format!("{name}{index}");
        let (value, type_name) = match read(index) {
            Ok(value) => {
                let (text, type_name) = wasm_value(value, is_hex);
                let type_name = context.tells_types().then(|| type_name.to_owned());
                (text, type_name)
            }
            Err(problem) => (format!("<{problem}>"), None),
        };
        let is_fixed = kind != ScopeKind::WasmGlobals;
        Variable {
            evaluate_name: Some(name.clone()),
            name,
            value,
            type_name,
            presentation_hint: is_fixed.then(|| VariablePresentationHint {
                attributes: Some(vec![VariableAttribute::ReadOnly]),
                ..VariablePresentationHint::default()
            }),
            ..Variable::default()
        }
    });
    Ok(variables.collect())
}
