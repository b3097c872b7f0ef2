//! The examples of `docs/cli.md` and the demonstration in `README.md` do what they say.
//!
//! Each `console` block is a session of a shell: lines that begin with `$ ` are commands, the
//! lines after one are all that it prints. Sessions begin in an empty folder that has the
//! repository's `tests`.
#![allow(missing_docs)]
#![cfg(unix)]

mod common;
use std::os::unix::fs::symlink;
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
    let folder = common::folder();
    symlink(common::top().join("tests"), folder.path().join("tests")).unwrap();
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
    for ((command, expected), actual) in session.iter().zip(printed.split('\x01')) {
        assert!(
            actual == expected,
            "$ {command}\n{actual}\n--- but the text says\n{expected}"
        );
    }
}

#[test]
fn the_examples_of_the_manual_do_what_they_say() {
    let markdown = std::fs::read_to_string(common::top().join("docs/cli.md")).unwrap();
    let sessions = sessions(&markdown);
    assert!(sessions.len() > 5);
    sessions.iter().for_each(|session| run(session));
}

#[test]
fn the_demonstration_of_the_readme_is_what_the_program_prints() {
    const FROM_SOURCE: &str = "cargo run -q -- ";
    let markdown = std::fs::read_to_string(common::top().join("README.md")).unwrap();
    let mut sessions = sessions(&markdown);
    sessions.retain(|session| session[0].0.starts_with(FROM_SOURCE));
    assert_eq!(sessions.len(), 1);
    let (command, _) = &mut sessions[0][0];
    *command = command.replace(FROM_SOURCE, "trapline ");
    run(&sessions[0]);
}
