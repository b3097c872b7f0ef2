//! The records and flags of the interface, laid out as guests see them.
//!
//! Source of every number and offset: `typenames.witx` of `wasi_snapshot_preview1`, under the
//! layout rules of witx (fields in order, natural alignment, little endian).

use bitflags::bitflags;

use crate::errno::Errno;
use crate::rights::Rights;

bitflags! {
    /// `fdflags`: how a descriptor reads and writes.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct Fdflags: u16 {
        const APPEND = 1 << 0;
        const DSYNC = 1 << 1;
        const NONBLOCK = 1 << 2;
        const RSYNC = 1 << 3;
        const SYNC = 1 << 4;
    }
}

bitflags! {
    /// `oflags`: how `path_open` opens.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct Oflags: u16 {
        const CREAT = 1 << 0;
        const DIRECTORY = 1 << 1;
        const EXCL = 1 << 2;
        const TRUNC = 1 << 3;
    }
}

bitflags! {
    /// `lookupflags`: how a path's last component is resolved.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct Lookupflags: u32 {
        const SYMLINK_FOLLOW = 1 << 0;
    }
}

bitflags! {
    /// `fstflags`: which times to set, and to what.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct Fstflags: u16 {
        const ATIM = 1 << 0;
        const ATIM_NOW = 1 << 1;
        const MTIM = 1 << 2;
        const MTIM_NOW = 1 << 3;
    }
}

bitflags! {
    /// `riflags`: how `sock_recv` receives.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct Riflags: u16 {
        const RECV_PEEK = 1 << 0;
        const RECV_WAITALL = 1 << 1;
    }
}

bitflags! {
    /// `sdflags`: which directions `sock_shutdown` ends.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct Sdflags: u8 {
        const RD = 1 << 0;
        const WR = 1 << 1;
    }
}

/// The one bit of `roflags`: the message was longer than the buffers.
pub(crate) const ROFLAGS_RECV_DATA_TRUNCATED: u16 = 1;

/// The one bit of `subclockflags`: the timeout is a time, not a duration.
const SUBSCRIPTION_CLOCK_ABSTIME: u16 = 1;

/// The one bit of `eventrwflags`: the peer has closed.
const EVENT_FD_READWRITE_HANGUP: u16 = 1;

/// `filetype`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Filetype {
    Unknown = 0,
    BlockDevice = 1,
    CharacterDevice = 2,
    Directory = 3,
    RegularFile = 4,
    SocketDgram = 5,
    SocketStream = 6,
    SymbolicLink = 7,
}

impl From<cap_std::fs::FileType> for Filetype {
    fn from(host: cap_std::fs::FileType) -> Filetype {
        use cap_std::fs::FileTypeExt;
        if host.is_file() {
            Filetype::RegularFile
        } else if host.is_dir() {
            Filetype::Directory
        } else if host.is_symlink() {
            Filetype::SymbolicLink
        } else if host.is_char_device() {
            Filetype::CharacterDevice
        } else if host.is_block_device() {
            Filetype::BlockDevice
        } else if host.is_socket() {
            Filetype::SocketStream
        } else {
            Filetype::Unknown
        }
    }
}

/// `clockid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clock {
    Realtime,
    Monotonic,
    ProcessCputime,
    ThreadCputime,
}

impl Clock {
    /// Reads a `clockid`.
    pub(crate) fn from_raw(id: u32) -> Result<Clock, Errno> {
        match id {
            0 => Ok(Clock::Realtime),
            1 => Ok(Clock::Monotonic),
            2 => Ok(Clock::ProcessCputime),
            3 => Ok(Clock::ThreadCputime),
            _ => Err(Errno::Inval),
        }
    }
}

/// `whence`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whence {
    Set,
    Cur,
    End,
}

impl Whence {
    /// Reads a `whence`.
    pub(crate) fn from_raw(whence: u32) -> Result<Whence, Errno> {
        match whence {
            0 => Ok(Whence::Set),
            1 => Ok(Whence::Cur),
            2 => Ok(Whence::End),
            _ => Err(Errno::Inval),
        }
    }
}

/// Reads a set of flags that a guest passes as an `i32`; bits that mean nothing are an error.
pub(crate) fn flags<F: bitflags::Flags>(raw: u32) -> Result<F, Errno>
where
    F::Bits: TryFrom<u32>,
{
    let bits = F::Bits::try_from(raw).map_err(|_| Errno::Inval)?;
    F::from_bits(bits).ok_or(Errno::Inval)
}

