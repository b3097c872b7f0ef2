//! `trapline run`: running a program.

use crate::cli::{Level, Run};
use crate::crash_values::CrashValues;
use crate::dump_file::DumpFile;
use crate::failure::Failure;
use crate::load;
use crate::text::harmless;
use crate::{cache, guest, imports, invoke, report};
use anyhow::{Context, anyhow, bail};
use std::cell::RefCell;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use trapline::{
    Config, DebugSession, Engine, Error, ExternType, Func, Instance, Linker, Module, Observe,
    Store, Val,
};
use trapline_dap::{DebugPort, PortEnd};
use trapline_debugger::{Debuggee, Debugger, Resume, Stop, StopReason};
use trapline_wasi::{ExitCode, WasiCtx};
use wasmparser::{Parser, Payload};

/// What a program that a debugger has ended has for an exit code, as after SIGTERM.
const TERMINATED: i32 = 128 + 15;

pub(crate) fn run(command: &Run) -> Result<(), Failure> {
    let Some((file, words)) = command.guest.file_and_args.split_first() else {
        return Err(anyhow!("no file is given").into());
    };
    let words = words
        .iter()
        .map(guest::utf8)
        .collect::<anyhow::Result<Vec<_>>>()?;
    let mut config = Config::new();
    config.cache(cache::directory(&command.guest.cache)?);
    let dumps = command.coredump.is_some();
    let input = load::read(Path::new(file))?;
    let observes = match command.observe {
        // A dump has the values of all frames.
        _ if dumps || command.listen.is_some() => true,
        Level::Auto => input.has_debug_information(),
        Level::None => false,
        Level::State => true,
    };
    if observes {
        config.observe(Observe::State);
    }
    let engine = Engine::new(&config)?;
    let short = input.short_name().unwrap_or("<stdin>".to_string());
    let dump_file = command.coredump.as_ref();
    let dump_file = dump_file.map(|path| DumpFile::new(path, &short, &input));
    let dump_file = dump_file.transpose()?;
    let module = input.load(&engine, command.guest.allow_precompiled, observes)?;
    let program = Program {
        label: input.label.clone(),
        short,
        name: input.short_name().unwrap_or("-".to_string()),
        dump_file,
        observes: observes.then(|| module.clone()),
        path: input.absolute_path(),
        port: listen(command)?,
    };
    // The program may run for long, and nothing needs the file's bytes any more.
    drop(input);
    if command.guest.invoke.is_none() {
        check_runnable(&module, &program)?;
    }
    // The words after the file are the program's, or the called function's.
    let arguments = if command.guest.invoke.is_some() {
        &[]
    } else {
        &words[..]
    };
    let mut store = Store::new(
        &engine,
        guest::wasi(&command.guest, &program.name, arguments)?.build(),
    );
    if let Some(dump_file) = &program.dump_file {
        dump_file.watch(&mut store);
    }
    let mut linker = Linker::new(&engine);
    trapline_wasi::add_to_linker(&mut linker, |wasi| wasi)?;
    imports::check(&module, &linker, &mut store, &program.label)?;
    let instance = match dumps {
        true => pollster::block_on(linker.instantiate_async(&mut store, &module)),
        false => linker.instantiate(&mut store, &module),
    };
    let none = CrashValues::default();
    let instance = instance.map_err(|error| program.explain(&store, error, &none))?;
    match &command.guest.invoke {
        Some(function) => invoke_export(&mut store, &instance, function, &words, &program),
        None => call(&mut store, &instance, "_start", &program),
    }
}

/// What is known of the program besides its module.
struct Program {
    /// What it is called in errors: as on the command line.
    label: String,
    /// In reports: the last part of its path.
    short: String,
    /// To itself, unless it is told another name.
    name: String,
    /// Where a core dump goes, if there is to be one.
    dump_file: Option<Arc<DumpFile>>,
    /// Its module, if its variables can be read.
    observes: Option<Module>,
    /// Where its file is.
    path: Option<String>,
    /// Where debuggers can attach.
    port: Option<RefCell<DebugPort>>,
}

impl Program {
    /// What to say of an error that came out of the guest.
    fn explain(&self, store: &Store<WasiCtx>, error: Error, values: &CrashValues) -> Failure {
        if let Some(exit) = error.downcast_ref::<ExitCode>() {
            return Failure::Exit(exit.0);
        }
        let dump_file = self.dump_file.as_ref();
        let dump = dump_file.map(|file| file.outcome(store, &error));
        let dump = dump.unwrap_or_default();
        if let Some(info) = error.trap_info() {
            return Failure::Trap(
                report::trap(info, error.backtrace(), values, &self.short) + &dump,
            );
        }
        if let Some(thrown) = error.exception() {
            return Failure::Exception(
                report::exception(thrown, store, values, &self.short) + &dump,
            );
        }
        if error.backtrace().is_some() {
            let text = harmless(&error.to_string());
            return Failure::Host(
                report::host(&text, error.backtrace(), values, &self.short) + &dump,
            );
        }
        Failure::Error(anyhow::Error::from(error).context(format!("cannot run {}", self.label)))
    }

    /// Calls a function of the guest. Returns its results.
    fn call(
        &self,
        store: &mut Store<WasiCtx>,
        function: Func,
        arguments: &[Val],
    ) -> Result<Vec<Val>, Failure> {
        if let Some(module) = &self.observes {
            return self.call_watched(module, store, function, arguments);
        }
        let mut results = invoke::room(&function.ty(&*store));
        let called = function.call(&mut *store, arguments, &mut results);
        let none = CrashValues::default();
        called.map_err(|error| self.explain(store, error, &none))?;
        Ok(results)
    }

