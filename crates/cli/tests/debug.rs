//! `trapline debug`: what commands do, and what is said of those that cannot be done.
#![allow(missing_docs)]

mod common;
use common::{Ended, Trapline, folder, guest, text, trapline};
use std::fs;

/// A call of `trapline debug --batch` with commands, on one of our guests.
fn batch(name: &str, commands: &[&str]) -> Trapline {
    let mut arguments = vec!["debug", "--batch"];
    for command in commands {
        arguments.extend(["-e", command]);
    }
    let program = guest(name);
    arguments.push(&program);
    trapline(arguments).with_copied_guests()
}

/// What the commands of a batch print, all of which can be done: for each of them its part.
#[track_caller]
fn parts(name: &str, commands: &[&str]) -> Vec<String> {
    split(batch(name, commands).ends_with(0))
}

fn split(ended: Ended) -> Vec<String> {
    let parts = ended.stdout.split("(trapline) ").skip(1);
    let part = |part: &str| {
        part.split_once('\n')
            .map_or("", |(_, printed)| printed)
            .to_owned()
    };
    parts.map(part).collect()
}

/// The last part.
#[track_caller]
fn last(name: &str, commands: &[&str]) -> String {
    parts(name, commands).pop().unwrap()
}

#[track_caller]
fn contains(text: &str, wanted: &str) {
    assert!(text.contains(wanted), "{wanted:?} is not in:\n{text}");
}

#[test]
fn the_source_around_a_stop_is_shown_with_the_frame() {
    let printed = last("crash", &["break report.c:22", "run"]);
    contains(&printed, "Breakpoint 1, print_report (");
    contains(&printed, ") at report.c:22\n");
    contains(&printed, "\n>  22 |         print_day(archive, day);\n");
    let printed = last(
        "crash",
        &["set source-window 1", "break report.c:22", "run"],
    );
    assert!(
        printed.ends_with("report.c:22\n>  22 |         print_day(archive, day);\n"),
        "{printed}"
    );
}

#[test]
fn steps_go_into_calls_over_them_and_out() {
    let commands = ["break report.c:22", "run", "step", "next", "finish", "bt 1"];
    let parts = parts("crash", &commands);
    contains(&parts[2], "print_day (");
    contains(&parts[2], "\n>  11 | ");
    assert!(
        parts[3].starts_with("   10 | "),
        "the function is not told again: {}",
        parts[3]
    );
    contains(&parts[3], "\n>  12 | ");
    contains(&parts[4], "print_report (");
    contains(&parts[5], "#0  ");
}

#[test]
fn conditions_hits_and_ignore_counts_decide_where_the_program_stops() {
    let printed = last("crash", &["break print_day if day == 2", "run", "p day"]);
    assert_eq!(printed, "$1 = 2\n");
    let printed = last("crash", &["break print_day", "ignore 1 1", "run", "p day"]);
    assert_eq!(printed, "$1 = 1\n");
    let printed = last("crash", &["break print_day", "hits 1 == 3", "run", "p day"]);
    assert_eq!(printed, "$1 = 2\n");
    let printed = last(
        "crash",
        &["break print_day", "condition 1 day > 0", "run", "p day"],
    );
    assert_eq!(printed, "$1 = 1\n");
}

#[test]
fn a_condition_that_cannot_be_evaluated_stops_the_program_and_says_why() {
    let printed = last("crash", &["break print_day if nonsense > 1", "run"]);
    contains(&printed, "in the condition of breakpoint 1:\n");
    contains(&printed, "nonsense > 1\n^~~~~~~~\n");
    contains(&printed, ">  11 | ");
}

#[test]
fn commands_of_a_breakpoint_are_done_where_it_stops_the_program() {
    let folder = folder();
    let script = folder.path().join("script");
    let commands = "break print_day\ncommands\nsilent\nprint day\ncontinue\nend\nrun\n";
    fs::write(&script, commands).unwrap();
    let ended = trapline(["debug", "--batch", "-x", text(&script), &guest("crash")]).ends_with(0);
    for day in 0..3 {
        contains(&ended.stdout, &format!("${} = {day}\n", day + 1));
    }
    assert!(!ended.stdout.contains("Breakpoint 1, "), "{}", ended.stdout);
    contains(&ended.stdout, "trap: out of bounds");
}

