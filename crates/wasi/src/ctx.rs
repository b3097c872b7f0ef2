//! The state of one guest, and the builder that says what the guest is given.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};
use rustix::fd::OwnedFd;

use crate::sock;
use crate::stdio::{Input, Output};
use crate::table::{Descriptor, Kind, OpenDir, Table};

/// The default of [`WasiCtxBuilder::max_open_files`].
const MAX_OPEN_FILES: usize = 1024;

/// What a guest has of WASI: its arguments, environment and descriptors.
///
/// One goes into the data of a store for each guest, where the functions that
/// [`add_to_linker`](crate::add_to_linker) defines find it. Made by a [`WasiCtxBuilder`].
///
/// ```
/// use trapline_wasi::{WasiCtx, WasiCtxBuilder};
///
/// struct State {
///     wasi: WasiCtx,
/// }
///
/// let state = State { wasi: WasiCtxBuilder::new().arg("program").build() };
/// # drop(state.wasi);
/// ```
pub struct WasiCtx {
    pub(crate) args: Vec<Vec<u8>>,
    /// Each of the form `key=value`.
    pub(crate) env: Vec<Vec<u8>>,
    pub(crate) table: Table,
    /// The zero of the monotonic clock.
    pub(crate) started: Instant,
}

impl std::fmt::Debug for WasiCtx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WasiCtx").finish_non_exhaustive()
    }
}

/// A directory that could not be opened for a guest.
///
/// ```
/// use trapline_wasi::WasiCtxBuilder;
///
/// let error = WasiCtxBuilder::new().preopened_dir("/no/such/folder", "/").err().unwrap();
/// assert!(error.to_string().contains("/no/such/folder"));
/// ```
#[derive(Debug, thiserror::Error)]
#[error("cannot open the directory {} for the guest: {source}", path.display())]
pub struct PreopenError {
    /// The directory of the host.
    pub path: PathBuf,
    /// Why.
    pub source: std::io::Error,
}

/// Says what a guest is given.
///
/// A guest has nothing it is not given: without calls to these methods it has no arguments and
/// no environment, no directory, a standard input that is at its end, and an output and error
/// that are thrown away.
///
/// ```
/// use trapline_wasi::{OutputPipe, WasiCtxBuilder};
///
/// let folder = std::env::temp_dir();
/// let stdout = OutputPipe::new(1 << 20);
/// let wasi = WasiCtxBuilder::new()
///     .args(["program", "--verbose"])
///     .env("LANG", "C")
///     .stdin(&b"input of the program"[..])
///     .stdout(stdout.clone())
///     .inherit_stderr()
///     .preopened_dir(&folder, "/data")?
///     .build();
/// # drop(wasi);
/// # Ok::<(), trapline_wasi::PreopenError>(())
/// ```
pub struct WasiCtxBuilder {
    args: Vec<Vec<u8>>,
    env: Vec<Vec<u8>>,
    stdin: Input,
    stdout: Output,
    stderr: Output,
    preopens: Vec<Descriptor>,
    sockets: Vec<Descriptor>,
    max_open_files: usize,
}

impl std::fmt::Debug for WasiCtxBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WasiCtxBuilder").finish_non_exhaustive()
    }
}

impl Default for WasiCtxBuilder {
    fn default() -> WasiCtxBuilder {
        WasiCtxBuilder::new()
    }
}

impl WasiCtxBuilder {
    /// Starts with a guest that is given nothing.
    pub fn new() -> WasiCtxBuilder {
        WasiCtxBuilder {
            args: Vec::new(),
            env: Vec::new(),
            stdin: Input::Empty,
            stdout: Output::Discard,
            stderr: Output::Discard,
            preopens: Vec::new(),
            sockets: Vec::new(),
            max_open_files: MAX_OPEN_FILES,
        }
    }

    /// Adds an argument. The first is by custom the name of the program.
    pub fn arg(&mut self, arg: impl AsRef<str>) -> &mut Self {
        self.args.push(arg.as_ref().into());
        self
    }

    /// Adds arguments.
    pub fn args<S: AsRef<str>>(&mut self, args: impl IntoIterator<Item = S>) -> &mut Self {
        args.into_iter().fold(self, |builder, arg| builder.arg(arg))
    }

    /// Adds a variable to the environment.
    pub fn env(&mut self, key: impl AsRef<str>, value: impl AsRef<str>) -> &mut Self {
        self.env
            .push(format!("{}={}", key.as_ref(), value.as_ref()).into());
        self
    }

