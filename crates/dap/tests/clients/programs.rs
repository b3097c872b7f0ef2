//! Guests to be debugged.

use std::io::Write;
use trapline::{Config, Engine, Error, Linker, Module, Observe, Store, Val};
use trapline_dap::{LaunchOptions, LaunchedProgram, Launcher, StartedProgram};
use trapline_debugger::Debugger;
use trapline_wasi::{ExitCode, WasiCtx, WasiCtxBuilder};

/// A guest that counts for ever.
pub const ENDLESS: &str = r#"(module
    (memory (export "memory") 1)
    (global $n (mut i32) (i32.const 0))
    (func $count (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
    (func (export "_start")
        (loop $again
            (global.set $n (call $count (global.get $n)))
            (br $again))))"#;

/// A guest that counts to a hundred, and traps.
pub const SHORT: &str = r#"(module
    (memory (export "memory") 1)
    (func $count (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
    (func (export "_start") (local i32)
        (loop $again
            (local.set 0 (call $count (local.get 0)))
            (br_if $again (i32.lt_u (local.get 0) (i32.const 100))))
        (unreachable)))"#;

pub fn engine() -> Engine {
    Engine::new(Config::new().observe(Observe::State)).unwrap()
}

/// Takes the attribute `program` for the text of a module.
pub struct Texts;

struct Text(Engine, Module);

impl Launcher for Texts {
    type Data = WasiCtx;

    fn load(&self, options: &LaunchOptions) -> Result<Box<dyn LaunchedProgram<WasiCtx>>, String> {
        let engine = engine();
        let module = Module::new(&engine, options.program.as_bytes());
        let module = module.map_err(|error| error.to_string())?;
        Ok(Box::new(Text(engine, module)))
    }
}

impl LaunchedProgram<WasiCtx> for Text {
    fn name(&self) -> String {
        "text".to_owned()
    }

    fn introduce(&self, debugger: &mut Debugger) {
        debugger.add_module(&self.1, None);
    }

    fn start(
        &self,
        output: Box<dyn Write + Send>,
        errors: Box<dyn Write + Send>,
    ) -> Result<StartedProgram<WasiCtx>, String> {
        let wasi = WasiCtxBuilder::new().stdout(output).stderr(errors).build();
        let mut store = Store::new(&self.0, wasi);
        let mut linker = Linker::new(&self.0);
        trapline_wasi::add_to_linker(&mut linker, |wasi| wasi).unwrap();
        let instance = linker.instantiate(&mut store, &self.1);
        let instance = instance.map_err(|error| error.to_string())?;
        let function = instance.get_func(&mut store, "_start");
        Ok(StartedProgram {
            function: function.ok_or("there is no _start")?,
            store,
            arguments: Vec::new(),
        })
    }

    fn returned(&self, values: &[Val]) -> String {
        format!("{values:?}")
    }

    fn ended(&self, error: &Error) -> (i64, Option<String>) {
        match error.downcast_ref() {
            Some(ExitCode(code)) => (i64::from(*code), None),
            None => (134, Some(error.to_string())),
        }
    }
}
