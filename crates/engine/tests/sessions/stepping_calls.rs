//! Steps over calls and out of functions.
//!
//! What they must come to follows from single steps: a step over a call ends at the first of these
//! that is in no deeper frame, a step out at the first that is in an outer one.

use crate::common::{block_on, poll_once};
use crate::places::{I32_CONST, first, instance};
use crate::support::{self, Guest, HostFrames, NEVER, TRAP, WAIT, name};
use std::collections::HashSet;
use std::pin::pin;
use trapline::{
    Caller, Config, DebugSession, DebugStepResult, Engine, Error, Extern, Frame, Func, Instance,
    Linker, Module, Observe, Store, Val,
};

/// Recursion, calls through tables, tail calls, exceptions that go through frames, functions of
/// the host that call back, synchronously and not, and throw.
const GUEST: &str = r#"(module
    (import "host" "sync" (func $sync (param i32) (result i32)))
    (import "host" "async" (func $async (param i32) (result i32)))
    (type $unary (func (param i32) (result i32)))
    (memory 1)
    (global $g (mut i32) (i32.const 0))
    (table funcref (elem $fib $odd $sync))
    (tag $e (param i32))
    (func $fib (export "fib") (param i32) (result i32)
        (if (i32.lt_u (local.get 0) (i32.const 2)) (then (return (local.get 0))))
        (i32.add
            (call $fib (i32.sub (local.get 0) (i32.const 1)))
            (call_indirect (type $unary)
                (i32.sub (local.get 0) (i32.const 2)) (i32.const 0))))
    (func $even (param i32) (result i32)
        (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
        (return_call_indirect (type $unary)
            (i32.sub (local.get 0) (i32.const 1)) (i32.const 1)))
    (func $odd (param i32) (result i32)
        (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
        (global.set $g (i32.add (global.get $g) (i32.const 1)))
        (return_call $even (i32.sub (local.get 0) (i32.const 1))))
    (func $deep (export "deep") (param i32) (result i32)
        (if (i32.eqz (local.get 0)) (then (throw $e (i32.const 7))))
        (call $deep (i32.sub (local.get 0) (i32.const 1)))
        (i32.const 1)
        i32.add)
    (func $catches (export "catches") (param i32) (result i32)
        (block $caught (result i32)
            (try_table (catch $e $caught)
                (drop (call $deep (local.get 0))))
            unreachable)
        (i32.add (global.get $g)))
    (func $host (param i32) (result i32)
        (i32.add (call $sync (local.get 0)) (call $async (local.get 0)))
        (i32.add (call_indirect (type $unary) (local.get 0) (i32.const 2))))
    (func (export "run") (result i32) (local $i i32)
        (loop $next
            (i32.store (local.get $i) (call $fib (local.get $i)))
            (global.set $g (i32.add (global.get $g) (call $even (local.get $i))))
            (i32.store (i32.const 64) (call $catches (local.get $i)))
            (i32.store (i32.const 68) (call $host (local.get $i)))
            (local.set $i (i32.add (local.get $i) (i32.const 2)))
            (br_if $next (i32.lt_u (local.get $i) (i32.const 6))))
        (i32.add (i32.load (i32.const 64)) (i32.load (i32.const 68)))))"#;

/// Calls the exports `fib` and `catches` of the caller, and `deep`, out of which an exception comes.
fn linker(observe: Observe) -> Linker<()> {
    let engine = Engine::new(Config::new().observe(observe)).unwrap();
    let mut linker = Linker::<()>::new(&engine);
    let export = |caller: &mut Caller<'_, ()>, name| {
        let func = caller.get_export(name).and_then(Extern::into_func);
        func.unwrap().typed::<i32, i32>(&*caller)
    };
    linker
        .func_wrap("host", "sync", move |mut caller: Caller<'_, ()>, x: i32| {
            let caught = export(&mut caller, "catches")?.call(&mut caller, x & 1)?;
            let failed = export(&mut caller, "deep")?.call(&mut caller, 1);
            assert!(failed.is_err());
            Ok::<i32, Error>(caught + export(&mut caller, "fib")?.call(&mut caller, 3)?)
        })
        .unwrap();
    linker
        .func_wrap_async(
            "host",
            "async",
            move |mut caller: Caller<'_, ()>, (x,): (i32,)| {
                Box::new(async move {
                    let fib = export(&mut caller, "fib")?;
                    crate::common::Yield(2).await;
                    fib.call_async(&mut caller, x & 3).await
                })
            },
        )
        .unwrap();
    linker
}

