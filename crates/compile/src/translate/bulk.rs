//! Copying, filling and initializing stretches of memories and tables.
//!
//! The work is done by builtins, which check all bounds before they write anything. Few bytes,
//! their number a constant, are copied or filled in place instead: the accesses fault when they are
//! out of bounds, and the highest address is written first, so that nothing has been written then.

use super::effects::Effect;
use super::function::FunctionTranslator;
use crate::builtins::Builtin;
use crate::trap::TrapKind;
use crate::types::{DataIndex, ElemIndex, MemoryIndex, TableIndex};
use cranelift_codegen::ir::{InstBuilder, Opcode, Type, Value, types};

/// At most so many bytes are copied or filled in place.
const IN_PLACE: u32 = 128;

/// A part of a stretch of bytes, as wide as a register can be.
#[derive(Clone, Copy)]
struct Chunk {
    offset: i32,
    load: Opcode,
    store: Opcode,
    ty: Type,
}

/// Covers a number of bytes, not zero, with chunks, the highest first. The last one moves down to
/// overlap with the one before if the number is not a multiple of their size.
fn chunks(length: u32) -> impl Iterator<Item = Chunk> {
    let (size, load, store, ty) = match length {
        16.. => (16, Opcode::Load, Opcode::Store, types::I8X16),
        8.. => (8, Opcode::Load, Opcode::Store, types::I64),
        4.. => (4, Opcode::Load, Opcode::Store, types::I32),
        2.. => (2, Opcode::Uload16, Opcode::Istore16, types::I32),
        _ => (1, Opcode::Uload8, Opcode::Istore8, types::I32),
    };
    (0..length.div_ceil(size)).rev().map(move |index| {
        let offset = (index * size).min(length - size) as i32;
        Chunk {
            offset,
            load,
            store,
            ty,
        }
    })
}

