//! The table of descriptors: what the guest's numbers stand for.

use std::fs::File;

use cap_std::fs::Dir;
use rustix::fd::OwnedFd;

use crate::errno::Errno;
use crate::readdir::Listing;
use crate::rights::Rights;
use crate::stdio::{Input, Output, describe};
use crate::types::{Fdflags, Filetype};

/// What a descriptor is open on.
pub(crate) enum Kind {
    Input(Input),
    Output(Output),
    File { file: File, filetype: Filetype },
    Dir(OpenDir),
    Socket { socket: OwnedFd, filetype: Filetype },
}

/// An open directory.
pub(crate) struct OpenDir {
    pub dir: Dir,
    /// The entries as `fd_readdir` last listed them.
    pub listing: Option<Listing>,
}

/// An entry of the table.
pub(crate) struct Descriptor {
    pub kind: Kind,
    pub flags: Fdflags,
    pub base: Rights,
    pub inheriting: Rights,
    /// The name under which the guest finds a directory it is given from the start.
    pub preopen: Option<String>,
}

impl Descriptor {
    /// A descriptor that allows everything that makes sense for it.
    pub(crate) fn new(kind: Kind) -> Descriptor {
        let (filetype, terminal) = kind.describe();
        let (base, inheriting) = match kind {
            // A standard stream has no position, even if the host has it open on a file: it is
            // the host's, which other programs may share.
            Kind::Input(_) => (Rights::STREAM.difference(Rights::FD_WRITE), Rights::empty()),
            Kind::Output(_) => (Rights::STREAM.difference(Rights::FD_READ), Rights::empty()),
            _ => Rights::applicable(filetype, terminal),
        };
        Descriptor {
            kind,
            flags: Fdflags::empty(),
            base,
            inheriting,
            preopen: None,
        }
    }

    /// Checks that the descriptor has these rights.
    pub(crate) fn require(&self, rights: Rights) -> Result<(), Errno> {
        if self.base.contains(rights) {
            Ok(())
        } else {
            Err(Errno::Notcapable)
        }
    }

    /// The open directory, if the descriptor is one and has these rights.
    pub(crate) fn dir(&self, rights: Rights) -> Result<&Dir, Errno> {
        match &self.kind {
            Kind::Dir(open) => self.require(rights).map(|()| &open.dir),
            _ => Err(Errno::Notdir),
        }
    }
}

impl Kind {
    /// The type of what is open, and whether it is a terminal.
    pub(crate) fn describe(&self) -> (Filetype, bool) {
        match self {
            Kind::Input(input) => describe(input.host()),
            Kind::Output(output) => describe(output.host()),
            Kind::File { file, filetype } => (*filetype, std::io::IsTerminal::is_terminal(file)),
            Kind::Dir(_) => (Filetype::Directory, false),
            Kind::Socket { filetype, .. } => (*filetype, false),
        }
    }
}

/// The descriptors of a guest, by number.
pub(crate) struct Table {
    slots: Vec<Option<Descriptor>>,
    limit: usize,
}

impl Table {
    /// Makes a table with what the guest is given, in which at most `limit` descriptors are open
    /// at a time.
    pub(crate) fn new(given: Vec<Descriptor>, limit: usize) -> Table {
        Table {
            slots: given.into_iter().map(Some).collect(),
            limit,
        }
    }

    /// The lowest number that is free, in a table with room for one more.
    ///
    /// Asked before anything is opened, so that an error leaves nothing behind.
    pub(crate) fn vacancy(&self) -> Result<u32, Errno> {
        let free = self
            .slots
            .iter()
            .position(Option::is_none)
            .unwrap_or(self.slots.len());
        if free >= self.limit {
            return Err(Errno::Mfile);
        }
        u32::try_from(free).map_err(|_| Errno::Mfile)
    }

    /// Opens a descriptor under the lowest free number.
    pub(crate) fn insert(&mut self, descriptor: Descriptor) -> Result<u32, Errno> {
        let fd = self.vacancy()?;
        match self.slots.get_mut(fd as usize) {
            Some(slot) => *slot = Some(descriptor),
            None => self.slots.push(Some(descriptor)),
        }
        Ok(fd)
    }

    pub(crate) fn get(&self, fd: u32) -> Result<&Descriptor, Errno> {
        self.slots
            .get(fd as usize)
            .and_then(Option::as_ref)
            .ok_or(Errno::Badf)
    }

    pub(crate) fn get_mut(&mut self, fd: u32) -> Result<&mut Descriptor, Errno> {
        self.slots
            .get_mut(fd as usize)
            .and_then(Option::as_mut)
            .ok_or(Errno::Badf)
    }

    pub(crate) fn remove(&mut self, fd: u32) -> Result<Descriptor, Errno> {
        self.slots
            .get_mut(fd as usize)
            .and_then(Option::take)
            .ok_or(Errno::Badf)
    }

    /// Moves `from` to the number `to`, closing what was open there. Both must be open.
    pub(crate) fn renumber(&mut self, from: u32, to: u32) -> Result<(), Errno> {
        self.get(from)?;
        self.get(to)?;
        if from != to {
            let descriptor = self.remove(from)?;
            *self.get_mut(to)? = descriptor;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stdin() -> Descriptor {
        Descriptor::new(Kind::Input(Input::Empty))
    }

    fn stdout() -> Descriptor {
        Descriptor::new(Kind::Output(Output::Discard))
    }

    #[test]
    fn the_lowest_free_number_is_used_up_to_the_limit() {
        let mut table = Table::new(vec![stdin()], 3);
        for expected in 1..3 {
            assert_eq!(table.insert(stdin()), Ok(expected));
        }
        assert_eq!(table.insert(stdin()), Err(Errno::Mfile));
        assert!(table.remove(1).is_ok());
        assert_eq!(table.remove(1).err(), Some(Errno::Badf));
        assert_eq!(table.vacancy(), Ok(1));
        assert_eq!(table.get(u32::MAX).err(), Some(Errno::Badf));
    }

    #[test]
    fn renumbering_replaces_the_target_and_frees_the_source() {
        let mut table = Table::new(vec![stdin(), stdout()], 8);
        assert_eq!(table.renumber(0, 2), Err(Errno::Badf));
        assert_eq!(table.renumber(2, 0), Err(Errno::Badf));
        assert_eq!(table.renumber(1, 1), Ok(()));
        assert_eq!(table.renumber(1, 0), Ok(()));
        assert!(matches!(table.get(0).unwrap().kind, Kind::Output(_)));
        assert_eq!(table.get(1).err(), Some(Errno::Badf));
    }
}
