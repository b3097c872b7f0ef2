//! `writeMemory`: changes bytes of the guest's memory.

use super::Handle;
use crate::address::{self, Address};
use crate::context::{Context, Refusal};
use crate::protocol::{
    InvalidatedAreas, InvalidatedEvent, WriteMemoryArguments, WriteMemoryBody, WriteMemoryRequest,
};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

impl Handle for WriteMemoryRequest {
    fn handle(
        context: &mut Context<'_>,
        arguments: WriteMemoryArguments,
    ) -> Result<WriteMemoryBody, Refusal> {
        let level = context.stopped()?.level;
        let reference = &arguments.memory_reference;
        let place = address::parse(reference, arguments.offset.unwrap_or(0));
        let start = match place {
            Some(Address::Memory(start)) => start,
            Some(Address::Code { .. }) => {
                return Err(Refusal::because("the program's code cannot be changed"));
            }
            None => return Err(Refusal::because(format!("{reference} is no address"))),
        };
        let bytes = BASE64_STANDARD.decode(&arguments.data);
        let mut bytes = bytes.map_err(|_| Refusal::because("the data are not base64"))?;
        let frame = context.guest.frame(level)?;
        if arguments.allow_partial == Some(true) {
            let room = frame.target().memory_size().saturating_sub(start);
            bytes.truncate(usize::try_from(room).unwrap_or(usize::MAX));
        }
        let written = frame.target().write_memory(start, &bytes);
        written.map_err(Refusal::because)?;
        drop(frame);
        context.changed(Some((start, bytes.len() as u64)));
        Ok(WriteMemoryBody {
            offset: None,
            bytes_written: Some(bytes.len() as u64),
        })
    }
}

impl Context<'_> {
    /// Something of the guest was changed: what is shown of it may be old, and so many bytes of memory at
    /// an address are.
    pub(crate) fn changed(&mut self, memory: Option<(u64, u64)>) {
        if let (Some((start, count)), Some(true)) =
            (memory, self.session.traits.supports_memory_event)
        {
            self.tell_after(&crate::protocol::MemoryEvent {
                memory_reference: address::memory(start),
                offset: 0,
                count,
            });
        }
        if self.session.traits.supports_invalidated_event == Some(true) {
            self.tell_after(&InvalidatedEvent {
                areas: Some(vec![InvalidatedAreas::Variables]),
                ..InvalidatedEvent::default()
            });
        }
    }
}
