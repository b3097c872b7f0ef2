//! The messages of the debug adapter protocol, as of its version 1.68.
//!
//! Names are the protocol's, in Rust's letters; where a name says too little alone its kind is in it:
//! [`ContinueRequest`] is the request, [`ContinueArguments`] what comes with it, and [`ContinueBody`] what
//! is answered. The body of an event is the event: [`StoppedEvent`]. The envelopes of all these are
//! [`RequestMessage`], [`ResponseMessage`] and [`EventMessage`].
//!
//! Whatever may be missing is an [`Option`], and is left out when it is `None`. Fields that are not known
//! here are passed over, since clients may speak a newer version. Where the protocol leaves room for other
//! words than its own, the enumeration has a variant `Other`.
//!
//! Ids and references are `i64`, as clients may send any number; lines, columns and counts cannot be
//! negative.
//!
//! ```
//! use trapline_dap::protocol::{
//!     ContinueBody, ContinueRequest, EventMessage, ProtocolMessage, ResponseMessage, StoppedEvent,
//!     StoppedReason,
//! };
//!
//! let text = r#"{"seq": 7, "type": "request", "command": "continue", "arguments": {"threadId": 1}}"#;
//! let ProtocolMessage::Request(request) = serde_json::from_str(text)? else { panic!() };
//! assert_eq!(request.parse::<ContinueRequest>()?.thread_id, 1);
//!
//! let response = ResponseMessage::success::<ContinueRequest>(1, &request, &ContinueBody::default())?;
//! let event = EventMessage::new(2, &StoppedEvent {
//!     reason: StoppedReason::Breakpoint,
//!     thread_id: Some(1),
//!     ..Default::default()
//! })?;
//! assert_eq!(
//!     serde_json::to_string(&ProtocolMessage::Response(response))?,
//!     r#"{"type":"response","seq":1,"request_seq":7,"success":true,"command":"continue","body":{}}"#,
//! );
//! assert_eq!(
//!     serde_json::to_string(&ProtocolMessage::Event(event))?,
//!     r#"{"type":"event","seq":2,"event":"stopped","body":{"reason":"breakpoint","threadId":1}}"#,
//! );
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! See the protocol's [specification](https://microsoft.github.io/debug-adapter-protocol/specification).

mod breakpoint;
mod capabilities;
mod completion;
mod disassembly;
mod empty;
mod events;
mod exception;
mod message;
mod module;
mod requests;
mod source;
mod stack;
mod target;
mod variable;

#[cfg(test)]
mod tests;

pub use breakpoint::*;
pub use capabilities::*;
pub use completion::*;
pub use disassembly::*;
pub use empty::{NoArguments, NoBody};
pub use events::*;
pub use exception::*;
pub use message::*;
pub use module::*;
pub use requests::*;
pub use source::*;
pub use stack::*;
pub use target::*;
pub use variable::*;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A kind of request.
pub trait Request {
    /// What messages call it.
    const COMMAND: &'static str;
    /// What comes with it.
    type Arguments: Serialize + DeserializeOwned;
    /// What is answered if it could be carried out.
    type Body: Serialize + DeserializeOwned;
}

/// The body of a kind of event.
pub trait Event: Serialize + DeserializeOwned {
    /// What messages call it.
    const EVENT: &'static str;
}
