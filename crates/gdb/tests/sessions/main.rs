//! What clients are told, packet by packet.
#![cfg(unix)]

mod client;
mod guest;
mod hostile;
mod interrupts;
mod lifetimes;
mod modules;
mod packets;
mod stops;
