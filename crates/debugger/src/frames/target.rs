//! A frame of a guest that stands still, for what shows values.

use std::cell::OnceCell;
use std::fmt::Display;
use std::sync::Arc;
use trapline::{AsContext, DebugSession, Frame, FrameValue, Instance, Memory, Ref, Val};
use trapline_symbols::{Target, TargetError, WasmValue, demangle};

/// Reads a frame of a session that is stopped. What is asked for is read when it is first asked for.
pub struct FrameTarget<'g, 's, T: 'static> {
    session: &'g DebugSession<'s, T>,
    frame: Arc<Frame>,
    instance: Option<Instance>,
    memory: Option<Memory>,
    locals: OnceCell<Result<Vec<WasmValue>, TargetError>>,
    operands: OnceCell<Result<Vec<WasmValue>, TargetError>>,
}

impl<'g, 's, T: 'static> FrameTarget<'g, 's, T> {
    pub(crate) fn new(
        session: &'g DebugSession<'s, T>,
        frame: Arc<Frame>,
    ) -> FrameTarget<'g, 's, T> {
        let instance = frame.instance().ok().flatten();
        let memory = session
            .store()
            .ok()
            .and_then(|store| instance.as_ref()?.debug_memory(store, 0));
        FrameTarget {
            session,
            frame,
            instance,
            memory,
            locals: OnceCell::new(),
            operands: OnceCell::new(),
        }
    }

    /// How many operands are on the stack of the frame's function; none if they cannot be read.
    pub fn num_operands(&self) -> u32 {
        self.all_operands().as_ref().map_or(0, Vec::len) as u32
    }

    fn all_operands(&self) -> &Result<Vec<WasmValue>, TargetError> {
        self.operands
            .get_or_init(|| values(self.frame.operands(self.session)))
    }

    fn memory(&self) -> Result<&'g [u8], TargetError> {
        let store = self.session.store().map_err(told)?;
        let none = || TargetError("the module has no memory".to_owned());
        let memory = self.memory.as_ref().ok_or_else(none)?;
        Ok(memory.data(store))
    }

    fn instance(&self) -> Result<&Instance, TargetError> {
        let unknown =
            || TargetError("it is not known which instance of the module this is".to_owned());
        self.instance.as_ref().ok_or_else(unknown)
    }
}

impl<T: 'static> Target for FrameTarget<'_, '_, T> {
    fn read_memory(&self, address: u64, buffer: &mut [u8]) -> Result<(), TargetError> {
        let memory = self.memory()?;
        let range = usize::try_from(address).ok().and_then(|begin| {
            let end = begin.checked_add(buffer.len())?;
            memory.get(begin..end)
        });
        let bytes = range.ok_or_else(|| {
            TargetError(format!("cannot access memory at address {address:#x}"))
        })?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }

    fn memory_size(&self) -> u64 {
        self.memory().map_or(0, |memory| memory.len() as u64)
    }

    fn local(&self, index: u32) -> Result<WasmValue, TargetError> {
        let locals = self
            .locals
            .get_or_init(|| values(self.frame.locals(self.session)));
        nth(locals, index, "local")
    }

    fn operand(&self, index: u32) -> Result<WasmValue, TargetError> {
        nth(self.all_operands(), index, "operand")
    }

    fn global(&self, index: u32) -> Result<WasmValue, TargetError> {
        let store = self.session.store().map_err(told)?;
        let global = self.instance()?.debug_global(store, index);
        let none = || TargetError(format!("there is no global {index}"));
        let global = global.ok_or_else(none)?;
        Ok(wasm_value(&global.get(store)))
    }

    fn table_function(&self, index: u64) -> Option<String> {
        let store = self.session.store().ok()?;
        let table = self.instance.as_ref()?.debug_table(store, 0)?;
        let Ref::Func(Some(function)) = table.get(store, index)? else {
            return None;
        };
        function_name(store, &function)
    }
}

/// The readable name of a function of a guest.
fn function_name(store: impl AsContext, function: &trapline::Func) -> Option<String> {
    let (instance, index) = function.debug_definition(&store)?;
    let module = instance.module(&store);
    let name = module.function_name(index)?;
    Some(demangle(name).into_owned())
}

fn told(error: impl Display) -> TargetError {
    TargetError(error.to_string())
}

fn values(read: trapline::Result<Vec<FrameValue>>) -> Result<Vec<WasmValue>, TargetError> {
    let values = read.map_err(told)?;
    Ok(values.iter().map(|value| wasm_value(value.val())).collect())
}

fn nth(
    values: &Result<Vec<WasmValue>, TargetError>,
    index: u32,
    what: &str,
) -> Result<WasmValue, TargetError> {
    let values = values.as_ref().map_err(Clone::clone)?;
    let value = values.get(index as usize).copied();
    value.ok_or_else(|| TargetError(format!("there is no {what} {index}")))
}

/// A value of the engine for the debug information's expressions.
pub(crate) fn wasm_value(val: &Val) -> WasmValue {
    match val {
        Val::I32(number) => WasmValue::I32(*number as u32),
        Val::I64(number) => WasmValue::I64(*number as u64),
        Val::F32(bits) => WasmValue::F32(*bits),
        Val::F64(bits) => WasmValue::F64(*bits),
        Val::V128(bits) => WasmValue::V128(bits.as_u128()),
        _ => WasmValue::Reference,
    }
}
