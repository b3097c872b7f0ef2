//! `Z`, `z`: breakpoints, of software (0) and of hardware (1), which are the same here. Watchpoints are not
//! supported.

use super::{Result, split};
use crate::address::Address;
use crate::client::Client;
use crate::reply::{PacketError, Reply};
use crate::wire::hex_number;
use trapline_debugger::BreakpointKind;

/// The address of a breakpoint; `None` if it is no breakpoint.
fn address(rest: &[u8]) -> Result<Option<u64>> {
    let (kind, rest) = split(rest, b',', "the kind of a breakpoint has no end")?;
    let (address, size) = split(rest, b',', "the address of a breakpoint has no end")?;
    if !matches!(kind, b"0" | b"1") {
        return Ok(None);
    }
    // Conditions are told behind a semicolon to those only who have said that they know them.
    hex_number(size).ok_or(PacketError::Malformed("a size is a number"))?;
    let address = hex_number(address);
    address
        .map(Some)
        .ok_or(PacketError::Malformed("an address is a number"))
}

/// `Z`.
pub(super) fn set<T: 'static>(client: &mut Client<'_, '_, '_, T>, rest: &[u8]) -> Result {
    let Some(address) = address(rest)? else {
        return Ok(Reply::Unsupported);
    };
    if client.breakpoints.contains_key(&address) {
        return Ok(Reply::Ok);
    }
    let Address::Code { module, offset } = Address::new(address) else {
        return Err(PacketError::NoCode(address));
    };
    let debugger = client.debuggee.debugger_mut();
    let known = debugger.modules().iter().nth(module as usize);
    let module = known.ok_or(PacketError::NoCode(address))?.id();
    let id = debugger.add_breakpoint(BreakpointKind::address(module, offset));
    let breakpoints = debugger.breakpoints_mut();
    let added = breakpoints.get(id);
    if added.is_none_or(|breakpoint| breakpoint.places().is_empty()) {
        breakpoints.remove(id);
        return Err(PacketError::NoCode(address));
    }
    client.breakpoints.insert(address, id);
    Ok(Reply::Ok)
}

/// `z`. To remove what is not there is no error.
pub(super) fn remove<T: 'static>(client: &mut Client<'_, '_, '_, T>, rest: &[u8]) -> Result {
    let Some(address) = address(rest)? else {
        return Ok(Reply::Unsupported);
    };
    if let Some(id) = client.breakpoints.remove(&address) {
        client.debuggee.debugger_mut().breakpoints_mut().remove(id);
    }
    Ok(Reply::Ok)
}
