//! The remote protocol of gdb over Trapline's debugger, as LLDB speaks it with WebAssembly.
//!
//! A client sends *packets* and is answered, one for one; when the guest goes on, the answer is its next stop.
//! LLDB (from version 22 on) knows WebAssembly by packets of its own: it asks for the pcs of the call stack
//! (`qWasmCallStack`), and for locals, operands and globals (`qWasmLocal`, `qWasmStackValue`, `qWasmGlobal`),
//! and does the rest, source, variables, steps over lines, by the debug information in the module's file. If
//! it does not find that file then it reads the module from the guest.
//!
//! ```text
//!   listener     accepts clients, one at a time            serve_clients
//!   connection   bytes from and to a client                     |
//!   reader       hears it, on a thread                        serve
//!   wire         packets, checksums, numbers                    |
//!   packets      a module for each family            Client: what a client has asked for
//! ```
//!
//! The guest runs on the thread that calls [`serve`], or [`serve_clients`] for a [`Listener`]. While it runs
//! it is held up for whatever the client says, which it does not notice, and goes on behind the answer.
//!
//! ```
//! use std::io::{Read, Write};
//! use std::net::TcpStream;
//! use trapline::{Config, DebugSession, Engine, Instance, Module, Observe, Store};
//! use trapline_debugger::{Debuggee, Debugger};
//! use trapline_gdb::{Listener, Options, Reach, Served, serve_clients};
//!
//! let engine = Engine::new(Config::new().observe(Observe::State))?;
//! let module = Module::new(&engine, r#"(module (func (export "run")))"#)?;
//! let mut store = Store::new(&engine, ());
//! let instance = Instance::new(&mut store, &module, &[])?;
//! let run = instance.get_func(&mut store, "run").unwrap();
//!
//! let mut debugger = Debugger::new();
//! let session = DebugSession::call(&mut store, run, &[])?;
//! let mut debuggee = Debuggee::new(&mut debugger, session);
//! let mut listener = Listener::bind("127.0.0.1:0", Reach::Local)?;
//! // (lldb) process connect --plugin wasm connect://ADDRESS
//! let address = listener.address().to_owned();
//! let client = std::thread::spawn(move || {
//!     let mut stream = TcpStream::connect(address)?;
//!     stream.write_all(b"$c#63")?;
//!     let mut answers = String::new();
//!     stream.read_to_string(&mut answers).map(|_| answers)
//! });
//! let served = serve_clients(&mut debuggee, &mut listener, &Options::new())?;
//! assert!(matches!(served, Served::Exited(Ok(_))));
//! assert_eq!(client.join().unwrap()?, "+$W00#b7");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What may come
//!
//! Clients may send anything. What is malformed or too long is answered with an error, and what is not known
//! as unsupported; none of it takes more memory than a packet, or stops the server. A client that is
//! connected can do whatever the guest can, so only programs of this machine are listened to unless that is
//! said otherwise ([`Reach`]).
//!
//! # What there is not
//!
//! Watchpoints, going backwards, and calls of functions of the guest, since LLDB has no packets by which it
//! could make one. A function of the host that blocks its thread holds up everything.
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
