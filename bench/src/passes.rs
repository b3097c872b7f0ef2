//! How long each of Cranelift's passes takes, summed over the functions of a thread.
//!
//! Cranelift's own sums would do, but Wasmtime takes and resets them after every function.

use cranelift_codegen::timing::{Pass, Profiler, set_thread_profiler};
use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Collects the times of the passes that run on this thread from its creation on.
pub struct Passes(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    /// Time of each pass without the passes inside it.
    own: HashMap<String, Duration>,
    /// The passes that are running, outermost first, and the time spent inside each one's.
    running: Vec<Duration>,
}

impl Passes {
    /// Starts to collect.
    pub fn collect() -> Passes {
        let state = Rc::default();
        set_thread_profiler(Box::new(PassProfiler(Rc::clone(&state))));
        Passes(state)
    }

    /// Forgets what was collected.
    pub fn reset(&self) {
        self.0.borrow_mut().own.clear();
    }

    /// A table of the passes, longest first, each as a part of `total` seconds.
    pub fn table(&self, total: f64, times: u64) -> String {
        let state = self.0.borrow();
        let mut passes: Vec<_> = state
            .own
            .iter()
            .map(|(name, own)| (own.as_secs_f64(), name))
            .collect();
        passes.sort_by(|a, b| b.0.total_cmp(&a.0));
        let inside: f64 = passes.iter().map(|(own, _)| own).sum();
        let mut out = String::new();
        let rest = (
            total - inside,
            &String::from("everything outside Cranelift's passes"),
        );
        for (own, name) in passes.into_iter().chain([rest]) {
            let (each, part) = (own * 1e3 / times as f64, own / total * 1e2);
            let _ = writeln!(out, "{each:10.3} ms {part:5.1} %  {name}");
        }
        out
    }
}

struct PassProfiler(Rc<RefCell<State>>);

impl Profiler for PassProfiler {
    fn start_pass(&self, pass: Pass) -> Box<dyn Any> {
        self.0.borrow_mut().running.push(Duration::ZERO);
        Box::new(Running {
            state: Rc::clone(&self.0),
            name: pass.to_string(),
            start: Instant::now(),
        })
    }
}

/// A pass that ends when this is dropped.
struct Running {
    state: Rc<RefCell<State>>,
    name: String,
    start: Instant,
}

impl Drop for Running {
    fn drop(&mut self) {
        let whole = self.start.elapsed();
        let mut state = self.state.borrow_mut();
        let inside = state.running.pop().unwrap_or_default();
        if let Some(outer) = state.running.last_mut() {
            *outer += whole;
        }
        *state.own.entry(std::mem::take(&mut self.name)).or_default() +=
            whole.saturating_sub(inside);
    }
}
