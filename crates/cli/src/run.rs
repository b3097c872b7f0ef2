//! `trapline run`: running a program.

use crate::cli::Run;
use crate::dump_file::DumpFile;
use crate::failure::Failure;
use crate::load::{self, reason};
use crate::text::harmless;
use crate::wait::wait_for;
use crate::{cache, imports, invoke, report};
use anyhow::{Context, anyhow, bail};
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use trapline::{
    Config, Engine, Error, ExternType, Func, Instance, Linker, Module, Observe, Store, Val,
};
use trapline_wasi::{ExitCode, WasiCtx, WasiCtxBuilder};
use wasmparser::{Parser, Payload};

pub(crate) fn run(command: &Run) -> Result<(), Failure> {
    let Some((file, words)) = command.file_and_args.split_first() else {
        return Err(anyhow!("no file is given").into());
    };
    let words = words.iter().map(utf8).collect::<anyhow::Result<Vec<_>>>()?;
    let mut config = Config::new();
    config.cache(cache::directory(&command.cache)?);
    let dumps = command.coredump.is_some();
    if dumps {
        config.observe(Observe::State);
    }
    let engine = Engine::new(&config)?;
    let input = load::read(Path::new(file))?;
    let short = input.short_name().unwrap_or("<stdin>".to_string());
    let dump_file = command.coredump.as_ref();
    let dump_file = dump_file.map(|path| DumpFile::new(path, &short, &input));
    let program = Program {
        label: input.label.clone(),
        short,
        name: input.short_name().unwrap_or("-".to_string()),
        dump_file: dump_file.transpose()?,
    };
    let module = input.load(&engine, command.allow_precompiled, dumps)?;
    // The program may run for long, and nothing needs the file's bytes any more.
    drop(input);
    if command.invoke.is_none() {
        check_runnable(&module, &program)?;
    }
    // The words after the file are the program's, or the called function's.
    let arguments = if command.invoke.is_some() {
        &[]
    } else {
        &words[..]
    };
    let mut store = Store::new(&engine, wasi(command, &program, arguments)?);
    if let Some(dump_file) = &program.dump_file {
        dump_file.watch(&mut store);
    }
    let mut linker = Linker::new(&engine);
    trapline_wasi::add_to_linker(&mut linker, |wasi| wasi)?;
    imports::check(&module, &linker, &mut store, &program.label)?;
    let instance = match dumps {
        true => wait_for(linker.instantiate_async(&mut store, &module)),
        false => linker.instantiate(&mut store, &module),
    };
    let instance = instance.map_err(|error| program.explain(&store, error))?;
    match &command.invoke {
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
}

impl Program {
    /// What to say of an error that came out of the guest.
    fn explain(&self, store: &Store<WasiCtx>, error: Error) -> Failure {
        if let Some(exit) = error.downcast_ref::<ExitCode>() {
            return Failure::Exit(exit.0);
        }
        let dump_file = self.dump_file.as_ref();
        let dump = dump_file.map(|file| file.outcome(store, &error));
        let dump = dump.unwrap_or_default();
        if let Some(info) = error.trap_info() {
            return Failure::Trap(report::trap(info, error.backtrace(), &self.short) + &dump);
        }
        if let Some(thrown) = error.exception() {
            return Failure::Exception(report::exception(thrown, store, &self.short) + &dump);
        }
        if error.backtrace().is_some() {
            let text = harmless(&error.to_string());
            return Failure::Host(report::host(&text, error.backtrace(), &self.short) + &dump);
        }
        Failure::Error(anyhow::Error::from(error).context(format!("cannot run {}", self.label)))
    }

    /// Calls a function of the guest, such that a crash can be looked at if there is to be a core dump.
    fn call(
        &self,
        store: &mut Store<WasiCtx>,
        function: &Func,
        arguments: &[Val],
        results: &mut [Val],
    ) -> Result<(), Failure> {
        let called = match self.dump_file {
            Some(_) => wait_for(function.call_async(&mut *store, arguments, results)),
            None => function.call(&mut *store, arguments, results),
        };
        called.map_err(|error| self.explain(store, error))
    }
}

fn utf8(word: &OsString) -> anyhow::Result<String> {
    match word.to_str() {
        Some(word) => Ok(word.to_string()),
        None => bail!("the argument {} is not valid UTF-8", word.display()),
    }
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

/// What the program is given.
fn wasi(command: &Run, program: &Program, arguments: &[String]) -> anyhow::Result<WasiCtx> {
    let mut wasi = WasiCtxBuilder::new();
    wasi.inherit_stdio();
    wasi.arg(command.argv0.as_ref().unwrap_or(&program.name));
    wasi.args(arguments);
    for variable in &command.variables {
        match variable.split_once('=') {
            Some((name, value)) => {
                wasi.env(name, value);
            }
            None => match std::env::var(variable) {
                Ok(value) => {
                    wasi.env(variable, value);
                }
                // It is not set for the program either.
                Err(std::env::VarError::NotPresent) => {}
                Err(_) => bail!("the value of the variable {variable} is not valid UTF-8"),
            },
        }
    }
    for dir in &command.dirs {
        let (host, guest) = dir.split_once("::").unwrap_or((dir, dir));
        if guest.is_empty() {
            bail!("the folder {host} is given to the program under no name");
        }
        wasi.preopened_dir(host, guest)
            .map_err(|error| anyhow!("cannot open the folder {host}: {}", reason(&error.source)))?;
    }
    Ok(wasi.build())
}

/// Calls an exported function that neither takes nor returns anything, if there is one.
fn call(
    store: &mut Store<WasiCtx>,
    instance: &Instance,
    name: &str,
    program: &Program,
) -> Result<(), Failure> {
    match instance.get_func(&mut *store, name) {
        Some(function) => program.call(store, &function, &[], &mut []),
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
    let mut results = invoke::room(&ty);
    program.call(store, &function, &arguments, &mut results)?;
    crate::until_closed(std::io::stdout().write_all(invoke::show(&results).as_bytes()))
}
