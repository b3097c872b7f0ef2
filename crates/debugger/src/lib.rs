//! A debugger for WebAssembly programs at the level of their source, without a protocol: what front
//! ends are made of.
//!
//! A [`Debugger`] keeps what outlives a run: breakpoints, settings, where sources are, and the modules
//! that it knows with their debug information. A [`Debuggee`] is one run: a call in a
//! [`DebugSession`](trapline::DebugSession), which goes on as it is told ([`Resume`]) until it
//! [stops](Stop). While it stands still its [frames](StackFrame) can be looked into ([`FrameView`]).
//!
//! ```
//! use std::{future::Future, pin::pin, task::{Context, Poll, Waker}};
//! use trapline::{Config, DebugSession, Engine, Instance, Module, Observe, Store, Val};
//! use trapline_debugger::{BreakpointKind, Debuggee, Debugger, Resume, StopReason};
//! # fn block_on<F: Future>(future: F) -> F::Output {
//! #     let mut future = pin!(future);
//! #     loop {
//! #         let mut context = Context::from_waker(Waker::noop());
//! #         if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
//! #             return output;
//! #         }
//! #     }
//! # }
//!
//! let engine = Engine::new(Config::new().observe(Observe::State))?;
//! let module = Module::new(
//!     &engine,
//!     r#"(module
//!         (func $half (param i32) (result i32) (i32.div_u (i32.const 42) (local.get 0)))
//!         (func (export "run") (param i32) (result i32) (call $half (local.get 0))))"#,
//! )?;
//! let mut store = Store::new(&engine, ());
//! let instance = Instance::new(&mut store, &module, &[])?;
//! let run = instance.get_func(&mut store, "run").unwrap();
//!
//! let mut debugger = Debugger::new();
//! let session = DebugSession::call(&mut store, run, &[Val::I32(0)])?;
//! let mut debuggee = Debuggee::new(&mut debugger, session);
//! let half = debuggee.debugger_mut().add_breakpoint(BreakpointKind::function("half"));
//!
//! let stop = block_on(debuggee.resume(Resume::Continue));
//! assert!(matches!(stop.reason, StopReason::Breakpoint { ids, .. } if ids == [half]));
//! let stop = block_on(debuggee.resume(Resume::Continue));
//! assert!(matches!(stop.reason, StopReason::Trap { hint: Some(hint), .. }
//!     if hint == "the divisor is zero"));
//! let functions: Vec<_> = debuggee.frames(0..9).into_iter().map(|frame| frame.function).collect();
//! assert_eq!(functions, ["half", "function 1"]);
//! # Ok::<(), trapline::Error>(())
//! ```
//!
//! # Running and waiting
//!
//! The guest runs while [`Debuggee::resume`] is polled, on the thread that polls it. There is no runtime in
//! here. A function of the host that waits is waited for. A guest that runs is stopped from another thread
//! by the [`InterruptHandle`](trapline::InterruptHandle) of its session.
//!
//! # What may come
//!
//! Modules, their debug information and what users type may be anything. What is damaged or missing is
//! told, in place of what it would have been; the guest goes on.
#![forbid(unsafe_code)]

mod breakpoints;
mod debuggee;
mod debugger;
mod dump;
mod error;
mod exceptions;
mod files;
mod frames;
mod hint;
mod inbox;
mod memory;
mod modules;
mod panics;
mod sources;
mod statements;
mod stepping;
mod stop;

pub use breakpoints::{
    Breakpoint, BreakpointId, BreakpointKind, BreakpointPlace, BreakpointSettings, Breakpoints,
    HitCondition, HitConditionError, LogMessage, LogMessageError, LogPart,
};
pub use debuggee::{Debuggee, Resume, StepTarget};
pub use debugger::{Debugger, LogEntry, Settings};
pub use dump::Postmortem;
pub use error::DebuggerError;
pub use exceptions::ExceptionFilters;
pub use files::{Files, SystemFiles};
pub use frames::{FrameCalls, FrameKind, FrameView, Local, Machine, StackFrame};
pub use inbox::{Inbox, InboxSender};
pub use modules::{
    DebugModule, Disassembly, Instruction, MachineInstruction, ModuleId, ModuleSymbols, Modules,
};
pub use panics::PanicKind;
pub use sources::{SourceError, SourceText, Sources};
pub use stop::{Arrival, ConditionProblem, Stop, StopReason};
