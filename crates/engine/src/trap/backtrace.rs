//! Walks over the guest's frames.
//!
//! ```text
//!   frame record:   [fp]     the caller's frame pointer
//!                   [fp + 8] the return address into the caller
//! ```
//!
//! A walk begins at the innermost frame and follows the records. It ends where an activation
//! began, and continues with the frame from which the activation outside of that one was left,
//! which the inner one has saved. So the host's frames between are skipped. Trampolines have
//! frames like functions, and are left out.
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
    /// At an instruction that trapped.
    Fault(Fault),
    /// In a frame that is about to be returned to.
    Return { pc: usize, fp: usize },
}

/// Collects the frames from `start`, in `innermost`, to the outermost.
///
/// # Safety
///
/// The activation and those outside of it are live, and `start` is where the guest that it has
/// entered was left.
pub(super) unsafe fn walk(innermost: &Activation, start: Start) -> RawBacktrace {
    let mut walk = Walk::default();
    let mut activation = innermost;
    let mut start = start;
    loop {
        // SAFETY: the caller's promise, for the innermost; for the others, that the host was
        // called from where their store's context said.
        unsafe { walk.activation(activation, start) };
        let outer = &activation.outer;
        // SAFETY: an activation outlives those inside of it.
        match unsafe { outer.activation.as_ref() } {
            Some(next) if !walk.backtrace.truncated => activation = next,
            _ => return walk.backtrace,
        }
        start = Start::Return {
            pc: outer.exit_pc,
            fp: outer.exit_fp,
        };
    }
}

/// A place in code.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Fault(usize),
    Return(usize),
}

#[derive(Default)]
struct Walk {
    backtrace: RawBacktrace,
    /// The module of the frame before, which is the most likely one for the next.
    code: Option<Arc<CodeMemory>>,
    /// The call that was looked up last: its return address, its wasm pc.
    call: Option<(usize, Option<u32>)>,
}

impl Walk {
    /// Adds the frames of one activation.
    ///
    /// # Safety
    ///
    /// As for [`walk`].
    unsafe fn activation(&mut self, activation: &Activation, start: Start) {
        let (mut place, mut fp) = match start {
            Start::Return { pc, fp } => (Place::Return(pc), fp),
            Start::Fault(fault) => {
                self.add(Place::Fault(fault.pc));
                // SAFETY: a fault is in registered code.
                let no_frame = unsafe { arch::at_frame_setup(fault.pc) };
                if no_frame && is_word(activation.stack, fault.sp) {
                    // SAFETY: a word of the stack.
                    (Place::Return(unsafe { read(fault.sp) }), fault.fp)
                } else {
                    // SAFETY: the frame pointer is that of the faulting frame, or bounds say not.
                    match unsafe { caller(activation.stack, fault.fp) } {
                        Some(caller) => caller,
                        None => return,
                    }
                }
            }
        };
        while fp != activation.entry.fp {
            if self.backtrace.frames.len() == MAX_FRAMES {
                self.backtrace.truncated = true;
                return;
            }
            self.add(place);
            // SAFETY: the chain of frame pointers, within the stack.
            let Some(caller) = (unsafe { caller(activation.stack, fp) }) else {
                return;
            };
            (place, fp) = caller;
        }
    }

    /// Adds a frame, unless it is a trampoline's.
    fn add(&mut self, place: Place) {
        // A return address can be the first one after the code that it belongs to.
        let inside = match place {
            Place::Fault(pc) => pc,
            Place::Return(pc) => pc.wrapping_sub(1),
        };
        let Some((code, offset)) = self.code_at(inside) else {
            return;
        };
        let Some(Code::Function(function)) = code.compiled().find(offset) else {
            return;
        };
        let wasm_pc = match place {
            Place::Fault(_) => fault_wasm_pc(&code, offset, function),
            Place::Return(pc) => self.call_wasm_pc(&code, pc, offset + 1),
        };
        self.backtrace.frames.push(RawFrame {
            code,
            function,
            wasm_pc,
        });
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
    if let Some(site) = compiled.trap_at(offset) {
        return site.wasm_pc;
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
