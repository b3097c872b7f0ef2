//! How a command can fail, and what is said and returned for it.

use crate::text::ERROR;
use std::process::ExitCode;

/// The exit code for a program that trapped or did not catch an exception: what shells report for a process that `abort` ended,
/// and what other engines return.
pub(crate) const TRAPPED: u8 = 134;

/// Why a command did not succeed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The guest exited by itself, with this code, which may be zero. It has said why, if it
    /// wanted to.
    Exit(i32),
    /// The guest trapped. The report is ready to be printed.
    Trap(String),
    /// The guest threw an exception and did not catch it. The report is ready to be printed.
    Exception(String),
    /// A function of the host failed under the guest. The report is ready to be printed.
    Host(String),
    /// Anything else.
    Error(anyhow::Error),
}

impl Failure {
    /// Says what went wrong on standard error.
    pub(crate) fn print(&self) {
        match self {
            Failure::Exit(_) => {}
            Failure::Trap(report) | Failure::Exception(report) | Failure::Host(report) => {
                crate::print_error(report);
            }
            Failure::Error(error) => {
                crate::print_error(&format!("{ERROR}error:{ERROR:#} {}\n", sentence(error)));
            }
        }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            // As everywhere on Unix, the low eight bits are what the parent sees.
            Failure::Exit(code) => ExitCode::from(*code as u8),
            Failure::Trap(_) | Failure::Exception(_) => ExitCode::from(TRAPPED),
            Failure::Host(_) | Failure::Error(_) => ExitCode::FAILURE,
        }
    }
}

/// An error and its causes, without those that the error before tells already.
fn sentence(error: &anyhow::Error) -> String {
    let mut sentence = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if sentence.is_empty() {
            sentence = cause;
        } else if !sentence.ends_with(&cause) {
            sentence = format!("{sentence}: {cause}");
        }
    }
    sentence
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::Error(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_told_once() {
        let error = anyhow::anyhow!("no such file")
            .context("a.wasm: no such file")
            .context("cannot run");
        assert_eq!(sentence(&error), "cannot run: a.wasm: no such file");
    }
}
