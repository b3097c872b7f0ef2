//! `disassemble`: instructions around a place.

use super::Handle;
use crate::address::{self, Address};
use crate::context::{Context, Refusal};
use crate::protocol::{
    DisassembleArguments, DisassembleBody, DisassembleRequest, DisassembledInstruction,
    InstructionPresentationHint,
};
use trapline_debugger::{DebugModule, Disassembly, Instruction};

/// More instructions are not told at once.
const MOST: i64 = 10_000;
/// Bodies of functions begin so many bytes at most behind each other: their lengths are between.
const LONGEST_GAP: u32 = 8;

impl Handle for DisassembleRequest {
    fn handle(
        context: &mut Context<'_>,
        arguments: DisassembleArguments,
    ) -> Result<DisassembleBody, Refusal> {
        let offset = arguments.offset.unwrap_or(0);
        let place = address::parse(&arguments.memory_reference, offset);
        let Some(Address::Code { module, wasm_pc }) = place else {
            let reference = &arguments.memory_reference;
            return Err(Refusal::because(format!("{reference} is no place in code")));
        };
        let debugger = context.guest.debugger();
        let known = debugger.module(module)?;
        let first = arguments.instruction_offset.unwrap_or(0).clamp(-MOST, MOST);
        let count = i64::from(arguments.instruction_count).min(MOST);
        let found = around(known, wasm_pc, first, first + count)?;
        let session = &mut *context.session;
        let with_names = arguments.resolve_symbols == Some(true);
        let mut before = None;
        let mut told = Vec::new();
        for line in found {
            let (function, instruction) = match line {
                Line::Instruction {
                    function,
                    instruction,
                } => (function, instruction),
                Line::Nothing { address } => {
                    told.push(nothing(known, address));
                    continue;
                }
            };
            let mut shown = DisassembledInstruction {
                address: address::code(known.id(), instruction.wasm_pc),
                instruction: instruction.text.clone(),
                symbol: with_names.then_some(function),
                ..DisassembledInstruction::default()
            };
            if let Some(location) = &instruction.location
                && let Some(line) = location.line
            {
                // The source is told where it changes.
                if before.as_ref() != Some(&location.file) {
                    shown.location =
                        Some(session.sources.source(debugger, known.id(), &location.file));
                    before = Some(location.file.clone());
                }
                shown.line = Some(session.line_to_client(line));
            }
            told.push(shown);
        }
        Ok(DisassembleBody { instructions: told })
    }
}

/// What there is in a line of a listing.
enum Line {
    Instruction {
        function: String,
        instruction: Instruction,
    },
    /// There is no code so far; the address is a number that no instruction has.
    Nothing { address: u32 },
}

/// The instructions from one to another, counted from a place, with those of the functions before and
/// behind. Clients want as many as they have asked for.
fn around(module: &DebugModule, wasm_pc: u32, first: i64, end: i64) -> Result<Vec<Line>, Refusal> {
    let here = module.disassemble(wasm_pc)?;
    let at = here
        .instructions
        .partition_point(|instruction| instruction.wasm_pc < wasm_pc);
    let mut functions = std::collections::VecDeque::from([here]);
    // The number of the first instruction that is known, and the one behind the last.
    let mut known_first = -(at as i64);
    let mut known_end = known_first + functions[0].instructions.len() as i64;
    while known_first > first {
        let Some(before) = before(module, functions[0].range.start) else {
            break;
        };
        known_first -= before.instructions.len() as i64;
        functions.push_front(before);
    }
    while known_end < end {
        let last = functions.back().map_or(0, |last| last.range.end);
        let Some(behind) = behind(module, last) else {
            break;
        };
        known_end += behind.instructions.len() as i64;
        functions.push_back(behind);
    }
    let begin = functions.front().map_or(0, |first| first.range.start);
    let range = begin..functions.back().map_or(0, |last| last.range.end);
    let mut all = functions.into_iter().flat_map(|function| {
        let name = function.function;
        let instructions = function.instructions.into_iter();
        instructions.map(move |instruction| (name.clone(), instruction))
    });
    let mut lines = Vec::new();
    for number in first..known_first.min(end) {
        let before = u32::try_from(known_first - number).unwrap_or(u32::MAX);
        lines.push(Line::Nothing {
            address: range.start.saturating_sub(before),
        });
    }
    let skipped = usize::try_from(first - known_first).unwrap_or(0);
    let wanted = usize::try_from(end - first.max(known_first)).unwrap_or(0);
    let all = all.by_ref().skip(skipped).take(wanted);
    lines.extend(all.map(|(function, instruction)| Line::Instruction {
        function,
        instruction,
    }));
    for behind in 0.. {
        if lines.len() as i64 >= end - first {
            break;
        }
        lines.push(Line::Nothing {
            address: range.end.saturating_add(behind),
        });
    }
    Ok(lines)
}

fn before(module: &DebugModule, begin: u32) -> Option<Disassembly> {
    let mut places = (1..=LONGEST_GAP).filter_map(|gap| begin.checked_sub(gap));
    places.find_map(|place| module.disassemble(place).ok())
}

fn behind(module: &DebugModule, end: u32) -> Option<Disassembly> {
    let mut places = (0..=LONGEST_GAP).filter_map(|gap| end.checked_add(gap));
    places.find_map(|place| module.disassemble(place).ok())
}

fn nothing(module: &DebugModule, wasm_pc: u32) -> DisassembledInstruction {
    DisassembledInstruction {
        address: address::code(module.id(), wasm_pc),
        instruction: "(no code)".to_owned(),
        presentation_hint: Some(InstructionPresentationHint::Invalid),
        ..DisassembledInstruction::default()
    }
}
