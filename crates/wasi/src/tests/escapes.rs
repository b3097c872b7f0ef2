//! Every way out of the directory that we could think of.

use std::os::unix::fs::symlink;

use super::*;

/// What each function that takes a path says to this one.
fn every_function(guest: &mut Guest, path: &str) -> Vec<(&'static str, Errno)> {
    let mut answers = Vec::new();
    let mut add = |name, answer: Result<(), Errno>| {
        answers.push((name, answer.expect_err(&format!("{name} of {path:?}"))));
    };
    add("open", guest.open(path).map(|_| ()));
    add("open following", guest.open_follow(path).map(|_| ()));
    add("create", guest.create(path).map(|_| ()));
    add(
        "open directory",
        guest
            .open_as(ROOT, path, &How::oflags(Oflags::DIRECTORY))
            .map(|_| ()),
    );
    add(
        "truncate",
        guest
            .open_as(ROOT, path, &How::oflags(Oflags::TRUNC))
            .map(|_| ()),
    );
    add("create directory", guest.mkdir(path));
    add("remove directory", guest.rmdir(path));
    add("unlink", guest.unlink(path));
    add("stat", guest.stat(NO_FOLLOW, path).map(|_| ()));
    add("stat following", guest.stat(FOLLOW, path).map(|_| ()));
    add("set times", guest.set_times(NO_FOLLOW, path, 5));
    add("set times following", guest.set_times(FOLLOW, path, 5));
    add("readlink", guest.readlink(path, 100).map(|_| ()));
    add("rename from", guest.rename(path, "stolen"));
    add("rename to", guest.rename("file", path));
    add("link from", guest.link(NO_FOLLOW, path, "stolen"));
    add("link from following", guest.link(FOLLOW, path, "stolen"));
    add("link to", guest.link(NO_FOLLOW, "file", path));
    add("symlink at", guest.symlink("file", path));
    answers
}

/// A guest with the file `file` and the directory `dir/sub`.
fn guest() -> Guest {
    let guest = Guest::new();
    std::fs::write(guest.host("file"), "mine").unwrap();
    std::fs::create_dir_all(guest.host("dir/sub")).unwrap();
    guest
}

#[test]
fn dots_do_not_lead_out() {
    let mut guest = guest();
    for path in [
        "../secret",
        "../outside/new",
        "../inner/../secret",
        "dir/../../secret",
        "dir/sub/../../../secret",
        "./../secret",
        ".//..//secret",
        "../../../../../../../../etc/passwd",
    ] {
        for (function, errno) in every_function(&mut guest, path) {
            assert_eq!(errno, Errno::Perm, "{function} of {path}");
        }
    }
    guest.assert_outside_is_whole();
    assert!(!guest.host("stolen").exists());
}

#[test]
fn the_parent_itself_is_out_of_reach() {
    let mut guest = guest();
    for path in ["..", "../", "../.", "dir/../..", "dir/../../"] {
        every_function(&mut guest, path);
        assert_eq!(guest.open(path).err(), Some(Errno::Perm), "{path}");
        assert_eq!(
            guest.stat(NO_FOLLOW, path).err(),
            Some(Errno::Perm),
            "{path}"
        );
    }
    guest.assert_outside_is_whole();
}

#[test]
fn absolute_paths_do_not_lead_out() {
    let mut guest = guest();
    let secret = guest
        .outer
        .path()
        .join("secret")
        .to_str()
        .unwrap()
        .to_owned();
    for path in [
        "/etc/passwd",
        "//etc/passwd",
        "/proc/self/environ",
        &secret,
        "/file",
    ] {
        for (function, errno) in every_function(&mut guest, path) {
            assert_eq!(errno, Errno::Perm, "{function} of {path}");
        }
    }
    for path in ["/", "//", "/.", "/.."] {
        every_function(&mut guest, path);
    }
    guest.assert_outside_is_whole();
}

