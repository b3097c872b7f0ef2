//! Core dumps of WebAssembly programs: all that there was when one crashed, in a file.
//!
//! The format is that of the WebAssembly tool conventions
//! ([Coredump](https://github.com/WebAssembly/tool-conventions/blob/main/Coredump.md)), in the form that
//! other engines write and `wasm-encoder` and `wasmparser` implement: a file that looks like a
//! module, with custom sections for modules, instances and the stack of each thread, and with the
//! usual sections for memories, their data, and globals. [`CoreDump`] is the model of it,
//! [`CoreDump::write`] and [`CoreDump::read`] do what they say. The crate works on bytes and knows
//! nothing of engines.
//!
//! # Beyond the convention
//!
//! The convention knows numbers as values of locals and operands, or that one is missing. It tells
//! modules by name only, and has no place for tables, for why the program ended, or for functions
//! of the host among the calls. These are in sections of our own, which others skip:
//!
//! | custom section | contents |
//! |---|---|
//! | `trapline:reason` | why the program ended |
//! | `trapline:modules` | for each module its hash, size, path and build id ([`ModuleIdentity`]) |
//! | `trapline:threads` | for each thread where functions of the host stand between frames, which frames' values are unknown, and whether there were more frames |
//! | `trapline:values` | vectors and references, each with the place of the global, local or operand that has it. There the convention's own section has a missing value, or a null reference |
//! | `trapline:tables` | the tables, and which of them each instance has |
//!
//! Each begins with a zero byte, as the convention's own sections do; a reader refuses another one,
//! which is left for changes. Integers, names and vectors are encoded as everywhere in modules; the
//! modules in `extension` give each section's grammar.
//!
//! Sections of data are limited to a gibibyte each. A memory with more in it takes several, which the
//! format of modules does not allow: a reader that insists on that will refuse such a dump.
//!
//! # Where a frame is
//!
//! The convention counts from the start of the function's body, engines from the start of the module
//! file. [`CodeMap`] converts one into the other, and is the only place that does.
//!
//! # Input that is not trusted
//!
//! Whatever the bytes are, [`CoreDump::read`] returns an error with an offset or a dump whose
//! references between parts hold. It needs no more memory than in proportion to the bytes, and
//! copies no memory's contents.
//!
//! ```
//! use trapline_coredump::{CoreDump, Frame, Instance, Memory, MemoryType, Module, Thread, Value};
//!
//! let mut contents = vec![0; 65536];
//! contents[5000] = 42;
//! let dump = CoreDump {
//!     executable: "program.wasm".into(),
//!     modules: vec![Module::named("program")],
//!     instances: vec![Instance { module: 0, memories: vec![0], ..Instance::default() }],
//!     memories: vec![Memory::sparse(MemoryType::wasm32(1, None), &contents)],
//!     threads: vec![Thread {
//!         name: "main".into(),
//!         frames: vec![Frame {
//!             function: 3,
//!             code_offset: Some(0x12),
//!             locals: vec![Value::I32(7)],
//!             ..Frame::default()
//!         }],
//!         ..Thread::default()
//!     }],
//!     ..CoreDump::default()
//! };
//! let mut file = Vec::new();
//! let length = dump.write(&mut file)?;
//! assert_eq!(length, file.len() as u64);
//! assert!(length < 4500, "a page of memory, and not sixteen");
//!
//! let again = CoreDump::read(file.into())?;
//! assert_eq!(again.threads[0].frames[0].locals, [Value::I32(7)]);
//! let mut byte = [0];
//! again.memories[0].read(5000, &mut byte)?;
//! assert_eq!(byte, [42]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod code_map;
mod error;
mod extension;
mod identity;
mod memory;
mod model;
mod read;
mod value;
mod write;

pub use code_map::CodeMap;
pub use error::{ReadError, WriteError};
pub use identity::{Fit, ModuleIdentity, WrongModule};
pub use memory::{Memory, MemoryType, MisplacedBytes, OutOfBounds, Segment};
pub use model::{CoreDump, Frame, Global, Instance, Module, Run, Table, Thread};
pub use value::{Function, Value};
