//! `breakpointLocations`: where in some lines there can be breakpoints.

use super::Handle;
use crate::context::{Context, Refusal};
use crate::protocol::{
    BreakpointLocation, BreakpointLocationsArguments, BreakpointLocationsBody,
    BreakpointLocationsRequest,
};
use std::collections::BTreeSet;
use std::path::Path;

impl Handle for BreakpointLocationsRequest {
    fn handle(
        context: &mut Context<'_>,
        arguments: BreakpointLocationsArguments,
    ) -> Result<BreakpointLocationsBody, Refusal> {
        let path = arguments.source.path.as_ref();
        let path = path.ok_or_else(|| Refusal::because("the source has no path"))?;
        let debugger = context.guest.debugger();
        let session = &mut *context.session;
        let first = session.line_from_client(arguments.line);
        let last = arguments.end_line.unwrap_or(arguments.line);
        let last = session.line_from_client(last);
        let files = session.sources.files_at(debugger, Path::new(path));
        let mut found = BTreeSet::new();
        for file in files {
            for module in debugger.modules().iter() {
                if let Some(symbols) = module.symbols() {
                    let lines = symbols.breakpoint_lines(&file, first..last.saturating_add(1));
                    found.extend(lines.map_err(Refusal::because)?);
                }
            }
        }
        let from = arguments
            .column
            .filter(|_| arguments.end_line.is_none() || last == first);
        let from = from.map(|column| session.column_from_client(column));
        let locations = found
            .into_iter()
            .filter(|at| at.column >= from.filter(|_| at.line == first));
        let locations = locations.map(|at| BreakpointLocation {
            line: session.line_to_client(at.line),
            column: at.column.map(|column| session.column_to_client(column)),
            ..BreakpointLocation::default()
        });
        Ok(BreakpointLocationsBody {
            breakpoints: locations.collect(),
        })
    }
}
