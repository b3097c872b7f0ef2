//! `setVariable`: stores a value in a variable of a scope, or in a part of a value.

use super::Handle;
use super::variables::known;
use crate::context::{Container, Context, Refusal};
use crate::evaluation::Effects;
use crate::protocol::{SetVariableArguments, SetVariableBody, SetVariableRequest};
use crate::references::{ScopeKind, ShownValue};
use crate::values::{is_hex, wasm_value};

/// A part is looked for among so many.
const FARTHEST: u64 = 100_000;

impl Handle for SetVariableRequest {
    fn handle(
        context: &mut Context<'_>,
        arguments: SetVariableArguments,
    ) -> Result<SetVariableBody, Refusal> {
        let (name, value) = (arguments.name.trim(), arguments.value.trim());
        let unknown = || Refusal::because(format!("there is no variable {name} here"));
        let is_hex = is_hex(arguments.format.as_ref());
        let place = match context.container(arguments.variables_reference)? {
            Container::Scope(level, ScopeKind::WasmGlobals) => {
                return set_global(context, level, name, value, is_hex);
            }
            Container::Scope(_, ScopeKind::WasmLocals | ScopeKind::WasmOperands) => {
                return Err(Refusal::because(
                    "locals and operands of WebAssembly can be looked at only",
                ));
            }
            Container::Scope(level, kind) => {
                let known = known(context, level, kind)?;
                let mut known = known.iter();
                let found = known.find(|variable| variable.name.as_deref() == Some(name));
                let variable = found.ok_or_else(unknown)?;
                ShownValue {
                    level,
                    value: context.inspect(level, |inspector| Ok(inspector.variable(variable)))?,
                    expression: Some(name.to_owned()),
                    is_raw: false,
                    is_hex,
                }
            }
            Container::Value(whole) => {
                let index = name
                    .strip_prefix('[')
                    .and_then(|rest| rest.strip_suffix(']'));
                let index = index.and_then(|index| index.parse::<u64>().ok());
                let at = index.map_or(0..0, |index| index..index.saturating_add(1));
                let mut parts = context.parts(&whole, at)?;
                // What looks like an index may be the key of a map.
                if parts.iter().all(|part| part.value.name() != name) {
                    parts = context.parts(&whole, 0..FARTHEST)?;
                }
                let parts = parts.into_iter();
                let mut parts = parts.filter(|part| part.value.name() == name);
                parts.next().ok_or_else(unknown)?
            }
        };
        let stored = context.store(&place, value)?;
        let told = context.tell_value(&ShownValue { is_hex, ..stored })?;
        Ok(SetVariableBody {
            value: told.text,
            type_name: told.type_name,
            variables_reference: Some(told.reference),
            named_variables: told.named,
            indexed_variables: told.indexed,
            memory_reference: told.memory,
            ..SetVariableBody::default()
        })
    }
}

impl Context<'_> {
    /// Stores the value of an expression where another one is.
    pub(super) fn store(
        &mut self,
        place: &ShownValue,
        expression: &str,
    ) -> Result<ShownValue, Refusal> {
        let (value, memory) = self.with_environment(
            place.level,
            Effects::Assignments,
            |environment| {
                let stored = environment.assign(&place.value, expression)?;
                let size = environment.inspector().size_of(&stored).ok();
                let memory = stored.address().zip(size);
                Ok((stored, memory))
            },
            expression,
        )?;
        self.changed(memory);
        Ok(ShownValue {
            value,
            ..place.clone()
        })
    }
}

fn set_global(
    context: &mut Context<'_>,
    level: usize,
    name: &str,
    value: &str,
    is_hex: bool,
) -> Result<SetVariableBody, Refusal> {
    let index = name.strip_prefix("$global");
    let index = index.and_then(|index| index.parse().ok());
    let index = index.ok_or_else(|| Refusal::because(format!("there is no global {name}")))?;
    let assignment = format!("{name} = {value}");
    context.with_environment(
        level,
        Effects::Assignments,
        |environment| environment.evaluate(&assignment),
        &assignment,
    )?;
    context.changed(None);
    let frame = context.guest.frame(level)?;
    let now = frame.target().global(index).map_err(Refusal::because)?;
    let (value, type_name) = wasm_value(now, is_hex);
    Ok(SetVariableBody {
        value,
        type_name: context.tells_types().then(|| type_name.to_owned()),
        ..SetVariableBody::default()
    })
}