#[test]
fn symbolic_links_of_the_host_are_not_followed_out() {
    let mut guest = guest();
    let outer = guest.outer.path().to_owned();
    symlink(outer.join("secret"), guest.host("absolute")).unwrap();
    symlink("../secret", guest.host("relative")).unwrap();
    symlink(&outer, guest.host("up")).unwrap();
    symlink("..", guest.host("dotdot")).unwrap();
    symlink("../../outside", guest.host("dir/folder")).unwrap();
    symlink("relative", guest.host("chain")).unwrap();
    symlink("dir/../dotdot/secret", guest.host("winding")).unwrap();

    for path in [
        "absolute",
        "relative",
        "up",
        "dotdot",
        "dir/folder",
        "chain",
        "winding",
    ] {
        assert_eq!(guest.open_follow(path).err(), Some(Errno::Perm), "{path}");
        assert_eq!(guest.open(path).err(), Some(Errno::Loop), "{path}");
        assert_eq!(guest.stat(FOLLOW, path).err(), Some(Errno::Perm), "{path}");
        assert_eq!(
            guest.set_times(FOLLOW, path, 5).err(),
            Some(Errno::Perm),
            "{path}"
        );
        assert_eq!(
            guest.link(FOLLOW, path, "stolen").err(),
            Some(Errno::Perm),
            "{path}"
        );
        let how = How {
            lookup: FOLLOW,
            ..How::create()
        };
        assert_eq!(
            guest.open_as(ROOT, path, &how).err(),
            Some(Errno::Perm),
            "{path}"
        );
        let how = How {
            lookup: FOLLOW,
            ..How::oflags(Oflags::TRUNC)
        };
        assert_eq!(
            guest.open_as(ROOT, path, &how).err(),
            Some(Errno::Perm),
            "{path}"
        );
        // The link itself can be looked at.
        assert_eq!(guest.stat(NO_FOLLOW, path).unwrap().filetype, 7, "{path}");
        assert_eq!(guest.mkdir(path).err(), Some(Errno::Exist), "{path}");
    }
    for path in [
        "up/secret",
        "dotdot/secret",
        "up/outside/new",
        "dir/folder/new",
        "dotdot/inner/../secret",
    ] {
        for (function, errno) in every_function(&mut guest, path) {
            assert_eq!(errno, Errno::Perm, "{function} of {path}");
        }
    }
    for path in [
        "up/",
        "dotdot/",
        "dotdot/.",
        "dir/folder/",
        "up/..",
        "relative/",
    ] {
        every_function(&mut guest, path);
    }
    guest.assert_outside_is_whole();
}

#[test]
fn symbolic_links_of_the_guest_are_not_followed_out() {
    let mut guest = guest();
    guest.symlink("../secret", "out").unwrap();
    guest.symlink("../..", "dir/up").unwrap();
    guest.symlink("dir/up/secret", "far").unwrap();
    assert_eq!(guest.symlink("/etc", "etc"), Err(Errno::Perm));
    assert_eq!(guest.symlink("/", "root"), Err(Errno::Perm));
    for path in [
        "out",
        "dir/up",
        "far",
        "dir/up/secret",
        "dir/up/outside/new",
    ] {
        let how = How {
            lookup: FOLLOW,
            ..How::create()
        };
        assert_eq!(guest.open_follow(path).err(), Some(Errno::Perm), "{path}");
        assert_eq!(
            guest.open_as(ROOT, path, &how).err(),
            Some(Errno::Perm),
            "{path}"
        );
    }
    // What the guest itself wrote it may read.
    assert_eq!(guest.readlink("out", 100).unwrap(), b"../secret");
    guest.assert_outside_is_whole();
}

#[test]
fn moving_a_link_does_not_make_it_lead_out() {
    let mut guest = guest();
    // Harmless where it is made; moved up, it points outside.
    guest.symlink("../../file", "dir/sub/link").unwrap();
    let fd = guest.open_follow("dir/sub/link").unwrap();
    assert_eq!(guest.read(fd, 10).unwrap(), "mine");
    guest.rename("dir/sub/link", "link").unwrap();
    assert_eq!(guest.open_follow("link").err(), Some(Errno::Perm));
    guest.link(NO_FOLLOW, "link", "dir/link").unwrap();
    assert_eq!(guest.open_follow("dir/link").err(), Some(Errno::Perm));
}

