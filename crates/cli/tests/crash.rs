//! Programs that trap: what the report says.
//!
//! The reports are in `tests/snapshots`; `TRAPLINE_BLESS=1` writes them anew.
#![allow(missing_docs)]

mod common;
use common::{folder, guest, run, snapshot};

/// Both streams of a program that traps, as a snapshot.
#[track_caller]
fn check(name: &str, arguments: &[&str]) {
    let program = guest(name);
    let words = ["run", &program];
    let ended = common::trapline(words.iter().chain(arguments)).ends_with(134);
    let text = format!("{}----\n{}", ended.stdout, ended.stderr);
    let file = [&[name], arguments].concat().join("_") + ".txt";
    snapshot(&file, &text);
}

#[test]
fn memory_out_of_bounds_through_inlined_calls() {
    check("crash", &[]);
}

#[test]
fn names_of_cpp_are_readable() {
    check("stock", &[]);
}

#[test]
fn unreachable_code_in_the_c_library() {
    check("assertion", &[]);
}

#[test]
fn division_by_zero() {
    check("divide", &["1", "0"]);
}

#[test]
fn division_overflow() {
    check("divide", &["-2147483648", "-1"]);
}

#[test]
fn calls_through_bad_function_pointers() {
    check("indirect", &["mismatch"]);
    check("indirect", &["null"]);
    check("indirect", &["wild"]);
}

#[test]
fn an_exception_that_is_not_caught_is_told_with_what_it_carries() {
    check("exceptions", &["uncaught"]);
    check("exceptions", &["noexcept"]);
    let wat = r#"(module
        (tag $fatal (@name "fa\1b[2Jtal") (param i32 f64 externref))
        (func $fail (throw $fatal (i32.const -7) (f64.const 2.5) (ref.null extern)))
        (func (export "_start") (call $fail)))"#;
    let stderr = run(["-"]).input(wat).fails_with(134);
    let first = "uncaught exception: fa\\u{1b}[2Jtal (-7, 2.5, <null>)\n";
    assert!(stderr.starts_with(first), "{stderr}");
    assert!(stderr.contains("   0: fail\n"), "{stderr}");
}

#[test]
fn endless_recursion_is_told_in_few_lines() {
    let ended = run([&guest("recursion")]).ends_with(134);
    assert_eq!(ended.stdout, "going down\n");
    // How deep it gets, and which instruction needs the last of the stack, depends on the
    // machine code.
    let lines: Vec<_> = ended.stderr.lines().collect();
    assert_eq!(lines[0], "trap: call stack exhausted");
    assert!(lines.contains(&"   0: descend"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains(" more of it ...\n"),
        "{}",
        ended.stderr
    );
    assert!(lines.len() < 20, "{}", ended.stderr);
}

#[test]
fn a_trap_in_an_invoked_function() {
    let stderr = run(["--invoke", "remainder", &guest("calculator"), "1", "0"]).fails_with(134);
    snapshot("remainder.txt", &stderr);
}

#[test]
fn without_debug_information_offsets_stand_in_for_lines() {
    let wat = r#"(module
        (func $named (unreachable))
        (func (call $named))
        (func (export "_start") (call 1)))"#;
    let stderr = run(["-"]).input(wat).fails_with(134);
    snapshot("offsets.txt", &stderr);
}

#[test]
fn source_is_shown_only_where_it_is() {
    let program = common::top().join(guest("crash"));
    let folder = folder();
    let there = run([program.to_str().unwrap()])
        .in_folder(folder.path())
        .ends_with(134);
    assert!(
        there.stderr.contains("at tests/guests/crash/archive.h:27:"),
        "{}",
        there.stderr
    );
    assert!(!there.stderr.contains("-->"), "{}", there.stderr);
}

#[test]
fn names_from_the_guest_cannot_control_the_terminal() {
    let wat = r#"(module (func (export "_start") (call $f)) (func $f (@name "a\1b[2J\0ab") unreachable))"#;
    let stderr = run(["-"]).input(wat).fails_with(134);
    assert!(stderr.contains(r"a\u{1b}[2J\nb"), "{stderr}");
    assert!(!stderr.contains('\x1b'));
}

#[test]
fn colours_are_for_terminals_and_for_those_who_ask() {
    let plain = run([&guest("crash")]).ends_with(134).stderr;
    assert!(!plain.contains('\x1b'));
    let forced = run([&guest("crash")])
        .env("CLICOLOR_FORCE", "1")
        .ends_with(134)
        .stderr;
    assert!(forced.contains("\x1b["), "{forced}");
    let refused = run([&guest("crash")])
        .env("NO_COLOR", "1")
        .ends_with(134)
        .stderr;
    assert_eq!(refused, plain);
}

#[test]
fn a_second_memory_is_told_from_the_first() {
    let wat = r#"(module (memory 1) (memory 3)
        (func (export "_start") (drop (i32.load 1 (i32.const 0x40000)))))"#;
    let stderr = run(["-"]).input(wat).fails_with(134);
    let expected = "trap: out of bounds memory access at address 0x40000 (memory 1 is 196608 bytes, \
                    3 pages)\n";
    assert!(stderr.starts_with(expected), "{stderr}");
}

#[test]
fn a_trap_while_instantiating_is_a_trap() {
    let wat = r#"(module (func $f unreachable) (start $f))"#;
    let stderr = run(["-"]).input(wat).fails_with(134);
    assert!(stderr.starts_with("trap: unreachable\n"), "{stderr}");
    let wat = r#"(module (memory 1) (data (i32.const 70000) "x") (func (export "_start")))"#;
    let stderr = run(["-"]).input(wat).fails_with(134);
    assert!(
        stderr.starts_with("trap: out of bounds memory access"),
        "{stderr}"
    );
}
