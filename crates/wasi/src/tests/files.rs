//! Descriptors of files: reading, writing, positions, sizes, times, flags, numbers.

use super::*;
use crate::OutputPipe;

const SET: u32 = 0;
const CUR: u32 = 1;
const END: u32 = 2;

#[test]
fn bytes_written_are_read_back_at_their_positions() {
    let mut guest = Guest::new();
    let fd = guest.create("file").unwrap();
    assert_eq!(guest.tell(fd), Ok(0));
    assert_eq!(guest.write(fd, "hello world"), Ok(11));
    assert_eq!(guest.tell(fd), Ok(11));
    assert_eq!(guest.seek(fd, -5, CUR), Ok(6));
    assert_eq!(guest.read(fd, 100).unwrap(), "world");
    assert_eq!(guest.read(fd, 100).unwrap(), "");
    assert_eq!(guest.seek(fd, -11, END), Ok(0));
    assert_eq!(guest.pread(fd, 3, 4).unwrap(), "o w");
    assert_eq!(guest.pwrite(fd, "W", 6), Ok(1));
    assert_eq!(guest.tell(fd), Ok(0));
    assert_eq!(guest.seek(fd, 1000, SET), Ok(1000));
    assert_eq!(guest.seek(fd, -1, SET), Err(Errno::Inval));
    assert_eq!(guest.seek(fd, -2000, CUR), Err(Errno::Inval));
    assert_eq!(guest.seek(fd, i64::MIN, END), Err(Errno::Inval));
    assert_eq!(guest.seek(fd, 0, 3), Err(Errno::Inval));
    assert_eq!(guest.pread(fd, 3, u64::MAX).err(), Some(Errno::Inval));
    assert_eq!(
        std::fs::read_to_string(guest.host("file")).unwrap(),
        "hello World"
    );
}

#[test]
fn several_buffers_are_one_transfer() {
    let mut guest = Guest::new();
    let fd = guest.create("file").unwrap();
    guest.put_iovecs(&[
        (FREE + 100, 3),
        (FREE + 200, 0),
        (FREE + 100, 2),
        (FREE + 102, 1),
    ]);
    guest.put(FREE + 100, b"abc");
    assert_eq!(
        guest.call(|ctx, memory| ctx.fd_write(memory, fd, FREE, 4, RESULT)),
        Ok(())
    );
    assert_eq!(guest.result_u32(RESULT), 6);
    assert_eq!(
        std::fs::read_to_string(guest.host("file")).unwrap(),
        "abcabc"
    );

    guest.put_iovecs(&[(FREE + 300, 4), (FREE + 200, 4)]);
    let read = guest.call(|ctx, memory| ctx.fd_pread(memory, fd, FREE, 2, 0, RESULT));
    assert_eq!((read, guest.result_u32(RESULT)), (Ok(()), 6));
    assert_eq!(guest.bytes_at(FREE + 300, 4), b"abca");
    assert_eq!(guest.bytes_at(FREE + 200, 2), b"bc");

    // No buffer at all is nothing to do.
    guest.put(RESULT, &[0xff; 4]);
    assert_eq!(
        guest.call(|ctx, memory| ctx.fd_write(memory, fd, FREE, 0, RESULT)),
        Ok(())
    );
    assert_eq!(guest.result_u32(RESULT), 0);
}

#[test]
fn overlapping_read_buffers_are_a_short_read() {
    let mut guest = Guest::new();
    let fd = guest.create("file").unwrap();
    guest.pwrite(fd, "abcdefgh", 0).unwrap();
    guest.put_iovecs(&[(FREE + 100, 4), (FREE + 102, 4)]);
    let read = guest.call(|ctx, memory| ctx.fd_read(memory, fd, FREE, 2, RESULT));
    assert_eq!((read, guest.result_u32(RESULT)), (Ok(()), 4));
    assert_eq!(guest.tell(fd), Ok(4));
}

