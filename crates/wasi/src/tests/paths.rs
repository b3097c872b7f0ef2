//! Opening, creating, renaming, linking and removing by path, and the errnos of doing it wrong.

use super::*;

#[test]
fn malformed_paths_are_refused_by_every_function() {
    let mut guest = Guest::new();
    let long = vec![b'x'; 4096];
    let cases: [(&[u8], Errno); 5] = [
        (b"a\0b", Errno::Inval),
        (b"a\0", Errno::Inval),
        (b"\xff\xfe", Errno::Ilseq),
        (&long, Errno::Nametoolong),
        (b"", Errno::Noent),
    ];
    for (path, errno) in cases {
        let answers = guest.with_path(path, |ctx, memory, at, len| {
            [
                ctx.path_open(memory, ROOT, 0, at, len, 1, 0, 0, 0, RESULT),
                ctx.path_create_directory(memory, ROOT, at, len),
                ctx.path_remove_directory(memory, ROOT, at, len),
                ctx.path_unlink_file(memory, ROOT, at, len),
                ctx.path_filestat_get(memory, ROOT, 0, at, len, RESULT),
                ctx.path_filestat_get(memory, ROOT, 1, at, len, RESULT),
                ctx.path_filestat_set_times(memory, ROOT, 0, at, len, 0, 0, 2),
                ctx.path_readlink(memory, ROOT, at, len, FREE, 10, RESULT),
                ctx.path_rename(memory, ROOT, at, len, ROOT, at, len),
                ctx.path_link(memory, ROOT, 0, at, len, ROOT, at, len),
                ctx.path_symlink(memory, at, len, ROOT, at, len),
            ]
        });
        assert_eq!(
            answers,
            [Err(errno); 11],
            "{:?}",
            String::from_utf8_lossy(path)
        );
    }
}

#[test]
fn names_are_bounded_by_the_host() {
    let mut guest = Guest::new();
    assert!(guest.create(&"x".repeat(255)).is_ok());
    assert_eq!(
        guest.create(&"x".repeat(256)).err(),
        Some(Errno::Nametoolong)
    );
    let deep = "d/".repeat(2000) + "x";
    assert_eq!(guest.open(&deep).err(), Some(Errno::Noent));
}

#[test]
fn unknown_flags_are_refused() {
    let mut guest = Guest::new();
    let answers = guest.with_path("x", |ctx, memory, at, len| {
        [
            ctx.path_open(memory, ROOT, 2, at, len, 0, 0, 0, 0, RESULT),
            ctx.path_open(memory, ROOT, 0, at, len, 16, 0, 0, 0, RESULT),
            ctx.path_open(memory, ROOT, 0, at, len, 0x10000, 0, 0, 0, RESULT),
            ctx.path_open(memory, ROOT, 0, at, len, 0, 0, 0, 32, RESULT),
            ctx.path_filestat_get(memory, ROOT, 2, at, len, RESULT),
            ctx.path_filestat_set_times(memory, ROOT, 0, at, len, 0, 0, 16),
            ctx.path_filestat_set_times(memory, ROOT, 0, at, len, 0, 0, 0b0011),
            ctx.path_filestat_set_times(memory, ROOT, 0, at, len, 0, 0, 0b1100),
            ctx.path_link(memory, ROOT, 2, at, len, ROOT, at, len),
        ]
    });
    assert_eq!(answers, [Err(Errno::Inval); 9]);
}

