//! Elements, size and growth of tables.

use super::access::Access;
use super::effects::Effect;
use super::function::FunctionTranslator;
use crate::abi::POINTER;
use crate::builtins::Builtin;
use crate::layout::{Place, table};
use crate::trap::TrapKind;
use crate::types::{TableIndex, ValType};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Opcode, Type, Value, types};

/// A table, as the function at hand knows it.
#[derive(Clone, Copy)]
pub(super) struct Table {
    /// Where its record lies: an address and an offset from it.
    record: (Value, u32),
    /// For a table that cannot grow: address of its first element, and number of elements.
    fixed: Option<(Value, u64)>,
}

impl FunctionTranslator<'_> {
    fn table(&mut self, index: TableIndex) -> Table {
        if let Some(table) = self.state.tables.get(index) {
            return table;
        }
        let record = match self.env.layout.table(index) {
            Place::Own(offset) => (self.vmctx, offset),
            Place::Imported(pointer) => (self.load_at_entry(self.vmctx, pointer), 0),
        };
        let ty = self.env.info.tables[index];
        let fixed = (ty.maximum == Some(ty.minimum)).then(|| {
            (
                self.load_at_entry(record.0, record.1 + table::BASE),
                ty.minimum,
            )
        });
        self.state.tables.insert(index, Table { record, fixed })
    }

    fn load_table_field(&mut self, table: Table, ty: Type, field: u32) -> Value {
        let (record, offset) = table.record;
        let offset = (offset + field) as i32;
        self.emit_load(Opcode::Load, ty, Access::TableRecord, record, offset)
    }

    /// The number of elements in the type of the table's indices.
    fn table_length(&mut self, index: TableIndex) -> Value {
        let ty = if self.env.info.tables[index].index64 {
            types::I64
        } else {
            types::I32
        };
        let table = self.table(index);
        match table.fixed {
            Some((_, length)) => self.builder.ins().iconst(ty, length as i64),
            // The low half of the field if indices have 32 bits.
            None => self.load_table_field(table, ty, table::LENGTH),
        }
    }

    /// The address of an element, after a check that traps if the table has none such.
    pub(super) fn element_address(
        &mut self,
        table: TableIndex,
        index: Value,
        trap: TrapKind,
    ) -> Value {
        let length = self.table_length(table);
        let outside = self
            .builder
            .ins()
            .icmp(IntCC::UnsignedGreaterThanOrEqual, index, length);
        self.builder.ins().trapnz(outside, trap.code());
        let index = self.extend_index(index, self.env.info.tables[table].index64);
        let table = self.table(table);
        let base = match table.fixed {
            Some((base, _)) => base,
            None => self.load_table_field(table, POINTER, table::BASE),
        };
        let shift = table::ELEMENT_SIZE.trailing_zeros();
        let offset = self.builder.ins().ishl_imm_s(index, i64::from(shift));
        self.builder.ins().iadd(base, offset)
    }

    pub(super) fn table_get(&mut self, table: TableIndex) {
        let index = self.pop();
        let address = self.element_address(table, index, TrapKind::TableOutOfBounds);
        let value = self.emit_load(Opcode::Load, types::I64, Access::TableElement, address, 0);
        self.push(value, ValType::Ref(self.env.info.tables[table].element));
    }

    pub(super) fn table_set(&mut self, table: TableIndex) {
        let value = self.pop();
        let index = self.pop();
        let address = self.element_address(table, index, TrapKind::TableOutOfBounds);
        self.emit_store(Opcode::Store, Access::TableElement, value, address, 0);
        self.effect(Effect::TableSet(table));
    }

    pub(super) fn table_size(&mut self, table: TableIndex) {
        let length = self.table_length(table);
        let index64 = self.env.info.tables[table].index64;
        self.push(length, if index64 { ValType::I64 } else { ValType::I32 });
    }

    pub(super) fn table_grow(&mut self, table: TableIndex) {
        let index64 = self.env.info.tables[table].index64;
        let elements = self.pop();
        let elements = self.extend_index(elements, index64);
        let initial = self.pop();
        let number = self
            .builder
            .ins()
            .iconst(types::I32, i64::from(table.as_u32()));
        let before = self.call_builtin(Builtin::TableGrow, &[number, initial, elements]);
        self.effect(Effect::TableGrow(table));
        self.push_index(before, index64);
        self.fresh_operands(1);
    }
}