#[test]
fn appending_writes_at_the_end_and_positioned_writes_do_not() {
    let mut guest = Guest::new();
    std::fs::write(guest.host("log"), "0123").unwrap();
    let how = How {
        fdflags: Fdflags::APPEND,
        ..How::create()
    };
    let fd = guest.open_as(ROOT, "log", &how).unwrap();
    assert_eq!(guest.tell(fd), Ok(0));
    assert_eq!(guest.write(fd, "45"), Ok(2));
    assert_eq!(guest.tell(fd), Ok(6));
    assert_eq!(guest.pwrite(fd, "A", 0), Ok(1));
    assert_eq!(guest.tell(fd), Ok(6));
    // Appending can be switched off, and on again.
    let set = |guest: &mut Guest, flags: u32| {
        guest.call(|ctx, memory| ctx.fd_fdstat_set_flags(memory, fd, flags))
    };
    assert_eq!(set(&mut guest, 0), Ok(()));
    assert_eq!(guest.seek(fd, 1, SET), Ok(1));
    assert_eq!(guest.write(fd, "B"), Ok(1));
    assert_eq!(set(&mut guest, 1), Ok(()));
    assert_eq!(guest.write(fd, "6"), Ok(1));
    assert_eq!(
        std::fs::read_to_string(guest.host("log")).unwrap(),
        "AB23456"
    );
}

#[test]
fn flags_are_reported_and_only_some_can_be_changed() {
    let mut guest = Guest::new();
    let how = How {
        fdflags: Fdflags::SYNC | Fdflags::NONBLOCK,
        ..How::create()
    };
    let fd = guest.open_as(ROOT, "file", &how).unwrap();
    let flags = |guest: &mut Guest| {
        guest
            .call(|ctx, memory| ctx.fd_fdstat_get(memory, fd, RESULT))
            .unwrap();
        u16::from_le_bytes(guest.bytes_at(RESULT + 2, 2).try_into().unwrap())
    };
    let set = |guest: &mut Guest, flags: Fdflags| {
        guest.call(|ctx, memory| ctx.fd_fdstat_set_flags(memory, fd, flags.bits().into()))
    };
    assert_eq!(flags(&mut guest), how.fdflags.bits());
    assert_eq!(set(&mut guest, Fdflags::empty()), Err(Errno::Inval));
    assert_eq!(
        set(&mut guest, Fdflags::SYNC | Fdflags::DSYNC),
        Err(Errno::Inval)
    );
    assert_eq!(set(&mut guest, Fdflags::SYNC | Fdflags::APPEND), Ok(()));
    assert_eq!(flags(&mut guest), (Fdflags::SYNC | Fdflags::APPEND).bits());
    assert_eq!(
        guest.call(|ctx, memory| ctx.fd_fdstat_set_flags(memory, fd, 32)),
        Err(Errno::Inval)
    );
    for fdflags in [Fdflags::DSYNC, Fdflags::RSYNC | Fdflags::SYNC] {
        let how = How {
            fdflags,
            ..How::create()
        };
        let fd = guest.open_as(ROOT, "file", &how).unwrap();
        assert_eq!(guest.write(fd, "x"), Ok(1));
    }
}

#[test]
fn sizes_and_storage_can_be_set() {
    let mut guest = Guest::new();
    let fd = guest.create("file").unwrap();
    let size = |guest: &mut Guest| guest.fd_stat(fd).unwrap().size;
    guest
        .call(|ctx, memory| ctx.fd_filestat_set_size(memory, fd, 100))
        .unwrap();
    assert_eq!(size(&mut guest), 100);
    assert_eq!(
        guest.call(|ctx, memory| ctx.fd_filestat_set_size(memory, fd, u64::MAX)),
        Err(Errno::Inval)
    );
    let answers = guest.call(|ctx, memory| {
        [
            ctx.fd_allocate(memory, fd, 90, 20),
            ctx.fd_allocate(memory, fd, 10, 10),
            ctx.fd_allocate(memory, fd, 0, 0),
            ctx.fd_allocate(memory, fd, u64::MAX, 1),
        ]
    });
    assert_eq!(
        answers,
        [Ok(()), Ok(()), Err(Errno::Inval), Err(Errno::Inval)]
    );
    assert_eq!(size(&mut guest), 110);
}

