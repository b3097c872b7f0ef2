//! Standard input, output and error: the host's own, anything that reads or writes, or a buffer.

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::BorrowedFd;
use rustix::io::retry_on_intr;

use crate::errno::Errno;
use crate::types::Filetype;

/// Where the guest's standard input comes from.
pub(crate) enum Input {
    /// At its end from the start.
    Empty,
    /// The standard input of the host process.
    Inherited,
    /// Something that reads.
    Reader(Box<dyn Read + Send>),
}

/// Where the guest's standard output or error goes.
pub(crate) enum Output {
    /// Thrown away.
    Discard,
    /// The standard output of the host process.
    Stdout,
    /// The standard error of the host process.
    Stderr,
    /// Something that writes.
    Writer(Box<dyn Write + Send>),
}

impl Input {
    /// Reads into the buffers. `nonblock` is honoured where readiness can be known.
    pub(crate) fn read(
        &mut self,
        buffers: &mut [IoSliceMut<'_>],
        nonblock: bool,
    ) -> Result<usize, Errno> {
        match self {
            Input::Empty => Ok(0),
            Input::Inherited => {
                let stdin = rustix::stdio::stdin();
                if nonblock && !readable_now(stdin)? {
                    return Err(Errno::Again);
                }
                Ok(retry_on_intr(|| rustix::io::readv(stdin, buffers))?)
            }
            Input::Reader(reader) => loop {
                match reader.read_vectored(buffers) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    // The trait is safe to implement wrongly: never report more than there is.
                    result => return Ok(result?.min(buffers.iter().map(|b| b.len()).sum())),
                }
            },
        }
    }

    /// The host's descriptor, if waiting for input must ask the host.
    pub(crate) fn host(&self) -> Option<BorrowedFd<'static>> {
        matches!(self, Input::Inherited).then(rustix::stdio::stdin)
    }
}

impl Output {
    /// Writes the buffers, and makes what was written visible.
    pub(crate) fn write(&mut self, buffers: &[IoSlice<'_>]) -> Result<usize, Errno> {
        match self {
            Output::Discard => Ok(buffers.iter().map(|b| b.len()).sum()),
            Output::Stdout => {
                // The guest's bytes go straight to the descriptor, after what the host has
                // buffered, and not in between what another thread prints.
                let mut lock = io::stdout().lock();
                lock.flush()?;
                Ok(retry_on_intr(|| rustix::io::writev(&lock, buffers))?)
            }
            Output::Stderr => {
                let lock = io::stderr().lock();
                Ok(retry_on_intr(|| rustix::io::writev(&lock, buffers))?)
            }
            Output::Writer(writer) => loop {
                match writer.write_vectored(buffers) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    result => {
                        let count = result?;
                        writer.flush()?;
                        return Ok(count.min(buffers.iter().map(|b| b.len()).sum()));
                    }
                }
            },
        }
    }

    /// The host's descriptor, if waiting for room must ask the host.
    pub(crate) fn host(&self) -> Option<BorrowedFd<'static>> {
        match self {
            Output::Stdout => Some(rustix::stdio::stdout()),
            Output::Stderr => Some(rustix::stdio::stderr()),
            Output::Discard | Output::Writer(_) => None,
        }
    }
}

/// The type of a standard stream, and whether it is a terminal.
pub(crate) fn describe(host: Option<BorrowedFd<'_>>) -> (Filetype, bool) {
    use rustix::fs::FileType;
    let Some(fd) = host else {
        return (Filetype::Unknown, false);
    };
    let Ok(stat) = rustix::fs::fstat(fd) else {
        return (Filetype::Unknown, false);
    };
    let filetype = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Filetype::RegularFile,
        FileType::CharacterDevice => Filetype::CharacterDevice,
        FileType::BlockDevice => Filetype::BlockDevice,
        FileType::Socket => Filetype::SocketStream,
        _ => Filetype::Unknown,
    };
    (filetype, io::IsTerminal::is_terminal(&fd))
}

fn readable_now(fd: BorrowedFd<'_>) -> Result<bool, Errno> {
    let mut fds = [PollFd::from_borrowed_fd(fd, PollFlags::IN)];
    Ok(retry_on_intr(|| poll(&mut fds, Some(&Timespec::default())))? != 0)
}

/// A buffer in memory that collects what a guest prints.
///
/// Clones share one buffer, so that a clone kept aside can be read while the guest runs or after
/// it has ended. The buffer holds at most the number of bytes it was made for; a guest that writes
/// more gets the error of a full disk.
///
/// ```
/// use trapline_wasi::{OutputPipe, WasiCtxBuilder};
///
/// let stdout = OutputPipe::new(1 << 20);
/// let wasi = WasiCtxBuilder::new().stdout(stdout.clone()).build();
/// // ... run a guest with `wasi` ...
/// assert_eq!(stdout.contents(), b"");
/// # drop(wasi);
/// ```
#[derive(Debug, Clone)]
pub struct OutputPipe {
    limit: usize,
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl OutputPipe {
    /// Makes an empty buffer that takes at most `limit` bytes.
    pub fn new(limit: usize) -> OutputPipe {
        OutputPipe {
            limit,
            bytes: Arc::default(),
        }
    }

    /// A copy of everything in the buffer.
    pub fn contents(&self) -> Vec<u8> {
        self.lock().clone()
    }

    /// Takes everything out of the buffer, which makes room in it.
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.lock())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<u8>> {
        // A panic elsewhere cannot leave a vector of bytes in a bad state.
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for OutputPipe {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(buffer)])
    }

    fn write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut bytes = self.lock();
        let before = bytes.len();
        for buffer in buffers {
            let room = self.limit.saturating_sub(bytes.len());
            bytes.extend_from_slice(&buffer[..buffer.len().min(room)]);
        }
        let written = bytes.len() - before;
        if written == 0 && buffers.iter().any(|buffer| !buffer.is_empty()) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_collects_until_it_is_full() {
        let pipe = OutputPipe::new(5);
        let mut output = Output::Writer(Box::new(pipe.clone()));
        assert_eq!(
            output.write(&[IoSlice::new(b"ab"), IoSlice::new(b"c")]),
            Ok(3)
        );
        assert_eq!(output.write(&[IoSlice::new(b"defg")]), Ok(2));
        assert_eq!(output.write(&[IoSlice::new(b"h")]), Err(Errno::Nospc));
        assert_eq!(output.write(&[]), Ok(0));
        assert_eq!(pipe.take(), b"abcde");
        assert_eq!(output.write(&[IoSlice::new(b"h")]), Ok(1));
        assert_eq!(pipe.contents(), b"h");
    }

    #[test]
    fn readers_that_lie_are_not_believed() {
        struct Liar;
        impl Read for Liar {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Ok(usize::MAX)
            }
        }
        let mut bytes = [0; 3];
        let mut input = Input::Reader(Box::new(Liar));
        assert_eq!(input.read(&mut [IoSliceMut::new(&mut bytes)], false), Ok(3));
    }
}