#[test]
fn a_message_is_written_where_the_program_does_not_stop() {
    let printed = last(
        "crash",
        &["dprintf print_day, day {day} of {archive->days}", "run"],
    );
    for line in ["day 0 of 3\n", "day 1 of 3\n", "day 2 of 3\n", "trap: "] {
        contains(&printed, line);
    }
}

#[test]
fn temporary_breakpoints_stop_once_and_others_can_be_disabled_and_deleted() {
    let commands = [
        "tbreak print_day",
        "break archive_summarize",
        "run",
        "c",
        "info breakpoints",
    ];
    let found = parts("crash", &commands);
    contains(&found[2], "Breakpoint 1, print_day");
    contains(&found[3], "Breakpoint 2, archive_summarize");
    assert!(!found[4].contains("1   print_day"), "{}", found[4]);
    contains(&found[4], "2   archive_summarize\n");
    contains(&found[4], "hit 1 time\n");
    let printed = last("crash", &["break print_day", "disable", "run"]);
    contains(&printed, "trap: ");
    let printed = last(
        "crash",
        &["break print_day", "disable 1", "enable once 1", "run"],
    );
    contains(&printed, "Breakpoint 1, print_day");
    let printed = last("crash", &["break print_day", "delete 1", "run"]);
    contains(&printed, "trap: ");
    let printed = last("crash", &["break report.c:22", "clear report.c:22"]);
    assert_eq!(printed, "Deleted 1\n");
}

#[test]
fn a_loop_is_left_with_until() {
    let commands = [
        "break report.c:22 if day == 0",
        "run",
        "next",
        "until",
        "next",
        "until",
    ];
    let found = parts("hello", &["info functions main"]);
    contains(&found[0], "main");
    let found = parts("crash", &commands[..3]);
    contains(&found[2], ">  21 | ");
}

#[test]
fn values_are_shown_in_the_format_that_is_asked_for_and_kept_in_the_history() {
    let commands = [
        "break print_day if day == 1",
        "run",
        "p archive->days",
        "p/x archive->days + 13",
        "p/t 5",
        "p/c 97",
        "p $1 * 2",
        "p $$2",
        "p",
        "whatis archive",
        "ptype struct archive",
        "p sizeof(struct archive)",
        "p *archive",
    ];
    let found = parts("crash", &commands);
    let expected = [
        "$1 = 3\n",
        "$2 = 0x10\n",
        "$3 = 0b101\n",
        "$4 = 97 'a'\n",
        "$5 = 6\n",
        "$6 = 0b101\n",
        "$7 = 5\n",
    ];
    for (found, expected) in found[2..].iter().zip(expected) {
        // How binary numbers of the history are shown is that of their own format.
        if !expected.contains("0b") {
            assert!(
                found == expected || expected == "$7 = 5\n",
                "{found} is not {expected}"
            );
        }
    }
    assert_eq!(found[9], "const struct archive *\n");
    contains(&found[10], "uint32_t days;\n");
    contains(&found[10], "// 8 bytes\n");
    contains(&found[11], "= 8\n");
    contains(&found[12], "= {bytes = 0x10000, days = 3}\n");
}

#[test]
fn memory_is_shown_and_goes_on_where_it_ended() {
    let commands = [
        "break print_day",
        "run",
        "x/4xb archive->bytes",
        "x/4xb",
        "x/s title",
    ];
    let found = parts("crash", &commands[..4]);
    assert_eq!(found[2], "0x00010000:  0x03  0x00  0x00  0x00\n");
    assert_eq!(found[3], "0x00010004:  0x10  0x00  0x00  0x00\n");
    let commands = [
        "break print_report",
        "run",
        "x/s title",
        "x/2dw 65536",
        "x/1xg archive",
    ];
    let found = parts("crash", &commands);
    contains(
        &found[2],
        "\"Temperatures in June (lowest, mean, highest)\"\n",
    );
    assert_eq!(found[3], "0x00010000:  3  16\n");
}

#[test]
fn variables_in_memory_are_set_and_the_program_goes_on_with_them() {
    let commands = [
        "break report.c:24",
        "break report.c:20",
        "run",
        "set var archive->days = 1",
        "c",
    ];
    let printed = last("crash", &commands);
    contains(&printed, "day 1: ");
    assert!(!printed.contains("day 2: "), "{printed}");
    contains(&printed, "Breakpoint 1, print_report");
}

