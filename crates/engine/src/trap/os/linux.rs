//! Signals, on Linux.
//!
//! A fault of a thread's own instruction raises a signal on that same thread. Our handler asks
//! whether it was a trap of the guest, and changes the registers that the thread goes on with. All
//! other faults are somebody else's: they go to the handler that was there before, with the
//! meaning that it would have had without us. One such is the standard library's, which reports
//! stack overflows of the host.

use crate::fiber::StackBounds;
use crate::trap::arch::{self, Injection};
use crate::trap::handler::{Interrupted, Raised, on_fault};
use crate::trap::step::{self, Next};
use libc::{c_int, c_void, sigaction, siginfo_t, ucontext_t};
use std::cell::UnsafeCell;
use std::io;
use std::mem::{MaybeUninit, transmute};
use std::ptr;
use std::sync::OnceLock;

/// The signals that faults and breakpoints raise.
const SIGNALS: [c_int; 5] = [
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGILL,
    libc::SIGFPE,
    libc::SIGTRAP,
];

/// The actions that were there before ours, in the order of [`SIGNALS`].
static PREVIOUS: [Previous; 5] = [const { Previous(UnsafeCell::new(MaybeUninit::uninit())) }; 5];

/// Written once, before the signal's handler is installed, and then only read.
struct Previous(UnsafeCell<MaybeUninit<sigaction>>);

// SAFETY: see above.
unsafe impl Sync for Previous {}

/// Installs the signal handlers, at the first call in the process.
///
/// Fails if the system refuses, and then does at every call.
pub(crate) fn install_handlers() -> io::Result<()> {
    static INSTALLED: OnceLock<Result<(), i32>> = OnceLock::new();
    let result = INSTALLED.get_or_init(|| {
        arch::prepare();
        for (signal, previous) in SIGNALS.into_iter().zip(&PREVIOUS) {
            install(signal, previous).map_err(|error| error.raw_os_error().unwrap_or(0))?;
        }
        Ok(())
    });
    result.map_err(io::Error::from_raw_os_error)
}

/// The signal that has a thread look whether it is to be interrupted. One that the system ignores
/// by default, and that programs expect to get without cause.
const INTERRUPT: c_int = libc::SIGURG;

static BEFORE_INTERRUPTS: Previous = Previous(UnsafeCell::new(MaybeUninit::uninit()));

/// Set once somebody may be interrupted.
static INTERRUPTS: OnceLock<Result<(), i32>> = OnceLock::new();

/// Installs the handler for interrupts, at the first call in the process.
pub(crate) fn install_interrupts() -> io::Result<()> {
    let result = INTERRUPTS.get_or_init(|| {
        install(INTERRUPT, &BEFORE_INTERRUPTS).map_err(|error| error.raw_os_error().unwrap_or(0))
    });
    result.map_err(io::Error::from_raw_os_error)
}

/// A thread that can be sent a signal, as long as it has not ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThreadHandle(libc::pthread_t);

impl ThreadHandle {
    /// The current thread.
    pub fn current() -> ThreadHandle {
        // SAFETY: only asks.
        ThreadHandle(unsafe { libc::pthread_self() })
    }

    /// Has the thread, which has not ended, look whether it is to be interrupted.
    pub fn notify(self) {
        // SAFETY: if the handler is not installed the signal does nothing.
        unsafe { libc::pthread_kill(self.0, INTERRUPT) };
    }
}

fn install(signal: c_int, previous: &Previous) -> io::Result<()> {
    // SAFETY: `sigaction` is called with valid pointers. `PREVIOUS` is written here alone, once,
    // and before the handler, which reads it, can be called.
    unsafe {
        check(sigaction(
            signal,
            ptr::null(),
            (*previous.0.get()).as_mut_ptr(),
        ))?;
        let mut action: sigaction = std::mem::zeroed();
        action.sa_sigaction = handle as *const () as usize;
        // On the thread's signal stack, because the guest's own may have overflowed.
        // An interrupt is none for system calls of the host.
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
        // That comes when the handler has decided where the thread goes on, not before.
        libc::sigaddset(&mut action.sa_mask, INTERRUPT);
        check(sigaction(signal, &action, ptr::null_mut()))
    }
}

/// The handler.
///
/// # Safety
///
/// Called by the system, for one of [`SIGNALS`].
unsafe extern "C" fn handle(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: the system gives valid pointers to the handler of a signal, for as long as it runs,
    // and `on_fault` gets what it wants: a signal with another origin is not looked at.
    unsafe {
        if signal == INTERRUPT || is_step(signal, &*info) {
            if take_step(signal, &mut *context.cast::<ucontext_t>()) {
                return;
            }
        } else if is_fault(&*info) {
            let registers = &mut (*context.cast::<ucontext_t>()).uc_mcontext;
            if let Some(injection) = on_fault(interrupted(signal, &*info, registers)) {
                inject(registers, injection);
                return;
            }
        }
        chain(signal, info, context);
    }
}

