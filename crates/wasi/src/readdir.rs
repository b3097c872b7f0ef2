//! Listing directories, with positions that stay true while the directory changes.

use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use cap_std::fs::{Dir, DirEntry, MetadataExt};
use rustix::fs::DirEntryExt;

use crate::ctx::WasiCtx;
use crate::errno::Errno;
use crate::memory::GuestMemory;
use crate::rights::Rights;
use crate::table::Kind;
use crate::types::{Dirent, Filetype};

/// The entries of a directory as they were when it was last read from its start.
///
/// An entry's cookie is a number given to its name when the name is first seen through this
/// descriptor, and never given to another. A guest that goes on from a cookie therefore neither
/// skips nor repeats an entry, whatever is created, removed or renamed in between, even if the
/// directory has been read from its start since.
pub(crate) struct Listing {
    /// In the order of their cookies.
    entries: Vec<Entry>,
    next_cookie: u64,
}

struct Entry {
    cookie: u64,
    name: OsString,
    ino: u64,
    filetype: Filetype,
}

impl Listing {
    /// Reads the directory, keeping the cookies of the names in `previous`.
    fn read(dir: &Dir, previous: Option<Listing>) -> Result<Listing, Errno> {
        let (mut known, mut next_cookie) = match previous {
            Some(listing) => (
                listing
                    .entries
                    .into_iter()
                    .map(|entry| (entry.name, entry.cookie))
                    .collect::<HashMap<_, _>>(),
                listing.next_cookie,
            ),
            None => (HashMap::new(), 0),
        };
        let mut cookie = |name: &OsString| {
            known.remove(name).unwrap_or_else(|| {
                next_cookie += 1;
                next_cookie - 1
            })
        };

        // The parent may lie outside of what the guest may see: its number is not told.
        let ino = dir.dir_metadata()?.ino();
        let mut entries: Vec<Entry> = [".", ".."]
            .map(OsString::from)
            .into_iter()
            .map(|name| Entry {
                cookie: cookie(&name),
                name,
                ino,
                filetype: Filetype::Directory,
            })
            .collect();
        for entry in dir.entries()? {
            let entry = entry?;
            let name = entry.file_name();
            entries.push(Entry {
                cookie: cookie(&name),
                name,
                ino: entry.ino(),
                filetype: filetype(&entry)?,
            });
        }
        entries.sort_unstable_by_key(|entry| entry.cookie);
        Ok(Listing {
            entries,
            next_cookie,
        })
    }

    /// Writes entries from `cookie` on into the buffer until it is full, and returns how much of
    /// it is used. The last entry may be cut short.
    fn fill(&self, cookie: u64, buffer: &mut [u8]) -> usize {
        let start = self.entries.partition_point(|entry| entry.cookie < cookie);
        let mut used = 0;
        for entry in &self.entries[start..] {
            let name = entry.name.as_bytes();
            let head = Dirent {
                next: entry.cookie + 1,
                ino: entry.ino,
                // No host has names that long.
                namlen: u32::try_from(name.len()).unwrap_or(u32::MAX),
                filetype: entry.filetype,
            };
            for part in [&head.encode()[..], name] {
                let room = &mut buffer[used..];
                let len = part.len().min(room.len());
                room[..len].copy_from_slice(&part[..len]);
                used += len;
            }
            if used == buffer.len() {
                break;
            }
        }
        used
    }
}

fn filetype(entry: &DirEntry) -> Result<Filetype, Errno> {
    let filetype = Filetype::from(entry.file_type()?);
    if filetype != Filetype::Unknown {
        return Ok(filetype);
    }
    // Some file systems do not keep types in directories. The entry may be gone meanwhile.
    Ok(entry
        .metadata()
        .map_or(Filetype::Unknown, |metadata| metadata.file_type().into()))
}

impl WasiCtx {
    /// `fd_readdir`: writes directory entries from the position `cookie` on.
    ///
    /// Names are the host's bytes, as in POSIX, though a guest can only open those that are UTF-8.
    pub(crate) fn fd_readdir(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: u32,
        buf: u32,
        buf_len: u32,
        cookie: u64,
        bufused: u32,
    ) -> Result<(), Errno> {
        let descriptor = self.table.get_mut(fd)?;
        let right = descriptor.require(Rights::FD_READDIR);
        let Kind::Dir(open) = &mut descriptor.kind else {
            return Err(Errno::Notdir);
        };
        right?;
        memory.check(bufused, 4)?;
        let buffer = memory.slice_mut(buf, buf_len)?;

        let listing = match open.listing.take() {
            Some(listing) if cookie != 0 => listing,
            previous => Listing::read(&open.dir, previous)?,
        };
        let used = open.listing.insert(listing).fill(cookie, buffer);
        // At most `buf_len`.
        memory.write_u32(bufused, used as u32)
    }
}
