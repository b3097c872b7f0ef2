//! Programs to debug.

use bytes::Bytes;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::SystemTime;
use trapline::{Config, DebugSession, Engine, Linker, Module, Observe, Store};
use trapline_debugger::{Debuggee, Debugger, Files, Resume, Stop, SystemFiles};
use trapline_symbols::Symbols;
use trapline_wasi::{ExitCode, OutputPipe, WasiCtx, WasiCtxBuilder, add_to_linker};

/// A run of a guest.
pub type Run<'d, 's> = Debuggee<'d, 's, WasiCtx>;

/// A guest that is compiled once, and run as often as one likes.
pub struct Guest {
    pub debugger: Debugger,
    pub symbols: Arc<Symbols>,
    engine: Engine,
    module: Module,
    linker: Linker<WasiCtx>,
}

impl Guest {
    pub fn new(name: &str) -> Guest {
        let path = path(name);
        let wasm = std::fs::read(&path).unwrap();
        let engine = Engine::new(Config::new().observe(Observe::State)).unwrap();
        let module = Module::new(&engine, &wasm).unwrap();
        let mut linker = Linker::new(&engine);
        add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi).unwrap();
        let mut debugger = Debugger::with_files(Arc::new(OwnFiles));
        debugger.set_exit_check(|error| error.downcast_ref::<ExitCode>().is_some());
        // Where the guests in Zig were built.
        let values = guests().join("values").display().to_string();
        debugger
            .sources_mut()
            .substitute("/tmp/trapline-guests", values);
        let id = debugger.add_module(&module, Some(&path));
        let symbols = Arc::clone(debugger.module(id).unwrap().symbols().unwrap());
        Guest {
            debugger,
            symbols,
            engine,
            module,
            linker,
        }
    }

    /// Debugs the guest, which has not begun yet.
    pub fn run<R>(&mut self, test: impl FnOnce(&mut Run<'_, '_>) -> R) -> R {
        let mut wasi = WasiCtxBuilder::new();
        wasi.stdout(OutputPipe::new(1 << 20)).arg("guest");
        let mut store = Store::new(&self.engine, wasi.build());
        let instance = self.linker.instantiate(&mut store, &self.module).unwrap();
        let start = instance.get_func(&mut store, "_start").unwrap();
        let session = DebugSession::call(&mut store, start, &[]).unwrap();
        test(&mut Debuggee::new(&mut self.debugger, session))
    }
}

/// The files of the guests. Sources of libraries may be on one machine and not on another, and steps
/// enter functions whose source there is.
struct OwnFiles;

impl Files for OwnFiles {
    fn read(&self, path: &Path, limit: u64) -> io::Result<Bytes> {
        match self.exists(path) {
            true => SystemFiles.read(path, limit),
            false => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn modified(&self, path: &Path) -> Option<SystemTime> {
        SystemFiles.modified(path)
    }

    fn exists(&self, path: &Path) -> bool {
        path.starts_with(guests()) && SystemFiles.exists(path)
    }
}

fn guests() -> PathBuf {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests");
    guests.canonicalize().unwrap()
}

fn path(name: &str) -> PathBuf {
    let guests = guests();
    match name.split_once('/') {
        Some((folder, file)) => guests.join(folder).join(file).with_extension("wasm"),
        None => guests.join(name).join(name).with_extension("wasm"),
    }
}

pub fn resume(run: &mut Run<'_, '_>, how: Resume) -> Stop {
    let mut future = pin!(run.resume(how));
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(stop) = future.as_mut().poll(&mut context) {
            return stop;
        }
    }
}
