//! What tells modules from others.
//!
//! ```text
//! trapline:modules ::= 0x00 vec(identity)      one for each module
//! identity         ::= 0x00                    => not known
//!                    | 0x01 hash:byte^32 size:u64 path build-id:vec(byte)
//! path             ::= 0x00 | 0x01 name
//! ```
//!
//! An empty build id is none.

use super::vector;
use crate::error::ReadError;
use crate::identity::ModuleIdentity;
use crate::model::CoreDump;
use wasm_encoder::Encode;
use wasmparser::BinaryReader;

pub(super) fn write(dump: &CoreDump<'_>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    dump.modules.len().encode(&mut bytes);
    for module in &dump.modules {
        match &module.identity {
            None => bytes.push(0),
            Some(identity) => {
                bytes.push(1);
                write_identity(identity, &mut bytes);
            }
        }
    }
    let any = dump.modules.iter().any(|module| module.identity.is_some());
    any.then_some(bytes)
}

fn write_identity(identity: &ModuleIdentity, sink: &mut Vec<u8>) {
    sink.extend(identity.hash);
    identity.size.encode(sink);
    match &identity.path {
        None => sink.push(0),
        Some(path) => {
            sink.push(1);
            path.encode(sink);
        }
    }
    identity
        .build_id
        .as_deref()
        .unwrap_or_default()
        .encode(sink);
}

pub(super) fn read(
    dump: &mut CoreDump<'_>,
    reader: &mut BinaryReader<'_>,
) -> Result<(), ReadError> {
    let start = reader.original_position();
    let identities = vector(reader, |reader| {
        let start = reader.original_position();
        match reader.read_u8()? {
            0 => Ok(None),
            1 => read_identity(reader).map(Some),
            _ => Err(ReadError::malformed(start, "no such kind of identity")),
        }
    })?;
    if identities.len() != dump.modules.len() {
        let message = format!(
            "identities of {} modules, but there are {}",
            identities.len(),
            dump.modules.len()
        );
        return Err(ReadError::malformed(start, message));
    }
    for (module, identity) in dump.modules.iter_mut().zip(identities) {
        module.identity = identity;
    }
    Ok(())
}

fn read_identity(reader: &mut BinaryReader<'_>) -> Result<ModuleIdentity, ReadError> {
    let mut hash = [0; 32];
    hash.copy_from_slice(reader.read_bytes(32)?);
    let size = reader.read_var_u64()?;
    let start = reader.original_position();
    let path = match reader.read_u8()? {
        0 => None,
        1 => Some(reader.read_unlimited_string()?.to_owned()),
        _ => return Err(ReadError::malformed(start, "no such kind of path")),
    };
    let length = reader.read_var_u32()? as usize;
    let build_id = reader.read_bytes(length)?.to_vec();
    Ok(ModuleIdentity {
        hash,
        size,
        path,
        build_id: (!build_id.is_empty()).then_some(build_id),
    })
}
