//! Runs scripts in sessions, and looks at everything at each stop.

use crate::common::block_on;
use crate::runner::Execute;
use crate::seen::{Place, Seen, SeenFrame, Why};
use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex};
use trapline::{
    BreakpointEditor, DebugSession, DebugStepResult, Error, Frame, Func, Instance, Linker, Module,
    Stopped, Store, Trap, Val,
};

/// So many of the innermost frames are written down. With the reference all are compared.
const WRITTEN: usize = 16;

/// What was compared.
#[derive(Default)]
pub struct Report {
    /// Stops at operators in code with the reference.
    pub stops: u64,
    /// Traps there.
    pub traps: u64,
    /// Exceptions there that were thrown.
    pub throws: u64,
    /// Values that were compared with the reference.
    pub values: u64,
    /// Values that were compared with those of the code that programs run as.
    pub again: u64,
    /// What is wrong.
    pub wrong: Vec<String>,
}

impl Report {
    pub fn failure(message: String) -> Report {
        Report {
            wrong: vec![message],
            ..Report::default()
        }
    }

    pub fn add(&mut self, other: Report) {
        self.stops += other.stops;
        self.traps += other.traps;
        self.throws += other.throws;
        self.values += other.values;
        self.again += other.again;
        self.wrong.extend(other.wrong);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} values at {} stops, {} traps and {} throws as in the reference, {} of them as in \
             code without; {} wrong",
            self.values,
            self.stops,
            self.traps,
            self.throws,
            self.again,
            self.wrong.len()
        )
    }
}

/// What the run without the reference has seen.
pub struct Recorded {
    places: HashSet<Place>,
    seen: VecDeque<Seen>,
}

/// Runs a script in sessions.
pub struct Watch(Arc<Mutex<Watched>>);

struct Watched {
    hits: u32,
    modules: Vec<Module>,
    /// How often it was stopped at each operator.
    hit: HashMap<Place, u32>,
    /// In the run without the reference, what was seen.
    recorded: Recorded,
    /// In the run with it, what is still to be seen.
    expected: Option<Recorded>,
    report: Report,
}

impl Watch {
    /// Writes down what it sees, `hits` times at each place.
    pub fn recording(hits: u32) -> Watch {
        Watch::new(hits, None)
    }

    /// Compares with the reference, and with what was written down.
    pub fn comparing(hits: u32, recorded: Recorded) -> Watch {
        Watch::new(hits, Some(recorded))
    }

    fn new(hits: u32, expected: Option<Recorded>) -> Watch {
        let recorded = Recorded {
            places: HashSet::new(),
            seen: VecDeque::new(),
        };
        Watch(Arc::new(Mutex::new(Watched {
            hits,
            modules: Vec::new(),
            hit: HashMap::new(),
            recorded,
            expected,
            report: Report::default(),
        })))
    }

    /// Takes what was written down.
    pub fn recorded(&mut self) -> Recorded {
        let recorded = &mut self.0.lock().unwrap().recorded;
        Recorded {
            places: std::mem::take(&mut recorded.places),
            seen: std::mem::take(&mut recorded.seen),
        }
    }

    /// What came of it.
    pub fn report(self, name: &str) -> Report {
        let mut watched = self.0.lock().unwrap();
        let mut report = std::mem::take(&mut watched.report);
        if let Some(expected) = &watched.expected
            && report.wrong.is_empty()
            && !expected.seen.is_empty()
        {
            let message = format!("{} stops are missing", expected.seen.len());
            report.wrong.push(message);
        }
        for message in &mut report.wrong {
            *message = format!("{name}: {message}");
        }
        report
    }
}

impl Watched {
    /// Notes a module that is about to run, and stops at each of its operators.
    fn add_module(
        &mut self,
        module: &Module,
        breakpoints: &mut BreakpointEditor<'_>,
    ) -> Result<(), Error> {
        let index = self.index(module).unwrap_or_else(|| {
            self.modules.push(module.clone());
            self.modules.len() - 1
        });
        for wasm_pc in module.debug_places() {
            let place = Place {
                module: index,
                wasm_pc,
            };
            if self.expected.is_none() {
                self.recorded.places.insert(place);
            }
            if !self.is_done(place) {
                breakpoints.add(module, wasm_pc)?;
            }
        }
        Ok(())
    }

    fn index(&self, module: &Module) -> Option<usize> {
        self.modules.iter().position(|known| known.same(module))
    }

    fn is_done(&self, place: Place) -> bool {
        self.hit.get(&place).is_some_and(|&hit| hit >= self.hits)
    }

    fn place(&self, frame: &Frame) -> Result<Place, Error> {
        let module = self.index(&frame.module()?);
        Ok(Place {
            module: module.expect("all modules are added"),
            wasm_pc: frame.wasm_pc()?.ok_or(Error::NoFrameYet)?,
        })
    }

