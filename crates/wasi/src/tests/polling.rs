//! Waiting.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use super::*;
use crate::types::Clock;

const IN: u32 = FREE;
const OUT: u32 = FREE + 4096;

/// What the guest subscribes to.
#[derive(Clone, Copy)]
enum Sub {
    Clock { id: u32, timeout: u64, flags: u16 },
    Read(u32),
    Write(u32),
    Unknown,
}

/// An event as the guest sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Got {
    userdata: u64,
    error: u16,
    kind: u8,
    nbytes: u64,
    flags: u16,
}

fn poll(guest: &mut Guest, subs: &[Sub]) -> Result<Vec<Got>, Errno> {
    for (index, sub) in subs.iter().enumerate() {
        let mut raw = [0; 48];
        raw[0] = index as u8;
        match *sub {
            Sub::Clock { id, timeout, flags } => {
                raw[16..20].copy_from_slice(&id.to_le_bytes());
                raw[24..32].copy_from_slice(&timeout.to_le_bytes());
                raw[40..42].copy_from_slice(&flags.to_le_bytes());
            }
            Sub::Read(fd) => {
                raw[8] = 1;
                raw[16..20].copy_from_slice(&fd.to_le_bytes());
            }
            Sub::Write(fd) => {
                raw[8] = 2;
                raw[16..20].copy_from_slice(&fd.to_le_bytes());
            }
            Sub::Unknown => raw[8] = 3,
        }
        guest.put(IN + index as u32 * 48, &raw);
    }
    let count = subs.len() as u32;
    guest.call(|ctx, memory| ctx.poll_oneoff(memory, IN, OUT, count, RESULT))?;
    let got = (0..guest.result_u32(RESULT)).map(|index| {
        let raw = guest.bytes_at(OUT + index * 32, 32);
        Got {
            userdata: u64::from_le_bytes(raw[..8].try_into().unwrap()),
            error: u16::from_le_bytes(raw[8..10].try_into().unwrap()),
            kind: raw[10],
            nbytes: u64::from_le_bytes(raw[16..24].try_into().unwrap()),
            flags: u16::from_le_bytes(raw[24..26].try_into().unwrap()),
        }
    });
    Ok(got.collect())
}

fn after(milliseconds: u64) -> Sub {
    Sub::Clock {
        id: 1,
        timeout: milliseconds * 1_000_000,
        flags: 0,
    }
}

#[test]
fn a_timeout_passes() {
    let mut guest = Guest::new();
    for id in [0, 1] {
        let start = Instant::now();
        let sub = Sub::Clock {
            id,
            timeout: 20_000_000,
            flags: 0,
        };
        let expected = Got {
            userdata: 0,
            error: 0,
            kind: 0,
            nbytes: 0,
            flags: 0,
        };
        assert_eq!(poll(&mut guest, &[sub]), Ok(vec![expected]));
        assert!(start.elapsed() >= Duration::from_millis(20));
    }
}

#[test]
fn a_clock_comes_to_a_time() {
    let mut guest = Guest::new();
    for id in [0, 1] {
        let clock = Clock::from_raw(id).unwrap();
        let now = guest.ctx.now(clock);
        let sub = Sub::Clock {
            id,
            timeout: now + 20_000_000,
            flags: 1,
        };
        assert_eq!(poll(&mut guest, &[sub]).unwrap().len(), 1);
        assert!(guest.ctx.now(clock) >= now + 20_000_000);
        // A time that has passed has passed.
        let past = Sub::Clock {
            id,
            timeout: now,
            flags: 1,
        };
        assert_eq!(poll(&mut guest, &[past]).unwrap().len(), 1);
    }
}

#[test]
fn the_first_of_several_ends_the_wait() {
    let mut guest = Guest::new();
    let never = Sub::Clock {
        id: 1,
        timeout: u64::MAX,
        flags: 0,
    };
    let far = Sub::Clock {
        id: 0,
        timeout: u64::MAX,
        flags: 1,
    };
    let got = poll(&mut guest, &[never, far, after(5), after(3_600_000)]).unwrap();
    assert_eq!(got.iter().map(|got| got.userdata).collect::<Vec<_>>(), [2]);
    let got = poll(&mut guest, &[after(0), after(0), never]).unwrap();
    assert_eq!(
        got.iter().map(|got| got.userdata).collect::<Vec<_>>(),
        [0, 1]
    );
}

#[test]
fn files_are_always_ready() {
    let mut guest = Guest::new();
    let fd = guest.create("file").unwrap();
    guest.write(fd, "12345").unwrap();
    guest.seek(fd, 2, 0).unwrap();
    let got = poll(
        &mut guest,
        &[Sub::Read(fd), after(3_600_000), Sub::Write(fd)],
    )
    .unwrap();
    let ready = Got {
        userdata: 0,
        error: 0,
        kind: 1,
        nbytes: 3,
        flags: 0,
    };
    assert_eq!(
        got,
        [
            ready,
            Got {
                userdata: 2,
                kind: 2,
                nbytes: 0,
                ..ready
            }
        ]
    );
}

