//! From a name on the command line to a module.

use crate::progress::CompileProgress;
use anyhow::{Context, anyhow, bail};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use trapline::{Config, Engine, Error, Module};
use wasmparser::{Parser, Payload};

/// No engine takes larger modules; a device may have no end.
const LARGEST: u64 = 1 << 30;

/// A module as it was found, and what to call it.
pub(crate) struct Input {
    contents: Contents,
    /// For messages: the path, or words for standard input.
    pub(crate) label: String,
    /// None for standard input.
    path: Option<PathBuf>,
}

enum Contents {
    /// A module, binary or text, or what is to be found out to be none.
    Source(Vec<u8>),
    /// A compiled module. It is not read but mapped.
    Compiled,
}

/// Reads a file, or standard input for `-`.
pub(crate) fn read(file: &Path) -> anyhow::Result<Input> {
    let (label, path, contents);
    if file == Path::new("-") {
        (label, path) = ("standard input".to_string(), None);
        contents = read_contents(io::stdin().lock());
    } else {
        (label, path) = (file.display().to_string(), Some(file.to_path_buf()));
        contents = File::open(file).and_then(read_contents);
    }
    match contents {
        Ok(contents) => Ok(Input {
            contents,
            label,
            path,
        }),
        Err(error) => bail!("cannot read {label}: {}", reason(&error)),
    }
}

fn read_contents(mut file: impl Read) -> io::Result<Contents> {
    let mut bytes = Vec::new();
    file.by_ref().take(64).read_to_end(&mut bytes)?;
    if trapline_compile::is_artifact(&bytes) {
        return Ok(Contents::Compiled);
    }
    file.take(LARGEST).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::other("larger than any module can be"));
    }
    Ok(Contents::Source(bytes))
}

/// What an error of the system says, without its number, and with a small first letter.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => "unknown error".to_string(),
    }
}

impl Input {
    /// The whole path, if it is one and can be told.
    pub(crate) fn absolute_path(&self) -> Option<String> {
        let path = std::path::absolute(self.path.as_ref()?).ok()?;
        Some(path.to_string_lossy().into_owned())
    }

    /// The last part of the path, if there is one.
    pub(crate) fn short_name(&self) -> Option<String> {
        let name = self.path.as_ref()?.file_name()?;
        Some(name.to_string_lossy().into_owned())
    }

    /// Whether the module says which variables its source has.
    pub(crate) fn has_debug_information(&self) -> bool {
        let Contents::Source(bytes) = &self.contents else {
            return false;
        };
        let payloads = Parser::new(0).parse_all(bytes).map_while(Result::ok);
        let mut sections = payloads.filter_map(|payload| match payload {
            Payload::CustomSection(section) => Some(section.name()),
            _ => None,
        });
        sections.any(|name| matches!(name, ".debug_info" | "external_debug_info"))
    }

    /// Compiles the module, and shows how far that is if it takes long.
    pub(crate) fn compile(&self, engine: &Engine) -> anyhow::Result<Module> {
        let label = &self.label;
        let Contents::Source(bytes) = &self.contents else {
            bail!("{label} is a compiled module already");
        };
        if bytes.is_empty() {
            bail!("{label} is empty");
        }
        if bytes.starts_with(b"\0asm\x0d\0\x01\0") {
            bail!("{label} is a component; trapline runs modules only");
        }
        if !bytes.starts_with(b"\0asm") && str::from_utf8(bytes).is_err() {
            bail!("{label} is no WebAssembly module, neither binary nor text");
        }
        compile(engine, bytes, label)
    }

    /// Compiles the module, or loads it if it has been compiled before and that is allowed. An engine
    /// that observes compiles it all the same, out of the module that the compiled one holds.
    pub(crate) fn load(
        &self,
        engine: &Engine,
        allow_precompiled: bool,
        observes: bool,
    ) -> anyhow::Result<Module> {
        let label = &self.label;
        match (&self.contents, &self.path) {
            (Contents::Source(_), _) => self.compile(engine),
            (Contents::Compiled, _) if !allow_precompiled => bail!(
                "{label} is a compiled module; it holds machine code, so it is run only with \
                 --allow-precompiled, which you should give only if you trust it"
            ),
            (Contents::Compiled, None) => {
                bail!("a compiled module cannot be read from standard input")
            }
            (Contents::Compiled, Some(path)) if observes => {
                let plain = Engine::new(&Config::new())?;
                let compiled = Module::deserialize_file(&plain, path);
                let compiled = compiled.with_context(|| format!("cannot load {label}"))?;
                compile(engine, compiled.wasm(), label)
            }
            (Contents::Compiled, Some(path)) => Module::deserialize_file(engine, path)
                .with_context(|| format!("cannot load {label}")),
        }
    }
}

fn compile(engine: &Engine, bytes: &[u8], label: &str) -> anyhow::Result<Module> {
    let progress = CompileProgress::new();
    Module::new_with_progress(engine, bytes, &|state| progress.update(state))
        .map_err(|error| match error {
            // The parser of the text format knows no name for what it reads.
            Error::Text(text) => anyhow!(text.replace("<anon>", label)),
            other => other.into(),
        })
        .with_context(|| format!("cannot compile {label}"))
}
