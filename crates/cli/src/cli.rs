//! The command line: what can be said, and the help that teaches it.

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXIT_CODES: &str = "\
Exit codes:
  0      the program ended well
  N      the program exited with N (proc_exit)
  1      the program could not be loaded, compiled or linked, or trapline failed
  2      the command line is wrong
  134    the program trapped";

const EXAMPLES: &str = "\
Examples:
  trapline run program.wasm              run a program
  trapline run --dir . program.wasm a b  let it use this folder, give it two arguments
  trapline debug program.wasm            debug it
  trapline compile program.wasm          compile it ahead of time

`trapline help COMMAND` says more about a command.";

const RUN_EXAMPLES: &str = "\
Examples:
  Run a program, with arguments of its own:
      trapline run program.wasm --verbose input.txt

  Give it a folder, under another name, and two variables of the environment:
      trapline run --dir data::/input --env HOME --env MODE=fast program.wasm

  Call one function of a library, and print what it returns:
      trapline run --invoke add library.wasm 1 2

  Run what another program writes:
      generate | trapline run - argument

  Keep all that there was at a crash, to be looked at later:
      trapline run --coredump crash.core program.wasm

  Let an editor attach to it while it runs:
      trapline run --listen 127.0.0.1:4711 program.wasm";

const DEBUG_EXAMPLES: &str = "\
Examples:
  Debug a program, with an argument of its own:
      trapline debug program.wasm input.txt
      (trapline) break parse.c:42 if depth > 3
      (trapline) run

  Do the commands of a script, and leave; the exit code is 1 if one of them fails:
      trapline debug --batch -x script program.wasm

  Look at a core dump:
      trapline debug --core crash.core program.wasm

  See where a program crashes, with all variables:
      trapline debug --batch -e run -e 'backtrace full' program.wasm

Exit codes:
  0  the debugger was left, or all commands of a batch were done
  N  as said to `quit`, or with --return-child-result what the program returned
  1  a command of a script or batch failed, or the program could not be loaded
  2  the command line is wrong";

const GDB_EXAMPLES: &str = "\
Examples:
  Wait for LLDB at a port of this machine, and connect:
      trapline gdb --listen 1234 program.wasm input.txt
      (lldb) process connect --plugin wasm connect://127.0.0.1:1234

  Have LLDB start the program itself:
      (lldb) settings set platform.plugin.wasm.runtime-path trapline
      (lldb) settings set -- platform.plugin.wasm.port-arg --gdb=127.0.0.1:
      (lldb) settings set -- platform.plugin.wasm.runtime-args run --debug
      (lldb) platform select wasm
      (lldb) target create program.wasm
      (lldb) run";

/// Run WebAssembly, and learn in terms of its source where it went wrong.
#[derive(Debug, Parser)]
#[command(name = "trapline", version, styles = STYLES, max_term_width = 100)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
#[command(disable_help_subcommand = false, propagate_version = true)]
pub(crate) struct Arguments {
    /// Listen for a debugger at ADDRESS; so LLDB has programs run that it debugs
    #[arg(long, value_name = "ADDRESS", hide = true)]
    pub(crate) gdb: Option<String>,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a program, or call a function of a library
    Run(Run),
    /// Debug a program: stop it, look into it, go on step by step
    Debug(Debug),
    /// Let LLDB debug a program
    Gdb(Gdb),
    /// Serve an editor with the debug adapter protocol
    Dap(Dap),
    /// Compile a module ahead of time
    Compile(Compile),
    /// Print a script that completes trapline's command lines in a shell
    Completions(Completions),
}

/// Run a program, or call a function of a library.
///
/// The program is a WebAssembly module, binary or text, that may use WASI preview 1. It can reach
/// nothing but its standard streams, clocks, random numbers, and what the options grant it. If it
/// traps, a report on standard error says what happened, where in its source, and through which
/// calls; it needs a program built with debug information (`-g`).
#[derive(Debug, Args)]
#[command(override_usage = "trapline run [OPTIONS] <FILE> [ARGS]...")]
#[command(after_help = RUN_EXAMPLES, after_long_help = format!("{RUN_EXAMPLES}\n\n{EXIT_CODES}"))]
pub(crate) struct Run {
    /// Write a core dump to FILE if the program crashes: by a trap, by an exception that it does not
    /// catch, or by a failure of trapline under it
    ///
    /// It has all memories, globals and tables, and each call with its locals and operands, in the
    /// format of the WebAssembly tool conventions. For that the program is compiled to be observed,
    /// as with --observe=state. FILE is as large as what the program has in its memories. It is
    /// written only at a crash; one that is there already is replaced then.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) coredump: Option<PathBuf>,

