//! Compiled modules: files of them, and the cache.
#![allow(missing_docs)]

mod common;
use common::{folder, guest, run, text, trapline};
use std::fs;
use std::path::{Path, PathBuf};

const HELLO: &str = "Hello from the guest.\n";

fn compiled(folder: &Path) -> PathBuf {
    let file = folder.join("hello.cwasm");
    assert_eq!(
        trapline(["compile", &guest("hello"), "-o", text(&file)]).prints(),
        ""
    );
    file
}

#[test]
fn a_compiled_module_runs_where_it_is_allowed() {
    let folder = folder();
    let file = compiled(folder.path());
    assert_eq!(run(["--allow-precompiled", text(&file)]).prints(), HELLO);
    let stderr = run([text(&file)]).fails_with(1);
    assert!(stderr.contains("--allow-precompiled"), "{stderr}");
    // It is the only file: nothing temporary is left.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_compiled_module_keeps_its_source_lines() {
    let folder = folder();
    let file = folder.path().join("crash.wasm");
    trapline(["compile", &guest("crash"), "-o", text(&file)]).prints();
    let there = run(["--allow-precompiled", text(&file)]).ends_with(134);
    let here = run(["--observe=none", &guest("crash")]).ends_with(134);
    assert_eq!(there.stderr, here.stderr);
    // If its variables are wanted it is compiled again.
    let observe = ["--observe=state", "--allow-precompiled", text(&file)];
    let there = run(observe).ends_with(134);
    assert_eq!(there.stderr, run([&guest("crash")]).ends_with(134).stderr);
}

#[test]
fn the_result_stands_beside_its_source_unless_said_otherwise() {
    let folder = folder();
    let file = folder.path().join("it.wat");
    fs::write(&file, "(module (func (export \"_start\")))").unwrap();
    trapline(["compile", text(&file)]).prints();
    let result = folder.path().join("it.cwasm");
    run(["--allow-precompiled", text(&result)]).prints();
    let stderr = trapline(["compile", "-"]).input("(module)").fails_with(1);
    assert!(stderr.contains("-o"), "{stderr}");
    let stderr = trapline(["compile", text(&result)]).fails_with(1);
    assert!(stderr.contains("compiled module already"), "{stderr}");
    let stderr = trapline(["compile", text(&file), "-o", "no/such/folder/x"]).fails_with(1);
    let expected = "error: cannot write no/such/folder/x: no such file or directory\n";
    assert_eq!(stderr, expected);
}

#[test]
fn a_damaged_compiled_module_is_an_error() {
    let folder = folder();
    let file = compiled(folder.path());
    let good = fs::read(&file).unwrap();
    let attempt = |bytes: &[u8], what: &str| {
        fs::write(&file, bytes).unwrap();
        let ended = run(["--allow-precompiled", text(&file)]).ended();
        assert_eq!(ended.code, Some(1), "{what}: {}", ended.stderr);
        let expected = format!("error: cannot load {}: ", text(&file));
        assert!(
            ended.stderr.starts_with(&expected),
            "{what}: {}",
            ended.stderr
        );
    };
    for at in (8..good.len()).step_by(good.len() / 40) {
        let mut bytes = good.clone();
        bytes[at] ^= 0x10;
        attempt(&bytes, &format!("bit flipped at {at}"));
    }
    for length in [8, 40, 100, 136, good.len() / 2, good.len() - 1] {
        attempt(&good[..length], &format!("cut to {length} bytes"));
    }
    let mut other = good.clone();
    other[8..40].fill(7);
    attempt(&other, "of another build");
}

#[test]
fn the_second_run_finds_the_first_ones_code() {
    let folder = folder();
    let cached = || run([&guest("hello")]).env("XDG_CACHE_HOME", folder.path());
    assert_eq!(cached().prints(), HELLO);
    let entries = files(folder.path());
    assert_eq!(entries.len(), 1, "{entries:?}");
    assert!(
        entries[0].starts_with(folder.path().join("trapline")),
        "{entries:?}"
    );
    let written = fs::metadata(&entries[0]).unwrap().modified().unwrap();
    assert_eq!(cached().prints(), HELLO);
    assert_eq!(files(folder.path()), entries);
    assert_eq!(
        fs::metadata(&entries[0]).unwrap().modified().unwrap(),
        written
    );
}

#[test]
fn a_damaged_cache_entry_is_as_good_as_none() {
    let folder = folder();
    let cached = || run(["--cache", text(folder.path()), &guest("hello")]);
    assert_eq!(cached().prints(), HELLO);
    let entry = files(folder.path()).remove(0);
    let good = fs::read(&entry).unwrap();
    let mut flipped = good.clone();
    flipped[good.len() - 100] ^= 1;
    for bad in [&flipped[..], &good[..good.len() / 2], b"", b"nonsense"] {
        // A new file, since the old one is not to be written by design.
        fs::remove_file(&entry).unwrap();
        fs::write(&entry, bad).unwrap();
        assert_eq!(cached().prints(), HELLO);
    }
}

#[test]
fn a_cache_that_cannot_be_written_is_done_without() {
    let folder = folder();
    let file = folder.path().join("a file");
    fs::write(&file, "").unwrap();
    let below = file.join("cache");
    let default = run([&guest("hello")]).env("XDG_CACHE_HOME", &below);
    assert_eq!(default.prints(), HELLO);
    // To have been told of a folder that cannot be is another matter.
    let stderr = run(["--cache", text(&below), &guest("hello")]).fails_with(1);
    let expected = format!(
        "error: cannot make the cache {}: not a directory\n",
        text(&below)
    );
    assert_eq!(stderr, expected);

    let read_only = folder.path().join("read only");
    fs::create_dir(&read_only).unwrap();
    let mut permissions = fs::metadata(&read_only).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&read_only, permissions).unwrap();
    assert_eq!(
        run(["--cache", text(&read_only), &guest("hello")]).prints(),
        HELLO
    );
}

#[test]
fn no_cache_leaves_nothing_behind() {
    let folder = folder();
    let without = run(["--no-cache", &guest("hello")]).env("XDG_CACHE_HOME", folder.path());
    assert_eq!(without.prints(), HELLO);
    assert!(files(folder.path()).is_empty());
}

#[test]
fn processes_that_fill_the_cache_at_once_do_not_disturb_each_other() {
    let folder = folder();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let cached = run(["--cache", text(folder.path()), &guest("hello")]);
                assert_eq!(cached.prints(), HELLO);
            });
        }
    });
    assert_eq!(files(folder.path()).len(), 1);
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files
}
