//! One frame, looked into.

use super::{FrameKind, Machine, StackFrame};
use crate::error::DebuggerError;
use crate::modules::DebugModule;
use std::sync::Arc;
use trapline_symbols::{
    FrameEnvironment, FrameScopes, Inspector, Symbols, SymbolsError, Value, VariableKind,
};

/// A frame of a guest that stands still, with what can be read of it.
/// Made by [`Debuggee::frame`](crate::Debuggee::frame).
pub struct FrameView<'g> {
    shown: StackFrame,
    module: Option<&'g DebugModule>,
    /// How many inlined calls of the machine's frame it is in.
    inlined: usize,
    scopes: Option<FrameScopes>,
    problem: Option<String>,
    target: Box<dyn Machine + 'g>,
}

/// A variable as text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Local {
    /// Its name; empty if it has none.
    pub name: String,
    /// Its type, as its language writes it.
    pub type_name: String,
    /// Whether it is a parameter of the function.
    pub is_parameter: bool,
    /// Its value, or why that cannot be shown.
    pub value: Result<String, String>,
}

impl<'g> FrameView<'g> {
    pub(crate) fn new(
        target: Box<dyn Machine + 'g>,
        shown: StackFrame,
        inlined: usize,
        module: Option<&'g DebugModule>,
    ) -> FrameView<'g> {
        let mut problem = None;
        let mut scopes = None;
        let symbols = module.and_then(DebugModule::symbols);
        if let (Some(symbols), Some(wasm_pc)) = (symbols, shown.wasm_pc) {
            match symbols.scopes(wasm_pc) {
                // Those of the frame are as far from the outermost as the frame is.
                Ok(mut found) if found.len() > inlined => {
                    scopes = Some(found.swap_remove(found.len() - 1 - inlined));
                }
                Ok(_) => {}
                Err(error) => problem = Some(error.to_string()),
            }
        }
        FrameView {
            shown,
            module,
            inlined,
            scopes,
            problem,
            target,
        }
    }

    /// What frame it is.
    pub fn shown(&self) -> &StackFrame {
        &self.shown
    }

    /// What the values are read from.
    pub fn target(&self) -> &dyn Machine {
        &*self.target
    }

    /// The debug information of the frame's module.
    pub fn symbols(&self) -> Option<&'g Arc<Symbols>> {
        self.module?.symbols()
    }

    /// The variables at the place where the frame is; `None` if nothing is known of them.
    pub fn scopes(&self) -> Option<&FrameScopes> {
        self.scopes.as_ref()
    }

    /// What shows the values of variables.
    ///
    /// # Errors
    ///
    /// If the frame's module has no debug information, or the frame is the host's.
    pub fn inspector(&self) -> Result<Inspector<'_>, DebuggerError> {
        Ok(Inspector::new(self.known_symbols()?, &*self.target))
    }

    /// What expressions are evaluated in, with the names that are known in this frame. To give it a
    /// history or the permission to call functions
    /// ([`Debuggee::calls`](crate::Debuggee::calls)) is the front end's.
    ///
    /// # Errors
    ///
    /// As for [`FrameView::inspector`], and if the debug information is damaged.
    pub fn environment<'v>(&'v self) -> Result<FrameEnvironment<'v, 'v>, DebuggerError> {
        let symbols = self.known_symbols()?;
        let wasm_pc = self.shown.wasm_pc;
        let damaged = |error: SymbolsError| DebuggerError::Symbols(error.to_string());
        let frames = match wasm_pc {
            Some(wasm_pc) => symbols.frames(wasm_pc).map_err(damaged)?.len(),
            None => 0,
        };
        // They are counted from the innermost.
        let frame = frames.saturating_sub(1 + self.inlined);
        FrameEnvironment::new(symbols, &*self.target, wasm_pc, frame).map_err(damaged)
    }

    /// The value of an expression as text. It may assign to what is in memory, but not call functions.
    ///
    /// # Errors
    ///
    /// What is wrong with it, with a mark below the place.
    pub fn evaluate(&self, expression: &str) -> Result<String, DebuggerError> {
        let mut environment = self.environment()?;
        let value = environment.evaluate(expression);
        let value = value.map_err(|error| DebuggerError::Expression(error.render(expression)))?;
        let text = environment.inspector().text(&value);
        text.map_err(|error| DebuggerError::Expression(error.to_string()))
    }

    fn known_symbols(&self) -> Result<&'g Symbols, DebuggerError> {
        if self.shown.kind == FrameKind::Host {
            return Err(DebuggerError::HostFrame);
        }
        self.module
            .and_then(DebugModule::symbols_for_expressions)
            .map(|symbols| &**symbols)
            .ok_or(DebuggerError::NoSymbols)
    }

    /// The values of all variables, those of inner scopes first, each with its variable's kind.
    ///
    /// # Errors
    ///
    /// As for [`FrameView::inspector`], and if the debug information is damaged.
    pub fn values(&self) -> Result<Vec<(VariableKind, Value)>, DebuggerError> {
        let inspector = self.inspector()?;
        if let Some(problem) = &self.problem {
            return Err(DebuggerError::Symbols(problem.clone()));
        }
        let scopes = self.scopes.as_ref().ok_or(DebuggerError::NoSymbols)?;
        let variables = scopes.variables();
        let values = variables.map(|variable| (variable.kind, inspector.variable(variable)));
        Ok(values.collect())
    }

    /// The variables of the function as text, parameters and others, those of inner scopes first.
    ///
    /// # Errors
    ///
    /// As for [`FrameView::values`].
    pub fn variables(&self) -> Result<Vec<Local>, DebuggerError> {
        let inspector = self.inspector()?;
        let values = self.values()?.into_iter();
        let locals = values.map(|(kind, value)| Local {
            name: value.name().to_owned(),
            type_name: inspector
                .type_name(&value)
                .unwrap_or_else(|error| format!("<{error}>")),
            is_parameter: kind == VariableKind::Parameter,
            value: inspector.text(&value).map_err(|error| error.to_string()),
        });
        Ok(locals.collect())
    }

    /// The parameters of the function as text, in their order.
    ///
    /// # Errors
    ///
    /// As for [`FrameView::values`].
    pub fn arguments(&self) -> Result<Vec<Local>, DebuggerError> {
        let mut variables = self.variables()?;
        variables.retain(|variable| variable.is_parameter);
        Ok(variables)
    }
}