#[test]
fn advice_and_syncing_are_passed_on() {
    let mut guest = Guest::new();
    let fd = guest.create("file").unwrap();
    for advice in 0..6 {
        assert_eq!(
            guest.call(|ctx, memory| ctx.fd_advise(memory, fd, 0, 10, advice)),
            Ok(())
        );
    }
    let answers = guest.call(|ctx, memory| {
        [
            ctx.fd_advise(memory, fd, 0, 0, 6),
            ctx.fd_advise(memory, 0, 0, 0, 0),
            ctx.fd_advise(memory, ROOT, 0, 0, 0),
            ctx.fd_sync(memory, fd),
            ctx.fd_datasync(memory, fd),
            ctx.fd_sync(memory, ROOT),
            ctx.fd_datasync(memory, ROOT),
            ctx.fd_sync(memory, 1),
            ctx.fd_datasync(memory, 99),
        ]
    });
    use Errno::{Badf, Inval, Spipe};
    let expected = [
        Err(Inval),
        Err(Spipe),
        Err(Badf),
        Ok(()),
        Ok(()),
        Ok(()),
        Ok(()),
        Err(Inval),
        Err(Badf),
    ];
    assert_eq!(answers, expected);
}

#[test]
fn times_can_be_set_on_files_and_directories() {
    let mut guest = Guest::new();
    let fd = guest.create("file").unwrap();
    let set = |guest: &mut Guest, fd, atim, mtim, flags| {
        guest.call(|ctx, memory| ctx.fd_filestat_set_times(memory, fd, atim, mtim, flags))
    };
    assert_eq!(
        set(&mut guest, fd, 5, 1_500_000_000_000_000_007, 0b0101),
        Ok(())
    );
    assert_eq!(guest.fd_stat(fd).unwrap().mtim, 1_500_000_000_000_000_007);
    assert_eq!(guest.result_u64(RESULT + 40), 5);
    assert_eq!(set(&mut guest, fd, 6, 9, 0b0001), Ok(()));
    assert_eq!(guest.fd_stat(fd).unwrap().mtim, 1_500_000_000_000_000_007);
    assert_eq!(set(&mut guest, fd, 0, 0, 0b1000), Ok(()));
    assert!(guest.fd_stat(fd).unwrap().mtim > 1_500_000_000_000_000_007);
    assert_eq!(set(&mut guest, fd, 0, 0, 0b0011), Err(Errno::Inval));
    assert_eq!(set(&mut guest, fd, 0, 0, 0b1100), Err(Errno::Inval));
    assert_eq!(set(&mut guest, fd, 0, 0, 0b10000), Err(Errno::Inval));
    assert_eq!(set(&mut guest, ROOT, 0, 42, 0b0100), Ok(()));
    assert_eq!(guest.fd_stat(ROOT).unwrap().mtim, 42);
    assert_eq!(set(&mut guest, 1, 0, 42, 0b0100), Err(Errno::Inval));
}

#[test]
fn what_makes_no_sense_for_a_directory_is_an_error() {
    let mut guest = Guest::new();
    assert_eq!(guest.read(ROOT, 1).err(), Some(Errno::Isdir));
    assert_eq!(guest.write(ROOT, "x").err(), Some(Errno::Isdir));
    assert_eq!(guest.pread(ROOT, 1, 0).err(), Some(Errno::Isdir));
    assert_eq!(guest.pwrite(ROOT, "x", 0).err(), Some(Errno::Isdir));
    assert_eq!(guest.seek(ROOT, 0, CUR), Err(Errno::Badf));
    assert_eq!(guest.tell(ROOT), Err(Errno::Badf));
    let answers = guest.call(|ctx, memory| {
        [
            ctx.fd_allocate(memory, ROOT, 0, 1),
            ctx.fd_filestat_set_size(memory, ROOT, 0),
        ]
    });
    assert_eq!(answers, [Err(Errno::Badf); 2]);
}

