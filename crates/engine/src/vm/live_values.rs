//! The locals and operands of a guest that stands still.
//!
//! Where they are is known for each function from its translation
//! ([`trapline_compile::observe`]); what is there is read from the stack and the store.

use super::func_ref::FuncPtr;
use super::instance::InstanceItem;
use super::live_frames::{FrameRef, GuestFrame, Version};
use super::raw_val::RawVal;
use super::store::StoreOpaque;
use super::values::load_val;
use crate::api::Val;
use crate::error::{Error, Result};
use std::sync::Arc;
use trapline_compile::layout::WASM_PAGE_SIZE;
use trapline_compile::observe::{
    Callee, FrameReader, FrameValue, FunctionStates, Progress, ReadError, StoppedFrame,
};
use trapline_compile::types::{FuncIndex, GlobalIndex, MemoryIndex, TableIndex};

/// The bytes of a word of the stack.
const WORD: u32 = 8;

/// A frame of a guest that stands still, to be read.
pub(crate) struct LiveValues<'s> {
    frame: &'s FrameRef,
    guest: &'s GuestFrame,
    store: &'s StoreOpaque,
    version: &'s Version,
    /// The address of the part of the frame that can be read.
    area: usize,
    states: Arc<FunctionStates>,
}

impl<'s> LiveValues<'s> {
    /// Prepares for reading a frame of a guest that runs in `store`, and whose stop `version` tells.
    pub fn new(
        frame: &'s FrameRef,
        store: &'s StoreOpaque,
        version: &'s Version,
    ) -> Result<LiveValues<'s>> {
        let guest = frame.guest()?;
        let function = guest.live.function;
        let compiled = guest.module.compiled();
        let distance = compiled.frame_area(function).ok_or(Error::NotObserved)?;
        let fp = guest.live.fp.ok_or(Error::NoFrameYet)?;
        Ok(LiveValues {
            frame,
            guest,
            store,
            version,
            area: fp.wrapping_sub(distance as usize),
            states: guest.module.states(function)?,
        })
    }

    /// Reads the frame where it stands: in a call, at an instruction that has trapped, or at a
    /// point.
    pub fn reader(&self) -> Result<FrameReader<'_>> {
        let live = &self.guest.live;
        let module = self.guest.module.compiled();
        let wasm_pc = live.wasm_pc.ok_or(Error::NoFrameYet)?;
        // The stack has overflowed ahead of all operators, while the frame was being made.
        if module.info().bodies[live.function].start == wasm_pc {
            return Err(Error::NoFrameYet);
        }
        // A call that has overflowed the stack has begun, though it is no place that traps.
        let interrupted = |at| module.trap_at(at).is_some() || module.point_at(at).is_some();
        let calling = live.at_call || !interrupted(live.text_offset);
        let reader = if calling && self.states.in_call(wasm_pc).is_some() {
            FrameReader::in_call(module, &self.states, self, wasm_pc)
        } else {
            FrameReader::at_trap(module, &self.states, self, wasm_pc)
        };
        reader.map_err(unreadable)
    }

    /// Where the frame is if it goes past its operator on paper, and how far it has been read there;
    /// `None` if the machine must run it. It may have been read as far as it is now.
    pub fn following(&self, read: Option<Progress>) -> Result<Option<(u32, Progress)>> {
        let live = &self.guest.live;
        let module = self.guest.module.compiled();
        if live.at_call || module.point_at(live.text_offset).is_none() {
            return Ok(None);
        }
        if self.states.frame_map().has_reference() {
            // The machine has a point at each operator.
            return Ok(None);
        }
        let mut reader = self.reader_from(read)?;
        match reader.step() {
            Ok(()) => Ok(reader
                .wasm_pc()
                .map(|following| (following, reader.into_progress()))),
            Err(ReadError::NoOperator(_) | ReadError::Traps { .. }) => Ok(None),
            Err(error) => Err(unreadable(error)),
        }
    }

    /// Has the frame, which is at a point or beyond it on paper, come to an operator behind that in the
    /// same region, without the machine. Returns how far it has been read there; `None` if it does
    /// not come there.
    pub fn come_to(&self, wasm_pc: u32, read: Option<Progress>) -> Result<Option<Progress>> {
        let mut reader = self.reader_from(read)?;
        while reader.wasm_pc().is_some_and(|now| now < wasm_pc) {
            match reader.step() {
                Ok(()) => {}
                Err(ReadError::NoOperator(_) | ReadError::Traps { .. }) => return Ok(None),
                Err(error) => return Err(unreadable(error)),
            }
        }
        let is_there = reader.wasm_pc() == Some(wasm_pc);
        Ok(is_there.then(|| reader.into_progress()))
    }

    fn reader_from(&self, read: Option<Progress>) -> Result<FrameReader<'_>> {
        let module = self.guest.module.compiled();
        match read {
            Some(read) => Ok(FrameReader::resume(module, &self.states, self, read)),
            None => self.reader(),
        }
    }

    /// What the frame has computed and does not hold: what is read of it follows from what memories,
    /// globals and tables hold.
    pub fn computed(&self) -> Result<Computed> {
        let reader = self.reader()?;
        let operands = (0..reader.num_operands())
            .map(|index| reader.operand(index))
            .collect::<Result<_, _>>();
        let locals = reader
            .computed_locals()
            .map(|index| Ok((index, reader.local(index)?)))
            .collect::<Result<_, _>>();
        Ok(Computed {
            wasm_pc: reader.wasm_pc(),
            operands: operands.map_err(unreadable)?,
            locals: locals.map_err(unreadable)?,
        })
    }

    /// Compares everything with the reference, if the code keeps one. Returns how many values there
    /// are.
    pub fn compare_with_reference(&self) -> Result<u64> {
        let reader = self.reader()?;
        let map = self.states.frame_map();
        let mut count = 0;
        let mut compare = |what: &str, index, value: FrameValue, offset: Option<u32>| {
            let missing = || Error::UnreadableFrame("it keeps no reference".to_owned());
            let bits = self.area(offset.ok_or_else(missing)?, value.size());
            let expected = bits.ok_or_else(missing)?;
            count += 1;
            if (expected ^ value.bits) & !value.doubt == 0 {
                return Ok(());
            }
            let (ty, bits) = (value.ty, value.bits);
            let wasm_pc = self.guest.live.wasm_pc.unwrap_or_default();
            Err(Error::UnreadableFrame(format!(
                "at {wasm_pc:#x}, {what} {index}: {ty} is {expected:#x} and was read as {bits:#x}"
            )))
        };
        for index in 0..reader.num_locals() {
            let value = reader.local(index).map_err(unreadable)?;
            compare("local", index, value, map.reference_local(index))?;
        }
        for index in 0..reader.num_operands() {
            let value = reader.operand(index).map_err(unreadable)?;
            compare("operand", index, value, map.reference_slot(index))?;
        }
        Ok(count)
    }

    /// A value for the embedder, if it belongs to the frame.
    pub fn val(&self, value: FrameValue) -> Result<Val> {
        let raw = RawVal::from_u128(value.bits);
        // SAFETY: the bits were read as a value of that type where the guest, which runs in this
        // store and stands still, keeps one, or would have one when it comes to it.
        Ok(unsafe { load_val(self.store, value.ty, raw) })
    }

    /// The instance that defines the function which the frame is about to call, and its index there.
    /// `None` if the host does, or if the call traps.
    pub fn callee(&self, callee: Callee) -> Result<Option<(u32, FuncIndex)>> {
        let instance = self.instance_item().ok_or(Error::NotObserved)?;
        let topmost = || -> Result<u128> {
            let reader = self.reader()?;
            let topmost = reader.num_operands().wrapping_sub(1);
            Ok(reader.operand(topmost).map_err(unreadable)?.bits)
        };
        let raw = match callee {
            Callee::Function(func) => {
                return Ok(self.store.callee_definition(&instance.callee(func)));
            }
            Callee::Element(table) => {
                let element = topmost()? as u64;
                StoppedFrame::element(self, table, element).unwrap_or_default()
            }
            Callee::Reference => topmost()?,
        };
        // SAFETY: it is the function reference that the guest, which runs in this store, is about to
        // call.
        let func = unsafe { FuncPtr::from_raw(raw as u64) };
        Ok(func.and_then(|func| self.store.definition(func)))
    }

    fn instance_item(&self) -> Option<&InstanceItem> {
        self.store.instances.get(self.guest.instance? as usize)
    }
}