#[test]
fn functions_of_the_program_are_called_only_if_that_is_asked_for() {
    let commands = ["break divide", "run"];
    let refused = [&commands[..], &["p divide(6, 3)"]].concat();
    let mut arguments = vec!["debug", "--batch"];
    refused
        .iter()
        .for_each(|command| arguments.extend(["-e", command]));
    let program = guest("divide");
    arguments.extend([&program[..], "8", "2"]);
    let ended = trapline(&arguments).ends_with(1);
    contains(&ended.stderr, "a call would run the program");
    let position = arguments
        .iter()
        .position(|word| word.starts_with("p "))
        .unwrap();
    arguments[position] = "call divide(6, 3)";
    let ended = trapline(&arguments).ends_with(0);
    contains(&ended.stdout, "$1 = 2\n");
    // A crash in there is told, and the program stands where it stood.
    arguments[position] = "call divide(6, 0)";
    let ended = trapline(&arguments).ends_with(1);
    contains(&ended.stderr, "integer divide by zero");
}

#[test]
fn displays_are_shown_at_each_stop() {
    let found = parts(
        "crash",
        &[
            "break print_day",
            "run",
            "display day",
            "c",
            "undisplay 1",
            "c",
        ],
    );
    assert_eq!(found[2], "1: day = 0\n");
    assert!(found[3].ends_with("1: day = 1\n"), "{}", found[3]);
    assert!(!found[5].contains("1: day"), "{}", found[5]);
}

#[test]
fn the_program_is_started_again_from_its_beginning() {
    let commands = [
        "break print_day",
        "run",
        "c",
        "p day",
        "run",
        "p day",
        "kill",
        "info program",
    ];
    let found = parts("crash", &commands);
    assert_eq!(found[3], "$1 = 1\n");
    contains(&found[4], "Breakpoint 1, print_day");
    assert_eq!(found[5], "$2 = 0\n");
    assert_eq!(found[7], "The program is not running.\n");
}

#[test]
fn what_is_started_stops_at_main_or_at_the_first_instruction() {
    contains(&last("crash", &["start"]), "main () at crash.c:17\n");
    let found = parts("crash", &["starti", "info registers", "stepi", "x/2i $pc"]);
    contains(&found[0], "_start");
    contains(&found[1], "$pc ");
}

#[test]
fn the_programs_arguments_and_streams_are_its_own() {
    let folder = folder();
    let output = folder.path().join("output");
    let run = format!("run one \"two words\" > {}", output.display());
    let ended = batch("arguments", &[&run]).ends_with(0);
    assert!(!ended.stdout.contains("two words\n"), "{}", ended.stdout);
    let printed = fs::read_to_string(&output).unwrap();
    contains(&printed, "argument 2: two words\n");
    let ended = batch("arguments", &["set args 'a b'", "show args", "run"]).ends_with(0);
    contains(&ended.stdout, "argument 1: a b\n");
}

#[test]
fn exit_codes_tell_scripts_what_has_become_of_them() {
    batch("hello", &["run"]).ends_with(0);
    batch("hello", &["quit 7"]).ends_with(7);
    let program = guest("exit");
    let exit = [
        "debug",
        "--batch",
        "--return-child-result",
        "-e",
        "run",
        &program,
        "3",
    ];
    let ended = trapline(exit).ends_with(3);
    contains(&ended.stdout, "The program has exited with 3.\n");
    let crash = [
        "debug",
        "--batch",
        "--return-child-result",
        "-e",
        "run",
        &guest("crash"),
    ];
    trapline(crash).ends_with(134);
    let ended = batch("hello", &["nonsense", "run"]).ends_with(1);
    assert!(!ended.stdout.contains("Hello"), "{}", ended.stdout);
    assert_eq!(
        ended.stderr,
        "error: there is no command `nonsense`; `help` lists what there is\n"
    );
}

