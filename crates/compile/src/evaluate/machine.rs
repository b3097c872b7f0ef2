//! What the evaluator has to know of the machine.

use crate::isa::{self, OptLevel, Registers};
use std::sync::OnceLock;

/// Whether the machine multiplies and adds with one rounding, and hence compiled code does.
pub(super) fn has_fma() -> bool {
    static HAS_FMA: OnceLock<bool> = OnceLock::new();
    *HAS_FMA.get_or_init(|| {
        isa::host(OptLevel::None, Registers::WholeFunction).is_ok_and(|isa| isa.has_native_fma())
    })
}
