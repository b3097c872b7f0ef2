//! Tables.
//!
//! ```text
//! trapline:tables ::= 0x00 vec(table) vec(vec(u32))   the tables; those of each instance
//! table           ::= vec(run)
//! run             ::= count:u64 value                 count is not zero
//! ```

use super::{indices, read_value, vector, write_value};
use crate::error::ReadError;
use crate::model::{CoreDump, Run, Table};
use wasm_encoder::Encode;
use wasmparser::BinaryReader;

pub(super) fn write(dump: &CoreDump<'_>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    dump.tables.len().encode(&mut bytes);
    for table in &dump.tables {
        table.runs.len().encode(&mut bytes);
        for run in &table.runs {
            run.count.encode(&mut bytes);
            write_value(&run.value, &mut bytes);
        }
    }
    dump.instances.len().encode(&mut bytes);
    for instance in &dump.instances {
        instance.tables.encode(&mut bytes);
    }
    let any = dump
        .instances
        .iter()
        .any(|instance| !instance.tables.is_empty());
    (any || !dump.tables.is_empty()).then_some(bytes)
}

pub(super) fn read(
    dump: &mut CoreDump<'_>,
    reader: &mut BinaryReader<'_>,
) -> Result<(), ReadError> {
    let instances = dump.instances.len();
    dump.tables = vector(reader, |reader| read_table(reader, instances))?;
    let start = reader.original_position();
    let of_instances = vector(reader, indices)?;
    if of_instances.len() != instances {
        let message = format!(
            "tables of {} instances, but there are {instances}",
            of_instances.len()
        );
        return Err(ReadError::malformed(start, message));
    }
    for (instance, tables) in dump.instances.iter_mut().zip(of_instances) {
        instance.tables = tables;
    }
    Ok(())
}

fn read_table(reader: &mut BinaryReader<'_>, instances: usize) -> Result<Table, ReadError> {
    let mut length = 0u64;
    let runs = vector(reader, |reader| {
        let start = reader.original_position();
        let count = reader.read_var_u64()?;
        let value = read_value(reader, instances)?;
        match length.checked_add(count) {
            Some(sum) if count > 0 => length = sum,
            _ => {
                return Err(ReadError::malformed(
                    start,
                    "a run of elements of no length",
                ));
            }
        }
        Ok(Run { count, value })
    })?;
    Ok(Table { runs })
}