    /// Looks at a guest that is stopped. Returns the breakpoint to be removed, if any.
    fn look(
        &mut self,
        step: &DebugStepResult,
        frames: Vec<Frame>,
        guest: &impl Stopped,
    ) -> Option<(Module, u32)> {
        let mut frames: Vec<Frame> = frames.into_iter().filter(|f| !f.is_host()).collect();
        let overflow =
            matches!(step, DebugStepResult::Trap(info) if info.trap == Trap::StackOverflow);
        if overflow && matches!(frames[0].locals(guest), Err(Error::NoFrameYet)) {
            // It has not begun.
            frames.remove(0);
        }
        // After the first thing that is wrong, what is expected need not be right.
        if self.report.wrong.is_empty()
            && let Err(error) = self.try_look(step, &frames, guest, overflow)
        {
            self.report.wrong.push(format!("{step:?}: {error}"));
        }
        let DebugStepResult::Breakpoint(hit) = step else {
            return None;
        };
        let module = self.index(&hit.module)?;
        let place = Place {
            module,
            wasm_pc: hit.wasm_pc,
        };
        *self.hit.entry(place).or_default() += 1;
        self.is_done(place)
            .then(|| (hit.module.clone(), hit.wasm_pc))
    }

    fn try_look(
        &mut self,
        step: &DebugStepResult,
        frames: &[Frame],
        guest: &impl Stopped,
        overflow: bool,
    ) -> Result<(), String> {
        let report = &mut self.report;
        let why = match step {
            DebugStepResult::Breakpoint(_) => Why::Breakpoint,
            DebugStepResult::Trap(info) => Why::Trap(info.trap.to_string()),
            DebugStepResult::HostError(message) => Why::HostError(message.clone()),
            DebugStepResult::Exception(_) => Why::Exception,
            other => return Err(format!("{other:?}")),
        };
        if self.expected.is_some() {
            match why {
                Why::Breakpoint => report.stops += 1,
                Why::Trap(_) => report.traps += 1,
                Why::Exception => report.throws += 1,
                Why::HostError(_) => {}
            }
            for frame in frames {
                report.values += text(frame.compare_with_reference(guest))?;
            }
        }
        let at = frames.first().map(|frame| text(self.place(frame)));
        let Some(at) = at.transpose()? else {
            return Ok(());
        };
        let stops_in_both = |recorded: &Recorded| recorded.places.contains(&at);
        if why == Why::Breakpoint && self.expected.as_ref().is_some_and(|e| !stops_in_both(e)) {
            return Ok(());
        }
        // How deep a stack may become depends on the size of frames.
        let written = if overflow { 0 } else { WRITTEN };
        let read = |frame: &Frame| SeenFrame::read(frame, self.place(frame)?, guest);
        let frames = frames.iter().take(written).map(read);
        let frames = text(frames.collect::<Result<Vec<_>, _>>())?;
        let seen = Seen { why, frames };
        match &mut self.expected {
            None => self.recorded.seen.push_back(seen),
            Some(expected) => {
                let first = expected.seen.pop_front();
                first
                    .ok_or_else(|| format!("only with the reference: {seen:?}"))?
                    .check(&seen)?;
                self.report.again += seen.values();
            }
        }
        Ok(())
    }
}

fn text<T>(result: Result<T, Error>) -> Result<T, String> {
    result.map_err(|error| error.to_string())
}

impl Execute for Watch {
    /// Start functions are not called by sessions; a handler looks at them.
    fn instantiate(
        &mut self,
        linker: &Linker<()>,
        store: &mut Store<()>,
        module: &Module,
    ) -> Result<Instance, Error> {
        let watched = self.0.clone();
        store.edit_breakpoints(|breakpoints| {
            watched.lock().unwrap().add_module(module, breakpoints)
        })?;
        store.set_debug_handler(move |mut guest, step| {
            let frames = guest.frames().collect();
            let done = watched.lock().unwrap().look(&step, frames, &guest);
            let edited = match done {
                Some((module, wasm_pc)) => guest
                    .edit_breakpoints(|breakpoints| breakpoints.remove(&module, wasm_pc))
                    .map(drop),
                None => Ok(()),
            };
            Box::new(async move { edited })
        });
        let instance = block_on(linker.instantiate_async(&mut *store, module));
        store.clear_debug_handler();
        instance
    }

    fn call(&mut self, store: &mut Store<()>, func: Func, args: &[Val]) -> Result<Vec<Val>, Error> {
        let mut session = DebugSession::call(store, func, args)?;
        loop {
            let step = block_on(session.next());
            match step.expect("it ends with a result") {
                DebugStepResult::Finished(outcome) => return outcome,
                DebugStepResult::Refused(error) => return Err(error),
                step => {
                    let frames = session.frames().collect();
                    let done = self.0.lock().unwrap().look(&step, frames, &session);
                    if let Some((module, wasm_pc)) = done {
                        session
                            .edit_breakpoints(|breakpoints| breakpoints.remove(&module, wasm_pc))?;
                    }
                }
            }
        }
    }
}
