//! Having the guest go on.
//!
//! A [`Plan`] says what the user wants, and how the machine is to come there. The guest goes on until
//! something happens; what it is decides whether that is a stop, or the plan goes on, perhaps with
//! another motion:
//!
//! ```text
//!   resume --> plan --> advance (the machine runs) --> happened --> Next::Stop
//!                          ^                              |
//!                          +------------ Next::On --------+
//! ```
//!
//! Nothing of a plan is lost if something happens on the way that does not stop the guest: frames are
//! known by their [`FrameId`], and the motion is begun again.

use super::line_step::{LineMode, LineStep};
use super::{Debuggee, hits::Hit};
use crate::breakpoints::BreakpointKind;
use crate::error::DebuggerError;
use crate::frames::FrameKind;
use crate::stepping::Position;
use crate::stop::{Stop, StopReason};
use trapline::{DebugSession, DebugStepResult, Error, ExceptionEvent, Frame, FrameId};

/// How the guest is to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resume {
    /// To the next event.
    Continue,
    /// To another line, also in a function that is called, if its source can be shown. An inlined call is
    /// a call. A call that has not begun is stepped to its first instruction.
    StepIn,
    /// As a step in, but into one call only, of those that [`Debuggee::step_targets`] tells.
    StepIntoCall {
        /// The offset of the call in the module file.
        wasm_pc: u32,
    },
    /// To another line of this function, or of one further out when it returns.
    StepOver,
    /// As a step over, but not backwards: out of loops.
    Until,
    /// Until the frame of this level has returned.
    StepOut {
        /// The level.
        level: usize,
    },
    /// By one instruction.
    StepInstruction,
    /// By one instruction, or one call of a function.
    StepInstructionOver,
    /// To a place, wherever it is met first.
    RunTo(BreakpointKind),
    /// As it was last asked to, if it was held up on the way: by an interrupt, or since the future of
    /// [`Debuggee::resume`] was dropped. Else to the next event.
    AsBefore,
}

/// What the user wants.
pub(super) enum Goal {
    /// Whatever happens next.
    Run,
    /// An instruction further than this frame and place.
    Instruction(Option<(FrameId, u32)>),
    /// Another line.
    Line(LineStep),
    /// Out of a frame; or only out of an inlined call in it, if there is a position.
    Leave(Option<Position>),
}

/// How the machine goes on.
#[derive(Clone)]
pub(super) enum Motion {
    Free,
    /// One instruction.
    Instruction,
    /// Until a frame is at one of the places or has returned.
    Within {
        frame: FrameId,
        places: Vec<u32>,
    },
}

pub(super) struct Plan {
    pub(super) goal: Goal,
    pub(super) motion: Motion,
}

/// What becomes of a plan.
pub(super) enum Next {
    Stop(Stop),
    On,
}

impl Plan {
    pub(super) fn free() -> Plan {
        Plan {
            goal: Goal::Run,
            motion: Motion::Free,
        }
    }
}

