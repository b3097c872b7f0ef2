//! The examples of `docs/cli.md` and `docs/debugging.md` and the demonstration in `README.md` do what they
//! say.
//!
//! Each `console` block is a session of a shell: lines that begin with `$ ` are commands, the
//! lines after one are all that it prints. Sessions begin in an empty folder that has the
//! repository's `tests`. With `TRAPLINE_BLESS=1` in the environment they are recorded anew.
#![allow(missing_docs)]
#![cfg(unix)]

mod common;
use std::path::Path;
use std::process::Command;

/// A command and what it is said to print.
type Step = (String, String);

fn sessions(markdown: &str) -> Vec<Vec<Step>> {
    let mut sessions = Vec::new();
    for block in markdown.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        let mut steps: Vec<Step> = Vec::new();
        for line in block.lines() {
            match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => steps.push((command.to_string(), String::new())),
                (None, Some((_, output))) => *output += &format!("{line}\n"),
                (None, None) => panic!("output before a command: {line}"),
            }
        }
        sessions.push(steps);
    }
    sessions
}

fn run(session: &[Step]) {
    for ((command, expected), actual) in session.iter().zip(record(session)) {
        assert!(
            actual == *expected,
            "$ {command}\n{actual}\n--- but the text says\n{expected}"
        );
    }
}

/// What the commands of a session print.
fn record(session: &[Step]) -> Vec<String> {
    let folder = common::copied_guests();
    let program = Path::new(env!("CARGO_BIN_EXE_trapline")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    // A mark after each command's output, and its status kept for the next.
    let script = session
        .iter()
        .map(|(command, _)| format!("{command}\nstatus=$?; printf '\\001'; (exit $status)\n"))
        .collect::<String>();
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1\n{script}")])
        .current_dir(folder.path())
        .env("PATH", path)
        .env("XDG_CACHE_HOME", folder.path().join("cache"))
        .env_remove("CLICOLOR_FORCE")
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    printed.split('\x01').map(str::to_owned).collect()
}

/// Checks the sessions of a file, or records them anew: those whose first command begins with `prefix`,
/// which stands for `trapline `.
fn check(file: &str, prefix: &str) -> usize {
    let file = common::top().join(file);
    let markdown = std::fs::read_to_string(&file).unwrap();
    let blesses = std::env::var_os("TRAPLINE_BLESS").is_some();
    let mut parts = markdown.split("```console\n");
    let mut recorded = parts.next().unwrap().to_owned();
    let mut count = 0;
    for (written, part) in sessions(&markdown).into_iter().zip(parts) {
        recorded += "```console\n";
        if !written[0].0.starts_with(prefix) {
            recorded += part;
            continue;
        }
        count += 1;
        let mut session = written.clone();
        if let Some(rest) = session[0]
            .0
            .strip_prefix(prefix)
            .filter(|_| !prefix.is_empty())
        {
            session[0].0 = format!("trapline {rest}");
        }
        if !blesses {
            run(&session);
            continue;
        }
        for ((command, _), printed) in written.iter().zip(record(&session)) {
            recorded += &format!("$ {command}\n{printed}");
        }
        let (_, behind) = part.split_once("```").unwrap();
        recorded += &format!("```{behind}");
    }
    if blesses {
        std::fs::write(file, recorded).unwrap();
    }
    count
}

#[test]
fn the_examples_of_the_manual_do_what_they_say() {
    assert!(check("docs/cli.md", "") > 5);
}

#[test]
fn the_debugging_sessions_are_what_the_program_prints() {
    assert!(check("docs/debugging.md", "") > 5);
}

#[test]
fn the_demonstration_of_the_readme_is_what_the_program_prints() {
    assert!(check("README.md", "cargo run -q -- ") > 0);
}
