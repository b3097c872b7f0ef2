//! A frame of a guest that stands still, for what shows values.

use super::Machine;
use std::cell::{OnceCell, RefCell};
use std::fmt::Display;
use std::sync::Arc;
use trapline::{AsContext, DebugSession, Frame, FrameId, FrameValue, Instance, Memory, Ref, Val};
use trapline_symbols::{Target, TargetError, WasmValue, demangle};

/// Reads a frame of a session that is stopped, and writes what a guest has outside of frames. Locals and
/// operands are read when one is first asked for.
pub struct FrameTarget<'g, 's, T: 'static> {
    session: &'g RefCell<DebugSession<'s, T>>,
    frame: Arc<Frame>,
    instance: Option<Instance>,
    memory: Option<Memory>,
    locals: OnceCell<Result<Vec<WasmValue>, TargetError>>,
    operands: OnceCell<Result<Vec<WasmValue>, TargetError>>,
}

impl<'g, 's, T: 'static> FrameTarget<'g, 's, T> {
    pub(crate) fn new(
        session: &'g RefCell<DebugSession<'s, T>>,
        frame: Arc<Frame>,
    ) -> FrameTarget<'g, 's, T> {
        let instance = frame.instance().ok().flatten();
        let memory = {
            let session = session.borrow();
            let store = session.store().ok();
            store.and_then(|store| instance.as_ref()?.debug_memory(store, 0))
        };
        FrameTarget {
            session,
            frame,
            instance,
            memory,
            locals: OnceCell::new(),
            operands: OnceCell::new(),
        }
    }

    /// The instance that the frame's function runs for, if that is known.
    pub fn instance(&self) -> Option<&Instance> {
        self.instance.as_ref()
    }

    pub(super) fn session(&self) -> &'g RefCell<DebugSession<'s, T>> {
        self.session
    }

    fn all_locals(&self) -> &Result<Vec<WasmValue>, TargetError> {
        self.locals
            .get_or_init(|| values(self.frame.locals(&*self.session.borrow())))
    }

    fn all_operands(&self) -> &Result<Vec<WasmValue>, TargetError> {
        self.operands
            .get_or_init(|| values(self.frame.operands(&*self.session.borrow())))
    }

    fn memory(&self) -> Result<Memory, TargetError> {
        let none = || TargetError("the module has no memory".to_owned());
        self.memory.ok_or_else(none)
    }

    fn known_instance(&self) -> Result<&Instance, TargetError> {
        let unknown =
            || TargetError("it is not known which instance of the module this is".to_owned());
        self.instance.as_ref().ok_or_else(unknown)
    }
}

impl<T: 'static> Machine for FrameTarget<'_, '_, T> {
    fn num_locals(&self) -> u32 {
        self.all_locals().as_ref().map_or(0, Vec::len) as u32
    }

    fn num_operands(&self) -> u32 {
        self.all_operands().as_ref().map_or(0, Vec::len) as u32
    }

    fn num_globals(&self) -> u32 {
        let session = self.session.borrow();
        let known = session.store().ok().zip(self.instance.as_ref());
        let Some((store, instance)) = known else {
            return 0;
        };
        let globals = (0..).take_while(|index| instance.debug_global(store, *index).is_some());
        globals.count() as u32
    }

    fn memory_sizes(&self) -> Vec<u64> {
        let session = self.session.borrow();
        let known = session.store().ok().zip(self.instance.as_ref());
        let Some((store, instance)) = known else {
            return Vec::new();
        };
        let memories = (0..).map_while(|index| instance.debug_memory(store, index));
        memories
            .map(|memory| memory.data_size(store) as u64)
            .collect()
    }

    fn frame_id(&self) -> Option<FrameId> {
        self.frame.id().ok().flatten()
    }
}

impl<T: 'static> Target for FrameTarget<'_, '_, T> {
    fn read_memory(&self, address: u64, buffer: &mut [u8]) -> Result<(), TargetError> {
        let memory = self.memory()?;
        let session = self.session.borrow();
        let store = session.store().map_err(told)?;
        let bytes = part(memory.data(store), address, buffer.len());
        buffer.copy_from_slice(bytes.ok_or_else(|| no_memory(address))?);
        Ok(())
    }

    fn memory_size(&self) -> u64 {
        let session = self.session.borrow();
        let store = session.store().ok();
        let size = store
            .zip(self.memory)
            .map(|(store, memory)| memory.data_size(store));
        size.unwrap_or(0) as u64
    }

    fn local(&self, index: u32) -> Result<WasmValue, TargetError> {
        nth(self.all_locals(), index, "local")
    }

    fn operand(&self, index: u32) -> Result<WasmValue, TargetError> {
        nth(self.all_operands(), index, "operand")
    }

    fn global(&self, index: u32) -> Result<WasmValue, TargetError> {
        let session = self.session.borrow();
        let store = session.store().map_err(told)?;
        let global = self.known_instance()?.debug_global(store, index);
        Ok(wasm_value(
            &global.ok_or_else(|| no_global(index))?.get(store),
        ))
    }

    fn write_memory(&self, address: u64, bytes: &[u8]) -> Result<(), TargetError> {
        let memory = self.memory()?;
        let mut session = self.session.try_borrow_mut().map_err(told)?;
        let store = session.store_mut().map_err(told)?;
        let start = usize::try_from(address).map_err(|_| no_memory(address))?;
        memory
            .write(store, start, bytes)
            .map_err(|_| no_memory(address))
    }

    fn write_global(&self, index: u32, value: WasmValue) -> Result<(), TargetError> {
        let instance = self.known_instance()?;
        let mut session = self.session.try_borrow_mut().map_err(told)?;
        let store = session.store().map_err(told)?;
        let global = instance.debug_global(store, index);
        let global = global.ok_or_else(|| no_global(index))?;
        let value = val(value)?;
        global
            .set(session.store_mut().map_err(told)?, value)
            .map_err(told)
    }

    fn table_function(&self, index: u64) -> Option<String> {
        let session = self.session.borrow();
        let store = session.store().ok()?;
        let table = self.instance.as_ref()?.debug_table(store, 0)?;
        let Ref::Func(Some(function)) = table.get(store, index)? else {
            return None;
        };
        function_name(store, &function)
    }
}

/// A part of a memory, if it is all there.
fn part(memory: &[u8], address: u64, length: usize) -> Option<&[u8]> {
    let begin = usize::try_from(address).ok()?;
    memory.get(begin..begin.checked_add(length)?)
}

fn no_memory(address: u64) -> TargetError {
    TargetError(format!("cannot access memory at address {address:#x}"))
}

fn no_global(index: u32) -> TargetError {
    TargetError(format!("there is no global {index}"))
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

/// A value of the debug information's expressions for the engine.
pub(super) fn val(value: WasmValue) -> Result<Val, TargetError> {
    Ok(match value {
        WasmValue::I32(bits) => Val::I32(bits as i32),
        WasmValue::I64(bits) => Val::I64(bits as i64),
        WasmValue::F32(bits) => Val::F32(bits),
        WasmValue::F64(bits) => Val::F64(bits),
        WasmValue::V128(bits) => Val::V128(bits.into()),
        WasmValue::Reference => {
            return Err(TargetError("references cannot be written".to_owned()));
        }
    })
}
