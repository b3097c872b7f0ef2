//! A WebAssembly engine for embedding: modules are compiled to machine code, linked with functions
//! of the host, and run in the embedder's own process, where they can reach nothing but what they
//! were given.
//!
//! ```
//! use trapline::{Caller, Engine, Error, Extern, Linker, Module, Store};
//!
//! /// What functions of the host share with the embedder.
//! #[derive(Default)]
//! struct State {
//!     lines: Vec<String>,
//! }
//!
//! // An engine compiles. One is enough for a process.
//! let engine = Engine::default();
//!
//! // A module is code; it can be instantiated any number of times.
//! let module = Module::new(
//!     &engine,
//!     r#"(module
//!         (import "host" "print" (func $print (param i32 i32)))
//!         (memory (export "memory") 1)
//!         (data (i32.const 0) "hello from the guest")
//!         (func (export "greet") (param i32) (result i32)
//!             (call $print (i32.const 0) (i32.const 20))
//!             (i32.div_u (i32.const 100) (local.get 0))))"#,
//! )?;
//!
//! // A linker knows what modules import. This function reads a string out of its caller's
//! // memory; what goes wrong in it becomes the error of the call that led here.
//! let mut linker = Linker::new(&engine);
//! linker.func_wrap("host", "print", |mut caller: Caller<'_, State>, at: u32, length: u32| {
//!     let memory = caller.get_export("memory").and_then(Extern::into_memory);
//!     let mut line = vec![0; length as usize];
//!     memory.ok_or("the caller exports no memory")?.read(&caller, at as usize, &mut line)?;
//!     caller.data_mut().lines.push(String::from_utf8(line)?);
//!     Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
//! })?;
//!
//! // A store owns instances, and the embedder's state.
//! let mut store = Store::new(&engine, State::default());
//! let instance = linker.instantiate(&mut store, &module)?;
//! let greet = instance.get_typed_func::<u32, u32>(&mut store, "greet")?;
//! assert_eq!(greet.call(&mut store, 5)?, 20);
//! assert_eq!(store.data().lines, ["hello from the guest"]);
//!
//! // A trap is an error that says where it happened. The store goes on working.
//! let error = greet.call(&mut store, 0).unwrap_err();
//! assert_eq!(error.to_string(), "integer divide by zero");
//! assert_eq!(error.backtrace().unwrap().frames()[0].func_index(), 1);
//! assert_eq!(greet.call(&mut store, 1)?, 100);
//! # Ok::<(), Error>(())
//! ```
//!
//! # Where to look
//!
//! | to do this | begin here |
//! |---|---|
//! | compile, load and look into modules | [`Module`], [`Config::cache`] |
//! | provide what modules import | [`Linker`], [`Func::wrap`], [`Caller`] |
//! | call a guest | [`TypedFunc`], or [`Func::call`] if types are not known in Rust |
//! | let functions of the host wait | [`TypedFunc::call_async`], [`Linker::func_wrap_async`] |
//! | exchange data | [`Memory`], [`Table`], [`Global`], [`ExternRef`] |
//! | stop a guest and examine it | [`DebugSession`], [`Frame`] |
//! | throw and catch exceptions | [`ExnRef`], [`Tag`], [`ThrownException`] |
//! | see what went wrong | [`Error`], [`TrapInfo`], [`WasmBacktrace`] |
//! | limit what a guest can use | [`ResourceLimiter`], [`StoreLimits`], [`Config::stack_size`] |
//!
//! # What a guest cannot do
//!
//! Whatever a module contains, compiling and running it does not crash, hang or corrupt the host,
//! with one exception: a guest runs as long as it likes. A trap in the guest, an error or a panic
//! in a function of the host unwinds the guest's frames only, and the store can be used
//! afterwards. Without a [`ResourceLimiter`] a guest can use as much memory as its types allow.
//!
//! # Panics
//!
//! Using a handle, such as a [`Func`] or [`Memory`], with a store that it does not belong to
//! panics. Everything else that can go wrong is an [`Error`].
#![deny(unsafe_code)]

mod api;
mod debug;
mod error;
mod fiber;
mod trap;
mod vm;

pub use api::*;
pub use debug::*;
pub use error::{Error, HostError, LinkError, Result, ThrownException, TrapError};
pub use trapline_compile::types::{
    FuncType, GlobalType, HeapType, MemoryType, Mutability, RefType, TableType, ValType,
};
pub use trapline_compile::{CompileError, Observe, OptLevel, Progress};
pub use vm::wasm_ty::{WasmParams, WasmResults, WasmRet, WasmTy, WasmTyList};