/// What a frame has computed at some place.
pub(crate) struct Computed {
    /// The place.
    wasm_pc: Option<u32>,
    operands: Vec<FrameValue>,
    locals: Vec<(u32, FrameValue)>,
}

impl Computed {
    /// What was computed otherwise by now, in words; `None` if nothing was.
    pub fn difference(&self, now: &Computed) -> Option<String> {
        if now.wasm_pc != self.wasm_pc {
            let wasm_pc = now.wasm_pc.unwrap_or_default();
            return Some(format!("what the operator at {wasm_pc:#x} has done"));
        }
        let mut operands = self.operands.iter().zip(&now.operands);
        let mut locals = self.locals.iter().zip(&now.locals);
        let operand = operands.position(|(before, now)| before != now);
        let local = locals.find(|(before, now)| before != now);
        let operand = operand.map(|index| format!("operand {index}"));
        operand.or_else(|| local.map(|((index, _), _)| format!("local {index}")))
    }
}

/// Why a frame cannot be read, for the embedder.
pub(crate) fn unreadable(error: ReadError) -> Error {
    Error::UnreadableFrame(error.to_string())
}

impl StoppedFrame for LiveValues<'_> {
    fn area(&self, offset: u32, len: u32) -> Option<u128> {
        let address = self.area.checked_add(offset as usize)?;
        let first = address - address % WORD as usize;
        let shift = 8 * (address - first) as u32;
        let words = (shift / 8 + len).div_ceil(WORD);
        let mut bits = 0;
        for word in 0..words {
            let address = first + (word * WORD) as usize;
            let read = self.frame.read_word(self.version, address).ok()?;
            bits |= u128::from(read).checked_shl(64 * word)?;
        }
        let unused = 128 - 8 * len;
        Some((bits >> shift) << unused >> unused)
    }

    fn global(&self, index: GlobalIndex) -> Option<u128> {
        let instance = self.instance_item()?;
        let is_there = instance.module.info().globals.is_valid(index);
        is_there.then(|| instance.vmctx.global(index).get().as_u128())
    }

    fn memory(&self, index: MemoryIndex, address: u64, len: u32) -> Option<u128> {
        let instance = self.instance_item()?;
        let is_there = instance.module.info().memories.is_valid(index);
        let memory = is_there.then(|| instance.vmctx.memory(index))?;
        let start = usize::try_from(address).ok()?;
        // SAFETY: the guest stands still, and the store is borrowed.
        let bytes = unsafe { memory.as_slice() };
        let bytes = bytes.get(start..start.checked_add(len as usize)?)?;
        let mut value = [0; 16];
        value.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(u128::from_le_bytes(value))
    }

    fn memory_size(&self, index: MemoryIndex) -> Option<u64> {
        let instance = self.instance_item()?;
        let is_there = instance.module.info().memories.is_valid(index);
        is_there.then(|| instance.vmctx.memory(index).byte_len() / WASM_PAGE_SIZE)
    }

    fn element(&self, index: TableIndex, element: u64) -> Option<u128> {
        let instance = self.instance_item()?;
        let is_there = instance.module.info().tables.is_valid(index);
        let table = is_there.then(|| instance.vmctx.table(index))?;
        table.get(element).map(u128::from)
    }

    fn table_size(&self, index: TableIndex) -> Option<u64> {
        let instance = self.instance_item()?;
        let is_there = instance.module.info().tables.is_valid(index);
        is_there.then(|| instance.vmctx.table(index).size())
    }

    fn function(&self, index: u32) -> Option<u128> {
        let instance = self.instance_item()?;
        let index = FuncIndex::from_u32(index);
        let function = instance.module.info().functions.get(index)?;
        let reference = instance.vmctx.func_ref(function.func_ref.expand()?);
        Some(reference.as_ptr().expose_provenance() as u128)
    }
}
