//! Validation, and the search for the right words when it fails.
//!
//! Function bodies are validated while they are translated, on many threads, so the first error
//! met is not the first in the file. Once anything fails, the module is validated again from the
//! start, in order: the error told is always the same. If it goes away when one of the proposals
//! that are not supported is switched on, the module is not broken, and the error names the
//! proposal.

use crate::CompileError;
use crate::features::{SUPPORTED, UNSUPPORTED};
use wasmparser::{Encoding, Parser, Payload, ValidPayload, Validator, WasmFeatures};

/// Validates a module of the supported WebAssembly.
pub(crate) fn validate(wasm: &[u8]) -> Result<(), CompileError> {
    if let Some(offset) = component_version(wasm) {
        return Err(CompileError::Unsupported {
            proposal: "component model",
            message: "this is a component, not a module".to_owned(),
            offset,
        });
    }
    let Err(error) = validate_with(wasm, SUPPORTED) else {
        return Ok(());
    };
    let lifted_by =
        UNSUPPORTED.iter().find(
            |proposal| match validate_with(wasm, proposal.with_supported()) {
                Ok(()) => true,
                Err(other) => other.offset() > error.offset(),
            },
        );
    Err(match lifted_by {
        Some(proposal) => CompileError::Unsupported {
            proposal: proposal.name,
            message: error.message().to_string(),
            offset: error.offset(),
        },
        None => invalid(error),
    })
}

/// An error of the parser as one of ours.
pub(crate) fn invalid(error: wasmparser::Error) -> CompileError {
    CompileError::Invalid {
        message: error.message().to_string(),
        offset: error.offset(),
    }
}

/// The offset of the version field if the bytes begin like a component.
fn component_version(wasm: &[u8]) -> Option<u64> {
    match Parser::new(0).parse_all(wasm).next() {
        Some(Ok(Payload::Version {
            encoding: Encoding::Component,
            ..
        })) => Some(4),
        _ => None,
    }
}

fn validate_with(wasm: &[u8], features: WasmFeatures) -> Result<(), wasmparser::Error> {
    let mut validator = Validator::new_with_features(features);
    let mut parser = Parser::new(0);
    parser.set_features(features);
    let mut allocations = Default::default();
    for payload in parser.parse_all(wasm) {
        if let ValidPayload::Func(function, body) = validator.payload(&payload?)? {
            let mut validator = function.into_validator(allocations);
            validator.validate(&body)?;
            allocations = validator.into_allocations();
        }
    }
    Ok(())
}
