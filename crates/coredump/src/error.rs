//! What can be wrong with a core dump, or with writing one.

/// Why bytes could not be read as a core dump. An example is at
/// [`CoreDump::read`](crate::CoreDump::read).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The bytes are something else.
    #[error("not a core dump: {0}")]
    NotACoreDump(&'static str),
    /// The bytes break the rules of the format.
    #[error("damaged core dump: {message} (at offset {offset:#x})")]
    Malformed {
        /// What is wrong.
        message: String,
        /// Where, as an offset in the file.
        offset: u64,
    },
    /// A module that was to be looked into is none.
    #[error("not a WebAssembly module: {message} (at offset {offset:#x})")]
    NotAModule {
        /// What is wrong.
        message: String,
        /// Where, as an offset in the module.
        offset: u64,
    },
}

impl ReadError {
    pub(crate) fn malformed(offset: u64, message: impl Into<String>) -> ReadError {
        ReadError::Malformed {
            message: message.into(),
            offset,
        }
    }
}

impl From<wasmparser::Error> for ReadError {
    fn from(error: wasmparser::Error) -> ReadError {
        ReadError::malformed(error.offset(), error.message())
    }
}

/// Why a core dump could not be written.
///
/// ```
/// use trapline_coredump::{CoreDump, WriteError};
///
/// let mut full = &mut [0; 4][..];
/// assert!(matches!(CoreDump::default().write(&mut full), Err(WriteError::Io(_))));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The writer failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A section would be larger than the format can say.
    #[error("the section `{0}` would take more than 4 GiB")]
    TooLarge(&'static str),
}