struct Stepped {
    store: Store<()>,
    module: Module,
    instance: Instance,
    run: Func,
}

impl Stepped {
    fn new(linker: &Linker<()>, module: &Module) -> Stepped {
        let mut store = Store::new(linker.engine(), ());
        let instance = linker.instantiate(&mut store, module).unwrap();
        let run = instance.get_func(&store, "run").unwrap();
        Stepped {
            store,
            module: module.clone(),
            instance,
            run,
        }
    }

    fn session(&mut self) -> DebugSession<'_, ()> {
        let memory = self.instance.debug_memory(&self.store, 0).unwrap();
        memory.data_mut(&mut self.store).fill(0);
        let global = self.instance.debug_global(&self.store, 0).unwrap();
        global.set(&mut self.store, Val::I32(0)).unwrap();
        DebugSession::call(&mut self.store, self.run, &[]).unwrap()
    }
}

/// What single steps come to: a place, or an exception there.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    exception: bool,
    wasm_pc: u32,
    function: u32,
    depth: usize,
    /// A frame pointer cannot be seen, but values can.
    locals: Vec<String>,
}

fn entry(session: &DebugSession<'_, ()>, exception: bool) -> Entry {
    let mut frames = session.frames().filter(|frame| !frame.is_host());
    let frame = frames.next().unwrap();
    let locals = frame.locals(session).unwrap_or_default();
    Entry {
        exception,
        wasm_pc: frame.wasm_pc().unwrap().unwrap(),
        function: frame.function().unwrap(),
        depth: 1 + frames.count(),
        locals: locals.iter().map(|value| format!("{value:?}")).collect(),
    }
}

/// An event, if it is not the end.
fn event(session: &DebugSession<'_, ()>, step: Option<DebugStepResult>) -> Option<(Entry, bool)> {
    match step {
        Some(DebugStepResult::Step) => Some((entry(session, false), false)),
        Some(DebugStepResult::Breakpoint(_)) => Some((entry(session, false), true)),
        Some(DebugStepResult::Exception(_)) => Some((entry(session, true), false)),
        Some(DebugStepResult::Finished(Ok(_))) => None,
        step => panic!("{step:?}"),
    }
}

