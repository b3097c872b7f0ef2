//! The error numbers of WASI preview 1, and how the host's errors become them.

use std::io;

use rustix::io::Errno as Host;

/// An error number of WASI preview 1 (`errno` in `typenames.witx`).
///
/// Guests receive it as the return value of every function of the interface.
///
/// ```
/// use trapline_wasi::Errno;
///
/// assert_eq!(Errno::Noent as u16, 44);
/// assert_eq!(Errno::Noent.to_string(), "no such file or directory");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum Errno {
    /// No error.
    Success = 0,
    /// Argument list too long.
    TooBig = 1,
    /// Permission denied.
    Acces = 2,
    /// Address in use.
    Addrinuse = 3,
    /// Address not available.
    Addrnotavail = 4,
    /// Address family not supported.
    Afnosupport = 5,
    /// Resource unavailable, or operation would block.
    Again = 6,
    /// Connection already in progress.
    Already = 7,
    /// Bad file descriptor.
    Badf = 8,
    /// Bad message.
    Badmsg = 9,
    /// Device or resource busy.
    Busy = 10,
    /// Operation canceled.
    Canceled = 11,
    /// No child processes.
    Child = 12,
    /// Connection aborted.
    Connaborted = 13,
    /// Connection refused.
    Connrefused = 14,
    /// Connection reset.
    Connreset = 15,
    /// Resource deadlock would occur.
    Deadlk = 16,
    /// Destination address required.
    Destaddrreq = 17,
    /// Argument out of the domain of the function.
    Dom = 18,
    /// Disk quota exceeded.
    Dquot = 19,
    /// File exists.
    Exist = 20,
    /// Bad address.
    Fault = 21,
    /// File too large.
    Fbig = 22,
    /// Host is unreachable.
    Hostunreach = 23,
    /// Identifier removed.
    Idrm = 24,
    /// Illegal byte sequence.
    Ilseq = 25,
    /// Operation in progress.
    Inprogress = 26,
    /// Interrupted function.
    Intr = 27,
    /// Invalid argument.
    Inval = 28,
    /// Input or output error.
    Io = 29,
    /// Socket is connected.
    Isconn = 30,
    /// Is a directory.
    Isdir = 31,
    /// Too many levels of symbolic links.
    Loop = 32,
    /// Too many open descriptors.
    Mfile = 33,
    /// Too many links.
    Mlink = 34,
    /// Message too large.
    Msgsize = 35,
    /// Multihop attempted.
    Multihop = 36,
    /// File name too long.
    Nametoolong = 37,
    /// Network is down.
    Netdown = 38,
    /// Connection aborted by the network.
    Netreset = 39,
    /// Network unreachable.
    Netunreach = 40,
    /// Too many files open in the system.
    Nfile = 41,
    /// No buffer space available.
    Nobufs = 42,
    /// No such device.
    Nodev = 43,
    /// No such file or directory.
    Noent = 44,
    /// Executable format error.
    Noexec = 45,
    /// No locks available.
    Nolck = 46,
    /// Link has been severed.
    Nolink = 47,
    /// Not enough space.
    Nomem = 48,
    /// No message of the desired type.
    Nomsg = 49,
    /// Protocol not available.
    Noprotoopt = 50,
    /// No space left on the device.
    Nospc = 51,
    /// Function not supported.
    Nosys = 52,
    /// Socket is not connected.
    Notconn = 53,
    /// Not a directory.
    Notdir = 54,
    /// Directory not empty.
    Notempty = 55,
    /// State not recoverable.
    Notrecoverable = 56,
    /// Not a socket.
    Notsock = 57,
    /// Not supported.
    Notsup = 58,
    /// Inappropriate control operation.
    Notty = 59,
    /// No such device or address.
    Nxio = 60,
    /// Value too large to be stored in its type.
    Overflow = 61,
    /// Previous owner died.
    Ownerdead = 62,
    /// Operation not permitted.
    Perm = 63,
    /// Broken pipe.
    Pipe = 64,
    /// Protocol error.
    Proto = 65,
    /// Protocol not supported.
    Protonosupport = 66,
    /// Protocol of the wrong type for the socket.
    Prototype = 67,
    /// Result too large.
    Range = 68,
    /// Read-only file system.
    Rofs = 69,
    /// Invalid seek.
    Spipe = 70,
    /// No such process.
    Srch = 71,
    /// Stale file handle.
    Stale = 72,
    /// Connection timed out.
    Timedout = 73,
    /// Text file busy.
    Txtbsy = 74,
    /// Cross-device link.
    Xdev = 75,
    /// Capabilities insufficient.
    Notcapable = 76,
}

impl std::error::Error for Errno {}

