//! Steps of a watched call.
//!
//! Within a region a step is made on paper. Otherwise the machine runs, and is stopped at the point
//! where the step ends:
//!
//! ```text
//!   step into              an interrupt, which stops at the next point, wherever that is
//!   step over a call       planted behind the call; it ends in this frame, or further out
//!   step out               planted behind the call that the frame outside of this one waits for
//! ```
//!
//! What is planted is met by every activation of its function. Those that the wanted frame has called,
//! however it has, lie below it on the stack and have lower frame pointers; they go on. All that a
//! call does is on one stack.

use super::live_frames::FrameRef;
use super::module::RuntimeModule;
use super::watched_call::{Event, State, WatchedCall};
use crate::error::{Error, Result};
use crate::fiber::Requester;
use std::sync::Arc;
use trapline_compile::observe::Flow;

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

/// A step that the machine is making.
pub(super) enum Step {
    /// To the next point.
    ToPoint,
    /// Until a frame goes on that is waiting for a call, or one further out.
    ToFrame {
        module: Arc<RuntimeModule>,
        /// The point behind the call.
        point: u32,
        /// The frame's pointer.
        fp: usize,
    },
}

/// A frame that a step looks at.
struct Place {
    module: Arc<RuntimeModule>,
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
        let point = compiled.point_at(frame.live.text_offset);
        Ok(Some(Place {
            module: Arc::clone(&frame.module),
            wasm_pc: frame.live.wasm_pc.ok_or_else(missing)?,
            point: point.map(|point| point.wasm_pc),
            fp: frame.live.fp.ok_or(Error::NoFrameYet)?,
        }))
    }
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
                self.begin(Step::ToPoint)?;
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
        let mut frames = standing
            .frames(store, version)
            .map(|frame| Place::of(&frame));
        let mut next = || frames.find_map(Result::transpose).transpose();
        // A stack that has overflowed may end in a frame that has not been set up.
        let here = next().ok().flatten();
        let outer = next()?;
        let Some(here) = here else {
            return Ok(Some(Step::ToPoint));
        };
        match stepping {
            Stepping::Over if is_at_point => match self.flow(&here)? {
                Some((Flow::Call, end)) => Ok(Some(to_frame(here, end))),
                Some((Flow::TailCall, _)) => outer.map(behind_call).transpose(),
                _ => Ok(Some(Step::ToPoint)),
            },
            Stepping::Out if is_at_point || catcher == Some(here.fp) => {
                outer.map(behind_call).transpose()
            }
            // With the next thing that happens the frame goes on elsewhere, or is left.
            _ => Ok(Some(Step::ToPoint)),
        }
    }

    /// How control leaves the region that a frame, which is at a point, is in; and the wasm pc behind
    /// the operator that it does with.
    fn flow(&mut self, here: &Place) -> Result<Option<(Flow, u32)>> {
        let compiled = here.module.compiled();
        let leaving = match here.point {
            // On paper there is no operator that the machine need not run.
            _ if here.module.engine().observes_state() => compiled.operator_at(here.wasm_pc),
            Some(point) => {
                let mut store = self.store.opaque();
                let points = store.points_around(&here.module, point)?;
                points.operators(compiled, point).last()
            }
            None => None,
        };
        Ok(leaving.map(|operator| (operator.flow, operator.end)))
    }

    fn begin(&mut self, step: Step) -> Result<()> {
        match &step {
            Step::ToPoint => self.interrupt.request(Requester::Step),
            Step::ToFrame { module, point, .. } => {
                self.store.opaque().plant_step(module, *point)?;
            }
        }
        self.step = Some(step);
        Ok(())
    }

    /// Whether the step that is being made ends where the machine has stopped the guest.
    pub(super) fn ends_step(&self) -> bool {
        match &self.step {
            None => false,
            Some(Step::ToPoint) => true,
            Some(Step::ToFrame { fp: wanted, .. }) => {
                let frame = self.frames().next();
                let fp = frame.and_then(|frame| frame.guest().ok()?.live.fp);
                fp.is_some_and(|fp| fp >= *wanted)
            }
        }
    }
}

impl<T> WatchedCall<'_, T> {
    /// Ends the step that is being made, wherever it has come to.
    pub(super) fn end_step(&mut self) {
        match self.step.take() {
            None => {}
            Some(Step::ToPoint) => {
                self.interrupt.cancel(Requester::Step);
            }
            Some(Step::ToFrame { module, point, .. }) => {
                // What was changed once can be changed again. If not, guests stop there for nothing.
                let _ = self.store.opaque().uproot_step(&module, point);
            }
        }
    }
}

/// Ends where a frame goes on at a point.
fn to_frame(frame: Place, point: u32) -> Step {
    Step::ToFrame {
        module: frame.module,
        point,
        fp: frame.fp,
    }
}

/// Ends where a frame goes on that waits for a call.
fn behind_call(frame: Place) -> Result<Step> {
    let call = frame.module.compiled().operator_at(frame.wasm_pc);
    let missing = || Error::UnreadableFrame("it is at no call".to_owned());
    let end = call.ok_or_else(missing)?.end;
    Ok(to_frame(frame, end))
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