/// `fdstat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fdstat {
    pub filetype: Filetype,
    pub flags: Fdflags,
    pub base: Rights,
    pub inheriting: Rights,
}

impl Fdstat {
    pub(crate) const SIZE: u32 = 24;

    pub(crate) fn encode(&self) -> [u8; Self::SIZE as usize] {
        let mut out = [0; Self::SIZE as usize];
        out[0] = self.filetype as u8;
        put(&mut out, 2, self.flags.bits().to_le_bytes());
        put(&mut out, 8, self.base.bits().to_le_bytes());
        put(&mut out, 16, self.inheriting.bits().to_le_bytes());
        out
    }
}

/// `filestat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Filestat {
    pub dev: u64,
    pub ino: u64,
    pub filetype: Filetype,
    pub nlink: u64,
    pub size: u64,
    pub atim: u64,
    pub mtim: u64,
    pub ctim: u64,
}

impl Filestat {
    pub(crate) const SIZE: u32 = 64;

    /// The record of something that has a type and nothing else.
    pub(crate) fn bare(filetype: Filetype) -> Filestat {
        Filestat {
            dev: 0,
            ino: 0,
            filetype,
            nlink: 0,
            size: 0,
            atim: 0,
            mtim: 0,
            ctim: 0,
        }
    }

    pub(crate) fn encode(&self) -> [u8; Self::SIZE as usize] {
        let mut out = [0; Self::SIZE as usize];
        put(&mut out, 0, self.dev.to_le_bytes());
        put(&mut out, 8, self.ino.to_le_bytes());
        out[16] = self.filetype as u8;
        put(&mut out, 24, self.nlink.to_le_bytes());
        put(&mut out, 32, self.size.to_le_bytes());
        put(&mut out, 40, self.atim.to_le_bytes());
        put(&mut out, 48, self.mtim.to_le_bytes());
        put(&mut out, 56, self.ctim.to_le_bytes());
        out
    }
}

impl From<cap_std::fs::Metadata> for Filestat {
    fn from(host: cap_std::fs::Metadata) -> Filestat {
        use cap_std::fs::MetadataExt;
        Filestat {
            dev: host.dev(),
            ino: host.ino(),
            filetype: host.file_type().into(),
            nlink: host.nlink(),
            size: host.size(),
            atim: timestamp(host.atime(), host.atime_nsec()),
            mtim: timestamp(host.mtime(), host.mtime_nsec()),
            ctim: timestamp(host.ctime(), host.ctime_nsec()),
        }
    }
}

/// Nanoseconds since 1970. The interface has no times before that: they become its start.
pub(crate) fn timestamp(seconds: i64, nanoseconds: i64) -> u64 {
    let total = i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds);
    u64::try_from(total.max(0)).unwrap_or(u64::MAX)
}

/// `dirent`, the head of a directory entry; the name follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dirent {
    pub next: u64,
    pub ino: u64,
    pub namlen: u32,
    pub filetype: Filetype,
}

impl Dirent {
    pub(crate) const SIZE: u32 = 24;

    pub(crate) fn encode(&self) -> [u8; Self::SIZE as usize] {
        let mut out = [0; Self::SIZE as usize];
        put(&mut out, 0, self.next.to_le_bytes());
        put(&mut out, 8, self.ino.to_le_bytes());
        put(&mut out, 16, self.namlen.to_le_bytes());
        out[20] = self.filetype as u8;
        out
    }
}

/// `prestat` of a directory: a tag, which is zero, and the length of the name.
pub(crate) fn prestat_dir(name_len: u32) -> [u8; 8] {
    let mut out = [0; 8];
    put(&mut out, 4, name_len.to_le_bytes());
    out
}

/// `subscription`: what `poll_oneoff` waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Subscription {
    pub userdata: u64,
    pub event: SubscriptionEvent,
}

/// The `subscription_u` of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SubscriptionEvent {
    Clock {
        clock: Clock,
        timeout: u64,
        absolute: bool,
    },
    FdRead(u32),
    FdWrite(u32),
}

impl Subscription {
    pub(crate) const SIZE: u32 = 48;

