//! `readMemory`: bytes of the guest's memory, or of a module's code.

use super::Handle;
use crate::address::{self, Address};
use crate::context::{Context, Refusal};
use crate::protocol::{ReadMemoryArguments, ReadMemoryBody, ReadMemoryRequest};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// More bytes are not read at once.
const MOST: u64 = 16 << 20;

impl Handle for ReadMemoryRequest {
    fn handle(
        context: &mut Context<'_>,
        arguments: ReadMemoryArguments,
    ) -> Result<ReadMemoryBody, Refusal> {
        context.stopped()?;
        let reference = &arguments.memory_reference;
        let place = address::parse(reference, arguments.offset.unwrap_or(0));
        let wanted = arguments.count.min(MOST);
        match place {
            Some(Address::Memory(start)) => {
                let level = context.stopped()?.level;
                let frame = context.guest.frame(level)?;
                let size = frame.target().memory_size();
                let count = wanted.min(size.saturating_sub(start));
                let mut bytes = vec![0; count as usize];
                let read = frame.target().read_memory(start, &mut bytes);
                if count > 0 {
                    read.map_err(Refusal::because)?;
                }
                Ok(body(address::memory(start), &bytes, wanted - count))
            }
            Some(Address::Code { module, wasm_pc }) => {
                let module = context.debugger().module(module)?;
                let wasm = module.wasm();
                let begin = (wasm_pc as usize).min(wasm.len());
                let end = begin.saturating_add(wanted as usize).min(wasm.len());
                let bytes = &wasm[begin..end];
                let address = address::code(module.id(), wasm_pc);
                Ok(body(address, bytes, wanted - bytes.len() as u64))
            }
            None => Err(Refusal::because(format!("{reference} is no address"))),
        }
    }
}

fn body(address: String, bytes: &[u8], missing: u64) -> ReadMemoryBody {
    ReadMemoryBody {
        address,
        unreadable_bytes: (missing > 0).then_some(missing),
        data: (!bytes.is_empty()).then(|| BASE64_STANDARD.encode(bytes)),
    }
}
