//! What compiled code offers to those who stop it.

mod branches;
mod frame_map;
mod level;
mod places;
mod read;
mod recipe;
mod states;

pub use branches::{Branches, Way};
pub use frame_map::FrameMap;
pub use level::Observe;
pub use places::{Callee, Flow, FunctionPoints, Place, PlacedOperator};
pub use read::{FrameReader, FrameValue, Progress, ReadError, StoppedFrame};
pub use recipe::{Recipe, RecipeId, Recipes};
pub use states::{FunctionStates, OperandState, State};

pub(crate) use recipe::Reads;
pub(crate) use states::Recorder;
