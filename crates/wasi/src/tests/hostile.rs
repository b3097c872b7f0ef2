//! Guests that pass anything at all.

use super::*;

/// A generator of numbers that need not be random, only varied.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number of the kind that makes trouble.
    fn word(&mut self) -> u32 {
        let number = self.next();
        match number >> 61 {
            0 => 0,
            1 => (number & 7) as u32,
            2 => (number & 63) as u32,
            3 => u32::MAX - (number & 15) as u32,
            4 => SIZE as u32 - (number & 63) as u32,
            5 => 1 << (number & 31),
            _ => number as u32 % (SIZE as u32 + 64),
        }
    }

    /// As [`word`](Self::word); offsets stay so small that files do not fill the disk.
    fn long(&mut self) -> u64 {
        match self.next() & 3 {
            0 => u64::MAX - u64::from(self.word() & 15),
            1 => 1 << (self.next() & 63),
            _ => u64::from(self.word() & 0xffff),
        }
    }
}

/// One call of one of the functions, none of which may wait.
fn call(ctx: &mut WasiCtx, memory: &mut GuestMemory<'_>, n: &mut Numbers) -> Result<(), Errno> {
    let fd = (n.next() % 12) as u32;
    let small = |n: &mut Numbers| n.long() & 0xffff;
    match n.next() % 37 {
        0 => ctx.args_get(memory, n.word(), n.word()),
        1 => ctx.args_sizes_get(memory, n.word(), n.word()),
        2 => ctx.environ_get(memory, n.word(), n.word()),
        3 => ctx.environ_sizes_get(memory, n.word(), n.word()),
        4 => ctx.clock_res_get(memory, n.word(), n.word()),
        5 => ctx.clock_time_get(memory, n.word(), n.long(), n.word()),
        6 => ctx.fd_advise(memory, fd, n.long(), n.long(), n.word()),
        7 => ctx.fd_allocate(memory, fd, small(n), small(n)),
        8 if fd > 5 => ctx.fd_close(memory, fd),
        9 => ctx.fd_datasync(memory, fd),
        10 => ctx.fd_fdstat_get(memory, fd, n.word()),
        11 => ctx.fd_fdstat_set_flags(memory, fd, n.word()),
        12 if fd > 5 => ctx.fd_fdstat_set_rights(memory, fd, n.long(), n.long()),
        13 => ctx.fd_filestat_get(memory, fd, n.word()),
        14 => ctx.fd_filestat_set_size(memory, fd, small(n)),
        15 => ctx.fd_filestat_set_times(memory, fd, n.long(), n.long(), n.word()),
        16 => ctx.fd_pread(memory, fd, n.word(), n.word(), n.long(), n.word()),
        17 => ctx.fd_prestat_get(memory, fd, n.word()),
        18 => ctx.fd_prestat_dir_name(memory, fd, n.word(), n.word()),
        19 => ctx.fd_pwrite(memory, fd, n.word(), n.word(), small(n), n.word()),
        20 => ctx.fd_read(memory, fd, n.word(), n.word(), n.word()),
        21 => ctx.fd_readdir(memory, fd, n.word(), n.word(), n.long(), n.word()),
        22 if fd > 5 => ctx.fd_renumber(memory, fd, n.word().max(6)),
        23 => ctx.fd_seek(memory, fd, small(n), n.word(), n.word()),
        24 => ctx.fd_sync(memory, fd),
        25 => ctx.fd_tell(memory, fd, n.word()),
        26 => ctx.fd_write(memory, fd, n.word(), n.word(), n.word()),
        27 => {
            let (path, len) = (n.word() & 63, n.word() & 15);
            let flags = [n.word() & 1, n.word() & 15, n.word() & 31];
            let (base, inheriting) = (n.next() >> 34, n.next() >> 34);
            let [look, open, fd_flags] = flags;
            ctx.path_open(
                memory,
                fd,
                look,
                path,
                len,
                open,
                base,
                inheriting,
                fd_flags,
                n.word(),
            )
        }
        28 => ctx.path_create_directory(memory, fd, n.word(), n.word()),
        29 => ctx.path_filestat_get(memory, fd, n.word() & 1, n.word(), n.word(), n.word()),
        30 => {
            let (at, len, times) = (n.word(), n.word(), [n.long(), n.long()]);
            ctx.path_filestat_set_times(memory, fd, 1, at, len, times[0], times[1], n.word())
        }
        31 => {
            let words = [n.word(), n.word(), n.word(), n.word()];
            ctx.path_link(
                memory,
                fd,
                n.word() & 1,
                words[0],
                words[1],
                3,
                words[2],
                words[3],
            )
        }
        32 => ctx.path_readlink(memory, fd, n.word(), n.word(), n.word(), n.word(), n.word()),
        33 => ctx.path_rename(memory, fd, n.word(), n.word(), 3, n.word(), n.word()),
        34 => ctx.path_symlink(memory, n.word(), n.word(), fd, n.word(), n.word()),
        35 => ctx.sock_recv(memory, fd, n.word(), n.word(), n.word(), n.word(), n.word()),
        36 => ctx.random_get(memory, n.word(), n.word()),
        _ => ctx.path_unlink_file(memory, fd, n.word(), n.word()),
    }
}

#[test]
fn no_argument_harms_the_host() {
    let mut guest = Guest::new();
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let inner = guest.host("");
    let mut done = 0;
    for round in 0..200u64 {
        guest.ctx = WasiCtxBuilder::new()
            .args(["a", "b"])
            .env("key", "value")
            .max_open_files(12)
            .preopened_dir(&inner, "/")
            .unwrap()
            .build();
        // Text of the kind that paths are made of, with some of anything.
        for byte in &mut guest.bytes {
            let number = numbers.next();
            *byte = b"./ab\0"[(number % 5) as usize];
            if number >> 56 < round / 4 {
                *byte = (number >> 8) as u8;
            }
        }
        for _ in 0..300 {
            done += usize::from(
                guest
                    .call(|ctx, memory| call(ctx, memory, &mut numbers))
                    .is_ok(),
            );
        }
    }
    guest.assert_outside_is_whole();
    assert!(done > 3000, "only {done} calls did something");
}

#[test]
fn results_that_cannot_be_told_are_not_made() {
    let mut guest = Guest::new();
    let bad = SIZE as u32 - 1;
    let answer = guest.with_path("file", |ctx, memory, path, len| {
        ctx.path_open(memory, ROOT, 0, path, len, 1, 0, 0, 0, bad)
    });
    assert_eq!(answer, Err(Errno::Fault));
    assert!(!guest.host("file").exists());

    let fd = guest.create("file").unwrap();
    guest.put_buffer("text");
    assert_eq!(
        guest.call(|ctx, memory| ctx.fd_write(memory, fd, FREE, 1, bad)),
        Err(Errno::Fault)
    );
    assert_eq!(guest.fd_stat(fd).unwrap().size, 0);
    assert_eq!(
        guest.call(|ctx, memory| ctx.fd_seek(memory, fd, 3, 0, bad)),
        Err(Errno::Fault)
    );
    assert_eq!(guest.tell(fd), Ok(0));
}
