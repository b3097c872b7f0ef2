//! Values that the convention has no form for: vectors and references.
//!
//! ```text
//! trapline:values ::= 0x00 vec(entry)
//! entry           ::= 0x00 global:u32 value
//!                   | 0x01 thread:u32 frame:u32 local:u32 value
//!                   | 0x02 thread:u32 frame:u32 operand:u32 value
//! ```
//!
//! In its own place such a value is missing, or is null if it is a global's.

use super::{read_value, vector, write_value};
use crate::error::ReadError;
use crate::model::CoreDump;
use crate::value::Value;
use wasm_encoder::Encode;
use wasmparser::BinaryReader;

const GLOBAL: u8 = 0;
const LOCAL: u8 = 1;
const OPERAND: u8 = 2;

pub(super) fn write(dump: &CoreDump<'_>) -> Option<Vec<u8>> {
    let mut count = 0u32;
    let mut entries = Vec::new();
    let mut entry = |kind: u8, place: &[u32], value: &Value| {
        count += 1;
        entries.push(kind);
        place.iter().for_each(|index| index.encode(&mut entries));
        write_value(value, &mut entries);
    };
    for (index, global) in (0u32..).zip(&dump.globals) {
        // The section of globals has room for vectors.
        if is_reference(&global.value) {
            entry(GLOBAL, &[index], &global.value);
        }
    }
    for (thread, stack) in (0u32..).zip(&dump.threads) {
        for (frame, values) in (0u32..).zip(&stack.frames) {
            for (kind, values) in [(LOCAL, &values.locals), (OPERAND, &values.operands)] {
                for (index, value) in (0u32..).zip(values) {
                    if is_reference(value) || matches!(value, Value::V128(_)) {
                        entry(kind, &[thread, frame, index], value);
                    }
                }
            }
        }
    }
    let mut bytes = Vec::new();
    count.encode(&mut bytes);
    bytes.append(&mut entries);
    (count > 0).then_some(bytes)
}

fn is_reference(value: &Value) -> bool {
    matches!(
        value,
        Value::FuncRef(_) | Value::ExternRef(_) | Value::ExnRef(_)
    )
}

pub(super) fn read(
    dump: &mut CoreDump<'_>,
    reader: &mut BinaryReader<'_>,
) -> Result<(), ReadError> {
    let instances = dump.instances.len();
    vector(reader, |reader| {
        let start = reader.original_position();
        let kind = reader.read_u8()?;
        let place = match kind {
            GLOBAL => {
                let index = reader.read_var_u32()? as usize;
                dump.globals.get_mut(index).map(|global| &mut global.value)
            }
            LOCAL | OPERAND => {
                let thread = reader.read_var_u32()? as usize;
                let frame = reader.read_var_u32()? as usize;
                let index = reader.read_var_u32()? as usize;
                let thread = dump.threads.get_mut(thread);
                thread
                    .and_then(|thread| thread.frames.get_mut(frame))
                    .and_then(|frame| match kind {
                        LOCAL => frame.locals.get_mut(index),
                        _ => frame.operands.get_mut(index),
                    })
            }
            _ => return Err(ReadError::malformed(start, "no such place of a value")),
        };
        let Some(place) = place.filter(|place| **place == Value::Missing) else {
            return Err(ReadError::malformed(start, "a value where none is missing"));
        };
        *place = read_value(reader, instances)?;
        Ok(())
    })?;
    Ok(())
}
