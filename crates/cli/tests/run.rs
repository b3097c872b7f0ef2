//! Programs that end by themselves: their arguments, their output, their exit codes.
#![allow(missing_docs)]

mod common;
use common::{folder, guest, run, snapshot, text, trapline};
use std::fs;

#[test]
fn a_program_prints_and_ends_well() {
    assert_eq!(run([&guest("hello")]).prints(), "Hello from the guest.\n");
}

#[test]
fn a_program_gets_its_arguments_environment_and_input() {
    let printed = run([
        "--env",
        "A=1=2",
        "--env",
        "KNOWN",
        "--env",
        "UNKNOWN",
        &guest("arguments"),
        "--dir",
        "-x",
        "--",
        "é",
    ])
    .env("KNOWN", "from outside")
    .env("NOT_ASKED_FOR", "secret")
    .input("one\ntwo\n")
    .prints();
    let expected = "argument 0: arguments.wasm\nargument 1: --dir\nargument 2: -x\n\
                    argument 3: --\nargument 4: é\n\
                    variable: A=1=2\nvariable: KNOWN=from outside\n\
                    input: one\ninput: two\n";
    assert_eq!(printed, expected);
}

#[test]
fn argv0_can_be_chosen() {
    let printed = run(["--argv0", "other", &guest("arguments")]).prints();
    assert_eq!(printed, "argument 0: other\n");
}

#[test]
fn the_exit_code_is_the_programs() {
    for code in [0, 1, 2, 7, 134, 255] {
        let ended = run([&guest("exit"), &code.to_string()]).ends_with(code);
        assert_eq!(ended.stderr, format!("leaving with {code}\n"));
    }
}

#[test]
fn a_program_reaches_the_folders_it_is_given_and_no_others() {
    let folder = folder();
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).unwrap();
    fs::write(inner.join("a.txt"), "contents").unwrap();
    fs::write(folder.path().join("secret.txt"), "secret").unwrap();
    let files = guest("files");

    let mapped = format!("{}::/data", text(&inner));
    assert_eq!(
        run(["--dir", &mapped, &files, "cat", "/data/a.txt"]).prints(),
        "contents"
    );
    assert_eq!(
        run(["--dir", &mapped, &files, "write", "/data/b.txt", "new"]).prints(),
        ""
    );
    assert_eq!(fs::read_to_string(inner.join("b.txt")).unwrap(), "new");

    let same = text(&inner);
    let path = format!("{same}/a.txt");
    assert_eq!(
        run(["--dir", same, &files, "cat", &path]).prints(),
        "contents"
    );
    let here = run(["--dir", ".", &text_of(&files), "cat", "a.txt"])
        .in_folder(&inner)
        .prints();
    assert_eq!(here, "contents");

    run([&files, "cat", &path]).fails_with(1);
    let beyond = run(["--dir", &mapped, &files, "cat", "/data/../secret.txt"]).fails_with(1);
    assert!(
        beyond.starts_with("files: /data/../secret.txt: "),
        "{beyond}"
    );
}

/// The absolute path of something at the top of the repository.
fn text_of(path: &str) -> String {
    common::top().join(path).to_str().unwrap().to_string()
}

#[test]
fn a_program_may_use_much_memory() {
    assert_eq!(run([&guest("memory"), "300"]).prints(), "300 megabytes\n");
}

#[test]
fn text_is_run_from_a_file_and_from_standard_input() {
    let wat = r#"(module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (func (export "_start") (call $exit (i32.const 9))))"#;
    run(["-"]).input(wat).ends_with(9);
    let folder = folder();
    let file = folder.path().join("nine.wat");
    fs::write(&file, wat).unwrap();
    run([text(&file)]).ends_with(9);
}

#[test]
fn a_binary_is_run_from_standard_input() {
    let wasm = fs::read(common::top().join(guest("hello"))).unwrap();
    assert_eq!(run(["-"]).input(wasm).prints(), "Hello from the guest.\n");
}

#[test]
fn a_module_with_a_start_function_needs_nothing_else() {
    let wat = r#"(module (memory (export "memory") 1) (func $f) (start $f) (func (export "g")))"#;
    assert_eq!(run(["-"]).input(wat).prints(), "");
}

#[test]
fn functions_are_called_with_numbers_and_their_results_printed() {
    let library = guest("calculator");
    let invoke = |words: &[&str]| {
        trapline(
            ["run", "--invoke"]
                .iter()
                .chain(&words[..1])
                .chain([&&*library])
                .chain(&words[1..]),
        )
    };
    assert_eq!(invoke(&["add", "40", "2"]).prints(), "42\n");
    assert_eq!(invoke(&["add", "-1", "0x10"]).prints(), "15\n");
    assert_eq!(invoke(&["halve", "-3"]).prints(), "-1.5\n");
    assert_eq!(
        invoke(&["shift", "9000000000"]).prints(),
        "9000000100\n",
        "it is initialized first"
    );
    assert_eq!(invoke(&["greet"]).prints(), "hello from a library\n");

    let cases: [(&[&str], &str); 5] = [
        (
            &["add", "1"],
            "cannot call add: it takes 2 arguments, not 1",
        ),
        (
            &["add", "1", "2", "3"],
            "cannot call add: it takes 2 arguments, not 3",
        ),
        (&["add", "1", "two"], "cannot call add: `two` is no i32: "),
        (
            &["add", "1", "4294967296"],
            "cannot call add: 4294967296 does not fit an i32",
        ),
        (
            &["divide", "1"],
            "tests/guests/calculator/calculator.wasm exports no function named divide",
        ),
    ];
    for (words, message) in cases {
        let stderr = invoke(words).fails_with(1);
        assert!(stderr.starts_with(&format!("error: {message}")), "{stderr}");
    }
}

#[test]
fn several_results_and_references_are_printed() {
    let wat = r#"(module (func (export "f") (result i32 f32 externref i64)
        (i32.const -1) (f32.const 0.1) (ref.null extern) (i64.const 5)))"#;
    assert_eq!(
        run(["--invoke", "f", "-"]).input(wat).prints(),
        "-1\n0.1\n<null>\n5\n"
    );
}

#[test]
fn a_library_says_what_can_be_called() {
    let stderr = run([&guest("calculator")]).fails_with(1);
    let expected = "error: tests/guests/calculator/calculator.wasm has no `_start` to run; call one \
                    of its functions with --invoke: ";
    assert!(stderr.starts_with(expected), "{stderr}");
    assert!(stderr.contains("add"), "{stderr}");
}

#[test]
fn a_cpp_program_catches_what_it_throws() {
    let printed = run([&guest("exceptions")]).prints();
    snapshot("exceptions.txt", &printed);
}

#[test]
fn a_c_program_jumps_out_of_its_frames() {
    let printed = run([&guest("longjmp")]).prints();
    snapshot("longjmp.txt", &printed);
}
