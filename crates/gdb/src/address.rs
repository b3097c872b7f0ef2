//! Addresses of 64 bits, into which LLDB folds all that WebAssembly has apart:
//!
//! ```text
//!   63 62 61            32 31             0
//!   +----+----------------+---------------+
//!   |kind|       id       |    offset     |
//!   +----+----------------+---------------+
//! ```
//!
//! Of kind 0 is a byte of a memory, of kind 1 one of a module's file, where the code is. What the debug
//! information and pointers of a program call an address is one of kind 0 with the id 0.

use trapline_debugger::ModuleId;

/// One of [`Address::Memory`] or of [`Address::Code`] ends here.
pub(crate) const END_OF_ID: u64 = 1 << 32;

/// What an address leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// A byte of a memory. The memory 0 is that of the innermost frame; with a number from 1 on, those that
    /// there are in the store.
    Memory { id: u32, offset: u32 },
    /// A byte of a module's file.
    Code { module: u32, offset: u32 },
    /// There is nothing.
    Nothing,
}

impl Address {
    pub(crate) fn new(bits: u64) -> Address {
        let id = (bits >> 32) as u32 & 0x3fff_ffff;
        let offset = bits as u32;
        match bits >> 62 {
            0 => Address::Memory { id, offset },
            1 => Address::Code { module: id, offset },
            _ => Address::Nothing,
        }
    }
}

/// The address of an instruction, or of the first byte of a module if there is none.
pub(crate) fn code_address(module: ModuleId, wasm_pc: u32) -> u64 {
    1 << 62 | u64::from(module.index()) << 32 | u64::from(wasm_pc)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let code = code_address(ModuleId::default(), 0x1234);
        assert_eq!(code, 0x4000_0000_0000_1234);
        let (module, offset) = (0, 0x1234);
        assert_eq!(Address::new(code), Address::Code { module, offset });
        let (id, offset) = (0x3fff_ffff, 7);
        let memory = 0x3fff_ffff_0000_0007;
        assert_eq!(Address::new(memory), Address::Memory { id, offset });
        assert_eq!(Address::new(u64::MAX), Address::Nothing);
    }
}
