//! Where clients come in.
//!
//! A thread accepts them, also while the guest runs. One at a time has the [`Seat`]; whoever comes meanwhile
//! is sent away.

use crate::connection::{Connection, Seat, Seats};
use pollster::block_on;
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;
use trapline_debugger::{Inbox, InboxSender};

#[cfg(unix)]
use std::os::unix::{
    fs::{DirBuilderExt, PermissionsExt},
    net::{UnixListener, UnixStream},
};

/// So long the thread waits before it accepts again, if the system has refused.
const AFTER_ERROR: Duration = Duration::from_millis(50);

/// Who may connect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// Programs of this machine.
    #[default]
    Local,
    /// Whoever can reach the address. There is no password, and a client can do whatever the guest can, and
    /// read the module: so this is for networks that are trusted.
    Remote,
}

/// Waits for clients.
///
/// ```
/// use std::net::TcpStream;
/// use trapline_gdb::{Listener, Reach};
///
/// let mut listener = Listener::bind("127.0.0.1:0", Reach::Local)?;
/// let client = TcpStream::connect(listener.address())?;
/// let connection = listener.accept();
/// assert!(Listener::bind("0.0.0.0:0", Reach::Local).is_err());
/// # drop((client, connection));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Listener {
    pub(crate) clients: Inbox<Connection>,
    address: String,
    place: Place,
    is_closing: Arc<AtomicBool>,
}

/// Why there cannot be listened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// It is no address.
    #[error("{0} is no address to listen at: write HOST:PORT, PORT or unix:PATH")]
    Address(String),
    /// Others than the programs of this machine could connect.
    #[error("{0} can be reached from other machines, which has to be allowed")]
    Remote(SocketAddr),
    /// What the system says.
    #[error("cannot listen at {0}: {1}")]
    System(String, io::Error),
}

enum Place {
    Tcp(SocketAddr),
    #[cfg(unix)]
    Unix(PathBuf),
}

enum Socket {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixListener),
}

impl Listener {
    /// Listens at an address: `HOST:PORT`, `PORT` on this machine, where the port 0 is one that is free, or
    /// `unix:PATH`, a socket in the file system that only this user can connect to.
    ///
    /// # Errors
    ///
    /// If it is no such address, others than `reach` allows could connect, or the system refuses.
    pub fn bind(address: &str, reach: Reach) -> Result<Listener, ListenError> {
        let failed = |error| ListenError::System(address.to_owned(), error);
        let (socket, place) = match address.strip_prefix("unix:") {
            #[cfg(unix)]
            Some(path) => {
                let path = PathBuf::from(path);
                (
                    Socket::Unix(bind_unix(&path).map_err(failed)?),
                    Place::Unix(path),
                )
            }
            #[cfg(not(unix))]
            Some(_) => return Err(ListenError::Address(address.to_owned())),
            None => {
                let listener = bind_tcp(address, reach)?;
                let bound = listener.local_addr().map_err(failed)?;
                (Socket::Tcp(listener), Place::Tcp(bound))
            }
        };
        let address = match &place {
            Place::Tcp(bound) => bound.to_string(),
            #[cfg(unix)]
            Place::Unix(_) => address.to_owned(),
        };
        let (sender, clients) = Inbox::new();
        let is_closing = Arc::new(AtomicBool::new(false));
        let closing = Arc::clone(&is_closing);
        let spawned = thread::Builder::new()
            .name("gdb listener".to_owned())
            .spawn(move || accept(&socket, &sender, &closing));
        spawned.map_err(|error| ListenError::System(address.clone(), error))?;
        Ok(Listener {
            clients,
            address,
            place,
            is_closing,
        })
    }

    /// Where it listens: the address, with the port that was chosen.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Waits for the next client.
    ///
    /// # Errors
    ///
    /// If nothing is listened to any more.
    pub fn accept(&mut self) -> io::Result<Connection> {
        let client = block_on(self.clients.receive());
        client.ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.is_closing.store(true, Ordering::Release);
        // The thread looks up when somebody comes. If that fails it has ended before.
        match &self.place {
            Place::Tcp(bound) => {
                let mut address = *bound;
                if address.ip().is_unspecified() {
                    address.set_ip(match address {
                        SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
                        SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
                    });
                }
                let _ = TcpStream::connect(address);
            }
            #[cfg(unix)]
            Place::Unix(path) => {
                let _ = UnixStream::connect(path);
                let _ = std::fs::remove_file(path);
            }
        }
    }
}

fn bind_tcp(address: &str, reach: Reach) -> Result<TcpListener, ListenError> {
    let with_host = match address.strip_prefix(':').unwrap_or(address) {
        port if port.parse::<u16>().is_ok() => format!("127.0.0.1:{port}"),
        address => address.to_owned(),
    };
    let unknown = |_| ListenError::Address(address.to_owned());
    let addresses: Vec<SocketAddr> = with_host.to_socket_addrs().map_err(unknown)?.collect();
    let mut open = addresses
        .iter()
        .filter(|address| !address.ip().is_loopback());
    if let (Reach::Local, Some(address)) = (reach, open.next()) {
        return Err(ListenError::Remote(*address));
    }
    let failed = |error| ListenError::System(address.to_owned(), error);
    TcpListener::bind(addresses.as_slice()).map_err(failed)
}

/// A socket in the file system is made in a folder that nobody else can enter, and moved when nobody else
/// can connect.
#[cfg(unix)]
fn bind_unix(path: &Path) -> io::Result<UnixListener> {
    if path.symlink_metadata().is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let folder = path.with_file_name(format!(".{}-{}", name.display(), std::process::id()));
    std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
    let made = folder.join("s");
    let bound = UnixListener::bind(&made).and_then(|listener| {
        std::fs::set_permissions(&made, std::fs::Permissions::from_mode(0o600))?;
        std::fs::rename(&made, path)?;
        Ok(listener)
    });
    let _ = std::fs::remove_file(&made);
    let _ = std::fs::remove_dir(&folder);
    bound
}

impl Socket {
    fn accept(&self) -> io::Result<Connection> {
        match self {
            Socket::Tcp(listener) => Connection::tcp(listener.accept()?.0),
            #[cfg(unix)]
            Socket::Unix(listener) => Connection::unix(listener.accept()?.0),
        }
    }
}

fn accept(socket: &Socket, clients: &InboxSender<Connection>, is_closing: &AtomicBool) {
    let seats = Seats::default();
    loop {
        let accepted = socket.accept();
        if is_closing.load(Ordering::Acquire) {
            return;
        }
        let accepted = accepted.map(|connection| (connection, Seat::take(&seats)));
        match accepted {
            Ok((mut connection, Some(seat))) => {
                connection.seat = Some(seat);
                if !clients.send(connection) {
                    return;
                }
            }
            // Somebody else is served.
            Ok((connection, None)) => drop(connection),
            // Such as that there are too many files.
            Err(_) => thread::sleep(AFTER_ERROR),
        }
    }
}
