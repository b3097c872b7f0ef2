//! Files that are damaged or made to do harm: a dump or an error, with no more memory than they are
//! large.
#![allow(missing_docs)]

mod common;
use common::{contents, everything, written};
use trapline_coredump::{CoreDump, ReadError, Value};

fn leb(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

fn section(id: u8, contents: &[u8]) -> Vec<u8> {
    [&[id][..], &leb(contents.len() as u64), contents].concat()
}

fn custom(name: &str, contents: &[u8]) -> Vec<u8> {
    let name = [&leb(name.len() as u64), name.as_bytes()].concat();
    section(0, &[&name, contents].concat())
}

/// A dump with one module, one instance, and these sections.
fn file(sections: &[Vec<u8>]) -> Vec<u8> {
    let mut file = b"\0asm\x01\0\0\0".to_vec();
    file.extend(custom("core", b"\0\x01x"));
    file.extend(custom("coremodules", b"\x01\0\x01m"));
    file.extend(custom("coreinstances", b"\x01\0\0\0\0"));
    file.extend(sections.concat());
    file
}

#[track_caller]
fn error(file: Vec<u8>) -> ReadError {
    CoreDump::read(file.into()).unwrap_err()
}

/// Asks everything of a dump that a debugger would.
fn use_up(dump: &CoreDump<'_>) {
    for thread in &dump.threads {
        for frame in &thread.frames {
            let instance = &dump.instances[frame.instance as usize];
            let _ = &dump.modules[instance.module as usize];
        }
    }
    for memory in &dump.memories {
        let mut buffer = [0; 64];
        let end = memory.ty().byte_len().unwrap_or(u64::MAX);
        for address in [0, 4000, 70_000, end.saturating_sub(64), end, u64::MAX] {
            let _ = memory.read(address, &mut buffer);
        }
    }
    for table in &dump.tables {
        let _ = (table.len(), table.get(3), table.get(u64::MAX));
    }
    let mut again = Vec::new();
    dump.write(&mut again).unwrap();
    assert_eq!(&CoreDump::read(again.into()).unwrap(), dump);
}

#[test]
fn a_file_that_is_cut_anywhere_is_an_error_or_less_of_the_dump() {
    let contents = contents();
    let whole = written(&everything(&contents));
    let mut errors = 0;
    for length in 0..whole.len() {
        match CoreDump::read(whole[..length].to_vec().into()) {
            Ok(dump) => use_up(&dump),
            Err(_) => errors += 1,
        }
    }
    // Only between sections can it be cut without being noticed.
    assert!(whole.len() - errors < 16, "{errors} of {}", whole.len());
}

#[test]
fn random_damage_is_an_error_or_another_dump() {
    let contents = contents();
    let whole = written(&everything(&contents));
    // Most of the file is two units of memory: the damage shall be elsewhere.
    let interesting = whole.len() - 4 * 4096;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let (mut fine, mut errors) = (0, 0);
    for _ in 0..20_000 {
        let mut damaged = whole.clone();
        for _ in 0..1 + random(4) {
            damaged[random(interesting)] = random(256) as u8;
        }
        match CoreDump::read(damaged.into()) {
            Ok(dump) => {
                fine += 1;
                use_up(&dump);
            }
            Err(_) => errors += 1,
        }
    }
    assert!(fine > 1000 && errors > 1000, "{fine} fine, {errors} errors");
}

#[cfg(target_os = "linux")]
#[test]
fn no_count_makes_room_for_what_is_not_there() {
    fn peak() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmPeak"));
        let number = line.unwrap().split_whitespace().nth(1).unwrap();
        number.parse::<u64>().unwrap() * 1024
    }
    let many: &[u8] = &[0xff, 0xff, 0xff, 0xff, 0x0f];
    let with = |start: &[u8]| [start, many].concat();
    let files = [
        file(&[custom("corestack", &with(b"\0\0"))]),
        file(&[custom("corestack", &with(b"\0\0\x01\0\0\0\0"))]),
        file(&[custom("corestack", &with(b"\0\0\x01\0\0\0\0\0"))]),
        file(&[section(5, many)]),
        file(&[section(6, many)]),
        file(&[section(5, &[1, 0, 1]), section(11, many)]),
        file(&[
            section(5, &[1, 0, 1]),
            section(11, &with(b"\x01\0\x41\0\x0b")),
        ]),
        file(&[custom("trapline:reason", &with(b"\0"))]),
        file(&[custom("trapline:modules", &with(b"\0"))]),
        file(&[custom("trapline:threads", &with(b"\0"))]),
        file(&[
            custom("corestack", b"\0\0\0"),
            custom("trapline:threads", &with(b"\0\x01\0")),
        ]),
        file(&[custom("trapline:values", &with(b"\0"))]),
        file(&[custom("trapline:tables", &with(b"\0"))]),
        file(&[custom("trapline:tables", &with(b"\0\x01"))]),
        file(&[custom("trapline:tables", &with(b"\0\0"))]),
        [b"\0asm\x01\0\0\0", &custom("core", &with(b"\0"))[..]].concat(),
        [
            b"\0asm\x01\0\0\0",
            &custom("core", b"\0\0")[..],
            &custom("coremodules", many),
        ]
        .concat(),
        [
            b"\0asm\x01\0\0\0",
            &custom("core", b"\0\0")[..],
            &custom("coreinstances", many),
        ]
        .concat(),
    ];
    let before = peak();
    for (number, file) in files.into_iter().enumerate() {
        let read = CoreDump::read(file.into());
        assert!(
            matches!(read, Err(ReadError::Malformed { .. })),
            "{number}: {read:?}"
        );
    }
    let more = peak() - before;
    assert!(more < 32 << 20, "{more} bytes more");
}

