//! Debug sessions.

#[path = "../common/mod.rs"]
mod common;

mod breakpoints;
mod dropping;
mod events;
mod exceptions;
mod frames;
mod handlers;
mod interrupts;
mod nesting;
mod resources;
mod stepping;
mod stress;
mod support;
mod threads;
mod values;
