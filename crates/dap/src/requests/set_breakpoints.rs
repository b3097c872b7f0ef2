//! `setBreakpoints`: all breakpoints of a source.

use super::Handle;
use crate::breakpoints::{Group, Wanted};
use crate::context::{Context, Refusal};
use crate::protocol::{
    SetBreakpointsArguments, SetBreakpointsBody, SetBreakpointsRequest, Source, SourceBreakpoint,
};
use crate::sources::{Text, to_bytes};
use std::path::Path;
use trapline_debugger::{BreakpointKind, DebugModule, Debugger};

impl Handle for SetBreakpointsRequest {
    fn handle(
        context: &mut Context<'_>,
        arguments: SetBreakpointsArguments,
    ) -> Result<SetBreakpointsBody, Refusal> {
        let wanted = arguments.breakpoints.unwrap_or_else(|| {
            let lines = arguments.lines.unwrap_or_default().into_iter();
            lines
                .map(|line| SourceBreakpoint {
                    line,
                    ..SourceBreakpoint::default()
                })
                .collect()
        });
        let (group, finder) = Finder::new(context, &arguments.source)?;
        let wanted = wanted.into_iter().map(|breakpoint| {
            let line = context.session.line_from_client(breakpoint.line);
            let column = breakpoint.column;
            let column = column.map(|column| context.session.column_from_client(column));
            Wanted {
                kind: finder.kind(context.guest.debugger(), line, column),
                condition: breakpoint.condition,
                hit_condition: breakpoint.hit_condition,
                log_message: breakpoint.log_message,
            }
        });
        let wanted = wanted.collect();
        Ok(context.set_breakpoints(group, wanted))
    }
}

/// Knows what lines of a source are.
enum Finder {
    /// In a file, which the debug information knows by this name.
    File(String),
    /// Of the text of a function's instructions, with their places.
    Instructions(Vec<BreakpointKind>),
    /// In a file that only the debug information has.
    Nowhere(&'static str),
}

impl Finder {
    fn new(context: &mut Context<'_>, source: &Source) -> Result<(Group, Finder), Refusal> {
        if let Some(number @ 1..) = source.source_reference {
            let group = Group::Text(number);
            let debugger = context.guest.debugger();
            let sources = &mut context.session.sources;
            let finder = match sources.text(number).cloned() {
                Some(Text::Embedded { file, .. }) => Finder::File(file),
                Some(Text::Instructions { module, function }) => {
                    let code = sources.disassembly(debugger, module, function);
                    let instructions = code.iter().flat_map(|code| &code.instructions);
                    let places = instructions
                        .map(|instruction| BreakpointKind::address(module, instruction.wasm_pc));
                    Finder::Instructions(places.collect())
                }
                None => Finder::Nowhere("the source is not known any more"),
            };
            return Ok((group, finder));
        }
        let path = source.path.as_ref();
        let path = path.ok_or_else(|| Refusal::because("the source has no path"))?;
        let debugger = context.guest.debugger();
        let files = context.session.sources.files_at(debugger, Path::new(path));
        let file = files.into_iter().next().unwrap_or_else(|| path.clone());
        Ok((Group::File(path.clone()), Finder::File(file)))
    }

    fn kind(
        &self,
        debugger: &Debugger,
        line: u32,
        column: Option<u32>,
    ) -> Result<BreakpointKind, String> {
        match self {
            Finder::File(file) => {
                let bytes = |column| {
                    let module = debugger.modules().iter().next().map(DebugModule::id);
                    let text = debugger.source_text(file, module).ok();
                    let line = text.as_ref().and_then(|text| text.line(line));
                    line.map_or(column, |line| to_bytes(line, column))
                };
                Ok(BreakpointKind::Source {
                    file: file.clone(),
                    line,
                    column: column.map(bytes),
                })
            }
            Finder::Instructions(places) => {
                let index = (line as usize).saturating_sub(1);
                let place = places.get(index).cloned();
                place.ok_or_else(|| "the function has no such line".to_owned())
            }
            Finder::Nowhere(problem) => Err((*problem).to_owned()),
        }
    }
}
