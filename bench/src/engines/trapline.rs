//! Trapline: its defaults, without its compilation cache.

use ::trapline as wasm;

#[path = "adapter.rs"]
mod adapter;
pub use adapter::Adapter;

/// What only Trapline does this way.
mod platform {
    use super::adapter::Host;
    use super::wasm::{Config, Engine, Error, FuncType, Linker, Observe, ValType};
    use crate::engines::{CodeSize, Observed, Threads};
    use anyhow::Result;
    use std::path::Path;
    use trapline_compile::{Compiler, CompilerOptions};
    use trapline_wasi::{ExitCode, OutputPipe, WasiCtx, WasiCtxBuilder, add_to_linker};

    pub fn name(observed: Observed) -> &'static str {
        match observed {
            Observed::No => "trapline",
            Observed::Stacks => "trapline (stacks)",
            Observed::State => "trapline (state)",
        }
    }

    fn observe(observed: Observed) -> Observe {
        match observed {
            Observed::No => Observe::None,
            Observed::Stacks => Observe::Stacks,
            Observed::State => Observe::State,
        }
    }

    pub type Wasi = WasiCtx;

    pub fn config(threads: Threads, observed: Observed) -> Result<Config> {
        let mut config = Config::new();
        config.parallel_compilation(threads == Threads::All);
        config.observe(observe(observed));
        Ok(config)
    }

    pub fn func_type<const P: usize, const R: usize>(
        _: &Engine,
        params: [ValType; P],
        results: [ValType; R],
    ) -> FuncType {
        FuncType::new(params, results)
    }

    /// Where a program's output goes.
    pub struct Output {
        stdout: OutputPipe,
        stderr: OutputPipe,
    }

    impl Output {
        pub fn stdout(&self) -> Vec<u8> {
            self.stdout.contents()
        }

        pub fn stderr(&self) -> Vec<u8> {
            self.stderr.contents()
        }
    }

    pub fn wasi(dir: &Path) -> Result<(Wasi, Output)> {
        let output = Output {
            stdout: OutputPipe::new(usize::MAX),
            stderr: OutputPipe::new(usize::MAX),
        };
        let wasi = WasiCtxBuilder::new()
            .arg("benchmark.wasm")
            .stdout(output.stdout.clone())
            .stderr(output.stderr.clone())
            .preopened_dir(dir, ".")?
            .build();
        Ok((wasi, output))
    }

    pub fn add_wasi(linker: &mut Linker<Host>) -> Result<()> {
        add_to_linker(linker, |host: &mut Host| {
            host.wasi.as_mut().expect("a program has WASI")
        })?;
        Ok(())
    }

    pub fn exit_code(error: &Error) -> Option<i32> {
        error.downcast_ref::<ExitCode>().map(|exit| exit.0)
    }

    pub fn code_size(_: &Engine, observed: Observed, wasm: &[u8]) -> Result<CodeSize> {
        // The engine does not show its text; the compiler under it does.
        let options = CompilerOptions {
            parallel: false,
            observe: observe(observed),
            ..CompilerOptions::default()
        };
        let module = Compiler::new(&options)?.compile(wasm.to_vec().into(), None)?;
        let functions = module
            .info()
            .bodies
            .keys()
            .map(|index| module.function_code(index));
        Ok(CodeSize {
            functions: functions.map(|code| u64::from(code.end - code.start)).sum(),
            text: module.text().len() as u64,
        })
    }
}
