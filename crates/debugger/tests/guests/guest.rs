//! Programs to debug.

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use trapline::{Config, DebugSession, Engine, Linker, Module, Observe, Store};
use trapline_debugger::{Debuggee, Debugger, Resume, Stop, StopReason};
use trapline_wasi::{ExitCode, OutputPipe, WasiCtx, WasiCtxBuilder, add_to_linker};

/// A run of a guest.
pub type Run<'d, 's> = Debuggee<'d, 's, WasiCtx>;

pub fn path(name: &str) -> PathBuf {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests");
    let guests = guests.canonicalize().unwrap();
    match name.split_once('/') {
        Some((folder, file)) => guests.join(folder).join(file).with_extension("wasm"),
        None => guests.join(name).join(name).with_extension("wasm"),
    }
}

/// Debugs a guest, which has not begun yet.
pub fn debug<R>(name: &str, arguments: &[&str], test: impl FnOnce(&mut Run<'_, '_>) -> R) -> R {
    debug_with(&mut Debugger::new(), name, arguments, test)
}

/// Debugs a guest with a debugger.
pub fn debug_with<R>(
    debugger: &mut Debugger,
    name: &str,
    arguments: &[&str],
    test: impl FnOnce(&mut Run<'_, '_>) -> R,
) -> R {
    let wasm = std::fs::read(path(name)).unwrap();
    debug_wasm(debugger, &wasm, name, arguments, test)
}

/// Debugs a guest, given its module.
pub fn debug_wasm<R>(
    debugger: &mut Debugger,
    wasm: &[u8],
    name: &str,
    arguments: &[&str],
    test: impl FnOnce(&mut Run<'_, '_>) -> R,
) -> R {
    let engine = Engine::new(Config::new().observe(Observe::State)).unwrap();
    let module = Module::new(&engine, wasm).unwrap();
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi).unwrap();
    let stdout = OutputPipe::new(1 << 20);
    let mut wasi = WasiCtxBuilder::new();
    wasi.stdout(stdout.clone()).arg(name).args(arguments);
    let mut store = Store::new(&engine, wasi.build());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let start = instance.get_func(&mut store, "_start").unwrap();
    debugger.set_exit_check(|error| error.downcast_ref::<ExitCode>().is_some());
    debugger.add_module(&module, Some(&path(name)));
    let session = DebugSession::call(&mut store, start, &[]).unwrap();
    test(&mut Debuggee::new(debugger, session))
}

pub fn resume<T: 'static>(run: &mut Debuggee<'_, '_, T>, how: Resume) -> Stop {
    wait(run.resume(how))
}

pub fn wait<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

/// Goes on to a breakpoint, and returns its numbers.
pub fn to_breakpoint(run: &mut Run<'_, '_>) -> Vec<u32> {
    match resume(run, Resume::Continue).reason {
        StopReason::Breakpoint { ids, problems } => {
            assert_eq!(problems, []);
            ids.into_iter().map(|id| id.number()).collect()
        }
        reason => panic!("{reason:?}"),
    }
}

/// Makes a step, and returns where it ends.
pub fn step(run: &mut Run<'_, '_>, how: Resume) -> String {
    match resume(run, how).reason {
        StopReason::Step => place(run),
        reason => panic!("{reason:?} at {}", place(run)),
    }
}

/// Makes several steps.
pub fn steps(run: &mut Run<'_, '_>, how: Resume, count: usize) -> Vec<String> {
    (0..count).map(|_| step(run, how.clone())).collect()
}

/// Runs to the end, which must be an exit without an error.
pub fn to_end(run: &mut Run<'_, '_>) {
    match resume(run, Resume::Continue).reason {
        StopReason::Finished(Ok(_)) => {}
        StopReason::Finished(Err(error)) => {
            assert_eq!(error.downcast_ref::<ExitCode>().map(|code| code.0), Some(0));
        }
        reason => panic!("{reason:?}"),
    }
}

/// The function and line of the innermost frame.
pub fn place(run: &Run<'_, '_>) -> String {
    places(run, 1).pop().unwrap()
}

/// The functions and lines of the innermost frames.
pub fn places(run: &Run<'_, '_>, count: usize) -> Vec<String> {
    let frames = run.frames(0..count).into_iter();
    let places = frames.map(|frame| {
        let line = frame.location.and_then(|location| location.line);
        match line {
            Some(line) => format!("{}:{line}", frame.function),
            None => frame.function,
        }
    });
    places.collect()
}

/// The value of a variable of a frame, as text.
pub fn value(run: &Run<'_, '_>, level: usize, name: &str) -> String {
    let variables = run.frame(level).unwrap().variables().unwrap();
    let found = variables.into_iter().find(|variable| variable.name == name);
    found.unwrap().value.unwrap()
}
