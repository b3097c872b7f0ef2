//! What a frame is read from.

use trapline::FrameId;
use trapline_symbols::Target;

/// The machine as a frame sees it: that of a guest that stands still, or what a core dump has kept of
/// one.
pub trait Machine: Target {
    /// How many locals the frame's function has; none if they cannot be read.
    fn num_locals(&self) -> u32;

    /// How many operands are on the stack of the frame's function; none if they cannot be read.
    fn num_operands(&self) -> u32;

    /// How many globals the frame's instance has; none if it is not known.
    fn num_globals(&self) -> u32;

    /// The sizes of the memories of the frame's instance, in bytes.
    fn memory_sizes(&self) -> Vec<u64>;

    /// What the frame is known by at other stops; `None` if there are none.
    fn frame_id(&self) -> Option<FrameId> {
        None
    }
}
