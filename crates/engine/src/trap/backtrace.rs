//! Walks over the guest's frames.
//!
//! ```text
//!   frame record:   [fp]     the caller's frame pointer
//!                   [fp + 8] the return address into the caller
//! ```
//!
//! A walk begins at the innermost frame and follows the records. It ends where an activation
//! began, and continues with the frame from which the activation outside of that one was left,
//! which the inner one has saved. So the host's frames between are skipped, with one step for all of
//! them. Trampolines have frames like functions, and are left out.
//!
//! A walk reads only inside of the stack that the activation ran on, and only upwards, so that it
//! ends whatever it finds there.

use super::activation::{Activation, Fault};
use super::arch;
use crate::fiber::StackBounds;
use crate::vm::code_memory::CodeMemory;
use crate::vm::code_registry;
use std::sync::Arc;
use trapline_compile::Code;
use trapline_compile::types::DefinedFuncIndex;

/// So many of the innermost frames are reported: enough for any program that does not recurse, and
/// few enough for a recursion that overflows its stack to be reported at little cost.
pub(crate) const MAX_FRAMES: usize = 1024;

/// The guest's frames, innermost first.
#[derive(Debug, Default)]
pub(crate) struct RawBacktrace {
    /// The frames, [`MAX_FRAMES`] at most.
    pub frames: Vec<RawFrame>,
    /// Whether there are more than these.
    pub truncated: bool,
}

/// A frame of the guest.
#[derive(Debug)]
pub(crate) struct RawFrame {
    /// The code it runs.
    pub code: Arc<CodeMemory>,
    /// Its function.
    pub function: DefinedFuncIndex,
    /// Offset in the module file of its current instruction, if known: for the innermost frame
    /// of a trap the instruction that trapped, else the call.
    pub wasm_pc: Option<u32>,
}

/// Where a walk begins.
#[derive(Clone, Copy, Debug)]
pub(super) enum Start {
    /// At an instruction that was interrupted.
    Fault(Fault),
    /// In a frame that is about to be returned to.
    Return { pc: usize, fp: usize },
}

/// Collects the innermost frames.
///
/// # Safety
///
/// As for [`Walk::new`].
pub(super) unsafe fn walk(innermost: &Activation, start: Start) -> RawBacktrace {
    let mut backtrace = RawBacktrace::default();
    // SAFETY: the caller's promise; nothing happens between the steps.
    let walk = unsafe { Walk::new(innermost, start) };
    for step in walk {
        let Step::Guest(frame) = step else { continue };
        if backtrace.frames.len() == MAX_FRAMES {
            backtrace.truncated = true;
            break;
        }
        backtrace.frames.push(RawFrame {
            code: frame.code,
            function: frame.function,
            wasm_pc: frame.wasm_pc,
        });
    }
    backtrace
}

/// A step of a walk.
#[derive(Debug)]
pub(crate) enum Step {
    /// A frame of the guest.
    Guest(LiveFrame),
    /// Frames of the host, which the guest's frames that come next have called, and which have
    /// called those that came before.
    Host,
}

/// A frame of the guest where it lies.
#[derive(Debug)]
#[allow(dead_code, reason = "what locals and operands will be found by")]
pub(crate) struct LiveFrame {
    /// The code it runs.
    pub code: Arc<CodeMemory>,
    /// Its function.
    pub function: DefinedFuncIndex,
    /// Where it is in the code: at an instruction that was interrupted, or would return to.
    pub text_offset: u32,
    /// Whether that is where a call returns to.
    pub at_call: bool,
    /// As in [`RawFrame`].
    pub wasm_pc: Option<u32>,
    /// Its frame pointer. `None` if it has not been set up yet.
    pub fp: Option<usize>,
    /// The stack that it lies on.
    stack: StackBounds,
}

