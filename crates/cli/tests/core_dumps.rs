//! `--coredump`: when a file is written, what is in it, and what is said of it.
#![allow(missing_docs)]

mod common;
use common::{Ended, folder, guest, run, text, top, trapline};
use std::fs;
use std::path::Path;
use trapline_coredump::{CoreDump, Fit, Value};

fn read(file: &Path) -> CoreDump<'static> {
    CoreDump::read(fs::read(file).unwrap().into()).unwrap()
}

/// Runs a program, binary or text, that is to leave a core dump.
#[track_caller]
fn dumped(program: &[u8], code: i32) -> (CoreDump<'static>, Ended) {
    let folder = folder();
    let file = folder.path().join("core");
    let ended = run(["--coredump", text(&file), "-"]).input(program);
    let ended = ended.ends_with(code);
    let written = format!("core dump written to {}, ", file.display());
    assert!(ended.stderr.contains(&written), "{}", ended.stderr);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    (read(&file), ended)
}

fn locals(dump: &CoreDump<'_>, frame: usize) -> Vec<Value> {
    dump.threads[0].frames[frame].locals.clone()
}

#[test]
fn a_crash_leaves_a_dump_and_the_same_report() {
    let folder = folder();
    let file = folder.path().join("crash.core");
    let program = guest("crash");
    let without = run([&program]).ends_with(134);
    let ended = run(["--coredump", text(&file), &program]).ends_with(134);
    assert_eq!(ended.stdout, without.stdout);
    let size = fs::metadata(&file).unwrap().len().div_ceil(1000);
    let said = format!("core dump written to {}, {size} kB\n", file.display());
    assert_eq!(ended.stderr, without.stderr + &said);

    let dump = read(&file);
    assert_eq!(dump.executable, "crash.wasm");
    let reason = dump.reason.as_deref().unwrap();
    let expected = "trap: out of bounds memory access at address 0x22010000 (memory 0 is 131072";
    assert!(reason.starts_with(expected), "{reason}");
    let wasm = fs::read(top().join(&program)).unwrap();
    assert_eq!(dump.modules[0].check(&wasm), Ok(Fit::Same));
    let identity = dump.modules[0].identity.as_ref().unwrap();
    assert_eq!(identity.path.as_deref(), top().join(&program).to_str());
    // Frames that are inlined in the report are none here.
    let frames = &dump.threads[0].frames;
    assert_eq!(frames.len(), 6);
    assert!(frames.iter().all(|frame| !frame.unknown_values));
    assert!(frames.iter().all(|frame| frame.code_offset.is_some()));
    assert!(frames.iter().any(|frame| !frame.operands.is_empty()));
}

#[test]
fn locals_and_operands_are_those_of_the_crash() {
    let wat = br#"(module (memory 1) (global $g (mut i32) (i32.const 5))
        (func $inner (param i64) (local f32)
            (local.set 1 (f32.const 1.5))
            (global.set $g (i32.const 6))
            (i32.store8 (i32.const 9) (i32.const 7))
            (drop (i32.add (i32.const 40) (i32.div_s (i32.const 2) (i32.const 0)))))
        (func (export "_start") (local i32)
            (local.set 0 (i32.const 3))
            (call $inner (i64.const -1))))"#;
    let (dump, _) = dumped(wat, 134);
    assert_eq!(dump.executable, "<stdin>");
    assert_eq!(locals(&dump, 0), [Value::I64(-1), Value::F32(0x3fc0_0000)]);
    assert_eq!(locals(&dump, 1), [Value::I32(3)]);
    let operands = &dump.threads[0].frames[0].operands;
    assert_eq!(operands[..], [40, 2, 0].map(Value::I32));
    assert_eq!(dump.globals[0].value, Value::I32(6));
    let mut bytes = [0; 2];
    dump.memories[0].read(8, &mut bytes).unwrap();
    assert_eq!(bytes, [0, 7]);
    assert_eq!(dump.modules[0].identity.as_ref().unwrap().path, None);
}

#[test]
fn an_uncaught_exception_leaves_a_dump_of_where_it_was_thrown() {
    let wat = br#"(module (tag $fatal (param i32))
        (func $throw (param i32) (throw $fatal (local.get 0)))
        (func (export "_start")
            (block $caught (try_table (catch_all $caught) (call $throw (i32.const 1))))
            (call $throw (i32.const 2))))"#;
    let (dump, ended) = dumped(wat, 134);
    assert!(ended.stderr.starts_with("uncaught exception: fatal (2)\n"));
    assert_eq!(
        dump.reason.as_deref(),
        Some("uncaught exception: fatal (2)")
    );
    assert_eq!(
        locals(&dump, 0),
        [Value::I32(2)],
        "not the one that is caught"
    );
}

#[test]
fn a_failure_of_the_host_leaves_a_dump() {
    let wat = br#"(module
        (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
        (func (export "_start") (local i32)
            (local.set 0 (i32.const 9))
            (drop (call $random (i32.const 0) (i32.const 1)))))"#;
    let (dump, ended) = dumped(wat, 1);
    let reason = dump.reason.as_deref().unwrap();
    assert!(
        ended.stderr.starts_with(&format!("{reason}\n")),
        "{}",
        ended.stderr
    );
    assert_eq!(locals(&dump, 0), [Value::I32(9)]);
}

