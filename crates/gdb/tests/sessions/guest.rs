//! Guests, served on threads of their own.

use crate::client::Client;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use trapline::{Config, DebugSession, Engine, Func, Instance, Linker, Module, Observe, Store, Val};
use trapline_debugger::{Debuggee, Debugger};
use trapline_gdb::{Connection, Options, Served, serve};
use trapline_wasi::{ExitCode, OutputPipe, WasiCtx, WasiCtxBuilder, add_to_linker};

/// Adds functions of the host.
pub type Host = fn(&mut Linker<WasiCtx>) -> trapline::Result<()>;

#[derive(Clone)]
pub struct Guest {
    /// Modules that others import from, by their names, and the one whose function is called.
    modules: Vec<(&'static str, Vec<u8>)>,
    path: Option<PathBuf>,
    function: &'static str,
    arguments: Vec<&'static str>,
    host: Option<Host>,
}

/// A guest that is served.
pub struct Running {
    pub client: Client,
    server: JoinHandle<String>,
}

impl Running {
    /// How it has ended to be served, while the client is still there.
    pub fn join(self) -> String {
        self.server.join().unwrap()
    }

    /// Has the client leave.
    pub fn leave(self) -> JoinHandle<String> {
        self.server
    }

    /// How it has ended to be served, as the client leaves.
    pub fn served(self) -> String {
        drop(self.client);
        self.server.join().unwrap()
    }
}

impl Guest {
    /// One of our own programs.
    pub fn program(name: &str, arguments: &[&'static str]) -> Guest {
        let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests");
        let path = guests.canonicalize().unwrap().join(name).join(name);
        let path = path.with_extension("wasm");
        Guest {
            modules: vec![("", std::fs::read(&path).unwrap())],
            path: Some(path),
            function: "_start",
            arguments: arguments.to_vec(),
            host: None,
        }
    }

    /// A module in text, whose function `run` is called.
    pub fn text(text: &str) -> Guest {
        Guest::linked(&[("", text)])
    }

    /// Modules in text, the last of which may import from the others by their names.
    pub fn linked(modules: &[(&'static str, &str)]) -> Guest {
        let modules = modules.iter();
        Guest {
            modules: modules
                .map(|(name, text)| (*name, text.as_bytes().to_vec()))
                .collect(),
            path: None,
            function: "run",
            arguments: Vec::new(),
            host: None,
        }
    }

    /// With functions of the host.
    pub fn with_host(mut self, host: Host) -> Guest {
        self.host = Some(host);
        self
    }

    /// Has it debugged, before it has begun.
    pub fn debugged<R>(&self, with: impl FnOnce(&mut Debuggee<'_, '_, WasiCtx>) -> R) -> R {
        let engine = Engine::new(Config::new().observe(Observe::State)).unwrap();
        let mut linker = Linker::new(&engine);
        add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi).unwrap();
        if let Some(host) = self.host {
            host(&mut linker).unwrap();
        }
        let mut wasi = WasiCtxBuilder::new();
        wasi.stdout(OutputPipe::new(1 << 20))
            .stderr(OutputPipe::new(1 << 20));
        wasi.arg("guest").args(&self.arguments);
        let mut store = Store::new(&engine, wasi.build());
        let mut debugger = Debugger::new();
        debugger.set_exit_check(|error| error.downcast_ref::<ExitCode>().is_some());
        let mut last: Option<Instance> = None;
        for (name, bytes) in &self.modules {
            let module = Module::new(&engine, bytes).unwrap();
            debugger.add_module(&module, self.path.as_deref());
            let instance = linker.instantiate(&mut store, &module).unwrap();
            linker.instance(&mut store, name, instance).unwrap();
            last = Some(instance);
        }
        let function: Func = last.unwrap().get_func(&mut store, self.function).unwrap();
        let session = DebugSession::call(&mut store, function, &[]).unwrap();
        with(&mut Debuggee::new(&mut debugger, session))
    }

    /// Has a client served that is connected already.
    pub fn serve(&self) -> Running {
        self.serve_with(options)
    }

    /// As [`Guest::serve`], with options.
    pub fn serve_with(&self, options: fn() -> Options) -> Running {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let guest = self.clone();
        let server = thread::spawn(move || {
            guest.debugged(|debuggee| {
                let connection = Connection::unix(theirs).unwrap();
                described(serve(debuggee, connection, &options()).unwrap())
            })
        });
        let client = Client::new(ours);
        Running { client, server }
    }
}

pub fn options() -> Options {
    Options::new().exit_code(|outcome| match outcome {
        Ok(_) => 0,
        Err(error) => error
            .downcast_ref::<ExitCode>()
            .map_or(134, |exit| exit.0 as u8),
    })
}

pub fn described(served: Served) -> String {
    match served {
        Served::Exited(Ok(values)) => format!("returned {}", numbers(&values)),
        Served::Exited(Err(error)) => format!("failed: {error}"),
        other => format!("{other:?}"),
    }
}

fn numbers(values: &[Val]) -> String {
    let numbers = values.iter().map(|value| match value {
        Val::I32(number) => number.to_string(),
        other => format!("{other:?}"),
    });
    numbers.collect::<Vec<_>>().join(", ")
}
