//! The text of the machine code that a function has become.

use super::DebugModule;
use crate::error::DebuggerError;
use iced_x86::{Decoder, DecoderOptions, Formatter, IntelFormatter};
use trapline::MachineCode;

/// An instruction of the machine as text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MachineInstruction {
    /// Its offset in the function's code, in bytes. Jumps in the text are to such offsets, too.
    pub offset: u32,
    /// What it consists of.
    pub bytes: Vec<u8>,
    /// In Intel's syntax.
    pub text: String,
    /// The instruction of WebAssembly that it is for, if that is known: its offset in the module file.
    pub wasm_pc: Option<u32>,
}

impl DebugModule {
    /// The machine code of the function that is at a place, which is an offset in the module file. It is
    /// known only of instructions that trap, call, or can be stopped at which ones of WebAssembly they are for.
    ///
    /// # Errors
    ///
    /// If there is no function.
    pub fn machine_code(&self, wasm_pc: u32) -> Result<Vec<MachineInstruction>, DebuggerError> {
        let function = self.layout().function_at(wasm_pc);
        let code = function.and_then(|(index, _)| self.module.debug_machine_code(index));
        let none = || DebuggerError::NoPlace(format!("there is no code at {wasm_pc:#x}"));
        Ok(decode(&code.ok_or_else(none)?))
    }
}

fn decode(code: &MachineCode<'_>) -> Vec<MachineInstruction> {
    let mut formatter = IntelFormatter::new();
    formatter.options_mut().set_hex_prefix("0x");
    formatter.options_mut().set_hex_suffix("");
    formatter.options_mut().set_branch_leading_zeros(false);
    formatter
        .options_mut()
        .set_space_after_operand_separator(true);
    let of = |list: &[(u32, u32)], at: u32| {
        let found = list.binary_search_by_key(&at, |(offset, _)| *offset);
        found.ok().map(|index| list[index].1)
    };
    let decoder = Decoder::with_ip(64, code.bytes, 0, DecoderOptions::NONE);
    let instructions = decoder.into_iter().map(|instruction| {
        let (begin, end) = (instruction.ip() as u32, instruction.next_ip() as u32);
        let mut text = String::new();
        formatter.format(&instruction, &mut text);
        MachineInstruction {
            offset: begin,
            bytes: code.bytes[begin as usize..end as usize].to_vec(),
            text,
            wasm_pc: of(&code.places, begin).or_else(|| of(&code.returns, end)),
        }
    });
    instructions.collect()
}