#[test]
fn opening_does_what_its_flags_say() {
    let mut guest = Guest::new();
    assert_eq!(guest.open("file").err(), Some(Errno::Noent));
    let fd = guest.create("file").unwrap();
    guest.write(fd, "text").unwrap();

    let exclusive = How {
        oflags: Oflags::CREAT | Oflags::EXCL,
        ..How::create()
    };
    assert_eq!(
        guest.open_as(ROOT, "file", &exclusive).err(),
        Some(Errno::Exist)
    );
    assert!(guest.open_as(ROOT, "other", &exclusive).is_ok());
    assert!(
        guest
            .open_as(ROOT, "file", &How::oflags(Oflags::EXCL))
            .is_ok()
    );

    assert_eq!(guest.stat(NO_FOLLOW, "file").unwrap().size, 4);
    // Truncation needs no right to write.
    assert!(
        guest
            .open_as(ROOT, "file", &How::oflags(Oflags::TRUNC))
            .is_ok()
    );
    assert_eq!(guest.stat(NO_FOLLOW, "file").unwrap().size, 0);

    let directory = How::oflags(Oflags::DIRECTORY);
    assert_eq!(
        guest.open_as(ROOT, "file", &directory).err(),
        Some(Errno::Notdir)
    );
    guest.mkdir("dir").unwrap();
    assert!(guest.open_as(ROOT, "dir", &directory).is_ok());
    let both = How::oflags(Oflags::DIRECTORY | Oflags::CREAT);
    assert_eq!(guest.open_as(ROOT, "new", &both).err(), Some(Errno::Inval));
    assert_eq!(guest.create("dir").err(), Some(Errno::Isdir));
    let write = How {
        base: Rights::FD_WRITE,
        ..How::default()
    };
    assert_eq!(guest.open_as(ROOT, "dir", &write).err(), Some(Errno::Isdir));
    assert_eq!(guest.create("none/file").err(), Some(Errno::Noent));
    assert_eq!(guest.create("file/file").err(), Some(Errno::Notdir));
}

#[test]
fn files_can_be_created_without_the_right_to_write_them() {
    let mut guest = Guest::new();
    let how = How {
        oflags: Oflags::CREAT,
        base: Rights::FD_READ,
        ..How::default()
    };
    let fd = guest.open_as(ROOT, "file", &how).unwrap();
    assert_eq!(guest.read(fd, 1).unwrap(), "");
    assert_eq!(guest.write(fd, "x").err(), Some(Errno::Badf));
    assert_eq!(guest.open_as(ROOT, "file", &how).map(|_| ()), Ok(()));
}

#[test]
fn a_path_must_start_from_an_open_directory() {
    let mut guest = Guest::new();
    let file = guest.create("file").unwrap();
    for (fd, errno) in [(file, Errno::Notdir), (1, Errno::Notdir), (99, Errno::Badf)] {
        assert_eq!(guest.open_as(fd, "x", &How::create()).err(), Some(errno));
        let answers = guest.with_path("x", |ctx, memory, at, len| {
            [
                ctx.path_create_directory(memory, fd, at, len),
                ctx.path_remove_directory(memory, fd, at, len),
                ctx.path_unlink_file(memory, fd, at, len),
                ctx.path_filestat_get(memory, fd, 0, at, len, RESULT),
                ctx.path_filestat_set_times(memory, fd, 0, at, len, 0, 0, 2),
                ctx.path_readlink(memory, fd, at, len, FREE, 10, RESULT),
                ctx.path_rename(memory, fd, at, len, ROOT, at, len),
                ctx.path_rename(memory, ROOT, at, len, fd, at, len),
                ctx.path_link(memory, fd, 0, at, len, ROOT, at, len),
                ctx.path_link(memory, ROOT, 0, at, len, fd, at, len),
                ctx.path_symlink(memory, at, len, fd, at, len),
            ]
        });
        assert_eq!(answers, [Err(errno); 11]);
    }
}

