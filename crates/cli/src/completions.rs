//! `trapline completions`: scripts for shells.

use crate::cli::{Arguments, Completions};
use crate::failure::Failure;
use clap::CommandFactory;
use std::io::Write;

pub(crate) fn completions(command: &Completions) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(
        command.shell,
        &mut Arguments::command(),
        "trapline",
        &mut script,
    );
    crate::until_closed(std::io::stdout().write_all(&script))
}
