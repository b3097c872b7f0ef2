//! What it comes to that the guest has met a breakpoint.

use super::Debuggee;
use super::placing::Owner;
use crate::breakpoints::BreakpointId;
use crate::debugger::LogEntry;
use crate::panics::PanicKind;
use crate::stop::{ConditionProblem, Stop, StopReason};
use trapline::BreakpointHit;

/// What a hit comes to.
pub(super) enum Hit {
    /// The guest stops.
    Stop(Stop),
    /// It goes on.
    Pass,
}

impl<T: 'static> Debuggee<'_, '_, T> {
    /// What it comes to that the guest is at one of the engine's breakpoints.
    pub(super) fn hit(&mut self, hit: &BreakpointHit) -> Hit {
        let Some(module) = self.placing.find(&hit.module) else {
            return Hit::Pass;
        };
        let owners = self.placing.owners(module, hit.wasm_pc).to_vec();
        let mut ids = Vec::new();
        let mut problems = Vec::new();
        let mut reached = None;
        for owner in owners {
            match owner {
                Owner::Breakpoint(id) => match self.hit_breakpoint(id, module, hit.wasm_pc) {
                    Ok(true) => ids.push(id),
                    Ok(false) => {}
                    Err(message) => {
                        ids.push(id);
                        problems.push(ConditionProblem { id, message });
                    }
                },
                Owner::Temporary => reached = Some(Stop::new(StopReason::Reached)),
                Owner::Panic(kind) => reached = Some(self.panic(kind)),
            }
        }
        if ids.is_empty() {
            return reached.map_or(Hit::Pass, Hit::Stop);
        }
        let mut places = ids.iter().filter_map(|id| {
            let breakpoint = self.debugger.breakpoints.get(*id)?;
            let mut places = breakpoint.places().iter();
            places.find(|place| (place.module, place.wasm_pc) == (module, hit.wasm_pc))
        });
        if let Some(entered) = places.find_map(|place| place.entered) {
            self.enter(entered);
        }
        for id in &ids {
            let breakpoint = self.debugger.breakpoints.get(*id);
            if breakpoint.is_some_and(|breakpoint| breakpoint.settings().one_shot) {
                self.debugger.breakpoints.remove(*id);
            }
        }
        Hit::Stop(Stop::new(StopReason::Breakpoint { ids, problems }))
    }

    /// Whether the guest is to stop at a breakpoint of the user's; an error if its condition cannot
    /// tell.
    fn hit_breakpoint(
        &mut self,
        id: BreakpointId,
        module: crate::modules::ModuleId,
        wasm_pc: u32,
    ) -> Result<bool, String> {
        let holds = self.condition_holds(id, module, wasm_pc);
        let Some(breakpoint) = self.debugger.breakpoints.get_mut(id) else {
            return Ok(false);
        };
        if holds == Ok(false) {
            return Ok(false);
        }
        let stops = breakpoint.count_hit();
        let log = breakpoint.settings().log.clone();
        holds?;
        match log {
            Some(message) if stops => {
                let text = message.write(|expression| self.logged(expression));
                let location = self.frames(0..1).pop().and_then(|frame| frame.location);
                if let Some(log) = &mut self.debugger.log {
                    log(LogEntry { id, text, location });
                }
                Ok(false)
            }
            _ => Ok(stops),
        }
    }

    /// The stop at a function that is called for panics.
    fn panic(&mut self, kind: PanicKind) -> Stop {
        // The function itself is the library's, whatever its source is called.
        let level = self.source_level(1);
        let message = self.panic_message(kind);
        Stop {
            reason: StopReason::Panic { kind, message },
            level,
        }
    }

    /// What the program says, where that is passed on as a string of C.
    fn panic_message(&self, kind: PanicKind) -> Option<String> {
        use trapline_symbols::WasmValue;
        if kind != PanicKind::Assertion {
            return None;
        }
        let frame = self.frame(0).ok()?;
        let WasmValue::I32(address) = frame.target().local(0).ok()? else {
            return None;
        };
        crate::memory::c_string(frame.target(), u64::from(address))
    }
}
