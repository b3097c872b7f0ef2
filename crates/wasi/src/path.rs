//! Paths: what is done to files and directories by name.
//!
//! `cap-std` resolves every path beneath the directory it starts from, and so keeps the guest in
//! there: `..`, absolute paths and symbolic links that lead outside are refused with what becomes
//! [`Errno::Perm`], and the last component is looked at without following links unless told so.
//! This file adds the interface's flags and rights, and what POSIX says of trailing slashes where
//! the normal form of a [`std::path::Path`] would forget them.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use cap_fs_ext::{
    DirExt, FollowSymlinks, OpenOptionsFollowExt, OpenOptionsSyncExt, SystemTimeSpec,
};
use cap_std::fs::{Dir, Metadata, OpenOptions, OpenOptionsExt};
use cap_std::time::{Duration, SystemClock};
use rustix::fs::OFlags;

use crate::ctx::WasiCtx;
use crate::errno::Errno;
use crate::fd_stat::{NewTime, times};
use crate::memory::GuestMemory;
use crate::rights::Rights;
use crate::table::{Descriptor, Kind, OpenDir};
use crate::types::{Fdflags, Filestat, Filetype, Lookupflags, Oflags, flags};

impl WasiCtx {
    /// `path_open`
    #[expect(
        clippy::too_many_arguments,
        reason = "as many as the interface's function has"
    )]
    pub(crate) fn path_open(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        dirflags: u32,
        path: u32,
        path_len: u32,
        oflags: u32,
        base: u64,
        inheriting: u64,
        fdflags: u32,
        opened: u32,
    ) -> Result<(), Errno> {
        let parent = self.table.get(fd)?;
        let dir = parent.dir(Rights::PATH_OPEN)?;
        let request = Opening {
            lookup: flags(dirflags)?,
            oflags: flags(oflags)?,
            base: Rights::from_bits(base).ok_or(Errno::Notcapable)?,
            inheriting: Rights::from_bits(inheriting).ok_or(Errno::Notcapable)?,
            fdflags: flags(fdflags)?,
        };
        request.check(parent)?;
        memory.check(opened, 4)?;
        self.table.vacancy()?;
        let descriptor = request.open(dir, memory.path(path, path_len)?)?;
        let fd = self.table.insert(descriptor)?;
        memory.write_u32(opened, fd)
    }

    /// `path_create_directory`
    pub(crate) fn path_create_directory(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        path: u32,
        path_len: u32,
    ) -> Result<(), Errno> {
        let dir = self.table.get(fd)?.dir(Rights::PATH_CREATE_DIRECTORY)?;
        Ok(dir.create_dir(memory.path(path, path_len)?)?)
    }

    /// `path_filestat_get`
    pub(crate) fn path_filestat_get(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        lookup: u32,
        path: u32,
        path_len: u32,
        stat: u32,
    ) -> Result<(), Errno> {
        let dir = self.table.get(fd)?.dir(Rights::PATH_FILESTAT_GET)?;
        let lookup = flags(lookup)?;
        let path = memory.path(path, path_len)?;
        let stat_record = Filestat::from(metadata(dir, path, lookup)?);
        memory.write(stat, &stat_record.encode())
    }

    /// `path_filestat_set_times`
    #[expect(
        clippy::too_many_arguments,
        reason = "as many as the interface's function has"
    )]
    pub(crate) fn path_filestat_set_times(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        lookup: u32,
        path: u32,
        path_len: u32,
        atim: u64,
        mtim: u64,
        fst_flags: u32,
    ) -> Result<(), Errno> {
        let dir = self.table.get(fd)?.dir(Rights::PATH_FILESTAT_SET_TIMES)?;
        let lookup: Lookupflags = flags(lookup)?;
        let path = memory.path(path, path_len)?;
        let [atim, mtim] = times(atim, mtim, fst_flags)?.map(|time| match time {
            NewTime::Keep => None,
            NewTime::Now => Some(SystemTimeSpec::SymbolicNow),
            NewTime::At(time) => {
                Some((SystemClock::UNIX_EPOCH + Duration::from_nanos(time)).into())
            }
        });
        if follows(path, lookup) {
            Ok(dir.set_times(path, atim, mtim)?)
        } else {
            Ok(dir.set_symlink_times(path, atim, mtim)?)
        }
    }

    /// `path_link`
    #[expect(
        clippy::too_many_arguments,
        reason = "as many as the interface's function has"
    )]
    pub(crate) fn path_link(
        &mut self,
        memory: &mut GuestMemory<'_>,
        old_fd: u32,
        old_lookup: u32,
        old_path: u32,
        old_path_len: u32,
        new_fd: u32,
        new_path: u32,
        new_path_len: u32,
    ) -> Result<(), Errno> {
        let old_dir = self.table.get(old_fd)?.dir(Rights::PATH_LINK_SOURCE)?;
        let new_dir = self.table.get(new_fd)?.dir(Rights::PATH_LINK_TARGET)?;
        let old_lookup: Lookupflags = flags(old_lookup)?;
        let old_path = memory.path(old_path, old_path_len)?;
        let new_path = memory.path(new_path, new_path_len)?;
        if old_lookup.contains(Lookupflags::SYMLINK_FOLLOW) {
            // Linking itself never follows; should the file be exchanged for a link in between,
            // the guest gets a link to that, and still nothing outside.
            let target = old_dir.canonicalize(old_path)?;
            Ok(old_dir.hard_link(target, new_dir, new_path)?)
        } else {
            Ok(old_dir.hard_link(old_path, new_dir, new_path)?)
        }
    }

    /// `path_readlink`: writes as much of the link's text as fits.
    ///
    /// A link to an absolute path is an error: it would tell of folders of the host that the
    /// guest has no business with, and leads nowhere from here.
    #[expect(
        clippy::too_many_arguments,
        reason = "as many as the interface's function has"
    )]
    pub(crate) fn path_readlink(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        path: u32,
        path_len: u32,
        buf: u32,
        buf_len: u32,
        bufused: u32,
    ) -> Result<(), Errno> {
        let dir = self.table.get(fd)?.dir(Rights::PATH_READLINK)?;
        memory.check(bufused, 4)?;
        memory.check(buf, buf_len)?;
        let target = dir.read_link(memory.path(path, path_len)?)?;
        let target = target.as_os_str().as_bytes();
        let used = u32::try_from(target.len()).unwrap_or(u32::MAX).min(buf_len);
        memory.write(buf, &target[..used as usize])?;
        memory.write_u32(bufused, used)
    }

    /// `path_remove_directory`
    pub(crate) fn path_remove_directory(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        path: u32,
        path_len: u32,
    ) -> Result<(), Errno> {
        let dir = self.table.get(fd)?.dir(Rights::PATH_REMOVE_DIRECTORY)?;
        let path = memory.path(path, path_len)?;
        // What is removed must be a directory anyway; with its slash it would be taken for a
        // path to `.` in there, which cannot be removed.
        let name = path.trim_end_matches('/');
        Ok(dir.remove_dir(if name.is_empty() { path } else { name })?)
    }

    /// `path_rename`
    #[expect(
        clippy::too_many_arguments,
        reason = "as many as the interface's function has"
    )]
    pub(crate) fn path_rename(
        &mut self,
        memory: &mut GuestMemory<'_>,
        old_fd: u32,
        old_path: u32,
        old_path_len: u32,
        new_fd: u32,
        new_path: u32,
        new_path_len: u32,
    ) -> Result<(), Errno> {
        let old_dir = self.table.get(old_fd)?.dir(Rights::PATH_RENAME_SOURCE)?;
        let new_dir = self.table.get(new_fd)?.dir(Rights::PATH_RENAME_TARGET)?;
        let old_path = memory.path(old_path, old_path_len)?;
        let new_path = memory.path(new_path, new_path_len)?;
        if new_path.ends_with('/') && !old_dir.symlink_metadata(old_path)?.is_dir() {
            return Err(Errno::Notdir);
        }
        Ok(old_dir.rename(old_path, new_dir, new_path)?)
    }

    /// `path_symlink`. The text may be any relative path; whether it leads outside is checked
    /// whenever it is followed.
    pub(crate) fn path_symlink(
        &mut self,
        memory: &mut GuestMemory<'_>,
        old_path: u32,
        old_path_len: u32,
        fd: u32,
        new_path: u32,
        new_path_len: u32,
    ) -> Result<(), Errno> {
        let dir = self.table.get(fd)?.dir(Rights::PATH_SYMLINK)?;
        let old_path = memory.path(old_path, old_path_len)?;
        Ok(DirExt::symlink(
            dir,
            old_path,
            memory.path(new_path, new_path_len)?,
        )?)
    }

    /// `path_unlink_file`
    pub(crate) fn path_unlink_file(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        path: u32,
        path_len: u32,
    ) -> Result<(), Errno> {
        let dir = self.table.get(fd)?.dir(Rights::PATH_UNLINK_FILE)?;
        Ok(dir.remove_file_or_symlink(memory.path(path, path_len)?)?)
    }
}

