//! Sessions that are treated without pattern: breakpoints that come and go, steps of all kinds,
//! interrupts, moves to other threads, drops in the middle. What the guest computes is the same in the end.
//!
//! `TRAPLINE_STRESS_ROUNDS` says how many sessions there are, 60 if not set, or
//! `TRAPLINE_STRESS_MINUTES` for how long. Then nothing may have leaked in the end, which is measured
//! in the whole process: so no other test may run in it.
//!
//! ```console
//! $ TRAPLINE_STRESS_MINUTES=10 cargo test --release -p trapline --test sessions stress -- --nocapture
//! ```

use crate::common::block_on;
use crate::resources::Resources;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use trapline::{
    Caller, Config, DebugSession, DebugStepResult, Engine, Error, Extern, Linker, Module, Observe,
    Val,
};

/// Numbers without pattern, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// For how long to go on.
enum Length {
    Rounds(u64),
    Until(Instant),
}

impl Length {
    fn from_env() -> Length {
        let number = |name| {
            let value: Option<u64> = std::env::var(name).ok().map(|value| {
                let number = value.parse();
                number.unwrap_or_else(|_| panic!("{name} is a number"))
            });
            value
        };
        match number("TRAPLINE_STRESS_MINUTES") {
            Some(minutes) => Length::Until(Instant::now() + Duration::from_secs(60 * minutes)),
            None => Length::Rounds(number("TRAPLINE_STRESS_ROUNDS").unwrap_or(60)),
        }
    }

    fn is_over(&self, round: u64) -> bool {
        match *self {
            Length::Rounds(rounds) => round == rounds,
            Length::Until(end) => Instant::now() >= end,
        }
    }
}

/// After so many rounds whatever is kept for the next time has been made.
const WARM: u64 = 200;

/// Calls itself, directly and through the host, throws and catches, and keeps a checksum.
const WAT: &str = r#"(module
    (import "host" "down" (func $down (param i32 i64) (result i64)))
    (memory 1)
    (tag $e (param i64))
    (func $work (export "work") (param $depth i32) (param $x i64) (result i64) (local $i i32)
        (loop $next
            (local.set $x (i64.add (i64.rotl (local.get $x) (i64.const 7))
                (i64.load (i32.and (i32.wrap_i64 (local.get $x)) (i32.const 0xff8)))))
            (i64.store (i32.and (local.get $i) (i32.const 0xff8)) (local.get $x))
            (local.set $i (i32.add (local.get $i) (i32.const 3)))
            (br_if $next (i32.lt_u (local.get $i) (i32.const 200))))
        (if (i32.eqz (local.get $depth)) (then (return (local.get $x))))
        (local.set $depth (i32.sub (local.get $depth) (i32.const 1)))
        (block $caught (result i64)
            (try_table (catch $e $caught)
                (if (i32.and (local.get $depth) (i32.const 1))
                    (then (throw $e (call $work (local.get $depth) (local.get $x))))))
            (i64.add (call $down (local.get $depth) (local.get $x))
                (call $work (local.get $depth) (i64.const 3))))))"#;

fn linker() -> Linker<()> {
    let engine = Engine::new(Config::new().observe(Observe::State)).unwrap();
    let mut linker = Linker::<()>::new(&engine);
    linker
        .func_wrap_async(
            "host",
            "down",
            |mut caller: Caller<'_, ()>, (depth, x): (i32, i64)| {
                Box::new(async move {
                    let work = caller
                        .get_export("work")
                        .and_then(Extern::into_func)
                        .unwrap();
                    let work = work.typed::<(i32, i64), i64>(&caller)?;
                    work.call_async(&mut caller, (depth, x)).await
                })
            },
        )
        .unwrap();
    linker
}

