//! `c`, `s`, `C`, `S`, `vCont`: having the guest go on. There are no signals that it could be given.

use super::{Action, Result, threads};
use crate::reply::{PacketError, Reply};
use trapline_debugger::Resume;

/// `c`, `s`, and with a signal `C`, `S`.
pub(super) fn resume(kind: u8, rest: &[u8]) -> Result<Action> {
    let has_address = match kind {
        b'C' | b'S' => rest.contains(&b';'),
        _ => !rest.is_empty(),
    };
    if has_address {
        return Err(PacketError::NoJump);
    }
    Ok(Action::Resume(how(kind)))
}

fn how(kind: u8) -> Resume {
    match kind.to_ascii_lowercase() {
        b's' => Resume::StepInstruction,
        _ => Resume::Continue,
    }
}

/// `vCont`: the first action that is for the thread is done.
pub(super) fn vcont(rest: &[u8]) -> Result<Action> {
    for action in rest.split(|byte| *byte == b';') {
        let mut parts = action.splitn(2, |byte| *byte == b':');
        let what = parts.next().unwrap_or_default();
        let is_meant = match parts.next() {
            Some(thread) => threads::check(thread).is_ok(),
            None => true,
        };
        match what.first() {
            _ if !is_meant => {}
            Some(kind @ (b'c' | b's' | b'C' | b'S')) => return Ok(Action::Resume(how(*kind))),
            None => return Err(PacketError::Malformed("there is no action")),
            Some(_) => return Ok(Reply::Unsupported.into()),
        }
    }
    Err(PacketError::NoThread)
}