fn all_steps(stepped: &mut Stepped) -> Vec<Entry> {
    let mut session = stepped.session();
    let mut all = Vec::new();
    loop {
        let step = block_on(session.step());
        match event(&session, step) {
            Some((entry, _)) => all.push(entry),
            None => return all,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum How {
    Next,
    Into,
    Over,
    Out,
}

/// The functions `even` and `odd`, which nobody but a tail call reaches from each other.
const TAIL_CALLED: [u32; 2] = [3, 4];

/// Where a step must end, as an index of the entries, from the one at an index or from the
/// beginning.
fn expected(all: &[Entry], from: Option<usize>, how: How, breakpoints: &HashSet<u32>) -> usize {
    let after = from.map_or(0, |from| from + 1);
    let here = from.map(|from| &all[from]);
    let next = all.get(after);
    let left = |entry: &Entry| here.is_some_and(|here| entry.depth < here.depth);
    let ends = |entry: &Entry| {
        let stops = entry.exception || breakpoints.contains(&entry.wasm_pc);
        let calls_instead = here.zip(next).is_some_and(|(here, next)| {
            here.depth == next.depth
                && here.function != next.function
                && TAIL_CALLED.contains(&here.function)
        });
        // Where an exception goes that was thrown in this frame.
        let leaves = here
            .zip(next)
            .is_some_and(|(here, next)| here.exception && next.depth < here.depth);
        stops
            || match how {
                How::Next => false,
                How::Into => true,
                How::Over if here.is_some_and(|here| here.exception) => true,
                How::Over if calls_instead => left(entry),
                How::Over => here.is_none_or(|here| entry.depth <= here.depth),
                How::Out if leaves => true,
                How::Out => left(entry),
            }
    };
    let rest = &all[after.min(all.len())..];
    after + rest.iter().position(ends).unwrap_or(rest.len())
}

fn random(state: &mut u64, bound: usize) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state % bound as u64) as usize
}

#[test]
fn steps_over_and_out_end_where_single_steps_say() {
    for observe in [Observe::State, Observe::Stacks] {
        let linker = linker(observe);
        let module = Module::new(linker.engine(), GUEST).unwrap();
        let mut stepped = Stepped::new(&linker, &module);
        let all = all_steps(&mut stepped);
        assert!(all.len() > 200, "{}", all.len());
        assert!(all.iter().filter(|entry| entry.exception).count() > 10);
        let places = module.debug_places();
        let mut state = 0x9e37_79b9_7f4a_7c15;
        let mut made = [0; 4];
        for round in 0..60 {
            let mut session = stepped.session();
            let count = [0, 0, 3, 10][round % 4];
            let breakpoints: HashSet<u32> = (0..count)
                .map(|_| places[random(&mut state, places.len())])
                .collect();
            session
                .edit_breakpoints(|edit| {
                    edit.clear()?;
                    let mut places = breakpoints.iter();
                    places.try_for_each(|&place| edit.add(&module, place).map(drop))
                })
                .unwrap();
            let mut at = None;
            loop {
                let how = [How::Into, How::Over, How::Over, How::Out, How::Next];
                let how = how[random(&mut state, how.len() - usize::from(round % 3 != 0))];
                made[how as usize] += 1;
                let step = match how {
                    How::Next => block_on(session.next()),
                    How::Into => block_on(session.step()),
                    How::Over => block_on(session.step_over()),
                    How::Out => block_on(session.step_out()),
                };
                let expected = expected(&all, at, how, &breakpoints);
                let found = event(&session, step);
                let text = || format!("{observe:?} {how:?} from {:x?}", at.map(|at| &all[at]));
                let Some((entry, is_breakpoint)) = found else {
                    assert_eq!(expected, all.len(), "{}", text());
                    break;
                };
                assert_eq!(Some(&entry), all.get(expected), "{}", text());
                let place = breakpoints.contains(&entry.wasm_pc) && !entry.exception;
                assert_eq!(is_breakpoint, place, "{}", text());
                // Nobody sees what is planted for steps.
                let placed = session.edit_breakpoints(|edit| Ok(edit.of_module(&module)));
                assert_eq!(placed.unwrap().len(), breakpoints.len());
                at = Some(expected);
            }
        }
        assert!(made.iter().all(|&made| made > 50), "{made:?}");
        assert_eq!(stepped.module.debug_places(), places);
    }
}

/// A frame that was not reached by a tail call, nor by one of the host, and how many guests' frames lie
/// inside of it.
fn choose_frame(session: &DebugSession<'_, ()>, state: &mut u64) -> Option<(usize, Frame)> {
    let frames: Vec<Frame> = session.frames().collect();
    let chosen = random(state, frames.len());
    let level = frames[..chosen].iter().filter(|frame| !frame.is_host());
    let level = level.count();
    let by_host = frames.get(chosen + 1).is_some_and(Frame::is_host);
    let frame = frames.into_iter().nth(chosen)?;
    let fits = !frame.is_host() && !by_host && !TAIL_CALLED.contains(&frame.function().unwrap());
    fits.then_some((level, frame))
}

#[test]
fn a_frame_runs_to_its_own_places_or_until_it_has_returned() {
    for observe in [Observe::State, Observe::Stacks] {
        let linker = linker(observe);
        let module = Module::new(linker.engine(), GUEST).unwrap();
        let mut stepped = Stepped::new(&linker, &module);
        let all = all_steps(&mut stepped);
        let mut state = 0x2545_f491_4f6c_dd1d;
        let (mut at_place, mut returned) = (0, 0);
        for _ in 0..60 {
            let mut session = stepped.session();
            let mut at = random(&mut state, all.len());
            for _ in 0..=at {
                block_on(session.step());
            }
            for _ in 0..20 {
                let chosen = choose_frame(&session, &mut state);
                let Some((level, frame)) = chosen.filter(|_| !all[at].exception) else {
                    let step = block_on(session.step());
                    let Some((entry, _)) = event(&session, step) else {
                        break;
                    };
                    at += 1;
                    assert_eq!(entry, all[at]);
                    continue;
                };
                let function = frame.function().unwrap();
                let mut places: Vec<u32> = all
                    .iter()
                    .filter(|entry| entry.function == function && !entry.exception)
                    .map(|entry| entry.wasm_pc)
                    .collect();
                places.sort_unstable();
                places.dedup();
                let count = random(&mut state, 3);
                let places: Vec<u32> = (0..count)
                    .map(|_| places[random(&mut state, places.len())])
                    .collect();
                let depth = all[at].depth - level;
                let rest = &all[at + 1..];
                let expected = rest.iter().position(|entry| {
                    let is_place = entry.depth == depth && places.contains(&entry.wasm_pc);
                    entry.exception || entry.depth < depth || is_place
                });
                let step = block_on(session.run_to(&frame, &places));
                let found = event(&session, step).map(|(entry, _)| entry);
                let expected = expected.map(|expected| at + 1 + expected);
                let text = || format!("{observe:?} {places:x?} from {:x?}, {level}", all[at]);
                assert_eq!(found.as_ref(), expected.map(|at| &all[at]), "{}", text());
                let Some(expected) = expected else {
                    break;
                };
                match all[expected].depth < depth {
                    true => returned += 1,
                    false => at_place += 1,
                }
                at = expected;
            }
        }
        assert!(at_place > 50 && returned > 50, "{at_place}, {returned}");
    }
}

#[test]
fn a_frame_runs_to_nothing_that_is_not_its_own() {
    let wat = r#"(module
        (func $other nop)
        (func (export "run") (call $other) nop))"#;
    let (mut store, module, _, run) = instance(wat);
    let places = module.debug_places();
    let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
    block_on(session.step());
    let frame = session.frames().next().unwrap();
    for place in [places[0], u32::MAX] {
        let step = block_on(session.run_to(&frame, &[place]));
        let refused =
            matches!(&step, Some(DebugStepResult::Refused(Error::NoPoint(at))) if *at == place);
        assert!(refused, "{step:?}");
    }
    block_on(session.step());
    let step = block_on(session.run_to(&frame, &[]));
    assert!(
        matches!(step, Some(DebugStepResult::Refused(Error::StaleFrame))),
        "{step:?}"
    );
    // Nothing has been left planted that a call of the function could meet.
    assert_eq!(name(&block_on(session.next())), "returned");
}

