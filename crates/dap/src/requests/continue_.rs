//! `continue`: the guest goes on.

use super::Handle;
use crate::context::{Context, Refusal, Then};
use crate::protocol::{ContinueArguments, ContinueBody, ContinueRequest};
use trapline_debugger::Resume;

impl Handle for ContinueRequest {
    fn handle(
        context: &mut Context<'_>,
        arguments: ContinueArguments,
    ) -> Result<ContinueBody, Refusal> {
        context.thread(arguments.thread_id)?;
        context.stopped()?;
        context.then = Then::Resume(Resume::Continue);
        Ok(ContinueBody {
            all_threads_continued: Some(true),
        })
    }
}
