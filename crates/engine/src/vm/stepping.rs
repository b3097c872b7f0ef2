//! Steps of a watched call.
//!
//! Within a region a step is made on paper. Otherwise the machine runs, and is stopped where the step
//! ends. That is known beforehand, since the state is exact, and planted as breakpoints are:
//!
//! ```text
//!   step into              behind the operator, where it may branch to, at the beginning of the callee,
//!                          behind the call that the next frame waits for
//!   step over a call       behind the call, in this frame or one further out
//!   step out               behind the call that the frame outside of this one waits for
//!   run to places          there, and behind that call
//! ```
//!
//! Nobody knows what the host will do when it is called, or returned to. A step into it ends at
//! the first point after it has gone to the guest, as an [interrupt](Requester::Arrival) does. In the
//! few cases in which the ways on are not known the guest is interrupted at once.
//!
//! What is planted is met by every activation of its function. Those that the wanted frame has called,
//! however it has, lie below it on the stack and have lower frame pointers; they go on. All that a
//! call does is on one stack.

use super::live_frames::{FrameRef, Version};
use super::module::RuntimeModule;
use super::standing::Standing;
use super::store::StoreOpaque;
use super::watched_call::{Event, State, WatchedCall};
use crate::error::{Error, Result};
use crate::fiber::Requester;
use std::sync::Arc;
use trapline_compile::observe::{Callee, Flow, PlacedOperator, Way};
use trapline_compile::types::DefinedFuncIndex;

/// More ways on than these are not planted.
const MOST_WAYS: usize = 64;

/// How far a step goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stepping {
    /// To the next operator, wherever control goes.
    Into,
    /// To the next operator of the frame, or of the one that it returns to.
    Over,
    /// Until the frame is left.
    Out,
}

/// A step that the machine is making. It is over at the first of its ends, or when whoever it has
/// asked to stop the guest does.
#[derive(Default)]
pub(super) struct Step {
    ends: Vec<End>,
    requester: Option<Requester>,
}

/// A place where a step ends.
struct End {
    module: Arc<RuntimeModule>,
    wasm_pc: u32,
    /// The point with which its region begins.
    point: u32,
    /// The lowest frame pointer with which it is one.
    fp: usize,
}

impl Step {
    fn by(requester: Requester) -> Step {
        Step {
            ends: Vec::new(),
            requester: Some(requester),
        }
    }

    /// At a point, in a frame with this pointer at least.
    fn at(module: Arc<RuntimeModule>, point: u32, fp: usize) -> Step {
        Step {
            ends: vec![End {
                module,
                wasm_pc: point,
                point,
                fp,
            }],
            requester: None,
        }
    }

    /// Where a frame goes on that waits for a call.
    fn behind_call(frame: &Place) -> Result<Step> {
        let call = frame.module.compiled().operator_at(frame.wasm_pc);
        let missing = || Error::UnreadableFrame("it is at no call".to_owned());
        let end = call.ok_or_else(missing)?.end;
        Ok(Step::at(Arc::clone(&frame.module), end, frame.fp))
    }

    /// Either of both.
    fn or(mut self, other: Step) -> Step {
        self.ends.extend(other.ends);
        self.requester = self.requester.or(other.requester);
        self
    }
}

/// The ends of a step within the region that the innermost frame is in, in ascending order.
pub(super) fn ends_here(
    step: Option<&Step>,
    standing: &Standing,
    store: &StoreOpaque,
    version: &Version,
) -> Vec<u32> {
    let Some(step) = step.filter(|step| !step.ends.is_empty()) else {
        return Vec::new();
    };
    let here = standing.frames(store, version).next();
    let Some(here) = here.and_then(|frame| Place::of(&frame).ok()?) else {
        return Vec::new();
    };
    let ends = step.ends.iter().filter(|end| {
        Some(end.point) == here.point
            && here.fp >= end.fp
            && Arc::ptr_eq(end.module.original(), here.module.original())
    });
    let mut ends: Vec<u32> = ends.map(|end| end.wasm_pc).collect();
    ends.sort_unstable();
    ends
}

/// A frame that a step looks at.
struct Place {
    module: Arc<RuntimeModule>,
    function: DefinedFuncIndex,
    wasm_pc: u32,
    /// The point that it has been stopped at, if it is the innermost.
    point: Option<u32>,
    fp: usize,
}