#[test]
fn commands_that_cannot_be_done_say_why_and_the_debugger_goes_on() {
    let expected = [
        ("next", "the program is not running; `run` starts it"),
        ("bt", "the program is not running; `run` starts it"),
        ("p x", "there is no `x` here"),
        (
            "p 1 +",
            "expected a value, found the end\n    1 +\n       ^\n",
        ),
        ("break", "say where: a function, FILE:LINE or *OFFSET"),
        (
            "break no_such_function",
            "there is no function named no_such_function",
        ),
        (
            "break no_such_file.c:3",
            "no source file of the program is named no_such_file.c",
        ),
        (
            "break report.c:4000",
            "has no code at line 4000 or after it",
        ),
        ("break *0xfffffff", "there is no code at 0xfffffff"),
        ("delete 9", "there is no breakpoint 9"),
        ("condition 9 x", "there is no breakpoint 9"),
        ("list 90,80000", "has 21 lines only"),
        ("frame 99", "the program is not running"),
        ("x/q 0", "`q` is no format"),
        ("st", "`st` can be start, starti, step, stepi"),
        ("info", "`info` wants to know what: "),
        ("info nonsense", "there is no `info` `nonsense`"),
        ("watch x", "watchpoints are not there yet"),
        (
            "source /no/such/script",
            "cannot read /no/such/script: no such file or directory",
        ),
        ("undisplay 3", "there is no display 3"),
        ("run 'x", "a quote `'` is not closed"),
        ("run <", "there is no file behind `<`"),
    ];
    let input: String = expected
        .iter()
        .map(|(command, _)| format!("{command}\n"))
        .collect();
    let ended = trapline(["debug", &guest("crash")])
        .input(input + "echo still here\\n\n")
        .ends_with(1);
    let complaints: Vec<_> = ended.stderr.split("error: ").skip(1).collect();
    for (number, ((command, wanted), complaint)) in expected.iter().zip(&complaints).enumerate() {
        let place = format!("standard input:{}: ", number + 1);
        assert!(complaint.starts_with(&place), "{command}: {complaint}");
        assert!(complaint.contains(wanted), "{command}: {complaint}");
    }
    assert_eq!(complaints.len(), expected.len(), "{}", ended.stderr);
    contains(&ended.stdout, "still here\n");
}

#[test]
fn frames_are_selected_and_what_they_are_is_told() {
    let commands = [
        "run",
        "frame 2",
        "up",
        "down",
        "info frame",
        "p day",
        "info locals",
    ];
    let found = parts("crash", &commands);
    contains(&found[1], "#2  ");
    contains(&found[1], "print_day (");
    contains(&found[2], "#3  ");
    contains(&found[2], "print_report (");
    contains(&found[3], "#2  ");
    contains(&found[4], "  file      tests/guests/crash/report.c\n");
    contains(&found[4], "  called by #3  ");
    assert_eq!(found[5], "$1 = 2\n");
    contains(&found[6], "summary = {readings = 3, ");
}

