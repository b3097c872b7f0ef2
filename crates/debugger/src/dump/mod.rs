//! Programs that have ended, by what a core dump has kept of them.

mod target;

use crate::debugger::Debugger;
use crate::error::DebuggerError;
use crate::frames::{FrameView, StackFrame, describe};
use crate::modules::ModuleId;
use std::fmt;
use std::ops::Range;
use std::path::Path;
use target::DumpTarget;
use trapline::Module;
use trapline_coredump::{CodeMap, CoreDump, Fit};

/// A program that has ended, as a core dump shows it: its frames can be looked into as those of one
/// that [stands still](crate::Debuggee).
///
/// The frames are those of the dump's first thread, which is the one that has crashed.
pub struct Postmortem<'d> {
    debugger: &'d mut Debugger,
    dump: CoreDump<'static>,
    levels: Vec<Level>,
    notes: Vec<String>,
}

/// A level of the stack, and which of the dump's frames it is in.
struct Level {
    shown: StackFrame,
    frame: Option<usize>,
    /// How many inlined calls of that frame it is in.
    inlined: usize,
}

impl<'d> Postmortem<'d> {
    /// Looks at a dump of a program that consisted of one module, or whose modules but this one are of
    /// no interest: `module`, whose file is at `path`, if it has one.
    ///
    /// # Errors
    ///
    /// If none of the dump's modules is this one.
    pub fn new(
        debugger: &'d mut Debugger,
        dump: CoreDump<'static>,
        module: &Module,
        path: Option<&Path>,
    ) -> Result<Postmortem<'d>, DebuggerError> {
        let fits: Vec<_> = dump
            .modules
            .iter()
            .map(|known| known.check(module.wasm()))
            .collect();
        let exact = fits.iter().position(|fit| matches!(fit, Ok(Fit::Same)));
        let fitting = exact.or_else(|| fits.iter().position(Result::is_ok));
        let Some(fitting) = fitting else {
            let problem = fits.into_iter().find_map(Result::err);
            return Err(DebuggerError::Engine(match problem {
                Some(problem) => problem.to_string(),
                None => "the core dump knows of no module".to_owned(),
            }));
        };
        let mut notes = Vec::new();
        if exact.is_none() {
            notes.push(match &fits[fitting] {
                Ok(Fit::Unknown) => "the core dump does not say which module it is of".to_owned(),
                _ => {
                    "the core dump is of another build of the module, with the same code".to_owned()
                }
            });
        }
        let id = debugger.add_module(module, path);
        let mut postmortem = Postmortem {
            debugger,
            dump,
            levels: Vec::new(),
            notes,
        };
        postmortem.find_levels(id, fitting);
        Ok(postmortem)
    }

    /// The debugger.
    pub fn debugger(&self) -> &Debugger {
        self.debugger
    }

    /// The debugger, to be changed.
    pub fn debugger_mut(&mut self) -> &mut Debugger {
        self.debugger
    }

    /// What the program is called.
    pub fn executable(&self) -> &str {
        &self.dump.executable
    }

    /// Why it has ended, if the dump says so.
    pub fn reason(&self) -> Option<&str> {
        self.dump.reason.as_deref()
    }

    /// What is to be known of the dump: a sentence each, without its full stop.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Some of the frames on the stack, by their levels, as far as there are so many.
    pub fn frames(&self, levels: Range<usize>) -> Vec<StackFrame> {
        let end = levels.end.min(self.levels.len());
        let found = self.levels.get(levels.start..end).unwrap_or_default();
        found.iter().map(|level| level.shown.clone()).collect()
    }

    /// The frame of a level, to be looked into.
    ///
    /// # Errors
    ///
    /// If the stack has no such frame.
    pub fn frame(&self, level: usize) -> Result<FrameView<'_>, DebuggerError> {
        let found = self
            .levels
            .get(level)
            .ok_or(DebuggerError::NoFrame(level))?;
        let frame = found
            .frame
            .and_then(|index| self.dump.threads.first()?.frames.get(index));
        let module = found
            .shown
            .module
            .and_then(|id| self.debugger.modules.get(id));
        let target = Box::new(DumpTarget::new(&self.dump, frame, module));
        Ok(FrameView::new(
            target,
            found.shown.clone(),
            found.inlined,
            module,
        ))
    }

    fn find_levels(&mut self, id: ModuleId, fitting: usize) {
        let Some(thread) = self.dump.threads.first() else {
            self.notes.push("the core dump has no stack".to_owned());
            return;
        };
        let module = self.debugger.modules.get(id);
        let map = module
            .and_then(|module| CodeMap::new(module.wasm()).ok())
            .unwrap_or_default();
        let mut levels = Vec::new();
        let mut push = |shown: Vec<StackFrame>, frame| {
            let count = shown.len();
            for (index, mut shown) in shown.into_iter().enumerate() {
                shown.level = levels.len();
                levels.push(Level {
                    shown,
                    frame,
                    inlined: count - 1 - index,
                });
            }
        };
        for (index, frame) in thread.frames.iter().enumerate() {
            if thread.host_frames.contains(&(index as u32)) {
                push(describe(None, None, None, None), None);
            }
            let instance = self.dump.instances.get(frame.instance as usize);
            let is_known = instance.is_some_and(|instance| instance.module as usize == fitting);
            let shown = match module.filter(|_| is_known) {
                Some(module) => {
                    let wasm_pc = frame
                        .code_offset
                        .and_then(|at| map.wasm_pc(frame.function, at));
                    describe(Some(frame.function), wasm_pc, Some(module), None)
                }
                // Of other modules nothing is known but that they are there.
                None => describe(None, None, None, None),
            };
            push(shown, Some(index));
        }
        if thread.truncated {
            self.notes
                .push("the stack had more frames, which are not in the dump".to_owned());
        }
        if self.dump.threads.len() > 1 {
            self.notes.push(format!(
                "the dump has {} threads, of which the first is shown",
                self.dump.threads.len()
            ));
        }
        self.levels = levels;
    }
}

impl fmt::Debug for Postmortem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postmortem")
            .field("executable", &self.dump.executable)
            .field("reason", &self.dump.reason)
            .finish_non_exhaustive()
    }
}
