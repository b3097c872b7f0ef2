//! A program that is debugged: how it is made, each time that it is started.

use crate::cli::GuestOptions;
use crate::{cache, core_dump, guest, load};
use anyhow::{Context as _, anyhow};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use trapline::{Config, Engine, Func, Instance, Linker, Module, Observe, Store, Val};
use trapline_debugger::Debugger;
use trapline_wasi::{ExitCode, WasiCtx};

/// The program, with what it is given.
pub(crate) struct Program {
    pub(crate) engine: Engine,
    pub(crate) module: Module,
    /// Where its file is; nothing for standard input.
    pub(crate) path: Option<PathBuf>,
    /// The files that are its standard streams.
    pub(crate) streams: Streams,
    /// The program's arguments, or those of the function that is called.
    pub(crate) words: Vec<String>,
    options: GuestOptions,
    label: String,
    name: String,
}

/// The files that are the program's standard streams; those of its [`Surroundings`] where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Streams {
    pub(crate) input: Option<PathBuf>,
    pub(crate) output: Option<PathBuf>,
    pub(crate) errors: Option<PathBuf>,
}

/// The standard streams that the program has where no file was named.
#[derive(Default)]
pub(crate) struct Surroundings {
    /// Whether it reads the standard input of this process; else that is empty.
    pub(crate) shares_input: bool,
    /// Where its output goes; else to that of this process.
    pub(crate) output: Option<Box<dyn Write + Send>>,
    pub(crate) errors: Option<Box<dyn Write + Send>>,
}

/// A program that has been made, and what is to be called.
pub(crate) struct Started {
    pub(crate) store: Store<WasiCtx>,
    pub(crate) function: Func,
    pub(crate) arguments: Vec<Val>,
}

impl Program {
    /// Compiles the program that is said in the options, observed or not.
    pub(crate) fn load(options: &GuestOptions, observe: Observe) -> anyhow::Result<Program> {
        let found = options.file_and_args.split_first();
        let (file, words) = found.ok_or_else(|| anyhow!("no file is given"))?;
        let words = words
            .iter()
            .map(guest::utf8)
            .collect::<anyhow::Result<Vec<_>>>()?;
        let mut config = Config::new();
        config.observe(observe);
        config.cache(cache::directory(&options.cache)?);
        let engine = Engine::new(&config)?;
        let input = load::read(Path::new(file))?;
        let observes = observe != Observe::None;
        let module = input.load(&engine, options.allow_precompiled, observes)?;
        Ok(Program {
            engine,
            module,
            path: input.absolute_path().map(Into::into),
            streams: Streams::default(),
            words,
            options: options.clone(),
            label: input.label.clone(),
            name: input.short_name().unwrap_or("-".to_owned()),
        })
    }

    /// Makes the program known to a debugger, and how it may end.
    pub(crate) fn introduce(&self, debugger: &mut Debugger) {
        debugger.set_exit_check(|error| error.downcast_ref::<ExitCode>().is_some());
        debugger.add_module(&self.module, self.path.as_deref());
    }

    /// What core dumps say of it.
    pub(crate) fn for_dumps(&self, reason: String) -> core_dump::Program<'static> {
        let name = self.name.clone();
        let path = self.path.as_ref().map(|path| path.display().to_string());
        core_dump::Program {
            executable: self.name.clone().into(),
            reason,
            name: Box::new(move |module| core_dump::ModuleName {
                name: module.name().unwrap_or(&name).to_owned(),
                path: path.clone(),
            }),
        }
    }

    /// Makes the program anew.
    pub(crate) fn start(&self, surroundings: Surroundings) -> anyhow::Result<Started> {
        let is_invoked = self.options.invoke.is_some();
        let arguments = if is_invoked { &[] } else { &self.words[..] };
        let mut wasi = guest::wasi(&self.options, &self.name, arguments)?;
        match &self.streams.input {
            Some(file) => {
                wasi.stdin(open(file)?);
            }
            None if !surroundings.shares_input => {
                wasi.stdin(std::io::empty());
            }
            None => {}
        }
        if let Some(output) = target(&self.streams.output, surroundings.output)? {
            wasi.stdout(output);
        }
        if let Some(errors) = target(&self.streams.errors, surroundings.errors)? {
            wasi.stderr(errors);
        }
        let mut store = Store::new(&self.engine, wasi.build());
        let mut linker = Linker::new(&self.engine);
        trapline_wasi::add_to_linker(&mut linker, |wasi| wasi)?;
        crate::imports::check(&self.module, &linker, &mut store, &self.label)?;
        let instance = linker.instantiate(&mut store, &self.module)?;
        let (function, arguments) = self.entry(&mut store, &instance)?;
        Ok(Started {
            store,
            function,
            arguments,
        })
    }

    /// The function to call, with what it takes.
    fn entry(
        &self,
        store: &mut Store<WasiCtx>,
        instance: &Instance,
    ) -> anyhow::Result<(Func, Vec<Val>)> {
        let name = self.options.invoke.as_deref().unwrap_or("_start");
        let function = instance.get_func(&mut *store, name);
        let function =
            function.ok_or_else(|| anyhow!("{} exports no function named {name}", self.label))?;
        if self.options.invoke.is_none() {
            return Ok((function, Vec::new()));
        }
        // A library of WASI, a reactor, is to be initialized before anything else is called.
        if let Some(initialize) = instance.get_func(&mut *store, "_initialize") {
            initialize.call(&mut *store, &[], &mut [])?;
        }
        let ty = function.ty(&*store);
        let arguments = crate::invoke::arguments(&ty, &self.words);
        let arguments = arguments.with_context(|| format!("cannot call {name}"))?;
        Ok((function, arguments))
    }
}

fn open(path: &Path) -> anyhow::Result<File> {
    let file = File::open(path);
    file.map_err(|error| anyhow!("cannot read {}: {}", path.display(), load::reason(&error)))
}

/// Where a stream goes, if not to that of this process.
fn target(
    file: &Option<PathBuf>,
    other: Option<Box<dyn Write + Send>>,
) -> anyhow::Result<Option<Box<dyn Write + Send>>> {
    match file {
        Some(file) => Ok(Some(Box::new(create(file)?))),
        None => Ok(other),
    }
}

fn create(path: &Path) -> anyhow::Result<File> {
    let file = File::create(path);
    file.map_err(|error| anyhow!("cannot write {}: {}", path.display(), load::reason(&error)))
}
