//! The way to a client.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// A connection to a client: bytes from it, and bytes to it.
///
/// ```
/// use std::net::{TcpListener, TcpStream};
/// use trapline_gdb::Connection;
///
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let client = TcpStream::connect(listener.local_addr()?)?;
/// let (stream, _) = listener.accept()?;
/// let connection = Connection::tcp(stream)?;
/// # drop((client, connection));
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Connection {
    pub(crate) reader: Box<dyn Read + Send>,
    pub(crate) writer: Box<dyn Write + Send>,
    pub(crate) shutdown: Box<dyn Fn(Shutdown) + Send>,
    pub(crate) seat: Option<Seat>,
}

/// So long a client that leaves may take.
const WAY_OUT: Duration = Duration::from_millis(100);

/// Whether the place of the one client that may be connected is taken.
#[derive(Clone, Default)]
pub(crate) struct Seats(Arc<(Mutex<bool>, Condvar)>);

/// That place. It is free again when this is dropped.
pub(crate) struct Seat(Seats);

impl Connection {
    /// A connection of any kind. `shutdown` is called when nothing more is written, and again when nothing
    /// more is read: then reads that wait have to end.
    pub fn new(
        reader: impl Read + Send + 'static,
        writer: impl Write + Send + 'static,
        shutdown: impl Fn(Shutdown) + Send + 'static,
    ) -> Connection {
        Connection {
            reader: Box::new(reader),
            writer: Box::new(writer),
            shutdown: Box::new(shutdown),
            seat: None,
        }
    }

    /// A connection by TCP.
    ///
    /// # Errors
    ///
    /// If the stream cannot be set up.
    pub fn tcp(stream: TcpStream) -> io::Result<Connection> {
        // Answers are short, and each is waited for.
        stream.set_nodelay(true)?;
        let (reader, writer) = (stream.try_clone()?, stream.try_clone()?);
        Ok(Connection::new(reader, writer, move |how| {
            // It may be closed already.
            let _ = stream.shutdown(how);
        }))
    }

    /// A connection by a socket in the file system.
    ///
    /// # Errors
    ///
    /// If the stream cannot be set up.
    #[cfg(unix)]
    pub fn unix(stream: std::os::unix::net::UnixStream) -> io::Result<Connection> {
        let (reader, writer) = (stream.try_clone()?, stream.try_clone()?);
        Ok(Connection::new(reader, writer, move |how| {
            let _ = stream.shutdown(how);
        }))
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

impl Seat {
    /// Takes the place, if it is free or becomes so soon: whoever leaves may still be on its way out.
    pub(crate) fn take(seats: &Seats) -> Option<Seat> {
        let taken = seats.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = seats
            .0
            .1
            .wait_timeout_while(taken, WAY_OUT, |is_taken| *is_taken);
        let (mut is_taken, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let is_free = !*is_taken;
        *is_taken = true;
        is_free.then(|| Seat(seats.clone()))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        *self.0.0.0.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.0.0.1.notify_all();
    }
}