    /// Calls a function such that a crash can be looked at while all frames are there.
    fn call_watched(
        &self,
        module: &Module,
        store: &mut Store<WasiCtx>,
        function: Func,
        arguments: &[Val],
    ) -> Result<Vec<Val>, Failure> {
        let mut debugger = Debugger::new();
        // A panic ends in a trap, and then there is all that there was.
        debugger.settings_mut().stop_at_panics = false;
        debugger.set_exit_check(|error| error.downcast_ref::<ExitCode>().is_some());
        debugger.add_module(module, self.path.as_deref().map(Path::new));
        let mut values = CrashValues::default();
        let outcome = {
            let session = DebugSession::call(&mut *store, function, arguments)?;
            let watch = |debuggee: &Debuggee<'_, '_, WasiCtx>, stop: &Stop| {
                let hint = match &stop.reason {
                    StopReason::Trap { hint, .. } => hint.clone(),
                    StopReason::Exception { catcher: None, .. } | StopReason::HostError(_) => None,
                    _ => return,
                };
                values = CrashValues::of(debuggee, hint);
                if let Some(dump_file) = &self.dump_file {
                    dump_file.take_down_session(&debuggee.session(), &stop.reason);
                }
            };
            match &self.port {
                Some(port) => {
                    let mut port = port.borrow_mut();
                    match pollster::block_on(port.run_watched(&mut debugger, session, watch)) {
                        PortEnd::Finished(outcome) => outcome,
                        PortEnd::Terminated => return Err(Failure::Exit(TERMINATED)),
                    }
                }
                None => run_to_end(Debuggee::new(&mut debugger, session), watch),
            }
        };
        outcome.map_err(|error| self.explain(store, error, &values))
    }
}

/// Runs a call to its end, and shows each stop on the way.
fn run_to_end(
    mut debuggee: Debuggee<'_, '_, WasiCtx>,
    mut watch: impl FnMut(&Debuggee<'_, '_, WasiCtx>, &Stop),
) -> Result<Vec<Val>, Error> {
    loop {
        let stop = pollster::block_on(debuggee.resume(Resume::Continue));
        watch(&debuggee, &stop);
        if let StopReason::Finished(outcome) = stop.reason {
            return outcome;
        }
    }
}

/// Where debuggers can attach to the program.
fn listen(command: &Run) -> anyhow::Result<Option<RefCell<DebugPort>>> {
    let Some(address) = command.listen else {
        return Ok(None);
    };
    let token = match &command.token {
        Some(token) => token.clone(),
        None => crate::dap::random_token()?,
    };
    let port = DebugPort::listen(address, &token);
    let port = port.map_err(|error| anyhow!("cannot listen at {address}: {error}"))?;
    let mut told = format!("Debuggers can attach at {}", port.address());
    if command.token.is_none() {
        told += &format!(" with the token {token}");
    }
    crate::print_error(&(told + "\n"));
    Ok(Some(RefCell::new(port)))
}

/// Fails if there is nothing in the module to run, and says what can be called instead.
fn check_runnable(module: &Module, program: &Program) -> anyhow::Result<()> {
    let functions = module
        .exports()
        .filter(|export| matches!(export.ty(), ExternType::Func(_)));
    let mut functions: Vec<_> = functions.map(|export| harmless(export.name())).collect();
    if functions.iter().any(|name| name == "_start") || has_start(module.wasm()) {
        return Ok(());
    }
    // To initialize a library and do nothing else is of no use.
    functions.retain(|name| name != "_initialize");
    if functions.is_empty() {
        bail!(
            "{} has nothing to run: neither `_start` nor any other function",
            program.label
        );
    }
    let (list, more) = functions.split_at(functions.len().min(8));
    let more = if more.is_empty() { "" } else { ", ..." };
    bail!(
        "{} has no `_start` to run; call one of its functions with --invoke: {}{more}",
        program.label,
        list.join(", ")
    )
}

/// Whether the module has a start function, which runs when it is instantiated.
fn has_start(wasm: &[u8]) -> bool {
    // The start section stands before the code.
    Parser::new(0)
        .parse_all(wasm)
        .map_while(Result::ok)
        .take_while(|payload| !matches!(payload, Payload::CodeSectionStart { .. }))
        .any(|payload| matches!(payload, Payload::StartSection { .. }))
}

/// Calls an exported function that neither takes nor returns anything, if there is one.
fn call(
    store: &mut Store<WasiCtx>,
    instance: &Instance,
    name: &str,
    program: &Program,
) -> Result<(), Failure> {
    match instance.get_func(&mut *store, name) {
        Some(function) => program.call(store, function, &[]).map(drop),
        None => Ok(()),
    }
}

fn invoke_export(
    store: &mut Store<WasiCtx>,
    instance: &Instance,
    name: &str,
    words: &[String],
    program: &Program,
) -> Result<(), Failure> {
    let Some(function) = instance.get_func(&mut *store, name) else {
        return Err(anyhow!("{} exports no function named {name}", program.label).into());
    };
    let ty = function.ty(&*store);
    let arguments = invoke::arguments(&ty, words).with_context(|| format!("cannot call {name}"))?;
    // A library of WASI, a reactor, is to be initialized before anything else is called.
    call(store, instance, "_initialize", program)?;
    let results = program.call(store, function, &arguments)?;
    crate::until_closed(std::io::stdout().write_all(invoke::show(&results).as_bytes()))
}
