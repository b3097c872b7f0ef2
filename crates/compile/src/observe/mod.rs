//! What compiled code offers to those who stop it.

mod level;

pub use level::Observe;
