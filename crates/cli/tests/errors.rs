//! What cannot be run: each a sentence that names the file, and exit code 1.
#![allow(missing_docs)]

mod common;
use common::{folder, guest, run, text, trapline};
use std::fs;
use std::path::Path;

/// The message of a run of these bytes, with the file's path taken out.
#[track_caller]
fn message(bytes: &[u8]) -> String {
    let folder = folder();
    let file = folder.path().join("it.wasm");
    fs::write(&file, bytes).unwrap();
    let stderr = run([text(&file)]).fails_with(1);
    assert!(stderr.ends_with('\n'), "{stderr:?}");
    stderr.trim_end().replace(text(&file), "FILE")
}

#[test]
fn files_that_cannot_be_read() {
    let missing = run(["no/such.wasm"]).fails_with(1);
    assert_eq!(
        missing,
        "error: cannot read no/such.wasm: no such file or directory\n"
    );
    let directory = run(["tests"]).fails_with(1);
    assert_eq!(directory, "error: cannot read tests: is a directory\n");
}

#[cfg(unix)]
#[test]
fn files_that_one_may_not_read() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let file = folder.path().join("secret.wasm");
    fs::write(&file, "(module)").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&file).is_ok() {
        return; // The superuser reads everything.
    }
    let stderr = run([text(&file)]).fails_with(1);
    assert_eq!(
        stderr,
        format!("error: cannot read {}: permission denied\n", text(&file))
    );
}

#[test]
fn files_that_are_no_modules() {
    assert_eq!(message(b""), "error: FILE is empty");
    let component = message(b"\0asm\x0d\0\x01\0");
    assert_eq!(
        component,
        "error: FILE is a component; trapline runs modules only"
    );
    let elf = message(b"\x7fELF\x02\x01\x01\0\0\0\0\xff");
    assert_eq!(
        elf,
        "error: FILE is no WebAssembly module, neither binary nor text"
    );
    for bytes in [&b"(module (func $f"[..], b"hello\n", b"\0asm"] {
        let message = message(bytes);
        assert!(
            message.starts_with("error: cannot compile FILE: "),
            "{message}"
        );
    }
}

#[test]
fn a_module_cut_short_anywhere_is_an_error() {
    let wasm = fs::read(common::top().join(guest("hello"))).unwrap();
    // Cut anywhere but between two sections.
    for length in [4, 9, 20, 100, 300, 1000] {
        let stderr = run(["-"]).input(&wasm[..length]).ended();
        assert_eq!(stderr.code, Some(1), "{length} bytes: {}", stderr.stderr);
        let expected = "error: cannot compile standard input: ";
        assert!(stderr.stderr.starts_with(expected), "{}", stderr.stderr);
    }
}

#[test]
fn text_with_a_mistake_is_shown_with_its_place() {
    let folder = folder();
    let file = folder.path().join("mistake.wat");
    fs::write(&file, "(module\n  (func (result i32)\n    i32.cnst 1))\n").unwrap();
    let stderr = run([text(&file)]).fails_with(1);
    assert!(stderr.contains("i32.cnst 1"), "{stderr}");
    assert!(stderr.contains(":3:5"), "{stderr}");
    assert!(!stderr.contains("<anon>"), "{stderr}");
}

#[test]
fn an_invalid_module_is_an_error_with_an_offset() {
    let wat = "(module (func (result i32) (i64.const 1)))";
    let stderr = run(["-"]).input(wat).fails_with(1);
    assert!(
        stderr.starts_with("error: cannot compile standard input: invalid module: "),
        "{stderr}"
    );
    assert!(stderr.contains("at offset 0x"), "{stderr}");
}

#[test]
fn a_proposal_that_is_not_supported_is_named() {
    let wat = "(module (type (struct (field i32))))";
    let stderr = run(["-"]).input(wat).fails_with(1);
    assert!(stderr.contains("proposal is not supported"), "{stderr}");
}