    /// Adds variables to the environment.
    pub fn envs<K: AsRef<str>, V: AsRef<str>>(
        &mut self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> &mut Self {
        variables
            .into_iter()
            .fold(self, |builder, (key, value)| builder.env(key, value))
    }

    /// Adds every variable of the host's own environment that is UTF-8.
    pub fn inherit_env(&mut self) -> &mut Self {
        let variables = std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
        self.envs(variables)
    }

    /// Gives the guest the standard input, output and error of the host process.
    pub fn inherit_stdio(&mut self) -> &mut Self {
        self.inherit_stdin().inherit_stdout().inherit_stderr()
    }

    /// Gives the guest the standard input of the host process.
    ///
    /// What the host has read ahead through [`std::io::stdin`] is not seen by the guest.
    pub fn inherit_stdin(&mut self) -> &mut Self {
        self.stdin = Input::Inherited;
        self
    }

    /// Gives the guest the standard output of the host process.
    pub fn inherit_stdout(&mut self) -> &mut Self {
        self.stdout = Output::Stdout;
        self
    }

    /// Gives the guest the standard error of the host process.
    pub fn inherit_stderr(&mut self) -> &mut Self {
        self.stderr = Output::Stderr;
        self
    }

    /// Lets the guest's standard input come from a reader.
    ///
    /// `poll_oneoff` takes it for always ready, and a read waits as long as the reader does.
    pub fn stdin(&mut self, reader: impl Read + Send + 'static) -> &mut Self {
        self.stdin = Input::Reader(Box::new(reader));
        self
    }

    /// Lets the guest's standard output go to a writer, for example an
    /// [`OutputPipe`](crate::OutputPipe). It is flushed after each write of the guest.
    pub fn stdout(&mut self, writer: impl Write + Send + 'static) -> &mut Self {
        self.stdout = Output::Writer(Box::new(writer));
        self
    }

    /// Lets the guest's standard error go to a writer, as [`stdout`](Self::stdout) does.
    pub fn stderr(&mut self, writer: impl Write + Send + 'static) -> &mut Self {
        self.stderr = Output::Writer(Box::new(writer));
        self
    }

    /// Gives the guest a directory of the host under the name `guest_path`.
    ///
    /// The guest can do there whatever the host process can, and reaches nothing outside of it:
    /// not by `..`, not by absolute paths, not through symbolic links, wherever they come from.
    ///
    /// # Errors
    ///
    /// When `host_path` cannot be opened as a directory.
    pub fn preopened_dir(
        &mut self,
        host_path: impl AsRef<Path>,
        guest_path: impl Into<String>,
    ) -> Result<&mut Self, PreopenError> {
        let host_path = host_path.as_ref();
        match Dir::open_ambient_dir(host_path, ambient_authority()) {
            Ok(dir) => Ok(self.preopened_cap_dir(dir, guest_path)),
            Err(source) => Err(PreopenError {
                path: host_path.to_owned(),
                source,
            }),
        }
    }

    /// Gives the guest a directory that is already open, as [`preopened_dir`](Self::preopened_dir)
    /// does.
    pub fn preopened_cap_dir(&mut self, dir: Dir, guest_path: impl Into<String>) -> &mut Self {
        // Such handles often serve to look up paths only. The guest is to sync the directory and
        // set its times too, if the host lets it be read.
        let dir = match dir.open_with(".", OpenOptions::new().read(true)) {
            Ok(readable) => Dir::from_std_file(readable.into_std()),
            Err(_) => dir,
        };
        let mut descriptor = Descriptor::new(Kind::Dir(OpenDir { dir, listing: None }));
        descriptor.preopen = Some(guest_path.into());
        self.preopens.push(descriptor);
        self
    }

    /// Gives the guest a socket, for example a [`std::net::TcpListener`] on which it may accept
    /// connections.
    ///
    /// Sockets get the descriptors after those of the directories, in the order of these calls.
    pub fn preopened_socket(&mut self, socket: impl Into<OwnedFd>) -> &mut Self {
        let socket = socket.into();
        let filetype = sock::filetype(&socket);
        self.sockets
            .push(Descriptor::new(Kind::Socket { socket, filetype }));
        self
    }

    /// Bounds how many descriptors the guest may have open at a time, those it starts with
    /// included; beyond that it gets [`Errno::Mfile`](crate::Errno::Mfile). 1024 by default.
    pub fn max_open_files(&mut self, count: usize) -> &mut Self {
        self.max_open_files = count;
        self
    }

    /// Makes the guest's state of what was said, and starts over with nothing.
    pub fn build(&mut self) -> WasiCtx {
        let given = std::mem::take(self);
        let stdio = [
            Kind::Input(given.stdin),
            Kind::Output(given.stdout),
            Kind::Output(given.stderr),
        ];
        let descriptors = stdio
            .map(Descriptor::new)
            .into_iter()
            .chain(given.preopens)
            .chain(given.sockets);
        WasiCtx {
            args: given.args,
            env: given.env,
            table: Table::new(descriptors.collect(), given.max_open_files),
            started: Instant::now(),
        }
    }
}
