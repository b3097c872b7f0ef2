//! The packets that are understood, a family in each module. All others are answered as unsupported.
//!
//! Packets of the remote protocol of gdb are described in its manual, those that LLDB has added in its
//! documentation of the protocol.

mod breakpoints;
mod features;
mod info;
mod libraries;
mod lifetime;
mod memory;
mod regions;
mod registers;
mod resume;
mod threads;
mod wasm;

use crate::client::{Client, End};
use crate::reply::{PacketError, Reply};
use trapline_debugger::Resume;

/// What a packet comes to.
#[derive(Debug)]
pub(crate) enum Action {
    Reply(Reply),
    /// The guest goes on; the answer is its next stop.
    Resume(Resume),
    /// The connection ends, perhaps after an answer.
    End(End, Option<Reply>),
}

impl From<Reply> for Action {
    fn from(reply: Reply) -> Action {
        Action::Reply(reply)
    }
}

type Result<R = Reply> = std::result::Result<R, PacketError>;

/// Does what a packet says.
pub(crate) fn handle<T: 'static>(
    client: &mut Client<'_, '_, '_, T>,
    packet: &[u8],
) -> Result<Action> {
    let Some((kind, rest)) = packet.split_first() else {
        return Ok(Reply::Unsupported.into());
    };
    let reply = match kind {
        b'?' => Reply::text(client.stop_packet()),
        b'c' | b's' | b'C' | b'S' => return resume::resume(*kind, rest),
        b'D' => return Ok(lifetime::detach()),
        b'H' => threads::select(rest)?,
        b'T' => threads::is_alive(rest)?,
        b'k' if rest.is_empty() => return Ok(lifetime::kill()),
        b'm' => memory::read(client, rest)?,
        b'x' => memory::read_binary(client, rest)?,
        b'M' => memory::write(client, rest)?,
        b'X' => memory::write_binary(client, rest)?,
        b'p' => registers::read(client, rest)?,
        b'g' => registers::read_all(client, rest)?,
        b'Z' => breakpoints::set(client, rest)?,
        b'z' => breakpoints::remove(client, rest)?,
        b'q' | b'Q' | b'v' => return named(client, packet),
        _ => Reply::Unsupported,
    };
    Ok(reply.into())
}

/// Does what a packet says that has a name.
fn named<T: 'static>(client: &mut Client<'_, '_, '_, T>, packet: &[u8]) -> Result<Action> {
    let end = packet
        .iter()
        .position(|byte| matches!(byte, b':' | b';' | b','));
    let (name, rest) = packet.split_at(end.unwrap_or(packet.len()));
    // Without what ends the name.
    let rest = rest.get(1..).unwrap_or_default();
    let reply = match name {
        b"qSupported" => features::supported(),
        b"QStartNoAckMode" => features::start_no_ack_mode(client),
        b"QThreadSuffixSupported" => Reply::Ok,
        b"QListThreadsInStopReply" => features::list_threads(client),
        b"QEnableErrorStrings" => features::enable_error_strings(client),
        b"qHostInfo" => info::host(),
        b"qProcessInfo" => info::process(),
        b"qAttached" => Reply::text("1"),
        b"qC" => Reply::text("QC1"),
        b"qfThreadInfo" => Reply::text("m1"),
        b"qsThreadInfo" => Reply::text("l"),
        b"qMemoryRegionInfo" => regions::info(client, rest)?,
        b"qWasmCallStack" => wasm::call_stack(client, rest)?,
        b"qWasmLocal" => wasm::local(client, rest)?,
        b"qWasmStackValue" => wasm::stack_value(client, rest)?,
        b"qWasmGlobal" => wasm::global(client, rest)?,
        b"qXfer" => libraries::transfer(client, rest)?,
        b"vCont?" => Reply::text("vCont;c;C;s;S"),
        b"vCont" => return resume::vcont(rest),
        b"vKill" => return Ok(lifetime::kill_with_answer()),
        // These have a number where others have a name.
        _ => match (
            name.strip_prefix(b"qRegisterInfo"),
            name.strip_prefix(b"qThreadStopInfo"),
        ) {
            (Some(number), _) => registers::info(number)?,
            (_, Some(thread)) => threads::stop_info(client, thread)?,
            _ => Reply::Unsupported,
        },
    };
    Ok(reply.into())
}

/// What is before and behind a byte; an error if it is not there.
fn split<'p>(packet: &'p [u8], at: u8, wanted: &'static str) -> Result<(&'p [u8], &'p [u8])> {
    let found = packet.iter().position(|byte| *byte == at);
    let found = found.ok_or(PacketError::Malformed(wanted))?;
    Ok((&packet[..found], &packet[found + 1..]))
}
