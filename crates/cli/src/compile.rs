//! `trapline compile`: compiling ahead of time.

use crate::cli::Compile;
use crate::failure::Failure;
use crate::{load, output};
use anyhow::bail;
use std::io::Write;
use std::path::{Path, PathBuf};
use trapline::{Config, Engine};

pub(crate) fn compile(command: &Compile) -> Result<(), Failure> {
    let path = path(command)?;
    let engine = Engine::new(&Config::new())?;
    let input = load::read(&command.file)?;
    let artifact = input.compile(&engine)?.serialize()?;
    Ok(output::write(&path, |file| file.write_all(&artifact))?)
}

fn path(command: &Compile) -> anyhow::Result<PathBuf> {
    match &command.output {
        Some(output) => Ok(output.clone()),
        None if command.file == Path::new("-") => {
            bail!("say with -o where to put the compiled module")
        }
        None => Ok(command.file.with_extension("cwasm")),
    }
}