    pub(crate) fn decode(raw: &[u8; Self::SIZE as usize]) -> Result<Subscription, Errno> {
        let event = match raw[8] {
            0 => {
                let flags = u16::from_le_bytes(get(raw, 40));
                if flags & !SUBSCRIPTION_CLOCK_ABSTIME != 0 {
                    return Err(Errno::Inval);
                }
                SubscriptionEvent::Clock {
                    clock: Clock::from_raw(u32::from_le_bytes(get(raw, 16)))?,
                    timeout: u64::from_le_bytes(get(raw, 24)),
                    absolute: flags & SUBSCRIPTION_CLOCK_ABSTIME != 0,
                }
            }
            1 => SubscriptionEvent::FdRead(u32::from_le_bytes(get(raw, 16))),
            2 => SubscriptionEvent::FdWrite(u32::from_le_bytes(get(raw, 16))),
            _ => return Err(Errno::Inval),
        };
        Ok(Subscription {
            userdata: u64::from_le_bytes(get(raw, 0)),
            event,
        })
    }
}

impl SubscriptionEvent {
    /// The `eventtype`.
    fn tag(&self) -> u8 {
        match self {
            SubscriptionEvent::Clock { .. } => 0,
            SubscriptionEvent::FdRead(_) => 1,
            SubscriptionEvent::FdWrite(_) => 2,
        }
    }
}

/// `event`: what `poll_oneoff` reports of one subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Event {
    pub subscription: Subscription,
    pub error: Errno,
    pub nbytes: u64,
    pub hangup: bool,
}

impl Event {
    pub(crate) const SIZE: u32 = 32;

    pub(crate) fn encode(&self) -> [u8; Self::SIZE as usize] {
        let mut out = [0; Self::SIZE as usize];
        put(&mut out, 0, self.subscription.userdata.to_le_bytes());
        put(&mut out, 8, (self.error as u16).to_le_bytes());
        out[10] = self.subscription.event.tag();
        put(&mut out, 16, self.nbytes.to_le_bytes());
        let flags = if self.hangup {
            EVENT_FD_READWRITE_HANGUP
        } else {
            0
        };
        put(&mut out, 24, flags.to_le_bytes());
        out
    }
}

fn put<const N: usize>(out: &mut [u8], at: usize, bytes: [u8; N]) {
    out[at..at + N].copy_from_slice(&bytes);
}

fn get<const N: usize>(raw: &[u8], at: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&raw[at..at + N]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_flag_bits_are_refused() {
        assert_eq!(flags::<Oflags>(0b1111), Ok(Oflags::all()));
        assert_eq!(flags::<Oflags>(0b10000), Err(Errno::Inval));
        assert_eq!(flags::<Oflags>(0x1_0000), Err(Errno::Inval));
        assert_eq!(flags::<Sdflags>(0x100), Err(Errno::Inval));
    }

    #[test]
    fn a_clock_subscription_is_read_from_its_offsets() {
        let mut raw = [0; 48];
        put(&mut raw, 0, 7u64.to_le_bytes());
        put(&mut raw, 16, 1u32.to_le_bytes());
        put(&mut raw, 24, 99u64.to_le_bytes());
        put(&mut raw, 40, 1u16.to_le_bytes());
        assert_eq!(
            Subscription::decode(&raw),
            Ok(Subscription {
                userdata: 7,
                event: SubscriptionEvent::Clock {
                    clock: Clock::Monotonic,
                    timeout: 99,
                    absolute: true
                }
            })
        );
        raw[8] = 3;
        assert_eq!(Subscription::decode(&raw), Err(Errno::Inval));
    }

    #[test]
    fn times_before_1970_are_its_start() {
        assert_eq!(timestamp(-1, 999_999_999), 0);
        assert_eq!(timestamp(1, 5), 1_000_000_005);
        assert_eq!(timestamp(i64::MAX, 0), u64::MAX);
    }

    #[test]
    fn an_event_is_written_at_its_offsets() {
        let event = Event {
            subscription: Subscription {
                userdata: 5,
                event: SubscriptionEvent::FdWrite(1),
            },
            error: Errno::Badf,
            nbytes: 3,
            hangup: true,
        };
        let raw = event.encode();
        assert_eq!((raw[0], raw[8], raw[10], raw[16], raw[24]), (5, 8, 2, 3, 1));
    }
}
