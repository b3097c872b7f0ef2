//! `trapline gdb`: a program that LLDB debugs by gdb's remote protocol.

use crate::cli::{Gdb, Run};
use crate::crash_values::CrashValues;
use crate::failure::{Failure, TRAPPED};
use crate::program::{Program, Started, Surroundings};
use crate::text::harmless;
use crate::{invoke, report};
use anyhow::anyhow;
use std::io::Write;
use std::path::Path;
use std::time::Duration;
use trapline::{DebugSession, Error, Observe, Store, Val};
use trapline_debugger::{Debuggee, Debugger};
use trapline_gdb::{ListenError, Listener, Options, Reach, Served, serve_clients};
use trapline_wasi::{ExitCode, WasiCtx};

/// What a program has for an exit code that the host has failed under.
const FAILED: u8 = 1;

/// So long a program that LLDB has started may take to notice that it is to end.
const PATIENCE: Duration = Duration::from_secs(1);

/// Serves clients of an address, one after the other.
pub(crate) fn gdb(command: &Gdb) -> Result<(), Failure> {
    let reach = match command.allow_remote {
        true => Reach::Remote,
        false => Reach::Local,
    };
    let program = Program::load(&command.guest, Observe::State)?;
    let listener = Listener::bind(&command.listen, reach).map_err(|error| match error {
        ListenError::Remote(_) => anyhow!("{error}: say so with --allow-remote"),
        error => error.into(),
    })?;
    crate::print_error(&format!("Listening at {}\n", listener.address()));
    debug(&program, listener, options())
}

/// Serves the client that has started this program, with an address to listen at.
pub(crate) fn launched(address: Option<&str>, command: &Run) -> Result<(), Failure> {
    let (Some(address), true) = (address, command.debug) else {
        let wrong = "--gdb=ADDRESS and `run --debug` go together; see `trapline help gdb`";
        return Err(anyhow!(wrong).into());
    };
    let program = Program::load(&command.guest, Observe::State)?;
    let listener = Listener::bind(address, Reach::Local)?;
    // What waits for input or sleeps would not notice that nobody debugs it any more.
    let options = options().once();
    let options = options.when_unheard(PATIENCE, || std::process::exit(TRAPPED.into()));
    debug(&program, listener, options)
}

fn options() -> Options {
    Options::new().exit_code(|outcome| match outcome {
        Ok(_) => 0,
        Err(error) => match error.downcast_ref::<ExitCode>() {
            // As everywhere on Unix, the low eight bits are what others see.
            Some(exit) => exit.0 as u8,
            None if error.trap_info().is_some() || error.exception().is_some() => TRAPPED,
            None => FAILED,
        },
    })
}

fn debug(program: &Program, mut listener: Listener, options: Options) -> Result<(), Failure> {
    let mut debugger = Debugger::new();
    program.introduce(&mut debugger);
    let Started {
        mut store,
        function,
        arguments,
    } = program.start(Surroundings {
        shares_input: true,
        ..Surroundings::default()
    })?;
    let served = {
        let session = DebugSession::call(&mut store, function, &arguments)?;
        let mut debuggee = Debuggee::new(&mut debugger, session);
        serve_clients(&mut debuggee, &mut listener, &options)?
    };
    match served {
        Served::Exited(Ok(results)) => print(&results),
        Served::Exited(Err(error)) => Err(failure(error, &store, program)),
        _ => Ok(()),
    }
}

/// Prints what a function has returned that was called by name.
fn print(results: &[Val]) -> Result<(), Failure> {
    if results.is_empty() {
        return Ok(());
    }
    let mut output = std::io::stdout().lock();
    crate::until_closed(writeln!(output, "{}", invoke::show(results)))
}

/// As after `trapline run`: whoever has detached has not seen it.
fn failure(error: Error, store: &Store<WasiCtx>, program: &Program) -> Failure {
    let file = program.path.as_deref().and_then(Path::file_name);
    let name = file.map_or("-".into(), |name| name.to_string_lossy());
    let none = CrashValues::default();
    if let Some(exit) = error.downcast_ref::<ExitCode>() {
        return Failure::Exit(exit.0);
    }
    if let Some(info) = error.trap_info() {
        return Failure::Trap(report::trap(info, error.backtrace(), &none, &name));
    }
    if let Some(thrown) = error.exception() {
        return Failure::Exception(report::exception(thrown, store, &none, &name));
    }
    let text = harmless(&error.to_string());
    Failure::Host(report::host(&text, error.backtrace(), &none, &name))
}
