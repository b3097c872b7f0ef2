//! `qMemoryRegionInfo`: what there is at an address, and how far it goes.

use super::{Result, memory};
use crate::address::{Address, END_OF_ID};
use crate::client::Client;
use crate::reply::{PacketError, Reply};
use crate::wire::{hex_number, to_hex};

/// `qMemoryRegionInfo`.
pub(super) fn info<T: 'static>(client: &Client<'_, '_, '_, T>, rest: &[u8]) -> Result {
    let address = hex_number(rest).ok_or(PacketError::Malformed("an address is a number"))?;
    let base = address & !(END_OF_ID - 1);
    let offset = address - base;
    let (size, permissions, name) = match Address::new(address) {
        Address::Memory { id, .. } => {
            let session = client.session();
            let memory = memory::memory(client, id);
            let store = session.store().ok();
            let size = memory
                .zip(store)
                .map(|(memory, store)| memory.data_size(store));
            (size, "rw", None)
        }
        Address::Code { module, .. } => {
            let mut modules = client.debuggee.debugger().modules().iter();
            let module = modules.nth(module as usize);
            let size = module.map(|module| module.wasm().len());
            (size, "rx", module.map(|module| module.name()))
        }
        Address::Nothing => (None, "", None),
    };
    let size = size.unwrap_or(0) as u64;
    if offset < size {
        let name = name.map_or(String::new(), |name| {
            format!("name:{};", to_hex(name.as_bytes()))
        });
        let region = format!("start:{base:x};size:{size:x};permissions:{permissions};{name}");
        return Ok(Reply::text(region));
    }
    let (start, end) = hole(client, address, base + size.min(END_OF_ID));
    Ok(Reply::text(format!(
        "start:{start:x};size:{:x};",
        end - start
    )))
}

/// What is around an address where nothing is, from the end of what was before: up to the first memory or
/// module behind it.
fn hole<T: 'static>(client: &Client<'_, '_, '_, T>, address: u64, start: u64) -> (u64, u64) {
    let memories = 1..=memory::all(client).len() as u64;
    let memories = memories.map(|id| id * END_OF_ID);
    let modules = 0..client.debuggee.debugger().modules().iter().len() as u64;
    let modules = modules.map(|module| (1 << 62) + module * END_OF_ID);
    let next = memories.chain(modules).find(|begin| *begin > address);
    (start, next.unwrap_or(u64::MAX))
}
