//! `trapline gdb`, and what LLDB starts.
#![allow(missing_docs)]

mod common;
use common::{guest, top, trapline};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

fn spawn(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_trapline"))
        .args(arguments)
        .current_dir(top())
        .env_remove("XDG_CACHE_HOME")
        .env_remove("HOME")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Says something, and listens to the end.
fn talk(address: &str, packets: &[u8]) -> String {
    let mut stream = loop {
        match TcpStream::connect(address) {
            Ok(stream) => break stream,
            // It is still starting.
            Err(_) => std::thread::yield_now(),
        }
    };
    stream.write_all(packets).unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).unwrap();
    answers
}

#[test]
fn a_client_connects_where_it_is_told_to() {
    let exit = guest("exit");
    let mut child = spawn(&["gdb", "--no-cache", "--listen", "0", &exit, "7"]);
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("Listening at ").unwrap();
    assert_eq!(talk(address, b"$c#63"), "+$W07#be");
    assert_eq!(child.wait().unwrap().code(), Some(7));
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "leaving with 7\n");
}

#[test]
fn a_program_is_started_as_lldb_does() {
    // As LLDB finds a port that is free.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
    let address = address.unwrap().to_string();
    let hello = guest("hello");
    let child = spawn(&[
        &format!("--gdb={address}"),
        "run",
        "--debug",
        "--no-cache",
        &hello,
    ]);
    assert_eq!(talk(&address, b"$D#44"), "+$OK#9a");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(!output.stdout.is_empty());
    // One that nobody lets go ends with its client.
    let child = spawn(&[
        &format!("--gdb={address}"),
        "run",
        "--debug",
        "--no-cache",
        &hello,
    ]);
    assert_eq!(talk(&address, b"$k#6b"), "+");
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), &output.stdout[..]),
        (Some(0), &b""[..])
    );
}

#[test]
fn a_crash_is_told_to_those_who_have_let_go() {
    let mut child = spawn(&["gdb", "--no-cache", "--listen", "0", &guest("crash")]);
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    talk(line.trim().strip_prefix("Listening at ").unwrap(), b"$D#44");
    assert_eq!(child.wait().unwrap().code(), Some(134));
    let mut report = String::new();
    stderr.read_to_string(&mut report).unwrap();
    assert!(
        report.starts_with("trap: out of bounds memory access"),
        "{report}"
    );
    assert!(report.contains("4: main"), "{report}");
}

#[test]
fn what_cannot_be_listened_to_is_told() {
    let hello = guest("hello");
    let cases = [
        ("0.0.0.0:0", "0.0.0.0:0 can be reached from other machines"),
        ("nowhere", "nowhere is no address to listen at"),
        ("unix:/", "cannot listen at unix:/"),
    ];
    for (address, expected) in cases {
        let arguments = ["gdb", "--no-cache", "--listen", address, &hello];
        let error = trapline(arguments).fails_with(1);
        assert!(error.contains(expected), "{error}");
    }
    let halves: [&[&str]; 2] = [&["run", "--debug", &hello], &["--gdb=0", "run", &hello]];
    for arguments in halves {
        let error = trapline(arguments).fails_with(1);
        assert!(error.contains("go together"), "{error}");
    }
}
