//! `qRegisterInfo`, `p`, `g`: there is one register, the pc.

use super::{Result, threads};
use crate::client::Client;
use crate::reply::{PacketError, Reply};
use crate::wire::hex_number;

const PC: &str = "name:pc;alt-name:pc;bitsize:64;offset:0;encoding:uint;format:hex;\
    set:General Purpose Registers;gcc:16;dwarf:16;generic:pc;";

fn number(digits: &[u8]) -> Result<()> {
    let number = hex_number(digits);
    match number.ok_or(PacketError::Malformed("a register is a number"))? {
        0 => Ok(()),
        number => Err(PacketError::NoRegister(number)),
    }
}

/// `qRegisterInfo`.
pub(super) fn info(digits: &[u8]) -> Result {
    number(digits)?;
    Ok(Reply::text(PC))
}

/// `p`.
pub(super) fn read<T: 'static>(client: &Client<'_, '_, '_, T>, rest: &[u8]) -> Result {
    number(threads::without_suffix(rest)?)?;
    pc(client)
}

/// `g`.
pub(super) fn read_all<T: 'static>(client: &Client<'_, '_, '_, T>, rest: &[u8]) -> Result {
    threads::without_suffix(rest)?;
    pc(client)
}

fn pc<T: 'static>(client: &Client<'_, '_, '_, T>) -> Result {
    Ok(Reply::hex(&client.frame(0)?.pc.to_le_bytes()))
}