impl Place {
    /// `None` if it is a mark for the host.
    fn of(frame: &FrameRef) -> Result<Option<Place>> {
        if frame.is_host() {
            return Ok(None);
        }
        let frame = frame.guest()?;
        let missing = || Error::UnreadableFrame("it is not known where it is".to_owned());
        let compiled = frame.module.compiled();
        let point = match frame.module.code().breakpoint_at(frame.live.text_offset) {
            Some(point) => Some(point),
            None => compiled
                .point_at(frame.live.text_offset)
                .map(|point| point.wasm_pc),
        };
        Ok(Some(Place {
            module: Arc::clone(&frame.module),
            function: frame.live.function,
            wasm_pc: frame.live.wasm_pc.ok_or_else(missing)?,
            point,
            fp: frame.live.fp.ok_or(Error::NoFrameYet)?,
        }))
    }
}

/// The innermost frame, and what it returns to.
struct Around {
    here: Place,
    /// The next frame of a guest, however far out.
    outer: Option<Place>,
    /// Whether the frame returns to that, and not to the host.
    returns_to_guest: bool,
}

impl<T: 'static> WatchedCall<'_, T> {
    /// Begins a step. Returns the event that it ends with, if it is done already; otherwise it ends
    /// with the next event of [`resume`](WatchedCall::resume).
    ///
    /// If a function of the host is waiting then a step that was begun before is still being made,
    /// and is not replaced.
    pub fn begin_step(&mut self, stepping: Stepping) -> Result<Option<Event>> {
        match self.state {
            State::Stopped(_) => {}
            State::Ready if stepping == Stepping::Out => return Ok(None),
            State::Waiting if self.step.is_some() => return Ok(None),
            State::Waiting if stepping == Stepping::Out => return Err(Error::BusySession),
            State::Ready | State::Waiting => {
                self.begin(Step::by(Requester::Arrival))?;
                return Ok(None);
            }
            State::Done => return Ok(None),
        }
        if let Some(event) = self.step_on_paper(stepping)? {
            return Ok(Some(event));
        }
        if let Some(step) = self.plan(stepping)? {
            self.begin(step)?;
        }
        Ok(None)
    }

    /// Begins a step that ends where a frame is at one of some places of its function, in no
    /// particular order, or has returned.
    pub fn begin_run_to(&mut self, frame: &FrameRef, places: &[u32]) -> Result<()> {
        match self.state {
            State::Stopped(_) => {}
            State::Waiting if self.step.is_some() => return Ok(()),
            State::Waiting => return Err(Error::BusySession),
            State::Ready | State::Done => return Err(Error::StaleFrame),
        }
        let wanted = Place::of(frame)?.ok_or(Error::HostFrame)?;
        let mut frames = self.frames().skip_while(|frame| {
            let fp = frame.guest().ok().and_then(|guest| guest.live.fp);
            fp != Some(wanted.fp)
        });
        frames.next().ok_or(Error::StaleFrame)?;
        let outer = frames.find_map(|frame| Place::of(&frame).transpose());
        let mut step = match outer.transpose()? {
            Some(outer) => Step::behind_call(&outer)?,
            None => Step::default(),
        };
        let body = wanted.module.info().bodies[wanted.function].clone();
        let mut store = self.store.opaque();
        for &wasm_pc in places {
            if !body.contains(&wasm_pc) {
                return Err(Error::NoPoint(wasm_pc));
            }
            let points = store.points_around(&wanted.module, wasm_pc)?;
            let place = points.place(wanted.module.compiled(), wasm_pc);
            let place = place.ok_or(Error::NoPoint(wasm_pc))?;
            step.ends.push(End {
                module: Arc::clone(&wanted.module),
                wasm_pc: place.wasm_pc,
                point: place.point,
                fp: wanted.fp,
            });
        }
        self.begin(step)
    }

    /// What a step comes to without the machine.
    fn step_on_paper(&mut self, stepping: Stepping) -> Result<Option<Event>> {
        let Some((standing, store, version)) = self.standing() else {
            return Ok(None);
        };
        standing.check_computed(store, version)?;
        if standing.take_due(store, version) {
            return Ok(Some(Event::Breakpoint));
        }
        if stepping == Stepping::Out || !standing.step_on_paper(store, version)? {
            return Ok(None);
        }
        Ok(Some(self.arrived_on_paper(Event::Step)))
    }

