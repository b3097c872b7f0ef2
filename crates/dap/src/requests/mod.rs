//! The requests, one in each file.

mod breakpoint_locations;
mod cancel;
mod completions;
mod configuration_done;
mod continue_;
mod disassemble;
mod disconnect;
mod evaluate;
mod exception_info;
pub(crate) mod initialize;
mod loaded_sources;
mod locations;
pub(crate) mod modules;
mod next;
mod pause;
mod read_memory;
mod restart;
mod scopes;
mod set_breakpoints;
mod set_exception_breakpoints;
mod set_expression;
mod set_function_breakpoints;
mod set_instruction_breakpoints;
mod set_variable;
mod source;
mod stack_trace;
mod step_in;
mod step_in_targets;
mod step_out;
mod terminate;
mod threads;
mod variables;
mod write_memory;

use crate::context::{Context, Refusal};
use crate::protocol::{self, Request, RequestMessage};
use crate::session::Phase;
use serde_json::Value;

/// How a request is carried out.
trait Handle: Request {
    fn handle(context: &mut Context<'_>, arguments: Self::Arguments)
    -> Result<Self::Body, Refusal>;
}

fn run<R: Handle>(context: &mut Context<'_>, request: &RequestMessage) -> Result<Value, Refusal> {
    let arguments = arguments::<R>(request)?;
    let body = R::handle(context, arguments)?;
    serde_json::to_value(body).map_err(Refusal::because)
}

/// The arguments of a request.
pub(crate) fn arguments<R: Request>(request: &RequestMessage) -> Result<R::Arguments, Refusal> {
    request.parse::<R>().map_err(|error| {
        let command = &request.command;
        Refusal::because(format!("the arguments of {command} are not valid: {error}"))
    })
}

macro_rules! dispatch {
    ($context:expr, $request:expr, [$($name:ident),* $(,)?]) => {
        match $request.command.as_str() {
            $(protocol::$name::COMMAND => run::<protocol::$name>($context, $request),)*
            command => Err(Refusal::because(format!("this adapter does not know `{command}`"))),
        }
    };
}

/// Carries out a request. Those that begin a session are not here: they need more than a [`Context`].
pub(crate) fn handle(
    context: &mut Context<'_>,
    request: &RequestMessage,
) -> Result<Value, Refusal> {
    if context.session.client.begin(request) {
        return Err(Refusal::Cancelled);
    }
    let is_first = matches!(
        request.command.as_str(),
        "initialize" | "disconnect" | "cancel"
    );
    if context.session.phase == Phase::New && !is_first {
        return Err(Refusal::because("`initialize` comes first"));
    }
    dispatch!(
        context,
        request,
        [
            InitializeRequest,
            ConfigurationDoneRequest,
            SetBreakpointsRequest,
            SetFunctionBreakpointsRequest,
            SetInstructionBreakpointsRequest,
            SetExceptionBreakpointsRequest,
            BreakpointLocationsRequest,
            ContinueRequest,
            NextRequest,
            StepInRequest,
            StepInTargetsRequest,
            StepOutRequest,
            PauseRequest,
            ThreadsRequest,
            StackTraceRequest,
            ScopesRequest,
            VariablesRequest,
            SetVariableRequest,
            SetExpressionRequest,
            EvaluateRequest,
            CompletionsRequest,
            ExceptionInfoRequest,
            ModulesRequest,
            LoadedSourcesRequest,
            SourceRequest,
            DisassembleRequest,
            ReadMemoryRequest,
            WriteMemoryRequest,
            LocationsRequest,
            CancelRequest,
            RestartRequest,
            TerminateRequest,
            DisconnectRequest,
        ]
    )
}
