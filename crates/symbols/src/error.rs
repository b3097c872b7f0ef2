//! Why a question about source code has no answer.

/// Why a module's debug information could not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SymbolsError {
    /// The bytes are not a WebAssembly module, or are damaged before the debug information.
    #[error("not a WebAssembly module: {message} (at offset {offset:#x})")]
    NotAModule {
        /// What is wrong.
        message: String,
        /// Where, as an offset in the file.
        offset: u64,
    },
    /// The module was built without debug information, or has lost it since.
    #[error("the module has no debug information")]
    NoDebugInfo,
    /// The debug information breaks the rules of DWARF.
    #[error("damaged debug information: {0}")]
    Malformed(String),
    /// The source map is none.
    #[error("not a source map: {0}")]
    SourceMap(String),
    /// To answer would take more work than any sane debug information of this size asks for.
    #[error("damaged debug information: reading it takes too much work for its size")]
    TooMuchWork,
}

impl From<gimli::Error> for SymbolsError {
    fn from(error: gimli::Error) -> SymbolsError {
        SymbolsError::Malformed(error.to_string())
    }
}