impl FunctionTranslator<'_> {
    fn number(&mut self, index: u32) -> Value {
        self.builder.ins().iconst(types::I32, i64::from(index))
    }

    fn pop_index(&mut self, index64: bool) -> Value {
        let index = self.pop();
        self.extend_index(index, index64)
    }

    pub(super) fn memory_copy(&mut self, to: MemoryIndex, from: MemoryIndex) {
        let to64 = self.env.info.memories[to].index64;
        let from64 = self.env.info.memories[from].index64;
        let length = self.pop();
        if !to64
            && !from64
            && let Some(length) = self.in_place_length(length)
        {
            return self.copy_in_place(to, from, length);
        }
        let length = self.extend_index(length, to64 && from64);
        let source = self.pop_index(from64);
        let destination = self.pop_index(to64);
        let stretch = [destination, source, length];
        self.transfer_memory(Builtin::MemoryCopy, to, from.as_u32(), stretch);
    }

    /// The length of a bulk operation on 32-bit memories if it is done in place. Even one of no
    /// bytes has its bounds checked, so that is left to a builtin.
    fn in_place_length(&self, length: Value) -> Option<u32> {
        self.known_constant(length)
            .filter(|length| (1..=IN_PLACE).contains(length))
    }

    fn copy_in_place(&mut self, to: MemoryIndex, from: MemoryIndex, length: u32) {
        let source = self.pop();
        let (source, source_offset) = self.guarded_address(from, source, 0, length);
        let destination = self.pop();
        let (destination, destination_offset) = self.guarded_address(to, destination, 0, length);
        let access = self.heap_access(from);
        // The stretches may overlap: all is loaded before anything is stored.
        self.state.values.clear();
        for chunk in chunks(length) {
            let offset = source_offset + chunk.offset;
            let value = self.emit_load(chunk.load, chunk.ty, access, source, offset);
            self.state.values.push(value);
        }
        let access = self.heap_access(to);
        for (index, chunk) in chunks(length).enumerate() {
            let value = self.state.values[index];
            let offset = destination_offset + chunk.offset;
            self.emit_store(chunk.store, access, value, destination, offset);
        }
        self.effect(Effect::MemoryBulk(to));
    }

    fn fill_in_place(&mut self, memory: MemoryIndex, byte: u8, length: u32) {
        let destination = self.pop();
        let (destination, start) = self.guarded_address(memory, destination, 0, length);
        let access = self.heap_access(memory);
        let mut value = None;
        for chunk in chunks(length) {
            let value = *value.get_or_insert_with(|| match chunk.ty {
                types::I8X16 => self.vector_constant(&[byte; 16]),
                ty => {
                    let bytes = i64::from_le_bytes([byte; 8]);
                    self.builder.ins().iconst(ty, bytes)
                }
            });
            self.emit_store(
                chunk.store,
                access,
                value,
                destination,
                start + chunk.offset,
            );
        }
        self.effect(Effect::MemoryBulk(memory));
    }

    pub(super) fn memory_fill(&mut self, memory: MemoryIndex) {
        let index64 = self.env.info.memories[memory].index64;
        let length = self.pop();
        let byte = self.pop();
        if !index64
            && let Some(length) = self.in_place_length(length)
            && let Some(byte) = self.known_constant(byte)
        {
            return self.fill_in_place(memory, byte as u8, length);
        }
        let length = self.extend_index(length, index64);
        let destination = self.pop_index(index64);
        let args = [self.number(memory.as_u32()), destination, byte, length];
        self.call_checked_builtin(Builtin::MemoryFill, &args, TrapKind::MemoryOutOfBounds);
        self.effect(Effect::MemoryBulk(memory));
    }

    pub(super) fn memory_init(&mut self, memory: MemoryIndex, segment: DataIndex) {
        let length = self.pop();
        let source = self.pop();
        let destination = self.pop_index(self.env.info.memories[memory].index64);
        let stretch = [destination, source, length];
        self.transfer_memory(Builtin::MemoryInit, memory, segment.as_u32(), stretch);
    }

    /// Lets a builtin bring bytes into a memory, from the memory or segment with the index `from`:
    /// to which address, from which, and how many.
    fn transfer_memory(
        &mut self,
        builtin: Builtin,
        to: MemoryIndex,
        from: u32,
        stretch: [Value; 3],
    ) {
        self.transfer(
            builtin,
            to.as_u32(),
            from,
            stretch,
            TrapKind::MemoryOutOfBounds,
        );
        self.effect(Effect::MemoryBulk(to));
    }

    /// As [`Self::transfer_memory`], with the elements of a table.
    fn transfer_table(&mut self, builtin: Builtin, to: TableIndex, from: u32, stretch: [Value; 3]) {
        self.transfer(
            builtin,
            to.as_u32(),
            from,
            stretch,
            TrapKind::TableOutOfBounds,
        );
        self.effect(Effect::TableBulk(to));
    }

    fn transfer(
        &mut self,
        builtin: Builtin,
        to: u32,
        from: u32,
        [destination, source, length]: [Value; 3],
        trap: TrapKind,
    ) {
        let args = [
            self.number(to),
            self.number(from),
            destination,
            source,
            length,
        ];
        self.call_checked_builtin(builtin, &args, trap);
    }

    pub(super) fn data_drop(&mut self, segment: DataIndex) {
        let args = [self.number(segment.as_u32())];
        self.emit_builtin_call(Builtin::DataDrop, &args);
        self.effect(Effect::Drop);
    }

    pub(super) fn table_copy(&mut self, to: TableIndex, from: TableIndex) {
        let to64 = self.env.info.tables[to].index64;
        let from64 = self.env.info.tables[from].index64;
        let length = self.pop_index(to64 && from64);
        let source = self.pop_index(from64);
        let destination = self.pop_index(to64);
        let stretch = [destination, source, length];
        self.transfer_table(Builtin::TableCopy, to, from.as_u32(), stretch);
    }

    pub(super) fn table_fill(&mut self, table: TableIndex) {
        let index64 = self.env.info.tables[table].index64;
        let length = self.pop_index(index64);
        let element = self.pop();
        let destination = self.pop_index(index64);
        let args = [self.number(table.as_u32()), destination, element, length];
        self.call_checked_builtin(Builtin::TableFill, &args, TrapKind::TableOutOfBounds);
        self.effect(Effect::TableBulk(table));
    }

    pub(super) fn table_init(&mut self, table: TableIndex, segment: ElemIndex) {
        let length = self.pop();
        let source = self.pop();
        let destination = self.pop_index(self.env.info.tables[table].index64);
        let stretch = [destination, source, length];
        self.transfer_table(Builtin::TableInit, table, segment.as_u32(), stretch);
    }

    pub(super) fn elem_drop(&mut self, segment: ElemIndex) {
        let args = [self.number(segment.as_u32())];
        self.emit_builtin_call(Builtin::ElemDrop, &args);
        self.effect(Effect::Drop);
    }
}
