//! Debug sessions.

#[path = "../common/mod.rs"]
mod common;

mod breakpoints;
mod dropping;
mod events;
mod frames;
mod handlers;
mod nesting;
mod support;
mod threads;
