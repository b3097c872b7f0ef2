//! `qSupported`, `QStartNoAckMode`, `QListThreadsInStopReply`, `QEnableErrorStrings`: what both sides can.

use crate::client::Client;
use crate::reply::Reply;
use crate::wire::MAX_PACKET;

/// `qSupported`.
pub(super) fn supported() -> Reply {
    Reply::text(format!(
        "PacketSize={MAX_PACKET:x};QStartNoAckMode+;QThreadSuffixSupported+;\
         QListThreadsInStopReply+;vContSupported+;binary-upload+;qXfer:libraries:read+;\
         qWasmInstance+"
    ))
}

/// `QStartNoAckMode`.
pub(super) fn start_no_ack_mode<T: 'static>(client: &mut Client<'_, '_, '_, T>) -> Reply {
    client.modes.no_acks = true;
    Reply::Ok
}

/// `QListThreadsInStopReply`.
pub(super) fn list_threads<T: 'static>(client: &mut Client<'_, '_, '_, T>) -> Reply {
    client.modes.list_threads = true;
    Reply::Ok
}

/// `QEnableErrorStrings`.
pub(super) fn enable_error_strings<T: 'static>(client: &mut Client<'_, '_, '_, T>) -> Reply {
    client.modes.error_strings = true;
    Reply::Ok
}