/// What a guest asks of `path_open`.
struct Opening {
    lookup: Lookupflags,
    oflags: Oflags,
    base: Rights,
    inheriting: Rights,
    fdflags: Fdflags,
}

impl Opening {
    /// Checks the request against the rights of the directory it starts from.
    fn check(&self, parent: &Descriptor) -> Result<(), Errno> {
        if self.oflags.contains(Oflags::CREAT | Oflags::DIRECTORY) {
            return Err(Errno::Inval);
        }
        if self.oflags.contains(Oflags::CREAT) {
            parent.require(Rights::PATH_CREATE_FILE)?;
        }
        if self.oflags.contains(Oflags::TRUNC) {
            // The errno that the interface's conformance tests expect here.
            parent
                .require(Rights::PATH_FILESTAT_SET_SIZE)
                .map_err(|_| Errno::Perm)?;
        }
        let mut inherited = self.base | self.inheriting;
        if self.fdflags.contains(Fdflags::DSYNC) {
            inherited |= Rights::FD_DATASYNC;
        }
        if self.fdflags.intersects(Fdflags::RSYNC | Fdflags::SYNC) {
            inherited |= Rights::FD_SYNC;
        }
        if parent.inheriting.contains(inherited) {
            Ok(())
        } else {
            Err(Errno::Notcapable)
        }
    }

