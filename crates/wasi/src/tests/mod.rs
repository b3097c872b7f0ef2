//! Tests of the functions on real files, called as a guest calls them: through its memory.

mod escapes;
mod files;
mod hostile;
mod listing;
mod paths;
mod polling;
mod rights;
mod sockets;

use std::path::PathBuf;

use tempfile::TempDir;

use crate::errno::Errno;
use crate::memory::GuestMemory;
use crate::rights::Rights;
use crate::types::{Fdflags, Lookupflags, Oflags};
use crate::{WasiCtx, WasiCtxBuilder};

/// The directory that a [`Guest`] is given.
const ROOT: u32 = 3;

/// Where the harness puts strings and results; tests have the memory from `FREE` on.
const PATH: u32 = 0;
const PATH2: u32 = 8192;
const RESULT: u32 = 16384;
const FREE: u32 = 20480;
const SIZE: usize = 1 << 17;

const FOLLOW: Lookupflags = Lookupflags::SYMLINK_FOLLOW;
const NO_FOLLOW: Lookupflags = Lookupflags::empty();

/// A guest with one directory, and what lies outside of it.
struct Guest {
    ctx: WasiCtx,
    bytes: Vec<u8>,
    outer: TempDir,
}

impl Guest {
    /// `outer/inner` is given to the guest; `outer/secret` is not.
    fn new() -> Guest {
        let outer = TempDir::new().unwrap();
        std::fs::create_dir(outer.path().join("inner")).unwrap();
        std::fs::write(outer.path().join("secret"), "secret").unwrap();
        std::fs::create_dir(outer.path().join("outside")).unwrap();
        let ctx = WasiCtxBuilder::new()
            .preopened_dir(outer.path().join("inner"), "/")
            .unwrap()
            .build();
        Guest {
            ctx,
            bytes: vec![0; SIZE],
            outer,
        }
    }

    /// The host's path of what the guest calls `path`.
    fn host(&self, path: &str) -> PathBuf {
        self.outer.path().join("inner").join(path)
    }

    /// Checks that nothing outside has been touched.
    fn assert_outside_is_whole(&self) {
        assert_eq!(
            std::fs::read_to_string(self.outer.path().join("secret")).unwrap(),
            "secret"
        );
        assert_eq!(
            std::fs::read_dir(self.outer.path().join("outside"))
                .unwrap()
                .count(),
            0
        );
        assert_eq!(std::fs::read_dir(self.outer.path()).unwrap().count(), 3);
    }

