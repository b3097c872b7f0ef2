//! Expressions of breakpoints.

use super::Debuggee;
use crate::breakpoints::BreakpointId;
use crate::frames::FrameTarget;
use crate::modules::ModuleId;
use std::collections::HashMap;
use std::sync::Arc;
use trapline_symbols::Condition;

/// The conditions of breakpoints, bound to the places of these.
#[derive(Default)]
pub(super) struct Conditions(HashMap<(BreakpointId, ModuleId, u32), Bound>);

/// A condition at a place.
struct Bound {
    /// Of the breakpoint, when this was made.
    revision: u64,
    source: String,
    condition: Result<Condition, String>,
}

impl<T: 'static> Debuggee<'_, '_, T> {
    /// Whether the condition of a breakpoint holds where the guest is, as it does if there is none.
    pub(super) fn condition_holds(
        &mut self,
        id: BreakpointId,
        module: ModuleId,
        wasm_pc: u32,
    ) -> Result<bool, String> {
        let Some(breakpoint) = self.debugger.breakpoints.get(id) else {
            return Ok(true);
        };
        let Some(source) = &breakpoint.settings().condition else {
            return Ok(true);
        };
        let revision = breakpoint.revision();
        let known = self.debugger.modules.get(module);
        let symbols = known.and_then(|module| module.symbols());
        let symbols =
            symbols.ok_or("there is no debug information to evaluate the condition by")?;
        let key = (id, module, wasm_pc);
        let bound = self.conditions.0.get(&key);
        if bound.is_none_or(|bound| bound.revision != revision) {
            let condition = Condition::bind(symbols, source, wasm_pc);
            let bound = Bound {
                revision,
                source: source.clone(),
                condition: condition.map_err(|error| error.render(source)),
            };
            self.conditions.0.insert(key, bound);
        }
        let bound = &self.conditions.0[&key];
        let condition = bound.condition.as_ref().map_err(Clone::clone)?;
        let frame = self.session.borrow().frames().next();
        let frame = frame.ok_or("there is no frame to evaluate the condition in")?;
        let target = FrameTarget::new(&self.session, Arc::new(frame));
        let holds = condition.holds(symbols, &target);
        holds.map_err(|error| error.render(&bound.source))
    }

    /// The value of an expression of a log message, or what is wrong with it.
    pub(super) fn logged(&self, expression: &str) -> String {
        let value = || {
            let frame = self.frame(0).map_err(|error| error.to_string())?;
            let environment = frame.environment();
            let mut environment = environment.map_err(|error| error.to_string())?;
            let value = environment.evaluate(expression);
            // There is no room for a mark below the expression.
            let value = value.map_err(|error| error.problem.to_string())?;
            let text = environment.inspector().text(&value);
            text.map_err(|error| error.to_string())
        };
        value().unwrap_or_else(|problem| format!("<{problem}>"))
    }
}
