//! A run of a program under the debugger.

mod expressions;
mod hits;
mod line_step;
mod placing;
mod resume;

pub use line_step::StepTarget;
pub use resume::Resume;

use crate::debugger::Debugger;
use crate::error::DebuggerError;
use crate::frames::{FrameCalls, FrameTarget, FrameView, Stack, StackFrame};
use crate::inbox::Inbox;
use crate::modules::{Function, ModuleId};
use crate::panics::is_library;
use crate::stop::{Arrival, Stop, StopReason};
use expressions::Conditions;
use placing::Placing;
use resume::Plan;
use std::cell::{Ref, RefCell};
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use trapline::{DebugSession, Error, Frame, FrameId, Module};

/// A program that is run under a [`Debugger`]: one call, from its beginning to its end.
///
/// It is stopped before its first instruction, and goes on by [`Debuggee::resume`], to the next stop. While
/// it stands still its frames and their variables can be read, and the debugger's breakpoints and settings
/// be changed.
///
/// `T` is the data in the program's store.
pub struct Debuggee<'d, 's, T: 'static> {
    pub(crate) debugger: &'d mut Debugger,
    /// In a cell, since expressions write and call while frames are looked at.
    session: RefCell<DebugSession<'s, T>>,
    pub(crate) placing: Placing,
    conditions: Conditions,
    stack: Mutex<Stack>,
    /// What the guest was to do when it was held up.
    held_up: Option<Plan>,
    /// Whether the user waits for it to be interrupted.
    is_pausing: bool,
    is_over: bool,
}

/// Where the innermost frame is.
pub(crate) struct Here {
    pub(crate) id: Option<FrameId>,
    pub(crate) module: ModuleId,
    pub(crate) wasm_pc: u32,
}

