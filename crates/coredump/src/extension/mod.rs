//! The sections that the convention does not have.
//!
//! Each file has the grammar of one, and how it is written and read. All of them begin with a byte
//! that is zero, to be another number if a section's contents change.

mod modules;
mod tables;
mod threads;
mod values;

use crate::error::ReadError;
use crate::model::CoreDump;
use crate::value::{Function, Value};
use wasm_encoder::Encode;
use wasmparser::BinaryReader;

/// One of the sections.
pub(crate) struct Extension {
    /// The name of the custom section.
    pub name: &'static str,
    /// What is in it, after the zero; `None` if there is nothing to say.
    pub write: fn(&CoreDump<'_>) -> Option<Vec<u8>>,
    /// Reads that into a dump whose other parts are there.
    pub read: fn(&mut CoreDump<'_>, &mut BinaryReader<'_>) -> Result<(), ReadError>,
}

/// All of them, in the order in which they are written and read.
pub(crate) const EXTENSIONS: [Extension; 5] = [
    Extension {
        name: "trapline:reason",
        write: |dump| {
            let mut bytes = Vec::new();
            dump.reason.as_ref()?.encode(&mut bytes);
            Some(bytes)
        },
        read: |dump, reader| {
            dump.reason = Some(reader.read_unlimited_string()?.to_owned());
            Ok(())
        },
    },
    Extension {
        name: "trapline:modules",
        write: modules::write,
        read: modules::read,
    },
    Extension {
        name: "trapline:threads",
        write: threads::write,
        read: threads::read,
    },
    Extension {
        name: "trapline:values",
        write: values::write,
        read: values::read,
    },
    Extension {
        name: "trapline:tables",
        write: tables::write,
        read: tables::read,
    },
];

impl Extension {
    /// The contents of the section, if there is to be one.
    pub(crate) fn contents(&self, dump: &CoreDump<'_>) -> Option<Vec<u8>> {
        let mut contents = vec![0];
        contents.extend((self.write)(dump)?);
        Some(contents)
    }

    /// Reads the contents of the section.
    pub(crate) fn apply(
        &self,
        dump: &mut CoreDump<'_>,
        mut reader: BinaryReader<'_>,
    ) -> Result<(), ReadError> {
        let start = reader.original_position();
        let version = reader.read_u8()?;
        if version != 0 {
            let message = format!(
                "the section `{}` is of version {version}, which is not known here",
                self.name
            );
            return Err(ReadError::malformed(start, message));
        }
        (self.read)(dump, &mut reader)?;
        if !reader.eof() {
            let message = format!("there is more in the section `{}` than it says", self.name);
            return Err(ReadError::malformed(reader.original_position(), message));
        }
        Ok(())
    }
}

/// Reads a vector. Room is made only for what is there, however many there are said to be; `item`
/// must consume something.
pub(crate) fn vector<'b, T>(
    reader: &mut BinaryReader<'b>,
    mut item: impl FnMut(&mut BinaryReader<'b>) -> Result<T, ReadError>,
) -> Result<Vec<T>, ReadError> {
    let mut items = Vec::new();
    for _ in 0..reader.read_var_u32()? {
        items.push(item(reader)?);
    }
    Ok(items)
}

pub(crate) fn indices(reader: &mut BinaryReader<'_>) -> Result<Vec<u32>, ReadError> {
    vector(reader, |reader| Ok(reader.read_var_u32()?))
}

/// Values as the convention has them, and:
///
/// ```text
/// value ::= ...
///         | 0x7B b:byte^16            => v128, lane 0 first
///         | 0x70 r:func               => funcref
///         | 0x6F r:ref                => externref
///         | 0x69 r:ref                => exnref
/// func  ::= 0x00                      => null
///         | 0x01 instance:u32 func:u32
///         | 0x02                      => a function of the host
/// ref   ::= 0x00                      => null
///         | 0x01 number:u32
/// ```
pub(crate) fn write_value(value: &Value, sink: &mut Vec<u8>) {
    match value {
        Value::Missing => sink.push(0x01),
        Value::I32(number) => {
            sink.push(0x7f);
            number.encode(sink);
        }
        Value::I64(number) => {
            sink.push(0x7e);
            number.encode(sink);
        }
        Value::F32(bits) => {
            sink.push(0x7d);
            sink.extend(bits.to_le_bytes());
        }
        Value::F64(bits) => {
            sink.push(0x7c);
            sink.extend(bits.to_le_bytes());
        }
        Value::V128(bytes) => {
            sink.push(0x7b);
            sink.extend(bytes);
        }
        Value::FuncRef(function) => {
            sink.push(0x70);
            match function {
                None => sink.push(0),
                Some(Function::Guest { instance, function }) => {
                    sink.push(1);
                    instance.encode(sink);
                    function.encode(sink);
                }
                Some(Function::Host) => sink.push(2),
            }
        }
        Value::ExternRef(number) => write_reference(0x6f, *number, sink),
        Value::ExnRef(number) => write_reference(0x69, *number, sink),
    }
}

fn write_reference(kind: u8, number: Option<u32>, sink: &mut Vec<u8>) {
    sink.push(kind);
    match number {
        None => sink.push(0),
        Some(number) => {
            sink.push(1);
            number.encode(sink);
        }
    }
}

/// Reads a value. `instances` is how many instances there are.
pub(crate) fn read_value(
    reader: &mut BinaryReader<'_>,
    instances: usize,
) -> Result<Value, ReadError> {
    let start = reader.original_position();
    Ok(match reader.read_u8()? {
        0x01 => Value::Missing,
        0x7f => Value::I32(reader.read_var_i32()?),
        0x7e => Value::I64(reader.read_var_i64()?),
        0x7d => Value::F32(reader.read_f32()?.bits()),
        0x7c => Value::F64(reader.read_f64()?.bits()),
        0x7b => {
            let mut bytes = [0; 16];
            bytes.copy_from_slice(reader.read_bytes(16)?);
            Value::V128(bytes)
        }
        0x70 => Value::FuncRef(match reader.read_u8()? {
            0 => None,
            1 => {
                let (instance, function) = (reader.read_var_u32()?, reader.read_var_u32()?);
                if instance as usize >= instances {
                    let message = format!("a function of instance {instance}, which is not there");
                    return Err(ReadError::malformed(start, message));
                }
                Some(Function::Guest { instance, function })
            }
            2 => Some(Function::Host),
            _ => return Err(ReadError::malformed(start, "no such function reference")),
        }),
        0x6f => Value::ExternRef(read_reference(reader)?),
        0x69 => Value::ExnRef(read_reference(reader)?),
        kind => {
            let message = format!("no kind of value is {kind:#04x}");
            return Err(ReadError::malformed(start, message));
        }
    })
}

fn read_reference(reader: &mut BinaryReader<'_>) -> Result<Option<u32>, ReadError> {
    let start = reader.original_position();
    match reader.read_u8()? {
        0 => Ok(None),
        1 => Ok(Some(reader.read_var_u32()?)),
        _ => Err(ReadError::malformed(start, "no such reference")),
    }
}