#[test]
fn whatever_is_done_to_a_session_its_guest_computes_the_same() {
    let linker = linker();
    let module = Module::new(linker.engine(), WAT).unwrap();
    let (mut store, instance) = {
        let mut store = trapline::Store::new(linker.engine(), ());
        let instance = linker.instantiate(&mut store, &module).unwrap();
        (store, instance)
    };
    let work = instance.get_func(&store, "work").unwrap();
    let memory = instance.debug_memory(&store, 0).unwrap();
    let params = [Val::I32(5), Val::I64(99)];
    let mut expected = [Val::I64(0)];
    block_on(work.call_async(&mut store, &params, &mut expected)).unwrap();
    let contents = memory.data(&store).to_vec();

    let mut random = Random(0x1234_5678_9abc_def1);
    let (mut finished, mut dropped) = (0, 0);
    let length = Length::from_env();
    let (mut round, mut warm) = (0, None);
    while !length.is_over(round) {
        if round == WARM {
            warm = Some(Resources::now());
        }
        memory.data_mut(&mut store).fill(0);
        let mut session = DebugSession::call(&mut store, work, &params).unwrap();
        let handle = session.interrupt_handle().unwrap();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while round % 3 == 0 && !done.load(Ordering::Relaxed) {
                    handle.interrupt();
                    (0..20_000).for_each(|_| std::hint::spin_loop());
                }
            });
            let gives_up = if round % 4 == 3 {
                random.below(200)
            } else {
                u64::MAX
            };
            for steps in 0.. {
                if steps == gives_up {
                    dropped += 1;
                    break;
                }
                if !act(&mut session, &module, &mut random, &expected[0]) {
                    finished += 1;
                    break;
                }
            }
            done.store(true, Ordering::Relaxed);
        });
        let over = session.frames().count() == 0;
        match random.below(2) {
            0 => drop(session),
            _ => std::thread::scope(|scope| scope.spawn(move || drop(session)).join().unwrap()),
        }
        assert!(!over || round % 4 == 3 || memory.data(&store) == contents);
        store
            .edit_breakpoints(|breakpoints| breakpoints.clear())
            .unwrap();
        round += 1;
    }
    println!("{finished} sessions came to their end, {dropped} were dropped");
    assert!(
        finished >= round * 3 / 4 && finished + dropped == round,
        "{finished}, {dropped}"
    );
    if let Some(warm) = warm {
        warm.assert_no_more();
    }
}

/// Does something to a session, and goes on to the next event. False at the end.
fn act(
    session: &mut DebugSession<'_, ()>,
    module: &Module,
    random: &mut Random,
    expected: &Val,
) -> bool {
    let code = module.code_section_offset();
    let place = code + random.below(u64::from(module.wasm().len() as u32 - code)) as u32;
    session
        .edit_breakpoints(|breakpoints| match random.below(12) {
            // Most are in the middle of a region, and the second is in the same one often.
            0 | 1 => [place, place + 3]
                .into_iter()
                .map(|place| breakpoints.add(module, place))
                .try_for_each(|added| match added {
                    Ok(_) | Err(Error::NoPoint(_)) => Ok(()),
                    Err(error) => Err(error),
                }),
            2..6 => breakpoints.clear(),
            6 => match breakpoints.of_module(module).first() {
                Some(&place) => breakpoints.remove(module, place).map(drop),
                None => Ok(()),
            },
            _ => Ok(()),
        })
        .unwrap();
    for frame in session.frames().filter(|frame| !frame.is_host()) {
        assert!(frame.wasm_pc().unwrap().is_some());
        assert!(!frame.locals(&*session).unwrap().is_empty());
    }
    let step = match random.below(8) {
        4 => block_on(session.step()),
        5 | 6 => block_on(session.step_over()),
        7 => block_on(session.step_out()),
        0 => std::thread::scope(|scope| scope.spawn(|| block_on(session.next())).join().unwrap()),
        _ => block_on(session.next()),
    };
    match step {
        Some(
            DebugStepResult::Breakpoint(_)
            | DebugStepResult::Step
            | DebugStepResult::Interrupted
            | DebugStepResult::Exception(_),
        ) => true,
        Some(DebugStepResult::Finished(Ok(results))) => {
            assert_eq!(results[0].unwrap_i64(), expected.unwrap_i64());
            false
        }
        step => panic!("{step:?}"),
    }
}
