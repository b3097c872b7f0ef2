//! Guests that stand still: where they are on paper, and which breakpoints they have come to.
//!
//! ```text
//!   region   | point | local.get 0 | i32.load | local.set 1 | i32.store |  point | ...
//!                ^                     ^            ^
//!          the machine      --->    position  ---> the next breakpoint, or step
//! ```
//!
//! The machine stops at points only. In code whose state can be read, a guest that was stopped at a
//! point can be taken ahead *on paper* within the region that begins there: its operators are
//! evaluated, and when the guest goes on the machine does them all. So breakpoints in a region are
//! come to one after the other before anything runs, and an operator that would trap is where that
//! ends.
//!
//! # Writes
//!
//! What was computed on paper, or is kept in registers and is read by computing it again, follows
//! from what memories, globals and tables hold. If the embedder writes there while the guest stands
//! still, the machine and the paper may no longer agree. So before the store is given away it is noted
//! what the frame has computed, and the guest does not go on unless that still is the same.

use super::breakpoints::Planted;
use super::live_frames::{FrameRef, GuestFrame, LiveFrames, Version};
use super::live_values::{Computed, LiveValues};
use super::store::StoreOpaque;
use crate::api::ExnRef;
use crate::error::{Error, Result};
use crate::trap::{HostFailure, Stop, StopReason, Unwound};
use trapline_compile::observe::{Callee, Progress};
use trapline_compile::types::FuncIndex;

/// A guest that stands still.
pub(crate) struct Standing {
    stop: Stop,
    /// Where the innermost frame is on paper, if not where the machine is.
    position: Option<u32>,
    /// How far that frame has been read there, unless something may have been written since. Regions
    /// can be long, and need not be gone through again from the beginning for each stop.
    read: Option<Progress>,
    /// Whether a breakpoint at this place has yet to be reported.
    is_due: bool,
    /// Whether the exception that was thrown is another one by now.
    is_replaced: bool,
    /// What the innermost frame had computed when the store was last given away to be changed.
    computed: Option<Box<Computed>>,
}

/// What a guest has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// A breakpoint.
    Breakpoint,
    /// A place where a step ends.
    StepEnd,
}

/// Where a guest has come to on paper.
enum Ahead {
    /// It stays where it is.
    Here,
    /// Further on, and read as far as there.
    At(u32, Progress),
}

impl Standing {
    /// A guest that was stopped.
    ///
    /// # Safety
    ///
    /// It stands still, where it was stopped, for as long as the result lives.
    pub unsafe fn new(stop: Stop) -> Standing {
        Standing {
            is_due: matches!(stop.reason, StopReason::Breakpoint),
            stop,
            position: None,
            read: None,
            is_replaced: false,
            computed: None,
        }
    }

    /// Why it was stopped.
    pub fn reason(&self) -> &StopReason {
        &self.stop.reason
    }

    /// The stop, to be named.
    pub fn stop_mut(&mut self) -> &mut Stop {
        &mut self.stop
    }

    /// What the guest goes on with. It stands still no longer.
    pub fn into_answer(self) -> StopReason {
        self.stop.reason
    }

    /// Has another exception be thrown in the place of the one that it was stopped for.
    pub fn replace_exception(&mut self, exception: ExnRef) -> Result<()> {
        self.stop.replace_exception(exception)?;
        self.is_replaced = true;
        Ok(())
    }

    /// Has it be unwound with a failure instead of throwing the exception that it was stopped for.
    pub fn take_exception(&mut self, failure: HostFailure) -> Result<ExnRef> {
        self.stop.take_exception(failure)
    }

    /// The frame pointer of the frame that is going to catch the exception that was thrown, if it is
    /// known and one does in this entry into the guest.
    pub fn catcher(&self) -> Option<usize> {
        match &self.stop.reason {
            StopReason::Thrown { site, .. } if !self.is_replaced => site.map(|site| site.fp),
            _ => None,
        }
    }

    /// The error that it is about to be unwound with.
    pub fn error(&self) -> Option<&Error> {
        self.stop.error()
    }