#[test]
fn a_step_over_a_long_call_comes_to_its_return() {
    let wat = r#"(module
        (func $long (param i32)
            (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
        (func (export "run") (call $long (i32.const 100000000)) nop))"#;
    let (mut store, module, _, run) = instance(wat);
    let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
    assert_eq!(name(&block_on(session.step_over())), "step");
    assert_eq!(name(&block_on(session.step_over())), "step");
    assert_eq!(name(&block_on(session.step_over())), "step");
    let frame = session.frames().next().unwrap();
    let wasm_pc = frame.wasm_pc().unwrap().unwrap();
    assert_eq!(module.wasm()[wasm_pc as usize], 0x01);
    assert_eq!(session.frames().count(), 1);
    assert_eq!(name(&block_on(session.step_out())), "returned");
    assert_eq!(name(&block_on(session.step_out())), "none");
}

/// Goes on in single steps to the first instruction with an opcode.
fn step_to(session: &mut DebugSession<'_, HostFrames>, module: &Module, opcode: u8) {
    loop {
        let step = block_on(session.step());
        assert!(matches!(step, Some(DebugStepResult::Step)), "{step:?}");
        let frame = session.frames().next().unwrap();
        if module.wasm()[frame.wasm_pc().unwrap().unwrap() as usize] == opcode {
            return;
        }
    }
}

const CALL: u8 = 0x10;

#[test]
fn what_happens_in_a_call_ends_the_step_over_it() {
    let engine = Engine::new(Config::new().observe(Observe::State)).unwrap();
    for (leaf, expected) in [(TRAP, "trap"), (support::FAIL, "host error")] {
        for sync in [0, 0b11] {
            let mut guest = Guest::of(&engine, HostFrames::default());
            let module = guest.module.clone();
            let mut session = guest.session(2, sync, leaf);
            step_to(&mut session, &module, CALL);
            assert_eq!(name(&block_on(session.step_over())), expected);
            assert_eq!(session.frames().count(), 6);
            // Then the frames are left, one entry after the other.
            let mut steps = 0;
            while !matches!(name(&block_on(session.step_out())), "failed") {
                steps += 1;
                assert!(steps < 10);
            }
            drop(session);
            guest.assert_usable();
        }
    }
}

#[test]
fn a_step_goes_on_while_the_host_waits_and_ends_if_it_is_dropped() {
    let engine = Engine::new(Config::new().observe(Observe::State)).unwrap();
    let mut guest = Guest::of(&engine, HostFrames::default());
    let module = guest.module.clone();
    let mut session = guest.session(1, 0, WAIT);
    step_to(&mut session, &module, CALL);
    let depth = session.frames().count();
    assert!(poll_once(pin!(session.step_over())).is_pending());
    let refused = session.edit_breakpoints(|edit| edit.add(&module, 0));
    assert!(matches!(refused, Err(Error::BusySession)));
    // The future was dropped: whatever goes on now, the step ends as it was to.
    assert!(poll_once(pin!(session.step_out())).is_pending());
    assert_eq!(name(&block_on(session.next())), "step");
    assert_eq!(session.frames().count(), depth);
    assert_eq!(name(&block_on(session.next())), "returned");
    drop(session);
    // While the host waits on its own account there is nothing to step out of.
    let mut session = guest.session(0, 0, WAIT);
    assert!(poll_once(pin!(session.next())).is_pending());
    let refused = block_on(session.step_out());
    assert!(
        matches!(refused, Some(DebugStepResult::Refused(Error::BusySession))),
        "{refused:?}"
    );
    assert_eq!(name(&block_on(session.step_over())), "step");
    drop(session);
    let mut session = guest.session(2, 0, NEVER);
    step_to(&mut session, &module, CALL);
    assert!(poll_once(pin!(session.step_over())).is_pending());
    drop(session);
    guest.assert_usable();
}

#[test]
fn a_step_is_interrupted_as_anything_is() {
    let wat = r#"(module
        (func $endless (loop (br 0)))
        (func (export "run") (param i32) (i32.const 1) drop (call $endless)))"#;
    let (mut store, module, _, run) = instance(wat);
    let mut session = DebugSession::call(&mut store, run, &[Val::I32(0)]).unwrap();
    let handle = session.interrupt_handle().unwrap();
    // On paper: the next instruction is where it stops. Nothing is left over.
    assert_eq!(name(&block_on(session.step())), "step");
    handle.interrupt();
    assert_eq!(name(&block_on(session.step())), "interrupted");
    let frame = session.frames().next().unwrap();
    assert_eq!(
        frame.wasm_pc().unwrap(),
        Some(first(&module, I32_CONST) + 2)
    );
    assert_eq!(name(&block_on(session.step())), "step");
    // By the machine: into the call.
    handle.interrupt();
    assert_eq!(name(&block_on(session.step())), "interrupted");
    assert_eq!(session.frames().count(), 2);
    assert_eq!(name(&block_on(session.step())), "step");
    drop(session);
    // A step over what never ends.
    let mut session = DebugSession::call(&mut store, run, &[Val::I32(0)]).unwrap();
    let handle = session.interrupt_handle().unwrap();
    for _ in 0..3 {
        assert_eq!(name(&block_on(session.step())), "step");
    }
    for _ in 0..20 {
        let step = std::thread::scope(|scope| {
            scope.spawn(|| handle.interrupt());
            block_on(session.step_over())
        });
        assert!(matches!(name(&step), "interrupted" | "step"), "{step:?}");
    }
    let step = std::thread::scope(|scope| {
        scope.spawn(|| handle.interrupt());
        block_on(session.step_out())
    });
    assert_eq!(name(&step), "interrupted");
}

