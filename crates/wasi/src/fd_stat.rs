//! The state of descriptors and of the files behind them: flags, rights, sizes, times, storage.

use std::fs::File;
use std::num::NonZeroU64;

use cap_std::fs::Metadata;
use rustix::fs::{
    Advice, FallocateFlags, OFlags, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, fadvise,
    fallocate, fcntl_getfl, fcntl_setfl, fdatasync, fsync, futimens,
};

use crate::ctx::WasiCtx;
use crate::errno::Errno;
use crate::memory::GuestMemory;
use crate::rights::Rights;
use crate::table::{Descriptor, Kind};
use crate::types::{Fdflags, Fdstat, Filestat, Fstflags, flags};

/// The flags that decide, once and for all when a file is opened, what a write waits for.
const SYNC_FLAGS: Fdflags = Fdflags::DSYNC.union(Fdflags::RSYNC).union(Fdflags::SYNC);

impl Descriptor {
    /// The open file, if the descriptor is one and has these rights; else `otherwise`.
    fn file(&self, rights: Rights, otherwise: Errno) -> Result<&File, Errno> {
        match &self.kind {
            Kind::File { file, .. } => self.require(rights).map(|()| file),
            Kind::Dir(_) => Err(Errno::Badf),
            _ => Err(otherwise),
        }
    }

    fn filestat(&self) -> Result<Filestat, Errno> {
        Ok(match &self.kind {
            Kind::File { file, .. } => Metadata::from_file(file)?.into(),
            Kind::Dir(open) => open.dir.dir_metadata()?.into(),
            kind => Filestat::bare(kind.describe().0),
        })
    }
}

impl WasiCtx {
    /// `fd_fdstat_get`
    pub(crate) fn fd_fdstat_get(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        stat: u32,
    ) -> Result<(), Errno> {
        let Descriptor {
            kind,
            flags,
            base,
            inheriting,
            ..
        } = self.table.get(fd)?;
        let fdstat = Fdstat {
            filetype: kind.describe().0,
            flags: *flags,
            base: *base,
            inheriting: *inheriting,
        };
        memory.write(stat, &fdstat.encode())
    }

    /// `fd_fdstat_set_flags`
    pub(crate) fn fd_fdstat_set_flags(
        &mut self,
        _: &mut GuestMemory<'_>,
        fd: u32,
        fdflags: u32,
    ) -> Result<(), Errno> {
        let descriptor = self.table.get_mut(fd)?;
        descriptor.require(Rights::FD_FDSTAT_SET_FLAGS)?;
        let new: Fdflags = flags(fdflags)?;
        let changed = descriptor.flags.symmetric_difference(new);
        if changed.intersects(SYNC_FLAGS) {
            return Err(Errno::Inval);
        }
        if changed.contains(Fdflags::NONBLOCK) {
            let nonblock = new.contains(Fdflags::NONBLOCK);
            match &descriptor.kind {
                Kind::File { file, .. } => set_nonblock(file, nonblock)?,
                Kind::Socket { socket, .. } => set_nonblock(socket, nonblock)?,
                // The mode of the host's own streams is shared with whoever else has them open;
                // it is kept to the guest, and means nothing to directories.
                Kind::Input(_) | Kind::Output(_) | Kind::Dir(_) => {}
            }
        }
        descriptor.flags = new;
        Ok(())
    }

    /// `fd_fdstat_set_rights`: takes rights away.
    pub(crate) fn fd_fdstat_set_rights(
        &mut self,
        _: &mut GuestMemory<'_>,
        fd: u32,
        base: u64,
        inheriting: u64,
    ) -> Result<(), Errno> {
        let descriptor = self.table.get_mut(fd)?;
        // What is not a right at all is one the descriptor does not have.
        let subset = |raw: u64, current: Rights| {
            Rights::from_bits(raw)
                .filter(|&new| current.contains(new))
                .ok_or(Errno::Notcapable)
        };
        let base = subset(base, descriptor.base)?;
        let inheriting = subset(inheriting, descriptor.inheriting)?;
        (descriptor.base, descriptor.inheriting) = (base, inheriting);
        Ok(())
    }

    /// `fd_filestat_get`
    pub(crate) fn fd_filestat_get(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        stat: u32,
    ) -> Result<(), Errno> {
        let descriptor = self.table.get(fd)?;
        descriptor.require(Rights::FD_FILESTAT_GET)?;
        memory.write(stat, &descriptor.filestat()?.encode())
    }

    /// `fd_filestat_set_size`
    pub(crate) fn fd_filestat_set_size(
        &mut self,
        _: &mut GuestMemory<'_>,
        fd: u32,
        size: u64,
    ) -> Result<(), Errno> {
        let descriptor = self.table.get(fd)?;
        let file = descriptor.file(Rights::FD_FILESTAT_SET_SIZE, Errno::Inval)?;
        Ok(file.set_len(size)?)
    }