#[test]
fn all_missing_imports_are_listed() {
    let wat = r#"(module
        (import "env" "log" (func (param i32 i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
        (import "env" "memory" (memory 1 2))
        (import "wasi_snapshot_preview1" "no_such_call" (func (result i64)))
        (func (export "_start")))"#;
    let stderr = run(["-"]).input(wat).fails_with(1);
    let lines: Vec<_> = stderr.lines().collect();
    assert_eq!(
        lines[0],
        "error: standard input has 3 imports that trapline does not provide:"
    );
    assert!(lines[1].starts_with("    env.log: "), "{stderr}");
    assert!(lines[2].starts_with("    env.memory: "), "{stderr}");
    assert!(
        lines[3].starts_with("    wasi_snapshot_preview1.no_such_call: "),
        "{stderr}"
    );
    assert_eq!(lines.len(), 4);
}

#[test]
fn an_import_of_another_type_is_an_error() {
    let wat = r#"(module
        (import "wasi_snapshot_preview1" "fd_write" (func (param i64)))
        (func (export "_start")))"#;
    let stderr = run(["-"]).input(wat).fails_with(1);
    assert!(stderr.contains("fd_write"), "{stderr}");
    assert!(!stderr.contains('{'), "it is for people: {stderr}");
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let stderr = run(["--dir", "no/such", &guest("hello")]).fails_with(1);
    assert_eq!(
        stderr,
        "error: cannot open the folder no/such: no such file or directory\n"
    );
}

#[test]
fn a_file_without_end_is_given_up() {
    if cfg!(target_os = "linux") {
        let stderr = run(["/dev/zero"]).fails_with(1);
        assert_eq!(
            stderr,
            "error: cannot read /dev/zero: larger than any module can be\n"
        );
    }
}

#[test]
fn memory_beyond_what_there_is_is_an_error_of_the_guest() {
    // Within the limits of the language, beyond those of any machine.
    let wat = r#"(module (memory i64 0x1000000000) (func (export "_start")))"#;
    let ended = run(["-"]).input(wat).ended();
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.starts_with("error: "), "{}", ended.stderr);
}

#[test]
fn a_wrong_command_line_has_an_exit_code_of_its_own() {
    for arguments in [
        &["run"][..],
        &["walk"],
        &["run", "--no-such-flag", "x"],
        &[],
    ] {
        let ended = trapline(arguments).ends_with(2);
        assert!(ended.stderr.contains("Usage: trapline"), "{}", ended.stderr);
    }
}

#[test]
fn help_version_and_completions_are_printed() {
    assert!(trapline(["--version"]).prints().starts_with("trapline "));
    assert!(trapline(["run", "--help"]).prints().contains("Exit codes:"));
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(
            trapline(["completions", shell])
                .prints()
                .contains("trapline"),
            "{shell}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_nobody_reads_is_no_crash() {
    use std::process::{Command, Stdio};
    // A pipe whose other end is closed already.
    let closed = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        Stdio::from(writer)
    };
    let mut completions = Command::new(env!("CARGO_BIN_EXE_trapline"));
    let status = completions
        .args(["completions", "bash"])
        .stdout(closed())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(0));
    let mut hello = Command::new(env!("CARGO_BIN_EXE_trapline"));
    hello
        .args(["run", "--no-cache", &guest("hello")])
        .current_dir(common::top());
    let status = hello.stdout(closed()).status().unwrap();
    assert!(
        status.code().is_some(),
        "the guest is told and decides: {status}"
    );
    let mut missing = Command::new(env!("CARGO_BIN_EXE_trapline"));
    let status = missing
        .args(["run", "no such file"])
        .stderr(closed())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(1));
}

#[test]
fn standard_input_is_named_in_errors() {
    let stderr = run([text(Path::new("-"))])
        .input(b"".as_slice())
        .fails_with(1);
    assert_eq!(stderr, "error: standard input is empty\n");
}
