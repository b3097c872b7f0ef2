//! Core dumps of stores.
//!
//! [`of_stopped`] takes down a guest that stands still, with the values of its frames; [`of_store`] a
//! store of which only a backtrace is left. What they return refers to the store's memories and can be
//! written while the store is borrowed.

mod items;
mod stack;
#[cfg(test)]
mod tests;

use items::Items;
use std::borrow::Cow;
use trapline::{Error, Frames, Module, Stopped, StoreContext, WasmBacktrace};
use trapline_coredump::CoreDump;

/// What a store does not know of the program that it runs.
pub(crate) struct Program<'p> {
    /// What the program is called.
    pub(crate) executable: Cow<'p, str>,
    /// Why it ended.
    pub(crate) reason: String,
    /// What a module is called.
    pub(crate) name: Box<dyn Fn(&Module) -> ModuleName + 'p>,
}

/// What a module is called.
pub(crate) struct ModuleName {
    /// For people.
    pub(crate) name: String,
    /// The file that it came from, if it did.
    pub(crate) path: Option<String>,
}

/// A core dump of a guest that stands still.
pub(crate) struct StoppedDump<'s> {
    pub(crate) dump: CoreDump<'s>,
    /// The frames whose values should be there but could not be read: how many, and why the first.
    pub(crate) unread: Option<(usize, Error)>,
}

/// The one thread that a guest has.
const THREAD: &str = "main";

/// All that there is of a guest that stands still: its frames with locals and operands as far as the
/// engine observes them, and the store.
///
/// # Errors
///
/// If the frames are not those of a guest that stands still.
pub(crate) fn of_stopped<'s, T: 'static>(
    guest: &impl Stopped,
    frames: Frames<'_>,
    store: StoreContext<'s, T>,
    program: &Program<'_>,
) -> Result<StoppedDump<'s>, Error> {
    let mut items = Items::of(store, &program.name);
    let (thread, unread) = stack::of_frames(guest, frames, &mut items)?;
    let dump = CoreDump {
        threads: vec![thread],
        ..items.into_dump(program)
    };
    Ok(StoppedDump { dump, unread })
}

/// A store, and the frames that there were when its guest failed, without their values.
pub(crate) fn of_store<'s, T: 'static>(
    store: StoreContext<'s, T>,
    backtrace: Option<&WasmBacktrace>,
    program: &Program<'_>,
) -> CoreDump<'s> {
    let mut items = Items::of(store, &program.name);
    let threads = backtrace.map(|backtrace| stack::of_backtrace(backtrace, &mut items));
    CoreDump {
        threads: threads.into_iter().collect(),
        ..items.into_dump(program)
    }
}
