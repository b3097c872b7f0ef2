//! Damaged debug information: the program goes on, and nothing breaks.

use crate::guest::{debug_wasm, path, resume};
use trapline_debugger::{BreakpointKind, Debugger, Resume, StopReason};
use wasmparser::{Parser, Payload};

/// Numbers that look random and are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

/// The module with some bytes of its debug information changed.
fn damaged(wasm: &[u8], seed: u64) -> Vec<u8> {
    let mut damaged = wasm.to_vec();
    let mut numbers = Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    for payload in Parser::new(0).parse_all(wasm) {
        if let Ok(Payload::CustomSection(section)) = payload
            && section.name().starts_with(".debug_")
            && !section.data().is_empty()
        {
            let start = section.data_offset() as usize;
            for _ in 0..1 + section.data().len() / 400 {
                let at = start + numbers.below(section.data().len());
                damaged[at] = numbers.below(256) as u8;
            }
        }
    }
    damaged
}

#[test]
fn whatever_the_debug_information_says_the_program_goes_on() {
    for name in ["steps", "inlined"] {
        let wasm = std::fs::read(path(name)).unwrap();
        for seed in 0..16 {
            let wasm = damaged(&wasm, seed);
            let mut debugger = Debugger::new();
            debug_wasm(&mut debugger, &wasm, name, &[], |run| {
                for function in ["main", "work", "calls"] {
                    let kind = BreakpointKind::function(function);
                    run.debugger_mut().add_breakpoint(kind);
                }
                for line in [12, 23, 40] {
                    let kind = BreakpointKind::line(format!("{name}.c"), line);
                    run.debugger_mut().add_breakpoint(kind);
                }
                let ways = [
                    Resume::Continue,
                    Resume::StepIn,
                    Resume::StepOver,
                    Resume::StepOut { level: 1 },
                    Resume::Until,
                ];
                for way in ways.iter().cycle().take(30) {
                    let stop = resume(run, way.clone());
                    if matches!(stop.reason, StopReason::Finished(_) | StopReason::Over) {
                        break;
                    }
                    let frames = run.frames(0..6);
                    for frame in &frames {
                        let view = run.frame(frame.level).unwrap();
                        let _ = (view.variables(), view.evaluate("n + x"));
                    }
                }
                let breakpoints = run.debugger_mut().breakpoints_mut();
                breakpoints.clear();
                let end = resume(run, Resume::Continue).reason;
                assert!(
                    matches!(end, StopReason::Finished(_) | StopReason::Over),
                    "{name}, {seed}: {end:?}"
                );
            });
        }
    }
}
