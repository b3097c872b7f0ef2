//! Entering guest code and leaving it, on x86-64.
//!
//! # Entering
//!
//! [`enter_guest_on`] saves what the host wants back, notes in the activation where it did, moves
//! to the guest's stack, and calls an entry trampoline. [`enter_guest`] stays where it is:
//!
//! ```text
//!      host's stack                              guest's stack
//!   | ...             |                 base -> +-------------------+
//!   | return address  |                         | return address    | into `enter_guest`
//!   | host's rbp      | <- fp  <--------------- | fp of the entry   | frame of the trampoline
//!   | rbx, r12 .. r15 | <- sp                   | ...               |
//!   +-----------------+                         | guest frames      |
//!                                               | ...               | <- rsp
//! ```
//!
//! `sp` and `fp` are the activation's [`EntryState`]. The chain of frame pointers leads from the
//! guest across to the host's stack, so that profilers see through; a walk over the guest's
//! frames ends where it meets `fp`. Without a stack to move to the two pictures stand one above
//! the other on the same stack.
//!
//! What is saved here is for leaving without returning. Compiled code keeps these registers by
//! itself when it returns, but a return does not rely on that.
//!
//! # Leaving without returning
//!
//! [`unwind_to_entry`] restores the registers from `sp` and returns 1 from `enter_guest`, where a
//! plain return gives 0. Whatever lies between on the guest's stack is forgotten. It must be
//! frames of the guest and trampolines alone, for they have nothing to clean up. That holds
//! because only the innermost activation is ever unwound, and the host's frames above that are
//! entered through another.
//!
//! # Injecting a call
//!
//! A trap interrupts a thread at any instruction of the guest. The signal handler does no work
//! of its own, and writes to no stack: it changes *registers*, so that upon its return the
//! thread finds itself at the injection stub, on the guest's stack, free of all the limits that
//! signal handlers have.
//!
//! ```text
//!                guest                    handler                 stub
//!   rip     the trapping instruction -->  recorded, `stub`   -->  trapped(activation);
//!   rdi     the guest's              -->  activation         -->  unwind_to_entry(activation)
//!   rsp     the guest's              -->  recorded, raised to the stack's limit if below
//!   others  the guest's              -->  untouched
//! ```
//!
//! Nothing may be assumed of `rsp`: the trap can be anywhere in a prologue or between the pushes of a
//! call's arguments. The stub aligns it. Compiled code has no red zone, so that what lies below
//! `rsp` can be overwritten. The direction flag is cleared, as the convention wants it for a
//! call; no other part of the state matters to one.
//!
//! If `trapped` says that the guest goes on at the handler of an exception, then it does, as below.
//!
//! The stub never goes back to the trapping instruction, and so saves no registers. The one for
//! events after which the guest goes on is in [`event`].
//!
//! # Going on at a handler
//!
//! The guest throws by calling [`throw_stub`] or [`throw_ref_stub`], as builtins. They have a
//! [`Resumption`] filled in, in their own frame, and then load `rax` and `rdx` with the exception,
//! `rbp` and `rsp` with those of the frame that catches, and jump:
//!
//! ```text
//!      guest's stack
//!   | frame that catches | <- rbp              | frame that catches | <- rbp
//!   |                    |                     |                    | <- rsp
//!   | frames of the guest|         -->         +--------------------+
//!   | trampoline         |
//!   | stub: Resumption   | <- rsp
//! ```
//!
//! All the frames that are forgotten are the guest's, trampolines', and the stub's own. Without a
//! handler the stub returns that the builtin failed. Above the `Resumption` it keeps the registers
//! that the guest may have values in, so that all of these can be found on the stack.

mod event;

pub(crate) use event::{BREAKPOINT, serialize};
pub(in crate::trap) use event::{
    SavedRegisters, begin_steps, inject_event, is_return, is_system_call, prepare, resume,
    resume_instruction, step_after_return, stepping,
};

use super::super::activation::Activation;
use super::super::event::trapped;
use super::super::exceptions::Resumption;
use crate::vm::context::InstanceHeader;
use crate::vm::exceptions::{throw, throw_ref};
use crate::vm::raw_val::RawVal;
use std::arch::{asm, naked_asm};
use std::mem::offset_of;
use trapline_compile::builtins::FAILED;

/// Where an entry into the guest saved the host's registers.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(in crate::trap) struct EntryState {
    sp: usize,
    /// The frame pointer of the entry, where a walk over guest frames ends.
    pub fp: usize,
}

impl EntryState {
    /// To be filled in by [`enter_guest`].
    pub const EMPTY: EntryState = EntryState { sp: 0, fp: 0 };
}

