//! Random modules of the WebAssembly that Trapline supports.

use arbitrary::{Result, Unstructured};
use wasm_smith::{Config, Module};

/// Loop iterations and calls after which a generated module gives up.
const FUEL: u32 = 5_000;

/// What a module is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It is only compiled.
    Compile,
    /// It is run, and two engines must agree on everything that it does.
    Run,
}

/// A valid module. One that is to be run imports nothing, exports everything and terminates.
pub fn generate(u: &mut Unstructured<'_>, purpose: Purpose) -> Result<Vec<u8>> {
    let mut config: Config = u.arbitrary()?;
    features(&mut config);
    if purpose == Purpose::Run {
        comparable(&mut config, u)?;
    }
    let mut module = Module::new(config, u)?;
    if purpose == Purpose::Run {
        module
            .ensure_termination(FUEL)
            .map_err(|_| arbitrary::Error::IncorrectFormat)?;
    }
    Ok(module.to_bytes())
}

/// A module whose function bodies are arbitrary bytes: hardly ever valid, but only just not.
pub fn generate_invalid(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut config: Config = u.arbitrary()?;
    features(&mut config);
    config.allow_invalid_funcs = true;
    Ok(Module::new(config, u)?.to_bytes())
}

/// Exactly the proposals that Trapline supports.
fn features(config: &mut Config) {
    config.bulk_memory_enabled = true;
    config.exceptions_enabled = true;
    config.extended_const_enabled = true;
    config.memory64_enabled = true;
    config.multi_value_enabled = true;
    config.reference_types_enabled = true;
    config.relaxed_simd_enabled = true;
    config.saturating_float_to_int_enabled = true;
    config.sign_extension_ops_enabled = true;
    config.simd_enabled = true;
    config.tail_call_enabled = true;
    config.max_memories = 4;
    config.max_tables = 4;

    config.acquire_release_atomics_enabled = false;
    config.compact_imports_enabled = false;
    config.custom_descriptors_enabled = false;
    config.custom_page_sizes_enabled = false;
    config.gc_enabled = false;
    config.multibyte_array_access_enabled = false;
    config.shared_everything_threads_enabled = false;
    config.threads_enabled = false;
    config.wide_arithmetic_enabled = false;
}

/// Rules out whatever engines may do differently, or for long.
fn comparable(config: &mut Config, u: &mut Unstructured<'_>) -> Result<()> {
    config.canonicalize_nans = true;
    config.relaxed_simd_enabled = false;
    // The other engine has none.
    config.exceptions_enabled = false;
    config.export_everything = true;
    config.min_funcs = 1;
    config.min_imports = 0;
    config.max_imports = 0;
    config.min_types = 1;
    config.max_types = config.max_types.max(20);
    config.max_funcs = config.max_funcs.max(10);
    config.max_instructions = config.max_instructions.max(200);
    // Whether growth succeeds must not depend on what the machine has left.
    config.memory_max_size_required = true;
    config.max_memory32_bytes = 10 << 16;
    config.max_memory64_bytes = 10 << 16;
    config.table_max_size_required = true;
    config.max_table_elements = 1000;
    // Few traps let a call get further, but traps are of interest too.
    config.disallow_traps = u.ratio(1, 2)?;
    Ok(())
}
