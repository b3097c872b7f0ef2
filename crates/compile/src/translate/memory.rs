//! Loads and stores, size and growth of linear memories.
//!
//! A 32-bit memory has address space for every address reserved, and a guard zone behind it. So
//! an access whose constant offset is no larger than the guard zone needs no check: it is in
//! bounds, or faults. Other accesses compare their end with the memory's length.

use super::access::Access;
use super::effects::Effect;
use super::function::FunctionTranslator;
use crate::abi::value_type;
use crate::builtins::Builtin;
use crate::layout::{MEMORY_GUARD, Place, WASM_PAGE_SIZE, memory};
use crate::trap::TrapKind;
use crate::types::{MemoryIndex, ValType};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, InstructionData, Opcode, Type, Value, types};
use wasmparser::{MemArg, MemArgTarget};

/// A linear memory, as the function at hand knows it.
#[derive(Clone, Copy)]
pub(super) struct Memory {
    /// Address of its first byte.
    base: Value,
    /// Where its record lies: an address and an offset from it.
    record: (Value, u32),
}

/// Sums of a memory's base and an index that were made in the block under construction.
///
/// Code often accesses several fields of one record, or reads one and then writes it. The
/// optimizer would find the equal sums, but it takes longer than not to make them.
#[derive(Default)]
pub(super) struct Sums {
    entries: [Option<Sum>; 16],
    /// Counts the blocks that were begun, in all functions.
    block: u32,
}

#[derive(Clone, Copy)]
struct Sum {
    block: u32,
    base: Value,
    index: Value,
    value: Value,
}

impl Sums {
    /// To be called when code goes on in another block: what was made is not known there.
    pub fn enter_block(&mut self) {
        match self.block.checked_add(1) {
            Some(next) => self.block = next,
            None => *self = Sums::default(),
        }
    }

    fn get(&self, base: Value, index: Value) -> Option<Value> {
        let sum = self.entries[Self::slot(index)]?;
        let same = (sum.block, sum.base, sum.index) == (self.block, base, index);
        same.then_some(sum.value)
    }

    fn insert(&mut self, base: Value, index: Value, value: Value) {
        let block = self.block;
        self.entries[Self::slot(index)] = Some(Sum {
            block,
            base,
            index,
            value,
        });
    }

    fn slot(index: Value) -> usize {
        index.as_u32() as usize % 16
    }
}

/// An address in a linear memory: in bounds, or one that faults.
#[derive(Clone, Copy)]
pub(super) struct Address {
    pub access: Access,
    pub memory: MemoryIndex,
    pub base: Value,
    pub offset: i32,
}

