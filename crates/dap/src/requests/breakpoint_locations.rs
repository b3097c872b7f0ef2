//! `breakpointLocations`: where in some lines there can be breakpoints.

use super::Handle;
use crate::context::{Context, Refusal};
use crate::protocol::{
    BreakpointLocation, BreakpointLocationsArguments, BreakpointLocationsBody,
    BreakpointLocationsRequest, Source,
};
use crate::sources::Text;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;
use trapline_symbols::SourceLocation;

/// The columns where there can be breakpoints, by lines; a line may have none that is known.
type Places = BTreeMap<u32, BTreeSet<u32>>;

impl Handle for BreakpointLocationsRequest {
    fn handle(
        context: &mut Context<'_>,
        arguments: BreakpointLocationsArguments,
    ) -> Result<BreakpointLocationsBody, Refusal> {
        let first = context.session.line_from_client(arguments.line);
        let last = arguments.end_line.unwrap_or(arguments.line);
        let last = context.session.line_from_client(last);
        let found = places(context, &arguments.source, first..last.saturating_add(1))?;
        let session = &*context.session;
        let from = arguments
            .column
            .map(|column| session.column_from_client(column));
        let end = arguments
            .end_column
            .map(|column| session.column_from_client(column));
        let is_wanted = |line: u32, column: u32| {
            (line > first || from.is_none_or(|from| column >= from))
                && (line < last || end.is_none_or(|end| column <= end))
        };
        let mut locations = Vec::new();
        for (line, columns) in found {
            let told = |column: Option<u32>| BreakpointLocation {
                line: session.line_to_client(line),
                column: column.map(|column| session.column_to_client(column)),
                ..BreakpointLocation::default()
            };
            // Where there is but one place the line says it all.
            match columns.len() {
                0 | 1 => locations.push(told(None)),
                _ => {
                    let columns = columns.into_iter();
                    let wanted = columns.filter(|column| is_wanted(line, *column));
                    locations.extend(wanted.map(|column| told(Some(column))));
                }
            }
        }
        Ok(BreakpointLocationsBody {
            breakpoints: locations,
        })
    }
}

fn places(
    context: &mut Context<'_>,
    source: &Source,
    lines: Range<u32>,
) -> Result<Places, Refusal> {
    let debugger = context.guest.debugger();
    let sources = &mut context.session.sources;
    let files = match (source.source_reference, &source.path) {
        (Some(number @ 1..), _) => match sources.text(number).cloned() {
            Some(Text::Embedded { file, .. }) => vec![file],
            Some(Text::Instructions { module, function }) => {
                // Each line is an instruction.
                let code = sources.disassembly(debugger, module, function);
                let count = code.map_or(0, |code| code.instructions.len() as u32);
                let all = lines.start.max(1)..lines.end.min(count + 1);
                return Ok(all.map(|line| (line, BTreeSet::new())).collect());
            }
            None => return Err(Refusal::because("the source is not known any more")),
        },
        (_, Some(path)) => sources.files_at(debugger, Path::new(path)),
        (_, None) => return Err(Refusal::because("the source has no path")),
    };
    let mut found = Places::new();
    for file in files {
        for module in debugger.modules().iter() {
            let Some(symbols) = module.symbols() else {
                continue;
            };
            let lines = symbols.breakpoint_lines(&file, lines.clone());
            for at in lines.map_err(Refusal::because)? {
                let location = SourceLocation {
                    file: file.clone(),
                    line: Some(at.line),
                    column: at.column,
                };
                let column = sources.column(debugger, module.id(), &location);
                found.entry(at.line).or_default().extend(column);
            }
        }
    }
    Ok(found)
}
