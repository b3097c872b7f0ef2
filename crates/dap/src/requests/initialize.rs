//! `initialize`: both sides say what they can do.

use super::Handle;
use crate::context::{Context, Refusal};
use crate::protocol::{
    Capabilities, ExceptionBreakpointsFilter, InitializeRequest, InitializeRequestArguments,
    PathFormat,
};
use crate::session::Phase;

/// The names of exception filters.
pub(crate) mod filters {
    pub(crate) const TRAP: &str = "trap";
    pub(crate) const PANIC: &str = "panic";
    pub(crate) const HOST_ERROR: &str = "host";
    pub(crate) const UNCAUGHT: &str = "uncaught";
    pub(crate) const CAUGHT: &str = "caught";
}

impl Handle for InitializeRequest {
    fn handle(
        context: &mut Context<'_>,
        arguments: InitializeRequestArguments,
    ) -> Result<Capabilities, Refusal> {
        if context.session.phase != Phase::New {
            return Err(Refusal::because("it has been initialized already"));
        }
        if !matches!(arguments.path_format, None | Some(PathFormat::Path)) {
            return Err(Refusal::because(
                "paths are told as paths only, not as URIs",
            ));
        }
        context.session.traits = arguments;
        context.session.phase = Phase::Initialized;
        Ok(capabilities())
    }
}

/// What this adapter can do.
pub(crate) fn capabilities() -> Capabilities {
    Capabilities {
        supports_configuration_done_request: Some(true),
        supports_function_breakpoints: Some(true),
        supports_conditional_breakpoints: Some(true),
        supports_hit_conditional_breakpoints: Some(true),
        supports_evaluate_for_hovers: Some(true),
        exception_breakpoint_filters: Some(exception_filters()),
        supports_set_variable: Some(true),
        supports_step_in_targets_request: Some(true),
        supports_completions_request: Some(true),
        completion_trigger_characters: Some(vec![".".to_owned(), ">".to_owned(), ":".to_owned()]),
        supports_modules_request: Some(true),
        supports_restart_request: Some(true),
        supports_value_formatting_options: Some(true),
        supports_exception_info_request: Some(true),
        support_terminate_debuggee: Some(true),
        supports_delayed_stack_trace_loading: Some(true),
        supports_loaded_sources_request: Some(true),
        supports_log_points: Some(true),
        supports_set_expression: Some(true),
        supports_terminate_request: Some(true),
        supports_read_memory_request: Some(true),
        supports_write_memory_request: Some(true),
        supports_disassemble_request: Some(true),
        supports_cancel_request: Some(true),
        supports_breakpoint_locations_request: Some(true),
        supports_clipboard_context: Some(true),
        supports_stepping_granularity: Some(true),
        supports_instruction_breakpoints: Some(true),
        supports_exception_filter_options: Some(true),
        supports_ansi_styling: Some(true),
        ..Capabilities::default()
    }
}

fn exception_filters() -> Vec<ExceptionBreakpointsFilter> {
    let filter =
        |filter: &str, label: &str, description: &str, default| ExceptionBreakpointsFilter {
            filter: filter.to_owned(),
            label: label.to_owned(),
            description: Some(description.to_owned()),
            default: Some(default),
            ..ExceptionBreakpointsFilter::default()
        };
    let by_tag = |filter| ExceptionBreakpointsFilter {
        supports_condition: Some(true),
        condition_description: Some("names of tags, with commas between them".to_owned()),
        ..filter
    };
    vec![
        filter(
            filters::TRAP,
            "Traps",
            "Stops where the program traps, before anything is unwound",
            true,
        ),
        filter(
            filters::PANIC,
            "Panics, failed assertions and aborts",
            "Stops where the program finds an error in itself, at its source",
            true,
        ),
        filter(
            filters::HOST_ERROR,
            "Errors of the host",
            "Stops where a function of the host fails",
            true,
        ),
        by_tag(filter(
            filters::UNCAUGHT,
            "Uncaught exceptions",
            "Stops where an exception is thrown that nothing in the program catches",
            true,
        )),
        by_tag(filter(
            filters::CAUGHT,
            "Caught exceptions",
            "Stops where an exception is thrown that the program catches",
            false,
        )),
    ]
}