    /// Whether the program can be looked into if it crashes
    ///
    /// Then the report tells the arguments and variables of each call. For that the program is compiled to be
    /// observed: it runs about a tenth slower, and takes a fifth longer to compile.
    #[arg(
        long,
        value_name = "LEVEL",
        default_value = "auto",
        hide_possible_values = false
    )]
    pub(crate) observe: Level,

    /// Let debuggers attach to the program at this address of this machine's own; port 0 is any that is free
    ///
    /// The program is compiled to be observed, and runs at full speed as long as nobody is attached. A client
    /// of the debug adapter protocol attaches with the token that is told on standard error.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<SocketAddr>,

    /// What those who attach must show, instead of a token that is made up
    #[arg(long, value_name = "TOKEN", requires = "listen")]
    pub(crate) token: Option<String>,

    /// Wait for the debugger that has asked for it with --gdb
    #[arg(long, hide = true)]
    pub(crate) debug: bool,

    #[command(flatten)]
    pub(crate) guest: GuestOptions,
}

/// What of a program can be seen when it crashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Level {
    /// All variables, if the module has debug information to tell them by
    Auto,
    /// Nothing but the calls
    None,
    /// All variables
    State,
}

/// Debug a program.
///
/// A debugger in the terminal, with the commands of gdb: `break`, `run`, `next`, `print`, `backtrace` ...;
/// `help` lists them. It speaks of the program's source, so the program should be built with debug
/// information (`-g`); whatever optimization it was built with, each variable that it still has is shown
/// exactly.
#[derive(Debug, Args)]
#[command(override_usage = "trapline debug [OPTIONS] <FILE> [ARGS]...")]
#[command(after_help = DEBUG_EXAMPLES)]
pub(crate) struct Debug {
    /// Do the commands of a script first
    #[arg(short = 'x', long = "command", value_name = "SCRIPT", value_hint = ValueHint::FilePath)]
    pub(crate) scripts: Vec<PathBuf>,

    /// Do a command first, after scripts
    #[arg(short = 'e', long = "ex", value_name = "COMMAND")]
    pub(crate) commands: Vec<String>,

    /// Leave when scripts and commands are done, or one of them has failed
    #[arg(long)]
    pub(crate) batch: bool,

    /// Return what the program has returned: its exit code, or 134 if it trapped
    #[arg(long)]
    pub(crate) return_child_result: bool,

    /// Look at a core dump that the program has left, instead of running it
    ///
    /// All commands serve that look at something. Dumps in the format of the WebAssembly tool conventions
    /// can be of other engines, too; those of `trapline run --coredump` have all values.
    #[arg(long, value_name = "DUMP", value_hint = ValueHint::FilePath)]
    #[arg(conflicts_with_all = ["stdin", "stdout", "stderr", "return_child_result"])]
    pub(crate) core: Option<PathBuf>,

    /// Let the program read its standard input from FILE; it shares the terminal otherwise, and has an
    /// empty one if commands are read from there
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) stdin: Option<PathBuf>,

    /// Write the program's standard output to FILE
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) stdout: Option<PathBuf>,

    /// Write the program's standard error to FILE
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) stderr: Option<PathBuf>,

    /// Look for source files below TO that were compiled below FROM
    #[arg(long, value_name = "FROM=TO")]
    pub(crate) substitute_path: Vec<String>,

    #[command(flatten)]
    pub(crate) guest: GuestOptions,
}

/// Let LLDB debug a program.
///
/// Serves the remote protocol of gdb with LLDB's packets for WebAssembly. The program waits before its first
/// instruction until a client connects. One that detaches lets it run, and another can connect then; if one
/// is gone without that the program stands still until another comes.
#[derive(Debug, Args)]
#[command(override_usage = "trapline gdb [OPTIONS] <FILE> [ARGS]...")]
#[command(after_help = GDB_EXAMPLES)]
pub(crate) struct Gdb {
    /// Where to listen: HOST:PORT, or PORT of this machine (0 is one that is free), or unix:PATH, a socket
    /// that only you can connect to
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:1234")]
    pub(crate) listen: String,

    /// Listen also where other machines can connect
    ///
    /// There is no password: whoever connects can do what the program can, and read it.
    #[arg(long)]
    pub(crate) allow_remote: bool,

    #[command(flatten)]
    pub(crate) guest: GuestOptions,
}