impl LiveFrame {
    /// Reads a word of the frame's stack; `None` if there is none at that address.
    ///
    /// # Safety
    ///
    /// The guest stands still where it was when the frame was found.
    pub unsafe fn read_word(&self, address: usize) -> Option<u64> {
        let within = is_word(self.stack, address);
        // SAFETY: a word of the stack, which lives as the frame does.
        within.then(|| unsafe { read(address) } as u64)
    }
}

/// A place in code.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Fault(usize),
    Return(usize),
}

/// A walk over the guest's frames, from the innermost on.
pub(crate) struct Walk {
    activation: *const Activation,
    /// The frame that comes next: where it is, and its frame pointer if it has one already.
    next: Option<(Place, Option<usize>)>,
    /// Where the walk goes on after a frame that was not set up yet.
    then: Option<(Place, usize)>,
    /// The module of the frame before, which is the most likely one for the next.
    code: Option<Arc<CodeMemory>>,
    /// The call that was looked up last: its return address, its wasm pc.
    call: Option<(usize, Option<u32>)>,
}

impl Iterator for Walk {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        loop {
            let Some((place, fp)) = self.next.take() else {
                return self.outwards();
            };
            // SAFETY: as `new` was promised.
            self.next = unsafe { self.caller(fp) };
            if let Some(frame) = self.frame(place, fp) {
                return Some(Step::Guest(frame));
            }
        }
    }
}

impl Walk {
    /// A walk from `start` in `innermost` to the outermost frame.
    ///
    /// # Safety
    ///
    /// For as long as the walk is used: the activation and those outside of it are live, and
    /// `start` is where the guest that it has entered was left.
    pub(super) unsafe fn new(innermost: *const Activation, start: Start) -> Walk {
        let mut walk = Walk {
            activation: innermost,
            next: None,
            then: None,
            code: None,
            call: None,
        };
        // SAFETY: the caller's promise.
        unsafe { walk.begin(start) };
        walk
    }

    fn activation(&self) -> &Activation {
        // SAFETY: `new` was promised that the innermost lives, and an activation outlives those
        // inside of it.
        unsafe { &*self.activation }
    }

    /// # Safety
    ///
    /// As for [`Walk::new`].
    unsafe fn begin(&mut self, start: Start) {
        let activation = self.activation();
        match start {
            Start::Return { pc, fp } => self.arrive(Place::Return(pc), fp),
            Start::Fault(fault) => {
                let place = Place::Fault(fault.pc);
                // SAFETY: a fault is in registered code.
                let no_frame = unsafe { arch::at_frame_setup(fault.pc) };
                if no_frame && is_word(activation.stack, fault.sp) {
                    // SAFETY: a word of the stack.
                    let return_address = unsafe { read(fault.sp) };
                    self.next = Some((place, None));
                    self.then = Some((Place::Return(return_address), fault.fp));
                } else {
                    self.next = Some((place, Some(fault.fp)));
                }
            }
        }
    }

    /// Goes to a frame of the activation, unless the activation ends there.
    fn arrive(&mut self, place: Place, fp: usize) {
        let ends = fp == self.activation().entry.fp;
        self.next = (!ends).then_some((place, Some(fp)));
    }

    /// The frame outside of one of this activation, if there is any.
    ///
    /// # Safety
    ///
    /// As for [`Walk::new`].
    unsafe fn caller(&mut self, fp: Option<usize>) -> Option<(Place, Option<usize>)> {
        let caller = match fp {
            None => self.then.take(),
            // SAFETY: the chain of frame pointers, or bounds say not.
            Some(fp) => unsafe { caller(self.activation().stack, fp) },
        };
        let (place, fp) = caller.filter(|&(_, fp)| fp != self.activation().entry.fp)?;
        Some((place, Some(fp)))
    }

    /// Goes on with the activation outside of this one.
    fn outwards(&mut self) -> Option<Step> {
        let outer = self.activation().outer;
        if outer.activation.is_null() {
            return None;
        }
        self.activation = outer.activation;
        self.arrive(Place::Return(outer.exit_pc), outer.exit_fp);
        Some(Step::Host)
    }

