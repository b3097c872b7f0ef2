//! Rights: checked, handed on, and only ever taken away.

use super::*;

fn set_rights(guest: &mut Guest, fd: u32, base: u64, inheriting: u64) -> Result<(), Errno> {
    guest.call(|ctx, memory| ctx.fd_fdstat_set_rights(memory, fd, base, inheriting))
}

#[test]
fn a_descriptor_gets_the_rights_asked_for_that_make_sense() {
    let mut guest = Guest::new();
    assert_eq!(guest.rights(ROOT), (Rights::DIRECTORY, Rights::all()));
    let how = How {
        base: Rights::all() & !writing(),
        inheriting: Rights::all(),
        ..How::default()
    };
    guest.mkdir("dir").unwrap();
    let dir = guest.open_as(ROOT, "dir", &how).unwrap();
    assert_eq!(guest.rights(dir), (Rights::DIRECTORY, Rights::all()));
    let how = How {
        base: Rights::all(),
        ..How::create()
    };
    let file = guest.open_as(ROOT, "file", &how).unwrap();
    assert_eq!(guest.rights(file), (Rights::REGULAR_FILE, Rights::empty()));
    let how = How {
        base: Rights::empty(),
        inheriting: Rights::empty(),
        ..How::default()
    };
    let bare = guest.open_as(ROOT, "file", &how).unwrap();
    assert_eq!(guest.rights(bare), (Rights::empty(), Rights::empty()));
}

#[test]
fn the_preopened_directory_can_be_opened_again_with_its_rights() {
    let mut guest = Guest::new();
    let (base, inheriting) = guest.rights(ROOT);
    let how = How {
        base,
        inheriting,
        ..How::default()
    };
    let again = guest.open_as(ROOT, ".", &how).unwrap();
    assert_eq!(guest.rights(again), (base, inheriting));
}

#[test]
fn rights_can_be_dropped_and_not_regained() {
    let mut guest = Guest::new();
    let fd = guest.create("file").unwrap();
    let less = Rights::FD_READ | Rights::FD_WRITE;
    assert_eq!(set_rights(&mut guest, fd, less.bits(), 0), Ok(()));
    assert_eq!(guest.rights(fd).0, less);
    let more = less | Rights::FD_SEEK;
    assert_eq!(
        set_rights(&mut guest, fd, more.bits(), 0),
        Err(Errno::Notcapable)
    );
    assert_eq!(set_rights(&mut guest, fd, 0, 1), Err(Errno::Notcapable));
    assert_eq!(
        set_rights(&mut guest, fd, 1 << 40, 0),
        Err(Errno::Notcapable)
    );
    assert_eq!(guest.rights(fd).0, less, "an error changes nothing");
    assert_eq!(set_rights(&mut guest, 99, 0, 0), Err(Errno::Badf));
}