/// The beginning of a function: a frame, and in it, below the frame pointer, the registers that
/// functions keep for their callers. They take [`SAVED_SIZE`] bytes, which leave the stack eight
/// bytes off the alignment that a call wants.
macro_rules! save_registers {
    () => {
        "push rbp
         .cfi_def_cfa_offset 16
         .cfi_offset rbp, -16
         mov rbp, rsp
         .cfi_def_cfa_register rbp
         push rbx
         push r12
         push r13
         push r14
         push r15"
    };
}

/// The bytes between the frame pointer and the end of what `save_registers` has saved.
const SAVED_SIZE: usize = 5 * 8;

/// Takes back what `save_registers` has saved, from where the stack pointer is, with the caller's
/// frame pointer.
macro_rules! restore_registers {
    () => {
        "pop r15
         pop r14
         pop r13
         pop r12
         pop rbx
         pop rbp"
    };
}

/// A way in. The arguments come in such an order that those of the trampoline are in their
/// registers from the beginning.
macro_rules! entry {
    ($(#[$doc:meta])* $name:ident($($stack:ident: $ty:ty)?), $to_the_stack:literal) => {
        $(#[$doc])*
        #[unsafe(naked)]
        pub(in crate::trap) unsafe extern "sysv64" fn $name(
            code: usize,
            vmctx: *mut u8,
            slots: *mut RawVal,
            trampoline: usize,
            activation: *mut Activation,
            $($stack: $ty,)?
        ) -> u32 {
            naked_asm!(
                ".cfi_startproc",
                save_registers!(),
                "mov [r8 + {sp}], rsp",
                "mov [r8 + {fp}], rbp",
                $to_the_stack,
                "call rcx",
                "xor eax, eax",
                "lea rsp, [rbp - {saved}]",
                restore_registers!(),
                ".cfi_def_cfa rsp, 8",
                "ret",
                ".cfi_endproc",
                saved = const SAVED_SIZE,
                sp = const offset_of!(Activation, entry) + offset_of!(EntryState, sp),
                fp = const offset_of!(Activation, entry) + offset_of!(EntryState, fp),
            )
        }
    };
}

entry! {
    /// Calls an entry trampoline with `code`, `vmctx` and `slots`, on the current stack. Returns 0
    /// if the trampoline returned, 1 if the activation was unwound.
    ///
    /// # Safety
    ///
    /// `trampoline` is an entry trampoline, and the other arguments are what it needs; the
    /// activation is the innermost of the thread and of its store.
    enter_guest(), "sub rsp, 8" // The stack is eight bytes off the alignment that a call wants.
}

entry! {
    /// As [`enter_guest`], on the stack that grows down from `stack_base`.
    ///
    /// # Safety
    ///
    /// As for [`enter_guest`]; and nothing lies below `stack_base`.
    enter_guest_on(stack_base: usize), "mov rsp, r9"
}

/// Returns 1 from the [`enter_guest`] that made this activation.
///
/// # Safety
///
/// The activation is the innermost of the thread, and nothing but frames of the guest and
/// trampolines lies between it and the caller, which has nothing to clean up either.
#[unsafe(naked)]
unsafe extern "sysv64" fn unwind_to_entry(activation: *mut Activation) -> ! {
    naked_asm!(
        "mov rsp, [rdi + {sp}]",
        "mov eax, 1",
        restore_registers!(),
        "ret",
        sp = const offset_of!(Activation, entry) + offset_of!(EntryState, sp),
    )
}

/// Room for a [`Resumption`] that keeps the stack aligned.
const RESUMPTION_SIZE: usize = size_of::<Resumption>().next_multiple_of(16);

/// Goes on as the [`Resumption`] at the stack pointer says. The handler is compiled code that
/// expects the exception in these registers, and nothing in any other.
macro_rules! resume {
    () => {
        "mov rax, [rsp + {exception}]
         mov rdx, [rsp + {fields}]
         mov rcx, [rsp + {pc}]
         mov rbp, [rsp + {fp}]
         mov rsp, [rsp + {sp}]
         jmp rcx"
    };
}

/// Where an interrupted guest continues: reports the trap that the activation has recorded, and
/// unwinds it or goes on at a handler.
///
/// # Safety
///
/// Reached only through the registers of [`inject_trap`].
#[unsafe(naked)]
unsafe extern "sysv64" fn injection_stub(activation: *mut Activation) -> ! {
    naked_asm!(
        ".cfi_startproc",
        // Nobody called: an unwinder that comes here, from a panic that is about to abort the
        // process, finds the end of the stack.
        ".cfi_undefined rip",
        "cld",
        "and rsp, -16",
        "mov rbx, rdi",
        "sub rsp, {size}",
        "mov rsi, rsp",
        "call {trapped}",
        "test eax, eax",
        "jnz 2f",
        "mov rdi, rbx",
        "jmp {unwind_to_entry}",
        "2:",
        resume!(),
        ".cfi_endproc",
        trapped = sym trapped,
        unwind_to_entry = sym unwind_to_entry,
        size = const RESUMPTION_SIZE,
        pc = const offset_of!(Resumption, pc),
        sp = const offset_of!(Resumption, sp),
        fp = const offset_of!(Resumption, fp),
        exception = const offset_of!(Resumption, exception),
        fields = const offset_of!(Resumption, fields),
    )
}

/// Calls a function with data and with the address of a frame above which all registers that
/// functions keep for their callers are found on the stack.
///
/// # Safety
///
/// The function may be called with the data.
#[unsafe(naked)]
pub(crate) unsafe extern "sysv64" fn with_saved_registers(
    data: *mut u8,
    function: unsafe extern "sysv64" fn(*mut u8, usize),
) {
    naked_asm!(
        ".cfi_startproc",
        save_registers!(),
        "sub rsp, 8",
        "mov rax, rsi",
        "mov rsi, rsp",
        "call rax",
        "leave",
        ".cfi_def_cfa rsp, 8",
        "ret",
        ".cfi_endproc",
    )
}

/// A builtin that throws: calls `$throw` with its own arguments and the address of a
/// [`Resumption`], and goes on as that says if the result is not 0.
macro_rules! throwing {
    ($(#[$doc:meta])* $name:ident($($argument:ident: $ty:ty),*), $throw:ident, $register:literal) => {
        $(#[$doc])*
        ///
        /// # Safety
        ///
        /// Called as a builtin by guest code.
        #[unsafe(naked)]
        pub(crate) unsafe extern "sysv64" fn $name(
            vmctx: *mut InstanceHeader,
            $($argument: $ty,)*
        ) -> i64 {
            naked_asm!(
                ".cfi_startproc",
                // For whoever looks for references in the guest's frames.
                save_registers!(),
                "sub rsp, {size} + 8",
                concat!("mov ", $register, ", rsp"),
                "call {throw}",
                "test eax, eax",
                "jnz 2f",
                "mov rax, {failed}",
                "leave",
                ".cfi_remember_state",
                ".cfi_def_cfa rsp, 8",
                "ret",
                ".cfi_restore_state",
                "2:",
                resume!(),
                ".cfi_endproc",
                throw = sym $throw,
                failed = const FAILED,
                size = const RESUMPTION_SIZE,
                pc = const offset_of!(Resumption, pc),
                sp = const offset_of!(Resumption, sp),
                fp = const offset_of!(Resumption, fp),
                exception = const offset_of!(Resumption, exception),
                fields = const offset_of!(Resumption, fields),
            )
        }
    };
}

throwing! {
    /// The builtin `throw`.
    throw_stub(tag: u32, fields: *const RawVal), throw, "rcx"
}

throwing! {
    /// The builtin `throw_ref`.
    throw_ref_stub(exception: u64), throw_ref, "rdx"
}

/// Registers to be changed in an interrupted thread.
#[derive(Clone, Copy, Debug)]
pub(in crate::trap) struct Injection {
    /// For `rip`.
    pub pc: usize,
    /// For `rsp`.
    pub sp: usize,
    /// For `rdi`.
    pub argument: usize,
    /// For the flags, if they are to change.
    pub flags: Option<usize>,
}

/// The registers that make a thread, interrupted in guest code, report the trap that its
/// innermost activation has recorded. The stack below `sp` has room for that.
pub(in crate::trap) fn inject_trap(activation: *mut Activation, sp: usize) -> Injection {
    Injection {
        pc: injection_stub as *const () as usize,
        sp,
        argument: activation as usize,
        flags: None,
    }
}

/// The current stack pointer, roughly.
#[inline(always)]
pub(crate) fn stack_pointer() -> usize {
    let sp;
    // SAFETY: reads a register.
    unsafe { asm!("mov {}, rsp", out(reg) sp, options(nomem, nostack, preserves_flags)) };
    sp
}

/// Whether the instruction at `pc` is the one that saves the caller's frame pointer: before it is
/// done the frame pointer is the caller's, and the return address is on top of the stack.
///
/// # Safety
///
/// `pc` is the address of an instruction of compiled code.
pub(in crate::trap) unsafe fn at_frame_setup(pc: usize) -> bool {
    /// `push rbp`, which compiled code has at the start of functions only.
    const PUSH_RBP: u8 = 0x55;
    // SAFETY: code can be read, and the caller vouches that there is some.
    unsafe { (pc as *const u8).read() == PUSH_RBP }
}

/// No call instruction has more bytes.
pub(in crate::trap) const LONGEST_CALL: u32 = 8;