#[test]
fn a_step_that_has_ended_leaves_no_interrupt_behind() {
    let wat = r#"(module (tag $e)
        (func $throws (throw $e))
        (func (export "run")
            (block $caught (try_table (catch $e $caught) (call $throws)))
            (loop nop)))"#;
    let (mut store, module, _, run) = instance(wat);
    for steps in 0..20 {
        let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
        for _ in 0..steps {
            block_on(session.step());
        }
        // Also if a breakpoint ends it.
        let place = module.debug_places()[steps % 5];
        session
            .edit_breakpoints(|edit| edit.clear().and_then(|()| edit.add(&module, place)))
            .unwrap();
        loop {
            match block_on(session.next()) {
                Some(DebugStepResult::Exception(_) | DebugStepResult::Breakpoint(_)) => {}
                Some(DebugStepResult::Finished(Ok(_))) | None => break,
                step => panic!("{step:?}"),
            }
        }
    }
}

#[test]
fn a_step_in_one_store_is_none_in_another() {
    let linker = linker(Observe::State);
    let module = Module::new(linker.engine(), GUEST).unwrap();
    let mut stepped = Stepped::new(&linker, &module);
    let mut other = Stepped::new(&linker, &module);
    let mut session = stepped.session();
    let mut other_session = other.session();
    block_on(session.step());
    // In the middle of a step over a call, which waits for the host.
    loop {
        let poll = poll_once(pin!(session.step_over()));
        let std::task::Poll::Ready(step) = poll else {
            break;
        };
        assert!(event(&session, step).is_some(), "it waits first");
    }
    loop {
        match block_on(other_session.next()) {
            Some(DebugStepResult::Exception(_)) => {}
            step => {
                assert_eq!(name(&step), "returned");
                break;
            }
        }
    }
    assert_eq!(name(&block_on(session.next())), "step");
}

#[test]
fn engines_that_observe_nothing_make_no_steps() {
    let engine = Engine::default();
    let module = Module::new(&engine, r#"(module (func (export "run")))"#).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let run = instance.get_func(&store, "run").unwrap();
    let mut session = DebugSession::call(&mut store, run, &[]).unwrap();
    for step in [block_on(session.step_over()), block_on(session.step_out())] {
        assert!(
            matches!(step, Some(DebugStepResult::Refused(Error::NotObserved))),
            "{step:?}"
        );
    }
    assert_eq!(name(&block_on(session.next())), "returned");
}
