//! `exceptionInfo`: what has stopped the guest.

use super::Handle;
use crate::context::{Context, Refusal};
use crate::protocol::{
    ExceptionBreakMode, ExceptionDetails, ExceptionInfoArguments, ExceptionInfoBody,
    ExceptionInfoRequest,
};

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
        let debugger = context.guest.debugger();
        let session = &mut *context.session;
        let frames = context.guest.frames(0..FRAMES).into_iter();
        let lines = frames.map(|frame| {
            let place = frame.location.as_ref().zip(frame.module);
            let place = place.map(|(location, module)| {
                let source = session.sources.source(debugger, module, &location.file);
                let file = source.path.unwrap_or_else(|| location.file.clone());
                let line = location.line.map(|line| format!(":{line}"));
                format!(" at {file}{}", line.unwrap_or_default())
            });
            let place = place.unwrap_or_default();
            format!("#{} {}{place}", frame.level, frame.function)
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
