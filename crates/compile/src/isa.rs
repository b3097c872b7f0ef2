//! The machine that code is generated for: the one the process runs on.

use crate::CompileError;
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable};

/// How much work goes into the generated code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OptLevel {
    /// None: compiles faster, runs slower.
    None,
    /// Optimize for speed.
    #[default]
    Speed,
}

/// How registers are given to values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Registers {
    /// By looking at the whole function: for good code, in time that grows with the square of the
    /// number of values that are alive at once.
    WholeFunction,
    /// In one pass, in time that grows with the size of the function alone.
    OnePass,
}

/// CPU features without which vector operators or roundings would become calls of library
/// functions, which the image has no place for.
const REQUIRED: &[&str] = &["has_ssse3", "has_sse41", "has_sse42", "has_popcnt"];

/// The code generator for this machine.
pub(crate) fn host(
    opt_level: OptLevel,
    registers: Registers,
) -> Result<OwnedTargetIsa, CompileError> {
    let flags = [
        (
            "opt_level",
            match opt_level {
                OptLevel::None => "none",
                OptLevel::Speed => "speed",
            },
        ),
        (
            "enable_verifier",
            if cfg!(debug_assertions) {
                "true"
            } else {
                "false"
            },
        ),
        (
            "regalloc_algorithm",
            match registers {
                Registers::WholeFunction => "backtracking",
                Registers::OnePass => "single_pass",
            },
        ),
        // Stopped frames are found by walking frame pointers.
        ("preserve_frame_pointers", "true"),
        ("unwind_info", "false"),
        // Results that do not fit in registers go through memory of the caller's.
        ("enable_multi_ret_implicit_sret", "true"),
        // Large frames touch each of their pages, so that none jumps over the guard zone.
        ("enable_probestack", "true"),
        ("probestack_strategy", "inline"),
        ("enable_heap_access_spectre_mitigation", "false"),
        ("enable_table_access_spectre_mitigation", "false"),
    ];
    let mut builder = settings::builder();
    for (name, value) in flags {
        builder
            .set(name, value)
            .map_err(|error| machine(format!("{name}={value}: {error}")))?;
    }
    let isa = cranelift_native::builder()
        .map_err(|error| machine(error.to_owned()))?
        .finish(settings::Flags::new(builder))
        .map_err(|error| machine(error.to_string()))?;
    let missing: Vec<_> = REQUIRED
        .iter()
        .filter(|name| {
            !isa.isa_flags()
                .iter()
                .any(|flag| flag.name == **name && flag.as_bool() == Some(true))
        })
        .map(|name| name.trim_start_matches("has_"))
        .collect();
    if !missing.is_empty() {
        return Err(machine(format!("its CPU lacks {}", missing.join(", "))));
    }
    Ok(isa)
}

fn machine(message: String) -> CompileError {
    CompileError::Machine(message)
}
