//! How much of a running guest can be seen.

/// How much compiled code offers to those who stop it.
///
/// What is not offered costs nothing: with [`Observe::None`] the code is that of an engine without
/// a debugger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Observe {
    /// Nothing but traps, and the functions and offsets of the frames there.
    #[default]
    None,
    /// The guest can be stopped at *points* too: some of its instructions, at which breakpoints can
    /// be placed.
    Stacks,
    /// It can be stopped at any instruction, and there, at traps, and in all frames, each local and
    /// operand can be read.
    State,
}

impl Observe {
    /// Whether code has points at which it can be stopped.
    pub(crate) fn has_points(self) -> bool {
        self >= Observe::Stacks
    }

    /// Whether locals and operands can be read.
    pub(crate) fn has_state(self) -> bool {
        self == Observe::State
    }
}
