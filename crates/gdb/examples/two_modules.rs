//! A host with two guest modules in one store, which LLDB debugs together: a program, and a module that
//! runs it and has no file. `tests/lldb/sessions.py` runs this.
//!
//! ```console
//! $ cargo run -p trapline-gdb --example two_modules -- tests/guests/steps/steps.wasm
//! Listening at 127.0.0.1:40123
//! ```

use std::path::{Path, absolute};
use trapline::{Config, DebugSession, Engine, Linker, Module, Observe, Store, Val};
use trapline_debugger::{Debuggee, Debugger};
use trapline_gdb::{Listener, Options, Reach, serve_clients};
use trapline_wasi::{ExitCode, WasiCtx, WasiCtxBuilder};

/// Runs the program as often as it is told, and counts.
const RUNNER: &str = r#"(module $runner
    (import "program" "_start" (func $start))
    (memory 1)
    (data (i32.const 16) "the runner's own memory")
    (global $runs (mut i32) (i32.const 0))
    (func $run_once (param $number i32)
        (global.set $runs (local.get $number))
        (call $start))
    (func (export "run") (param $times i32) (result i32)
        (local $done i32)
        (loop $again
            (local.set $done (i32.add (local.get $done) (i32.const 1)))
            (call $run_once (local.get $done))
            (br_if $again (i32.lt_u (local.get $done) (local.get $times))))
        (global.get $runs)))"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args_os().nth(1).ok_or("name a program")?;
    // LLDB looks for the file where this is told to be.
    let path = absolute(Path::new(&file))?;
    let engine = Engine::new(Config::new().observe(Observe::State))?;
    let program = Module::new(&engine, std::fs::read(&path)?)?;
    let runner = Module::new(&engine, RUNNER)?;
    let mut wasi = WasiCtxBuilder::new();
    wasi.inherit_stdio().arg("program");
    let mut store = Store::new(&engine, wasi.build());
    let mut linker = Linker::new(&engine);
    trapline_wasi::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi)?;
    let instance = linker.instantiate(&mut store, &program)?;
    linker.instance(&mut store, "program", instance)?;
    let instance = linker.instantiate(&mut store, &runner)?;
    let run = instance.get_func(&mut store, "run").ok_or("no function")?;

    let mut debugger = Debugger::new();
    debugger.set_exit_check(|error| error.downcast_ref::<ExitCode>().is_some());
    debugger.add_module(&program, Some(&path));
    let session = DebugSession::call(&mut store, run, &[Val::I32(2)])?;
    let mut debuggee = Debuggee::new(&mut debugger, session);
    let mut listener = Listener::bind("127.0.0.1:0", Reach::Local)?;
    println!("Listening at {}", listener.address());
    let served = serve_clients(&mut debuggee, &mut listener, &Options::new())?;
    println!("{served:?}");
    Ok(())
}
