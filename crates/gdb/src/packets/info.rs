//! `qHostInfo`, `qProcessInfo`: what kind of machine this is.

use crate::reply::Reply;
use crate::wire::to_hex;

const TRIPLE: &str = "wasm32-unknown-unknown-wasm";

/// `qHostInfo`.
pub(super) fn host() -> Reply {
    let triple = to_hex(TRIPLE.as_bytes());
    Reply::text(format!("triple:{triple};endian:little;ptrsize:4;"))
}

/// `qProcessInfo`.
pub(super) fn process() -> Reply {
    let triple = to_hex(TRIPLE.as_bytes());
    Reply::text(format!("pid:1;triple:{triple};endian:little;ptrsize:4;"))
}
