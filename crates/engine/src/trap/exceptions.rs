//! Finding the handler of an exception, and how the guest goes on there.
//!
//! The frames of the innermost activation are walked outwards, as for a backtrace. The return
//! address of each leads to the handlers that its function has for that call, if it has any:
//!
//! ```text
//!                frame that catches
//!   fp     ->  | caller's fp        |
//!              | ...                |
//!   sp + n ->  | vmctx              |    kept there for this, if anything is caught by tag
//!              | ...                |
//!   sp     ->  +--------------------+    fp - frame size, as at the call that has thrown
//!              | return address     |    in the frame of the callee
//! ```
//!
//! A handler is entered with the frame's own stack and frame pointers and the exception in two
//! registers. The code generator takes all others for lost, so that nothing needs to be restored;
//! the frames below have nothing to clean up, since they are all the guest's.
//!
//! Finding a handler changes nothing: [`find_handler`] tells where one is, and the stubs in
//! `arch` go there.

use super::arch;
use super::backtrace::{Place, caller, is_word, read};
use crate::vm::code_memory::CodeMemory;
use crate::vm::code_registry;
use crate::vm::store_context::StoreContext;
use std::ptr::NonNull;
use std::sync::Arc;
use trapline_compile::types::TagIndex;

/// Where an exception will be caught.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CatchSite {
    /// The handler.
    pub pc: usize,
    /// The stack pointer that it expects.
    pub sp: usize,
    /// The frame's frame pointer.
    pub fp: usize,
    /// Whether it makes a reference to the exception.
    pub with_reference: bool,
}

/// How a guest that has thrown goes on.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resumption {
    pub(super) pc: usize,
    pub(super) sp: usize,
    pub(super) fp: usize,
    /// The exception's number.
    pub(super) exception: u64,
    /// The address of its fields.
    pub(super) fields: usize,
}

impl Resumption {
    /// Goes on at a handler with an exception, whose fields lie at an address.
    pub fn new(site: CatchSite, exception: u64, fields: usize) -> Resumption {
        Resumption {
            pc: site.pc,
            sp: site.sp,
            fp: site.fp,
            exception,
            fields,
        }
    }
}

/// Finds the innermost handler in the innermost activation of a store for what is thrown where its
/// guest was left. `catches` is asked whether the tag that an instance of some code has under an
/// index is that of the exception; the instance is told by what should be its vmctx.
///
/// # Safety
///
/// The store is live and its guest was left for the caller. The context is the store's.
pub(crate) unsafe fn find_handler(
    context: &StoreContext,
    catches: impl Fn(&Arc<CodeMemory>, usize, TagIndex) -> bool,
) -> Option<CatchSite> {
    // SAFETY: activations in a store's context are live.
    let activation = unsafe { context.activation.as_ref()? };
    let stack = activation.stack;
    let (mut pc, mut fp) = (context.exit_pc, context.exit_fp);
    // All frames that are looked at lie above this.
    let mut below = arch::stack_pointer();
    let mut code: Option<Arc<CodeMemory>> = None;
    while fp != activation.entry.fp {
        // A return address can be the first one after the code that it belongs to.
        let inside = pc.wrapping_sub(1);
        let known = code.as_ref();
        if known.is_none_or(|code| code.offset_of(inside).is_none()) {
            code = code_registry::find(inside);
        }
        if let Some(code) = &code
            && let Some(offset) = code.offset_of(inside)
            && let Some(handlers) = code.compiled().handlers_at(offset + 1)
            && let sp = fp.saturating_sub(handlers.frame_size() as usize)
            && sp > below
            && is_word(stack, sp)
        {
            let vmctx = handlers
                .vmctx_offset()
                .map(|offset| sp.saturating_add(offset as usize))
                .filter(|&slot| slot < fp && is_word(stack, slot))
                // SAFETY: a word of the stack.
                .map(|slot| unsafe { read(slot) });
            let mut handlers = handlers;
            let handler = handlers.find(|handler| match (handler.tag, vmctx) {
                (None, _) => true,
                (Some(tag), Some(vmctx)) => catches(code, vmctx, tag),
                (Some(_), None) => false,
            });
            if let Some(handler) = handler {
                return Some(CatchSite {
                    pc: code.address(handler.text_offset),
                    sp,
                    fp,
                    with_reference: handler.with_reference,
                });
            }
        }
        below = fp;
        // SAFETY: the chain of frame pointers, within the stack.
        let (place, outer) = unsafe { caller(stack, fp)? };
        (pc, fp) = (place.pc(), outer);
    }
    None
}

/// Reads all words of a store's guest frames, and of the host's frames between them, above an
/// address on the stack of the innermost. `false`, and no or some words read, if the store's guests
/// run on more than one stack.
///
/// # Safety
///
/// As for [`find_handler`]; and the address lies in a frame that the guest has called, below all
/// of its own.
pub(crate) unsafe fn scan_stack(
    context: &StoreContext,
    above: usize,
    mut each: impl FnMut(u64),
) -> bool {
    let Some(innermost) = NonNull::new(context.activation) else {
        return true;
    };
    // SAFETY: activations in a store's context are live.
    let stack = unsafe { innermost.as_ref() }.stack;
    let mut activation = context.activation.cast_const();
    // SAFETY: as above.
    while let Some(one) = unsafe { activation.as_ref() } {
        if (one.stack.limit, one.stack.base) != (stack.limit, stack.base) {
            return false;
        }
        activation = one.outer.activation;
    }
    let mut address = above.next_multiple_of(8);
    while is_word(stack, address) {
        // SAFETY: a word of the stack. Those of the host's frames may change any time they run,
        // which is not now.
        each(unsafe { (address as *const u64).read_volatile() });
        address += 8;
    }
    true
}

impl Place {
    fn pc(self) -> usize {
        match self {
            Place::Fault(pc) | Place::Return(pc) => pc,
        }
    }
}
