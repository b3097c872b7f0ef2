//! The WebAssembly that is supported: the one list of it.

use wasmparser::WasmFeatures;

/// What the compiler accepts: WebAssembly 2.0 and the proposals named here.
pub(crate) const SUPPORTED: WasmFeatures = WasmFeatures::WASM2
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::MEMORY64)
    .union(WasmFeatures::TAIL_CALL)
    .union(WasmFeatures::RELAXED_SIMD)
    .union(WasmFeatures::EXCEPTIONS);

/// A proposal that is not supported.
pub(crate) struct Proposal {
    /// Its name in the field.
    pub name: &'static str,
    /// The switches it needs on top of [`SUPPORTED`].
    features: WasmFeatures,
}

impl Proposal {
    /// The switches under which a module of this proposal, and of nothing else that is
    /// unsupported, validates.
    pub fn with_supported(&self) -> WasmFeatures {
        SUPPORTED.union(self.features)
    }
}

const fn proposal(name: &'static str, features: WasmFeatures) -> Proposal {
    Proposal { name, features }
}

/// What is known and refused by name, a proposal before those that build on it.
pub(crate) const UNSUPPORTED: &[Proposal] = &[
    proposal("legacy exception-handling", WasmFeatures::LEGACY_EXCEPTIONS),
    proposal("threads", WasmFeatures::THREADS),
    proposal(
        "typed function references",
        WasmFeatures::FUNCTION_REFERENCES,
    ),
    proposal(
        "garbage collection",
        WasmFeatures::GC.union(WasmFeatures::FUNCTION_REFERENCES),
    ),
    proposal(
        "stack switching",
        WasmFeatures::STACK_SWITCHING
            .union(WasmFeatures::FUNCTION_REFERENCES)
            .union(WasmFeatures::GC),
    ),
    proposal("wide arithmetic", WasmFeatures::WIDE_ARITHMETIC),
    proposal("custom page sizes", WasmFeatures::CUSTOM_PAGE_SIZES),
    proposal("memory control", WasmFeatures::MEMORY_CONTROL),
    proposal("compact imports", WasmFeatures::COMPACT_IMPORTS),
    proposal(
        "shared-everything threads",
        WasmFeatures::SHARED_EVERYTHING_THREADS
            .union(WasmFeatures::THREADS)
            .union(WasmFeatures::FUNCTION_REFERENCES)
            .union(WasmFeatures::GC),
    ),
    proposal(
        "custom descriptors",
        WasmFeatures::CUSTOM_DESCRIPTORS
            .union(WasmFeatures::FUNCTION_REFERENCES)
            .union(WasmFeatures::GC),
    ),
];
