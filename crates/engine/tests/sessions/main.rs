//! Debug sessions.

#[path = "../common/mod.rs"]
mod common;

mod dropping;
mod events;
mod frames;
mod nesting;
mod support;
mod threads;
