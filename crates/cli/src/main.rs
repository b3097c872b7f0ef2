//! The `trapline` program: runs WebAssembly and says in terms of its source where it went wrong.
//!
//! `docs/cli.md` describes it to its users. Each command has a module: [`run`], [`debug`],
//! [`gdb`], [`compile`], [`completions`]. They return a [`Failure`], and only `main` turns that into words and an exit
//! code.
#![forbid(unsafe_code)]

mod cache;
mod cli;
mod compile;
mod completions;
mod core_dump;
mod crash_values;
mod dap;
mod debug;
mod dump_file;
mod failure;
mod frames;
mod gdb;
mod guest;
mod imports;
mod invoke;
mod load;
mod output;
mod program;
mod progress;
mod report;
mod run;
mod source;
mod text;

use clap::Parser;
use cli::{Arguments, Command};
use failure::Failure;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Arguments {
        gdb: address,
        command,
    } = Arguments::parse();
    let result = match command {
        // As LLDB starts programs.
        Command::Run(command) if command.debug || address.is_some() => {
            gdb::launched(address.as_deref(), &command)
        }
        Command::Run(command) => run::run(&command),
        Command::Gdb(command) => gdb::gdb(&command),
        Command::Debug(command) => debug::debug(&command),
        Command::Dap(command) => dap::dap(&command),
        Command::Compile(command) => compile::compile(&command),
        Command::Completions(command) => completions::completions(&command),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print();
            failure.exit_code()
        }
    }
}

/// Prints to standard error, with colours only if it is a terminal that wants them. A standard
/// error that is closed is no reason to fail: there is nobody left to tell.
fn print_error(text: &str) {
    use std::io::Write;
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}

/// Runs `f`, taking a closed standard output for the end of what its reader wanted.
fn until_closed(result: std::io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| anyhow::anyhow!("cannot write the output: {error}").into()),
    }
}
