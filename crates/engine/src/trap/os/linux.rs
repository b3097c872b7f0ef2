//! Signals, on Linux.
//!
//! A fault of a thread's own instruction raises a signal on that same thread. Our handler asks
//! whether it was a trap of the guest, and changes the registers that the thread goes on with. All
//! other faults are somebody else's: they go to the handler that was there before, with the
//! meaning that it would have had without us. One such is the standard library's, which reports
//! stack overflows of the host.

use crate::trap::arch;
use crate::trap::handler::{Interrupted, Raised, on_fault};
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
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
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
        if is_fault(&*info) {
            let registers = &mut (*context.cast::<ucontext_t>()).uc_mcontext;
            if let Some(injection) = on_fault(interrupted(signal, &*info, registers)) {
                registers.gregs[libc::REG_RIP as usize] = injection.pc as i64;
                registers.gregs[libc::REG_RSP as usize] = injection.sp as i64;
                registers.gregs[libc::REG_RDI as usize] = injection.argument as i64;
                if let Some(flags) = injection.flags {
                    registers.gregs[libc::REG_EFL as usize] = flags as i64;
                }
                return;
            }
        }
        chain(signal, info, context);
    }
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
        raised,
    }
}

/// Does what would have been done without us.
///
/// # Safety
///
/// As for [`handle`].
unsafe fn chain(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let Some(index) = SIGNALS.iter().position(|&other| other == signal) else {
        return;
    };
    // SAFETY: it was written before the handler was installed. What it holds was a valid action:
    // a handler in it takes the arguments that its flags say.
    unsafe {
        let previous = (*PREVIOUS[index].0.get()).assume_init_ref();
        match previous.sa_sigaction {
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