fn inject(registers: &mut libc::mcontext_t, injection: Injection) {
    registers.gregs[libc::REG_RIP as usize] = injection.pc as i64;
    registers.gregs[libc::REG_RSP as usize] = injection.sp as i64;
    registers.gregs[libc::REG_RDI as usize] = injection.argument as i64;
    if let Some(flags) = injection.flags {
        registers.gregs[libc::REG_EFL as usize] = flags as i64;
    }
}

/// Whether the processor raised the signal after a single step.
fn is_step(signal: c_int, info: &siginfo_t) -> bool {
    signal == libc::SIGTRAP && info.si_code == libc::TRAP_TRACE && INTERRUPTS.get().is_some()
}

/// Does what [`step`] says about a signal that tells of a step, or asks for an interrupt. Returns
/// whether it says anything.
///
/// # Safety
///
/// As for [`handle`].
unsafe fn take_step(signal: c_int, context: &mut ucontext_t) -> bool {
    // SAFETY: only asks. A thread that steps while it blocks the signal is ended by the system.
    let may_step = unsafe { libc::sigismember(&context.uc_sigmask, libc::SIGTRAP) } == 0;
    let registers = &mut context.uc_mcontext;
    let register = |index: c_int| registers.gregs[index as usize] as usize;
    let flags = register(libc::REG_EFL);
    let interrupted = Interrupted {
        pc: register(libc::REG_RIP),
        sp: register(libc::REG_RSP),
        fp: register(libc::REG_RBP),
        argument: register(libc::REG_RDI),
        flags,
        raised: Raised::Asked,
    };
    // SAFETY: called in the handler of these signals.
    let next = unsafe {
        match signal == INTERRUPT {
            true => step::on_interrupt(interrupted),
            false => Some(step::on_step(interrupted)),
        }
    };
    match next {
        None => return false,
        Some(Next::Step(steps)) => {
            // SAFETY: the context is where the system has put it.
            let is_handled = steps && unsafe { step_behind_handlers(context, interrupted.sp) };
            let flags = arch::stepping(flags, steps && may_step && !is_handled);
            let registers = &mut context.uc_mcontext;
            registers.gregs[libc::REG_EFL as usize] = flags as i64;
        }
        Some(Next::Stop(injection)) => inject(registers, injection),
    }
    true
}

/// Has the guest step when it goes on, if the thread is in the handler of another signal that has
/// interrupted it. Returns whether that is so.
///
/// The system has put what it goes on with on a stack when it called the handler: the address that the
/// handler returns to, which is the same for all handlers of a process, and behind it the context. It is
/// looked for from the stack pointer on: on the guest's stack, or on that for signals.
///
/// # Safety
///
/// The context is that of the handler which calls this, where the system has put it, and `sp` the stack
/// pointer in it.
unsafe fn step_behind_handlers(context: *const ucontext_t, sp: usize) -> bool {
    /// Handlers do not need more.
    const FARTHEST: usize = 64 << 10;
    let Some(guest) = step::watched_stack() else {
        return false;
    };
    let Some(end) = end_of_stack(sp, guest) else {
        return false;
    };
    let end = end.min(sp.saturating_add(FARTHEST));
    // SAFETY: the word before the context is the address that this handler returns to.
    let returns_to = unsafe { *context.cast::<usize>().sub(1) };
    let words = (sp.next_multiple_of(8)..end).step_by(8);
    let last = end.saturating_sub(size_of::<usize>() + size_of::<ucontext_t>());
    for at in words.take_while(|at| *at <= last) {
        // SAFETY: it is on the stack, as the rest of the context is.
        let found = unsafe { *(at as *const usize) == returns_to };
        let interrupted = (at + size_of::<usize>()) as *mut ucontext_t;
        if !found || !interrupted.is_aligned() {
            continue;
        }
        // SAFETY: as above. Nobody else uses what lies there: the handler that runs is this one, or
        // the one that it belongs to, which is interrupted.
        let interrupted = unsafe { &mut *interrupted };
        let register = |index: c_int| interrupted.uc_mcontext.gregs[index as usize] as usize;
        let (pc, outer) = (register(libc::REG_RIP), register(libc::REG_RSP));
        // What only looks like a context does not have its registers beyond itself.
        let vectors = interrupted.uc_mcontext.fpregs as usize;
        let is_context = (at..end.max(outer)).contains(&vectors) && guest.contains(outer);
        // SAFETY: only asks.
        let may_step = unsafe { libc::sigismember(&interrupted.uc_sigmask, libc::SIGTRAP) } == 0;
        if is_context && may_step && step::is_watched_guest(pc) {
            let flags = arch::stepping(register(libc::REG_EFL), true);
            interrupted.uc_mcontext.gregs[libc::REG_EFL as usize] = flags as i64;
            return true;
        }
    }
    false
}

