//! Steps by line.
//!
//! Where a step ends is worked out beforehand ([`crate::stepping`]), and the guest runs to there at full
//! speed. For a step in, that is also each call on the line: there an instruction is made, and the
//! function that it leads to is run to its body, or if its source is not known out of it again.

use super::resume::{Goal, Motion, Next, Plan};
use super::{Debuggee, Here};
use crate::modules::Function;
use crate::modules::layout::first_operator;
use crate::stepping::{FunctionCode, Position};
use crate::stop::{Stop, StopReason};
use trapline::FrameId;

/// Kinds of steps by line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum LineMode {
    Into,
    #[default]
    Over,
    /// Over, and not backwards.
    Until,
}

/// A call that a step can lead into, as [`Debuggee::step_targets`] tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StepTarget {
    /// The offset of the call in the module file.
    pub wasm_pc: u32,
    /// The function that is called, readable; `None` if that is found out when the program runs.
    pub function: Option<String>,
}

/// A step by line.
#[derive(Default)]
pub(super) struct LineStep {
    pub(super) mode: LineMode,
    /// The frame whose line is left; `None` while that is to be found out.
    origin: Option<FrameId>,
    /// The line; `None` if each statement of the frame ends the step.
    position: Option<Position>,
    /// Where an instruction is made that leads into a call.
    from: Option<(FrameId, u32)>,
    /// The only call to step into; `None` for whichever comes first.
    target: Option<u32>,
    /// Not before this place.
    after: u32,
    /// Whether the source of where it began can be shown: then functions whose source cannot are gone
    /// through as those without.
    shows_source: bool,
    /// Places that cannot be reached, of the frame whose line is left.
    unreachable: Vec<u32>,
}

impl LineStep {
    /// To the first statement after an exception was caught.
    pub(super) fn to_handler(mode: LineMode) -> LineStep {
        LineStep {
            mode,
            ..LineStep::default()
        }
    }

    /// Whether it is to lead into a call.
    fn wants(&self, call: u32) -> bool {
        self.target.is_none_or(|target| target == call)
    }

    /// Whether the innermost frame is where an instruction was to be made.
    pub(super) fn is_where_it_was(&self, here: &Here) -> bool {
        self.from
            .is_some_and(|(id, wasm_pc)| here.id == Some(id) && here.wasm_pc == wasm_pc)
    }
}

