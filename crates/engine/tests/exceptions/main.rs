//! Exceptions between guests and the host: thrown by one and caught by the other, out of calls
//! that wait or are dropped, and how long they live.

#[path = "../common/mod.rs"]
mod common;

mod asynchronous;
mod crowded;
mod host;
mod lifetime;
mod random;
mod types;
