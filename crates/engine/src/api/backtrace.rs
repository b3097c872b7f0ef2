//! The frames of guests.

use super::module::Module;
use super::store::AsContext;
use crate::vm::call::current_backtrace;
use std::fmt;
use trapline_compile::types::FuncIndex;

/// The frames of guests at some moment, innermost first.
///
/// ```
/// use trapline::{Engine, Instance, Module, Store};
///
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (func $inner unreachable)
///         (func $outer (export "run") (call $inner)))"#,
/// )?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let run = instance.get_typed_func::<(), ()>(&mut store, "run")?;
/// let error = run.call(&mut store, ()).unwrap_err();
/// let frames = error.backtrace().unwrap().frames();
/// let names: Vec<_> = frames.iter().map(|frame| frame.func_name().unwrap()).collect();
/// assert_eq!(names, ["inner", "outer"]);
/// # Ok::<(), trapline::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct WasmBacktrace {
    frames: Vec<FrameInfo>,
    truncated: bool,
}

impl WasmBacktrace {
    /// The frames of the guest that called the function of the host which is running; none if
    /// none is.
    pub fn capture(store: impl AsContext) -> WasmBacktrace {
        current_backtrace(store.as_context().into_inner().opaque())
    }

    pub(crate) fn empty() -> WasmBacktrace {
        WasmBacktrace::default()
    }

    pub(crate) fn new(frames: Vec<FrameInfo>, truncated: bool) -> WasmBacktrace {
        WasmBacktrace { frames, truncated }
    }

    /// The frames, innermost first.
    pub fn frames(&self) -> &[FrameInfo] {
        &self.frames
    }

    /// Whether there are frames further out that were not taken down, because the guest's stack
    /// was very deep.
    pub fn is_truncated(&self) -> bool {
        self.truncated
    }
}

impl fmt::Display for WasmBacktrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, frame) in self.frames.iter().enumerate() {
            writeln!(f, "{number:4}: {frame}")?;
        }
        if self.truncated {
            writeln!(f, "      and more")
        } else {
            Ok(())
        }
    }
}

/// A frame of a guest. Found in a [`WasmBacktrace`], where an example is.
#[derive(Clone, Debug)]
pub struct FrameInfo {
    module: Module,
    function: FuncIndex,
    wasm_pc: Option<u32>,
}

impl FrameInfo {
    pub(crate) fn new(module: Module, function: FuncIndex, wasm_pc: Option<u32>) -> FrameInfo {
        FrameInfo {
            module,
            function,
            wasm_pc,
        }
    }

    /// The index of the function, counted with the imported ones.
    pub fn func_index(&self) -> u32 {
        self.function.as_u32()
    }

    /// The name of the function, if the module's name section gives it one.
    pub fn func_name(&self) -> Option<&str> {
        self.module.function_name(self.func_index())
    }

    /// The module of the function.
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// The offset in the module file of the instruction that the frame is at, in bytes: the one
    /// that trapped, or a call.
    pub fn wasm_pc(&self) -> Option<u32> {
        self.wasm_pc
    }
}

impl fmt::Display for FrameInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(pc) = self.wasm_pc {
            write!(f, "{pc:#8x} - ")?;
        }
        write!(f, "{}!", self.module.name().unwrap_or("<unnamed>"))?;
        match self.func_name() {
            Some(name) => f.write_str(name),
            None => write!(f, "<function {}>", self.func_index()),
        }
    }
}