#[test]
fn crashes_before_the_program_starts_leave_dumps() {
    let start =
        br#"(module (func $f (local i32) (local.set 0 (i32.const 4)) unreachable) (start $f))"#;
    let (dump, _) = dumped(start, 134);
    assert_eq!(locals(&dump, 0), [Value::I32(4)]);
    // Not even a function runs here.
    let data = br#"(module (memory 1) (data (i32.const 1) "x") (data (i32.const 70000) "x")
        (func (export "_start")))"#;
    let (dump, ended) = dumped(data, 134);
    assert!(
        ended
            .stderr
            .starts_with("trap: out of bounds memory access")
    );
    assert!(dump.threads.iter().all(|thread| thread.frames.is_empty()));
    let mut byte = [0];
    dump.memories[0].read(1, &mut byte).unwrap();
    assert_eq!(byte, *b"x");
}

#[test]
fn a_called_function_leaves_a_dump() {
    let folder = folder();
    let file = folder.path().join("core");
    let calculator = guest("calculator");
    let words = [
        "--coredump",
        text(&file),
        "--invoke",
        "remainder",
        &calculator,
    ];
    let called = trapline(["run"].iter().chain(&words).chain(&["7", "0"]));
    called.ends_with(134);
    let innermost = locals(&read(&file), 0);
    assert_eq!(innermost[..2], [7, 0].map(Value::I32));
}

#[test]
fn an_endless_recursion_leaves_a_dump_of_all_its_frames() {
    let wasm = fs::read(top().join(guest("recursion"))).unwrap();
    let (dump, ended) = dumped(&wasm, 134);
    assert!(ended.stderr.starts_with("trap: call stack exhausted\n"));
    assert!(dump.threads[0].frames.len() > 1000);
    assert!(!dump.threads[0].truncated);
}

#[test]
fn a_program_that_ends_by_itself_leaves_what_was_there() {
    let folder = folder();
    let file = folder.path().join("core");
    let option = ["--coredump", text(&file)];
    run([option[0], option[1], &guest("hello")]).prints();
    let exit = guest("exit");
    let exits = trapline(["run"].iter().chain(&option).chain(&[&exit[..], "7"]));
    exits.ends_with(7);
    let calculator = guest("calculator");
    let words = ["--invoke", "add", &calculator, "40", "2"];
    let added = trapline(["run"].iter().chain(&option).chain(&words)).prints();
    assert_eq!(added, "42\n");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    fs::write(&file, "old").unwrap();
    run([option[0], option[1], &guest("hello")]).prints();
    assert_eq!(fs::read(&file).unwrap(), b"old");
    run([option[0], option[1], &guest("crash")]).ends_with(134);
    assert_eq!(read(&file).executable, "crash.wasm");
}

#[test]
fn a_dump_that_could_not_be_written_is_told_before_the_program_runs() {
    let folder = folder();
    let hello = guest("hello");
    let stderr = run(["--coredump", "-", &hello]).fails_with(1);
    assert!(
        stderr.contains("standard output, which is the program's"),
        "{stderr}"
    );
    let stderr = run(["--coredump", "no/such/folder/core", &hello]).fails_with(1);
    assert_eq!(
        stderr,
        "error: cannot write no/such/folder/core: no such file or directory\n"
    );
    let stderr = run(["--coredump", text(folder.path()), &hello]).fails_with(1);
    assert!(stderr.ends_with(": is a directory\n"), "{stderr}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_dump_that_fails_to_be_written_changes_nothing_else() {
    let program = guest("crash");
    let without = run([&program]).ends_with(134);
    let ended = run(["--coredump", "/dev/full", &program]).ends_with(134);
    let said = "error: no core dump: cannot write /dev/full: no space left on device\n";
    assert_eq!(ended.stderr, without.stderr + said);
}

#[test]
fn a_compiled_module_leaves_a_dump_with_values() {
    let folder = folder();
    let compiled = folder.path().join("crash.cwasm");
    let file = folder.path().join("core");
    let program = guest("crash");
    trapline(["compile", &program, "-o", text(&compiled)]).prints();
    let words = ["run", "--allow-precompiled", "--coredump", text(&file)];
    trapline(words.iter().chain(&[text(&compiled)])).ends_with(134);
    let dump = read(&file);
    assert!(!dump.threads[0].frames[0].unknown_values);
    let wasm = fs::read(top().join(&program)).unwrap();
    assert_eq!(dump.modules[0].check(&wasm), Ok(Fit::Same));
    // And still only if that is allowed.
    let refused = run(["--coredump", text(&file), text(&compiled)]).fails_with(1);
    assert!(refused.contains("--allow-precompiled"), "{refused}");
}

#[test]
fn compiled_modules_with_and_without_observation_do_not_meet_in_the_cache() {
    let folder = folder();
    let cache = folder.path().join("cache");
    let file = folder.path().join("core");
    let program = guest("crash");
    for _ in 0..2 {
        run(["--observe=none", "--cache", text(&cache), &program]).ends_with(134);
        let words = ["run", "--cache", text(&cache), "--coredump", text(&file)];
        trapline(words.iter().chain(&[&program[..]])).ends_with(134);
        assert!(!read(&file).threads[0].frames[0].unknown_values);
    }
    assert_eq!(fs::read_dir(&cache).unwrap().count(), 2);
}
