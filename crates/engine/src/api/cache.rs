//! A directory of compiled modules.
//!
//! An entry's name is the hash of the module's bytes and of all that the compiler's output
//! depends on besides, so that an entry is never wrong, only missing or damaged. Entries are
//! written under another name and then renamed: who reads one sees all of it, whatever other
//! processes do, and a mapped one that is replaced stays as it was. The cache is a help and no
//! more: when it fails, the module is compiled as if there were none.

use crate::error::{Error, Result};
use crate::vm::code_memory::CodeMemory;
use crate::vm::mapped_file;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use trapline_compile::{CompiledModule, Compiler};

/// A directory of compiled modules.
pub(crate) struct Cache {
    directory: PathBuf,
}

impl Cache {
    /// Uses a directory, which is made if need be.
    pub fn new(directory: &Path) -> Result<Cache> {
        fs::create_dir_all(directory).map_err(|source| Error::File {
            path: directory.to_owned(),
            source,
        })?;
        Ok(Cache {
            directory: directory.to_owned(),
        })
    }

    fn entry(&self, compiler: &Compiler, wasm: &[u8]) -> PathBuf {
        let mut hasher = blake3::Hasher::new();
        hasher.update(compiler.fingerprint());
        hasher.update(blake3::hash(wasm).as_bytes());
        self.directory
            .join(format!("{}.trapline", hasher.finalize().to_hex()))
    }

    /// A module that was stored before.
    pub fn load(&self, compiler: &Compiler, wasm: &[u8]) -> Option<Arc<CodeMemory>> {
        let code = load_artifact(compiler, &self.entry(compiler, wasm)).ok()?;
        // The name says so already, but costs no more to believe than this to check.
        (code.compiled().wasm() == wasm).then_some(code)
    }

    /// Stores a module, as well as it can be done.
    pub fn store(&self, compiler: &Compiler, compiled: &CompiledModule) {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let entry = self.entry(compiler, compiled.wasm());
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let temporary = entry.with_extension(format!("{}-{count}.tmp", process::id()));
        let written =
            write_artifact(compiled, &temporary).and_then(|()| fs::rename(&temporary, &entry));
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
    }
}

fn write_artifact(compiled: &CompiledModule, path: &Path) -> io::Result<()> {
    let mut file = BufWriter::new(File::create_new(path)?);
    compiled.write_artifact(&mut file)?;
    file.flush()
}

/// Loads a compiled module from a file, which is mapped.
pub(crate) fn load_artifact(compiler: &Compiler, path: &Path) -> Result<Arc<CodeMemory>> {
    let in_file = |source| Error::File {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(in_file)?;
    let artifact = mapped_file::map(&file).map_err(in_file)?;
    let compiled = compiler.load(artifact)?;
    CodeMemory::from_file(compiled, &file).map_err(in_file)
}
