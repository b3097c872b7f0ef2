//! The runtime's data: stores and instances, memories, tables, globals, code, and the records that
//! compiled code reads; and calls across the border between host and guest.
#![allow(unsafe_code)]

pub(crate) mod access;
pub(crate) mod async_call;
pub(crate) mod breakpoints;
pub(crate) mod builtins;
pub(crate) mod call;
pub(crate) mod code_memory;
mod code_patches;
pub(crate) mod code_registry;
pub(crate) mod collect;
pub(crate) mod const_expr;
pub(crate) mod context;
pub(crate) mod debug_handler;
pub(crate) mod exceptions;
pub(crate) mod extern_refs;
pub(crate) mod func_ref;
pub(crate) mod global;
pub(crate) mod host_func;
pub(crate) mod instance;
pub(crate) mod instantiate;
pub(crate) mod items;
pub(crate) mod limits;
pub(crate) mod linear_memory;
pub(crate) mod linking;
pub(crate) mod live_frames;
pub(crate) mod live_values;
pub(crate) mod mapped_file;
pub(crate) mod memory;
pub(crate) mod memory_image;
pub(crate) mod mmap;
pub(crate) mod module;
pub(crate) mod raw_val;
pub(crate) mod segments;
pub(crate) mod signatures;
pub(crate) mod standing;
pub(crate) mod stepping;
pub(crate) mod store;
pub(crate) mod store_context;
pub(crate) mod table;
pub(crate) mod typed;
pub(crate) mod types;
pub(crate) mod untyped;
pub(crate) mod values;
pub(crate) mod vmctx;
pub(crate) mod wasm_ty;
pub(crate) mod watched_call;
