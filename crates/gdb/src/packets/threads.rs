//! `H`, `T`, `qThreadStopInfo`: there is one thread, and its number is 1.

use super::Result;
use crate::client::Client;
use crate::reply::{PacketError, Reply};
use crate::wire::hex_number;

/// Whether a packet means the thread: by its number, as any (0) or as all (-1).
pub(super) fn check(thread: &[u8]) -> Result<()> {
    match thread {
        b"-1" => Ok(()),
        digits => match hex_number(digits) {
            Some(0 | 1) => Ok(()),
            _ => Err(PacketError::NoThread),
        },
    }
}

/// `H`: what kind of packets, and the thread that they are to be for.
pub(super) fn select(rest: &[u8]) -> Result {
    let (_, thread) = rest
        .split_first()
        .ok_or(PacketError::Malformed("there is no thread"))?;
    check(thread)?;
    Ok(Reply::Ok)
}

/// `T`.
pub(super) fn is_alive(rest: &[u8]) -> Result {
    check(rest)?;
    Ok(Reply::Ok)
}

/// `qThreadStopInfo`.
pub(super) fn stop_info<T: 'static>(client: &Client<'_, '_, '_, T>, thread: &[u8]) -> Result {
    check(thread)?;
    Ok(Reply::text(client.stop_packet()))
}

/// What is before `;thread:ID;`, which packets of clients that like to say it have behind.
pub(super) fn without_suffix(packet: &[u8]) -> Result<&[u8]> {
    let mut parts = packet.splitn(2, |byte| *byte == b';');
    let before = parts.next().unwrap_or_default();
    if let Some(suffix) = parts.next() {
        let suffix = suffix.strip_suffix(b";").unwrap_or(suffix);
        let thread = suffix.strip_prefix(b"thread:");
        check(thread.ok_or(PacketError::Malformed("a thread was expected"))?)?;
    }
    Ok(before)
}
