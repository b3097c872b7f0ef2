//! What the convention does not say of threads.
//!
//! ```text
//! trapline:threads ::= 0x00 vec(thread)        one for each `corestack`, in their order
//! thread           ::= flags host:vec(u32) unknown:vec(u32)
//! flags            ::= 0x00 | 0x01             => there were more frames
//! ```
//!
//! `host` says where functions of the host stand, each ahead of the frame with an index or at the end.
//! `unknown` are the frames whose locals and operands are not known. Both ascend.

use super::{indices, vector};
use crate::error::ReadError;
use crate::model::CoreDump;
use wasm_encoder::Encode;
use wasmparser::BinaryReader;

pub(super) fn write(dump: &CoreDump<'_>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    dump.threads.len().encode(&mut bytes);
    for thread in &dump.threads {
        bytes.push(thread.truncated.into());
        thread.host_frames.encode(&mut bytes);
        let frames = (0u32..).zip(&thread.frames);
        let unknown = frames.filter(|(_, frame)| frame.unknown_values);
        let unknown: Vec<u32> = unknown.map(|(index, _)| index).collect();
        unknown.encode(&mut bytes);
    }
    (!dump.threads.is_empty()).then_some(bytes)
}

pub(super) fn read(
    dump: &mut CoreDump<'_>,
    reader: &mut BinaryReader<'_>,
) -> Result<(), ReadError> {
    let start = reader.original_position();
    let mut threads = dump.threads.iter_mut();
    vector(reader, |reader| {
        let start = reader.original_position();
        let malformed = |message: &str| Err(ReadError::malformed(start, message));
        let Some(thread) = threads.next() else {
            return malformed("a thread that has no stack");
        };
        thread.truncated = match reader.read_u8()? {
            0 => false,
            1 => true,
            _ => return malformed("unknown flags of a thread"),
        };
        let count = thread.frames.len();
        let ascends = |indices: &[u32]| indices.is_sorted_by(|one, next| one < next);
        thread.host_frames = indices(reader)?;
        let host = &thread.host_frames;
        if !host.is_sorted() || host.last().is_some_and(|last| *last as usize > count) {
            return malformed("functions of the host where there are no frames");
        }
        let unknown = indices(reader)?;
        if !ascends(&unknown) || unknown.last().is_some_and(|last| *last as usize >= count) {
            return malformed("unknown values of frames that are not there");
        }
        for frame in &mut thread.frames {
            frame.unknown_values = false;
        }
        for index in unknown {
            thread.frames[index as usize].unknown_values = true;
        }
        Ok(())
    })?;
    match threads.next() {
        None => Ok(()),
        Some(_) => Err(ReadError::malformed(
            start,
            "fewer threads than there are stacks",
        )),
    }
}
