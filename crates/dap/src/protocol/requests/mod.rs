//! Requests, with what comes with them and what is answered.

mod breakpoints;
mod execution;
mod memory;
mod reverse;
mod session;
mod sources;
mod stacks;
mod values;

pub use breakpoints::*;
pub use execution::*;
pub use memory::*;
pub use reverse::*;
pub use session::*;
pub use sources::*;
pub use stacks::*;
pub use values::*;

/// Declares a kind of request: `Name = "command": Arguments => Body`. There are no values of it.
macro_rules! request {
    ($(#[$attribute:meta])* $name:ident = $command:literal: $arguments:ty => $body:ty) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {}

        impl $crate::protocol::Request for $name {
            const COMMAND: &'static str = $command;
            type Arguments = $arguments;
            type Body = $body;
        }
    };
}
pub(crate) use request;