impl std::fmt::Display for Errno {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Errno::Success => "no error",
            Errno::TooBig => "argument list too long",
            Errno::Acces => "permission denied",
            Errno::Addrinuse => "address in use",
            Errno::Addrnotavail => "address not available",
            Errno::Afnosupport => "address family not supported",
            Errno::Again => "resource unavailable, or operation would block",
            Errno::Already => "connection already in progress",
            Errno::Badf => "bad file descriptor",
            Errno::Badmsg => "bad message",
            Errno::Busy => "device or resource busy",
            Errno::Canceled => "operation canceled",
            Errno::Child => "no child processes",
            Errno::Connaborted => "connection aborted",
            Errno::Connrefused => "connection refused",
            Errno::Connreset => "connection reset",
            Errno::Deadlk => "resource deadlock would occur",
            Errno::Destaddrreq => "destination address required",
            Errno::Dom => "argument out of the domain of the function",
            Errno::Dquot => "disk quota exceeded",
            Errno::Exist => "file exists",
            Errno::Fault => "bad address",
            Errno::Fbig => "file too large",
            Errno::Hostunreach => "host is unreachable",
            Errno::Idrm => "identifier removed",
            Errno::Ilseq => "illegal byte sequence",
            Errno::Inprogress => "operation in progress",
            Errno::Intr => "interrupted function",
            Errno::Inval => "invalid argument",
            Errno::Io => "input or output error",
            Errno::Isconn => "socket is connected",
            Errno::Isdir => "is a directory",
            Errno::Loop => "too many levels of symbolic links",
            Errno::Mfile => "too many open descriptors",
            Errno::Mlink => "too many links",
            Errno::Msgsize => "message too large",
            Errno::Multihop => "multihop attempted",
            Errno::Nametoolong => "file name too long",
            Errno::Netdown => "network is down",
            Errno::Netreset => "connection aborted by the network",
            Errno::Netunreach => "network unreachable",
            Errno::Nfile => "too many files open in the system",
            Errno::Nobufs => "no buffer space available",
            Errno::Nodev => "no such device",
            Errno::Noent => "no such file or directory",
            Errno::Noexec => "executable format error",
            Errno::Nolck => "no locks available",
            Errno::Nolink => "link has been severed",
            Errno::Nomem => "not enough space",
            Errno::Nomsg => "no message of the desired type",
            Errno::Noprotoopt => "protocol not available",
            Errno::Nospc => "no space left on the device",
            Errno::Nosys => "function not supported",
            Errno::Notconn => "socket is not connected",
            Errno::Notdir => "not a directory",
            Errno::Notempty => "directory not empty",
            Errno::Notrecoverable => "state not recoverable",
            Errno::Notsock => "not a socket",
            Errno::Notsup => "not supported",
            Errno::Notty => "inappropriate control operation",
            Errno::Nxio => "no such device or address",
            Errno::Overflow => "value too large to be stored in its type",
            Errno::Ownerdead => "previous owner died",
            Errno::Perm => "operation not permitted",
            Errno::Pipe => "broken pipe",
            Errno::Proto => "protocol error",
            Errno::Protonosupport => "protocol not supported",
            Errno::Prototype => "protocol of the wrong type for the socket",
            Errno::Range => "result too large",
            Errno::Rofs => "read-only file system",
            Errno::Spipe => "invalid seek",
            Errno::Srch => "no such process",
            Errno::Stale => "stale file handle",
            Errno::Timedout => "connection timed out",
            Errno::Txtbsy => "text file busy",
            Errno::Xdev => "cross-device link",
            Errno::Notcapable => "capabilities insufficient",
        })
    }
}