    /// The frames of the guest, and between them the host's.
    pub fn frames<'s>(&'s self, store: &'s StoreOpaque, version: &'s Version) -> LiveFrames<'s> {
        // SAFETY: the guest stands still as long as this lives, which the result borrows.
        let walk = unsafe { self.stop.place.frames() };
        LiveFrames::new(Some(walk), store, version).at(self.position)
    }

    /// Whether it was stopped at a point, so that it goes on with the operator that it is at.
    pub fn is_at_point(&self) -> bool {
        matches!(
            self.stop.reason,
            StopReason::Breakpoint | StopReason::Interrupted(_)
        )
    }

    /// Where it is on paper, if not where the machine is.
    pub fn position(&self) -> Option<u32> {
        self.position
    }

    fn moved_to(&mut self, wasm_pc: u32, read: Progress, version: &Version) {
        self.position = Some(wasm_pc);
        self.read = Some(read);
        self.computed = None;
        // Frames that were found before are elsewhere.
        version.advance();
    }

    /// Takes the guest to what it comes to first in the region that it is in: a breakpoint that was
    /// not reported, or one of the `ends` of a step, in ascending order. `None` if to nothing: then the
    /// machine must go on.
    ///
    /// If the machine has `just` stopped the guest then where it is may be such an end, else what is
    /// ahead.
    ///
    /// This is what decides about breakpoints, for all who watch calls.
    pub fn come_ahead(
        &mut self,
        store: &StoreOpaque,
        version: &Version,
        just: bool,
        ends: &[u32],
    ) -> Result<Option<Arrival>> {
        let is_due = self.is_due;
        let read = self.read.take();
        let ahead = self.at_planted(store, version, |frame, planted, wasm_pc| -> Result<_> {
            if is_due && planted.is_breakpoint(wasm_pc) {
                return Ok(Some((Arrival::Breakpoint, Ahead::Here)));
            }
            if just && ends.contains(&wasm_pc) {
                return Ok(Some((Arrival::StepEnd, Ahead::Here)));
            }
            let breakpoint = planted.next_breakpoint(wasm_pc);
            let end = ends.iter().copied().find(|&end| end > wasm_pc);
            let Some(next) = breakpoint.into_iter().chain(end).min() else {
                return Ok(None);
            };
            let arrival = match breakpoint == Some(next) {
                true => Arrival::Breakpoint,
                false => Arrival::StepEnd,
            };
            let values = LiveValues::new(frame, store, version)?;
            let read = values.come_to(next, read)?;
            Ok(read.map(|read| (arrival, Ahead::At(next, read))))
        });
        let ahead = ahead.transpose()?.flatten();
        self.is_due = false;
        Ok(ahead.map(|(arrival, ahead)| {
            if let Ahead::At(wasm_pc, read) = ahead {
                self.moved_to(wasm_pc, read, version);
            }
            arrival
        }))
    }

    /// Whether there is a breakpoint where the guest is. It counts as reported, or as due.
    pub fn is_at_breakpoint(&mut self, store: &StoreOpaque, version: &Version, due: bool) -> bool {
        let here = self.at_planted(store, version, |_, planted, wasm_pc| {
            planted.is_breakpoint(wasm_pc)
        });
        let here = here.unwrap_or(false);
        self.is_due = here && due;
        here
    }

    /// Whether a breakpoint where the guest is was there when it came, has not been reported, and
    /// still is there. It counts as reported.
    pub fn take_due(&mut self, store: &StoreOpaque, version: &Version) -> bool {
        std::mem::take(&mut self.is_due) && self.is_at_breakpoint(store, version, false)
    }

    /// The instance that defines the function which the innermost frame is about to call, and its
    /// index there. `Some(None)` if no guest's function is called, because it is the host's or the call
    /// traps; `None` if that cannot be told.
    pub fn callee(
        &self,
        store: &StoreOpaque,
        version: &Version,
        callee: Callee,
    ) -> Result<Option<Option<(u32, FuncIndex)>>> {
        self.of_values(store, version, |values| values.callee(callee))
    }

    /// Tells of the innermost frame, what is planted at the point where the machine has stopped it,
    /// and its wasm pc. `None` if nothing is, or the guest is not at a point.
    fn at_planted<R>(
        &self,
        store: &StoreOpaque,
        version: &Version,
        tell: impl FnOnce(&FrameRef, &Planted, u32) -> R,
    ) -> Option<R> {
        if !self.is_at_point() {
            return None;
        }
        let frame = self.frames(store, version).next()?;
        let GuestFrame { live, module, .. } = frame.guest().ok()?;
        let point = live.code.breakpoint_at(live.text_offset)?;
        let planted = store.breakpoints.at_point(module, point)?;
        Some(tell(&frame, planted, live.wasm_pc?))
    }

    /// Has the innermost frame go past an operator without running it, where that comes to the
    /// same. Returns whether it did.
    pub fn step_on_paper(&mut self, store: &StoreOpaque, version: &Version) -> Result<bool> {
        let read = self.read.take();
        let following = self.of_values(store, version, |values| values.following(read))?;
        let Some((wasm_pc, read)) = following.flatten() else {
            return Ok(false);
        };
        self.moved_to(wasm_pc, read, version);
        Ok(true)
    }

    /// Notes what the innermost frame has computed, before the store is given away to be changed.
    pub fn note_computed(&mut self, store: &StoreOpaque, version: &Version) {
        self.read = None;
        if self.computed.is_none() {
            // Of what cannot be read nobody can tell that it has changed.
            let computed = self.of_values(store, version, |values| values.computed());
            self.computed = computed.ok().flatten().map(Box::new);
        }
    }

    /// Checks that what the innermost frame has computed is what it was when it was noted.
    pub fn check_computed(&self, store: &StoreOpaque, version: &Version) -> Result<()> {
        let Some(before) = &self.computed else {
            return Ok(());
        };
        let now = self.of_values(store, version, |values| values.computed())?;
        match now.and_then(|now| before.difference(&now)) {
            None => Ok(()),
            Some(what) => Err(Error::LateWrite(what)),
        }
    }

    /// Reads the values of the innermost frame, if it is at a point and has values that can be read.
    fn of_values<R>(
        &self,
        store: &StoreOpaque,
        version: &Version,
        read: impl FnOnce(&LiveValues<'_>) -> Result<R>,
    ) -> Result<Option<R>> {
        if !self.is_at_point() {
            return Ok(None);
        }
        let Some(frame) = self.frames(store, version).next() else {
            return Ok(None);
        };
        match LiveValues::new(&frame, store, version) {
            Ok(values) => read(&values).map(Some),
            // There are points but no values, or nothing to read yet.
            Err(Error::NotObserved | Error::NoFrameYet | Error::HostFrame) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Finds the operator that has trapped, if it is another one than the machine says: one whose
    /// work an operator after it does in the same instruction.
    pub fn find_trapped(&mut self, store: &StoreOpaque, version: &Version) {
        self.position = self.trapped(store, version);
        if let Some(wasm_pc) = self.position
            && let StopReason::Unwinding(unwound) = &mut self.stop.reason
            && let Unwound::Trap(report) = &mut **unwound
        {
            report.wasm_pc = Some(wasm_pc);
            if let Some(frame) = report.backtrace.frames.first_mut() {
                frame.wasm_pc = Some(wasm_pc);
            }
        }
    }

    fn trapped(&self, store: &StoreOpaque, version: &Version) -> Option<u32> {
        let StopReason::Unwinding(unwound) = &self.stop.reason else {
            return None;
        };
        let Unwound::Trap(_) = &**unwound else {
            return None;
        };
        let frame = self.frames(store, version).next()?;
        let said = frame.guest().ok()?.live.wasm_pc;
        let values = LiveValues::new(&frame, store, version).ok()?;
        let found = values.reader().ok()?.wasm_pc();
        found.filter(|_| found != said)
    }
}
