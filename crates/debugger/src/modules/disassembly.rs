//! The text of a function's instructions.
//!
//! What prints modules prints whole ones. So a module is made that has the same types and names, and of
//! its code only the one function; the others are empty in it.

use super::DebugModule;
use crate::error::DebuggerError;
use std::io;
use std::ops::Range;
use trapline_symbols::SourceLocation;
use wasm_encoder::{CodeSection, Module, RawSection};
use wasmparser::{Parser, Payload};
use wasmprinter::{Config, Print};

/// An instruction as text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Instruction {
    /// Its offset in the module file.
    pub wasm_pc: u32,
    /// In the text format, by itself.
    pub text: String,
    /// In how many blocks of the function it is.
    pub depth: usize,
    /// Where in the source the code is that begins with it; `None` if that is where the instruction
    /// before it is, or not known.
    pub location: Option<SourceLocation>,
}

/// A function's instructions.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Disassembly {
    /// The function's name, readable.
    pub function: String,
    /// Its index in the module.
    pub function_index: u32,
    /// Its code, with the declarations of locals, as a range of the module file.
    pub range: Range<u32>,
    /// In the order of the code.
    pub instructions: Vec<Instruction>,
}

impl DebugModule {
    /// The instructions of the function that is at a place, which is an offset in the module file.
    ///
    /// # Errors
    ///
    /// If there is no function.
    pub fn disassemble(&self, wasm_pc: u32) -> Result<Disassembly, DebuggerError> {
        let found = self.layout().function_at(wasm_pc);
        let none = || DebuggerError::NoPlace(format!("there is no code at {wasm_pc:#x}"));
        let (index, range) = found.ok_or_else(none)?;
        let lines = print(self, index, &range).map_err(|error| {
            DebuggerError::NoPlace(format!("cannot print the function: {error}"))
        })?;
        let function = self.function(wasm_pc);
        let instructions = lines.into_iter().map(|(wasm_pc, line)| {
            let text = line.trim_start();
            let row = function.as_ref().and_then(|function| {
                let row = function.code.row(wasm_pc)?;
                (row.wasm_pc == wasm_pc).then(|| row.line.clone())?
            });
            Instruction {
                wasm_pc,
                // The function is indented in the module, and its instructions in the function.
                depth: ((line.len() - text.len()) / 2).saturating_sub(2),
                text: text.to_owned(),
                location: row.map(|line| SourceLocation {
                    file: line.file.to_string(),
                    line: Some(line.line),
                    column: None,
                }),
            }
        });
        Ok(Disassembly {
            function: self.readable_name(index, Some(wasm_pc)),
            function_index: index,
            instructions: instructions.collect(),
            range,
        })
    }
}

/// The lines of a function's instructions, with their places.
fn print(
    module: &DebugModule,
    function: u32,
    body: &Range<u32>,
) -> Result<Vec<(u32, String)>, Box<dyn std::error::Error>> {
    let (reduced, at) = reduce(module, function, body)?;
    let mut lines = Lines {
        wanted: at.clone(),
        lines: Vec::new(),
        is_wanted: false,
    };
    Config::new().print(&reduced, &mut lines)?;
    let first = super::layout::first_operator(module.wasm(), body).unwrap_or(body.start);
    let lines = lines.lines.into_iter();
    let mut lines: Vec<(u32, String)> = lines
        .map(|(offset, line)| (offset - at.start + body.start, line))
        .filter(|(wasm_pc, _)| *wasm_pc >= first)
        .collect();
    // The last `end` is printed as the parenthesis that closes the function.
    if let Some((_, last)) = lines.last_mut() {
        let is_end = last.trim() == ")";
        if is_end {
            *last = "    end".to_owned();
        }
    }
    Ok(lines)
}

/// The module with one function only, and where that is in it.
fn reduce(
    module: &DebugModule,
    function: u32,
    body: &Range<u32>,
) -> Result<(Vec<u8>, Range<u32>), Box<dyn std::error::Error>> {
    let wasm = module.wasm();
    let layout = module.layout();
    let mut code = CodeSection::new();
    for index in layout.imported..layout.imported + layout.bodies.len() as u32 {
        match index == function {
            true => code.raw(&wasm[body.start as usize..body.end as usize]),
            // No locals, and the end.
            false => code.raw(&[0, 0x0b]),
        };
    }
    let mut reduced = Module::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        let is_kept = match &payload {
            Payload::TypeSection(_)
            | Payload::ImportSection(_)
            | Payload::FunctionSection(_)
            | Payload::TableSection(_)
            | Payload::MemorySection(_)
            | Payload::TagSection(_)
            | Payload::GlobalSection(_) => true,
            Payload::CustomSection(section) => section.name() == "name",
            Payload::CodeSectionStart { .. } => {
                reduced.section(&code);
                false
            }
            _ => false,
        };
        if let (true, Some((id, range))) = (is_kept, payload.as_section()) {
            let data = &wasm[range.start as usize..range.end as usize];
            reduced.section(&RawSection { id, data });
        }
    }
    let reduced = reduced.finish();
    let at = super::Layout::read(&reduced).body(function);
    Ok((reduced, at.ok_or("it is not there")?))
}

/// Keeps the lines that begin in a range of the module.
struct Lines {
    wanted: Range<u32>,
    lines: Vec<(u32, String)>,
    is_wanted: bool,
}

impl Print for Lines {
    fn write_str(&mut self, text: &str) -> io::Result<()> {
        if self.is_wanted
            && let Some((_, line)) = self.lines.last_mut()
        {
            line.push_str(text);
        }
        Ok(())
    }

    fn newline(&mut self) -> io::Result<()> {
        self.is_wanted = false;
        Ok(())
    }

    fn start_line(&mut self, offset: Option<u64>) {
        let offset = offset.and_then(|offset| u32::try_from(offset).ok());
        let offset = offset.filter(|offset| self.wanted.contains(offset));
        self.is_wanted = offset.is_some();
        self.lines
            .extend(offset.map(|offset| (offset, String::new())));
    }
}
