//! What depends on the processor. Each architecture has a file that offers:
//!
//! - `enter_guest`, `enter_guest_on` and `unwind_to_entry`, the ends of an entry into the guest,
//!   and `EntryState`, what the one leaves for the other;
//! - `inject_trap`, the registers that make an interrupted thread report a trap;
//! - `inject_event`, those that make it report a `BREAKPOINT` and go on afterwards, with
//!   `resume_instruction` and `resume` for the way back; `prepare`, which they want once a process;
//! - `begin_steps`, `stepping`, `is_return`, `is_system_call` and `step_after_return`, for single steps;
//! - `serialize`, for those who have changed code;
//! - `throw_stub` and `throw_ref_stub`, the builtins that throw, from which the guest goes on at a
//!   handler; and `with_saved_registers`, for those who look for what frames refer to;
//! - `stack_pointer`, `at_frame_setup` and `LONGEST_CALL`, for those who look at frames.
//!
//! Every frame, of guest code and of trampolines, begins with a frame record of two words at its
//! frame pointer: the caller's frame pointer, then the return address.

#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(target_arch = "x86_64")]
pub(super) use x86_64::*;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86_64::{
    BREAKPOINT, serialize, stack_pointer, throw_ref_stub, throw_stub, with_saved_registers,
};

#[cfg(not(target_arch = "x86_64"))]
compile_error!(
    "Trapline runs on x86-64 only: another architecture needs a file in crates/engine/src/trap/arch"
);