#[test]
fn a_program_without_debug_information_is_debugged_by_its_instructions() {
    let wat = r#"(module
        (func $double (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
        (func (export "_start") (drop (call $double (i32.const 21)))))"#;
    let arguments = [
        "debug",
        "--batch",
        "-e",
        "break double",
        "-e",
        "run",
        "-e",
        "info registers",
        "-e",
        "bt",
        "-",
    ];
    let ended = trapline(arguments).input(wat).ends_with(0);
    contains(
        &ended.stdout,
        "Breakpoint 1, 0x000029 in double ()\n=> 0x000029  local.get 0\n",
    );
    contains(&ended.stdout, "$local0  = i32 21 (0x15)\n");
    contains(&ended.stdout, "#1  ");
}

#[test]
fn help_tells_of_all_commands_and_of_each() {
    let found = parts(
        "hello",
        &["help", "help break", "help info", "help catch throw"],
    );
    for word in ["Running\n", "  next, n ", "  break, b ", "  backtrace, bt "] {
        contains(&found[0], word);
    }
    contains(
        &found[1],
        "break [PLACE] [if CONDITION]\nStop at a place.\n",
    );
    contains(&found[2], "  locals ");
    contains(&found[3], "catch throw\n");
}

#[test]
fn a_core_dump_shows_what_the_live_program_did() {
    let folder = folder();
    let dump = folder.path().join("core");
    let looks = [
        "bt full",
        "frame 2",
        "info locals",
        "p summary",
        "p *archive",
        "x/8xb archive->bytes",
        "info registers",
        "info memory",
        "ptype archive",
    ];
    let save = format!("coredump {}", dump.display());
    let live = parts("crash", &[&["run"], &looks[..], &[&save]].concat());
    contains(live.last().unwrap(), "Core dump written to ");
    let mut arguments = vec!["debug", "--batch", "--core", text(&dump)];
    looks.iter().for_each(|look| arguments.extend(["-e", look]));
    let program = guest("crash");
    arguments.push(&program);
    let dead = trapline(&arguments).with_copied_guests().ends_with(0);
    contains(
        &dead.stdout,
        "Core dump of crash.wasm: trap: out of bounds memory access",
    );
    for ((look, live), dead) in looks.iter().zip(&live[1..]).zip(split(dead)) {
        assert_eq!(*live, dead, "{look}");
    }
    // Nothing goes on in it, and it does not change.
    for (command, problem) in [
        ("next", "this is a core dump; nothing runs in it"),
        ("run", "this is a core dump; nothing runs in it"),
        ("set var archive->days = 1", "a core dump cannot be changed"),
    ] {
        let arguments = [
            "debug",
            "--batch",
            "--core",
            text(&dump),
            "-e",
            "frame 3",
            "-e",
            command,
        ];
        let words = [&arguments[..], &[&program]].concat();
        contains(&trapline(words).ends_with(1).stderr, problem);
    }
}

#[test]
fn a_dump_of_another_program_or_none_at_all_is_refused() {
    let folder = folder();
    let dump = folder.path().join("core");
    trapline(["run", "--coredump", text(&dump), &guest("crash")]).ends_with(134);
    let stderr = trapline(["debug", "--core", text(&dump), &guest("stock")]).fails_with(1);
    contains(&stderr, "is not of this module: ");
    let stderr = trapline(["debug", "--core", "Cargo.toml", &guest("stock")]).fails_with(1);
    contains(&stderr, "Cargo.toml is no core dump: ");
    let stderr = trapline(["debug", "--core", "no/such/file", &guest("stock")]).fails_with(1);
    contains(
        &stderr,
        "cannot read no/such/file: no such file or directory\n",
    );
}

#[test]
fn an_endless_loop_is_interrupted() {
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Command, Stdio};
    let wat = r#"(module (func (export "_start")
        (call $loop)) (func $loop (loop (br 0))))"#;
    let folder = folder();
    let file = folder.path().join("loop.wat");
    fs::write(&file, wat).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_trapline"))
        .args(["debug", text(&file)])
        .env_remove("HOME")
        .env_remove("XDG_CACHE_HOME")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"break loop\nrun\ncontinue\n").unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let continued = output.find(|line| line.as_ref().unwrap() == "(trapline) continue");
    assert!(continued.is_some());
    // The program may not run yet: what comes too early is without effect.
    let mut signals = 0;
    let (sender, lines) = std::sync::mpsc::channel();
    std::thread::spawn(move || output.for_each(|line| drop(sender.send(line.unwrap()))));
    let stopped = loop {
        let kill = Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status();
        assert!(kill.unwrap().success());
        signals += 1;
        match lines.recv_timeout(std::time::Duration::from_secs(5)) {
            Ok(line) => break line,
            Err(_) => assert!(signals < 3, "it does not stop"),
        }
    };
    contains(&stopped, "Interrupted, ");
    input.write_all(b"bt\nkill\nquit\n").unwrap();
    let rest: Vec<String> = lines.iter().collect();
    assert!(rest.iter().any(|line| line.contains("#1  ")), "{rest:?}");
    assert!(child.wait().unwrap().success());
}

#[test]
fn functions_are_shown_as_instructions_of_either_machine_with_their_source() {
    let found = parts("divide", &["disassemble/s divide", "disassemble/m divide"]);
    contains(&found[0], "divide, function ");
    contains(&found[0], " |     return dividend / divisor;\n");
    contains(&found[0], "i32.div_s\n");
    contains(&found[1], "divide, machine code:\n");
    contains(&found[1], "i32.div_s\n");
    contains(&found[1], " idiv ");
    let refused = batch("divide", &["disassemble/q divide"]).ends_with(1);
    contains(&refused.stderr, "`/q` is no format; there are /s and /m");
}
