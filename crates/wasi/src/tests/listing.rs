//! Reading directories.

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt;

use super::*;

/// An entry as the guest sees it.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    next: u64,
    ino: u64,
    filetype: u8,
    name: String,
}

/// One call; the whole entries in the buffer, and whether the buffer was filled.
fn list(guest: &mut Guest, fd: u32, cookie: u64, len: u32) -> (Vec<Seen>, bool) {
    guest
        .call(|ctx, memory| ctx.fd_readdir(memory, fd, FREE, len, cookie, RESULT))
        .unwrap();
    let used = guest.result_u32(RESULT);
    assert!(used <= len);
    let mut entries = Vec::new();
    let mut rest = guest.bytes_at(FREE, used);
    while let Some((head, tail)) = rest.split_at_checked(24) {
        let namlen = u32::from_le_bytes(head[16..20].try_into().unwrap()) as usize;
        let Some((name, tail)) = tail.split_at_checked(namlen) else {
            break;
        };
        entries.push(Seen {
            next: u64::from_le_bytes(head[..8].try_into().unwrap()),
            ino: u64::from_le_bytes(head[8..16].try_into().unwrap()),
            filetype: head[20],
            name: String::from_utf8_lossy(name).into_owned(),
        });
        rest = tail;
    }
    (entries, used == len)
}

/// All names, read through a buffer of this size; one that is too small for an entry grows.
fn names(guest: &mut Guest, fd: u32, mut len: u32) -> Vec<String> {
    let mut names = Vec::new();
    let mut cookie = 0;
    loop {
        let (entries, full) = list(guest, fd, cookie, len);
        cookie = entries.last().map_or(cookie, |entry| entry.next);
        if entries.is_empty() && full {
            len += 1;
        }
        names.extend(entries.into_iter().map(|entry| entry.name));
        if !full {
            return names;
        }
    }
}

#[test]
fn an_empty_directory_has_itself_and_its_parent() {
    let mut guest = Guest::new();
    let (entries, full) = list(&mut guest, ROOT, 0, 256);
    assert!(!full);
    assert_eq!(
        entries.iter().map(|e| &*e.name).collect::<Vec<_>>(),
        [".", ".."]
    );
    let root = guest.fd_stat(ROOT).unwrap();
    assert!(
        entries
            .iter()
            .all(|entry| entry.filetype == 3 && entry.ino == root.ino)
    );
}

#[test]
fn entries_tell_type_and_number() {
    let mut guest = Guest::new();
    guest.create("file").unwrap();
    guest.mkdir("dir").unwrap();
    guest.symlink("file", "link").unwrap();
    let (entries, _) = list(&mut guest, ROOT, 0, 1000);
    for (name, filetype) in [("file", 4), ("dir", 3), ("link", 7)] {
        let entry = entries.iter().find(|entry| entry.name == name).unwrap();
        let stat = guest.stat(NO_FOLLOW, name).unwrap();
        assert_eq!((entry.filetype, entry.ino), (filetype, stat.ino));
    }
}

#[test]
fn any_size_of_buffer_gets_every_entry_once() {
    let mut guest = Guest::new();
    let mut expected: BTreeSet<String> = [".".to_owned(), "..".to_owned()].into();
    for index in 0..40 {
        let name = format!("{index}-{}", "n".repeat(index));
        guest.create(&name).and_then(|fd| guest.close(fd)).unwrap();
        expected.insert(name);
    }
    for len in [0, 1, 23, 24, 25, 26, 50, 64, 100, 255, 4096] {
        let names = names(&mut guest, ROOT, len);
        assert_eq!(names.len(), expected.len(), "buffer of {len}");
        assert_eq!(
            names.into_iter().collect::<BTreeSet<_>>(),
            expected,
            "buffer of {len}"
        );
    }
}

#[test]
fn positions_hold_while_entries_come_and_go() {
    let mut guest = Guest::new();
    for index in 0..20 {
        guest
            .create(&format!("f{index}"))
            .and_then(|fd| guest.close(fd))
            .unwrap();
    }
    // Two entries a call; after each call, remove what was seen and add something.
    let mut seen = Vec::new();
    let mut cookie = 0;
    loop {
        let (entries, full) = list(&mut guest, ROOT, cookie, 60);
        for entry in &entries {
            cookie = entry.next;
            if entry.name.starts_with('f') {
                guest.unlink(&entry.name).unwrap();
                seen.push(entry.name.clone());
            }
        }
        guest
            .create(&format!("new{cookie}"))
            .and_then(|fd| guest.close(fd))
            .unwrap();
        if !full {
            break;
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 20, "every file is seen once, none is skipped");
    let left = names(&mut guest, ROOT, 4096);
    assert!(left.iter().all(|name| !name.starts_with('f')), "{left:?}");
}

#[test]
fn positions_hold_after_the_directory_is_read_again_from_its_start() {
    let mut guest = Guest::new();
    for name in ["a", "b", "c", "d"] {
        guest.create(name).and_then(|fd| guest.close(fd)).unwrap();
    }
    let (entries, _) = list(&mut guest, ROOT, 0, 4096);
    let (middle, rest) = (entries[3].next, &entries[4..]);
    guest.unlink(&entries[2].name).unwrap();
    guest.create("e").unwrap();
    list(&mut guest, ROOT, 0, 4096);
    let (again, _) = list(&mut guest, ROOT, middle, 4096);
    assert_eq!(again[..rest.len()], *rest);
    assert_eq!(again[rest.len()].name, "e");
    // Positions beyond the end are the end.
    assert_eq!(list(&mut guest, ROOT, u64::MAX, 4096).0, []);
}

#[test]
fn names_that_are_not_text_are_listed_as_they_are() {
    let mut guest = Guest::new();
    std::fs::write(
        guest
            .host("")
            .join(std::ffi::OsStr::from_bytes(b"\xff\xfe")),
        "",
    )
    .unwrap();
    let (entries, _) = list(&mut guest, ROOT, 0, 4096);
    assert_eq!(entries.len(), 3);
    assert_eq!(entries[2].name, "\u{fffd}\u{fffd}");
}

#[test]
fn only_directories_can_be_listed_and_only_into_the_memory() {
    let mut guest = Guest::new();
    let file = guest.create("file").unwrap();
    let answers = guest.call(|ctx, memory| {
        [
            ctx.fd_readdir(memory, file, FREE, 10, 0, RESULT),
            ctx.fd_readdir(memory, 0, FREE, 10, 0, RESULT),
            ctx.fd_readdir(memory, 99, FREE, 10, 0, RESULT),
            ctx.fd_readdir(memory, ROOT, FREE, u32::MAX, 0, RESULT),
            ctx.fd_readdir(memory, ROOT, FREE, 10, 0, u32::MAX),
        ]
    });
    use Errno::{Badf, Fault, Notdir};
    assert_eq!(
        answers,
        [Err(Notdir), Err(Notdir), Err(Badf), Err(Fault), Err(Fault)]
    );
}
