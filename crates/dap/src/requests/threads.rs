//! `threads`: there is one.

use super::Handle;
use crate::context::{Context, Refusal, THREAD};
use crate::protocol::{NoArguments, Thread, ThreadsBody, ThreadsRequest};

impl Handle for ThreadsRequest {
    fn handle(_: &mut Context<'_>, _: NoArguments) -> Result<ThreadsBody, Refusal> {
        Ok(ThreadsBody {
            threads: vec![Thread {
                id: THREAD,
                name: "main".to_owned(),
            }],
        })
    }
}
