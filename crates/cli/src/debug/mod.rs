//! `trapline debug`: a debugger in the terminal.
//!
//! ```text
//!   debug        makes program and debugger, and reads commands until the end
//!     idle       no program runs: breakpoints, source, settings
//!     live       a program stands still: it goes on, is looked at, ends, or is started again
//! ```
//!
//! Commands (`commands`) are functions of a [`Context`]: the console, and the debugger with or without a
//! program. They print, and say what comes next ([`Next`]).

mod commands;
mod console;
mod context;
mod evaluation;
mod format;
mod highlight;
mod input;
mod line;
mod location;
mod memory;
mod running;
mod stops;
mod values;
mod view;
mod words;

use crate::cli::Debug;
use crate::failure::Failure;
use crate::program::{Program, Streams};
use anyhow::anyhow;
use std::fmt;
use std::io::{self, Write};
use trapline::Observe;
use trapline_debugger::{Debugger, DebuggerError, Resume, SourceError};

pub(crate) use console::{Console, Display, Shown};
pub(crate) use context::Context;

/// Why a command was not carried out: a sentence without its full stop, or several lines.
#[derive(Clone, Debug)]
pub(crate) struct CommandError(String);

impl CommandError {
    pub(crate) fn new(message: impl ToString) -> CommandError {
        CommandError(message.to_string())
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<DebuggerError> for CommandError {
    fn from(error: DebuggerError) -> CommandError {
        CommandError::new(error)
    }
}

impl From<SourceError> for CommandError {
    fn from(error: SourceError) -> CommandError {
        CommandError::new(error)
    }
}

/// What comes after a command.
#[derive(Debug)]
pub(crate) enum Next {
    /// The next command.
    Prompt,
    /// The program goes on.
    Resume(Resume),
    /// The program starts, anew if there is one already.
    Start { at_first_instruction: bool },
    /// The program ends.
    Kill,
    /// The debugger ends.
    Quit(u8),
}

/// Debugs a program.
pub(crate) fn debug(command: &Debug) -> Result<(), Failure> {
    let mut program = Program::load(&command.guest, Observe::State)?;
    program.streams = Streams {
        input: command.stdin.clone(),
        output: command.stdout.clone(),
        errors: command.stderr.clone(),
    };
    let mut debugger = Debugger::new();
    debugger.set_log(|entry| print(&format!("{}\n", crate::text::harmless(&entry.text))));
    program.introduce(&mut debugger);
    for (from, to) in substitutions(&command.substitute_path)? {
        debugger.sources_mut().substitute(from, to);
    }
    let mut console = Console::new(command, program)?;
    console.running.catch_interrupts()?;
    let code = match &command.core {
        Some(file) => console.look_at(file, &mut debugger)?,
        None => console.run(&mut debugger)?,
    };
    match code {
        0 => Ok(()),
        code => Err(Failure::Exit(code.into())),
    }
}

fn substitutions(options: &[String]) -> anyhow::Result<Vec<(&str, &str)>> {
    let options = options.iter();
    options
        .map(|option| {
            let missing = || anyhow!("a substitution of paths is FROM=TO, and not {option}");
            option.split_once('=').ok_or_else(missing)
        })
        .collect()
}

/// Prints to standard output. If nobody reads it any more there is no reason to go on.
fn print(text: &str) {
    let mut output = anstream::stdout().lock();
    let written = output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush());
    if written.is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
        std::process::exit(1);
    }
}
