//! What the fuzz targets share: modules of the supported WebAssembly, and an interpreter to
//! compare with.
#![forbid(unsafe_code)]

mod compare;
mod modules;
mod outcome;
mod ours;
mod theirs;

pub use compare::compare;
pub use modules::{Purpose, generate, generate_invalid};
pub use outcome::{Outcome, Reason, Value};
pub use ours::{compiler, engine, run};
