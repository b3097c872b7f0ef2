//! `D`, `k`, `vKill`: leaving the guest alone, or ending it.

use super::Action;
use crate::client::End;
use crate::reply::Reply;

/// `D`.
pub(super) fn detach() -> Action {
    Action::End(End::Detached, Some(Reply::Ok))
}

/// `k`, which has no answer.
pub(super) fn kill() -> Action {
    Action::End(End::Killed, None)
}

/// `vKill`.
pub(super) fn kill_with_answer() -> Action {
    Action::End(End::Killed, Some(Reply::Ok))
}