#[test]
fn standard_streams_read_write_and_have_no_position() {
    let mut guest = Guest::new();
    let (stdout, stderr) = (OutputPipe::new(100), OutputPipe::new(100));
    guest.ctx = WasiCtxBuilder::new()
        .stdin(&b"input"[..])
        .stdout(stdout.clone())
        .stderr(stderr.clone())
        .build();
    assert_eq!(guest.read(0, 3).unwrap(), "inp");
    assert_eq!(guest.read(0, 3).unwrap(), "ut");
    assert_eq!(guest.read(0, 3).unwrap(), "");
    assert_eq!(guest.write(1, "out"), Ok(3));
    assert_eq!(guest.write(2, "err"), Ok(3));
    assert_eq!(
        (&*stdout.contents(), &*stderr.contents()),
        (&b"out"[..], &b"err"[..])
    );
    assert_eq!(guest.read(1, 1).err(), Some(Errno::Badf));
    assert_eq!(guest.write(0, "x").err(), Some(Errno::Badf));
    assert_eq!(guest.seek(1, 0, CUR), Err(Errno::Spipe));
    assert_eq!(guest.tell(0), Err(Errno::Spipe));
    assert_eq!(guest.pread(0, 1, 0).err(), Some(Errno::Spipe));
    assert_eq!(guest.pwrite(1, "x", 0).err(), Some(Errno::Spipe));
    assert_eq!(guest.fd_stat(1).unwrap().filetype, 0);
    // A stream may be moved and closed like any other descriptor.
    assert_eq!(
        guest.call(|ctx, memory| ctx.fd_renumber(memory, 1, 2)),
        Ok(())
    );
    assert_eq!(guest.write(2, "put"), Ok(3));
    assert_eq!(stdout.contents(), b"output");
    assert_eq!(guest.close(2), Ok(()));
    assert_eq!(guest.write(2, "x").err(), Some(Errno::Badf));
}

#[test]
fn numbers_are_reused_and_bounded() {
    let mut guest = Guest::new();
    let a = guest.create("a").unwrap();
    let b = guest.create("b").unwrap();
    assert_eq!((a, b), (4, 5));
    assert_eq!(guest.close(a), Ok(()));
    assert_eq!(guest.close(a), Err(Errno::Badf));
    assert_eq!(guest.create("c"), Ok(a));
    assert_eq!(
        guest.call(|ctx, memory| ctx.fd_renumber(memory, b, 77)),
        Err(Errno::Badf)
    );
    assert_eq!(
        guest.call(|ctx, memory| ctx.fd_renumber(memory, b, a)),
        Ok(())
    );
    assert_eq!(guest.write(a, "to b"), Ok(4));
    assert_eq!(std::fs::read_to_string(guest.host("b")).unwrap(), "to b");

    let inner = guest.host("");
    guest.ctx = WasiCtxBuilder::new()
        .max_open_files(5)
        .preopened_dir(inner, "/")
        .unwrap()
        .build();
    assert_eq!(guest.create("d"), Ok(4));
    assert_eq!(guest.create("e").err(), Some(Errno::Mfile));
    assert!(
        !guest.host("e").exists(),
        "nothing is created when there is no number left"
    );
}

#[test]
fn preopened_directories_tell_their_names() {
    let mut guest = Guest::new();
    let inner = guest.host("");
    guest.ctx = WasiCtxBuilder::new()
        .preopened_dir(&inner, "/data")
        .unwrap()
        .preopened_dir(&inner, ".")
        .unwrap()
        .build();
    guest
        .call(|ctx, memory| ctx.fd_prestat_get(memory, 3, RESULT))
        .unwrap();
    assert_eq!(guest.bytes_at(RESULT, 8), [0, 0, 0, 0, 5, 0, 0, 0]);
    let answers = guest.call(|ctx, memory| {
        [
            ctx.fd_prestat_dir_name(memory, 3, FREE, 4),
            ctx.fd_prestat_dir_name(memory, 3, FREE, 6),
            ctx.fd_prestat_dir_name(memory, 3, u32::MAX, 5),
            ctx.fd_prestat_get(memory, 4, RESULT),
            ctx.fd_prestat_get(memory, 5, RESULT),
            ctx.fd_prestat_get(memory, 0, RESULT),
        ]
    });
    use Errno::{Badf, Fault, Nametoolong};
    let expected = [
        Err(Nametoolong),
        Ok(()),
        Err(Fault),
        Ok(()),
        Err(Badf),
        Err(Badf),
    ];
    assert_eq!(answers, expected);
    assert_eq!(guest.bytes_at(FREE, 6), b"/data\0");
}
