//! The debug adapter protocol over Trapline's debugger.
#![forbid(unsafe_code)]

pub mod protocol;