/// Where the stack ends that a stack pointer is on: the guest's, or that for signals.
fn end_of_stack(sp: usize, guest: StackBounds) -> Option<usize> {
    if guest.contains(sp) {
        return Some(guest.base);
    }
    let mut alternate = MaybeUninit::<libc::stack_t>::zeroed();
    // SAFETY: only asks, and may be called in handlers.
    let asked = unsafe { libc::sigaltstack(ptr::null(), alternate.as_mut_ptr()) };
    // SAFETY: it was filled, and is valid when all bytes are zero.
    let alternate = unsafe { alternate.assume_init() };
    let begin = alternate.ss_sp as usize;
    let end = begin
        .checked_add(alternate.ss_size)
        .filter(|_| asked == 0)?;
    (begin..end).contains(&sp).then_some(end)
}

/// Whether an instruction raised the signal, rather than somebody who sent it.
fn is_fault(info: &siginfo_t) -> bool {
    info.si_code > 0
}

/// # Safety
///
/// `info` is what the system gave with `signal`.
unsafe fn interrupted(
    signal: c_int,
    info: &siginfo_t,
    registers: &libc::mcontext_t,
) -> Interrupted {
    let register = |index: c_int| registers.gregs[index as usize] as usize;
    let pc = register(libc::REG_RIP);
    let (pc, raised) = match signal {
        libc::SIGSEGV | libc::SIGBUS => {
            // SAFETY: faults come with an address.
            let address = unsafe { info.si_addr() } as usize;
            (pc, Raised::Access(address))
        }
        // The processor has gone past the breakpoint.
        libc::SIGTRAP => (pc.wrapping_sub(arch::BREAKPOINT.len()), Raised::Breakpoint),
        _ => (pc, Raised::Execution),
    };
    Interrupted {
        pc,
        sp: register(libc::REG_RSP),
        fp: register(libc::REG_RBP),
        argument: register(libc::REG_RDI),
        flags: register(libc::REG_EFL),
        raised,
    }
}

/// Does what would have been done without us.
///
/// # Safety
///
/// As for [`handle`].
unsafe fn chain(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let previous = match SIGNALS.iter().position(|&other| other == signal) {
        Some(index) => &PREVIOUS[index],
        None => &BEFORE_INTERRUPTS,
    };
    // SAFETY: it was written before the handler was installed. What it holds was a valid action:
    // a handler in it takes the arguments that its flags say.
    unsafe {
        let previous = (*previous.0.get()).assume_init_ref();
        match previous.sa_sigaction {
            // That is what the system does with it.
            libc::SIG_DFL if signal == INTERRUPT => {}
            libc::SIG_DFL => default_action(signal, &*info),
            // The system does not let a fault be ignored, but what others send.
            libc::SIG_IGN if is_fault(&*info) => default_action(signal, &*info),
            libc::SIG_IGN => {}
            handler if previous.sa_flags & libc::SA_SIGINFO != 0 => {
                let handler: unsafe extern "C" fn(c_int, *mut siginfo_t, *mut c_void) =
                    transmute(handler);
                handler(signal, info, context);
            }
            handler => {
                let handler: unsafe extern "C" fn(c_int) = transmute(handler);
                handler(signal);
            }
        }
    }
}

/// Has the process end as the system ends it. For that it must be seen to happen again, without a
/// handler: so its exit status and its core dump show the signal, and where it was raised.
///
/// # Safety
///
/// Called in the handler of that signal.
unsafe fn default_action(signal: c_int, info: &siginfo_t) {
    // SAFETY: valid pointers, and system calls that are allowed in handlers.
    unsafe {
        let mut action: sigaction = std::mem::zeroed();
        action.sa_sigaction = libc::SIG_DFL;
        sigaction(signal, &action, ptr::null_mut());
        if !is_fault(info) {
            // No instruction is there to raise it again. It is blocked until the handler is left.
            libc::raise(signal);
        }
    }
}

fn check(status: c_int) -> io::Result<()> {
    if status == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
