//! Reading, writing and moving in descriptors; opening and closing their numbers.

use std::fs::File;
use std::io::{IoSlice, Seek, SeekFrom};

use rustix::io::{Errno as Host, preadv, pwritev, readv, retry_on_intr, writev};

use crate::ctx::WasiCtx;
use crate::errno::Errno;
use crate::memory::GuestMemory;
use crate::rights::Rights;
use crate::sock;
use crate::table::{Descriptor, Kind};
use crate::types::{Fdflags, Riflags, Whence, prestat_dir};

impl Descriptor {
    /// Checks that one may read from or write to the descriptor (`right` says which).
    ///
    /// A descriptor not open for it is [`Errno::Badf`] as in POSIX, since these two rights are
    /// what decides how a file is opened; and so the interface's conformance tests have it.
    pub(crate) fn require_transfer(&self, right: Rights) -> Result<(), Errno> {
        if matches!(self.kind, Kind::Dir(_)) {
            Err(Errno::Isdir)
        } else if self.base.contains(right) {
            Ok(())
        } else {
            Err(Errno::Badf)
        }
    }

    /// The open file, for what needs a position in it.
    fn seekable(&self) -> Result<&File, Errno> {
        match &self.kind {
            Kind::File { file, .. } => Ok(file),
            Kind::Dir(_) => Err(Errno::Badf),
            _ => Err(Errno::Spipe),
        }
    }
}

impl WasiCtx {
    /// `fd_read`
    pub(crate) fn fd_read(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        iovs: u32,
        iovs_len: u32,
        nread: u32,
    ) -> Result<(), Errno> {
        let descriptor = self.table.get_mut(fd)?;
        descriptor.require_transfer(Rights::FD_READ)?;
        memory.check(nread, 4)?;
        let mut buffers = memory.io_slices_mut(iovs, iovs_len)?;
        let nonblock = descriptor.flags.contains(Fdflags::NONBLOCK);
        let count = match &mut descriptor.kind {
            _ if buffers.is_empty() => 0,
            Kind::Input(input) => input.read(&mut buffers, nonblock)?,
            Kind::File { file, .. } => retry_on_intr(|| readv(&*file, &mut buffers))?,
            Kind::Socket { socket, .. } => sock::receive(socket, &mut buffers, Riflags::empty())?.0,
            Kind::Output(_) | Kind::Dir(_) => return Err(Errno::Badf),
        };
        memory.write_u32(nread, size(count))
    }

    /// `fd_write`
    pub(crate) fn fd_write(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        iovs: u32,
        iovs_len: u32,
        nwritten: u32,
    ) -> Result<(), Errno> {
        let descriptor = self.table.get_mut(fd)?;
        descriptor.require_transfer(Rights::FD_WRITE)?;
        memory.check(nwritten, 4)?;
        let buffers = memory.io_slices(iovs, iovs_len)?;
        let append = descriptor.flags.contains(Fdflags::APPEND);
        let count = match &mut descriptor.kind {
            _ if buffers.is_empty() => 0,
            Kind::Output(output) => output.write(&buffers)?,
            Kind::File { file, .. } if append => append_to(file, &buffers)?,
            Kind::File { file, .. } => retry_on_intr(|| writev(&*file, &buffers))?,
            Kind::Socket { socket, .. } => sock::send(socket, &buffers)?,
            Kind::Input(_) | Kind::Dir(_) => return Err(Errno::Badf),
        };
        memory.write_u32(nwritten, size(count))
    }

    /// `fd_pread`
    pub(crate) fn fd_pread(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        iovs: u32,
        iovs_len: u32,
        offset: u64,
        nread: u32,
    ) -> Result<(), Errno> {
        let descriptor = self.table.get(fd)?;
        descriptor.require_transfer(Rights::FD_READ)?;
        let file = descriptor.seekable()?;
        descriptor.require(Rights::FD_SEEK)?;
        memory.check(nread, 4)?;
        let mut buffers = memory.io_slices_mut(iovs, iovs_len)?;
        let count = if buffers.is_empty() {
            0
        } else {
            retry_on_intr(|| preadv(file, &mut buffers, offset))?
        };
        memory.write_u32(nread, size(count))
    }

