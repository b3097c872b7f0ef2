//! What depends on the system. Each system has a file that offers `install_handlers` and
//! `prepare_thread`, and that takes faults to [`super::handler::on_fault`].

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod signal_stack;

#[cfg(all(test, target_os = "linux"))]
mod tests;

#[cfg(target_os = "linux")]
pub(super) use signal_stack::is_prepared;
#[cfg(target_os = "linux")]
pub(crate) use {
    linux::{ThreadHandle, install_handlers, install_interrupts},
    signal_stack::prepare_thread,
};

#[cfg(not(target_os = "linux"))]
compile_error!(
    "Trapline runs on Linux only: another system needs a file in crates/engine/src/trap/os"
);
