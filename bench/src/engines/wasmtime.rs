//! Wasmtime: its defaults, without its compilation cache.

use ::wasmtime as wasm;

#[path = "adapter.rs"]
mod adapter;
pub use adapter::Adapter;

/// What only Wasmtime does this way.
mod platform {
    use super::adapter::Host;
    use super::wasm::{Config, Engine, Error, FuncType, Linker, Module, ValType};
    use crate::engines::{CodeSize, Observed, Threads};
    use anyhow::{Context as _, Result, ensure};
    use object::{Object as _, ObjectSection as _, ObjectSymbol as _};
    use std::path::Path;
    use wasmtime_wasi::p1::{self, WasiP1Ctx};
    use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
    use wasmtime_wasi::{FsPerms, I32Exit, WasiCtxBuilder};

    pub fn name(observed: Observed) -> &'static str {
        match observed {
            Observed::No => "wasmtime",
            Observed::Stacks | Observed::State => "wasmtime (guest_debug)",
        }
    }

    pub type Wasi = WasiP1Ctx;

    pub fn config(threads: Threads, observed: Observed) -> Result<Config> {
        ensure!(
            observed != Observed::Stacks,
            "Wasmtime observes all or nothing"
        );
        let mut config = Config::new();
        config.parallel_compilation(threads == Threads::All);
        config.guest_debug(observed == Observed::State);
        Ok(config)
    }

    pub fn func_type<const P: usize, const R: usize>(
        engine: &Engine,
        params: [ValType; P],
        results: [ValType; R],
    ) -> FuncType {
        FuncType::new(engine, params, results)
    }

    /// Where a program's output goes.
    pub struct Output {
        stdout: MemoryOutputPipe,
        stderr: MemoryOutputPipe,
    }

    impl Output {
        pub fn stdout(&self) -> Vec<u8> {
            self.stdout.contents().to_vec()
        }

        pub fn stderr(&self) -> Vec<u8> {
            self.stderr.contents().to_vec()
        }
    }

    pub fn wasi(dir: &Path) -> Result<(Wasi, Output)> {
        let output = Output {
            stdout: MemoryOutputPipe::new(usize::MAX),
            stderr: MemoryOutputPipe::new(usize::MAX),
        };
        let wasi = WasiCtxBuilder::new()
            // As its own command line does: file operations without a round trip to a thread pool.
            .allow_blocking_current_thread(true)
            .arg("benchmark.wasm")
            .stdout(output.stdout.clone())
            .stderr(output.stderr.clone())
            .preopened_dir(dir, ".", FsPerms::ReadWrite)?
            .build_p1();
        Ok((wasi, output))
    }

    pub fn add_wasi(linker: &mut Linker<Host>) -> Result<()> {
        p1::add_to_linker_sync(linker, |host| {
            host.wasi.as_mut().expect("a program has WASI")
        })?;
        Ok(())
    }

    pub fn exit_code(error: &Error) -> Option<i32> {
        error.downcast_ref::<I32Exit>().map(|exit| exit.0)
    }

    pub fn code_size(engine: &Engine, _: Observed, wasm: &[u8]) -> Result<CodeSize> {
        let module = Module::from_binary(engine, wasm)?;
        Ok(CodeSize {
            functions: module.functions().map(|function| function.len as u64).sum(),
            text: text_size(&module.serialize()?)?,
        })
    }

    /// The end of the last thing in the text section. The section itself is rounded up to whole
    /// pages, as Trapline's is when it is mapped; that rounding is no machine code.
    fn text_size(artifact: &[u8]) -> Result<u64> {
        let file = object::File::parse(artifact)?;
        let text = file
            .section_by_name(".text")
            .context("an artifact without text")?;
        let inside = file
            .symbols()
            .filter(|symbol| symbol.section_index() == Some(text.index()));
        Ok(inside
            .map(|symbol| symbol.address() + symbol.size())
            .max()
            .unwrap_or(0))
    }
}
