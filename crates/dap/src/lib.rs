//! The debug adapter protocol over Trapline's debugger: what editors speak.
//!
//! [`serve`] serves a client that launches programs, which a [`Launcher`] makes. A [`DebugPort`] belongs to a
//! host that runs a guest, and lets clients attach to it. Both take a [`Connection`]: standard input and
//! output, or a socket.
//!
//! A client is heard on a thread of its own; requests are carried out on the thread that the guest runs on,
//! which is held up for that if it runs ([`trapline_debugger::Inbox`]). Each request has a file in
//! `requests`.
//!
//! # What may come
//!
//! Clients may say anything, in any order, and go at any time: what is wrong is told to them, and the guest
//! stands still or runs as they last asked for.
#![forbid(unsafe_code)]

mod address;
mod breakpoints;
mod connection;
mod context;
mod drive;
mod evaluation;
mod guard;
mod guest;
mod launcher;
mod output;
mod port;
pub mod protocol;
mod proxy;
mod references;
mod report;
mod requests;
mod running;
mod server;
mod session;
mod sources;
mod transport;
mod values;

pub use connection::Connection;
pub use launcher::{
    CacheOption, LaunchOptions, LaunchedProgram, Launcher, ObserveLevel, StartedProgram,
};
pub use port::{DebugPort, PortEnd};
pub use server::{Access, serve};
