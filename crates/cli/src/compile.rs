//! `trapline compile`: compiling ahead of time.

use crate::cli::Compile;
use crate::failure::Failure;
use crate::load::{self, reason};
use anyhow::{anyhow, bail};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use trapline::{Config, Engine};

pub(crate) fn compile(command: &Compile) -> Result<(), Failure> {
    let output = output(command)?;
    let engine = Engine::new(&Config::new())?;
    let input = load::read(&command.file)?;
    let artifact = input.compile(&engine)?.serialize()?;
    Ok(write(&output, &artifact)?)
}

fn output(command: &Compile) -> anyhow::Result<PathBuf> {
    match &command.output {
        Some(output) => Ok(output.clone()),
        None if command.file == Path::new("-") => {
            bail!("say with -o where to put the compiled module")
        }
        None => Ok(command.file.with_extension("cwasm")),
    }
}

/// Puts a file in its place in one step, so that a run at the same time, which maps it, sees the
/// old one or the new one and never a part.
fn write(output: &Path, contents: &[u8]) -> anyhow::Result<()> {
    let temporary = output.with_added_extension(format!("{}.tmp", std::process::id()));
    let result = fs::File::create(&temporary)
        .and_then(|mut file| file.write_all(contents))
        .and_then(|()| fs::rename(&temporary, output));
    result.map_err(|error| {
        let _ = fs::remove_file(&temporary);
        anyhow!("cannot write {}: {}", output.display(), reason(&error))
    })
}
