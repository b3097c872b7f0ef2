//! The source level of WebAssembly modules: which function, file and line an instruction comes
//! from.
//!
//! [`Symbols`] reads the DWARF of a module, as compilers and linkers leave it in custom sections,
//! and turns a *wasm pc* (an offset in the module file, what engines and error messages speak of)
//! into [`SourceFrame`]s. [`demangle()`] makes the names of Rust and C++ readable.
//!
//! The crate works on bytes. It knows nothing of engines, reads no files and prints nothing. What
//! it reads may come from anyone, so nothing in it may make it panic, recurse without end or work
//! without end: damaged debug information is an error, and each request has a budget that grows
//! with the size of the module (see the `reader` module).
//!
//! # Addresses
//!
//! DWARF for WebAssembly counts addresses from the start of the code section's contents
//! ([DWARF for WebAssembly](https://yurydelendik.github.io/webassembly-dwarf/)). The public
//! functions take offsets in the module file; they are converted where they come in, and nowhere
//! else.
//!
//! # Example
//!
//! ```
//! use trapline_symbols::{Symbols, SymbolsError};
//!
//! let module = b"\0asm\x01\0\0\0".as_slice();
//! assert!(matches!(Symbols::new(module.into()), Err(SymbolsError::NoDebugInfo)));
//! ```
#![forbid(unsafe_code)]

mod demangle;
mod entries;
mod error;
pub mod expression;
mod functions;
mod lines;
mod names;
mod paths;
mod ranges;
mod reader;
mod sections;
mod symbols;
mod units;

pub use demangle::demangle;
pub use error::SymbolsError;
pub use symbols::{SourceFrame, SourceLocation, Symbols};
