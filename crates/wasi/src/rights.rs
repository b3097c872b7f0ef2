//! Rights: what may be done with a descriptor, and with descriptors opened through it.
//!
//! Source: `rights` in `typenames.witx`. The sets per type of file say which rights can mean
//! anything there; `path_open` takes the others away, as the interface allows.

use bitflags::bitflags;

use crate::types::Filetype;

bitflags! {
    /// Which actions a descriptor allows.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct Rights: u64 {
        const FD_DATASYNC = 1 << 0;
        const FD_READ = 1 << 1;
        const FD_SEEK = 1 << 2;
        const FD_FDSTAT_SET_FLAGS = 1 << 3;
        const FD_SYNC = 1 << 4;
        const FD_TELL = 1 << 5;
        const FD_WRITE = 1 << 6;
        const FD_ADVISE = 1 << 7;
        const FD_ALLOCATE = 1 << 8;
        const PATH_CREATE_DIRECTORY = 1 << 9;
        const PATH_CREATE_FILE = 1 << 10;
        const PATH_LINK_SOURCE = 1 << 11;
        const PATH_LINK_TARGET = 1 << 12;
        const PATH_OPEN = 1 << 13;
        const FD_READDIR = 1 << 14;
        const PATH_READLINK = 1 << 15;
        const PATH_RENAME_SOURCE = 1 << 16;
        const PATH_RENAME_TARGET = 1 << 17;
        const PATH_FILESTAT_GET = 1 << 18;
        const PATH_FILESTAT_SET_SIZE = 1 << 19;
        const PATH_FILESTAT_SET_TIMES = 1 << 20;
        const FD_FILESTAT_GET = 1 << 21;
        const FD_FILESTAT_SET_SIZE = 1 << 22;
        const FD_FILESTAT_SET_TIMES = 1 << 23;
        const PATH_SYMLINK = 1 << 24;
        const PATH_REMOVE_DIRECTORY = 1 << 25;
        const PATH_UNLINK_FILE = 1 << 26;
        const POLL_FD_READWRITE = 1 << 27;
        const SOCK_SHUTDOWN = 1 << 28;
        const SOCK_ACCEPT = 1 << 29;

        /// What makes sense for a directory.
        const DIRECTORY = Self::FD_DATASYNC.bits()
            | Self::FD_FDSTAT_SET_FLAGS.bits()
            | Self::FD_SYNC.bits()
            | Self::PATH_CREATE_DIRECTORY.bits()
            | Self::PATH_CREATE_FILE.bits()
            | Self::PATH_LINK_SOURCE.bits()
            | Self::PATH_LINK_TARGET.bits()
            | Self::PATH_OPEN.bits()
            | Self::FD_READDIR.bits()
            | Self::PATH_READLINK.bits()
            | Self::PATH_RENAME_SOURCE.bits()
            | Self::PATH_RENAME_TARGET.bits()
            | Self::PATH_FILESTAT_GET.bits()
            | Self::PATH_FILESTAT_SET_SIZE.bits()
            | Self::PATH_FILESTAT_SET_TIMES.bits()
            | Self::FD_FILESTAT_GET.bits()
            | Self::FD_FILESTAT_SET_TIMES.bits()
            | Self::PATH_SYMLINK.bits()
            | Self::PATH_REMOVE_DIRECTORY.bits()
            | Self::PATH_UNLINK_FILE.bits();

        /// What makes sense for a stream of bytes without a position: terminals and pipes.
        const STREAM = Self::FD_READ.bits()
            | Self::FD_WRITE.bits()
            | Self::FD_FDSTAT_SET_FLAGS.bits()
            | Self::FD_FILESTAT_GET.bits()
            | Self::POLL_FD_READWRITE.bits();

        /// What makes sense for a regular file.
        const REGULAR_FILE = Self::STREAM.bits()
            | Self::FD_DATASYNC.bits()
            | Self::FD_SEEK.bits()
            | Self::FD_SYNC.bits()
            | Self::FD_TELL.bits()
            | Self::FD_ADVISE.bits()
            | Self::FD_ALLOCATE.bits()
            | Self::FD_FILESTAT_SET_SIZE.bits()
            | Self::FD_FILESTAT_SET_TIMES.bits();

        /// What makes sense for a socket.
        const SOCKET =
            Self::STREAM.bits() | Self::SOCK_SHUTDOWN.bits() | Self::SOCK_ACCEPT.bits();
    }
}

impl Rights {
    /// The rights, of a descriptor and of those opened through it, that apply to this type of
    /// file.
    pub(crate) fn applicable(filetype: Filetype, terminal: bool) -> (Rights, Rights) {
        match filetype {
            Filetype::Directory => (Rights::DIRECTORY, Rights::all()),
            Filetype::RegularFile | Filetype::BlockDevice => {
                (Rights::REGULAR_FILE, Rights::empty())
            }
            // A guest's C library takes a character device that cannot be sought for a terminal.
            Filetype::CharacterDevice if !terminal => (Rights::REGULAR_FILE, Rights::empty()),
            Filetype::SocketDgram | Filetype::SocketStream => (
                Rights::SOCKET,
                Rights::SOCKET.difference(Rights::SOCK_ACCEPT),
            ),
            _ => (Rights::STREAM, Rights::empty()),
        }
    }

    /// Whether a descriptor with these rights reads from the file.
    pub(crate) fn reads(self) -> bool {
        self.intersects(Rights::FD_READ | Rights::FD_READDIR)
    }

    /// Whether a descriptor with these rights changes the file.
    pub(crate) fn writes(self) -> bool {
        self.intersects(Rights::FD_WRITE | Rights::FD_ALLOCATE | Rights::FD_FILESTAT_SET_SIZE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_rights_are_the_thirty_of_the_interface() {
        assert_eq!(Rights::all().bits(), (1 << 30) - 1);
    }

    #[test]
    fn directories_can_be_opened_again_with_all_their_rights() {
        assert!(!Rights::DIRECTORY.writes());
    }

    #[test]
    fn only_seekable_devices_get_the_right_to_seek() {
        let (terminal, _) = Rights::applicable(Filetype::CharacterDevice, true);
        let (device, _) = Rights::applicable(Filetype::CharacterDevice, false);
        assert!(!terminal.intersects(Rights::FD_SEEK | Rights::FD_TELL));
        assert!(device.contains(Rights::FD_SEEK | Rights::FD_TELL));
    }
}