    /// A frame, unless it is a trampoline's.
    fn frame(&mut self, place: Place, fp: Option<usize>) -> Option<LiveFrame> {
        // A return address can be the first one after the code that it belongs to.
        let inside = match place {
            Place::Fault(pc) => pc,
            Place::Return(pc) => pc.wrapping_sub(1),
        };
        let (code, offset) = self.code_at(inside)?;
        let Some(Code::Function(function)) = code.compiled().find(offset) else {
            return None;
        };
        let (text_offset, wasm_pc) = match place {
            Place::Fault(_) => (offset, fault_wasm_pc(&code, offset, function)),
            Place::Return(pc) => (offset + 1, self.call_wasm_pc(&code, pc, offset + 1)),
        };
        Some(LiveFrame {
            code,
            function,
            text_offset,
            at_call: matches!(place, Place::Return(_)),
            wasm_pc,
            fp,
            stack: self.activation().stack,
        })
    }

    fn code_at(&mut self, pc: usize) -> Option<(Arc<CodeMemory>, u32)> {
        let known = self.code.as_ref();
        if known.is_none_or(|code| code.offset_of(pc).is_none()) {
            self.code = code_registry::find(pc);
        }
        let code = self.code.as_ref()?;
        Some((Arc::clone(code), code.offset_of(pc)?))
    }

    /// The wasm pc of a call by where it returns to. Looking it up takes time in proportion to
    /// the size of the function, and a recursion asks for the same one again and again.
    fn call_wasm_pc(&mut self, code: &CodeMemory, pc: usize, offset: u32) -> Option<u32> {
        match self.call {
            Some((known, wasm_pc)) if known == pc => wasm_pc,
            _ => {
                let wasm_pc = code.compiled().call_site_at(offset);
                self.call = Some((pc, wasm_pc));
                wasm_pc
            }
        }
    }
}

/// The wasm pc of an instruction that trapped.
fn fault_wasm_pc(code: &CodeMemory, offset: u32, function: DefinedFuncIndex) -> Option<u32> {
    let compiled = code.compiled();
    if let Some(wasm_pc) = code.breakpoint_at(offset) {
        return Some(wasm_pc);
    }
    if let Some(site) = compiled.trap_at(offset) {
        return site.wasm_pc;
    }
    if let Some(point) = compiled.point_at(offset) {
        return Some(point.wasm_pc);
    }
    // What overflows the stack need not be an operator that traps: it is a call, or the
    // function's own beginning.
    let call = (1..=arch::LONGEST_CALL).find_map(|len| compiled.call_site_at(offset + len));
    call.or_else(|| Some(compiled.info().bodies[function].start))
}

/// The frame outside of the one with this frame pointer, if its record lies on the stack and
/// leads upwards.
///
/// # Safety
///
/// The stack is live and nobody else writes to it.
pub(super) unsafe fn caller(stack: StackBounds, fp: usize) -> Option<(Place, usize)> {
    if !is_word(stack, fp) || !is_word(stack, fp.wrapping_add(8)) {
        return None;
    }
    // SAFETY: two words of the stack.
    let (caller_fp, return_address) = unsafe { (read(fp), read(fp + 8)) };
    // The outermost frame's record leads to another stack, if the entry has switched.
    let leads_upwards = caller_fp > fp || !stack.contains(caller_fp);
    leads_upwards.then_some((Place::Return(return_address), caller_fp))
}

/// Whether a word of the stack lies at an address.
pub(super) fn is_word(stack: StackBounds, address: usize) -> bool {
    address.is_multiple_of(8) && stack.limit <= address && address < stack.base
}

/// Reads a word of the stack.
///
/// # Safety
///
/// [`is_word`] holds for a live stack.
pub(super) unsafe fn read(address: usize) -> usize {
    // SAFETY: an aligned word of mapped memory.
    unsafe { (address as *const usize).read() }
}
