//! WASI preview 1 for Trapline: what C, Rust, Go and other toolchains expect of a system.
//!
//! [`WasiCtxBuilder`] says what a guest is given; the [`WasiCtx`] it builds goes into the data of
//! the guest's store; [`add_to_linker`] defines the functions, and shows a whole program.
//!
//! # What guests can rely on
//!
//! Every function of `wasi_snapshot_preview1` is there. Rights are checked and inherited as the
//! interface says. File operations happen on the host's files, beneath the directories a guest is
//! given, and nowhere else: the crate has no other way to files than the handles of these
//! directories, and no `unsafe` code.
//!
//! # What embedders can rely on
//!
//! Guests' pointers and lengths are checked; bad ones are [`Errno::Fault`] to the guest and
//! nothing to the host. What the host sets aside for a call does not grow with the numbers that a
//! guest passes. A guest can wait, as long as it likes, for input or for time to pass: calls that
//! do so block the thread.
#![forbid(unsafe_code)]

mod args_env;
mod clock;
mod ctx;
mod errno;
mod fd_io;
mod fd_stat;
mod linker;
mod memory;
mod path;
mod poll;
mod process;
mod random;
mod readdir;
mod rights;
mod sock;
mod stdio;
mod table;
#[cfg(test)]
mod tests;
mod types;

pub use ctx::{PreopenError, WasiCtx, WasiCtxBuilder};
pub use errno::Errno;
pub use linker::{MissingMemory, add_to_linker};
pub use process::ExitCode;
pub use stdio::OutputPipe;