    /// The step for the machine to make. `None` if it is to run on.
    fn plan(&mut self, stepping: Stepping) -> Result<Option<Step>> {
        let Some((standing, store, version)) = self.standing() else {
            return Ok(None);
        };
        let is_at_point = standing.is_at_point();
        let catcher = standing.catcher();
        let mut frames = standing.frames(store, version);
        // A stack that has overflowed may end in a frame that has not been set up.
        let here = frames.next().and_then(|frame| Place::of(&frame).ok()?);
        let mut returns_to_guest = true;
        let outer = frames.find_map(|frame| {
            returns_to_guest &= !frame.is_host();
            Place::of(&frame).transpose()
        });
        let Some(here) = here else {
            return Ok(Some(Step::by(Requester::Arrival)));
        };
        let around = Around {
            here,
            outer: outer.transpose()?,
            returns_to_guest,
        };
        match stepping {
            Stepping::Into | Stepping::Over if is_at_point => self.way_on(&around, stepping),
            Stepping::Out if is_at_point || catcher == Some(around.here.fp) => {
                around.outer.as_ref().map(Step::behind_call).transpose()
            }
            // With the next thing that happens, which is the host's doing, the frame goes on
            // elsewhere, or is left.
            _ => Ok(Some(Step::by(Requester::Arrival))),
        }
    }

    /// The step from a point, past the operator with which control leaves the region there.
    fn way_on(&mut self, around: &Around, stepping: Stepping) -> Result<Option<Step>> {
        let here = &around.here;
        let Some(operator) = self.leaving(here)? else {
            return Ok(Some(Step::by(Requester::Step)));
        };
        Ok(Some(match operator.flow {
            Flow::Call(_) if stepping == Stepping::Over => {
                Step::at(Arc::clone(&here.module), operator.end, here.fp)
            }
            Flow::TailCall(_) if stepping == Stepping::Over => {
                return around.outer.as_ref().map(Step::behind_call).transpose();
            }
            Flow::Call(callee) | Flow::TailCall(callee) => self.enter_callee(here, callee)?,
            Flow::Through | Flow::Other => self.within(around, operator)?,
        }))
    }

    /// The operator with which control leaves the region that a frame, which is at a point, is in.
    fn leaving(&mut self, here: &Place) -> Result<Option<PlacedOperator>> {
        let compiled = here.module.compiled();
        match here.point {
            // On paper there is no operator that the machine need not run.
            _ if here.module.engine().observes_state() => Ok(compiled.operator_at(here.wasm_pc)),
            Some(point) => {
                let mut store = self.store.opaque();
                let points = store.points_around(&here.module, point)?;
                Ok(points.operators(compiled, point).last())
            }
            None => Ok(None),
        }
    }

    /// To the beginning of a function.
    fn enter_callee(&mut self, here: &Place, callee: Callee) -> Result<Step> {
        let info = here.module.info();
        let own = match callee {
            Callee::Function(func) => info.defined_function(func),
            Callee::Element(_) | Callee::Reference => None,
        };
        let (module, function) = match own {
            Some(function) => (Arc::clone(&here.module), function),
            None => {
                let Some((standing, store, version)) = self.standing() else {
                    return Ok(Step::by(Requester::Step));
                };
                let Some(callee) = standing.callee(store, version, callee)? else {
                    return Ok(Step::by(Requester::Step));
                };
                let defined = callee.and_then(|(instance, func)| {
                    let module = &store.instances[instance as usize].module;
                    Some((Arc::clone(module), module.info().defined_function(func)?))
                });
                match defined {
                    Some(defined) => defined,
                    None => return Ok(Step::by(Requester::Arrival)),
                }
            }
        };
        let first = self.store.opaque().first_point(&module, function)?;
        Ok(match first {
            Some(first) => Step::at(module, first, 0),
            None => Step::by(Requester::Step),
        })
    }