impl From<Host> for Errno {
    fn from(error: Host) -> Errno {
        match error {
            Host::TOOBIG => Errno::TooBig,
            Host::ACCESS => Errno::Acces,
            Host::ADDRINUSE => Errno::Addrinuse,
            Host::ADDRNOTAVAIL => Errno::Addrnotavail,
            Host::AFNOSUPPORT => Errno::Afnosupport,
            Host::AGAIN => Errno::Again,
            Host::ALREADY => Errno::Already,
            Host::BADF => Errno::Badf,
            Host::BADMSG => Errno::Badmsg,
            Host::BUSY => Errno::Busy,
            Host::CANCELED => Errno::Canceled,
            Host::CHILD => Errno::Child,
            Host::CONNABORTED => Errno::Connaborted,
            Host::CONNREFUSED => Errno::Connrefused,
            Host::CONNRESET => Errno::Connreset,
            Host::DEADLK => Errno::Deadlk,
            Host::DESTADDRREQ => Errno::Destaddrreq,
            Host::DOM => Errno::Dom,
            Host::DQUOT => Errno::Dquot,
            Host::EXIST => Errno::Exist,
            Host::FAULT => Errno::Fault,
            Host::FBIG => Errno::Fbig,
            Host::HOSTUNREACH => Errno::Hostunreach,
            Host::IDRM => Errno::Idrm,
            Host::ILSEQ => Errno::Ilseq,
            Host::INPROGRESS => Errno::Inprogress,
            Host::INTR => Errno::Intr,
            Host::INVAL => Errno::Inval,
            Host::IO => Errno::Io,
            Host::ISCONN => Errno::Isconn,
            Host::ISDIR => Errno::Isdir,
            Host::LOOP => Errno::Loop,
            Host::MFILE => Errno::Mfile,
            Host::MLINK => Errno::Mlink,
            Host::MSGSIZE => Errno::Msgsize,
            Host::MULTIHOP => Errno::Multihop,
            Host::NAMETOOLONG => Errno::Nametoolong,
            Host::NETDOWN => Errno::Netdown,
            Host::NETRESET => Errno::Netreset,
            Host::NETUNREACH => Errno::Netunreach,
            Host::NFILE => Errno::Nfile,
            Host::NOBUFS => Errno::Nobufs,
            Host::NODEV => Errno::Nodev,
            Host::NOENT => Errno::Noent,
            Host::NOEXEC => Errno::Noexec,
            Host::NOLCK => Errno::Nolck,
            Host::NOLINK => Errno::Nolink,
            Host::NOMEM => Errno::Nomem,
            Host::NOMSG => Errno::Nomsg,
            Host::NOPROTOOPT => Errno::Noprotoopt,
            Host::NOSPC => Errno::Nospc,
            Host::NOSYS => Errno::Nosys,
            Host::NOTCONN => Errno::Notconn,
            Host::NOTDIR => Errno::Notdir,
            Host::NOTEMPTY => Errno::Notempty,
            Host::NOTRECOVERABLE => Errno::Notrecoverable,
            Host::NOTSOCK => Errno::Notsock,
            Host::NOTSUP => Errno::Notsup,
            Host::NOTTY => Errno::Notty,
            Host::NXIO => Errno::Nxio,
            Host::OVERFLOW => Errno::Overflow,
            Host::OWNERDEAD => Errno::Ownerdead,
            Host::PERM => Errno::Perm,
            Host::PIPE => Errno::Pipe,
            Host::PROTO => Errno::Proto,
            Host::PROTONOSUPPORT => Errno::Protonosupport,
            Host::PROTOTYPE => Errno::Prototype,
            Host::RANGE => Errno::Range,
            Host::ROFS => Errno::Rofs,
            Host::SPIPE => Errno::Spipe,
            Host::SRCH => Errno::Srch,
            Host::STALE => Errno::Stale,
            Host::TIMEDOUT => Errno::Timedout,
            Host::TXTBSY => Errno::Txtbsy,
            Host::XDEV => Errno::Xdev,
            _ => Errno::Io,
        }
    }
}

impl From<io::Error> for Errno {
    /// An error that carries the system's own number keeps its meaning; one made by a library is
    /// told by its kind.
    fn from(error: io::Error) -> Errno {
        if let Some(host) = Host::from_io_error(&error) {
            return host.into();
        }
        match error.kind() {
            io::ErrorKind::NotFound => Errno::Noent,
            // Attempts to leave a directory are reported by `cap-std` in this form, with no number.
            io::ErrorKind::PermissionDenied => Errno::Perm,
            io::ErrorKind::AlreadyExists => Errno::Exist,
            io::ErrorKind::BrokenPipe => Errno::Pipe,
            io::ErrorKind::ConnectionAborted => Errno::Connaborted,
            io::ErrorKind::ConnectionRefused => Errno::Connrefused,
            io::ErrorKind::ConnectionReset => Errno::Connreset,
            io::ErrorKind::DirectoryNotEmpty => Errno::Notempty,
            io::ErrorKind::FileTooLarge => Errno::Fbig,
            io::ErrorKind::Interrupted => Errno::Intr,
            io::ErrorKind::InvalidFilename => Errno::Nametoolong,
            io::ErrorKind::InvalidInput => Errno::Inval,
            io::ErrorKind::IsADirectory => Errno::Isdir,
            io::ErrorKind::NotADirectory => Errno::Notdir,
            io::ErrorKind::OutOfMemory => Errno::Nomem,
            io::ErrorKind::ReadOnlyFilesystem => Errno::Rofs,
            io::ErrorKind::StorageFull => Errno::Nospc,
            io::ErrorKind::TimedOut => Errno::Timedout,
            io::ErrorKind::Unsupported => Errno::Notsup,
            io::ErrorKind::WouldBlock => Errno::Again,
            _ => Errno::Io,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_interface() {
        let expected = [
            (Errno::Success, 0),
            (Errno::TooBig, 1),
            (Errno::Acces, 2),
            (Errno::Badf, 8),
            (Errno::Exist, 20),
            (Errno::Fault, 21),
            (Errno::Inval, 28),
            (Errno::Isdir, 31),
            (Errno::Noent, 44),
            (Errno::Notdir, 54),
            (Errno::Notsock, 57),
            (Errno::Perm, 63),
            (Errno::Spipe, 70),
            (Errno::Notcapable, 76),
        ];
        for (errno, number) in expected {
            assert_eq!(errno as u16, number, "{errno:?}");
        }
    }

    #[test]
    fn system_errors_keep_their_number() {
        let error = io::Error::from(Host::ACCESS);
        assert_eq!(Errno::from(error), Errno::Acces);
        let error = io::Error::from(Host::LOOP);
        assert_eq!(Errno::from(error), Errno::Loop);
    }

    #[test]
    fn an_attempt_to_escape_is_told_from_missing_permission() {
        let escape = io::Error::new(io::ErrorKind::PermissionDenied, "led outside");
        assert_eq!(Errno::from(escape), Errno::Perm);
    }
}