impl FunctionTranslator<'_> {
    fn memory(&mut self, index: MemoryIndex) -> Memory {
        if let Some(memory) = self.state.memories.get(index) {
            return memory;
        }
        let memory = match self.env.layout.memory(index) {
            Place::Own(offset) => Memory {
                base: self.load_at_entry(self.vmctx, offset + memory::BASE),
                record: (self.vmctx, offset),
            },
            Place::Imported(pointer) => {
                let record = self.load_at_entry(self.vmctx, pointer);
                Memory {
                    base: self.load_at_entry(record, memory::BASE),
                    record: (record, 0),
                }
            }
        };
        self.state.memories.insert(index, memory)
    }

    /// The size of a memory in bytes.
    fn memory_length(&mut self, index: MemoryIndex) -> Value {
        let (record, offset) = self.memory(index).record;
        let offset = (offset + memory::LENGTH) as i32;
        self.emit_load(
            Opcode::Load,
            types::I64,
            Access::MemoryLength,
            record,
            offset,
        )
    }

    /// Pops an index and turns it into the address of an access of `size` bytes. `None` if that
    /// always traps, and then code after it is unreachable.
    pub(super) fn pop_address(&mut self, memarg: &MemArg, size: u32) -> Option<Address> {
        let MemArgTarget::Memory(memory) = memarg.target else {
            unreachable!("memory accesses are validated not to be to arrays");
        };
        let memory = MemoryIndex::from_u32(memory);
        let index = self.pop();
        let (base, offset) = if self.env.info.memories[memory].index64 {
            self.checked_address64(memory, index, memarg.offset, size)?
        } else if memarg.offset + u64::from(size) <= MEMORY_GUARD {
            self.guarded_address(memory, index, memarg.offset as i32, size)
        } else {
            self.checked_address32(memory, index, memarg.offset, size)
        };
        Some(Address {
            access: self.heap_access(memory),
            memory,
            base,
            offset,
        })
    }

    /// The address of an access to a 32-bit memory, as a base and an offset from it, that needs no
    /// check: all of it lies no further than the guard zone reaches.
    pub(super) fn guarded_address(
        &mut self,
        memory: MemoryIndex,
        index: Value,
        offset: i32,
        size: u32,
    ) -> (Value, i32) {
        let base = self.memory(memory).base;
        // A constant index becomes part of the offset if all of the access can be reached so.
        if let Some(index) = self.known_constant(index)
            && let sum = i64::from(index) + i64::from(offset)
            && sum + i64::from(size) <= i64::from(i32::MAX)
        {
            return (base, sum as i32);
        }
        if let Some(sum) = self.state.sums.get(base, index) {
            return (sum, offset);
        }
        let wide = self.extend_index(index, false);
        let sum = self.builder.ins().iadd(base, wide);
        self.state.sums.insert(base, index, sum);
        (sum, offset)
    }

    /// The value of a 32-bit integer if it is a constant, zero-extended.
    pub(super) fn known_constant(&self, value: Value) -> Option<u32> {
        let dfg = &self.builder.func.dfg;
        match dfg.insts[dfg.value_def(value).inst()?] {
            InstructionData::UnaryImm {
                opcode: Opcode::Iconst,
                imm,
            } => Some(imm.bits() as u32),
            _ => None,
        }
    }

    /// Sums of an index and an offset, both below 2^32, do not overflow.
    fn checked_address32(
        &mut self,
        memory: MemoryIndex,
        index: Value,
        offset: u64,
        size: u32,
    ) -> (Value, i32) {
        let index = self.extend_index(index, false);
        let end = self
            .builder
            .ins()
            .iadd_imm_s(index, (offset + u64::from(size)) as i64);
        let length = self.memory_length(memory);
        let outside = self
            .builder
            .ins()
            .icmp(IntCC::UnsignedGreaterThan, end, length);
        self.builder
            .ins()
            .trapnz(outside, TrapKind::MemoryOutOfBounds.code());
        self.add_offset(memory, index, offset)
    }

    fn checked_address64(
        &mut self,
        memory: MemoryIndex,
        index: Value,
        offset: u64,
        size: u32,
    ) -> Option<(Value, i32)> {
        let trap = TrapKind::MemoryOutOfBounds;
        let Some(reach) = offset.checked_add(u64::from(size)) else {
            self.trap(trap);
            return None;
        };
        let length = self.memory_length(memory);
        let minimum = self.env.info.memories[memory]
            .minimum
            .saturating_mul(WASM_PAGE_SIZE);
        let outside = if reach <= minimum {
            // The memory is always that large, so this does not wrap around.
            let last = self
                .builder
                .ins()
                .iadd_imm_s(length, (reach as i64).wrapping_neg());
            self.builder
                .ins()
                .icmp(IntCC::UnsignedGreaterThan, index, last)
        } else {
            let reach = self.builder.ins().iconst(types::I64, reach as i64);
            let end = self
                .builder
                .ins()
                .uadd_overflow_trap(index, reach, trap.code());
            self.builder
                .ins()
                .icmp(IntCC::UnsignedGreaterThan, end, length)
        };
        self.builder.ins().trapnz(outside, trap.code());
        Some(self.add_offset(memory, index, offset))
    }

    fn add_offset(&mut self, memory: MemoryIndex, index: Value, offset: u64) -> (Value, i32) {
        let base = self.memory(memory).base;
        let address = self.builder.ins().iadd(base, index);
        match i32::try_from(offset) {
            Ok(offset) => (address, offset),
            Err(_) => (self.builder.ins().iadd_imm_s(address, offset as i64), 0),
        }
    }

    /// A load operator: `size` bytes become a value of type `ty`.
    pub(super) fn load(&mut self, memarg: &MemArg, opcode: Opcode, ty: ValType, size: u32) {
        if let Some(value) = self.load_as(memarg, opcode, value_type(ty), size) {
            self.push(value, ty);
        }
    }

    /// Pops an address and loads from it, unless that always traps. `ty` is the type of the
    /// result.
    pub(super) fn load_as(
        &mut self,
        memarg: &MemArg,
        opcode: Opcode,
        ty: Type,
        size: u32,
    ) -> Option<Value> {
        let Address {
            access,
            base,
            offset,
            ..
        } = self.pop_address(memarg, size)?;
        self.memory_read();
        Some(self.emit_load(opcode, ty, access, base, offset))
    }

    /// A store operator: the low `size` bytes of the value on top of the stack are written.
    pub(super) fn store(&mut self, memarg: &MemArg, opcode: Opcode, size: u32) {
        let value = self.pop();
        self.store_value(memarg, opcode, value, size);
    }

    /// Pops an address and stores a value there, unless that always traps.
    pub(super) fn store_value(&mut self, memarg: &MemArg, opcode: Opcode, value: Value, size: u32) {
        if let Some(Address {
            access,
            memory,
            base,
            offset,
        }) = self.pop_address(memarg, size)
        {
            self.emit_store(opcode, access, value, base, offset);
            self.effect(Effect::Store(memory));
        }
    }

    pub(super) fn memory_size(&mut self, memory: MemoryIndex) {
        let length = self.memory_length(memory);
        let shift = WASM_PAGE_SIZE.trailing_zeros();
        let pages = self.builder.ins().ushr_imm_s(length, i64::from(shift));
        let index64 = self.env.info.memories[memory].index64;
        self.push_index(pages, index64);
    }

    pub(super) fn memory_grow(&mut self, memory: MemoryIndex) {
        let index64 = self.env.info.memories[memory].index64;
        let pages = self.pop();
        let pages = self.extend_index(pages, index64);
        let number = self
            .builder
            .ins()
            .iconst(types::I32, i64::from(memory.as_u32()));
        let before = self.call_builtin(Builtin::MemoryGrow, &[number, pages]);
        self.effect(Effect::MemoryGrow(memory));
        self.push_index(before, index64);
        self.fresh_operands(1);
    }

    /// Pushes a size in 64 bits, or -1, as one of the memory's or table's width.
    pub(super) fn push_index(&mut self, value: Value, index64: bool) {
        if index64 {
            self.push(value, ValType::I64);
        } else {
            let value = self.builder.ins().ireduce(types::I32, value);
            self.push(value, ValType::I32);
        }
    }
}