#[test]
fn trailing_slashes_demand_directories() {
    let mut guest = Guest::new();
    guest.create("file").unwrap();
    guest.mkdir("dir").unwrap();
    guest.symlink("file", "to-file").unwrap();
    guest.symlink("dir", "to-dir").unwrap();
    for path in ["file/", "file///", "file/.", "to-file/", "to-file/."] {
        assert_eq!(guest.open(path).err(), Some(Errno::Notdir), "{path}");
        assert_eq!(
            guest.stat(NO_FOLLOW, path).err(),
            Some(Errno::Notdir),
            "{path}"
        );
        assert_eq!(
            guest.stat(FOLLOW, path).err(),
            Some(Errno::Notdir),
            "{path}"
        );
        assert_eq!(
            guest.set_times(NO_FOLLOW, path, 0).err(),
            Some(Errno::Notdir),
            "{path}"
        );
        assert_eq!(guest.unlink(path).err(), Some(Errno::Notdir), "{path}");
        assert_eq!(guest.rmdir(path).err(), Some(Errno::Notdir), "{path}");
        assert_eq!(
            guest.link(NO_FOLLOW, path, "new").err(),
            Some(Errno::Notdir),
            "{path}"
        );
        assert_eq!(
            guest.rename(path, "new").err(),
            Some(Errno::Notdir),
            "{path}"
        );
    }
    for path in ["dir/", "dir//", "dir/.", "to-dir/", "to-dir/."] {
        assert!(guest.open(path).is_ok(), "{path}");
        assert_eq!(guest.stat(NO_FOLLOW, path).unwrap().filetype, 3, "{path}");
        assert_eq!(guest.unlink(path).err(), Some(Errno::Isdir), "{path}");
    }
    assert_eq!(guest.create("new/").err(), Some(Errno::Isdir));
    assert_eq!(guest.symlink("file", "new/").err(), Some(Errno::Noent));
    assert_eq!(guest.symlink("file", "file/").err(), Some(Errno::Notdir));
    assert_eq!(guest.symlink("file", "dir/").err(), Some(Errno::Exist));
    assert_eq!(
        guest.link(NO_FOLLOW, "file", "new/").err(),
        Some(Errno::Noent)
    );
    assert_eq!(guest.rename("file", "new/").err(), Some(Errno::Notdir));
    assert_eq!(guest.rename("dir/", "other/"), Ok(()));
    assert_eq!(guest.mkdir("new/"), Ok(()));
    assert_eq!(guest.rmdir("new//"), Ok(()));
    assert_eq!(guest.rmdir("to-dir/").err(), Some(Errno::Notdir));
}

#[test]
fn links_at_the_end_are_followed_when_asked() {
    let mut guest = Guest::new();
    let fd = guest.create("file").unwrap();
    guest.write(fd, "four").unwrap();
    guest.symlink("file", "link").unwrap();
    guest.symlink("nowhere", "dangling").unwrap();

    assert_eq!(guest.open("link").err(), Some(Errno::Loop));
    assert!(guest.open_follow("link").is_ok());
    let directory = How::oflags(Oflags::DIRECTORY);
    assert_eq!(
        guest.open_as(ROOT, "link", &directory).err(),
        Some(Errno::Notdir)
    );
    assert_eq!(guest.open("dangling").err(), Some(Errno::Loop));
    assert_eq!(guest.open_follow("dangling").err(), Some(Errno::Noent));
    assert_eq!(guest.stat(NO_FOLLOW, "link").unwrap().filetype, 7);
    assert_eq!(guest.stat(NO_FOLLOW, "link").unwrap().size, 4);
    let target = guest.stat(FOLLOW, "link").unwrap();
    assert_eq!((target.filetype, target.size), (4, 4));
    assert_eq!(guest.stat(FOLLOW, "dangling").err(), Some(Errno::Noent));

    guest.set_times(FOLLOW, "link", 1_000_000_001).unwrap();
    assert_eq!(guest.stat(NO_FOLLOW, "file").unwrap().mtim, 1_000_000_001);
    guest.set_times(NO_FOLLOW, "link", 77).unwrap();
    assert_eq!(guest.stat(NO_FOLLOW, "link").unwrap().mtim, 77);
    assert_eq!(guest.stat(NO_FOLLOW, "file").unwrap().mtim, 1_000_000_001);

    // Creating through a dangling link creates what it points to.
    let how = How {
        lookup: FOLLOW,
        ..How::create()
    };
    guest.open_as(ROOT, "dangling", &how).unwrap();
    assert!(guest.host("nowhere").exists());
    assert_eq!(guest.unlink("link"), Ok(()));
    assert!(guest.host("file").exists());
}

