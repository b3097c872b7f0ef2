//! Programs in C, C++, Rust and Zig under the debugger. Their sources are in `tests/guests`.
#![allow(missing_docs)]

mod breakpoints;
mod crashes;
mod damage;
mod exceptions;
mod frames;
mod guest;
mod languages;
mod messages;
mod source_maps;
mod steps;