impl<T: 'static> Debuggee<'_, '_, T> {
    /// Has the guest go on, to the next stop.
    ///
    /// Waits while a function of the host does. If the future is dropped before it is ready, then the guest
    /// goes on from where it is with the next call, and [`Resume::AsBefore`] to where it was to go.
    ///
    /// # Panics
    ///
    /// If a function of the host panics, and none further out catches it: the panic goes on here.
    pub async fn resume(&mut self, how: Resume) -> Stop {
        if self.is_over {
            return Stop::new(StopReason::Over);
        }
        self.learn_modules();
        let mut plan = match self.plan(how) {
            Ok(Ok(plan)) => plan,
            Ok(Err(stop)) => return stop,
            Err(error) => return Stop::new(StopReason::Refused(error)),
        };
        if let Err(error) = self.place_or_owe() {
            return Stop::new(StopReason::Refused(error.into()));
        }
        loop {
            self.forget_stack();
            // Kept where it is found again if this future is dropped.
            let motion = plan.motion.clone();
            self.held_up = Some(plan);
            let event = self.advance(&motion).await;
            plan = self.held_up.take().unwrap_or_else(Plan::free);
            if let Next::Stop(stop) = self.happened(event, &mut plan) {
                if matches!(stop.reason, StopReason::Interrupted) {
                    self.held_up = Some(plan);
                }
                self.learn_modules();
                return stop;
            }
        }
    }

    /// The plan for a wish, or the stop that it comes to without the machine.
    fn plan(&mut self, how: Resume) -> Result<Result<Plan, Stop>, DebuggerError> {
        let held_up = self.held_up.take();
        if how == Resume::AsBefore {
            return Ok(Ok(held_up.unwrap_or_else(Plan::free)));
        }
        self.placing.set_temporaries(Vec::new());
        let plan = match how {
            Resume::AsBefore | Resume::Continue => Plan::free(),
            Resume::RunTo(kind) => {
                let places = self.debugger.places(&kind)?;
                self.placing.set_temporaries(places);
                Plan::free()
            }
            Resume::StepInstruction => self.plan_instruction(),
            Resume::StepInstructionOver => self.plan_instruction_over(),
            Resume::StepOut { level } => self.plan_step_out(level)?,
            Resume::StepIn => return Ok(self.plan_line(LineMode::Into, None)),
            Resume::StepOver => return Ok(self.plan_line(LineMode::Over, None)),
            Resume::Until => return Ok(self.plan_line(LineMode::Until, None)),
            Resume::StepIntoCall { wasm_pc } => {
                return Ok(self.plan_line(LineMode::Into, Some(wasm_pc)));
            }
        };
        Ok(Ok(plan))
    }

    pub(super) fn plan_instruction(&self) -> Plan {
        let here = self.here();
        let from = here.and_then(|here| Some((here.id?, here.wasm_pc)));
        Plan {
            goal: Goal::Instruction(from),
            motion: Motion::Instruction,
        }
    }

    /// A call is gone over by running to the instruction behind it, so that what happens within does
    /// not end the step.
    fn plan_instruction_over(&self) -> Plan {
        let mut plan = self.plan_instruction();
        let here = self.here();
        let function = here
            .as_ref()
            .and_then(|here| self.function(here.module, here.wasm_pc));
        if let (Some(here), Some(function)) = (here, function)
            && let Some(frame) = here.id
            && let Some(call) = function
                .calls
                .iter()
                .find(|call| call.wasm_pc == here.wasm_pc)
        {
            plan.motion = Motion::Within {
                frame,
                places: call.behind.into_iter().collect(),
            };
        }
        plan
    }

    fn plan_step_out(&self, level: usize) -> Result<Plan, DebuggerError> {
        let (shown, frame, inlined) = self.level(level)?;
        if shown.kind == FrameKind::Host {
            return Err(DebuggerError::HostFrame);
        }
        let frame = frame.id()?.ok_or(DebuggerError::NoFrame(level))?;
        let mut plan = Plan {
            goal: Goal::Leave(None),
            motion: Motion::Within {
                frame,
                places: Vec::new(),
            },
        };
        let function = shown
            .module
            .zip(shown.wasm_pc)
            .and_then(|(module, wasm_pc)| Some((self.function(module, wasm_pc)?, wasm_pc)));
        if let (1.., Some((function, wasm_pc))) = (inlined, function) {
            let position = function.code.position(wasm_pc, inlined);
            plan.motion = Motion::Within {
                frame,
                places: function.code.outside(&position),
            };
            plan.goal = Goal::Leave(Some(position));
        }
        Ok(plan)
    }

    /// Runs the machine.
    async fn advance(&mut self, motion: &Motion) -> Option<DebugStepResult> {
        match motion {
            Motion::Free => self.session.get_mut().next().await,
            Motion::Instruction => self.session.get_mut().step().await,
            Motion::Within { frame, places } => match self.frame_with(*frame) {
                Some((_, frame)) => run_to(self.session.get_mut(), &frame, places).await,
                // It is gone by now.
                None => self.session.get_mut().step().await,
            },
        }
    }

    /// What becomes of the plan with what has happened.
    fn happened(&mut self, event: Option<DebugStepResult>, plan: &mut Plan) -> Next {
        let stop = match event {
            Some(DebugStepResult::Step) => return self.arrived(plan),
            Some(DebugStepResult::Breakpoint(hit)) => {
                return match self.hit(&hit) {
                    Hit::Stop(stop) => Next::Stop(stop),
                    Hit::Pass => self.passed(plan),
                };
            }
            Some(DebugStepResult::Exception(event)) => return self.thrown(event, plan),
            Some(DebugStepResult::Trap(info)) => {
                let level = self.source_level(0);
                let hint = crate::hint::hint(self, &info);
                let reason = StopReason::Trap { info, hint };
                Stop { reason, level }
            }
            Some(DebugStepResult::HostError(text)) => {
                let is_exit = self.debugger.is_exit.as_ref();
                let session = self.session.get_mut();
                let error = session.error();
                if is_exit
                    .zip(error)
                    .is_some_and(|(is_exit, error)| is_exit(error))
                {
                    *plan = Plan::free();
                    return Next::On;
                }
                let level = self.source_level(0);
                let reason = StopReason::HostError(text);
                Stop { reason, level }
            }
            Some(DebugStepResult::Interrupted) => {
                // It may have been interrupted just where the motion ends.
                if self.has_come(plan)
                    && let Next::Stop(stop) = self.arrived(plan)
                {
                    return Next::Stop(stop);
                }
                match self.pay_placing() {
                    Ok(true) => return Next::On,
                    Ok(false) => Stop::new(StopReason::Interrupted),
                    Err(error) => Stop::new(StopReason::Refused(error.into())),
                }
            }
            Some(DebugStepResult::Finished(outcome)) => {
                self.is_over = true;
                Stop::new(StopReason::Finished(outcome))
            }
            Some(DebugStepResult::Refused(error)) => Stop::new(StopReason::Refused(error.into())),
            Some(_) => Stop::new(StopReason::Step),
            None => {
                self.is_over = true;
                Stop::new(StopReason::Over)
            }
        };
        Next::Stop(stop)
    }

    /// The motion has come to its end.
    fn arrived(&mut self, plan: &mut Plan) -> Next {
        match &mut plan.goal {
            // The end of a step that nobody waits for any more.
            Goal::Run => Next::On,
            Goal::Instruction(_) => Next::Stop(Stop::new(StopReason::Step)),
            Goal::Line(step) => {
                let mut step = std::mem::take(step);
                let next = self.line_arrived(&mut step, &mut plan.motion);
                plan.goal = Goal::Line(step);
                next
            }
            Goal::Leave(position) => {
                let position = position.take();
                let here = self.here();
                if let (Some(position), Some(here), Motion::Within { frame, .. }) =
                    (position, here, &plan.motion)
                    && here.id == Some(*frame)
                    && let Some(function) = self.function(here.module, here.wasm_pc)
                    && let Some(row) = function.code.row(here.wasm_pc)
                {
                    self.enter(position.shared(row));
                }
                Next::Stop(Stop::new(StopReason::Step))
            }
        }
    }

    /// A breakpoint was met that does not stop the guest. It may be where the motion ends.
    fn passed(&mut self, plan: &mut Plan) -> Next {
        match self.has_come(plan) {
            true => self.arrived(plan),
            false => Next::On,
        }
    }

    /// Whether the guest is where the motion of a plan ends.
    fn has_come(&self, plan: &Plan) -> bool {
        let here = self.here();
        match (&plan.goal, &plan.motion) {
            (Goal::Run, _) => false,
            (Goal::Instruction(from), Motion::Instruction) => {
                let at = here.and_then(|here| Some((here.id?, here.wasm_pc)));
                at != *from
            }
            (_, Motion::Within { frame, places }) => match (self.frame_with(*frame), here) {
                (None, _) => true,
                (Some((0, _)), Some(here)) => places.contains(&here.wasm_pc),
                _ => false,
            },
            (Goal::Line(step), Motion::Instruction) => {
                here.is_some_and(|here| !step.is_where_it_was(&here))
            }
            _ => false,
        }
    }

    /// An exception was thrown.
    fn thrown(&mut self, event: ExceptionEvent, plan: &mut Plan) -> Next {
        let tag = self.session.get_mut().store().ok().and_then(|store| {
            let tag = event.exception.tag(store);
            tag.name(store)
        });
        let filters = &self.debugger.settings.exceptions;
        if filters.include(tag.as_deref(), event.catcher.is_some()) {
            let catcher = event.catcher.as_ref().map(|frame| {
                let id = self.placing.find(frame.module());
                let module = id.and_then(|id| self.debugger.modules.get(id));
                module.map_or_else(
                    || format!("function {}", frame.func_index()),
                    |module| module.readable_name(frame.func_index(), frame.wasm_pc()),
                )
            });
            let reason = StopReason::Exception {
                exception: event.exception,
                tag,
                catcher,
            };
            let level = self.source_level(0);
            return Next::Stop(Stop { reason, level });
        }
        if let Motion::Within { frame, .. } = &plan.motion
            && !self.survives(*frame, &event)
        {
            self.follow_exception(plan);
        }
        Next::On
    }

    /// Whether a frame is still there when an exception is caught.
    fn survives(&self, frame: FrameId, event: &ExceptionEvent) -> bool {
        let Some(catcher) = &event.catcher else {
            return false;
        };
        for candidate in self.session.borrow().frames() {
            let is_catcher = candidate.function().ok() == Some(catcher.func_index())
                && candidate.wasm_pc().ok().flatten() == catcher.wasm_pc()
                && candidate
                    .module()
                    .is_ok_and(|module| module.same(catcher.module()));
            // Of several frames at the same place the innermost catches it. If the wanted frame
            // comes before that, it is left.
            if is_catcher || candidate.id().ok().flatten() == Some(frame) {
                return is_catcher;
            }
        }
        false
    }

    /// Goes to where the exception is caught, and from there to the next statement.
    fn follow_exception(&self, plan: &mut Plan) {
        *plan = match &plan.goal {
            Goal::Instruction(_) => self.plan_instruction(),
            Goal::Run => Plan::free(),
            Goal::Line(step) => Plan {
                goal: Goal::Line(LineStep::to_handler(step.mode)),
                motion: Motion::Instruction,
            },
            Goal::Leave(_) => Plan {
                goal: Goal::Line(LineStep::to_handler(LineMode::Over)),
                motion: Motion::Instruction,
            },
        };
    }
}

/// Runs to places of a frame's function. Statements can be where no instruction can be reached; those
/// are left out.
async fn run_to<T: 'static>(
    session: &mut DebugSession<'_, T>,
    frame: &Frame,
    places: &[u32],
) -> Option<DebugStepResult> {
    let mut places = places.to_vec();
    loop {
        let event = session.run_to(frame, &places).await;
        match event {
            Some(DebugStepResult::Refused(Error::NoPoint(place))) if places.contains(&place) => {
                places.retain(|known| *known != place);
            }
            event => return event,
        }
    }
}