    /// `fd_pwrite`. Writes where it is told to, even if the descriptor appends, as POSIX has it.
    pub(crate) fn fd_pwrite(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        iovs: u32,
        iovs_len: u32,
        offset: u64,
        nwritten: u32,
    ) -> Result<(), Errno> {
        let descriptor = self.table.get(fd)?;
        descriptor.require_transfer(Rights::FD_WRITE)?;
        let file = descriptor.seekable()?;
        descriptor.require(Rights::FD_SEEK)?;
        memory.check(nwritten, 4)?;
        let buffers = memory.io_slices(iovs, iovs_len)?;
        let count = if buffers.is_empty() {
            0
        } else {
            retry_on_intr(|| pwritev(file, &buffers, offset))?
        };
        memory.write_u32(nwritten, size(count))
    }

    /// `fd_seek`
    pub(crate) fn fd_seek(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        offset: u64,
        whence: u32,
        newoffset: u32,
    ) -> Result<(), Errno> {
        let descriptor = self.table.get(fd)?;
        let mut file = descriptor.seekable()?;
        let offset = offset.cast_signed();
        let position = match Whence::from_raw(whence)? {
            Whence::Set => SeekFrom::Start(u64::try_from(offset).map_err(|_| Errno::Inval)?),
            Whence::Cur => SeekFrom::Current(offset),
            Whence::End => SeekFrom::End(offset),
        };
        if position == SeekFrom::Current(0) {
            descriptor.require_tell()?;
        } else {
            descriptor.require(Rights::FD_SEEK)?;
        }
        memory.check(newoffset, 8)?;
        let position = file.seek(position)?;
        memory.write_u64(newoffset, position)
    }

    /// `fd_tell`
    pub(crate) fn fd_tell(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        offset: u32,
    ) -> Result<(), Errno> {
        let descriptor = self.table.get(fd)?;
        let mut file = descriptor.seekable()?;
        descriptor.require_tell()?;
        let position = file.stream_position()?;
        memory.write_u64(offset, position)
    }

    /// `fd_close`
    pub(crate) fn fd_close(&mut self, _: &mut GuestMemory<'_>, fd: u32) -> Result<(), Errno> {
        self.table.remove(fd).map(|_| ())
    }

    /// `fd_renumber`
    pub(crate) fn fd_renumber(
        &mut self,
        _: &mut GuestMemory<'_>,
        from: u32,
        to: u32,
    ) -> Result<(), Errno> {
        self.table.renumber(from, to)
    }

    /// `fd_prestat_get`
    pub(crate) fn fd_prestat_get(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        prestat: u32,
    ) -> Result<(), Errno> {
        let name = self.preopen(fd)?;
        let len = u32::try_from(name.len()).map_err(|_| Errno::Overflow)?;
        memory.write(prestat, &prestat_dir(len))
    }

    /// `fd_prestat_dir_name`
    pub(crate) fn fd_prestat_dir_name(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        path: u32,
        path_len: u32,
    ) -> Result<(), Errno> {
        let name = self.preopen(fd)?;
        if name.len() as u64 > u64::from(path_len) {
            return Err(Errno::Nametoolong);
        }
        memory.write(path, name.as_bytes())
    }

    /// The name of a directory that the guest has been given. C libraries look for them by asking
    /// for one number after the other until they are told that there is no such descriptor.
    fn preopen(&self, fd: u32) -> Result<&str, Errno> {
        self.table.get(fd)?.preopen.as_deref().ok_or(Errno::Badf)
    }
}

impl Descriptor {
    /// The right to seek includes that to tell.
    fn require_tell(&self) -> Result<(), Errno> {
        if self.base.intersects(Rights::FD_SEEK | Rights::FD_TELL) {
            Ok(())
        } else {
            Err(Errno::Notcapable)
        }
    }
}

/// Writes at the end of a file, and leaves its position there.
///
/// Files are not opened in the host's own append mode, because on Linux that would bend
/// positioned writes to the end too; each write asks for it instead, and is as atomic.
fn append_to(file: &File, buffers: &[IoSlice<'_>]) -> Result<usize, Errno> {
    #[cfg(target_os = "linux")]
    {
        use rustix::io::{ReadWriteFlags, pwritev2};
        /// Tells `pwritev2` to use, and to move, the position of the file.
        const CURRENT: u64 = u64::MAX;
        match retry_on_intr(|| pwritev2(file, buffers, CURRENT, ReadWriteFlags::APPEND)) {
            Err(Host::NOSYS | Host::OPNOTSUPP) => {}
            result => return Ok(result?),
        }
    }
    match rustix::fs::seek(file, rustix::fs::SeekFrom::End(0)) {
        // What has no position is at its end always.
        Ok(_) | Err(Host::SPIPE) => Ok(retry_on_intr(|| writev(file, buffers))?),
        Err(error) => Err(error.into()),
    }
}

/// A number of bytes transferred, which the buffers' total length bounds.
fn size(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
