//! Expressions at the selected frame.

use super::CommandError;
use super::context::{Context, Guest};
use trapline_symbols::{FrameEnvironment, Target, TargetError, Value, WasmValue};

/// What expressions read where no program runs: nothing.
struct NoProgram;

fn nothing<R>() -> Result<R, TargetError> {
    Err(TargetError("the program is not running".to_owned()))
}

impl Target for NoProgram {
    fn read_memory(&self, _: u64, _: &mut [u8]) -> Result<(), TargetError> {
        nothing()
    }

    fn memory_size(&self) -> u64 {
        0
    }

    fn local(&self, _: u32) -> Result<WasmValue, TargetError> {
        nothing()
    }

    fn operand(&self, _: u32) -> Result<WasmValue, TargetError> {
        nothing()
    }

    fn global(&self, _: u32) -> Result<WasmValue, TargetError> {
        nothing()
    }
}

impl Context<'_, '_, '_> {
    /// Evaluates an expression at the selected frame, and works with its value there.
    pub(super) fn evaluate<R>(
        &mut self,
        source: &str,
        calls: bool,
        work: impl FnOnce(&mut FrameEnvironment<'_, '_>, &Value) -> Result<R, CommandError>,
    ) -> Result<R, CommandError> {
        self.with_environment(calls, |environment| {
            let value = environment.evaluate(source);
            let value = value.map_err(|error| CommandError::new(error.render(source)))?;
            work(environment, &value)
        })
    }

    /// Works in the environment of the selected frame; where there is none, in that of the first
    /// module.
    pub(super) fn with_environment<R>(
        &mut self,
        calls: bool,
        work: impl FnOnce(&mut FrameEnvironment<'_, '_>) -> Result<R, CommandError>,
    ) -> Result<R, CommandError> {
        let level = self.console.level;
        let history = &mut self.console.history;
        match &mut self.guest {
            Guest::Idle(debugger) => {
                let module = debugger.modules().iter().next();
                let missing = || CommandError::new("the program has no debug information");
                let symbols = module
                    .and_then(|module| module.symbols())
                    .ok_or_else(missing)?;
                let environment = FrameEnvironment::new(symbols, &NoProgram, None, 0);
                let environment = environment.map_err(CommandError::new)?;
                work(&mut environment.with_history(history))
            }
            Guest::Dead(postmortem) => {
                let frame = postmortem.frame(level)?;
                work(&mut frame.environment()?.with_history(history))
            }
            Guest::Live(debuggee) => {
                let frame = debuggee.frame(level)?;
                let environment = frame.environment()?.with_history(history);
                if !calls {
                    return work(&mut { environment });
                }
                let running = &self.console.running;
                let calls = debuggee.calls(level)?;
                let mut calls = calls.on_begin(|handle| running.set(Some(handle)));
                let worked = work(&mut environment.with_calls(&mut calls));
                running.set(None);
                worked
            }
        }
    }
}
