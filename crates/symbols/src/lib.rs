//! The source level of WebAssembly modules: which function, file and line an instruction comes
//! from, which variables there are, and what they hold.
//!
//! [`Symbols`] reads the DWARF of a module, as compilers and linkers leave it in custom sections or
//! in files of its own. It turns a *wasm pc* (an offset in the module file, what engines and error
//! messages speak of) into [`SourceFrame`]s and [`FrameScopes`], whose [`Variable`]s have types
//! ([`types`]) and locations. An [`Inspector`] shows their [`Value`]s in a guest that stands still,
//! which it sees through the trait [`Target`]. For breakpoints and steps it leads the other way too,
//! from lines ([`LinePlace`]) and names ([`Function`]) to code, and tells the [`Statements`] of a
//! function. Modules without DWARF may have a source map instead, which knows files and lines.
//! [`expression`] reads what a user of a debugger types, in the syntax of C, Rust and Zig; a
//! [`FrameEnvironment`] computes it from the program's values, and a [`Condition`] does that quickly.
//! [`demangle()`] makes the names of Rust and C++ readable.
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

mod code;
mod dwarf;
mod error;
mod evaluate;
pub mod expression;
mod locations;
mod pretty;
mod scopes;
mod symbols;
pub mod types;
mod values;

pub use code::demangle::demangle;
pub use code::files::path_matches;
pub use code::listing::{Function, FunctionInstance};
pub use code::places::{BreakpointLine, LinePlace};
pub use code::statements::{InlinedCall, Statement, Statements};
pub use error::SymbolsError;
pub use evaluate::{CallTarget, Calls, Condition, FrameEnvironment, ValueHistory};
pub use locations::{
    ImplicitPointer, MachinePlace, Piece, PieceSource, Place, Target, TargetError, ValueError,
    WasmValue,
};
pub use scopes::{FrameScopes, Scope, Variable, VariableKind};
pub use symbols::{SourceFrame, SourceLocation, Symbols};
pub use values::{Format, Inspector, Radix, Value};
