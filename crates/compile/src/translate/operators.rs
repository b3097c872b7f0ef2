//! The table of all operators but those on vectors.

use super::function::FunctionTranslator;
use super::simd;
use crate::CompileError;
use crate::types::ValType::{F32, F64, I32, I64};
use crate::types::*;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{InstBuilder, Opcode, types};
use wasmparser::Operator;

impl FunctionTranslator<'_> {
    /// Translates an operator that is validated and reachable.
    pub(super) fn operator(
        &mut self,
        operator: &Operator<'_>,
        offset: u64,
    ) -> Result<(), CompileError> {
        use Operator as O;
        match *operator {
            // Control.
            O::Nop => {}
            O::Unreachable => self.unreachable(),
            O::Block { blockty } => self.block(blockty),
            O::Loop { blockty } => self.loop_(blockty),
            O::If { blockty } => self.if_(blockty),
            O::Else => self.else_(),
            O::End => self.end(),
            O::Br { relative_depth } => self.br(relative_depth),
            O::BrIf { relative_depth } => self.br_if(relative_depth),
            O::BrTable { ref targets } => self.br_table(targets)?,
            O::Return => self.return_(),
            O::Drop => {
                self.state.operands.pop();
            }
            O::Select | O::TypedSelect { .. } => self.select(),

            // Exceptions.
            O::TryTable { ref try_table } => self.try_table(try_table)?,
            O::Throw { tag_index } => self.throw(TagIndex::from_u32(tag_index)),
            O::ThrowRef => self.throw_ref(),

            // Calls.
            O::Call { function_index } => self.call(FuncIndex::from_u32(function_index)),
            O::ReturnCall { function_index } => {
                self.return_call(FuncIndex::from_u32(function_index));
            }
            O::CallIndirect {
                type_index,
                table_index,
            } => self.call_indirect(
                TypeIndex::from_u32(type_index),
                TableIndex::from_u32(table_index),
            ),
            O::ReturnCallIndirect {
                type_index,
                table_index,
            } => self.return_call_indirect(
                TypeIndex::from_u32(type_index),
                TableIndex::from_u32(table_index),
            ),

            // Locals, globals, references.
            O::LocalGet { local_index } => self.local_get(local_index),
            O::LocalSet { local_index } => self.local_set(local_index),
            O::LocalTee { local_index } => self.local_tee(local_index),
            O::GlobalGet { global_index } => self.global_get(GlobalIndex::from_u32(global_index)),
            O::GlobalSet { global_index } => self.global_set(GlobalIndex::from_u32(global_index)),
            O::RefNull { hty } => self.ref_null(hty),
            O::RefIsNull => self.ref_is_null(),
            O::RefFunc { function_index } => self.ref_func(FuncIndex::from_u32(function_index)),

            // Tables.
            O::TableGet { table } => self.table_get(TableIndex::from_u32(table)),
            O::TableSet { table } => self.table_set(TableIndex::from_u32(table)),
            O::TableSize { table } => self.table_size(TableIndex::from_u32(table)),
            O::TableGrow { table } => self.table_grow(TableIndex::from_u32(table)),
            O::TableFill { table } => self.table_fill(TableIndex::from_u32(table)),
            O::TableCopy {
                dst_table,
                src_table,
            } => {
                self.table_copy(
                    TableIndex::from_u32(dst_table),
                    TableIndex::from_u32(src_table),
                );
            }
            O::TableInit { elem_index, table } => {
                self.table_init(TableIndex::from_u32(table), ElemIndex::from_u32(elem_index));
            }
            O::ElemDrop { elem_index } => self.elem_drop(ElemIndex::from_u32(elem_index)),

            // Memories.
            O::MemorySize { mem } => self.memory_size(MemoryIndex::from_u32(mem)),
            O::MemoryGrow { mem } => self.memory_grow(MemoryIndex::from_u32(mem)),
            O::MemoryFill { mem } => self.memory_fill(MemoryIndex::from_u32(mem)),
            O::MemoryCopy { dst_mem, src_mem } => {
                self.memory_copy(
                    MemoryIndex::from_u32(dst_mem),
                    MemoryIndex::from_u32(src_mem),
                );
            }
            O::MemoryInit { data_index, mem } => {
                self.memory_init(MemoryIndex::from_u32(mem), DataIndex::from_u32(data_index));
            }
            O::DataDrop { data_index } => self.data_drop(DataIndex::from_u32(data_index)),

            O::I32Load { ref memarg } => self.load(memarg, Opcode::Load, I32, 4),
            O::I64Load { ref memarg } => self.load(memarg, Opcode::Load, I64, 8),
            O::F32Load { ref memarg } => self.load(memarg, Opcode::Load, F32, 4),
            O::F64Load { ref memarg } => self.load(memarg, Opcode::Load, F64, 8),
            O::I32Load8S { ref memarg } => self.load(memarg, Opcode::Sload8, I32, 1),
            O::I32Load8U { ref memarg } => self.load(memarg, Opcode::Uload8, I32, 1),
            O::I32Load16S { ref memarg } => self.load(memarg, Opcode::Sload16, I32, 2),
            O::I32Load16U { ref memarg } => self.load(memarg, Opcode::Uload16, I32, 2),
            O::I64Load8S { ref memarg } => self.load(memarg, Opcode::Sload8, I64, 1),
            O::I64Load8U { ref memarg } => self.load(memarg, Opcode::Uload8, I64, 1),
            O::I64Load16S { ref memarg } => self.load(memarg, Opcode::Sload16, I64, 2),
            O::I64Load16U { ref memarg } => self.load(memarg, Opcode::Uload16, I64, 2),
            O::I64Load32S { ref memarg } => self.load(memarg, Opcode::Sload32, I64, 4),
            O::I64Load32U { ref memarg } => self.load(memarg, Opcode::Uload32, I64, 4),
            O::I32Store { ref memarg } | O::F32Store { ref memarg } => {
                self.store(memarg, Opcode::Store, 4);
            }
            O::I64Store { ref memarg } | O::F64Store { ref memarg } => {
                self.store(memarg, Opcode::Store, 8);
            }
            O::I32Store8 { ref memarg } | O::I64Store8 { ref memarg } => {
                self.store(memarg, Opcode::Istore8, 1);
            }
            O::I32Store16 { ref memarg } | O::I64Store16 { ref memarg } => {
                self.store(memarg, Opcode::Istore16, 2);
            }
            O::I64Store32 { ref memarg } => self.store(memarg, Opcode::Istore32, 4),

            // Constants.
            O::I32Const { value } => {
                let value = self.builder.ins().iconst(types::I32, i64::from(value));
                self.push(value, I32);
            }
            O::I64Const { value } => {
                let value = self.builder.ins().iconst(types::I64, value);
                self.push(value, I64);
            }
            O::F32Const { value } => {
                let value = self.builder.ins().f32const(Ieee32::with_bits(value.bits()));
                self.push(value, F32);
            }
            O::F64Const { value } => {
                let value = self.builder.ins().f64const(Ieee64::with_bits(value.bits()));
                self.push(value, F64);
            }

            // Comparisons.
            O::I32Eqz | O::I64Eqz => self.is_zero(),
            O::I32Eq | O::I64Eq => self.compare_ints(IntCC::Equal),
            O::I32Ne | O::I64Ne => self.compare_ints(IntCC::NotEqual),
            O::I32LtS | O::I64LtS => self.compare_ints(IntCC::SignedLessThan),
            O::I32LtU | O::I64LtU => self.compare_ints(IntCC::UnsignedLessThan),
            O::I32GtS | O::I64GtS => self.compare_ints(IntCC::SignedGreaterThan),
            O::I32GtU | O::I64GtU => self.compare_ints(IntCC::UnsignedGreaterThan),
            O::I32LeS | O::I64LeS => self.compare_ints(IntCC::SignedLessThanOrEqual),
            O::I32LeU | O::I64LeU => self.compare_ints(IntCC::UnsignedLessThanOrEqual),
            O::I32GeS | O::I64GeS => self.compare_ints(IntCC::SignedGreaterThanOrEqual),
            O::I32GeU | O::I64GeU => self.compare_ints(IntCC::UnsignedGreaterThanOrEqual),
            O::F32Eq | O::F64Eq => self.compare_floats(FloatCC::Equal),
            O::F32Ne | O::F64Ne => self.compare_floats(FloatCC::NotEqual),
            O::F32Lt | O::F64Lt => self.compare_floats(FloatCC::LessThan),
            O::F32Gt | O::F64Gt => self.compare_floats(FloatCC::GreaterThan),
            O::F32Le | O::F64Le => self.compare_floats(FloatCC::LessThanOrEqual),
            O::F32Ge | O::F64Ge => self.compare_floats(FloatCC::GreaterThanOrEqual),

            // Integers.
            O::I32Clz => self.unary(Opcode::Clz, I32),
            O::I32Ctz => self.unary(Opcode::Ctz, I32),
            O::I32Popcnt => self.unary(Opcode::Popcnt, I32),
            O::I32Add => self.binary(Opcode::Iadd, I32),
            O::I32Sub => self.binary(Opcode::Isub, I32),
            O::I32Mul => self.binary(Opcode::Imul, I32),
            O::I32DivS => self.binary(Opcode::Sdiv, I32),
            O::I32DivU => self.binary(Opcode::Udiv, I32),
            O::I32RemS => self.binary(Opcode::Srem, I32),
            O::I32RemU => self.binary(Opcode::Urem, I32),
            O::I32And => self.binary(Opcode::Band, I32),
            O::I32Or => self.binary(Opcode::Bor, I32),
            O::I32Xor => self.binary(Opcode::Bxor, I32),
            O::I32Shl => self.binary(Opcode::Ishl, I32),
            O::I32ShrS => self.binary(Opcode::Sshr, I32),
            O::I32ShrU => self.binary(Opcode::Ushr, I32),
            O::I32Rotl => self.binary(Opcode::Rotl, I32),
            O::I32Rotr => self.binary(Opcode::Rotr, I32),
            O::I64Clz => self.unary(Opcode::Clz, I64),
            O::I64Ctz => self.unary(Opcode::Ctz, I64),
            O::I64Popcnt => self.unary(Opcode::Popcnt, I64),
            O::I64Add => self.binary(Opcode::Iadd, I64),
            O::I64Sub => self.binary(Opcode::Isub, I64),
            O::I64Mul => self.binary(Opcode::Imul, I64),
            O::I64DivS => self.binary(Opcode::Sdiv, I64),
            O::I64DivU => self.binary(Opcode::Udiv, I64),
            O::I64RemS => self.binary(Opcode::Srem, I64),
            O::I64RemU => self.binary(Opcode::Urem, I64),
            O::I64And => self.binary(Opcode::Band, I64),
            O::I64Or => self.binary(Opcode::Bor, I64),
            O::I64Xor => self.binary(Opcode::Bxor, I64),
            O::I64Shl => self.binary(Opcode::Ishl, I64),
            O::I64ShrS => self.binary(Opcode::Sshr, I64),
            O::I64ShrU => self.binary(Opcode::Ushr, I64),
            O::I64Rotl => self.binary(Opcode::Rotl, I64),
            O::I64Rotr => self.binary(Opcode::Rotr, I64),

            // Floats.
            O::F32Abs => self.unary(Opcode::Fabs, F32),
            O::F32Neg => self.negate(F32),
            O::F32Ceil => self.unary(Opcode::Ceil, F32),
            O::F32Floor => self.unary(Opcode::Floor, F32),
            O::F32Trunc => self.unary(Opcode::Trunc, F32),
            O::F32Nearest => self.unary(Opcode::Nearest, F32),
            O::F32Sqrt => self.unary(Opcode::Sqrt, F32),
            O::F32Add => self.binary(Opcode::Fadd, F32),
            O::F32Sub => self.binary(Opcode::Fsub, F32),
            O::F32Mul => self.binary(Opcode::Fmul, F32),
            O::F32Div => self.binary(Opcode::Fdiv, F32),
            O::F32Min => self.binary(Opcode::Fmin, F32),
            O::F32Max => self.binary(Opcode::Fmax, F32),
            O::F32Copysign => self.binary(Opcode::Fcopysign, F32),
            O::F64Abs => self.unary(Opcode::Fabs, F64),
            O::F64Neg => self.negate(F64),
            O::F64Ceil => self.unary(Opcode::Ceil, F64),
            O::F64Floor => self.unary(Opcode::Floor, F64),
            O::F64Trunc => self.unary(Opcode::Trunc, F64),
            O::F64Nearest => self.unary(Opcode::Nearest, F64),
            O::F64Sqrt => self.unary(Opcode::Sqrt, F64),
            O::F64Add => self.binary(Opcode::Fadd, F64),
            O::F64Sub => self.binary(Opcode::Fsub, F64),
            O::F64Mul => self.binary(Opcode::Fmul, F64),
            O::F64Div => self.binary(Opcode::Fdiv, F64),
            O::F64Min => self.binary(Opcode::Fmin, F64),
            O::F64Max => self.binary(Opcode::Fmax, F64),
            O::F64Copysign => self.binary(Opcode::Fcopysign, F64),

            // Conversions.
            O::I32WrapI64 => self.unary(Opcode::Ireduce, I32),
            O::I64ExtendI32S => self.unary(Opcode::Sextend, I64),
            O::I64ExtendI32U => self.extend_unsigned(),
            O::I32Extend8S => self.extend_low(types::I8, I32),
            O::I32Extend16S => self.extend_low(types::I16, I32),
            O::I64Extend8S => self.extend_low(types::I8, I64),
            O::I64Extend16S => self.extend_low(types::I16, I64),
            O::I64Extend32S => self.extend_low(types::I32, I64),
            O::I32TruncF32S | O::I32TruncF64S => self.unary(Opcode::FcvtToSint, I32),
            O::I32TruncF32U | O::I32TruncF64U => self.unary(Opcode::FcvtToUint, I32),
            O::I64TruncF32S | O::I64TruncF64S => self.unary(Opcode::FcvtToSint, I64),
            O::I64TruncF32U | O::I64TruncF64U => self.unary(Opcode::FcvtToUint, I64),
            O::I32TruncSatF32S | O::I32TruncSatF64S => self.unary(Opcode::FcvtToSintSat, I32),
            O::I32TruncSatF32U | O::I32TruncSatF64U => self.unary(Opcode::FcvtToUintSat, I32),
            O::I64TruncSatF32S | O::I64TruncSatF64S => self.unary(Opcode::FcvtToSintSat, I64),
            O::I64TruncSatF32U | O::I64TruncSatF64U => self.unary(Opcode::FcvtToUintSat, I64),
            O::F32ConvertI32S | O::F32ConvertI64S => self.unary(Opcode::FcvtFromSint, F32),
            O::F32ConvertI32U | O::F32ConvertI64U => self.unary(Opcode::FcvtFromUint, F32),
            O::F64ConvertI32S | O::F64ConvertI64S => self.unary(Opcode::FcvtFromSint, F64),
            O::F64ConvertI32U | O::F64ConvertI64U => self.unary(Opcode::FcvtFromUint, F64),
            O::F32DemoteF64 => self.unary(Opcode::Fdemote, F32),
            O::F64PromoteF32 => self.unary(Opcode::Fpromote, F64),
            O::I32ReinterpretF32 => self.reinterpret(I32),
            O::I64ReinterpretF64 => self.reinterpret(I64),
            O::F32ReinterpretI32 => self.reinterpret(F32),
            O::F64ReinterpretI64 => self.reinterpret(F64),

            ref other => simd::translate(self, other, offset)?,
        }
        Ok(())
    }
}