#[test]
fn every_function_of_a_file_needs_its_right() {
    let mut guest = Guest::new();
    let mut with = |rights: Rights| {
        let how = How {
            base: Rights::REGULAR_FILE,
            ..How::create()
        };
        let fd = guest.open_as(ROOT, "file", &how).unwrap();
        set_rights(&mut guest, fd, rights.bits(), 0).unwrap();
        guest.put_buffer("x");
        let answers = guest.call(|ctx, memory| {
            [
                (Rights::FD_DATASYNC, ctx.fd_datasync(memory, fd)),
                (Rights::FD_READ, ctx.fd_read(memory, fd, FREE, 1, RESULT)),
                (Rights::FD_SEEK, ctx.fd_seek(memory, fd, 1, 1, RESULT)),
                (
                    Rights::FD_FDSTAT_SET_FLAGS,
                    ctx.fd_fdstat_set_flags(memory, fd, 0),
                ),
                (Rights::FD_SYNC, ctx.fd_sync(memory, fd)),
                (Rights::FD_TELL, ctx.fd_tell(memory, fd, RESULT)),
                (Rights::FD_WRITE, ctx.fd_write(memory, fd, FREE, 1, RESULT)),
                (Rights::FD_ADVISE, ctx.fd_advise(memory, fd, 0, 0, 0)),
                (Rights::FD_ALLOCATE, ctx.fd_allocate(memory, fd, 0, 1)),
                (
                    Rights::FD_FILESTAT_GET,
                    ctx.fd_filestat_get(memory, fd, RESULT),
                ),
                (
                    Rights::FD_FILESTAT_SET_SIZE,
                    ctx.fd_filestat_set_size(memory, fd, 1),
                ),
                (
                    Rights::FD_FILESTAT_SET_TIMES,
                    ctx.fd_filestat_set_times(memory, fd, 0, 0, 2),
                ),
            ]
        });
        guest.close(fd).unwrap();
        answers
    };
    for (right, answer) in with(Rights::REGULAR_FILE) {
        assert_eq!(answer, Ok(()), "{right:?}");
    }
    for (right, answer) in with(Rights::empty()) {
        let missing = if right == Rights::FD_READ || right == Rights::FD_WRITE {
            Errno::Badf
        } else {
            Errno::Notcapable
        };
        assert_eq!(answer, Err(missing), "{right:?}");
    }
    for one in Rights::REGULAR_FILE.iter() {
        for (right, answer) in with(one) {
            let included = right == Rights::FD_TELL && one == Rights::FD_SEEK;
            assert_eq!(
                answer.is_ok(),
                right == one || included,
                "{right:?} with {one:?}"
            );
        }
    }
}

#[test]
fn positioned_transfers_need_the_right_to_seek() {
    let mut guest = Guest::new();
    let how = How {
        base: Rights::FD_READ | Rights::FD_WRITE | Rights::FD_TELL,
        ..How::create()
    };
    let fd = guest.open_as(ROOT, "file", &how).unwrap();
    assert_eq!(guest.pread(fd, 1, 0).err(), Some(Errno::Notcapable));
    assert_eq!(guest.pwrite(fd, "x", 0).err(), Some(Errno::Notcapable));
    assert_eq!(
        guest.seek(fd, 0, 1),
        Ok(0),
        "asking for the position is telling"
    );
    assert_eq!(guest.seek(fd, 0, 0), Err(Errno::Notcapable));
}