    /// Calls a function with a path.
    fn with_path<R>(
        &mut self,
        path: impl AsRef<[u8]>,
        call: impl FnOnce(&mut WasiCtx, &mut GuestMemory<'_>, u32, u32) -> R,
    ) -> R {
        let mut memory = GuestMemory::new(&mut self.bytes);
        memory.write(PATH, path.as_ref()).unwrap();
        call(&mut self.ctx, &mut memory, PATH, path.as_ref().len() as u32)
    }

    /// Calls a function with two paths.
    fn with_paths<R>(
        &mut self,
        old: &str,
        new: &str,
        call: impl FnOnce(&mut WasiCtx, &mut GuestMemory<'_>, [u32; 2], [u32; 2]) -> R,
    ) -> R {
        let mut memory = GuestMemory::new(&mut self.bytes);
        memory.write(PATH, old.as_bytes()).unwrap();
        memory.write(PATH2, new.as_bytes()).unwrap();
        let old = [PATH, old.len() as u32];
        let new = [PATH2, new.len() as u32];
        call(&mut self.ctx, &mut memory, old, new)
    }

    /// Calls a function that needs no string.
    fn call<R>(&mut self, call: impl FnOnce(&mut WasiCtx, &mut GuestMemory<'_>) -> R) -> R {
        call(&mut self.ctx, &mut GuestMemory::new(&mut self.bytes))
    }

    fn open_as(&mut self, fd: u32, path: &str, how: &How) -> Result<u32, Errno> {
        self.with_path(path, |ctx, memory, path, len| {
            ctx.path_open(
                memory,
                fd,
                how.lookup.bits(),
                path,
                len,
                how.oflags.bits().into(),
                how.base.bits(),
                how.inheriting.bits(),
                how.fdflags.bits().into(),
                RESULT,
            )
        })?;
        Ok(self.result_u32(RESULT))
    }

    /// Opens for reading, without following a link at the end.
    fn open(&mut self, path: &str) -> Result<u32, Errno> {
        self.open_as(ROOT, path, &How::default())
    }

    /// Opens for reading, and follows links.
    fn open_follow(&mut self, path: &str) -> Result<u32, Errno> {
        self.open_as(
            ROOT,
            path,
            &How {
                lookup: FOLLOW,
                ..How::default()
            },
        )
    }

    /// Creates, or opens, a file for everything.
    fn create(&mut self, path: &str) -> Result<u32, Errno> {
        self.open_as(ROOT, path, &How::create())
    }

    fn mkdir(&mut self, path: &str) -> Result<(), Errno> {
        self.with_path(path, |ctx, memory, path, len| {
            ctx.path_create_directory(memory, ROOT, path, len)
        })
    }

    fn rmdir(&mut self, path: &str) -> Result<(), Errno> {
        self.with_path(path, |ctx, memory, path, len| {
            ctx.path_remove_directory(memory, ROOT, path, len)
        })
    }

    fn unlink(&mut self, path: &str) -> Result<(), Errno> {
        self.with_path(path, |ctx, memory, path, len| {
            ctx.path_unlink_file(memory, ROOT, path, len)
        })
    }

    fn rename(&mut self, old: &str, new: &str) -> Result<(), Errno> {
        self.with_paths(old, new, |ctx, memory, [old, old_len], [new, new_len]| {
            ctx.path_rename(memory, ROOT, old, old_len, ROOT, new, new_len)
        })
    }

    fn link(&mut self, lookup: Lookupflags, old: &str, new: &str) -> Result<(), Errno> {
        self.with_paths(old, new, |ctx, memory, [old, old_len], [new, new_len]| {
            ctx.path_link(
                memory,
                ROOT,
                lookup.bits(),
                old,
                old_len,
                ROOT,
                new,
                new_len,
            )
        })
    }

    fn symlink(&mut self, text: &str, path: &str) -> Result<(), Errno> {
        self.with_paths(
            text,
            path,
            |ctx, memory, [text, text_len], [path, path_len]| {
                ctx.path_symlink(memory, text, text_len, ROOT, path, path_len)
            },
        )
    }

    fn readlink(&mut self, path: &str, buf_len: u32) -> Result<Vec<u8>, Errno> {
        self.with_path(path, |ctx, memory, path, len| {
            ctx.path_readlink(memory, ROOT, path, len, FREE, buf_len, RESULT)
        })?;
        let used = self.result_u32(RESULT);
        Ok(self.bytes_at(FREE, used).to_vec())
    }

    /// The raw `filestat` of a path.
    fn stat(&mut self, lookup: Lookupflags, path: &str) -> Result<Stat, Errno> {
        self.with_path(path, |ctx, memory, path, len| {
            ctx.path_filestat_get(memory, ROOT, lookup.bits(), path, len, RESULT)
        })?;
        Ok(self.stat_at(RESULT))
    }

    fn set_times(&mut self, lookup: Lookupflags, path: &str, time: u64) -> Result<(), Errno> {
        self.with_path(path, |ctx, memory, path, len| {
            ctx.path_filestat_set_times(memory, ROOT, lookup.bits(), path, len, time, time, 0b101)
        })
    }

    fn fd_stat(&mut self, fd: u32) -> Result<Stat, Errno> {
        self.call(|ctx, memory| ctx.fd_filestat_get(memory, fd, RESULT))?;
        Ok(self.stat_at(RESULT))
    }

    /// The rights of a descriptor, and those that it hands on.
    fn rights(&mut self, fd: u32) -> (Rights, Rights) {
        self.call(|ctx, memory| ctx.fd_fdstat_get(memory, fd, RESULT))
            .unwrap();
        let [base, inheriting] =
            [8, 16].map(|at| Rights::from_bits(self.result_u64(RESULT + at)).unwrap());
        (base, inheriting)
    }

    fn write(&mut self, fd: u32, data: &str) -> Result<u32, Errno> {
        self.put_buffer(data);
        self.call(|ctx, memory| ctx.fd_write(memory, fd, FREE, 1, RESULT))?;
        Ok(self.result_u32(RESULT))
    }

    fn pwrite(&mut self, fd: u32, data: &str, offset: u64) -> Result<u32, Errno> {
        self.put_buffer(data);
        self.call(|ctx, memory| ctx.fd_pwrite(memory, fd, FREE, 1, offset, RESULT))?;
        Ok(self.result_u32(RESULT))
    }

    fn read(&mut self, fd: u32, len: u32) -> Result<String, Errno> {
        self.put_iovecs(&[(FREE + 8, len)]);
        self.call(|ctx, memory| ctx.fd_read(memory, fd, FREE, 1, RESULT))?;
        let count = self.result_u32(RESULT);
        Ok(String::from_utf8(self.bytes_at(FREE + 8, count).to_vec()).unwrap())
    }

    fn pread(&mut self, fd: u32, len: u32, offset: u64) -> Result<String, Errno> {
        self.put_iovecs(&[(FREE + 8, len)]);
        self.call(|ctx, memory| ctx.fd_pread(memory, fd, FREE, 1, offset, RESULT))?;
        let count = self.result_u32(RESULT);
        Ok(String::from_utf8(self.bytes_at(FREE + 8, count).to_vec()).unwrap())
    }

    fn seek(&mut self, fd: u32, offset: i64, whence: u32) -> Result<u64, Errno> {
        self.call(|ctx, memory| ctx.fd_seek(memory, fd, offset.cast_unsigned(), whence, RESULT))?;
        Ok(self.result_u64(RESULT))
    }

    fn tell(&mut self, fd: u32) -> Result<u64, Errno> {
        self.call(|ctx, memory| ctx.fd_tell(memory, fd, RESULT))?;
        Ok(self.result_u64(RESULT))
    }

    fn close(&mut self, fd: u32) -> Result<(), Errno> {
        self.call(|ctx, memory| ctx.fd_close(memory, fd))
    }

    /// Puts one buffer and its `ciovec` at `FREE`.
    fn put_buffer(&mut self, data: &str) {
        self.put_iovecs(&[(FREE + 8, data.len() as u32)]);
        self.put(FREE + 8, data.as_bytes());
    }

    /// Puts an array of `iovec` at `FREE`.
    fn put_iovecs(&mut self, list: &[(u32, u32)]) {
        for (index, (ptr, len)) in list.iter().enumerate() {
            let at = FREE + index as u32 * 8;
            self.put(at, &ptr.to_le_bytes());
            self.put(at + 4, &len.to_le_bytes());
        }
    }

    fn put(&mut self, at: u32, data: &[u8]) {
        GuestMemory::new(&mut self.bytes).write(at, data).unwrap();
    }

    fn bytes_at(&self, at: u32, len: u32) -> &[u8] {
        &self.bytes[at as usize..][..len as usize]
    }

    fn result_u32(&self, at: u32) -> u32 {
        u32::from_le_bytes(self.bytes_at(at, 4).try_into().unwrap())
    }

    fn result_u64(&self, at: u32) -> u64 {
        u64::from_le_bytes(self.bytes_at(at, 8).try_into().unwrap())
    }

    fn stat_at(&self, at: u32) -> Stat {
        Stat {
            ino: self.result_u64(at + 8),
            filetype: self.bytes_at(at + 16, 1)[0],
            nlink: self.result_u64(at + 24),
            size: self.result_u64(at + 32),
            mtim: self.result_u64(at + 48),
        }
    }
}

/// What tests look at of a `filestat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stat {
    ino: u64,
    filetype: u8,
    nlink: u64,
    size: u64,
    mtim: u64,
}

/// How to open a path.
#[derive(Debug, Clone)]
struct How {
    lookup: Lookupflags,
    oflags: Oflags,
    base: Rights,
    inheriting: Rights,
    fdflags: Fdflags,
}

impl Default for How {
    /// For reading, not following a link at the end.
    fn default() -> How {
        How {
            lookup: NO_FOLLOW,
            oflags: Oflags::empty(),
            base: Rights::DIRECTORY | (Rights::REGULAR_FILE & !writing()),
            inheriting: Rights::all(),
            fdflags: Fdflags::empty(),
        }
    }
}

impl How {
    fn create() -> How {
        How {
            oflags: Oflags::CREAT,
            base: Rights::REGULAR_FILE,
            ..How::default()
        }
    }

    fn oflags(oflags: Oflags) -> How {
        How {
            oflags,
            ..How::default()
        }
    }
}

#[test]
fn a_guests_state_can_move_between_threads() {
    fn assert_send<T: Send>() {}
    assert_send::<WasiCtx>();
    assert_send::<WasiCtxBuilder>();
}

/// The rights for which a file must be opened for writing.
fn writing() -> Rights {
    Rights::FD_WRITE | Rights::FD_ALLOCATE | Rights::FD_FILESTAT_SET_SIZE
}
