//! Stopping a guest at a breakpoint and taking it back, on x86-64.
//!
//! The guest is stopped between any two of its instructions, and must find everything as it was.
//! So the stub saves all that the host's code could change, on the guest's stack:
//!
//! ```text
//!             guest's stack
//!          | ...                |
//!   rsp -> +--------------------+  when the guest was stopped
//!          | ss                 |
//!          | rsp                |  what `iretq` takes back at once: there is no other way to set
//!          | flags              |  rip, rsp and the flags without a register to spare
//!          | cs                 |
//!          | rip                |  filled in with what the event function returns
//!          +--------------------+
//!          | flags              |  as they were, direction flag included
//!          | rax .. r15         |  all but rdi, which the handler has put into the activation
//!   rbx -> +--------------------+  SavedRegisters
//!          | x87, SSE, AVX, ... |  as many bytes as the processor's state has
//!   rsp -> +--------------------+  aligned to 64; the event function's frame comes next
//! ```
//!
//! The event function may suspend the fiber that all of this is on, and so return on another thread.
//! It says where the guest goes on, or that it does not: then the stub leaves through
//! `unwind_to_entry`.
//!
//! # The vector state
//!
//! Guest code uses little of it, but the host's code may use anything. `xsave` stores what is in
//! use, in an area whose size the processor tells; its header must be zero beforehand. What is
//! neither the guest's nor changed by ordinary code, such as protection keys, is left out.
//! Processors without `xsave` have `fxsave`, which stores all that they have.
//!
//! # When there is little stack left
//!
//! Then the handler has opened the yellow zone below the limit, and the stub may have run there. The
//! zone has to be closed before the guest goes on, or its next overflow would not be noticed; and
//! not by code that runs on it. So the stub ends in [`resume_by_signal`] instead of `iretq`: an
//! instruction that raises a signal, whose handler runs on a stack of its own, closes the zone
//! and sets the registers.

use super::super::super::activation::{Activation, Resumption};
use super::super::super::event::stopped;
use super::{Injection, unwind_to_entry};
use std::arch::x86_64::__cpuid_count;
use std::arch::{asm, naked_asm};
use std::mem::{offset_of, size_of};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The instruction that stops a guest: `int3`.
pub(crate) const BREAKPOINT: [u8; 1] = [0xcc];

/// What the event stub keeps of a stopped guest, in the order in which it lies in memory.
#[repr(C)]
pub(in crate::trap) struct SavedRegisters {
    /// `r15` down to `r8`, then `rsi`, `rbp`, `rbx`, `rdx`, `rcx`, `rax`.
    general: [usize; 14],
    /// The flags.
    pub flags: usize,
    /// What `iretq` takes.
    return_frame: ReturnFrame,
}

#[repr(C)]
struct ReturnFrame {
    rip: usize,
    cs: usize,
    flags: usize,
    rsp: usize,
    ss: usize,
}

/// The parts of the processor's state that are saved: x87, SSE, AVX and AVX-512.
const STATE: u32 = 0b1110_0111;

/// Size of what `fxsave` stores, which is also where the header of `xsave`'s area begins.
const LEGACY_STATE: usize = 512;

/// How many bytes the vector state takes. [`LEGACY_STATE`] if `xsave` cannot be used.
static VECTOR_STATE: AtomicUsize = AtomicUsize::new(LEGACY_STATE);

/// Finds out how large the vector state is. Called before any breakpoint can be met.
pub(in crate::trap) fn prepare() {
    if std::arch::is_x86_feature_detected!("xsave") {
        let end = |part: u32| {
            let size = __cpuid_count(0xd, part);
            (size.ebx + size.eax) as usize
        };
        // The two parts that always are there, with the header; then the others, in places that
        // the processor tells. It says zero for those that it does not have.
        let fixed = LEGACY_STATE + 64;
        let parts = (2..32).filter(|part| STATE & (1 << part) != 0);
        let size = parts.map(end).fold(fixed, usize::max);
        VECTOR_STATE.store(size, Ordering::Relaxed);
    }
}

