//! The remote protocol of gdb over Trapline's debugger, as LLDB speaks it with WebAssembly.
#![forbid(unsafe_code)]