/// Serve an editor with the debug adapter protocol.
///
/// Editors start this themselves, and speak with it over standard input and output; nothing is to be typed
/// here. With --listen it serves any number of clients over TCP, in turn and at once.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  trapline dap                                   as an editor starts it
  trapline dap --listen 127.0.0.1:4711           for editors that connect to a port
  trapline dap --log /tmp/dap.log                write down what is said

docs/editors.md tells how to set up editors.")]
pub(crate) struct Dap {
    /// Listen at this address, instead of standard input; port 0 is any that is free
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<SocketAddr>,

    /// What clients must show as `token` in their launch configuration; without it one is made up, and told on
    /// standard error
    #[arg(long, value_name = "TOKEN", requires = "listen")]
    pub(crate) token: Option<String>,

    /// Let clients launch programs without a token: anyone on this machine can then, with your rights
    #[arg(long, requires = "listen", conflicts_with = "token")]
    pub(crate) no_token: bool,

    /// Allow an address that other machines can reach
    #[arg(long, requires = "listen")]
    pub(crate) allow_remote: bool,

    /// Append all messages to FILE
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) log: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) cache: Cache,
}

/// Which program, and what it is given.
#[derive(Args, Clone, Debug)]
pub(crate) struct GuestOptions {
    /// Let the program use a folder, under its own path or under GUEST
    #[arg(long = "dir", value_name = "HOST[::GUEST]", value_hint = ValueHint::DirPath)]
    pub(crate) dirs: Vec<String>,

    /// Set a variable of the program's environment; without VALUE, to what it is here
    #[arg(long = "env", value_name = "NAME[=VALUE]")]
    pub(crate) variables: Vec<String>,

    /// Tell the program that this is its name, instead of the name of the file
    #[arg(long, value_name = "NAME")]
    pub(crate) argv0: Option<String>,

    /// Call this exported function, with ARGS as numbers of its parameters' types, and print its
    /// results
    #[arg(long, value_name = "FUNCTION")]
    pub(crate) invoke: Option<String>,

    /// Accept a module that `trapline compile` has made
    ///
    /// Such a file holds machine code, which runs with all of your rights if it was made to
    /// deceive. Allow it for files only that come from where you trust.
    #[arg(long)]
    pub(crate) allow_precompiled: bool,

    #[command(flatten)]
    pub(crate) cache: Cache,

    /// The module (`-` is standard input), and the program's own arguments
    #[arg(value_name = "FILE [ARGS]", required = true, trailing_var_arg = true)]
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) file_and_args: Vec<OsString>,
}

/// Where compiled modules are kept for the next time.
#[derive(Args, Clone, Debug)]
pub(crate) struct Cache {
    /// Keep compiled modules in DIR, instead of `trapline` in `$XDG_CACHE_HOME` or `~/.cache`
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) cache: Option<PathBuf>,

    /// Neither look for compiled modules nor keep them
    #[arg(long, conflicts_with = "cache")]
    pub(crate) no_cache: bool,
}

impl Cache {
    /// Nowhere.
    pub(crate) fn none() -> Cache {
        Cache {
            cache: None,
            no_cache: true,
        }
    }

    /// In a folder.
    pub(crate) fn folder(folder: impl Into<PathBuf>) -> Cache {
        Cache {
            cache: Some(folder.into()),
            no_cache: false,
        }
    }
}

/// Compile a module ahead of time.
///
/// The result runs on this kind of processor and with this build of trapline, with
/// `trapline run --allow-precompiled`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  trapline compile program.wasm -o program.cwasm
  trapline run --allow-precompiled program.cwasm")]
pub(crate) struct Compile {
    /// The module, binary or text; `-` is standard input
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,

    /// Put the result here, instead of FILE with the extension `cwasm`
    #[arg(short, long, value_name = "OUT", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
}

/// Print a script that completes trapline's command lines in a shell.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  trapline completions bash > ~/.local/share/bash-completion/completions/trapline
  trapline completions fish > ~/.config/fish/completions/trapline.fish")]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn run(arguments: &[&str]) -> Run {
        match Arguments::try_parse_from([&["trapline", "run"], arguments].concat()) {
            Ok(Arguments {
                command: Command::Run(run),
                ..
            }) => run,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn everything_after_the_file_is_the_programs() {
        let run = run(&["--dir", ".", "a.wasm", "--dir", "x", "--help", "--", "-"]);
        assert_eq!(run.guest.dirs, ["."]);
        assert_eq!(
            run.guest.file_and_args,
            ["a.wasm", "--dir", "x", "--help", "--", "-"]
        );
    }

    #[test]
    fn a_dash_is_a_file() {
        assert_eq!(run(&["-", "1"]).guest.file_and_args, ["-", "1"]);
    }
}
