//! Debug sessions.

#[path = "../common/mod.rs"]
mod common;

mod breakpoints;
mod dropping;
mod events;
mod exceptions;
mod frames;
mod handlers;
mod hosts;
mod intercepted;
mod interrupts;
mod nesting;
mod places;
mod points;
mod resources;
mod stepping;
mod stepping_calls;
mod stress;
mod support;
mod threads;
mod values;
