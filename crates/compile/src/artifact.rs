//! Compiled modules as files.
//!
//! All numbers are little endian.
//!
//! | offset | bytes | what |
//! |---|---|---|
//! | 0 | 8 | `TRAPLINE` |
//! | 8 | 32 | fingerprint of the compiler and its settings |
//! | 40 | 32 | BLAKE3 hash of everything from byte 72 on |
//! | 72 | 4 x 16 | metadata, tables, module file, text: offset and length, each `u64` |
//! | 136 | | the four, in that order; the text begins at a multiple of 4096 |
//!
//! The hash tells a damaged file; it is no protection from one made to deceive, as it holds
//! machine code that will be run.

use crate::CompileError;
use crate::image::{CompiledModule, Metadata, Sections};
use bytes::Bytes;
use std::io;

const MAGIC: &[u8; 8] = b"TRAPLINE";
const FINGERPRINT: usize = 8;
const HASH: usize = 40;
const RANGES: usize = 72;
const HEADER: usize = 136;
/// Text is mapped, so it starts on a page of any x86-64 system.
const TEXT_ALIGNMENT: usize = 4096;

/// Whether the bytes begin like a compiled module.
pub fn is_artifact(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Writes a compiled module.
pub(crate) fn write(
    out: &mut dyn io::Write,
    metadata: &Metadata,
    sections: &Sections,
    fingerprint: &[u8; 32],
) -> io::Result<()> {
    let metadata = postcard::to_stdvec(metadata).map_err(io::Error::other)?;
    let parts: [&[u8]; 4] = [&metadata, &sections.tables, &sections.wasm, &sections.text];
    let mut ranges = Vec::with_capacity(HEADER - RANGES);
    let mut end = HEADER;
    let mut padding = 0;
    for (index, part) in parts.iter().enumerate() {
        if index == parts.len() - 1 {
            padding = end.next_multiple_of(TEXT_ALIGNMENT) - end;
            end += padding;
        }
        ranges.extend((end as u64).to_le_bytes());
        ranges.extend((part.len() as u64).to_le_bytes());
        end += part.len();
    }
    let padding = vec![0; padding];
    let [metadata, tables, wasm, text] = parts;
    let contents = [ranges.as_slice(), metadata, tables, wasm, &padding, text];
    let mut hasher = blake3::Hasher::new();
    for part in contents {
        hasher.update(part);
    }
    out.write_all(MAGIC)?;
    out.write_all(fingerprint)?;
    out.write_all(hasher.finalize().as_bytes())?;
    contents.iter().try_for_each(|part| out.write_all(part))
}

/// Reads a compiled module, borrowing its byte runs from `file`.
pub(crate) fn read(file: Bytes, fingerprint: &[u8; 32]) -> Result<CompiledModule, CompileError> {
    if !is_artifact(&file) {
        return Err(refused("it is not one"));
    }
    if file.len() < HEADER {
        return Err(refused("it is cut short"));
    }
    if file[FINGERPRINT..HASH] != *fingerprint {
        return Err(refused(
            "it was made by another build of the compiler, with other settings, or for another CPU",
        ));
    }
    if file[HASH..RANGES] != *blake3::hash(&file[RANGES..]).as_bytes() {
        return Err(refused("it is damaged: its contents do not match its hash"));
    }
    let number = |at: usize| {
        let bytes = file[at..at + 8].try_into().expect("eight bytes");
        usize::try_from(u64::from_le_bytes(bytes)).ok()
    };
    let part = |index: usize| {
        let (start, len) = (
            number(RANGES + 16 * index)?,
            number(RANGES + 16 * index + 8)?,
        );
        let end = start.checked_add(len).filter(|&end| end <= file.len())?;
        Some((start, file.slice(start..end)))
    };
    let parts = [part(0), part(1), part(2), part(3)];
    let [
        Some((_, metadata)),
        Some((_, tables)),
        Some((_, wasm)),
        Some((start, text)),
    ] = parts
    else {
        return Err(refused("its parts lie outside of it"));
    };
    let metadata = postcard::from_bytes(&metadata)
        .map_err(|error| refused(&format!("its metadata cannot be read: {error}")))?;
    CompiledModule::from_parts(
        metadata,
        Sections { text, tables, wasm },
        Some(start),
        *fingerprint,
    )
}

fn refused(why: &str) -> CompileError {
    CompileError::Artifact(why.to_owned())
}
