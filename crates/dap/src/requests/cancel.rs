//! `cancel`: an answer is not wanted any more. Requests that wait are noted when this is heard; when its own
//! turn comes nothing is left to do.

use super::Handle;
use crate::context::{Context, Refusal};
use crate::protocol::{CancelArguments, CancelRequest, NoBody};

impl Handle for CancelRequest {
    fn handle(_: &mut Context<'_>, _: CancelArguments) -> Result<NoBody, Refusal> {
        Ok(NoBody)
    }
}
