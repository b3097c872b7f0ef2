//! Translates WebAssembly modules into machine code.
//!
//! [`Compiler::compile`] takes the bytes of a module and returns a [`CompiledModule`]: one
//! position-independent run of machine code, and the tables that lead from a stopped machine back
//! to the WebAssembly that it is executing. `wasmparser` reads and validates, Cranelift generates
//! code; what is written here is the translation between the two, function by function and on
//! many threads.
//!
//! ```text
//!   bytes --parse--> ModuleInfo, bodies --translate--> Cranelift IR --codegen--> code, tables
//!                                                                      |
//!                                        CompiledModule <--link--------+
//! ```
//!
//! The crate knows nothing of stores, signals or files. What compiled code expects of the runtime
//! is said in [`layout`] (records in memory) and [`builtins`] (functions it calls).
//!
//! *wasm pc* means, here and everywhere above, an offset in bytes in the module file.
#![forbid(unsafe_code)]

pub mod builtins;
pub mod evaluate;
pub mod layout;
pub mod module;
pub mod observe;
pub mod trap;
pub mod types;

mod abi;
mod artifact;
mod codegen;
mod compiler;
mod error;
mod features;
mod handlers;
mod image;
mod isa;
mod names;
mod parse;
mod tables;
mod trampoline;
mod translate;
mod validate;

pub use artifact::is_artifact;
pub use compiler::{Compiler, CompilerOptions, Progress};
pub use error::CompileError;
pub use handlers::{CallHandlers, Handler};
pub use image::{Code, CompiledModule};
pub use isa::OptLevel;
pub use observe::Observe;
pub use tables::{Point, TrapSite, may_be_point};