    /// `fd_filestat_set_times`
    pub(crate) fn fd_filestat_set_times(
        &mut self,
        _: &mut GuestMemory<'_>,
        fd: u32,
        atim: u64,
        mtim: u64,
        fst_flags: u32,
    ) -> Result<(), Errno> {
        let descriptor = self.table.get(fd)?;
        let [last_access, last_modification] =
            times(atim, mtim, fst_flags)?.map(|time| match time {
                NewTime::Keep => Timespec {
                    tv_sec: 0,
                    tv_nsec: UTIME_OMIT,
                },
                NewTime::Now => Timespec {
                    tv_sec: 0,
                    tv_nsec: UTIME_NOW,
                },
                NewTime::At(nanoseconds) => Timespec {
                    // Both quotient and remainder fit by far.
                    tv_sec: (nanoseconds / 1_000_000_000).cast_signed(),
                    tv_nsec: (nanoseconds % 1_000_000_000).cast_signed(),
                },
            });
        let times = Timestamps {
            last_access,
            last_modification,
        };
        match &descriptor.kind {
            Kind::Dir(open) => {
                descriptor.require(Rights::FD_FILESTAT_SET_TIMES)?;
                futimens(&open.dir, &times)?;
            }
            _ => {
                let file = descriptor.file(Rights::FD_FILESTAT_SET_TIMES, Errno::Inval)?;
                futimens(file, &times)?;
            }
        }
        Ok(())
    }

    /// `fd_advise`
    pub(crate) fn fd_advise(
        &mut self,
        _: &mut GuestMemory<'_>,
        fd: u32,
        offset: u64,
        len: u64,
        advice: u32,
    ) -> Result<(), Errno> {
        let descriptor = self.table.get(fd)?;
        let file = descriptor.file(Rights::FD_ADVISE, Errno::Spipe)?;
        let advice = match advice {
            0 => Advice::Normal,
            1 => Advice::Sequential,
            2 => Advice::Random,
            3 => Advice::WillNeed,
            4 => Advice::DontNeed,
            5 => Advice::NoReuse,
            _ => return Err(Errno::Inval),
        };
        Ok(fadvise(file, offset, NonZeroU64::new(len), advice)?)
    }

    /// `fd_allocate`
    pub(crate) fn fd_allocate(
        &mut self,
        _: &mut GuestMemory<'_>,
        fd: u32,
        offset: u64,
        len: u64,
    ) -> Result<(), Errno> {
        let descriptor = self.table.get(fd)?;
        let file = descriptor.file(Rights::FD_ALLOCATE, Errno::Spipe)?;
        Ok(fallocate(file, FallocateFlags::empty(), offset, len)?)
    }

    /// `fd_datasync`
    pub(crate) fn fd_datasync(&mut self, _: &mut GuestMemory<'_>, fd: u32) -> Result<(), Errno> {
        let descriptor = self.table.get(fd)?;
        match &descriptor.kind {
            Kind::Dir(open) => {
                descriptor.require(Rights::FD_DATASYNC)?;
                Ok(fdatasync(&open.dir)?)
            }
            _ => Ok(fdatasync(
                descriptor.file(Rights::FD_DATASYNC, Errno::Inval)?,
            )?),
        }
    }

    /// `fd_sync`
    pub(crate) fn fd_sync(&mut self, _: &mut GuestMemory<'_>, fd: u32) -> Result<(), Errno> {
        let descriptor = self.table.get(fd)?;
        match &descriptor.kind {
            Kind::Dir(open) => {
                descriptor.require(Rights::FD_SYNC)?;
                Ok(fsync(&open.dir)?)
            }
            _ => Ok(fsync(descriptor.file(Rights::FD_SYNC, Errno::Inval)?)?),
        }
    }
}

/// What becomes of one of a file's times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NewTime {
    Keep,
    Now,
    /// In nanoseconds since 1970.
    At(u64),
}

/// What becomes of the times of access and of modification.
pub(crate) fn times(atim: u64, mtim: u64, fst_flags: u32) -> Result<[NewTime; 2], Errno> {
    let fst_flags: Fstflags = flags(fst_flags)?;
    let one = |time, at, now| match (fst_flags.contains(at), fst_flags.contains(now)) {
        (true, true) => Err(Errno::Inval),
        (true, false) => Ok(NewTime::At(time)),
        (false, true) => Ok(NewTime::Now),
        (false, false) => Ok(NewTime::Keep),
    };
    Ok([
        one(atim, Fstflags::ATIM, Fstflags::ATIM_NOW)?,
        one(mtim, Fstflags::MTIM, Fstflags::MTIM_NOW)?,
    ])
}

fn set_nonblock(fd: impl rustix::fd::AsFd, nonblock: bool) -> Result<(), Errno> {
    let mut mode = fcntl_getfl(&fd)?;
    mode.set(OFlags::NONBLOCK, nonblock);
    Ok(fcntl_setfl(&fd, mode)?)
}
