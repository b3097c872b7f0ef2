//! `exceptionInfo`: what has stopped the guest.

use super::Handle;
use crate::context::{Context, Refusal};
use crate::protocol::{
    ExceptionBreakMode, ExceptionDetails, ExceptionInfoArguments, ExceptionInfoBody,
    ExceptionInfoRequest,
};
use trapline_symbols::SourceLocation;

/// So many frames are told of.
const FRAMES: usize = 32;

impl Handle for ExceptionInfoRequest {
    fn handle(
        context: &mut Context<'_>,
        arguments: ExceptionInfoArguments,
    ) -> Result<ExceptionInfoBody, Refusal> {
        context.thread(arguments.thread_id)?;
        let exception = context.stopped()?.exception.clone();
        let none = || Refusal::because("the program has not stopped at an exception");
        let exception = exception.ok_or_else(none)?;
        let description = match &exception.hint {
            Some(hint) => format!("{}; {hint}", exception.description),
            None => exception.description.clone(),
        };
        let frames = context.guest.frames(0..FRAMES).into_iter();
        let lines = frames.map(|frame| match &frame.location {
            Some(SourceLocation { file, line, .. }) => {
                let line = line.map_or(String::new(), |line| format!(":{line}"));
                format!("#{} {} at {file}{line}", frame.level, frame.function)
            }
            None => format!("#{} {}", frame.level, frame.function),
        });
        Ok(ExceptionInfoBody {
            exception_id: exception.id.clone(),
            description: Some(description.clone()),
            break_mode: match exception.is_fatal {
                true => ExceptionBreakMode::Unhandled,
                false => ExceptionBreakMode::Always,
            },
            details: Some(ExceptionDetails {
                message: Some(description),
                type_name: Some(exception.id),
                stack_trace: Some(lines.collect::<Vec<_>>().join("\n")),
                ..ExceptionDetails::default()
            }),
        })
    }
}