#[test]
fn reading_a_link_gives_as_much_as_fits() {
    let mut guest = Guest::new();
    guest.symlink("target", "link").unwrap();
    assert_eq!(guest.readlink("link", 100).unwrap(), b"target");
    assert_eq!(guest.readlink("link", 4).unwrap(), b"targ");
    assert_eq!(guest.readlink("link", 0).unwrap(), b"");
    assert_eq!(guest.readlink("none", 10).err(), Some(Errno::Noent));
    guest.create("file").unwrap();
    assert_eq!(guest.readlink("file", 10).err(), Some(Errno::Inval));
    std::os::unix::fs::symlink("/host/folder", guest.host("absolute")).unwrap();
    assert_eq!(guest.readlink("absolute", 10).err(), Some(Errno::Perm));
}

#[test]
fn hard_links_are_made_within_the_directory() {
    let mut guest = Guest::new();
    guest.create("file").unwrap();
    guest.mkdir("dir").unwrap();
    guest.symlink("file", "link").unwrap();
    guest.link(NO_FOLLOW, "file", "dir/second").unwrap();
    assert_eq!(guest.stat(NO_FOLLOW, "file").unwrap().nlink, 2);
    guest.link(FOLLOW, "link", "third").unwrap();
    assert_eq!(guest.stat(NO_FOLLOW, "file").unwrap().nlink, 3);
    guest.link(NO_FOLLOW, "link", "fourth").unwrap();
    assert_eq!(guest.stat(NO_FOLLOW, "fourth").unwrap().filetype, 7);
    assert_eq!(
        guest.link(NO_FOLLOW, "file", "third").err(),
        Some(Errno::Exist)
    );
    assert_eq!(
        guest.link(NO_FOLLOW, "file", "file").err(),
        Some(Errno::Exist)
    );
    assert_eq!(
        guest.link(NO_FOLLOW, "file", "dir").err(),
        Some(Errno::Exist)
    );
    assert_eq!(guest.link(NO_FOLLOW, "dir", "new").err(), Some(Errno::Perm));
    assert_eq!(
        guest.link(NO_FOLLOW, "none", "new").err(),
        Some(Errno::Noent)
    );
    guest.symlink("nowhere", "dangling").unwrap();
    assert_eq!(
        guest.link(FOLLOW, "dangling", "new").err(),
        Some(Errno::Noent)
    );
}

#[test]
fn renaming_follows_posix() {
    let mut guest = Guest::new();
    guest.create("file").unwrap();
    guest.create("other").unwrap();
    guest.mkdir("dir").unwrap();
    guest.mkdir("empty").unwrap();
    guest.create("dir/file").unwrap();
    assert_eq!(guest.rename("file", "other"), Ok(()));
    assert_eq!(guest.open("file").err(), Some(Errno::Noent));
    assert_eq!(guest.rename("other", "dir").err(), Some(Errno::Isdir));
    assert_eq!(guest.rename("dir", "other").err(), Some(Errno::Notdir));
    assert_eq!(guest.rename("empty", "dir").err(), Some(Errno::Notempty));
    assert_eq!(guest.rename("dir", "empty"), Ok(()));
    assert_eq!(
        guest.rename("empty", "empty/inside").err(),
        Some(Errno::Inval)
    );
    assert_eq!(guest.rename("none", "new").err(), Some(Errno::Noent));
    assert!(guest.open("empty/file").is_ok());
}

#[test]
fn removing_tells_files_from_directories() {
    let mut guest = Guest::new();
    guest.create("file").unwrap();
    guest.mkdir("dir").unwrap();
    guest.create("dir/file").unwrap();
    assert_eq!(guest.mkdir("dir").err(), Some(Errno::Exist));
    assert_eq!(guest.mkdir("file").err(), Some(Errno::Exist));
    assert_eq!(guest.mkdir("none/dir").err(), Some(Errno::Noent));
    assert_eq!(guest.unlink("dir").err(), Some(Errno::Isdir));
    assert_eq!(guest.rmdir("file").err(), Some(Errno::Notdir));
    assert_eq!(guest.rmdir("dir").err(), Some(Errno::Notempty));
    assert_eq!(guest.unlink("dir/file"), Ok(()));
    assert_eq!(guest.rmdir("dir"), Ok(()));
    assert_eq!(guest.rmdir("dir").err(), Some(Errno::Noent));
    assert_eq!(guest.unlink("none").err(), Some(Errno::Noent));
}