#[test]
fn a_directory_bounds_what_is_opened_through_it() {
    let mut guest = guest();
    let dir = guest.open("dir").unwrap();
    let how = How {
        lookup: FOLLOW,
        ..How::default()
    };
    // Within what the guest is given, but not beneath this directory.
    assert_eq!(guest.open_as(dir, "../file", &how).err(), Some(Errno::Perm));
    guest.symlink("../file", "dir/link").unwrap();
    assert_eq!(guest.open_as(dir, "link", &how).err(), Some(Errno::Perm));
    assert!(guest.open_follow("dir/link").is_ok());
    // Nor does it become more when it is moved.
    let sub = guest.open("dir/sub").unwrap();
    guest.rename("dir/sub", "sub").unwrap();
    assert_eq!(guest.open_as(sub, "../file", &how).err(), Some(Errno::Perm));
    assert_eq!(
        guest.open_as(sub, "../../secret", &how).err(),
        Some(Errno::Perm)
    );
    assert!(guest.open_as(sub, ".", &how).is_ok());
}

#[test]
fn a_directory_moved_outside_by_the_host_shows_only_itself() {
    let mut guest = guest();
    let dir = guest.open("dir").unwrap();
    std::fs::rename(guest.host("dir"), guest.outer.path().join("moved")).unwrap();
    let how = How {
        lookup: FOLLOW,
        ..How::default()
    };
    assert_eq!(
        guest.open_as(dir, "../secret", &how).err(),
        Some(Errno::Perm)
    );
    assert!(guest.open_as(dir, "sub", &how).is_ok());
}

#[test]
fn links_in_a_circle_come_to_an_end() {
    let mut guest = guest();
    guest.symlink("b", "a").unwrap();
    guest.symlink("a", "b").unwrap();
    guest.symlink("self", "self").unwrap();
    guest.symlink("dir/../loop/x", "loop").unwrap();
    for path in ["a", "b", "self", "loop", "a/x", "self/x"] {
        assert_eq!(guest.open_follow(path).err(), Some(Errno::Loop), "{path}");
        assert_eq!(guest.stat(FOLLOW, path).err(), Some(Errno::Loop), "{path}");
    }
    let mut previous = "file".to_owned();
    for index in 0..60 {
        let name = format!("chain{index}");
        guest.symlink(&previous, &name).unwrap();
        previous = name;
    }
    assert!(guest.open_follow("chain10").is_ok());
    assert_eq!(guest.open_follow("chain59").err(), Some(Errno::Loop));
}

#[test]
fn magic_links_of_the_system_are_not_followed() {
    let mut ctx = WasiCtxBuilder::new();
    let Ok(builder) = ctx.preopened_dir("/proc/self", "/") else {
        println!("skipped: there is no /proc here");
        return;
    };
    let ctx = builder.build();
    let mut guest = Guest {
        ctx,
        ..Guest::new()
    };
    for path in [
        "cwd",
        "root",
        "exe",
        "fd/0",
        "cwd/.",
        "root/etc/passwd",
        "cwd/Cargo.toml",
        "root/",
        "task/../root/etc",
        "ns/mnt",
        "map_files/..//root/etc",
    ] {
        assert!(guest.open_follow(path).is_err(), "{path}");
        assert!(guest.stat(FOLLOW, path).is_err(), "{path}");
    }
    // The folder itself can be read.
    assert!(guest.open_follow("status").is_ok());
}

#[test]
fn names_may_look_like_ways_out_without_being_any() {
    let mut guest = guest();
    for name in [
        "...",
        "..file",
        "file..",
        " ..",
        "..\\secret",
        "C:",
        "~",
        "%2e%2e",
        "-",
        "*",
    ] {
        let fd = guest.create(name).unwrap();
        guest.write(fd, name).unwrap();
        assert_eq!(std::fs::read_to_string(guest.host(name)).unwrap(), name);
    }
}

#[test]
fn paths_that_come_back_inside_are_fine() {
    let mut guest = guest();
    for path in [
        "dir/../file",
        "./file",
        "dir/sub/../../file",
        ".//dir//.//..//file",
    ] {
        let fd = guest.open(path).unwrap();
        assert_eq!(guest.read(fd, 10).unwrap(), "mine", "{path}");
    }
    // Going out is not allowed even to come back.
    assert_eq!(guest.open("../inner/file").err(), Some(Errno::Perm));
}
