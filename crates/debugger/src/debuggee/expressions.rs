//! Expressions of breakpoints.

use super::Debuggee;
use crate::breakpoints::BreakpointId;
use crate::modules::ModuleId;

impl<T: 'static> Debuggee<'_, '_, T> {
    /// Whether the condition of a breakpoint holds where the guest is.
    pub(super) fn condition_holds(
        &mut self,
        id: BreakpointId,
        _module: ModuleId,
        _wasm_pc: u32,
    ) -> Result<bool, String> {
        match self.debugger.breakpoints.get(id).and_then(|b| b.settings().condition.clone()) {
            None => Ok(true),
            Some(_) => Err("TODO".into()),
        }
    }

    pub(super) fn logged(&self, expression: &str) -> String {
        format!("<{expression}>")
    }
}
