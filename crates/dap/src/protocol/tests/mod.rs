//! Tests of the types against the protocol.

mod completeness;
mod definitions;
mod messages;
