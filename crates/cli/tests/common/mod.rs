//! What the tests of the program share.
#![allow(dead_code)]

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// The top of the repository, where the reports find the guests' source.
pub fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// The path, from the top, of one of our own guest programs.
pub fn guest(name: &str) -> String {
    format!("tests/guests/{name}/{name}.wasm")
}

/// A folder with a copy of `tests/guests`, in which no source is newer than its module, as may be in the
/// repository.
pub fn copied_guests() -> TempDir {
    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let target = to.join(entry.file_name());
            match entry.file_type().unwrap().is_dir() {
                true => copy(&entry.path(), &target),
                false => drop(std::fs::copy(entry.path(), &target).unwrap()),
            }
            if target
                .extension()
                .is_some_and(|extension| extension == "wasm")
            {
                let later = SystemTime::now() + Duration::from_secs(60);
                let file = std::fs::File::options().write(true).open(&target);
                file.unwrap().set_modified(later).unwrap();
            }
        }
    }
    let folder = folder();
    copy(
        &top().join("tests/guests"),
        &folder.path().join("tests/guests"),
    );
    folder
}

/// A call of the program, at the top of the repository, without a cache.
pub struct Trapline {
    command: Command,
    input: Vec<u8>,
    /// Where it runs, if it has a folder of its own.
    folder: Option<TempDir>,
}

/// What a call has left.
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

pub fn trapline<I, S>(arguments: I) -> Trapline
where
    I: IntoIterator<Item = S>,
    S: AsRef<OsStr>,
{
    let mut command = Command::new(env!("CARGO_BIN_EXE_trapline"));
    command.args(arguments).current_dir(top());
    // Not the cache of whoever runs the tests.
    command.env_remove("XDG_CACHE_HOME").env_remove("HOME");
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI"] {
        command.env_remove(variable);
    }
    Trapline {
        command,
        input: Vec::new(),
        folder: None,
    }
}

/// A call of `trapline run`.
pub fn run<const N: usize>(arguments: [&str; N]) -> Trapline {
    trapline(["run"].iter().chain(arguments.iter()))
}

impl Trapline {
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Trapline {
        self.input = input.into();
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Trapline {
        self.command.env(name, value);
        self
    }

    /// Has it run in a [copy](copied_guests) of the guests.
    pub fn with_copied_guests(mut self) -> Trapline {
        let folder = copied_guests();
        self.command.current_dir(folder.path());
        self.folder = Some(folder);
        self
    }

    pub fn in_folder(mut self, folder: &Path) -> Trapline {
        self.command.current_dir(folder);
        self
    }

    pub fn ended(mut self) -> Ended {
        self.command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap();
        // The program may end without reading all of it.
        let _ = child.stdin.take().unwrap().write_all(&self.input);
        Ended::from(child.wait_with_output().unwrap())
    }

    /// Expects this exit code.
    #[track_caller]
    pub fn ends_with(self, code: i32) -> Ended {
        let ended = self.ended();
        let Ended { stdout, stderr, .. } = &ended;
        assert_eq!(
            ended.code,
            Some(code),
            "stdout:\n{stdout}\nstderr:\n{stderr}"
        );
        ended
    }

    /// Expects success and no words on standard error, and returns standard output.
    #[track_caller]
    pub fn prints(self) -> String {
        let ended = self.ends_with(0);
        assert_eq!(ended.stderr, "");
        ended.stdout
    }

    /// Expects this exit code and no output, and returns standard error.
    #[track_caller]
    pub fn fails_with(self, code: i32) -> String {
        let ended = self.ends_with(code);
        assert_eq!(ended.stdout, "");
        ended.stderr
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Ended {
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Compares with the file of this name in `tests/snapshots`, or writes it if `TRAPLINE_BLESS` is
/// set.
#[track_caller]
pub fn snapshot(name: &str, actual: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/snapshots")
        .join(name);
    if std::env::var_os("TRAPLINE_BLESS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        actual == expected,
        "{} expects\n{expected}\nbut it is\n{actual}",
        file.display()
    );
}

/// A folder that is gone after the test.
pub fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// The path as text.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