#[test]
fn a_long_run_of_a_table_is_not_unfolded() {
    let run = [b"\0\x01\x01".as_slice(), &leb(u64::MAX), b"\x70\0\x01\0"].concat();
    let dump = CoreDump::read(file(&[custom("trapline:tables", &run)]).into()).unwrap();
    assert_eq!(dump.tables[0].len(), u64::MAX);
    assert_eq!(dump.tables[0].get(1 << 60), Some(Value::FuncRef(None)));
}

#[test]
fn references_to_what_is_not_there_are_errors_with_an_offset() {
    let stack = custom("corestack", b"\0\0\x01\0\0\0\0\x01\x01\0");
    let one = || stack.clone();
    let value = |entry: &[u8]| custom("trapline:values", &[b"\0\x01", entry].concat());
    for (sections, expected) in [
        (
            vec![custom("corestack", b"\0\0\x01\0\x01\0\0\0\0")],
            "a frame of instance 1",
        ),
        (
            vec![custom("corestack", b"\x01\0\0")],
            "unknown version of a stack",
        ),
        (vec![custom("corestack", b"\0\0\0\0")], "more in a stack"),
        (
            vec![section(11, &[1, 0, 0x41, 0, 0x0b, 1, 7])],
            "data of memory 0",
        ),
        (
            vec![section(5, &[1, 0, 1]), section(11, &[1, 1, 1, 7])],
            "data that has no place",
        ),
        (
            vec![
                section(5, &[1, 0, 0]),
                section(11, &[1, 0, 0x41, 0, 0x0b, 1, 7]),
            ],
            "data of memory 0",
        ),
        (
            vec![section(6, &[1, 0x7f, 0, 0x23, 0, 0x0b])],
            "no constant",
        ),
        (
            vec![one(), value(b"\0\0\x70\0")],
            "a value where none is missing",
        ),
        (
            vec![one(), value(b"\x01\0\0\x01\x70\0")],
            "a value where none is missing",
        ),
        (
            vec![one(), value(b"\x02\0\0\0\x70\0")],
            "a value where none is missing",
        ),
        (
            vec![one(), value(b"\x01\0\x01\0\x70\0")],
            "a value where none is missing",
        ),
        (vec![one(), value(b"\x03")], "no such place"),
        (
            vec![one(), value(b"\x01\0\0\0\x70\x01\x01\0")],
            "a function of instance 1",
        ),
        (
            vec![one(), value(b"\x01\0\0\0\x55")],
            "no kind of value is 0x55",
        ),
        (
            vec![one(), custom("trapline:threads", b"\0\0")],
            "fewer threads",
        ),
        (
            vec![custom("trapline:threads", b"\0\x01")],
            "a thread that has no stack",
        ),
        (
            vec![one(), custom("trapline:threads", b"\0\x01\0\x01\x02\0")],
            "functions of the host",
        ),
        (
            vec![one(), custom("trapline:threads", b"\0\x01\0\0\x01\x01")],
            "unknown values of frames",
        ),
        (
            vec![one(), custom("trapline:threads", b"\x01\x01\0\0\0")],
            "of version 1",
        ),
        (
            vec![custom("trapline:reason", b"\0\0\0")],
            "more in the section",
        ),
        (
            vec![custom("trapline:modules", b"\0\0")],
            "identities of 0 modules",
        ),
        (
            vec![custom("trapline:tables", b"\0\0\0")],
            "tables of 0 instances",
        ),
        (
            vec![custom("trapline:tables", b"\0\x01\x01\0\x01\x01\0")],
            "no length",
        ),
        (vec![custom("core", b"\0\0")], "twice"),
    ] {
        let ReadError::Malformed { message, offset } = error(file(&sections)) else {
            panic!("{expected}");
        };
        assert!(
            message.contains(expected),
            "{message} instead of {expected}"
        );
        assert!(offset > 40, "{message} at {offset:#x}");
    }
}

#[test]
fn other_files_are_told_from_damaged_dumps() {
    for bytes in [
        &b""[..],
        b"\x7fELF",
        b"\0asm\x0d\0\x01\0",
        b"\0asm\x01\0\0\0",
    ] {
        let error = error(bytes.to_vec());
        assert!(matches!(error, ReadError::NotACoreDump(_)), "{error}");
    }
}