#[test]
fn bad_descriptors_are_errors_of_their_event() {
    let mut guest = Guest::new();
    let how = How {
        base: Rights::FD_READ,
        ..How::create()
    };
    let unpollable = guest.open_as(ROOT, "file", &how).unwrap();
    let got = poll(
        &mut guest,
        &[
            Sub::Read(99),
            Sub::Read(ROOT),
            Sub::Write(0),
            Sub::Read(unpollable),
            after(3_600_000),
        ],
    )
    .unwrap();
    let errors: Vec<(u64, u16)> = got.iter().map(|got| (got.userdata, got.error)).collect();
    let [badf, notcapable] = [Errno::Badf as u16, Errno::Notcapable as u16];
    assert_eq!(
        errors,
        [(0, badf), (1, badf), (2, notcapable), (3, notcapable)]
    );
}

#[test]
fn processor_time_cannot_be_waited_for() {
    let mut guest = Guest::new();
    for id in [2, 3] {
        let got = poll(
            &mut guest,
            &[Sub::Clock {
                id,
                timeout: 1,
                flags: 0,
            }],
        )
        .unwrap();
        assert_eq!(got[0].error, Errno::Notsup as u16);
    }
}

#[test]
fn malformed_subscriptions_are_refused() {
    let mut guest = Guest::new();
    assert_eq!(poll(&mut guest, &[]), Err(Errno::Inval));
    assert_eq!(poll(&mut guest, &[Sub::Unknown]), Err(Errno::Inval));
    let clock = Sub::Clock {
        id: 4,
        timeout: 0,
        flags: 0,
    };
    assert_eq!(poll(&mut guest, &[clock]), Err(Errno::Inval));
    let flags = Sub::Clock {
        id: 0,
        timeout: 0,
        flags: 2,
    };
    assert_eq!(poll(&mut guest, &[flags]), Err(Errno::Inval));
    let answers = guest.call(|ctx, memory| {
        [
            ctx.poll_oneoff(memory, u32::MAX, OUT, 1, RESULT),
            ctx.poll_oneoff(memory, IN, u32::MAX, 1, RESULT),
            ctx.poll_oneoff(memory, IN, OUT, 1, u32::MAX),
            ctx.poll_oneoff(memory, IN, OUT, 10_000, RESULT),
            ctx.poll_oneoff(memory, IN, OUT, u32::MAX, RESULT),
        ]
    });
    let fault = Err(Errno::Fault);
    assert_eq!(answers, [fault, fault, fault, fault, Err(Errno::Inval)]);
}

#[test]
fn events_may_overwrite_the_subscriptions() {
    let mut guest = Guest::new();
    poll(&mut guest, &[after(0), after(0)]).unwrap();
    let call = guest.call(|ctx, memory| ctx.poll_oneoff(memory, IN, IN, 2, RESULT));
    assert_eq!((call, guest.result_u32(RESULT)), (Ok(()), 2));
    assert_eq!(guest.bytes_at(IN + 32, 1), [1]);
}

#[test]
fn streams_are_ready_when_the_host_says_so() {
    let mut guest = Guest::new();
    let (mut host, socket) = UnixStream::pair().unwrap();
    guest.ctx = WasiCtxBuilder::new().preopened_socket(socket).build();
    let got = poll(&mut guest, &[Sub::Read(3), after(10)]).unwrap();
    assert_eq!(got.iter().map(|got| got.userdata).collect::<Vec<_>>(), [1]);
    let got = poll(&mut guest, &[Sub::Write(3)]).unwrap();
    assert_eq!((got[0].error, got[0].kind), (0, 2));

    host.write_all(b"abc").unwrap();
    let got = poll(&mut guest, &[Sub::Read(3), after(3_600_000)]).unwrap();
    assert_eq!(
        got,
        [Got {
            userdata: 0,
            error: 0,
            kind: 1,
            nbytes: 3,
            flags: 0
        }]
    );
    drop(host);
    let got = poll(&mut guest, &[Sub::Read(3)]).unwrap();
    assert_eq!((got[0].nbytes, got[0].flags), (3, 1));
}

#[test]
fn waiting_ends_when_another_thread_writes() {
    let mut guest = Guest::new();
    let (mut host, socket) = UnixStream::pair().unwrap();
    guest.ctx = WasiCtxBuilder::new().preopened_socket(socket).build();
    let writer = std::thread::spawn(move || host.write_all(b"x").map(|()| host));
    let got = poll(&mut guest, &[Sub::Read(3), after(3_600_000)]).unwrap();
    assert_eq!(got[0].userdata, 0);
    drop(writer.join().unwrap().unwrap());
}
