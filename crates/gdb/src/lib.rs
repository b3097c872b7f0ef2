//! The remote protocol of gdb over Trapline's debugger, as LLDB speaks it with WebAssembly.
#![forbid(unsafe_code)]

mod address;
mod client;
mod clients;
mod connection;
mod listener;
mod options;
mod packets;
mod reader;
mod reply;
mod serve;
mod stop_reply;
mod wire;

pub use clients::serve_clients;
pub use connection::Connection;
pub use listener::{ListenError, Listener, Reach};
pub use options::Options;
pub use serve::{ServeError, Served, serve};