    /// Opens, and drops the rights that mean nothing for what is found.
    fn open(&self, dir: &Dir, path: &str) -> Result<Descriptor, Errno> {
        let file = dir.open_with(path, &self.options())?.into_std();
        let filetype = Filetype::from(Metadata::from_file(&file)?.file_type());
        let kind = match filetype {
            Filetype::Directory => Kind::Dir(OpenDir {
                dir: Dir::from_std_file(file),
                listing: None,
            }),
            _ => Kind::File { file, filetype },
        };
        let (base, inheriting) = Rights::applicable(filetype, kind.describe().1);
        Ok(Descriptor {
            kind,
            flags: self.fdflags,
            base: self.base & base,
            inheriting: self.inheriting & inheriting,
            preopen: None,
        })
    }

    fn options(&self) -> OpenOptions {
        // A terminal must not become that of the host process.
        let mut extra = OFlags::NOCTTY;
        // Given as the host's flags because here, as in POSIX, files can be created and cut off
        // without being open for writing.
        extra.set(OFlags::CREATE, self.oflags.contains(Oflags::CREAT));
        extra.set(OFlags::DIRECTORY, self.oflags.contains(Oflags::DIRECTORY));
        extra.set(
            OFlags::EXCL,
            self.oflags.contains(Oflags::CREAT | Oflags::EXCL),
        );
        extra.set(OFlags::TRUNC, self.oflags.contains(Oflags::TRUNC));

        let follow = self.lookup.contains(Lookupflags::SYMLINK_FOLLOW);
        let mut options = OpenOptions::new();
        options
            .read(self.base.reads() || !self.base.writes())
            .write(self.base.writes())
            .custom_flags(extra.bits().cast_signed())
            .follow(if follow {
                FollowSymlinks::Yes
            } else {
                FollowSymlinks::No
            })
            .dsync(self.fdflags.contains(Fdflags::DSYNC))
            .rsync(self.fdflags.contains(Fdflags::RSYNC))
            .sync(self.fdflags.contains(Fdflags::SYNC))
            .nonblock(self.fdflags.contains(Fdflags::NONBLOCK));
        options
    }
}

/// Whether a symbolic link at the end of the path is followed: when the guest says so, or when
/// the path goes on after it.
fn follows(path: &str, lookup: Lookupflags) -> bool {
    lookup.contains(Lookupflags::SYMLINK_FOLLOW) || path.ends_with('/') || path.ends_with("/.")
}

fn metadata(dir: &Dir, path: &str, lookup: Lookupflags) -> Result<Metadata, Errno> {
    if follows(path, lookup) {
        Ok(dir.metadata(path)?)
    } else {
        Ok(dir.symlink_metadata(Path::new(path))?)
    }
}
