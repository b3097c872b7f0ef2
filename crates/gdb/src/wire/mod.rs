//! Bytes on the wire: how packets are told from each other, and what stands in them.

mod frame;
mod hex;

pub(crate) use frame::{Decoder, Incoming, MAX_PACKET, encode};
pub(crate) use hex::{decimal, hex_bytes, hex_number, to_hex};
