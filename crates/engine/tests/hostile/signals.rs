//! Faults that are not the guest's are none of the engine's business: whoever would have handled
//! them without it still does. Each case ends its process, so it runs in one of its own.

use crate::support::{instance, module};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};
use trapline::{Engine, Instance, Linker, Store, Trap};

/// Set for processes that are meant to die.
const CHILD: &str = "TRAPLINE_TEST_CHILD";

/// Runs one of the ignored tests below in a process of its own.
fn run(case: &str) -> Output {
    Command::new(std::env::current_exe().expect("a path"))
        .args([
            "--exact",
            &format!("signals::{case}"),
            "--ignored",
            "--nocapture",
        ])
        .args(["--test-threads", "1"])
        .env(CHILD, "1")
        .env("RUST_BACKTRACE", "0")
        .output()
        .expect("a process")
}

/// Whether this process is meant to die. Someone may run all ignored tests.
fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// Lets a guest trap, so that the engine's handlers are there and have been used.
fn trap_in_a_guest() {
    let engine = Engine::default();
    let wat = r#"(module (memory 1)
        (func (export "load") (drop (i32.load (i32.const -1))))
        (func $down (export "down") (call $down) (call $down)))"#;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module(&engine, wat), &[]).unwrap();
    for (name, trap) in [
        ("load", Trap::MemoryOutOfBounds),
        ("down", Trap::StackOverflow),
    ] {
        let f = instance.get_typed_func::<(), ()>(&mut store, name).unwrap();
        assert_eq!(f.call(&mut store, ()).unwrap_err().trap(), Some(trap));
    }
}

/// Never returns, in that it uses up the stack.
#[expect(unconditional_recursion, reason = "that is the point")]
fn overflow(depth: u64) -> u64 {
    let frame = std::hint::black_box([depth; 64]);
    overflow(depth + 1) + frame[depth as usize % 64]
}

#[test]
fn the_report_of_a_host_stack_overflow_still_works() {
    for case in [
        "overflow_on_the_main_thread_of_the_test",
        "overflow_on_a_spawned_thread",
    ] {
        let output = run(case);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            output.status.signal(),
            Some(libc::SIGABRT),
            "{case}: {stderr}"
        );
        assert!(
            stderr.contains("has overflowed its stack"),
            "{case}: {stderr}"
        );
    }
}

#[test]
#[ignore = "ends its process"]
fn overflow_on_the_main_thread_of_the_test() {
    if is_child() {
        trap_in_a_guest();
        println!("{}", overflow(0));
    }
}

#[test]
#[ignore = "ends its process"]
fn overflow_on_a_spawned_thread() {
    if is_child() {
        trap_in_a_guest();
        drop(std::thread::spawn(|| println!("{}", overflow(0))).join());
    }
}

#[test]
fn a_host_function_that_overflows_the_stack_of_its_guest_ends_the_process() {
    let output = run("overflow_in_a_host_function");
    let signal = output.status.signal();
    assert!(
        matches!(signal, Some(libc::SIGABRT | libc::SIGSEGV)),
        "{:?} {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
#[ignore = "ends its process"]
fn overflow_in_a_host_function() {
    if is_child() {
        let mut linker = Linker::<()>::new(&Engine::default());
        linker.func_wrap("host", "f", || overflow(0)).unwrap();
        let wat = r#"(module (import "host" "f" (func $f (result i64)))
            (func (export "run") (result i64) (call $f)))"#;
        let (mut store, instance) = instance(&linker, wat, ());
        let run = instance
            .get_typed_func::<(), i64>(&mut store, "run")
            .unwrap();
        println!("{:?}", run.call(&mut store, ()));
    }
}

/// Reads an address that no one has mapped.
fn fault() {
    let address = std::hint::black_box(0x10_usize) as *const u8;
    // SAFETY: it is not; the fault is what the test is about, and its process ends with it.
    println!("{}", unsafe { address.read_volatile() });
}

#[test]
fn a_fault_of_the_host_ends_the_process_as_ever() {
    for case in [
        "fault_after_a_trap",
        "fault_in_a_host_function",
        "fault_by_kill",
    ] {
        let output = run(case);
        assert_eq!(
            output.status.signal(),
            Some(libc::SIGSEGV),
            "{case}: {:?}",
            output.status
        );
    }
}

#[test]
#[ignore = "ends its process"]
fn fault_after_a_trap() {
    if is_child() {
        trap_in_a_guest();
        fault();
    }
}

#[test]
#[ignore = "ends its process"]
fn fault_in_a_host_function() {
    if is_child() {
        let mut linker = Linker::<()>::new(&Engine::default());
        linker.func_wrap("host", "f", fault).unwrap();
        let wat = r#"(module (import "host" "f" (func $f)) (func (export "run") (call $f)))"#;
        let (mut store, instance) = instance(&linker, wat, ());
        let run = instance
            .get_typed_func::<(), ()>(&mut store, "run")
            .unwrap();
        println!("{:?}", run.call(&mut store, ()));
    }
}

#[test]
#[ignore = "ends its process"]
fn fault_by_kill() {
    if is_child() {
        trap_in_a_guest();
        // std's handler takes the first for a fault, steps aside, and the next one is fatal.
        for _ in 0..3 {
            let pid = std::process::id().to_string();
            Command::new("kill")
                .args(["-SEGV", &pid])
                .status()
                .expect("kill");
        }
    }
}

/// A handler from before the engine.
extern "C" fn earlier_handler(signal: libc::c_int) {
    // SAFETY: `_exit` may be called in a signal handler.
    unsafe { libc::_exit(100 + signal) }
}

#[test]
fn a_handler_from_before_the_engine_is_called() {
    for (case, signal) in [
        ("fault_with_an_earlier_handler", libc::SIGSEGV),
        ("illegal_instruction_with_an_earlier_handler", libc::SIGILL),
    ] {
        let output = run(case);
        assert_eq!(
            output.status.code(),
            Some(100 + signal),
            "{case}: {:?}",
            output.status
        );
    }
}

/// Installs a handler, then the engine's on top.
fn install_earlier(signal: libc::c_int) {
    let handler = earlier_handler as extern "C" fn(libc::c_int);
    // SAFETY: the handler only calls `_exit`.
    let before = unsafe { libc::signal(signal, handler as libc::sighandler_t) };
    assert_ne!(before, libc::SIG_ERR);
    trap_in_a_guest();
}

#[test]
#[ignore = "ends its process"]
fn fault_with_an_earlier_handler() {
    if is_child() {
        install_earlier(libc::SIGSEGV);
        fault();
    }
}

#[test]
#[ignore = "ends its process"]
fn illegal_instruction_with_an_earlier_handler() {
    if is_child() {
        install_earlier(libc::SIGILL);
        let pid = std::process::id().to_string();
        Command::new("kill")
            .args(["-ILL", &pid])
            .status()
            .expect("kill");
        std::thread::sleep(std::time::Duration::from_secs(60));
    }
}

#[test]
fn aborting_instructions_of_the_host_end_the_process_as_ever() {
    let output = run("abort_after_a_trap");
    assert_eq!(
        output.status.signal(),
        Some(libc::SIGABRT),
        "{:?}",
        output.status
    );
}

#[test]
#[ignore = "ends its process"]
fn abort_after_a_trap() {
    if is_child() {
        trap_in_a_guest();
        std::process::abort();
    }
}
