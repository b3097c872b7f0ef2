//! What cannot be done.

/// Why a question has no answer, or a request was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DebuggerError {
    /// There is no frame of this level: the guest is running, or has ended, or its stack has fewer.
    #[error("there is no frame {0}")]
    NoFrame(usize),
    /// The frame is the host's, and nothing is known of it.
    #[error("the frame is the host's, not the program's")]
    HostFrame,
    /// The module was built without debug information, or has lost it since.
    #[error("the module has no debug information for this place")]
    NoSymbols,
    /// The debug information is damaged.
    #[error("{0}")]
    Symbols(String),
    /// What is wrong with an expression, with a mark below the place.
    #[error("{0}")]
    Expression(String),
    /// There is no such place in the program.
    #[error("{0}")]
    NoPlace(String),
    /// There is no module with this number.
    #[error("there is no module {0}")]
    NoModule(u32),
    /// What the engine says.
    #[error("{0}")]
    Engine(String),
}

impl From<trapline::Error> for DebuggerError {
    fn from(error: trapline::Error) -> DebuggerError {
        DebuggerError::Engine(error.to_string())
    }
}