#[test]
fn every_function_of_a_directory_needs_its_right() {
    let mut guest = Guest::new();
    guest.symlink("x", "link").unwrap();
    for (index, right) in Rights::DIRECTORY.iter().enumerate() {
        let how = How {
            base: Rights::DIRECTORY & !right,
            ..How::default()
        };
        let fd = guest.open_as(ROOT, ".", &how).unwrap();
        let name = format!("new{index}");
        let answer = guest.with_paths(
            &name,
            "link",
            |ctx, memory, [new, len], [link, link_len]| match right {
                Rights::PATH_CREATE_DIRECTORY => ctx.path_create_directory(memory, fd, new, len),
                Rights::PATH_CREATE_FILE => {
                    ctx.path_open(memory, fd, 0, new, len, 1, 0, 0, 0, RESULT)
                }
                Rights::PATH_LINK_SOURCE => {
                    ctx.path_link(memory, fd, 0, link, link_len, ROOT, new, len)
                }
                Rights::PATH_LINK_TARGET => {
                    ctx.path_link(memory, ROOT, 0, link, link_len, fd, new, len)
                }
                Rights::PATH_OPEN => ctx.path_open(memory, fd, 0, new, len, 0, 0, 0, 0, RESULT),
                Rights::FD_READDIR => ctx.fd_readdir(memory, fd, FREE, 10, 0, RESULT),
                Rights::PATH_READLINK => {
                    ctx.path_readlink(memory, fd, link, link_len, FREE, 10, RESULT)
                }
                Rights::PATH_RENAME_SOURCE => {
                    ctx.path_rename(memory, fd, link, link_len, ROOT, new, len)
                }
                Rights::PATH_RENAME_TARGET => {
                    ctx.path_rename(memory, ROOT, link, link_len, fd, new, len)
                }
                Rights::PATH_FILESTAT_GET => {
                    ctx.path_filestat_get(memory, fd, 0, link, link_len, RESULT)
                }
                Rights::PATH_FILESTAT_SET_SIZE => {
                    ctx.path_open(memory, fd, 0, new, len, 8, 0, 0, 0, RESULT)
                }
                Rights::PATH_FILESTAT_SET_TIMES => {
                    ctx.path_filestat_set_times(memory, fd, 0, link, link_len, 0, 0, 2)
                }
                Rights::PATH_SYMLINK => ctx.path_symlink(memory, link, link_len, fd, new, len),
                Rights::PATH_REMOVE_DIRECTORY => ctx.path_remove_directory(memory, fd, new, len),
                Rights::PATH_UNLINK_FILE => ctx.path_unlink_file(memory, fd, link, link_len),
                Rights::FD_DATASYNC => ctx.fd_datasync(memory, fd),
                Rights::FD_SYNC => ctx.fd_sync(memory, fd),
                Rights::FD_FDSTAT_SET_FLAGS => ctx.fd_fdstat_set_flags(memory, fd, 0),
                Rights::FD_FILESTAT_GET => ctx.fd_filestat_get(memory, fd, RESULT),
                Rights::FD_FILESTAT_SET_TIMES => ctx.fd_filestat_set_times(memory, fd, 0, 0, 2),
                other => panic!("{other:?} is not a right of directories"),
            },
        );
        let missing = if right == Rights::PATH_FILESTAT_SET_SIZE {
            Errno::Perm
        } else {
            Errno::Notcapable
        };
        assert_eq!(answer, Err(missing), "{right:?}");
        guest.close(fd).unwrap();
    }
    assert_eq!(
        std::fs::read_dir(guest.host("")).unwrap().count(),
        1,
        "nothing was done"
    );
}

#[test]
fn rights_are_handed_on_and_never_grow() {
    let mut guest = Guest::new();
    guest.mkdir("dir").unwrap();
    guest.create("dir/file").unwrap();
    let read_only = Rights::FD_READ | Rights::FD_SEEK | Rights::PATH_OPEN;
    let how = How {
        base: Rights::DIRECTORY,
        inheriting: read_only,
        ..How::default()
    };
    let dir = guest.open_as(ROOT, "dir", &how).unwrap();
    assert_eq!(guest.rights(dir), (Rights::DIRECTORY, read_only));

    let ask = |base, inheriting| How {
        base,
        inheriting,
        ..How::default()
    };
    let none = Rights::empty();
    assert!(
        guest
            .open_as(dir, "file", &ask(Rights::FD_READ, none))
            .is_ok()
    );
    let write = ask(Rights::FD_READ | Rights::FD_WRITE, none);
    assert_eq!(
        guest.open_as(dir, "file", &write).err(),
        Some(Errno::Notcapable)
    );
    let later = ask(none, Rights::FD_WRITE);
    assert_eq!(
        guest.open_as(dir, "file", &later).err(),
        Some(Errno::Notcapable)
    );
    for fdflags in [Fdflags::SYNC, Fdflags::RSYNC, Fdflags::DSYNC] {
        let sync = How {
            fdflags,
            ..ask(none, none)
        };
        assert_eq!(
            guest.open_as(dir, "file", &sync).err(),
            Some(Errno::Notcapable)
        );
    }
    let answer = guest.with_path("file", |ctx, memory, path, len| {
        ctx.path_open(memory, ROOT, 0, path, len, 0, 1 << 30, 0, 0, RESULT)
    });
    assert_eq!(
        answer,
        Err(Errno::Notcapable),
        "what is no right cannot be had"
    );
}
