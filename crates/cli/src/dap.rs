//! `trapline dap`: the debug adapter that editors start.

use crate::cli::{Cache, Dap, GuestOptions};
use crate::failure::{Failure, TRAPPED};
use crate::program::{Program, Surroundings};
use anyhow::{Context as _, anyhow};
use std::fs::File;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::thread;
use trapline::{Error, ExternType, Observe, Val};
use trapline_dap::{
    Access, CacheOption, Connection, LaunchOptions, LaunchedProgram, Launcher, ObserveLevel,
    StartedProgram, serve,
};
use trapline_debugger::Debugger;
use trapline_wasi::{ExitCode, WasiCtx};

/// Serves editors.
pub(crate) fn dap(command: &Dap) -> Result<(), Failure> {
    let launcher = Programs {
        cache: command.cache.clone(),
    };
    match command.listen {
        Some(address) => listen(command, address, &launcher),
        None => {
            // A program that waits in the host keeps nobody from leaving.
            let connection = Connection::new(std::io::stdin(), std::io::stdout())
                .with_abandon(|| std::process::exit(0));
            let connection = with_log(connection, command.log.as_deref())?;
            let served = serve(connection, &launcher, &Access::Open);
            served.map_err(|error| anyhow!("cannot serve: {error}").into())
        }
    }
}

/// Serves whoever comes, each on a thread of its own.
fn listen(command: &Dap, address: SocketAddr, launcher: &Programs) -> Result<(), Failure> {
    if !address.ip().is_loopback() && !command.allow_remote {
        return Err(anyhow!(
            "others could reach {address}, and what is said there is not encrypted; listen at 127.0.0.1, or \
             give --allow-remote"
        )
        .into());
    }
    let listener = TcpListener::bind(address);
    let listener = listener.map_err(|error| anyhow!("cannot listen at {address}: {error}"))?;
    let address = listener.local_addr().map_err(anyhow::Error::from)?;
    let access = match (&command.token, command.no_token) {
        (_, true) => Access::Open,
        (Some(token), false) => Access::Token(token.clone()),
        (None, false) => Access::Token(random_token()?),
    };
    let mut told = format!("Listening at {address}\n");
    if let (Access::Token(token), None) = (&access, &command.token) {
        told += &format!("Clients launch with the token {token}\n");
    }
    crate::print_error(&told);
    for stream in listener.incoming() {
        // One that fails is a client that is not there.
        let Ok(connection) = stream.and_then(Connection::tcp) else {
            continue;
        };
        let connection = with_log(connection, command.log.as_deref())?;
        let (launcher, access) = (launcher.clone(), access.clone());
        let served = thread::Builder::new()
            .name("dap session".to_owned())
            .spawn(move || serve(connection, &launcher, &access));
        served.map_err(|error| anyhow!("cannot serve: {error}"))?;
    }
    Ok(())
}

/// A token that nobody can guess.
pub(crate) fn random_token() -> anyhow::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("cannot make a token: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn with_log(connection: Connection, log: Option<&Path>) -> anyhow::Result<Connection> {
    let Some(path) = log else {
        return Ok(connection);
    };
    let file = File::options().create(true).append(true).open(path);
    let file = file.with_context(|| format!("cannot write {}", path.display()))?;
    Ok(connection.with_log(file))
}

/// Makes programs as `trapline run` does.
#[derive(Clone)]
struct Programs {
    cache: Cache,
}

impl Launcher for Programs {
    type Data = WasiCtx;

    fn load(&self, options: &LaunchOptions) -> Result<Box<dyn LaunchedProgram<WasiCtx>>, String> {
        let program = self.program(options);
        let program = program.map_err(|error| format!("{error:#}"))?;
        Ok(Box::new(Launched(program)))
    }
}

impl Programs {
    fn program(&self, options: &LaunchOptions) -> anyhow::Result<Program> {
        let folder = options.cwd.as_ref().map(PathBuf::from).unwrap_or_default();
        let within = |path: &str| folder.join(path).to_string_lossy().into_owned();
        let file = match options.program.as_str() {
            "" | "-" => return Err(anyhow!("`program` is to name a file")),
            file => within(file),
        };
        let mut words = vec![file.into()];
        words.extend(options.args.iter().map(Into::into));
        let variables = options.env.iter().map(|(name, value)| match value {
            Some(value) => format!("{name}={value}"),
            None => name.clone(),
        });
        let dirs = options.dirs.iter().map(|dir| match dir.split_once("::") {
            Some((host, guest)) => format!("{}::{guest}", within(host)),
            None => format!("{}::{dir}", within(dir)),
        });
        let guest = GuestOptions {
            dirs: dirs.collect(),
            variables: variables.collect(),
            argv0: options.argv0.clone(),
            invoke: options.invoke.clone(),
            allow_precompiled: options.allow_precompiled,
            cache: match &options.cache {
                Some(CacheOption::Usual(false)) => Cache::none(),
                Some(CacheOption::Folder(folder)) => Cache::folder(within(folder)),
                _ => self.cache.clone(),
            },
            file_and_args: words,
        };
        let observe = match options.observe {
            ObserveLevel::State => Observe::State,
            ObserveLevel::Stacks => Observe::Stacks,
        };
        let mut program = Program::load(&guest, observe)?;
        let entry = options.invoke.as_deref().unwrap_or("_start");
        let mut exports = program.module.exports();
        if !exports
            .any(|export| export.name() == entry && matches!(export.ty(), ExternType::Func(_)))
        {
            return Err(anyhow!(
                "{} exports no function named {entry}",
                options.program
            ));
        }
        drop(exports);
        program.streams.input = options.stdin.as_deref().map(|file| within(file).into());
        Ok(program)
    }
}

/// A program that a client has launched.
struct Launched(Program);

impl LaunchedProgram<WasiCtx> for Launched {
    fn name(&self) -> String {
        let path = self.0.path.as_ref();
        path.map_or_else(String::new, |path| path.display().to_string())
    }

    fn introduce(&self, debugger: &mut Debugger) {
        self.0.introduce(debugger);
    }

    fn start(
        &self,
        output: Box<dyn Write + Send>,
        errors: Box<dyn Write + Send>,
    ) -> Result<StartedProgram<WasiCtx>, String> {
        let started = self.0.start(Surroundings {
            shares_input: false,
            output: Some(output),
            errors: Some(errors),
        });
        let started = started.map_err(|error| format!("{error:#}"))?;
        Ok(StartedProgram {
            store: started.store,
            function: started.function,
            arguments: started.arguments,
        })
    }

    fn returned(&self, values: &[Val]) -> String {
        crate::invoke::show(values).trim_end().replace('\n', ", ")
    }

    fn ended(&self, error: &Error) -> (i64, Option<String>) {
        match error.downcast_ref() {
            Some(ExitCode(code)) => (i64::from(*code), None),
            None if error.trap().is_some() || error.exception().is_some() => (
                i64::from(TRAPPED),
                Some(format!("The program has ended: {error}")),
            ),
            None => (1, Some(format!("The program has failed: {error}"))),
        }
    }
}
