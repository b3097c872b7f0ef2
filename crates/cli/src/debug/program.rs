//! The program that is debugged: how it is made, each time that it is started.

use super::CommandError;
use crate::cli::Debug;
use crate::cli::GuestOptions;
use crate::core_dump;
use crate::guest;
use anyhow::{Context as _, anyhow};
use std::fs::File;
use std::path::{Path, PathBuf};
use trapline::{Engine, Func, Instance, Linker, Module, Store, Val};
use trapline_wasi::WasiCtx;

/// The program, with what it is given.
pub(crate) struct Program {
    pub(super) engine: Engine,
    pub(super) module: Module,
    /// Where its file is; nothing for standard input.
    pub(super) path: Option<PathBuf>,
    options: GuestOptions,
    label: String,
    name: String,
    /// The program's arguments, or those of the function that is called.
    words: Vec<String>,
    streams: Streams,
}

/// The files that are the program's standard streams; the debugger's own where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Streams {
    pub(super) input: Option<PathBuf>,
    pub(super) output: Option<PathBuf>,
    pub(super) errors: Option<PathBuf>,
}

/// A program that has been made, and what is to be called.
pub(super) struct Started {
    pub(super) store: Store<WasiCtx>,
    pub(super) function: Func,
    pub(super) arguments: Vec<Val>,
}

impl Program {
    pub(super) fn new(command: &Debug, engine: Engine, module: Module, names: Names) -> Program {
        Program {
            engine,
            module,
            path: names.path,
            options: command.guest.clone(),
            label: names.label,
            name: names.name,
            words: names.words,
            streams: Streams {
                input: command.stdin.clone(),
                output: command.stdout.clone(),
                errors: command.stderr.clone(),
            },
        }
    }

    /// What core dumps say of it.
    pub(super) fn for_dumps(&self, reason: String) -> core_dump::Program<'static> {
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

    /// What it is given.
    pub(super) fn words(&self) -> &[String] {
        &self.words
    }

    /// Changes what it is given: its arguments, and files for its streams behind `<`, `>` and `2>`.
    pub(super) fn set_words(&mut self, words: &[String]) -> Result<(), CommandError> {
        let (words, streams) = split_streams(words)?;
        self.words = words;
        let Streams {
            input,
            output,
            errors,
        } = streams;
        self.streams.input = input.or(self.streams.input.take());
        self.streams.output = output.or(self.streams.output.take());
        self.streams.errors = errors.or(self.streams.errors.take());
        Ok(())
    }

    /// Makes the program anew. `shares_input` tells whether it may read the debugger's standard input.
    pub(super) fn start(&self, shares_input: bool) -> anyhow::Result<Started> {
        let is_invoked = self.options.invoke.is_some();
        let arguments = if is_invoked { &[] } else { &self.words[..] };
        let mut wasi = guest::wasi(&self.options, &self.name, arguments)?;
        match &self.streams.input {
            Some(file) => {
                wasi.stdin(open(file)?);
            }
            None if !shares_input => {
                wasi.stdin(std::io::empty());
            }
            None => {}
        }
        if let Some(file) = &self.streams.output {
            wasi.stdout(create(file)?);
        }
        if let Some(file) = &self.streams.errors {
            wasi.stderr(create(file)?);
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

/// What the program is called, and given.
pub(super) struct Names {
    pub(super) label: String,
    pub(super) name: String,
    pub(super) path: Option<PathBuf>,
    pub(super) words: Vec<String>,
}

fn open(path: &Path) -> anyhow::Result<File> {
    let file = File::open(path);
    file.map_err(|error| {
        anyhow!(
            "cannot read {}: {}",
            path.display(),
            crate::load::reason(&error)
        )
    })
}

fn create(path: &Path) -> anyhow::Result<File> {
    let file = File::create(path);
    file.map_err(|error| {
        anyhow!(
            "cannot write {}: {}",
            path.display(),
            crate::load::reason(&error)
        )
    })
}

/// Takes the files for streams out of words, each behind its sign or joined with it.
fn split_streams(words: &[String]) -> Result<(Vec<String>, Streams), CommandError> {
    let mut streams = Streams::default();
    let mut rest = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let signs = ["2>", "<", ">"];
        let sign = signs.into_iter().find(|sign| word.starts_with(sign));
        let Some(sign) = sign else {
            rest.push(word.clone());
            continue;
        };
        let file = match &word[sign.len()..] {
            "" => words.next().cloned(),
            joined => Some(joined.to_owned()),
        };
        let missing = || CommandError::new(format!("there is no file behind `{sign}`"));
        let file = PathBuf::from(file.ok_or_else(missing)?);
        match sign {
            "<" => streams.input = Some(file),
            ">" => streams.output = Some(file),
            _ => streams.errors = Some(file),
        }
    }
    Ok((rest, streams))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_for_streams_stand_behind_their_signs() {
        let words = ["a", "<", "in", ">out", "b", "2>", "err"].map(str::to_owned);
        let (rest, streams) = split_streams(&words).unwrap();
        assert_eq!(rest, ["a", "b"]);
        assert_eq!(streams.input.as_deref(), Some(Path::new("in")));
        assert_eq!(streams.output.as_deref(), Some(Path::new("out")));
        assert_eq!(streams.errors.as_deref(), Some(Path::new("err")));
        assert!(split_streams(&["<".to_owned()]).is_err());
    }
}
