//! `setExceptionBreakpoints`: which exceptions the guest stops at.

use super::Handle;
use super::initialize::filters;
use crate::context::{Context, Refusal};
use crate::protocol::{
    Breakpoint, SetExceptionBreakpointsArguments, SetExceptionBreakpointsBody,
    SetExceptionBreakpointsRequest,
};
use crate::session::StopFilters;
use trapline_debugger::ExceptionFilters;

impl Handle for SetExceptionBreakpointsRequest {
    fn handle(
        context: &mut Context<'_>,
        arguments: SetExceptionBreakpointsArguments,
    ) -> Result<SetExceptionBreakpointsBody, Refusal> {
        let plain = arguments.filters.into_iter().map(|filter| (filter, None));
        let options = arguments.filter_options.unwrap_or_default().into_iter();
        let options = options.map(|option| (option.filter_id, option.condition));
        let mut exceptions = ExceptionFilters::default();
        exceptions.uncaught = false;
        let mut stops = StopFilters {
            traps: false,
            host_errors: false,
            panics: false,
        };
        let mut told = Vec::new();
        for (filter, condition) in plain.chain(options) {
            let tags = tags(condition.as_deref());
            let mut problem = None;
            match filter.as_str() {
                filters::TRAP => stops.traps = true,
                filters::HOST_ERROR => stops.host_errors = true,
                filters::PANIC => stops.panics = true,
                filters::UNCAUGHT if tags.is_empty() => exceptions.uncaught = true,
                filters::CAUGHT if tags.is_empty() => exceptions.caught = true,
                filters::UNCAUGHT => exceptions.uncaught_tags.extend(tags),
                filters::CAUGHT => exceptions.caught_tags.extend(tags),
                _ => problem = Some(format!("there is no exception filter `{filter}`")),
            }
            told.push(Breakpoint {
                verified: problem.is_none(),
                message: problem,
                ..Breakpoint::default()
            });
        }
        context.session.filters = stops;
        let settings = context.guest.debugger_mut().settings_mut();
        settings.exceptions = exceptions;
        settings.stop_at_panics = stops.panics;
        Ok(SetExceptionBreakpointsBody {
            breakpoints: Some(told),
        })
    }
}

/// The names of tags in a condition.
fn tags(condition: Option<&str>) -> Vec<String> {
    let names = condition.unwrap_or_default().split(',').map(str::trim);
    let names = names.filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}
