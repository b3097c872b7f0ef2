//! Clients that do not do as they should: whatever they say, and whenever they go, they are answered or let
//! go, and the guest is where the protocol says.

mod bad;
mod client;
mod ports;
mod programs;