impl<T: 'static> Debuggee<'_, '_, T> {
    /// The plan for a step, or the stop that it comes to at once: at the beginning of an inlined call.
    pub(super) fn plan_line(&mut self, mode: LineMode, target: Option<u32>) -> Result<Plan, Stop> {
        let entered = self.stack().entered;
        let here = self.here();
        let found = here.and_then(|here| {
            let function = self.function(here.module, here.wasm_pc)?;
            Some((here.id?, here.wasm_pc, function))
        });
        let Some((frame, wasm_pc, function)) = found else {
            return Ok(self.plan_instruction());
        };
        let all = function.code.depth(wasm_pc);
        let depth = entered.unwrap_or(all).min(all);
        let shows_source = self.has_source(&function);
        if mode == LineMode::Into
            && target.is_none()
            && let Some(entered) = self.enterable(shows_source, &function.code, wasm_pc, depth)
        {
            self.enter(entered);
            return Err(Stop::new(StopReason::Step));
        }
        let mut step = LineStep {
            mode,
            origin: Some(frame),
            position: Some(function.code.position(wasm_pc, depth)),
            shows_source,
            target,
            ..LineStep::default()
        };
        if mode == LineMode::Until {
            step.after = wasm_pc;
        }
        let mut motion = within(frame, Vec::new());
        if function.code.has_lines() {
            motion = self.line_motion(&step, frame, &function);
            let is_call = |call: &crate::modules::layout::Call| call.wasm_pc == wasm_pc;
            let is_wanted = step.wants(wasm_pc) && function.calls.iter().any(is_call);
            if mode == LineMode::Into && is_wanted {
                step.from = Some((frame, wasm_pc));
                motion = Motion::Instruction;
            }
        }
        Ok(Plan {
            goal: Goal::Line(step),
            motion,
        })
    }

    /// The calls that there still are on the line that the innermost frame is at.
    pub fn step_targets(&self) -> Vec<StepTarget> {
        let found = self.here().and_then(|here| {
            let function = self.function(here.module, here.wasm_pc)?;
            Some((
                self.debugger.modules.get(here.module)?,
                here.wasm_pc,
                function,
            ))
        });
        let Some((module, wasm_pc, function)) = found else {
            return Vec::new();
        };
        let code = &function.code;
        let all = code.depth(wasm_pc);
        let depth = self.stack().entered.unwrap_or(all).min(all);
        let position = code.position(wasm_pc, depth);
        let calls = function.calls.iter();
        let calls = calls.filter(|call| call.wasm_pc >= wasm_pc);
        let targets = calls.filter(|call| code.is_here(&position, call.wasm_pc));
        let targets = targets.map(|call| StepTarget {
            wasm_pc: call.wasm_pc,
            function: call.target.map(|target| {
                let body = module.layout().body(target);
                let entry = body.and_then(|body| first_operator(module.wasm(), &body));
                module.readable_name(target, entry)
            }),
        });
        targets.collect()
    }

    /// The motion to where the step ends in its frame, or to a call.
    fn line_motion(&self, step: &LineStep, frame: FrameId, function: &Function) -> Motion {
        let code = &function.code;
        let mut places = match &step.position {
            Some(position) => code.elsewhere(position),
            None => code.all(),
        };
        places.retain(|wasm_pc| *wasm_pc >= step.after && !step.unreachable.contains(wasm_pc));
        if let (LineMode::Into, Some(position)) = (step.mode, &step.position) {
            if step.target.is_none() {
                places.extend(code.inlined_calls(position));
            }
            let calls = function.calls.iter().map(|call| call.wasm_pc);
            let calls = calls.filter(|wasm_pc| code.is_here(position, *wasm_pc));
            places.extend(calls.filter(|wasm_pc| step.wants(*wasm_pc)));
        }
        within(frame, places)
    }

    /// The motion of a step has come to its end.
    pub(super) fn line_arrived(&mut self, step: &mut LineStep, motion: &mut Motion) -> Next {
        let here = self.here();
        let found = here.and_then(|here| {
            let function = self.function(here.module, here.wasm_pc)?;
            Some((here.id?, here.wasm_pc, function))
        });
        let Some((frame, wasm_pc, function)) = found else {
            return stop();
        };
        let from = step.from.take();
        let next = match motion {
            Motion::Within {
                frame: within,
                places,
            } if *within == frame => self.at_place(step, frame, wasm_pc, places, &function),
            Motion::Instruction if from.is_some() && self.is_called(frame, from) => {
                Ok(self.entered(step, frame, wasm_pc, &function))
            }
            _ => self.landed(step, frame, wasm_pc, &function),
        };
        match next {
            Ok(Some(next)) => {
                *motion = next;
                Next::On
            }
            Ok(None) => stop(),
            Err(stop) => Next::Stop(stop),
        }
    }

    /// Whether a frame was made by a call from another one, which is still there.
    fn is_called(&self, frame: FrameId, from: Option<(FrameId, u32)>) -> bool {
        from.is_some_and(|(caller, _)| caller != frame && self.frame_with(caller).is_some())
    }

    /// The frame has come to one of the places that it was run to. The motion that follows; none if
    /// the step ends here.
    fn at_place(
        &mut self,
        step: &mut LineStep,
        frame: FrameId,
        wasm_pc: u32,
        places: &[u32],
        function: &Function,
    ) -> Result<Option<Motion>, Stop> {
        let code = &function.code;
        let is_origin = step.origin == Some(frame);
        let row = code.row(wasm_pc).filter(|_| code.begins_statement(wasm_pc));
        match (row, &step.position) {
            (Some(row), Some(position)) if is_origin => {
                let is_end = !code.is_here(position, wasm_pc);
                let shared = position.shared(row);
                if is_end {
                    self.enter(shared);
                    return Ok(None);
                }
                if step.target.is_none()
                    && code.inlined_calls(position).contains(&wasm_pc)
                    && let Some(entered) = self.enterable(step.shows_source, code, wasm_pc, shared)
                {
                    self.enter(entered);
                    return Ok(None);
                }
            }
            (Some(_), None) if is_origin => return Ok(None),
            (_, _) if !is_origin && code.body == Some(wasm_pc) => {
                self.enter(0);
                return Ok(None);
            }
            _ => {}
        }
        let is_call = function.calls.iter().any(|call| call.wasm_pc == wasm_pc);
        Ok(Some(match step.mode {
            LineMode::Into if is_call && step.wants(wasm_pc) => {
                step.from = Some((frame, wasm_pc));
                Motion::Instruction
            }
            // A place that cannot be reached stands for the next one that can, which is nothing to
            // stop at, now or later.
            _ if is_origin => {
                let before = places.iter().filter(|place| **place < wasm_pc);
                step.unreachable.extend(before.max());
                self.line_motion(step, frame, function)
            }
            _ => within(frame, Vec::new()),
        }))
    }

    /// A call has led to a frame of a function, which is about to begin.
    fn entered(
        &mut self,
        step: &mut LineStep,
        frame: FrameId,
        wasm_pc: u32,
        function: &Function,
    ) -> Option<Motion> {
        let is_shown =
            function.code.has_lines() && (!step.shows_source || self.has_source(function));
        let body = function.code.body.filter(|_| is_shown);
        match (body, &function.calls[..]) {
            (Some(body), _) if body == wasm_pc => {
                self.enter(0);
                None
            }
            (Some(body), _) => Some(within(frame, vec![body])),
            // What calls one function only may be there to lead to it.
            (None, [call]) if call.wasm_pc == wasm_pc => {
                step.from = Some((frame, wasm_pc));
                Some(Motion::Instruction)
            }
            (None, [call]) => Some(within(frame, vec![call.wasm_pc])),
            // The user wants to be just there.
            (None, _) if step.target.is_some() => None,
            (None, _) => Some(within(frame, Vec::new())),
        }
    }

    /// In how many of the inlined calls around an instruction a user is who was in `depth` of them and
    /// steps in: that is the outermost of the others, of those whose source can be shown if the step
    /// `shows_source`. None if that is none.
    fn enterable(
        &self,
        shows_source: bool,
        code: &FunctionCode,
        wasm_pc: u32,
        depth: usize,
    ) -> Option<usize> {
        let row = code.row(wasm_pc)?;
        let file = |depth| row.seen_from(depth).map(|line| &*line.file);
        let mut inner = depth + 1..=row.calls.len();
        inner.find(|depth| !shows_source || self.has_file(file(*depth)))
    }

    /// Whether the source of the function that the guest is in can be shown.
    fn has_source(&self, function: &Function) -> bool {
        self.has_file(function.code.file())
    }

    /// Whether a source file of the module that the guest is in can be shown.
    fn has_file(&self, file: Option<&str>) -> bool {
        let module = self
            .here()
            .and_then(|here| self.debugger.modules.get(here.module));
        file.zip(module)
            .is_some_and(|(file, module)| self.debugger.has_source(file, module))
    }

    /// The guest is in a frame that the step did not begin with: its function has returned there,
    /// or an exception was caught.
    fn landed(
        &mut self,
        step: &mut LineStep,
        frame: FrameId,
        wasm_pc: u32,
        function: &Function,
    ) -> Result<Option<Motion>, Stop> {
        let code = &function.code;
        if !code.has_lines() {
            return Ok(Some(within(frame, Vec::new())));
        }
        if step.origin == Some(frame) {
            // A function that was called has returned, perhaps to where another line begins.
            return self.at_place(step, frame, wasm_pc, &[], function);
        }
        if wasm_pc == function.entry {
            // A tail call.
            return Ok(self.entered(step, frame, wasm_pc, function));
        }
        // A function without source has led to another one, which has returned.
        let is_within = step
            .origin
            .is_some_and(|origin| self.frame_with(origin).is_some());
        if is_within && !self.has_source(function) {
            return Ok(Some(within(frame, Vec::new())));
        }
        if code.begins_statement(wasm_pc) {
            return Ok(None);
        }
        // In the middle of a line, which is to be finished. After an exception it is another one.
        if step.origin.is_some() {
            step.position = Some(code.position(wasm_pc, code.depth(wasm_pc)));
        }
        step.origin = Some(frame);
        step.after = 0;
        step.unreachable.clear();
        Ok(Some(self.line_motion(step, frame, function)))
    }
}

fn within(frame: FrameId, places: Vec<u32>) -> Motion {
    Motion::Within { frame, places }
}

fn stop() -> Next {
    Next::Stop(Stop::new(StopReason::Step))
}
