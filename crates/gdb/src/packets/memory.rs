//! `m`, `x`, `M`, `X`: memories are read and written, and modules read.

use super::{Result, split};
use crate::address::Address;
use crate::client::Client;
use crate::reply::{PacketError, Reply};
use crate::wire::{MAX_PACKET, hex_bytes, hex_number};
use std::collections::HashSet;
use trapline::Memory;

/// So much is read at once: each byte can become two, behind a letter.
const MOST_READ: u64 = MAX_PACKET as u64 / 2 - 1;

/// `m`.
pub(super) fn read<T: 'static>(client: &Client<'_, '_, '_, T>, rest: &[u8]) -> Result {
    let (address, length) = range(rest)?;
    Ok(Reply::hex(&bytes(client, address, length)?))
}

/// `x`, whose answer has a letter before the bytes.
pub(super) fn read_binary<T: 'static>(client: &Client<'_, '_, '_, T>, rest: &[u8]) -> Result {
    let (address, length) = range(rest)?;
    let mut answer = b"b".to_vec();
    if length > 0 {
        answer.extend(bytes(client, address, length)?);
    }
    Ok(Reply::Data(answer))
}

/// `M`.
pub(super) fn write<T: 'static>(client: &mut Client<'_, '_, '_, T>, rest: &[u8]) -> Result {
    let (range, digits) = split(rest, b':', "there is nothing to write")?;
    let bytes = hex_bytes(digits).ok_or(PacketError::Malformed("bytes are two digits each"))?;
    write_bytes(client, range, &bytes)
}

/// `X`.
pub(super) fn write_binary<T: 'static>(client: &mut Client<'_, '_, '_, T>, rest: &[u8]) -> Result {
    let (range, bytes) = split(rest, b':', "there is nothing to write")?;
    write_bytes(client, range, bytes)
}

/// An address and a length.
fn range(text: &[u8]) -> Result<(u64, u64)> {
    let (address, length) = split(text, b',', "there is no length")?;
    let range = hex_number(address).zip(hex_number(length));
    range.ok_or(PacketError::Malformed("addresses and lengths are numbers"))
}

/// The bytes at an address: as many as were asked for if there are so many, and at least one.
fn bytes<T: 'static>(client: &Client<'_, '_, '_, T>, address: u64, length: u64) -> Result<Vec<u8>> {
    let nothing = PacketError::NoMemory(address);
    let part = |bytes: &[u8], offset: u32| {
        let rest = bytes.get(offset as usize..).unwrap_or_default();
        let length = length.min(MOST_READ).min(rest.len() as u64);
        rest[..length as usize].to_vec()
    };
    let found = match Address::new(address) {
        Address::Memory { id, offset } => {
            let memory = memory(client, id).ok_or(nothing.clone())?;
            let session = client.session();
            part(memory.data(session.store()?), offset)
        }
        Address::Code { module, offset } => {
            let mut modules = client.debuggee.debugger().modules().iter();
            let module = modules.nth(module as usize).ok_or(nothing.clone())?;
            part(module.wasm(), offset)
        }
        Address::Nothing => return Err(nothing),
    };
    match found.is_empty() {
        true => Err(nothing),
        false => Ok(found),
    }
}

fn write_bytes<T: 'static>(
    client: &mut Client<'_, '_, '_, T>,
    range: &[u8],
    bytes: &[u8],
) -> Result {
    let (address, length) = self::range(range)?;
    if length != bytes.len() as u64 {
        return Err(PacketError::Malformed(
            "the length is not that of the bytes",
        ));
    }
    let Address::Memory { id, offset } = Address::new(address) else {
        return Err(PacketError::ReadOnly);
    };
    let nothing = PacketError::NoMemory(address);
    let memory = memory(client, id).ok_or(nothing.clone())?;
    let store = client.debuggee.session_mut().store_mut()?;
    let written = memory.write(store, offset as usize, bytes);
    written.map_err(|_| nothing)?;
    Ok(Reply::Ok)
}

/// The memory with a number.
pub(super) fn memory<T: 'static>(client: &Client<'_, '_, '_, T>, id: u32) -> Option<Memory> {
    if id == 0 {
        let session = client.session();
        let store = session.store().ok()?;
        let frame = client.frames().first();
        let instance = frame.and_then(|frame| frame.frame.instance().ok()?);
        if let Some(memory) = instance.and_then(|instance| instance.debug_memory(store, 0)) {
            return Some(memory);
        }
    }
    all(client).get(id.saturating_sub(1) as usize).copied()
}

/// The memories of the store, in the order of the instances that they are in first.
pub(super) fn all<T: 'static>(client: &Client<'_, '_, '_, T>) -> Vec<Memory> {
    let session = client.session();
    let Ok(store) = session.store() else {
        return Vec::new();
    };
    let mut known = HashSet::new();
    let mut memories = Vec::new();
    for instance in store.debug_instances() {
        let own = (0..).map_while(|index| instance.debug_memory(store, index));
        memories.extend(own.filter(|memory| known.insert(*memory)));
    }
    memories
}
