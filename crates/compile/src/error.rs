//! What can go wrong in compiling.

/// Why a module could not be compiled, or a compiled one not be loaded.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompileError {
    /// The bytes are not a valid module of the supported WebAssembly.
    #[error("invalid module: {message} (at offset {offset:#x})")]
    Invalid {
        /// What is wrong.
        message: String,
        /// Where, as an offset in the module file.
        offset: u64,
    },
    /// The module is of a proposal that is not supported.
    #[error("the {proposal} proposal is not supported: {message} (at offset {offset:#x})")]
    Unsupported {
        /// Name of the proposal.
        proposal: &'static str,
        /// What needs it.
        message: String,
        /// Where, as an offset in the module file.
        offset: u64,
    },
    /// The module is valid but larger than the implementation can hold.
    #[error("module too large: {0}")]
    TooLarge(String),
    /// The code generator refused a function.
    #[error("cannot generate code for function {function}: {message}")]
    Codegen {
        /// Index of the function in the module.
        function: u32,
        /// The code generator's words.
        message: String,
    },
    /// This machine cannot run the code that would be generated.
    #[error("unsupported machine: {0}")]
    Machine(String),
    /// A compiled module is damaged, or of another build, machine or configuration.
    #[error("cannot load compiled module: {0}")]
    Artifact(String),
    /// Locals and operands were asked for, of code that does not offer them.
    #[error("the module is not compiled for its locals and operands to be read")]
    NotObserved,
}
