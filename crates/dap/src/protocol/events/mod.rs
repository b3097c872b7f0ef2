//! Events.

mod execution;
mod output;
mod progress;
mod state;

pub use execution::*;
pub use output::*;
pub use progress::*;
pub use state::*;
