//! What programs are given, whether they are run or debugged.

use crate::cli::GuestOptions;
use crate::load::reason;
use anyhow::{anyhow, bail};
use std::ffi::OsString;
use trapline_wasi::WasiCtxBuilder;

/// A word of the command line for a program.
pub(crate) fn utf8(word: &OsString) -> anyhow::Result<String> {
    match word.to_str() {
        Some(word) => Ok(word.to_string()),
        None => bail!("the argument {} is not valid UTF-8", word.display()),
    }
}

/// What a program is given, which has this name unless it is told another one, and the standard streams of
/// this process.
pub(crate) fn wasi(
    options: &GuestOptions,
    name: &String,
    arguments: &[String],
) -> anyhow::Result<WasiCtxBuilder> {
    let mut wasi = WasiCtxBuilder::new();
    wasi.inherit_stdio();
    wasi.arg(options.argv0.as_ref().unwrap_or(name));
    wasi.args(arguments);
    for variable in &options.variables {
        match variable.split_once('=') {
            Some((name, value)) => {
                wasi.env(name, value);
            }
            None => match std::env::var(variable) {
                Ok(value) => {
                    wasi.env(variable, value);
                }
                // It is not set for the program either.
                Err(std::env::VarError::NotPresent) => {}
                Err(_) => bail!("the value of the variable {variable} is not valid UTF-8"),
            },
        }
    }
    for dir in &options.dirs {
        let (host, guest) = dir.split_once("::").unwrap_or((dir, dir));
        if guest.is_empty() {
            bail!("the folder {host} is given to the program under no name");
        }
        wasi.preopened_dir(host, guest)
            .map_err(|error| anyhow!("cannot open the folder {host}: {}", reason(&error.source)))?;
    }
    Ok(wasi)
}