    /// To where the function goes on after an operator, or its caller does.
    fn within(&mut self, around: &Around, operator: PlacedOperator) -> Result<Step> {
        let here = &around.here;
        let mut store = self.store.opaque();
        let behind = [Way::To(operator.end)];
        let branches = store.branches(&here.module, here.function)?;
        let ways = branches.ways(operator.wasm_pc).unwrap_or(&behind);
        if ways.is_empty() {
            // It throws, which is the host's doing, or traps.
            return Ok(Step::by(Requester::Arrival));
        }
        if ways.len() > MOST_WAYS {
            return Ok(Step::by(Requester::Step));
        }
        let steps = ways.iter().map(|way| match way {
            Way::To(wasm_pc) => Ok(Step::at(Arc::clone(&here.module), *wasm_pc, 0)),
            Way::Return => match &around.outer {
                Some(outer) if around.returns_to_guest => Step::behind_call(outer),
                _ => Ok(Step::by(Requester::Arrival)),
            },
        });
        steps
            .reduce(|one, other| Ok(one?.or(other?)))
            .unwrap_or_else(|| Ok(Step::default()))
    }

    fn begin(&mut self, mut step: Step) -> Result<()> {
        let has_ends = !step.ends.is_empty();
        let mut planted = Vec::with_capacity(step.ends.len());
        let mut store = self.store.opaque();
        let mut outcome = Ok(());
        for end in step.ends {
            match store.plant_step(&end.module, end.point) {
                Ok(true) => planted.push(end),
                // Control does not come there.
                Ok(false) => {}
                Err(error) => {
                    outcome = Err(error);
                    break;
                }
            }
        }
        if planted.is_empty() && has_ends && step.requester.is_none() {
            // The operator traps, unless something is not as it is thought to be here.
            step.requester = Some(Requester::Step);
        }
        if let Some(requester) = step.requester.filter(|_| outcome.is_ok()) {
            self.interrupt.request(requester);
        }
        step.ends = planted;
        self.step = Some(step);
        if outcome.is_err() {
            self.end_step();
        }
        outcome
    }
}

