//! A frame of a core dump, for what shows values.

use crate::frames::Machine;
use crate::modules::DebugModule;
use trapline_coredump::{CoreDump, Frame, Function, Instance, Memory, Value};
use trapline_symbols::{Target, TargetError, WasmValue};

/// Reads what a core dump has of a frame.
pub(super) struct DumpTarget<'g> {
    dump: &'g CoreDump<'static>,
    frame: Option<&'g Frame>,
    instance: Option<&'g Instance>,
    module: Option<&'g DebugModule>,
}

impl<'g> DumpTarget<'g> {
    pub(super) fn new(
        dump: &'g CoreDump<'static>,
        frame: Option<&'g Frame>,
        module: Option<&'g DebugModule>,
    ) -> DumpTarget<'g> {
        DumpTarget {
            dump,
            frame,
            instance: frame.and_then(|frame| dump.instances.get(frame.instance as usize)),
            module,
        }
    }

    fn memory(&self, index: usize) -> Option<&'g Memory<'static>> {
        let index = *self.instance?.memories.get(index)?;
        self.dump.memories.get(index as usize)
    }

    fn known_frame(&self) -> Result<&'g Frame, TargetError> {
        let frame = self.frame.filter(|frame| !frame.unknown_values);
        frame.ok_or_else(|| missing("the values of this frame".to_owned()))
    }
}

fn missing(what: String) -> TargetError {
    TargetError(format!("the core dump does not have {what}"))
}

/// The value in the words of debug information.
fn wasm_value(value: Option<&Value>, what: String) -> Result<WasmValue, TargetError> {
    Ok(match value {
        Some(Value::I32(number)) => WasmValue::I32(*number as u32),
        Some(Value::I64(number)) => WasmValue::I64(*number as u64),
        Some(Value::F32(bits)) => WasmValue::F32(*bits),
        Some(Value::F64(bits)) => WasmValue::F64(*bits),
        Some(Value::V128(bytes)) => WasmValue::V128(u128::from_le_bytes(*bytes)),
        Some(Value::FuncRef(_) | Value::ExternRef(_) | Value::ExnRef(_)) => WasmValue::Reference,
        Some(Value::Missing) | None => return Err(missing(what)),
    })
}

impl Machine for DumpTarget<'_> {
    fn num_locals(&self) -> u32 {
        self.known_frame()
            .map_or(0, |frame| frame.locals.len() as u32)
    }

    fn num_operands(&self) -> u32 {
        self.known_frame()
            .map_or(0, |frame| frame.operands.len() as u32)
    }

    fn num_globals(&self) -> u32 {
        self.instance
            .map_or(0, |instance| instance.globals.len() as u32)
    }

    fn memory_sizes(&self) -> Vec<u64> {
        let memories = (0..).map_while(|index| self.memory(index));
        memories
            .map(|memory| memory.ty().byte_len().unwrap_or(0))
            .collect()
    }
}

impl Target for DumpTarget<'_> {
    fn read_memory(&self, address: u64, buffer: &mut [u8]) -> Result<(), TargetError> {
        let memory = self
            .memory(0)
            .ok_or_else(|| missing("the memory".to_owned()))?;
        memory
            .read(address, buffer)
            .map_err(|_| TargetError(format!("cannot access memory at address {address:#x}")))
    }

    fn memory_size(&self) -> u64 {
        self.memory(0)
            .and_then(|memory| memory.ty().byte_len())
            .unwrap_or(0)
    }

    fn local(&self, index: u32) -> Result<WasmValue, TargetError> {
        let value = self.known_frame()?.locals.get(index as usize);
        wasm_value(value, format!("local {index}"))
    }

    fn operand(&self, index: u32) -> Result<WasmValue, TargetError> {
        let value = self.known_frame()?.operands.get(index as usize);
        wasm_value(value, format!("operand {index}"))
    }

    fn global(&self, index: u32) -> Result<WasmValue, TargetError> {
        let global = self.instance.and_then(|instance| {
            let index = *instance.globals.get(index as usize)?;
            self.dump.globals.get(index as usize)
        });
        wasm_value(
            global.map(|global| &global.value),
            format!("global {index}"),
        )
    }

    fn write_memory(&self, _: u64, _: &[u8]) -> Result<(), TargetError> {
        Err(TargetError("a core dump cannot be changed".to_owned()))
    }

    fn write_global(&self, _: u32, _: WasmValue) -> Result<(), TargetError> {
        Err(TargetError("a core dump cannot be changed".to_owned()))
    }

    fn table_function(&self, index: u64) -> Option<String> {
        let table = *self.instance?.tables.first()?;
        let value = self.dump.tables.get(table as usize)?.get(index)?;
        let Value::FuncRef(Some(Function::Guest { instance, function })) = value else {
            return None;
        };
        let own = self.frame?.instance == instance;
        let module = self.module.filter(|_| own)?;
        Some(module.function_name(function))
    }
}