/// Where a stopped guest continues: reports the event that the activation has recorded, and takes
/// the guest back or unwinds the activation.
///
/// # Safety
///
/// Reached only through the registers of [`inject_event`].
#[unsafe(naked)]
unsafe extern "sysv64" fn event_stub(activation: *mut Activation) -> ! {
    naked_asm!(
        ".cfi_startproc",
        // As in the stub for traps: nobody called.
        ".cfi_undefined rip",
        // Does not change the flags.
        "lea rsp, [rsp - {return_frame_size}]",
        "pushfq",
        "cld",
        "push rax",
        "push rcx",
        "push rdx",
        "push rbx",
        "push rbp",
        "push rsi",
        "push r8",
        "push r9",
        "push r10",
        "push r11",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "mov rbx, rsp",
        "mov r12, rdi",
        "mov eax, cs",
        "mov [rbx + {cs}], rax",
        "mov eax, ss",
        "mov [rbx + {ss}], rax",
        "mov rax, [rbx + {flags}]",
        "mov [rbx + {return_flags}], rax",
        "lea rax, [rbx + {size}]",
        "mov [rbx + {rsp}], rax",
        // The vector state.
        "mov r13, [rip + {vector_state}]",
        "sub rsp, r13",
        "and rsp, -64",
        "cmp r13, {legacy}",
        "je 2f",
        "xor eax, eax",
        "mov [rsp + {legacy}], rax",
        "mov [rsp + {legacy} + 8], rax",
        "mov [rsp + {legacy} + 16], rax",
        "mov [rsp + {legacy} + 24], rax",
        "mov [rsp + {legacy} + 32], rax",
        "mov [rsp + {legacy} + 40], rax",
        "mov [rsp + {legacy} + 48], rax",
        "mov [rsp + {legacy} + 56], rax",
        "mov eax, {state}",
        "xor edx, edx",
        "xsave64 [rsp]",
        "jmp 3f",
        "2:",
        "fxsave64 [rsp]",
        "3:",
        "mov rdi, r12",
        "mov rsi, rbx",
        "call {stopped}",
        "test rax, rax",
        "jz 7f",
        "mov [rbx + {rip}], rax",
        "cmp r13, {legacy}",
        "je 4f",
        "mov eax, {state}",
        "xor edx, edx",
        "xrstor64 [rsp]",
        "jmp 5f",
        "4:",
        "fxrstor64 [rsp]",
        "5:",
        // Tells the two ways back apart until the flags are restored.
        "cmp byte ptr [r12 + {yellow_zone_open}], 0",
        "mov rdi, [r12 + {argument}]",
        "mov rsp, rbx",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop r11",
        "pop r10",
        "pop r9",
        "pop r8",
        "pop rsi",
        "pop rbp",
        "pop rbx",
        "pop rdx",
        "pop rcx",
        "pop rax",
        "jne 6f",
        "lea rsp, [rsp + 8]",
        "iretq",
        "6:",
        "jmp {resume_by_signal}",
        "7:",
        "mov rdi, r12",
        "jmp {unwind_to_entry}",
        ".cfi_endproc",
        return_frame_size = const size_of::<ReturnFrame>(),
        size = const size_of::<SavedRegisters>(),
        flags = const offset_of!(SavedRegisters, flags),
        rip = const offset_of!(SavedRegisters, return_frame) + offset_of!(ReturnFrame, rip),
        cs = const offset_of!(SavedRegisters, return_frame) + offset_of!(ReturnFrame, cs),
        return_flags = const offset_of!(SavedRegisters, return_frame)
            + offset_of!(ReturnFrame, flags),
        rsp = const offset_of!(SavedRegisters, return_frame) + offset_of!(ReturnFrame, rsp),
        ss = const offset_of!(SavedRegisters, return_frame) + offset_of!(ReturnFrame, ss),
        vector_state = sym VECTOR_STATE,
        legacy = const LEGACY_STATE,
        state = const STATE,
        stopped = sym stopped,
        yellow_zone_open = const offset_of!(Activation, yellow_zone_open),
        argument = const offset_of!(Activation, resumption) + offset_of!(Resumption, argument),
        resume_by_signal = sym resume_by_signal,
        unwind_to_entry = sym unwind_to_entry,
    )
}

/// Has the signal handler take the guest back.
///
/// # Safety
///
/// Reached only from [`event_stub`].
#[unsafe(naked)]
unsafe extern "sysv64" fn resume_by_signal() -> ! {
    naked_asm!(
        ".cfi_startproc",
        ".cfi_undefined rip",
        "ud2",
        ".cfi_endproc"
    )
}

/// The instruction at which the event stub asks for [`resume`].
pub(in crate::trap) fn resume_instruction() -> usize {
    resume_by_signal as *const () as usize
}

/// The registers that take a thread at [`resume_instruction`] back to the guest.
pub(in crate::trap) fn resume(resumption: Resumption) -> Injection {
    Injection {
        pc: resumption.pc,
        sp: resumption.sp,
        argument: resumption.argument,
        flags: Some(resumption.flags),
    }
}

/// The registers that make a thread, interrupted in guest code, report the event that its
/// innermost activation has recorded, and go on afterwards. The stack below `sp`, the thread's
/// own, has room for that.
pub(in crate::trap) fn inject_event(activation: *mut Activation, sp: usize) -> Injection {
    Injection {
        pc: event_stub as *const () as usize,
        sp,
        argument: activation as usize,
        flags: None,
    }
}

/// Has the processor forget what it has fetched of code, so that this thread runs what was written
/// to it before, at whichever address. Other threads are told by what makes them run anything.
pub(crate) fn serialize() {
    // SAFETY: returns to the next instruction, with the same registers. Of the instructions that
    // serialize, this one is not slow in virtual machines.
    unsafe {
        asm!(
            "mov {old:r}, rsp",
            "mov {segment:e}, ss",
            "push {segment:r}",
            "push {old:r}",
            "pushfq",
            "mov {segment:e}, cs",
            "push {segment:r}",
            "lea {segment:r}, [rip + 2f]",
            "push {segment:r}",
            "iretq",
            "2:",
            old = out(reg) _,
            segment = out(reg) _,
        );
    }
}
