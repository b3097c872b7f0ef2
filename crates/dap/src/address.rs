//! References to memory, as clients keep them: numbers in hexadecimal. Code is told from memory by its
//! highest bits, as LLDB does for WebAssembly:
//!
//! ```text
//!   63 62 61          32 31           0
//!  +-----+--------------+--------------+
//!  |  0  |      0       |   address    |   the memory of the instance
//!  |  1  |    module    |   wasm pc    |   code: an offset in the module file
//!  +-----+--------------+--------------+
//! ```

use trapline_debugger::ModuleId;

const CODE: u64 = 1 << 62;
const MODULE_BITS: u64 = (1 << 30) - 1;

/// A place that a reference stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    Memory(u64),
    Code { module: ModuleId, wasm_pc: u32 },
}

/// A reference to memory.
pub(crate) fn memory(address: u64) -> String {
    format!("{address:#x}")
}

/// A reference to code.
pub(crate) fn code(module: ModuleId, wasm_pc: u32) -> String {
    let module = u64::from(module.index()) & MODULE_BITS;
    format!("{:#x}", CODE | module << 32 | u64::from(wasm_pc))
}

/// Reads a reference, and so many bytes further.
pub(crate) fn parse(reference: &str, offset: i64) -> Option<Address> {
    let reference = reference.trim();
    let number = match reference.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => reference.parse(),
    };
    let number = number.ok()?.checked_add_signed(offset)?;
    match number >> 62 {
        0 => Some(Address::Memory(number)),
        1 => Some(Address::Code {
            module: ModuleId::from((number >> 32 & MODULE_BITS) as u32),
            wasm_pc: number as u32,
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_as_they_are_written() {
        let reference = code(ModuleId::default(), 0x1234);
        assert_eq!(reference, "0x4000000000001234");
        let here = Address::Code {
            module: ModuleId::default(),
            wasm_pc: 0x1230,
        };
        assert_eq!(parse(&reference, -4), Some(here));
        assert_eq!(parse(&memory(16), 1), Some(Address::Memory(17)));
        assert_eq!(parse("16", 0), Some(Address::Memory(16)));
        for bad in ["", "x", "0xffffffffffffffffff", "0xf000000000000000", "-1"] {
            assert_eq!(parse(bad, 0), None, "{bad}");
        }
        assert_eq!(parse("0x0", -1), None);
    }
}