impl<'d, 's, T: 'static> Debuggee<'d, 's, T> {
    /// Takes a call that has not begun yet under the debugger.
    ///
    /// The session's engine must observe the state of guests
    /// ([`Observe::State`](trapline::Observe::State)); without that there are no breakpoints or steps.
    pub fn new(debugger: &'d mut Debugger, session: DebugSession<'s, T>) -> Debuggee<'d, 's, T> {
        debugger.breakpoints.forget_hits();
        let mut debuggee = Debuggee {
            debugger,
            session: RefCell::new(session),
            placing: Placing::default(),
            conditions: Conditions::default(),
            stack: Mutex::default(),
            held_up: None,
            is_pausing: false,
            is_over: false,
        };
        debuggee.learn_modules();
        debuggee
    }

    /// The debugger.
    pub fn debugger(&self) -> &Debugger {
        self.debugger
    }

    /// The debugger, to be changed.
    pub fn debugger_mut(&mut self) -> &mut Debugger {
        self.debugger
    }

    /// The session.
    ///
    /// # Panics
    ///
    /// Nothing can be asked of the debuggee that changes the session while this is held.
    pub fn session(&self) -> Ref<'_, DebugSession<'s, T>> {
        self.session.borrow()
    }

    /// The session, to read and write the store. What resumes it is better left to
    /// [`Debuggee::resume`].
    pub fn session_mut(&mut self) -> &mut DebugSession<'s, T> {
        self.session.get_mut()
    }

    /// Whether the call is over.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Whether a function of the host is waiting, so that nothing can be seen or changed: the future of
    /// [`Debuggee::resume`] was dropped meanwhile.
    pub fn is_waiting(&self) -> bool {
        matches!(self.session.borrow().store(), Err(Error::BusySession))
    }

    /// Has the guest stop as soon as it can once it goes on, as
    /// [`StopReason::Interrupted`](crate::StopReason::Interrupted) unless something else comes first.
    ///
    /// # Errors
    ///
    /// As for [`DebugSession::interrupt_handle`].
    pub fn interrupt(&mut self) -> Result<(), DebuggerError> {
        self.session.get_mut().interrupt_handle()?.interrupt();
        self.is_pausing = true;
        Ok(())
    }

    /// Has the guest go on until it stops, or there is a message for the thread that it runs on.
    ///
    /// For a message the guest is held up wherever it is, which it does not notice: that is no stop, and
    /// [`Resume::AsBefore`] has it go on to where it was going. It may be
    /// [waiting](Debuggee::is_waiting) then.
    pub async fn resume_or_receive<M>(&mut self, how: Resume, inbox: &mut Inbox<M>) -> Arrival<M> {
        let handle = match self.session.get_mut().interrupt_handle() {
            Ok(handle) => handle,
            Err(error) => return Arrival::Stop(Stop::new(StopReason::Refused(error.into()))),
        };
        let stop = inbox.receive_or(&handle, self.resume(how)).await;
        match stop {
            Some(stop) if !matches!(stop.reason, StopReason::Interrupted) => Arrival::Stop(stop),
            stop => match (inbox.try_receive(), stop) {
                (Some(message), _) => Arrival::Message(message),
                (None, Some(stop)) => Arrival::Stop(stop),
                (None, None) => Arrival::Stop(Stop::new(StopReason::Interrupted)),
            },
        }
    }

    /// Some of the frames on the stack, by their levels, as far as there are so many. None while the
    /// call has not begun or is over.
    pub fn frames(&self, levels: Range<usize>) -> Vec<StackFrame> {
        let stack = self.stack_to(levels.end);
        let end = levels.end.min(stack.levels.len());
        let found = stack.levels.get(levels.start..end).unwrap_or_default();
        found.iter().map(|(frame, _)| frame.clone()).collect()
    }

    /// The frame of a level, to be looked into.
    ///
    /// # Errors
    ///
    /// If the stack has no such frame.
    pub fn frame(&self, level: usize) -> Result<FrameView<'_>, DebuggerError> {
        let (shown, frame, inlined) = self.level(level)?;
        let module = shown.module.and_then(|id| self.debugger.modules.get(id));
        let target = Box::new(FrameTarget::new(&self.session, frame));
        Ok(FrameView::new(target, shown, inlined, module))
    }

    /// The permission to call functions of the program in expressions of a frame of a level.
    ///
    /// # Errors
    ///
    /// As for [`Debuggee::frame`].
    pub fn calls(&self, level: usize) -> Result<FrameCalls<'_, 's, T>, DebuggerError> {
        let (shown, frame, _) = self.level(level)?;
        let module = shown.module.and_then(|id| self.debugger.modules.get(id));
        Ok(FrameCalls::new(
            FrameTarget::new(&self.session, frame),
            module,
        ))
    }

    /// The frame of a level: as it is shown, the machine's, and how many inlined calls of that it is
    /// in.
    fn level(&self, level: usize) -> Result<(StackFrame, Arc<Frame>, usize), DebuggerError> {
        // All calls that are inlined into the same frame become known together.
        let stack = self.stack_to(level.saturating_add(1));
        let found = stack.levels.get(level);
        let (shown, index) = found.cloned().ok_or(DebuggerError::NoFrame(level))?;
        let outer = stack.levels[level + 1..].iter();
        let inlined = outer.take_while(|(_, other)| *other == index).count();
        Ok((shown, Arc::clone(&stack.frames[index]), inlined))
    }

    /// The stack, with so many levels if there are.
    fn stack_to(&self, levels: usize) -> MutexGuard<'_, Stack> {
        let mut stack = self.stack();
        while stack.levels.len() < levels && !stack.is_complete {
            let known = stack.frames.len();
            // Twice as many each time, as a walk begins anew.
            let more = known.max(16);
            let session = self.session.borrow();
            let mut frames = session.frames().skip(known);
            for frame in frames.by_ref().take(more) {
                let module = frame.module().ok();
                let id = module.and_then(|module| self.placing.find(&module));
                let module = id.and_then(|id| self.debugger.modules.get(id));
                stack.push(frame, module);
            }
            stack.is_complete = stack.frames.len() < known + more;
        }
        stack
    }

    fn stack(&self) -> MutexGuard<'_, Stack> {
        self.stack.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets the frames of the stop that is over.
    fn forget_stack(&mut self) {
        *self.stack() = Stack::default();
    }

    /// Has the user be in so many of the inlined calls at the innermost frame.
    fn enter(&mut self, inlined: usize) {
        *self.stack() = Stack {
            entered: Some(inlined),
            ..Stack::default()
        };
    }

    /// The level of the first frame that a test holds for.
    fn find_level(&self, test: impl Fn(&StackFrame) -> bool) -> Option<usize> {
        /// What is not found near the innermost frame is not of interest.
        const FARTHEST: usize = 64;
        let stack = self.stack_to(FARTHEST);
        let mut levels = stack.levels.iter().take(FARTHEST);
        levels.position(|(frame, _)| test(frame))
    }

    /// The level of the innermost frame whose source is the user's, or at least known; of those further
    /// out than the first `passed`. Else 0.
    fn source_level(&self, passed: usize) -> usize {
        let file = |frame: &StackFrame| {
            let location = frame.location.as_ref();
            let location = location.filter(|_| frame.level >= passed);
            location.map(|location| location.file.clone())
        };
        let own = self.find_level(|frame| file(frame).is_some_and(|file| !is_library(&file)));
        own.or_else(|| self.find_level(|frame| file(frame).is_some()))
            .unwrap_or(0)
    }

    /// Where the innermost frame is; `None` if that is no place in the guest.
    fn here(&self) -> Option<Here> {
        let frame = self.session.borrow().frames().next()?;
        Some(Here {
            id: frame.id().ok()?,
            module: self.placing.find(&frame.module().ok()?)?,
            wasm_pc: frame.wasm_pc().ok()??,
        })
    }

    /// The frame with an identity, and how many frames are further in.
    fn frame_with(&self, id: FrameId) -> Option<(usize, Frame)> {
        let session = self.session.borrow();
        let mut frames = session.frames().enumerate();
        frames.find(|(_, frame)| frame.id().ok().flatten() == Some(id))
    }

    /// The function at a place.
    fn function(&self, module: ModuleId, wasm_pc: u32) -> Option<Function> {
        self.debugger.modules.get(module)?.function(wasm_pc)
    }

    /// Makes the modules known that the store has instances of.
    fn learn_modules(&mut self) {
        let Ok(store) = self.session.get_mut().store() else {
            return;
        };
        let modules: Vec<Module> = store.debug_modules();
        for module in &modules[self.placing.num_seen().min(modules.len())..] {
            self.debugger.add_module(module, None);
            self.placing.see(module, &self.debugger.modules);
        }
    }
}

impl<T> fmt::Debug for Debuggee<'_, '_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Debuggee")
            .field("is_over", &self.is_over)
            .finish_non_exhaustive()
    }
}
