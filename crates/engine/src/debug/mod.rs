//! Debug sessions: stopping guests, and looking at them.
//!
//! ```text
//!   DebugSession::next ---- polls ---->  vm::watched_call ---- switches ---->  the guest's fiber
//!        |                                    |                                  trap, breakpoint,
//!   DebugStepResult  <-- in public terms --  Event  <------ suspended with ----  error of the host
//!        |
//!   frames(), store_mut(), ...  while the guest stands still
//! ```
//!
//! Everything in here is safe code. What reaches into stacks and stores is behind the doors of
//! `vm::watched_call` and `vm::live_frames`, where it is argued why that is sound.

mod breakpoints;
mod exceptions;
mod frame;
mod handler;
mod interrupt;
mod introspect;
mod session;
mod step;
mod values;

pub use breakpoints::BreakpointEditor;
pub use frame::{Frame, FrameId, Frames};
pub use handler::StoppedGuest;
pub use interrupt::InterruptHandle;
pub use introspect::MachineCode;
pub use session::DebugSession;
pub use step::{BreakpointHit, DebugStepResult, ExceptionEvent};
pub use values::{FrameValue, Stopped};
