//! The engines that are compared, behind one trait.
//!
//! `adapter.rs` is compiled twice, once against each engine's crate. Trapline's API has the
//! names and argument orders of Wasmtime's, so both sides run the very same source; only what
//! really differs (configuration, WASI contexts, where code size is read) stands in
//! `trapline.rs` and `wasmtime.rs`.

use crate::clock::{Clock, Seconds};
use anyhow::Result;
use std::path::Path;

pub mod trapline;
pub mod wasmtime;

/// How many threads an engine may compile on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threads {
    /// The calling thread only.
    One,
    /// As many as the machine has.
    All,
}

/// How far an engine lets its guests be observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observed {
    /// Not: the engine's defaults.
    No,
    /// They can be stopped (Trapline's `Observe::Stacks`).
    Stacks,
    /// They can be stopped, and all of their state be read (Trapline's `Observe::State`,
    /// Wasmtime's `guest_debug`).
    State,
}

/// An engine, configured as its documentation recommends for speed of the compiled code.
pub trait EngineUnderTest {
    /// The name that heads its column.
    fn name(&self) -> &'static str;

    /// Compiles `wasm` to executable memory and throws the module away; the drop is not timed.
    fn compile(&self, wasm: &[u8], threads: Threads, clock: Clock) -> Result<Seconds>;

    /// Compiles `wasm`, a WASI command, and links it.
    fn load(&self, wasm: &[u8]) -> Result<Box<dyn Program>>;

    /// The machine code that `wasm` becomes.
    fn code_size(&self, wasm: &[u8]) -> Result<CodeSize>;

    /// Makes everything that the measured calls need.
    fn calls(&self, clock: Clock) -> Result<Box<dyn Calls>>;
}

/// Bytes of machine code of one module.
#[derive(Clone, Copy, Debug)]
pub struct CodeSize {
    /// The functions of the module, without padding between them.
    pub functions: u64,
    /// Everything that is mapped executable: functions, trampolines and padding.
    pub text: u64,
}

/// A compiled and linked WASI command.
pub trait Program {
    /// Runs it with `dir` as its only folder, and times it from `bench.start` to `bench.end`.
    fn run(&self, dir: &Path, clock: Clock) -> Result<Run>;

    /// Makes a store and an instance and drops both, `times` times over.
    fn instantiate(&self, times: u32, clock: Clock) -> Result<Seconds>;
}

/// What one run of a program did.
pub struct Run {
    /// Time between the program's calls of `bench.start` and `bench.end`.
    pub elapsed: Seconds,
    /// Everything it wrote to standard output.
    pub stdout: Vec<u8>,
    /// Everything it wrote to standard error.
    pub stderr: Vec<u8>,
}

/// The calls whose cost is measured.
pub trait Calls {
    /// Makes the call of `case` `times` times, and returns the time of all together.
    fn run(&mut self, case: Case, times: u64) -> Result<Seconds>;
}

macro_rules! cases {
    ($($(#[doc = $doc:literal])* $name:ident, $id:literal;)*) => {
        /// A kind of call, or another small operation, whose cost is measured.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Case {
            $($(#[doc = $doc])* $name,)*
        }

        impl Case {
            /// Every case, in the order of the report.
            pub const ALL: &[Case] = &[$(Case::$name,)*];

            /// The name that `--filter` knows.
            pub fn id(self) -> &'static str {
                match self { $(Case::$name => $id,)* }
            }

            /// What is measured, in a few words.
            pub fn title(self) -> &'static str {
                match self { $(Case::$name => concat!($($doc),*).trim_ascii(),)* }
            }
        }
    };
}

cases! {
    /// empty host call (guest calls an imported no-op)
    HostEmpty, "call-host-empty";
    /// host call, `(i32, i32, i32) -> i32`
    HostParams, "call-host-params";
    /// host call that takes a `Caller` and changes the store's data
    HostCaller, "call-host-caller";
    /// host call, untyped (`func_new`), `(i32, i32, i32) -> i32`
    HostUntyped, "call-host-untyped";
    /// empty guest call (`TypedFunc<(), ()>` from the host)
    GuestEmpty, "call-guest-empty";
    /// guest call, `(i32, i32, i32) -> i32`
    GuestParams, "call-guest-params";
    /// guest call, untyped (`Func::call`), `(i32, i32, i32) -> i32`
    GuestUntyped, "call-guest-untyped";
    /// async guest call (`call_async` of an empty function)
    AsyncGuest, "call-async-guest";
    /// async host call that is ready at once
    AsyncReady, "call-async-ready";
    /// async host call that suspends once
    AsyncSuspend, "call-async-suspend";
    /// direct call inside a module
    Direct, "call-direct";
    /// `call_indirect` inside a module
    Indirect, "call-indirect";
    /// call of another instance's function
    Imported, "call-imported";
    /// `memory.copy` of 16 bytes
    MemoryCopy, "op-memory-copy";
    /// `memory.fill` of 16 bytes
    MemoryFill, "op-memory-fill";
    /// `memory.grow` by nothing
    MemoryGrow, "op-memory-grow";
    /// guest call that traps (`unreachable`), error and backtrace made
    Trap, "call-trap";
}
