//! What becomes of signals that are not ours is seen in processes of their own: each test of that
//! kind runs itself again as a child, which does something fatal.

use super::prepare_thread;
use crate::fiber::{GuestStack, StackSize};
use crate::trap::install_handlers;
use crate::trap::testing::{Guest, Host, STACK};
use std::hint::black_box;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};
use std::ptr;

/// Set in a child.
const CHILD: &str = "TRAPLINE_TEST_CHILD";

/// Runs `fatal` in a child, which is the test of this name, and returns what became of it.
/// In the child does not return.
fn child(test: &str, fatal: fn()) -> Output {
    if std::env::var_os(CHILD).is_some() {
        // SAFETY: valid pointer. No core dump is wanted of a crash on purpose.
        unsafe {
            libc::setrlimit(
                libc::RLIMIT_CORE,
                &libc::rlimit {
                    rlim_cur: 0,
                    rlim_max: 0,
                },
            )
        };
        fatal();
        std::process::exit(0);
    }
    let test = format!("{}::{test}", module_path!().split_once("::").unwrap().1);
    Command::new(std::env::current_exe().unwrap())
        .args([&test, "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD, "1")
        .output()
        .unwrap()
}

fn null_dereference() {
    // SAFETY: none, that is the point: it faults.
    unsafe { black_box(ptr::null_mut::<u8>()).write_volatile(1) };
}

#[test]
fn a_wild_pointer_in_the_host_still_ends_the_process() {
    let output = child("a_wild_pointer_in_the_host_still_ends_the_process", || {
        install_handlers().unwrap();
        null_dereference();
    });
    assert_eq!(output.status.signal(), Some(libc::SIGSEGV));
}

#[test]
fn a_wild_pointer_in_a_host_function_still_ends_the_process() {
    let output = child(
        "a_wild_pointer_in_a_host_function_still_ends_the_process",
        || {
            let host: Host = Box::new(|_, _| {
                null_dereference();
                Ok(())
            });
            let guest = Guest::new(
                r#"(module (import "" "" (func)) (func (export "f") call 0))"#,
                vec![host],
            );
            let _ = guest.call("f", &[]);
        },
    );
    assert_eq!(output.status.signal(), Some(libc::SIGSEGV));
}

/// Uses up the stack.
#[expect(unconditional_recursion, reason = "it is meant to overflow")]
fn recurse(depth: u64) -> u64 {
    black_box(recurse(black_box(depth + 1))) + 1
}

#[test]
fn a_stack_overflow_in_the_host_is_still_reported() {
    let output = child("a_stack_overflow_in_the_host_is_still_reported", || {
        install_handlers().unwrap();
        prepare_thread().unwrap();
        recurse(0);
    });
    assert_eq!(output.status.signal(), Some(libc::SIGABRT));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("overflowed its stack"), "{message}");
}

#[test]
fn a_host_function_that_overflows_the_guest_stack_ends_the_process() {
    let output = child(
        "a_host_function_that_overflows_the_guest_stack_ends_the_process",
        || {
            let host: Host = Box::new(|_, slots| {
                slots[0] = crate::vm::raw_val::RawVal::from_u64(recurse(0));
                Ok(())
            });
            let guest = Guest::new(
                r#"(module (import "" "" (func (result i64))) (func (export "f") (drop (call 0))))"#,
                vec![host],
            );
            let _ = guest.call("f", &[]);
        },
    );
    assert_eq!(output.status.signal(), Some(libc::SIGSEGV));
}

#[test]
fn a_signal_that_is_sent_still_ends_the_process() {
    let output = child("a_signal_that_is_sent_still_ends_the_process", || {
        // The standard library has a handler for this one, ...
        install_handlers().unwrap();
        // SAFETY: sends a signal.
        unsafe { libc::raise(libc::SIGSEGV) };
        // ... which leaves it to the second one.
        // SAFETY: as above.
        unsafe { libc::raise(libc::SIGSEGV) };
    });
    assert_eq!(output.status.signal(), Some(libc::SIGSEGV));
}

#[test]
fn a_signal_without_a_handler_before_us_has_its_default_action() {
    let output = child(
        "a_signal_without_a_handler_before_us_has_its_default_action",
        || {
            install_handlers().unwrap();
            // SAFETY: sends a signal.
            unsafe { libc::raise(libc::SIGFPE) };
        },
    );
    assert_eq!(output.status.signal(), Some(libc::SIGFPE));
}

#[test]
fn a_signal_that_was_ignored_is_ignored_unless_it_is_a_fault() {
    let output = child(
        "a_signal_that_was_ignored_is_ignored_unless_it_is_a_fault",
        || {
            // SAFETY: changes what a signal does that nobody else cares about; sends it.
            unsafe {
                libc::signal(libc::SIGILL, libc::SIG_IGN);
                install_handlers().unwrap();
                libc::raise(libc::SIGILL);
                println!("ignored");
                std::arch::asm!("ud2");
            }
        },
    );
    assert!(String::from_utf8_lossy(&output.stdout).contains("ignored"));
    assert_eq!(output.status.signal(), Some(libc::SIGILL));
}

unsafe extern "C" fn exit_42(_signal: libc::c_int) {
    // SAFETY: ends the process, as handlers may.
    unsafe { libc::_exit(42) };
}

#[test]
fn handlers_before_us_get_what_is_not_a_trap_of_the_guest() {
    let output = child(
        "handlers_before_us_get_what_is_not_a_trap_of_the_guest",
        || {
            // SAFETY: the handler does what handlers may.
            unsafe { libc::signal(libc::SIGSEGV, exit_42 as *const () as libc::sighandler_t) };
            let guest = Guest::new(
                r#"(module (memory 0) (func (export "f") (drop (i32.load (i32.const 0)))))"#,
                vec![],
            );
            assert!(guest.call("f", &[]).is_err());
            null_dereference();
        },
    );
    assert_eq!(output.status.code(), Some(42));
}

fn signal_stack() -> libc::stack_t {
    super::signal_stack::current().unwrap()
}

#[test]
fn a_prepared_thread_has_a_large_signal_stack_for_its_life() {
    fn install() -> usize {
        prepare_thread().unwrap();
        let stack = signal_stack();
        assert_eq!(stack.ss_flags & libc::SS_DISABLE, 0);
        assert!(stack.ss_size >= 64 << 10);
        prepare_thread().unwrap();
        assert_eq!(signal_stack().ss_sp, stack.ss_sp);
        stack.ss_sp as usize
    }
    // In a process of its own, where no other test can have something mapped at the same address since.
    let output = child(
        "a_prepared_thread_has_a_large_signal_stack_for_its_life",
        || {
            let address = std::thread::spawn(install).join().unwrap();
            let mut resident = 0;
            // SAFETY: only asks.
            let status = unsafe { libc::mincore(address as *mut libc::c_void, 1, &mut resident) };
            assert_eq!(status, -1, "it is unmapped when the thread has ended");
        },
    );
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn a_signal_stack_that_is_large_enough_is_kept() {
    std::thread::spawn(|| {
        let mut memory = vec![0_u8; 256 << 10];
        let mine = libc::stack_t {
            ss_sp: memory.as_mut_ptr().cast(),
            ss_flags: 0,
            ss_size: memory.len(),
        };
        // SAFETY: the memory lives until the stack is replaced.
        unsafe {
            let mut before = signal_stack();
            assert_eq!(libc::sigaltstack(&mine, &mut before), 0);
            prepare_thread().unwrap();
            assert_eq!(signal_stack().ss_sp, mine.ss_sp);
            assert_eq!(libc::sigaltstack(&before, ptr::null_mut()), 0);
        }
    })
    .join()
    .unwrap();
}

#[test]
fn a_guest_can_overflow_its_stack_on_every_thread() {
    let wat = r#"(module (func (export "f") (result i64) (i64.add (call 0) (i64.const 1))))"#;
    for _ in 0..4 {
        let overflow = move || {
            let guest = Guest::new(wat, vec![]);
            let size = StackSize {
                total: 512 << 10,
                ..STACK
            };
            let stack = GuestStack::new(size).unwrap();
            assert!(guest.call_on(Some(&stack), "f", &[]).is_err());
        };
        std::thread::spawn(overflow).join().unwrap();
    }
}

/// A thread of the guest's is in the handler of another signal when it is asked to stop, and goes back to
/// the guest without anybody having a look.
#[test]
fn an_interrupt_is_not_lost_in_the_handler_of_another_signal() {
    use crate::{Config, DebugSession, DebugStepResult, Engine, Instance, Module, Observe, Store};
    use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
    use std::task::{Context, Poll, Waker};
    static IN_HANDLER: AtomicBool = AtomicBool::new(false);
    static MAY_RETURN: AtomicBool = AtomicBool::new(false);
    extern "C" fn handler(_: libc::c_int) {
        IN_HANDLER.store(true, SeqCst);
        while !MAY_RETURN.load(SeqCst) {
            std::hint::spin_loop();
        }
        // SAFETY: a system call without any effect.
        unsafe { libc::getppid() };
    }
    let engine = Engine::new(Config::new().observe(Observe::Stacks)).unwrap();
    let wat = r#"(module (func (export "f") (loop (br 0))))"#;
    let module = Module::new(&engine, wat).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let function = instance.get_func(&mut store, "f").unwrap();
    // SAFETY: only asks.
    let thread = unsafe { libc::pthread_self() };
    for flags in [0, libc::SA_ONSTACK] {
        let handler = handler as extern "C" fn(libc::c_int) as usize;
        // SAFETY: the handler does nothing that handlers must not do.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = handler;
            action.sa_flags = flags;
            assert_eq!(libc::sigaction(libc::SIGUSR2, &action, ptr::null_mut()), 0);
        }
        for _ in 0..100 {
            let mut session = DebugSession::call(&mut store, function, &[]).unwrap();
            let handle = session.interrupt_handle().unwrap();
            IN_HANDLER.store(false, SeqCst);
            MAY_RETURN.store(false, SeqCst);
            let other = std::thread::spawn(move || {
                std::thread::yield_now();
                // SAFETY: the thread waits for this one.
                assert_eq!(unsafe { libc::pthread_kill(thread, libc::SIGUSR2) }, 0);
                while !IN_HANDLER.load(SeqCst) {
                    std::thread::yield_now();
                }
                handle.interrupt();
                MAY_RETURN.store(true, SeqCst);
            });
            let mut next = std::pin::pin!(session.next());
            let polled = next.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            let interrupted = matches!(polled, Poll::Ready(Some(DebugStepResult::Interrupted)));
            assert!(interrupted);
            other.join().unwrap();
        }
    }
}