impl<T> WatchedCall<'_, T> {
    /// Ends the step that is being made, wherever it has come to.
    pub(super) fn end_step(&mut self) {
        let Some(step) = self.step.take() else {
            return;
        };
        if let Some(requester) = step.requester {
            self.interrupt.cancel(requester);
        }
        let mut store = self.store.opaque();
        for end in step.ends {
            // What was changed once can be changed again. If not, guests stop there for nothing.
            let _ = store.uproot_step(&end.module, end.point);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        AsContext, Caller, Config, DebugSession, DebugStepResult, Engine, Error, Linker, Module,
        Observe, Result, Store, Val,
    };
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    fn num_planted(store: impl AsContext) -> usize {
        let store = store.as_context().into_inner();
        store.opaque().breakpoints.num_planted()
    }

    /// Polls a step until it is ready.
    fn finish<F: Future>(future: F) -> F::Output {
        let mut future = pin!(future);
        loop {
            let polled = future
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()));
            if let Poll::Ready(output) = polled {
                return output;
            }
        }
    }

    /// `run` calls a function that does one of several things.
    fn store() -> (Store<()>, Module, crate::Func) {
        let engine = Engine::new(Config::new().observe(Observe::State)).unwrap();
        let module = Module::new(
            &engine,
            r#"(module
                (import "host" "wait" (func $wait))
                (import "host" "fail" (func $fail (param i32)))
                (tag $e)
                (func $leaf (param i32)
                    (block $panic (block $fail (block $wait (block $throw (block $trap (block $nothing
                        (br_table $nothing $trap $throw $wait $fail $panic (local.get 0)))
                        return) unreachable) (throw $e)) (call $wait) return)
                        (call $fail (i32.const 0)) return)
                    (call $fail (i32.const 1)))
                (func (export "run") (param i32)
                    (call $leaf (local.get 0))
                    nop))"#,
        )
        .unwrap();
        let mut linker = Linker::<()>::new(&engine);
        linker
            .func_wrap_async("host", "wait", |_: Caller<'_, ()>, (): ()| {
                Box::new(std::future::pending::<()>())
            })
            .unwrap();
        linker
            .func_wrap(
                "host",
                "fail",
                |_: Caller<'_, ()>, panics: i32| -> Result<()> {
                    match panics {
                        0 => Err(Error::host("it failed")),
                        _ => std::panic::resume_unwind(Box::new("it panicked")),
                    }
                },
            )
            .unwrap();
        let mut store = Store::new(&engine, ());
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let run = instance.get_func(&store, "run").unwrap();
        (store, module, run)
    }

    /// A session that is about to make the call.
    fn at_call<'s>(store: &'s mut Store<()>, run: crate::Func, what: i32) -> DebugSession<'s, ()> {
        let mut session = DebugSession::call(store, run, &[Val::I32(what)]).unwrap();
        for _ in 0..2 {
            assert!(matches!(
                finish(session.step()),
                Some(DebugStepResult::Step)
            ));
        }
        session
    }

    #[test]
    fn what_is_planted_for_a_step_is_gone_with_it_however_it_ends() {
        type Check = fn(&Option<DebugStepResult>) -> bool;
        let ends: [Check; 5] = [
            |step| matches!(step, Some(DebugStepResult::Step)),
            |step| matches!(step, Some(DebugStepResult::Trap(_))),
            |step| matches!(step, Some(DebugStepResult::Exception(_))),
            |_| unreachable!("it waits for ever"),
            |step| matches!(step, Some(DebugStepResult::HostError(_))),
        ];
        let (mut store, module, run) = store();
        for (what, check) in ends.into_iter().enumerate().filter(|&(what, _)| what != 3) {
            let mut session = at_call(&mut store, run, what as i32);
            let step = finish(session.step_over());
            assert!(check(&step), "{step:?}");
            assert_eq!(num_planted(session.store().unwrap()), 0);
        }
        // A breakpoint in the call.
        let place = module.debug_places()[0];
        store
            .edit_breakpoints(|edit| edit.add(&module, place))
            .unwrap();
        let mut session = at_call(&mut store, run, 0);
        let step = finish(session.step_over());
        assert!(
            matches!(step, Some(DebugStepResult::Breakpoint(_))),
            "{step:?}"
        );
        assert_eq!(num_planted(session.store().unwrap()), 1);
        session.edit_breakpoints(|edit| edit.clear()).unwrap();
        assert_eq!(num_planted(session.store().unwrap()), 0);
        finish(session.step());
        let step = finish(session.step_out());
        assert!(matches!(step, Some(DebugStepResult::Step)), "{step:?}");
        drop(session);
        assert_eq!(num_planted(&store), 0);
    }

    #[test]
    fn what_is_planted_for_a_step_is_gone_with_its_session() {
        let (mut store, _, run) = store();
        let mut session = at_call(&mut store, run, 3);
        {
            let mut step = pin!(session.step_over());
            let polled = step.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(polled.is_pending());
        }
        drop(session);
        assert_eq!(num_planted(&store), 0);
        let mut session = at_call(&mut store, run, 5);
        let step = std::panic::AssertUnwindSafe(|| finish(session.step_over()));
        std::panic::catch_unwind(step).unwrap_err();
        drop(session);
        assert_eq!(num_planted(&store), 0);
    }

    #[test]
    fn a_breakpoint_that_is_removed_leaves_the_step_that_ends_there() {
        let (mut store, module, run) = store();
        let mut session = at_call(&mut store, run, 0);
        let behind = {
            let wasm_pc = session.frames().next().unwrap().wasm_pc().unwrap().unwrap();
            module
                .runtime()
                .compiled()
                .operator_at(wasm_pc)
                .unwrap()
                .end
        };
        // Where the step will end, and in the way there.
        let within = module.debug_places()[0];
        session
            .edit_breakpoints(|edit| edit.add(&module, behind).and(edit.add(&module, within)))
            .unwrap();
        let step = finish(session.step());
        assert!(
            matches!(step, Some(DebugStepResult::Breakpoint(_))),
            "{step:?}"
        );
        let step = finish(session.step_out());
        assert!(
            matches!(&step, Some(DebugStepResult::Breakpoint(hit)) if hit.wasm_pc == behind),
            "{step:?}"
        );
        assert_eq!(num_planted(session.store().unwrap()), 2);
        session.edit_breakpoints(|edit| edit.clear()).unwrap();
        assert_eq!(num_planted(session.store().unwrap()), 0);
        assert!(matches!(
            finish(session.next()),
            Some(DebugStepResult::Finished(Ok(_)))
        ));
    }
}
